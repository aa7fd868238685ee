"""Measures the start of the process: imports, first frame, settled map; the app counts from its exec."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmarks.figures import Figure, Row, cpu_seconds, number, quantile, row, spread, summary
from scripts.benchmarks.options import Options
from scripts.benchmarks.rig import Rig, say
from tvapp.commands.journey import AppProcess, Fields, StepFailed

COLD_LATENCY_MS = 40
HEAVY = ("msal", "httpx", "shapely", "numpy", "PIL", "requests", "cryptography", "qrcode")
"""Packages that must not be imported before the first frame."""
HEAVIEST = 10
IMPORT_RUNS = 3
FIRST_FRAME_WITHIN_S = 60.0
HELD_BACK_S = 4.0
NETWORK = ("discovery", "instance", "token", "refresh", "tile", "attribution", "tileset", "copyright", "map-data")
"""Endpoints of the local cloud that a start may ask."""
_IMPORT_TIME = "import time:"


@dataclass(frozen=True, slots=True)
class Import:
    """An imported module: microseconds without and with the modules that it imports itself."""

    name: str
    self_us: int
    cumulative_us: int


def read_import_times(lines: Sequence[str]) -> list[Import]:
    """Read the output of `python -X importtime`; other lines are left out.

    >>> read_import_times(["import time:       120 |        340 |   json"])
    [Import(name='json', self_us=120, cumulative_us=340)]
    """
    found = []
    for line in lines:
        if not line.startswith(_IMPORT_TIME):
            continue
        parts = [part.strip() for part in line[len(_IMPORT_TIME) :].split("|")]
        if len(parts) == 3 and parts[0].isdecimal() and parts[1].isdecimal():
            found.append(Import(parts[2], int(parts[0]), int(parts[1])))
    return found


def least_of(runs: Sequence[Sequence[Import]]) -> list[Import]:
    """Return each module once, with its least times of several starts, to leave out waits for a busy core."""
    least: dict[str, Import] = {}
    for module in (module for run in runs for module in run):
        former = least.setdefault(module.name, module)
        self_us, cumulative_us = min(former.self_us, module.self_us), min(former.cumulative_us, module.cumulative_us)
        least[module.name] = Import(module.name, self_us, cumulative_us)
    return list(least.values())


def loaded_of(packages: Sequence[str], modules: Sequence[str]) -> list[str]:
    """Return the packages of a list that are among the imported modules."""
    tops = {name.partition(".")[0] for name in modules}
    return [package for package in packages if package in tops]


def imports(rig: Rig, options: Options) -> Row:
    """Start the app under `-X importtime` and read its imports up to the first frame."""
    runs = [_imports_of_one_start(rig) for _ in range(min(options.runs, IMPORT_RUNS))]
    total = [sum(module.self_us for module in run) / 1000 for run in runs]
    modules = least_of(runs)
    heaviest = sorted(modules, key=lambda module: module.self_us, reverse=True)[:HEAVIEST]
    too_early = loaded_of(HEAVY, [module.name for module in modules])
    return row(
        [
            Figure("imports, all", round(min(total), 1), "ms", spread=spread(total, 1)),
            Figure("heavy packages before the first frame", len(too_early), "", target=0),
        ],
        f"python -X importtime up to the line frame.first, the least of {len(runs)} starts for all and each module, "
        "profiling included, dummy driver; heavy are " + ", ".join(HEAVY),
        modules=len(modules),
        heavy_packages_loaded=too_early,
        heaviest=[
            {"module": module.name, "self_ms": module.self_us / 1000, "with_imports_ms": module.cumulative_us / 1000}
            for module in heaviest
        ],
    )


def _imports_of_one_start(rig: Rig) -> list[Import]:
    log = rig.new_folder("importtime")
    size = f"{rig.size[0]}x{rig.size[1]}"
    data_dir = rig.data_dir(warm=True)
    command = [*rig.prefix, sys.executable, "-X", "importtime", "-m", "tvapp", "run", "--log-format", "json"]
    with log.open("wb") as file:
        command += ["--data-dir", str(data_dir), "--windowed", size]
        process = subprocess.Popen(command, env=rig.environment(), stderr=file)
    try:
        before = _lines_before_first_frame(log, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return read_import_times(before)


def _lines_before_first_frame(log: Path, process: subprocess.Popen[bytes]) -> list[str]:
    until = time.monotonic() + FIRST_FRAME_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        lines = log.read_text(errors="replace").splitlines()
        for number_, line in enumerate(lines):
            if '"frame.first"' in line:
                return lines[:number_]
        time.sleep(0.1)
    raise StepFailed("no first frame under -X importtime")


def first_frame(rig: Rig, options: Options) -> Row:
    """Start the app again and again, with tiles on disk, and read `frame.first` and `tile.first`."""
    times, cpu, tiles, origins = [], [], [], Counter[str]()
    with rig.stage() as stage:
        environment = stage.environment()
        for run in range(options.runs):
            with stage.app(rig.data_dir(warm=True), environment) as app:
                times.append(number(app.wait_for("frame.first")["ms"]))
                cpu.append(cpu_seconds(app.pid))
                shown = app.wait_for("tile.first")
                app.wait_for("map.settled")
            tiles.append(number(shown["ms"]))
            origins[str(shown["origin"])] += 1
            say(f"  first frame {run + 1}/{options.runs}: {times[-1]:.0f} ms, {cpu[-1]:.2f} CPU s")
    return row(
        [
            Figure("p50", quantile(times, 0.5, 0), "ms", 300, spread(times, 0)),
            Figure("worst", max(times), "ms", spread=max(times) - min(times)),
            Figure("CPU", quantile(cpu, 0.5), "s", spread=spread(cpu)),
            Figure("first tiles p50", quantile(tiles, 0.5, 0), "ms", spread=spread(tiles, 0)),
        ],
        "frame.first.ms of the log, which counts from exec (proc(5) start time, 10 ms steps); CPU of the process "
        "once that line is read; first tiles: tile.first.ms, the first frame with one on it, tiles on disk; "
        f"{stage.where} display",
        ms=summary(times, 0),
        first_tiles={"ms": summary(tiles, 0), "origins": dict(origins)},
        cpu_s=summary(cpu),
    )


def settled(rig: Rig, options: Options) -> Row:
    """Start the app with and without tiles on disk, signed in, and read the first `map.settled`."""
    figures: list[Figure] = []
    details: Row = {}
    with rig.stage() as stage, rig.latency(COLD_LATENCY_MS):
        environment = stage.environment()
        for warm, target in ((True, 800.0), (False, 1300.0)):
            name = "warm" if warm else "cold"
            times, with_fences, cpu, requests, tiles = [], [], [], [], []
            for run in range(options.settle_runs):
                with stage.app(rig.data_dir(warm=warm), environment) as app:
                    tiles.append(number(app.wait_for("tile.first")["ms"]))
                    first = app.wait_for("map.settled")
                    cpu.append(cpu_seconds(app.pid))
                    with_fences.append(number(_last_settled(app, first)["ms"]))
                times.append(number(first["ms"]))
                requests.append(number(first["requests"]))
                say(f"  settled {name} {run + 1}/{options.settle_runs}: {times[-1]:.0f} ms, {cpu[-1]:.2f} CPU s")
            figures += [
                Figure(f"{name} p50", quantile(times, 0.5, 0), "ms", target, spread(times, 0)),
                Figure(f"{name} CPU", quantile(cpu, 0.5), "s", spread=spread(cpu)),
                Figure(f"{name} first tiles p50", quantile(tiles, 0.5, 0), "ms", spread=spread(tiles, 0)),
            ]
            details[name] = {
                "ms": summary(times, 0),
                "first_tiles_ms": summary(tiles, 0),
                "with_geofences_ms": summary(with_fences, 0),
                "cpu_s": summary(cpu),
                "requests": max(requests),
            }
        silent = _first_tiles(rig, min(options.settle_runs, 3))
    shown = [number(fields["ms"]) for fields in silent]
    details["first_tiles_network_silent"] = {
        "ms": summary(shown, 0),
        "origins": dict(Counter(str(fields["origin"]) for fields in silent)),
    }
    figures.append(Figure("first tiles, network silent", quantile(shown, 0.5, 0), "ms", spread=spread(shown, 0)))
    return row(
        figures,
        f"first map.settled.ms of the log, from exec; signed in, 10 geofences, {COLD_LATENCY_MS} ms added to each "
        "tile; cold: an empty tile cache, but tiles that the local cloud has drawn before, so that not its drawing is "
        f"measured; {stage.where} display. First tiles: tile.first.ms, the first frame with one on it; silent: tiles "
        f"on disk, every answer held back for {HELD_BACK_S:.0f} s",
        **details,
    )


def _first_tiles(rig: Rig, runs: int) -> list[Fields]:
    """Start with tiles on disk and a network that does not answer; returns the log events of the first tiles."""
    found = []
    with rig.stage() as stage, _silent_network(rig):
        environment = stage.environment()
        for run in range(runs):
            with stage.app(rig.data_dir(warm=True), environment) as app:
                found.append(app.wait_for("tile.first", within_s=HELD_BACK_S))
            say(f"  first tiles, network silent {run + 1}/{runs}: {found[-1]['ms']} ms")
    return found


@contextlib.contextmanager
def _silent_network(rig: Rig) -> Iterator[None]:
    for endpoint in NETWORK:
        rig.phone.control("POST", "/faults", {"endpoint": endpoint, "delay_s": HELD_BACK_S})
    try:
        yield
    finally:
        rig.phone.control("DELETE", "/faults")


def _last_settled(app: AppProcess, first: Fields) -> Fields:
    """Return the event after which the map no longer changes: it may settle once before the geofences arrive."""
    last = first
    with contextlib.suppress(StepFailed):
        while True:
            last = app.wait_for("map.settled", within_s=1.0)
    return last
