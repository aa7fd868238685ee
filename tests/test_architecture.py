"""The rules of the house, read from the imports: who may know whom, and what the pure middle never touches."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tvapp"
LONGEST = 400

EDGE_ROOMS = ("net", "azure", "display", "host", "fences.stores")
"""Rooms of edges: every module in them may touch the world outside."""

MIXED_ROOMS = ("auth", "fences", "remote", "tiles", "usage")
"""Rooms that hold pure modules and the edges that serve them. A module is an edge if it touches the outside or imports
an edge."""

PURE = (
    "auth.approval", "auth.messages", "auth.permission", "auth.problems", "auth.session",
    "fences.editing", "fences.formats", "fences.geojson", "fences.model", "fences.outbox.outbox",
    "fences.service.messages",
    "remote.hold", "remote.intents", "remote.keymap", "remote.keys", "remote.pattern", "remote.pattern_hash",
    "tiles.memory_cache", "tiles.pyramid", "tiles.tile",
)  # fmt: skip
"""Modules and rooms that must stay pure, whatever else becomes an edge."""

FLOORS = {
    "core": 0,
    "config": 1,
    "geo": 1,
    "text": 1,
    "tiles": 2,
    "mapview": 2,
    "fences": 2,
    "auth": 2,
    "remote": 2,
    "usage": 2,
    "ui": 3,
}
"""Floors of the pure middle: a module imports from lower floors and from its own room."""

EDGE_FLOOR = 4
APP_FLOOR = 5
TOP_FLOORS = {"app": APP_FLOOR, "commands": 6, "__main__": 7}
"""The rooms that put the house together. The package itself (`__init__`) has the version and is on the ground floor."""

FENCE_FLOORS = {
    "model": 0,
    "formats": 0,
    "geojson": 1,
    "index": 1,
    "drawing": 2,
    "editing": 2,
    "stores": 3,
    "service": 4,
    "outbox": 5,
}
"""Floors inside `fences`: a module imports from lower floors and from its own room."""

DEFERRED = {
    # (importing module or room, imported module or library): why the import waits until it is needed.
    ("__main__", "tvapp"): "the start of the process is timed first",
    ("commands", "tvapp.commands"): "the command line loads the one command that was asked for",
    ("commands.cli", "tvapp"): "only `tvapp version` needs the version",
    ("commands.doctor", "tvapp"): "each check loads what it checks, so that one that cannot be loaded costs one check",
    ("commands.demo", "selectors"): "only the demo waits for a process",
    ("commands.console", "platformdirs"): "not needed with --data-dir",
    ("commands.lock_pattern", "termios"): "a terminal is needed for the prompt alone",
    ("commands.lock_pattern", "tty"): "a terminal is needed for the prompt alone",
    ("commands.run", "tvapp"): "the configuration is read before pygame and the screens are loaded",
    ("commands.as_service", "tvapp"): "only a command that looks beside the app needs it",
    ("commands.usage", "tvapp"): "the configuration is read before anything that asks",
    ("commands.sign_out", "tvapp"): "not needed when another app runs",
    ("app.app", "tvapp.host.cec"): "only a screen with hours switches the TV",
    ("app.app", "tvapp.remote.evdev_source"): "the keys of Linux input devices are read after the first frame",
    ("app.backend", "tvapp.fences.stores"): "only the configured store is loaded",
    ("app.backend_loading", "tvapp.app"): "loaded on a worker: httpx, numpy and SQLite are slow to import",
    ("app.diagnosis_service", "tvapp"): "loaded on a worker, once a viewer looks at the status",
    ("app.map_session", "tvapp.app.account_usage"): "not needed for the first frame",
    ("app.map_session", "tvapp.app.usage_service"): "not needed for the first frame",
    ("ui.words.fence_descriptions", "tvapp.ui.words.property_values"): "only the details of a geofence need it",
    ("app.map_session", "tvapp.app.diagnosis_service"): "only the status screen needs it",
    ("app.viewer_actions", "tvapp.app.diagnosis_service"): "only the status screen needs it",
    ("app.desk", "tvapp.host.control.server"): "asyncio is slow to import; the socket is made after the first frame",
    (
        "app.metrics",
        "tvapp.host.metrics",
    ): "the library of Prometheus is slow to import; the thread of the server does it",
    ("app.metrics", "tvapp.tiles.disk_cache"): "SQLite is slow to import, and there is a map by then",
    ("app.account_usage", "tvapp.azure"): "httpx is slow to import, and only the usage page needs the metrics",
    ("app.live_map", "tvapp.fences.drawing.messages"): "not needed for the first frame",
    ("app.connection_watch", "tvapp.net.look_up"): "asyncio is slow to import, and only a time-out needs it",
    ("app.map_session", "tvapp.app.connection_watch"): "not needed for the first frame",
    ("app.map_session", "tvapp.host.links"): "not needed for the first frame",
    ("app.map_session", "tvapp.app.lock_service"): "only where a lock is configured",
    ("auth.lazy_gateway", "tvapp.auth"): "MSAL is slow to import, and a cached token needs none of it",
    (
        "auth.token_store",
        "tvapp.auth.token_cipher",
    ): "cryptography is slow to import; only a configured key needs it",
    ("auth.tokens", "asyncio"): "slow to import; only the io thread needs it",
    ("config.load", "difflib"): "only a mistyped key needs it",
    ("config.files", "tomllib"): "a start that is configured by the environment alone needs no parser",
    ("config.load", "tvapp.config.rules"): "a start without settings needs no rules",
    ("config.rules", "json"): "only some keys need it",
    ("config.rules", "tomllib"): "only some keys need it",
    ("config.checks", "tvapp"): "only some keys need it",
    ("config.checks", "importlib.util"): "only a screen with metrics needs it",
    ("config.checks", "ipaddress"): "only a screen with metrics needs it",
    ("core.jobs", "asyncio"): "slow to import; the io thread starts after the first frame",
    ("core.jobs", "tvapp.core.io_loop"): "needs asyncio",
    ("display.drawing_cache", "PIL"): "slow to import; needed once a screen has been drawn a few times",
    ("display.startup", "tvapp.display.libraries"): "only a display that did not open needs it",
    ("display.window", "tvapp.display.fallback_text"): "only needed when the canvas is broken",
    ("fences.geojson.reference_system", "pyproj"): "an extra, slow to import, and only files in other systems need it",
    ("fences.index", "tvapp.fences.index.line_buffer"): "shapely is slow to import, and only corridors need it",
    ("fences.stores.folder_watching", "watchfiles"): "a thread of its own loads it",
    ("host.crash.fatal", "tvapp.host.crash.report"): "only after a crash",
    ("host.event_log", "json"): "only with --log-format json",
    ("host.process", "ctypes"): "only on glibc",
    ("host.process", "tvapp.core.jobs"): "only a program that does not stop in time needs it",
    ("net.lazy_chain", "tvapp.net.chain"): "httpx is slow to import",
    ("net.trust", "certifi"): "only where the system has no certificates",
    ("remote.inotify", "ctypes"): "only to watch the folder of the devices",
    ("remote.pygame_source", "pygame._sdl2"): "gamepads are opened after the first frame",
    ("text.shaping", "bidi"): "only text of some scripts needs it",
    ("text.shaping", "uharfbuzz"): "slow to import, and only text of some scripts needs it",
    ("ui.qr", "qrcode"): "slow to import; a worker loads it while the first frame is drawn",
    ("ui.screens", "tvapp.ui.screens"): "panels of the map are loaded when they open",
    ("ui.map_overlay.readout", "tvapp.fences.model.containment"): "slow to import; a worker loads it ahead",
    ("ui.map_state", "tvapp.fences"): "editing is loaded when a viewer edits",
    ("ui.map_state", "tvapp.remote.pattern"): "only a locked screen asks for a pattern",
    ("ui.map_state", "tvapp.ui.words"): "editing is loaded when a viewer edits",
}
"""Every import inside a function."""

OUTSIDE = {
    "asyncio", "concurrent", "fcntl", "http", "multiprocessing", "queue", "selectors", "signal", "socket", "ssl",
    "subprocess", "threading", "time", "urllib",
    "httpx", "msal", "numpy", "PIL", "pygame", "requests", "shapely", "starlette", "uvicorn",
}  # fmt: skip
"""What the pure middle never imports (`core` has the few modules in which some of these live)."""

CORE_MAY = {
    "core.clock": {"time"},
    "core.disk": {"threading"},  # a lock: workers report to it
    "core.frame_gate": {"threading"},
    "core.io_loop": {"asyncio", "selectors", "time"},
    "core.jobs": {"threading", "queue", "concurrent", "asyncio"},
    "core.thread_schedule": {"threading", "os"},  # the id of the thread that calls, and /proc
}

LOADED_LATER = {"core.io_loop"}
"""Modules of the pure rooms that import what is slow, because they are imported inside functions alone."""

HARMLESS = {"urllib.parse"}
"""Mere text, in packages that are not."""

CALENDAR = {"struct_time", "localtime", "gmtime", "strftime", "mktime"}
"""What of `time` turns one value into another, and so may be used where the clock must not be read."""

THREAD_STARTERS = {
    "core.jobs": "its purpose",
    "host.process": "the last resort that ends a program which does not stop",
}

ENVIRONMENT_READERS = {
    "config": "its purpose",
    "localcloud": "a program of its own",
    "display": "SDL is told through it which driver to use",
    "app.diagnosis_service": "hands it to the checks as a value, as a command does",
    "commands": "hand it to the configuration and to child processes as a value",
    "net": "proxies and certificates of the system, which are not our settings",
}


@dataclass(frozen=True)
class Import:
    """One import statement: `target` in full; `typing_only` when under `if TYPE_CHECKING`; `deferred` in a function."""

    target: str
    line: int
    typing_only: bool
    deferred: bool


@dataclass(frozen=True)
class Module:
    """A module of ours: its name below `tvapp`, its tree and its imports."""

    name: str
    path: Path
    tree: ast.Module
    imports: tuple[Import, ...]
    lines: int

    @property
    def ours(self) -> Iterator[tuple[str, Import]]:
        """Its imports of our modules, without the `tvapp.` in front."""
        for item in self.imports:
            if item.target.startswith("tvapp."):
                yield item.target.removeprefix("tvapp."), item


def dotted(path: Path) -> str:
    parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


@cache
def modules() -> dict[str, Module]:
    """Read every module that is there today."""
    found: dict[str, Module] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = dotted(path)
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source, str(path))
        found[name] = Module(name, path, tree, (), source.count("\n"))
    names = set(found)
    return {
        name: Module(name, module.path, module.tree, tuple(imports(module, names)), module.lines)
        for name, module in found.items()
    }


def imports(module: Module, names: set[str]) -> Iterator[Import]:
    """Yield the imports of a module; `from package import name` counts as the submodule where there is one."""

    def walk(node: ast.AST, typing_only: bool, deferred: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, child.lineno, typing_only, deferred)
            elif isinstance(child, ast.ImportFrom):
                base = child.module or ""
                if child.level:
                    package = ["tvapp", *module.name.split(".")]
                    keep = len(package) - child.level + (module.path.name == "__init__.py")
                    base = ".".join([*package[:keep], *([child.module] if child.module else [])])
                for alias in child.names:
                    full = f"{base}.{alias.name}"
                    is_module = full.removeprefix("tvapp.") in names
                    yield Import(full if is_module else base, child.lineno, typing_only, deferred)
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                for statement in child.body:
                    yield from walk(ast.Module([statement], []), True, deferred)
                for statement in child.orelse:
                    yield from walk(ast.Module([statement], []), typing_only, deferred)
            else:
                inside = deferred or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from walk(child, typing_only, inside)

    yield from walk(module.tree, False, False)


def within(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


def room(name: str) -> str:
    return name.split(".")[0]


def fence_room(name: str) -> str:
    """Return the room inside `fences` of a module there."""
    return name.split(".")[1]


@cache
def edges() -> frozenset[str]:
    """Return the edges: whole rooms, and in mixed rooms what touches the outside or another edge."""
    found = {name for name in modules() if within(name, EDGE_ROOMS)}
    mixed = [m for m in all_modules() if within(m.name, MIXED_ROOMS) and m.name not in PURE and m.name not in found]
    found |= {module.name for module in mixed if any(touches_outside(module, item) for item in module.imports)}
    before = 0
    while len(found) != before:
        before = len(found)
        found |= {module.name for module in mixed if any(target in found for target, _ in module.ours)}
    return frozenset(found)


def is_edge(name: str) -> bool:
    return name in edges()


def touches_outside(module: Module, item: Import) -> bool:
    """Tell whether an import reaches for the world outside."""
    top = item.target.split(".")[0]
    if item.typing_only or item.target in HARMLESS or top not in OUTSIDE - CORE_MAY.get(module.name, set()):
        return False
    return not (item.target == "time" and uses_of(module, "time") <= CALENDAR)


def uses_of(module: Module, name: str) -> set[str]:
    """Return the attributes that a module uses of an imported one."""
    found = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name:
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom) and node.module == name:
            found |= {alias.name for alias in node.names}
    return found


def is_pure(name: str) -> bool:
    return room(name) in FLOORS and not is_edge(name)


def floor(name: str) -> int:
    if is_edge(name):
        return EDGE_FLOOR
    return FLOORS.get(room(name), 0) if room(name) not in TOP_FLOORS else TOP_FLOORS[room(name)]


def all_modules() -> list[Module]:
    return list(modules().values())


def complain(problems: list[str]) -> None:
    assert not problems, "\n".join(["", *problems])


def may_import(source: str, target: str) -> bool:
    """Tell whether a module of the app may import another one."""
    if room(target) == "localcloud":
        return floor(source) >= APP_FLOOR
    if floor(source) >= APP_FLOOR:
        return floor(target) <= floor(source)
    if room(source) == room(target) == "fences":
        return fence_room(source) == fence_room(target) or (
            FENCE_FLOORS[fence_room(target)] < FENCE_FLOORS[fence_room(source)] and (is_edge(source) or is_pure(target))
        )
    if room(source) == "config":
        # The rules of two settings are the key table and the form of a hash, each known by its own module.
        return room(target) in ("core", "config") or (
            source == "config.checks" and target in ("remote.keymap", "remote.pattern_hash")
        )
    if is_edge(source):
        if is_edge(target):
            # Edges import the edges of their own room, and what sends through the network.
            sends = room(source) in ("azure", "tiles", "auth") or within(source, ("fences.stores",))
            return room(source) == room(target) or (sends and room(target) in ("net", "azure"))
        return floor(target) < EDGE_FLOOR
    if room(source) == room(target):
        return not is_edge(target)
    if floor(target) < floor(source):
        return True
    return room(source) == "mapview" and room(target) == "tiles" and is_pure(target)


def test_there_is_something_to_check() -> None:
    assert {"core.clock", "geo.position", "tiles.tile", "mapview.model", "fences.model.fence"} <= set(modules())


def test_imports_run_one_way() -> None:
    complain(
        [
            f"{module.path.relative_to(ROOT)}:{item.line}: {module.name} may not import {target}"
            for module in all_modules()
            if room(module.name) != "localcloud" and module.name
            for target, item in module.ours
            if not may_import(module.name, target)
        ]
    )


def test_the_local_cloud_shares_nothing_with_the_app_but_core() -> None:
    complain(
        [
            f"{module.path.relative_to(ROOT)}:{item.line}: imports {target}"
            for module in all_modules()
            if room(module.name) == "localcloud"
            for target, item in module.ours
            if room(target) not in ("localcloud", "core")
        ]
    )


def test_what_must_stay_pure_is_there_and_knows_no_edge() -> None:
    complain([f"{name} is gone; take it off the list if that is meant" for name in PURE if name not in modules()])
    complain(
        [
            f"{module.path.relative_to(ROOT)}:{item.line}: {module.name} imports the edge {target}"
            for module in all_modules()
            if within(module.name, PURE)
            for target, item in module.ours
            if is_edge(target)
        ]
    )


def test_the_pure_middle_touches_nothing_outside() -> None:
    complain(
        [
            f"{module.path.relative_to(ROOT)}:{item.line}: a pure module imports {item.target}"
            for module in all_modules()
            if is_pure(module.name)
            for item in module.imports
            if touches_outside(module, item)
        ]
    )


@pytest.mark.parametrize(
    "name", ["asyncio", "httpx", "msal", "numpy", "PIL", "prometheus_client", "qrcode", "requests", "shapely"]
)
def test_what_is_slow_to_import_is_not_imported_before_the_first_frame(name: str) -> None:
    light = [
        module
        for module in all_modules()
        if (is_pure(module.name) or room(module.name) == "display") and module.name not in LOADED_LATER
    ]
    complain(
        [
            f"{module.path.relative_to(ROOT)}:{item.line}: imports {item.target} when it is loaded"
            for module in light
            for item in module.imports
            if item.target.split(".")[0] == name and not item.typing_only and not item.deferred
        ]
    )


def test_what_is_loaded_later_is_imported_inside_functions_alone() -> None:
    complain(
        [
            f"{module.path.relative_to(ROOT)}:{item.line}: imports {target} when it is loaded"
            for module in all_modules()
            for target, item in module.ours
            if target in LOADED_LATER and not item.typing_only and not item.deferred
        ]
    )


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports inside functions and for types count: a circle is one whenever it closes."""
    graph = {
        module.name: {target: None for target, _ in module.ours if target != module.name} for module in all_modules()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def deferred_imports() -> Iterator[tuple[Module, Import]]:
    for module in all_modules():
        if room(module.name) != "localcloud":
            yield from ((module, item) for item in module.imports if item.deferred and not item.typing_only)


def reason_to_defer(source: str, target: str) -> tuple[str, str] | None:
    """Return the row of `DEFERRED` that an import falls under."""
    rows = [row for row in DEFERRED if within(source, row[:1]) and within(target, row[1:])]
    return max(rows, key=lambda row: (len(row[0]), len(row[1])), default=None)


def test_every_deferred_import_has_its_reason() -> None:
    complain(
        [
            f"{module.path.relative_to(ROOT)}:{item.line}: {module.name} imports {item.target} inside a function"
            for module, item in deferred_imports()
            if reason_to_defer(module.name, item.target) is None
        ]
    )


def test_every_reason_to_defer_is_needed() -> None:
    used = {reason_to_defer(module.name, item.target) for module, item in deferred_imports()}
    complain([f"{source} no longer imports {target} inside a function" for source, target in DEFERRED.keys() - used])


def test_nothing_lies_loose_in_the_lobby() -> None:
    loose = {path.name for path in PACKAGE.iterdir() if path.is_file()}
    assert loose <= {"__init__.py", "__main__.py", "py.typed", "README.md"}
    assert {room(module.name) for module in all_modules() if module.name} <= {
        *FLOORS, *TOP_FLOORS, *EDGE_ROOMS, "localcloud",
    }  # fmt: skip


def test_no_module_is_longer_than_one_can_read() -> None:
    complain(
        [
            f"{module.path.relative_to(ROOT)}: {module.lines} lines, at most {LONGEST}"
            for module in all_modules()
            if module.lines > LONGEST
        ]
    )


def test_only_core_jobs_starts_threads() -> None:
    problems = []
    for module in all_modules():
        if module.name in THREAD_STARTERS or room(module.name) == "localcloud":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).split(".")[-1]
                if called in {"Thread", "Timer", "ThreadPoolExecutor", "ProcessPoolExecutor", "start_new_thread"}:
                    problems.append(f"{module.path.relative_to(ROOT)}:{node.lineno}: starts a thread with {called}")
    complain(problems)


def test_only_config_reads_the_environment() -> None:
    problems = []
    for module in all_modules():
        if within(module.name, tuple(ENVIRONMENT_READERS)):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv", "os.environb"}:
                problems.append(f"{module.path.relative_to(ROOT)}:{node.lineno}: reads {ast.unparse(node)}")
            elif isinstance(node, ast.ImportFrom) and node.module == "os":
                names = {alias.name for alias in node.names} & {"environ", "getenv", "environb"}
                problems += [f"{module.path.relative_to(ROOT)}:{node.lineno}: takes {name}" for name in names]
    complain(problems)


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    complain([module.name for module in all_modules() if empty & set(module.name.split("."))])


def test_every_module_says_what_it_owns() -> None:
    complain([module.name for module in all_modules() if not ast.get_docstring(module.tree)])
