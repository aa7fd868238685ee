"""Every message of the inbox has a row in the table of routes, and each row is needed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tvapp.app.routes import ROUTES, SERVICES, hearers
from tvapp.core.errors import StorageError
from tvapp.core.jobs import JobFailed, JobResult
from tvapp.fences.service.messages import FencesLoaded
from tvapp.host.disk_watch import DiskChanged

PACKAGE = Path(__file__).resolve().parent.parent.parent / "tvapp"
LEFT_OUT = ("localcloud", "remote.evdev_source")
"""`remote.evdev_source` posts keys to the display."""

ELSEWHERE = {
    "backend.previews.load": "tiles.previews.PreviewLoader.load",
    "server.serve": "host.control.server.ControlServer.serve",
    "gateway.remove_account": "auth.gateway.Gateway.remove_account",
    "gateway.poll": "auth.gateway.Gateway.poll",
    "gateway.request_code": "auth.gateway.Gateway.request_code",
    "self.gateway.save": "auth.gateway.Gateway.save",
    "self.tokens.renew": "auth.tokens.TokenProvider.renew",
    "self._restart_backoff.ran_well": "host.crash.restart_backoff.RestartBackoff.ran_well",
}
"""Jobs that are methods of other objects: where each is defined."""

ALIASES = {"Event": "auth.messages"}
"""Unions of messages, and the modules that define them."""


@dataclass(frozen=True)
class Function:
    """A function of the package."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef

    def brings(self) -> set[str]:
        """Return the names in its return annotation, or where that says nothing those of what it returns."""
        names = _names(self.node.returns)
        if names & {"object", "Any"}:
            returned = (each.value for each in ast.walk(self.node) if isinstance(each, ast.Return))
            names |= {name for value in returned for name in _made(value)}
        return names


@cache
def trees() -> dict[str, ast.Module]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if not name.startswith(LEFT_OUT):
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


@cache
def classes() -> dict[str, tuple[str, ...]]:
    """Return every class with the modules that define one of that name."""
    found: dict[str, tuple[str, ...]] = {}
    for module, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found[node.name] = (*found.get(node.name, ()), module)
    return found


@cache
def functions(module: str) -> tuple[Function, ...]:
    def walk(node: ast.AST, name: str) -> Iterator[Function]:
        for child in ast.iter_child_nodes(node):
            named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            inner = f"{name}.{child.name}" if named else name  # type: ignore[attr-defined]
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield Function(inner, child)
            yield from walk(child, inner)

    return tuple(walk(trees()[module], module))


def _names(node: ast.AST | None) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} if node is not None else set()


def _made(node: ast.AST | None) -> set[str]:
    """Return the names of classes of which an expression makes objects, at its surface."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name[:1].isupper() or name[:2].strip("_").isupper():
            return {name}
        case ast.IfExp(body=body, orelse=other):
            return _made(body) | _made(other)
    return set()


def _resolved(module: str, what: ast.expr) -> set[str]:
    """Return the names of what a job of that module brings.

    Raises:
        AssertionError: it cannot be read; ELSEWHERE has to say where the job is defined.
    """
    match what:
        case ast.Lambda(body=body):
            return _resolved(module, body.func) if isinstance(body, ast.Call) and not _made(body) else _made(body)
        case ast.Call(func=ast.Name(id="partial"), args=[first, *_]):
            return _resolved(module, first)
    name = ast.unparse(what)
    if (place := ELSEWHERE.get(name)) is not None:
        home = place.rsplit(".", 2)[0]
        return next(each for each in functions(home) if each.name == place).brings()
    last = name.removeprefix("self.")
    found = [each for each in functions(module) if each.name.endswith(f".{last}")]
    if not found:
        for node in ast.walk(trees()[module]):
            if isinstance(node, ast.ImportFrom) and any(alias.name == last for alias in node.names):
                home = (node.module or "").removeprefix("tvapp.")
                found = [each for each in functions(home) if each.name == f"{home}.{last}"]
    assert found, f"{module} runs {name} as a job: say in ELSEWHERE where that is defined"
    return set().union(*(each.brings() for each in found))


def posted() -> set[str]:
    """Return the names of the classes of which messages get into the inbox."""
    found: set[str] = set()
    for module, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.arg) and node.arg == "post":
                found |= _names(node.annotation)
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("post", "_post"):
                found |= {name for argument in node.args for name in _made(argument)}
            elif _runs_job(node.func) and len(node.args) == 2 and module != "core.jobs":
                found |= _resolved(module, node.args[1])
    for alias, module in ALIASES.items():
        if alias in found:
            (value,) = (
                node.value
                for node in trees()[module].body
                if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == alias
            )
            found |= _names(value)
    return {name for name in found if name in classes()} - {"JobFailed"}


def _runs_job(called: ast.expr) -> bool:
    """Tell whether a call is one of Jobs.run or Jobs.spawn; auth.service has the former at hand as `run`."""
    match called:
        case ast.Attribute(attr="run" | "spawn", value=owner):
            return ast.unparse(owner).endswith("jobs")
    return isinstance(called, ast.Name) and called.id == "run"


def results() -> set[str]:
    """Return the names of the private results of jobs."""
    return {
        node.name
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(_names(base) == {"JobResult"} for base in node.bases)
    }


def test_every_message_that_is_posted_has_a_row_and_each_row_is_needed() -> None:
    assert posted() - results() == {kind.__name__ for kind in ROUTES}


def test_every_private_result_is_posted_and_names_a_service_that_hears_it() -> None:
    assert results() <= posted()
    import_all_that_have_results()
    for kind in JobResult.__subclasses__():
        assert kind.service in SERVICES


def import_all_that_have_results() -> None:
    import tvapp.app.last_view_store
    import tvapp.fences.outbox.outbox_service
    import tvapp.fences.service.fence_service
    import tvapp.fences.service.snapshot
    import tvapp.host.disk_watch  # noqa: F401


def test_every_service_of_the_table_runs_jobs_of_its_name() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    for service in SERVICES:
        assert f'"{service}.' in source


def test_what_the_store_gave_is_kept_and_taken_in_before_the_screens_hear_of_it() -> None:
    assert hearers(FencesLoaded("blob", (), (), 1.0)) == ("snapshot", "fences", "screens")


def test_a_failed_disk_is_known_to_its_watch_before_the_session_uses_it() -> None:
    assert hearers(DiskChanged(StorageError("/x", "full"))) == ("disk-watch", "session")


@pytest.mark.parametrize(
    ("job", "who"),
    [
        ("signin.poll.12", ("sign-in",)),
        ("geofences.load", ("fences",)),
        ("outbox.send", ("outbox",)),
        ("kept.write", ("snapshot",)),
        ("view.read", ("view-store", "session")),
        ("disk.probe", ("disk-watch",)),
        ("backend.build", ("app",)),
        ("memory.tidy", ()),
        ("signinx", ()),
    ],
)
def test_a_failed_job_is_told_to_the_service_whose_name_begins_its_own(job: str, who: tuple[str, ...]) -> None:
    assert hearers(JobFailed(job, RuntimeError())) == who


def test_the_private_result_of_a_job_goes_to_its_service_alone() -> None:
    class Result(JobResult):
        service = "outbox"

    assert hearers(Result()) == ("outbox",)


def test_a_message_without_a_row_is_a_defect() -> None:
    with pytest.raises(TypeError, match="no route for str"):
        hearers("something else")
