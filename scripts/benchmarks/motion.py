"""Measures the frames of each kind of motion: the main thread's work, garbage, and renderer calls."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scripts.benchmarks.counting import KINDS
from scripts.benchmarks.figures import (
    Figure,
    Row,
    cpu_seconds,
    number,
    others_cpu_seconds,
    per,
    percentile,
    quantile,
    row,
    spread,
    spread_of_parts,
    summary,
)
from scripts.benchmarks.options import Options
from scripts.benchmarks.rig import Frame, Line, Probe, Rig, Stage, say, wait_quiet, wait_ready
from scripts.benchmarks.screen import Screen
from tvapp.app.frame_meter import GAP_S
from tvapp.app.loop import FRAME_S
from tvapp.commands.journey import AppProcess, RemoteControl
from tvapp.core.clock import SystemClock

REST_S = 0.6
FLIGHT_S = 1.5
SCROLL_S = 2.0
ZOOMS = ("zoom-in", "zoom-in", "zoom-out", "zoom-out", "zoom-out", "zoom-in")
QUICK_ZOOMS = ("zoom-in", "zoom-out")
MOTIONS = ("pan", "zoom", "fly", "scroll")
LATE_MS = 16.0
CURVE_SIZES = ((1920, 1080), (3840, 2160))
CURVE_FENCES = (10, 1_000, 10_000, 100_000)
QUICK_CURVE_FENCES = (10, 10_000)
CURVE_PAN_S = 1.2
FLAT_WITHIN = 0.1

CLOCK = SystemClock()
"""The same clock as the app's, to compare times of its frames with."""

Hold = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Phase:
    """A motion of the viewer: what, and from when to when, in the clock's seconds."""

    motion: str
    began: float
    ended: float


def frame_work(rig: Rig, options: Options) -> Row:
    """Pan, zoom, fly and scroll by remote and read the work of each frame; do it again and count renderer calls."""
    with rig.stage() as stage:
        with rig.remote() as (remote, path):
            environment = stage.environment(rig.fence_folder(rig.fences), TVAPP_REMOTE_DEVICES=path)
            with stage.measured(("frames", "gc"), rig.data_dir(warm=True), environment) as (app, probe):
                wait_ready(app)
                began, before, others = CLOCK.monotonic(), cpu_seconds(app.pid), _others(app)
                rounds = [_all_motions(app, remote, options) for _ in range(options.rounds)]
                wait_quiet(app)
                wall, cpu = CLOCK.monotonic() - began, cpu_seconds(app.pid) - before
                others = _others(app) - others
            frames = probe.frames(began)
            garbage = _garbage(probe.lines("gc", began))
        calls = _calls(rig, stage, options)
    phases = [phase for phases in rounds for phase in phases]
    per_round = [_during(frames, phases) for phases in rounds]
    figures = [
        _across(name, per_round, kind, part, target)
        for kind in ("work_ms", "cpu_ms")
        for name, part, target in (("p50", 0.5, 2.0), ("p95", 0.95, None), ("p99", 0.99, 6.0), ("max", 1.0, 16.0))
    ]
    moving = [frame for frames_ in per_round for frame in frames_]
    cpu_ms = [frame.cpu_ms for frame in frames]
    changes = calls["textures_made"]["mean"] + calls["texture_updates"]["mean"]
    return row(
        [
            *figures,
            Figure("late frames", per(late(moving) * 100, len(moving)), "%", spread=5),
            Figure("garbage, longest on any thread", number(garbage["longest_any_thread_ms"]), "ms", spread=10),
            Figure("draws a frame", calls["draws"]["mean"], "", spread=calls["draws"]["mean"] / 10),
            Figure("texture changes a frame", round(changes, 2), "", spread=changes / 10),
            Figure("surfaces a frame", calls["surfaces"]["mean"], "", spread=calls["surfaces"]["mean"] / 10),
        ],
        "work_ms: from the main thread's wake-up to the end of present, each frame of scripted motions by remote "
        "(pan: arrows held over new ground and back; zoom: single presses; fly: down in the list of geofences, press "
        "by press; scroll: down held there; not in a quick run, fly and scroll); cpu_ms: the CPU time that the main "
        f"thread used for it; {stage.where} display; spread: between rounds. Garbage: gc.callbacks in the process. "
        "Calls: a run of its own, counted by stand-ins in front of SDL's renderer and textures",
        display=stage.where,
        fences=rig.fences,
        motions={
            motion: _summaries(_during(frames, [phase for phase in phases if phase.motion == motion]))
            for motion in MOTIONS
        },
        together=_summaries(moving),
        all_threads_cpu_ms_per_frame=per(cpu * 1000, len(frames)),
        main_thread_cpu_ms_per_frame=per(sum(cpu_ms), len(frames)),
        other_processes_cpus_busy=round(others / wall, 2),
        garbage=garbage,
        calls_a_frame=calls,
    )


def curve(rig: Rig, options: Options) -> Row:
    """Pan and zoom on screens of two sizes with more and more geofences: a frame should cost the same."""
    table: list[dict[str, object]] = []
    figures: list[Figure] = []
    where = "dummy"
    for size in CURVE_SIZES:
        flat: list[float] = []
        for count in QUICK_CURVE_FENCES if options.is_quick else CURVE_FENCES:
            with rig.stage(size=size) as stage, rig.remote() as (remote, path):
                where = stage.where
                environment = stage.environment(rig.fence_folder(count), TVAPP_REMOTE_DEVICES=path)
                with stage.measured(("frames",), rig.data_dir(warm=True), environment) as (app, probe):
                    wait_ready(app)
                    began = CLOCK.monotonic()
                    _pan(remote.hold, CURVE_PAN_S)
                    _zoom(remote)
                    wait_quiet(app)
                frames = probe.frames(began)
            cpu = [frame.cpu_ms for frame in frames]
            flat.append(percentile(cpu, 0.5) or 0.0)
            line: dict[str, object] = {
                "size": f"{size[0]}x{size[1]}",
                "fences": count,
                "frames": len(cpu),
                **{f"work_{name}": value for name, value in summary([frame.work_ms for frame in frames]).items()},
                **{f"cpu_{name}": value for name, value in summary(cpu).items()},
                "flatness": per(flat[-1], flat[0]),
            }
            table.append(line)
            say(f"  {line['size']}, {count} geofences: CPU p50 {line['cpu_p50']} ms, x {line['flatness']}")
        figures += [
            Figure(f"{size[1]} lines: CPU p50, fewest geofences", round(flat[0], 2), "ms"),
            Figure(f"{size[1]} lines: times that, most geofences", per(flat[-1], flat[0]), "", spread=FLAT_WITHIN),
        ]
    return row(
        figures,
        f"as frames, pan ({CURVE_PAN_S} s each way) and zoom only, {where} display; flatness: CPU p50 over that with "
        f"{CURVE_FENCES[0]} geofences",
        table=table,
    )


def on_screen(rig: Rig, options: Options) -> Row:
    """Pan under Xvfb without a GPU; measure frames a second, and the CPU of app and X server for each."""
    steps: list[dict[str, float | str | None]] = []
    with Screen(rig.size, rig.folder) as screen:
        stage = Stage(rig, "xvfb", rig.size, screen)
        environment = stage.environment(rig.fence_folder(rig.fences))
        with stage.measured(("frames",), rig.data_dir(warm=True), environment) as (app, probe):
            wait_ready(app)
            for round_ in range(max(2, options.rounds)):
                steps.append(_pan_on(screen, app, probe, options.pan_s, "new" if round_ == 0 else "seen before"))
                say(f"  {steps[-1]}")
    rates = [number(step["frames_per_second"]) for step in steps]
    new = number(steps[0]["cpu_ms_per_frame"])
    seen = [number(step["cpu_ms_per_frame"]) for step in steps[1:]]
    return row(
        [
            Figure("frames a second", min(rates), "", 59.5, spread(rates), more_is_better=True),
            Figure("CPU a frame, new ground", new, "ms", 4),
            Figure("CPU a frame, seen before", min(seen), "ms", 4, spread(seen)),
        ],
        f"arrow keys held with XTest for {options.pan_s} s each, right, down, left, up; CPU of all threads of the "
        "app and of Xvfb from proc while panning and coming to rest, per frame drawn; the slower round's frames a "
        "second, of which 59.5 count as 60",
        fences=rig.fences,
        rounds=steps,
    )


def _pan_on(screen: Screen, app: AppProcess, probe: Probe, pan_s: float, ground: str) -> dict[str, float | str | None]:
    pids = (app.pid, screen.pid)
    began, before, others = CLOCK.monotonic(), [cpu_seconds(pid) for pid in pids], others_cpu_seconds(*pids)
    _pan(screen.hold, pan_s)
    wait_quiet(app)
    wall, spent = CLOCK.monotonic() - began, [cpu_seconds(pid) for pid in pids]
    frames = probe.frames(began)
    gaps = [after.at - former.at for former, after in pairwise(frames) if after.at - former.at <= GAP_S]
    work = [frame.work_ms for frame in frames]
    return {
        "ground": ground,
        "frames": len(frames),
        "frames_per_second": per(len(gaps), sum(gaps), 1),
        "cpu_ms_per_frame": per((sum(spent) - sum(before)) * 1000, len(frames)),
        "of_which_x_server": per((spent[1] - before[1]) * 1000, len(frames)),
        "of_which_main_thread": per(sum(frame.cpu_ms for frame in frames), len(frames)),
        "work_p50_ms": quantile(work, 0.5),
        "work_p99_ms": quantile(work, 0.99),
        "other_processes_cpus_busy": round((others_cpu_seconds(*pids) - others) / wall, 2),
    }


def _all_motions(app: AppProcess, remote: RemoteControl, options: Options) -> list[Phase]:
    """Make each motion once (in a quick run: pan and zoom); returns when each happened."""
    zooms = QUICK_ZOOMS if options.is_quick else ZOOMS
    phases = [
        _timed("pan", lambda: _pan(remote.hold, options.pan_s)),
        _timed("zoom", lambda: _zoom(remote, zooms)),
    ]
    if options.is_quick:
        return phases
    _open_list(app, remote)
    phases.append(_timed("fly", lambda: _fly(remote, options.flights)))
    phases.append(_timed("scroll", lambda: _scroll(remote)))
    remote.press("back")
    time.sleep(FLIGHT_S)
    return phases


def _timed(motion: str, act: Callable[[], None]) -> Phase:
    began = CLOCK.monotonic()
    act()
    return Phase(motion, began, CLOCK.monotonic())


def _pan(hold: Hold, pan_s: float) -> None:
    for key in ("right", "down", "left", "up"):
        hold(key, pan_s)
        time.sleep(REST_S)


def _zoom(remote: RemoteControl, keys: Sequence[str] = ZOOMS) -> None:
    for key in keys:
        remote.hold(key, 0.05)
        time.sleep(REST_S)


def _open_list(app: AppProcess, remote: RemoteControl) -> None:
    remote.press("menu")
    app.wait_for("screen.changed", lambda fields: fields["panel"] == "action-bar")
    remote.press("ok")
    app.wait_for("screen.changed", lambda fields: fields["panel"] == "drawer")
    time.sleep(FLIGHT_S)


def _fly(remote: RemoteControl, flights: int) -> None:
    for _ in range(flights):
        remote.hold("down", 0.02)
        time.sleep(FLIGHT_S)


def _scroll(remote: RemoteControl) -> None:
    remote.hold("down", SCROLL_S)
    time.sleep(REST_S)


def _calls(rig: Rig, stage: Stage, options: Options) -> dict[str, dict[str, float]]:
    """Make all motions once more while renderer calls are counted."""
    with rig.remote() as (remote, path):
        environment = stage.environment(rig.fence_folder(rig.fences), TVAPP_REMOTE_DEVICES=path)
        with stage.measured(("frames", "counts"), rig.data_dir(warm=True), environment) as (app, probe):
            wait_ready(app)
            began = CLOCK.monotonic()
            _pan(remote.hold, min(options.pan_s, 1.0))
            _zoom(remote, QUICK_ZOOMS if options.is_quick else ZOOMS)
            if not options.is_quick:
                _open_list(app, remote)
                _fly(remote, 2)
                _scroll(remote)
            wait_quiet(app)
        frames = probe.lines("counts", began)
    found: dict[str, dict[str, float]] = {}
    for kind in KINDS:
        values = [number(frame[kind]) for frame in frames]
        median, most = percentile(values, 0.5) or 0.0, max(values, default=0.0)
        found[kind] = {"p50": median, "max": most, "mean": round(sum(values) / max(1, len(values)), 2)}
    return found


def _garbage(lines: Sequence[Line]) -> dict[str, object]:
    on_main = [number(line["ms"]) for line in lines if line["main"]]
    return {
        "searches_by_generation": {
            str(generation): sum(line["generation"] == generation for line in lines) for generation in range(3)
        },
        "on_main_thread": len(on_main),
        "longest_main_ms": max(on_main, default=0.0),
        "longest_any_thread_ms": max((number(line["ms"]) for line in lines), default=0.0),
        "total_ms": round(sum(number(line["ms"]) for line in lines), 2),
    }


def _across(name: str, rounds: Sequence[Sequence[Frame]], kind: str, part: float, target: float | None) -> Figure:
    """Return a percentile of all rounds, with its spread between rounds (of one round: between its quarters)."""
    values = [[frame.work_ms if kind == "work_ms" else frame.cpu_ms for frame in frames] for frames in rounds]
    each = [value for found in values if (value := percentile(found, part)) is not None]
    together = [value for found in values for value in found]
    apart = spread(each) if len(each) > 1 else spread_of_parts(together, part)
    return Figure(f"{kind} {name}", quantile(together, part), "ms", target, apart)


def _during(frames: Sequence[Frame], phases: Sequence[Phase]) -> list[Frame]:
    """Return the frames that were presented during a motion."""
    return [frame for frame in frames if any(phase.began <= frame.at < phase.ended for phase in phases)]


def _summaries(frames: Sequence[Frame]) -> dict[str, object]:
    return {
        "work_ms": summary([frame.work_ms for frame in frames]),
        "cpu_ms": summary([frame.cpu_ms for frame in frames]),
        "late": late(frames),
        "missed_beats": missed_beats(frames),
    }


def late(frames: Sequence[Frame]) -> int:
    """Count the frames whose work took longer than a frame lasts."""
    return sum(frame.work_ms > LATE_MS for frame in frames)


def missed_beats(frames: Sequence[Frame], longest_s: float = GAP_S) -> int:
    """Count the frames that came half a frame late or later; a gap above `longest_s` is rest, not a late frame."""
    gaps = (after.at - former.at for former, after in pairwise(frames))
    return sum(1.5 * FRAME_S < gap <= longest_s for gap in gaps)


def _others(app: AppProcess) -> float:
    return others_cpu_seconds(app.pid, os.getpid())
