"""What a map that stands still costs: CPU and frames; memory, and whether it stays flat; tile requests of a trip."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping

from scripts.benchmarks.figures import cpu_seconds, io_bytes, pss_mib
from scripts.benchmarks.motion import measured, wait_ready
from scripts.benchmarks.rig import Rig, say
from scripts.benchmarks.screen import Screen

TOUR_STOP_S = 12
LATER_S = 3.0
WRITTEN_AFTER_START_S = 35.0


def idle(rig: Rig, seconds: float) -> dict[str, object]:
    """Leave the settled map alone under Xvfb and count CPU."""
    with Screen(rig.size, rig.folder) as screen, rig.app(rig.data_dir(warm=True), rig.on(screen)) as app:
        wait_ready(app)
        time.sleep(LATER_S)
        before, before_x = cpu_seconds(app.pid), cpu_seconds(screen.pid)
        time.sleep(seconds)
        spent, spent_x = cpu_seconds(app.pid) - before, cpu_seconds(screen.pid) - before_x
    return {
        "target_cpu_s_per_minute": 0.05,
        "fences": rig.fences,
        "cpu_s_per_minute": round(spent * 60 / seconds, 3),
        "x_server_cpu_s_per_minute": round(spent_x * 60 / seconds, 3),
        "seconds": seconds,
        "method": "user and system time of the process (proc, 10 ms steps) over a rest on the map, Xvfb",
    }


def memory(rig: Rig, stops: int) -> dict[str, object]:
    """Read PSS on the settled map, and again and again while the drawer flies from geofence to geofence."""
    with rig.remote() as (remote, path):
        # Without animations a stop takes as long as its tiles do: hours of touring pass in minutes.
        environment = rig.environment(TVAPP_REMOTE_DEVICES=path, TVAPP_KIOSK_MOTION="false")
        with measured(rig, rig.folder / "memory.jsonl", environment, "memory") as app:
            wait_ready(app)
            time.sleep(LATER_S)
            settled = pss_mib(app.pid)
            say(f"  settled: {settled:.1f} MiB")
            readings = []
            remote.press("menu")
            app.wait_for("screen.changed", lambda fields: fields["panel"] == "action-bar")
            remote.press("ok")
            app.wait_for("screen.changed", lambda fields: fields["panel"] == "drawer")
            for stop in range(stops):
                remote.hold("down", 0.01)
                app.wait_for("map.settled")
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
        "method": f"proc smaps_rollup; {stops} stops from geofence to geofence, {TOUR_STOP_S} s of a tour each",
    }


def trip(rig: Rig) -> dict[str, object]:
    """Settle, three screens to the right, in 2, out 2, back: which tiles were asked for, and how often."""
    asked: Counter[str] = Counter()
    with rig.remote() as (remote, path):
        environment = rig.environment(fences_too=False, TVAPP_REMOTE_DEVICES=path)
        data_dir = rig.data_dir(warm=False)
        rig.forget_requests()
        with rig.app(data_dir, environment) as app:
            wait_ready(app)
            time.sleep(LATER_S)
            steps = {"settle": _taken(rig, asked)}
            # One tap is an eighth of the screen's height.
            taps = round(3 * rig.size[0] / (rig.size[1] / 8))
            for name, key, times in (
                ("3 screens right", "right", taps),
                ("in 2", "zoom-in", 2),
                ("out 2", "zoom-out", 2),
                ("back", "left", taps),
            ):
                for _ in range(times):
                    remote.press(key)
                    time.sleep(0.25)
                app.wait_for("map.settled")
                time.sleep(LATER_S)
                app.drain()
                steps[name] = _taken(rig, asked)
    return {
        "target": "each tile at most once, none on the way back",
        "requests": sum(asked.values()),
        "asked_twice": sum(count > 1 for count in asked.values()),
        "by_step": steps,
        "seen_at_most": _seen(rig),
        "method": "every request by its tile, counted by the local cloud; seen_at_most: tiles that the views of the "
        "trip touch at the zooms it stops at, each once",
    }


def _seen(rig: Rig) -> int:
    """Count the tiles in view on the trip: the strip at the first zoom, and one screen at each of the next two."""
    columns, rows = -(-rig.size[0] // 512) + 1, -(-rig.size[1] // 512) + 1
    return (-(-4 * rig.size[0] // 512) + 1) * rows + 2 * columns * rows


def _taken(rig: Rig, asked: Counter[str]) -> int:
    """Add the requests since the last call to `asked`; returns how many there were."""
    entry = rig.requests("tile")
    recent, count = entry["recent"], entry["count"]
    assert isinstance(recent, list)
    assert count == len(recent), "the local cloud remembers fewer requests than there were"
    asked.update(_tile(request) for request in recent)
    rig.forget_requests()
    return len(recent)


def _tile(entry: Mapping[str, object]) -> str:
    return str(entry.get("query", entry))


def writes(rig: Rig, seconds: float) -> dict[str, object]:
    """Leave a settled map alone whose geofences and overlays are looked at again, and count what is written."""
    cloud_store = {"TVAPP_GEOFENCES_STORE": "map-data", "TVAPP_GEOFENCES_REFRESH_S": "5"}
    data_dir = rig.data_dir(warm=True)
    rig.settings(tile_max_age_s=60)  # as traffic is: fetched anew each time that it is looked at
    with rig.remote() as (remote, path):
        environment = rig.environment(TVAPP_REMOTE_DEVICES=path) | cloud_store
        del environment["TVAPP_GEOFENCES_PATH"]
        with rig.app(data_dir, environment, "--log-file", str(data_dir / "app.log")) as app:
            wait_ready(app)
            remote.press("menu")
            app.wait_for("screen.changed", lambda fields: fields["panel"] == "action-bar")
            remote.press("right", "right", "ok")
            app.wait_for("screen.changed", lambda fields: fields["panel"] == "layers")
            remote.press("down", "ok", "back")
            app.wait_for("layers.chosen")
            # What the start leaves to be written later (geofences of last time, tiles) is not rest.
            time.sleep(WRITTEN_AFTER_START_S)
            before, log_before = io_bytes(app.pid), (data_dir / "app.log").stat().st_size
            time.sleep(seconds)
            after, log_after = io_bytes(app.pid), (data_dir / "app.log").stat().st_size
    rig.settings(tile_max_age_s=86400)
    day = 86400 / seconds / 1e6
    return {
        "target_mb_a_day": 5.0,
        "to_disk_mb_a_day": round((after["write_bytes"] - before["write_bytes"]) * day, 2),
        "by_calls_mb_a_day": round((after["wchar"] - before["wchar"]) * day, 2),
        "of_which_log_file_mb_a_day": round((log_after - log_before) * day, 2),
        "seconds": seconds,
        "method": "proc io of the process over a rest with one overlay and geofences looked at every 5 s, times 86400 "
        "by the seconds; calls count pipes, sockets and standard error too, the disk counts whole pages",
    }
