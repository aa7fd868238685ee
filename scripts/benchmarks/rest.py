"""What a map that stands still costs: CPU and frames; memory, and whether it stays flat; tile requests of a trip."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping

from scripts.benchmarks.figures import cpu_seconds, pss_mib
from scripts.benchmarks.motion import MODULE
from scripts.benchmarks.rig import Rig, say
from scripts.benchmarks.screen import Screen
from tvapp.journey import AppProcess

TOUR_STOP_S = 12
LATER_S = 3.0


def idle(rig: Rig, seconds: float) -> dict[str, object]:
    """Leave the settled map alone under Xvfb and count CPU."""
    with Screen(rig.size, rig.folder) as screen:
        environment = rig.environment() | screen.environment
        environment.pop("SDL_VIDEODRIVER", None)
        with rig.app(rig.data_dir(warm=True), environment) as app:
            _rest(app)
            before, before_x = cpu_seconds(app.pid), cpu_seconds(screen.pid)
            time.sleep(seconds)
            spent, spent_x = cpu_seconds(app.pid) - before, cpu_seconds(screen.pid) - before_x
    return {
        "target_cpu_s_per_minute": 0.05,
        "cpu_s_per_minute": round(spent * 60 / seconds, 3),
        "x_server_cpu_s_per_minute": round(spent_x * 60 / seconds, 3),
        "seconds": seconds,
        "method": "user and system time of the process over a rest on the map, Xvfb",
    }


def memory(rig: Rig, stops: int) -> dict[str, object]:
    """Read PSS on the settled map, and again and again while the tour flies from fence to fence."""
    target = rig.folder / "memory.jsonl"
    with rig.remote() as (remote, path):
        # Without animations a stop takes as long as its tiles do: hours of touring pass in minutes.
        environment = rig.environment(TVAPP_REMOTE_DEVICES=path, TVAPP_KIOSK_MOTION="false")
        size = f"{rig.size[0]}x{rig.size[1]}"
        arguments = [str(target), "run", "--data-dir", str(rig.data_dir(warm=True)), "--windowed", size]
        with AppProcess(arguments, environment, (MODULE,)) as app:
            _rest(app)
            settled = pss_mib(app.pid)
            readings = []
            remote.press("menu", "ok")
            app.wait_for("screen.changed", lambda fields: fields["panel"] == "drawer")
            for stop in range(stops):
                remote.hold("down", 0.01)
                app.wait_for("map.settled", within_s=20)
                if stop % max(1, stops // 20) == 0:
                    readings.append(round(pss_mib(app.pid), 1))
                    say(f"  {stop} of {stops} stops: {readings[-1]} MiB")
            readings.append(round(pss_mib(app.pid), 1))
    later = readings[len(readings) // 4 :]
    return {
        "target_settled_mib": 140,
        "fences": rig.fences,
        "settled_pss_mib": round(settled, 1),
        "tour_pss_mib": readings,
        "growth_after_first_quarter_mib": round(later[-1] - later[0], 1),
        "simulated_hours": round(stops * TOUR_STOP_S / 3600, 1),
        "method": f"proc smaps_rollup; {stops} stops from fence to fence, {TOUR_STOP_S} s of a tour each",
    }


def trip(rig: Rig) -> dict[str, object]:
    """Settle, three screens to the right, in 2, out 2, back: which tiles were asked for, and how often."""
    with rig.remote() as (remote, path):
        environment = rig.environment(fences_too=False, TVAPP_REMOTE_DEVICES=path)
        data_dir = rig.data_dir(warm=False)
        rig.forget_requests()
        with rig.app(data_dir, environment) as app:
            _rest(app)
            steps = {"settle": _count(rig)}
            # One tap is an eighth of the screen's height.
            taps = round(3 * rig.size[0] / (rig.size[1] / 8))
            for name, key, times in (
                ("3 screens right", "right", taps),
                ("in 2", "zoom-in", 2),
                ("out 2", "zoom-out", 2),
                ("back", "left", taps),
            ):
                before = _count(rig)
                for _ in range(times):
                    remote.press(key)
                    time.sleep(0.25)
                app.wait_for("map.settled")
                time.sleep(LATER_S)
                app.drain()
                steps[name] = _count(rig) - before
        asked = Counter(_tile(entry) for entry in _recent(rig))
    return {
        "target": "each tile at most once, none on the way back",
        "requests": sum(asked.values()),
        "asked_twice": sum(1 for count in asked.values() if count > 1),
        "by_step": steps,
        "method": "counted by the local cloud",
    }


def _rest(app: AppProcess) -> None:
    app.wait_for("geofences.loaded")
    app.wait_for("map.settled")
    time.sleep(LATER_S)
    app.drain()


def _count(rig: Rig) -> int:
    count = rig.requests("tile")["count"]
    assert isinstance(count, int)
    return count


def _recent(rig: Rig) -> list[Mapping[str, object]]:
    recent = rig.requests("tile")["recent"]
    assert isinstance(recent, list)
    return recent


def _tile(entry: Mapping[str, object]) -> str:
    return str(entry.get("query", entry))
