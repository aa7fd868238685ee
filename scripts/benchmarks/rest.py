"""Measures a TV that nobody touches: CPU, frames and wake-ups, and bytes written to its disk."""

from __future__ import annotations

import time
from collections.abc import Mapping

from scripts.benchmarks.figures import Figure, Row, cpu_seconds, io_bytes, row, wake_ups
from scripts.benchmarks.options import Options
from scripts.benchmarks.rig import Probe, Rig, Stage, say, wait_ready
from tvapp.commands.journey import AppProcess

LATER_S = 3.0
WRITTEN_AFTER_START_S = 35.0
CPU_STEP_S = 0.01
ENTRA_INTERVAL_S = 5
MINUTE_S = 60.0


def idle(rig: Rig, options: Options) -> Row:
    """Wait on the settled map and (not in a quick run) on the sign-in screen; count CPU, frames and wake-ups."""
    on_code: dict[str, float] = {}
    with rig.stage("xvfb") as stage:
        environment = stage.environment(rig.fence_folder(rig.fences))
        with stage.measured(("status",), rig.data_dir(warm=True), environment) as (app, probe):
            wait_ready(app)
            on_map = _rest(stage, app, probe, options.idle_s)
        say(f"  map: {on_map}")
        if not options.is_quick:
            on_code = _rest_on_code(rig, stage, environment, options.idle_s)
            say(f"  sign-in: {on_code}")
    step = CPU_STEP_S * 2 * MINUTE_S / options.idle_s
    figures = [
        Figure("map: CPU a minute", on_map["cpu_s_per_minute"], "s", 0.05, step),
        Figure("map: frames a minute", on_map["frames_per_minute"], "", spread=1),
        Figure("map: wake-ups a minute", on_map["wake_ups_per_minute"], "", spread=5),
    ]
    if on_code:
        figures += [
            Figure("sign-in: CPU a minute", on_code["cpu_s_per_minute"], "s", 0.3, step),
            Figure("sign-in: frames a minute", on_code["frames_per_minute"], "", spread=2),
            Figure("sign-in: wake-ups a minute", on_code["wake_ups_per_minute"], "", spread=10),
        ]
    return row(
        figures,
        f"over {options.idle_s:.0f} s: user and system time of the process (proc, 10 ms steps); frames presented, "
        f"counted in the process; voluntary context switches of its main thread; {stage.where} display; sign-in: a "
        f"code on the screen that is asked for every {ENTRA_INTERVAL_S} s, as Entra wants it",
        display=stage.where,
        fences=rig.fences,
        map=on_map,
        sign_in=on_code,
    )


def _rest_on_code(rig: Rig, stage: Stage, environment: Mapping[str, str], seconds: float) -> dict[str, float]:
    """Wait on the sign-in screen, which polls as often as Entra allows."""
    interval = rig.phone.control("GET", "/settings")
    assert isinstance(interval, dict)
    rig.settings(interval_s=ENTRA_INTERVAL_S)
    try:
        with stage.measured(("status",), rig.new_folder("nobody"), environment) as (app, probe):
            app.wait_for("signin.prompted")
            return _rest(stage, app, probe, seconds)
    finally:
        rig.settings(interval_s=interval["interval_s"])


def _rest(stage: Stage, app: AppProcess, probe: Probe, seconds: float) -> dict[str, float]:
    time.sleep(LATER_S)
    before, asleep, cpu = probe.status(app), wake_ups(app.pid), cpu_seconds(app.pid)
    cpu_x = cpu_seconds(stage.screen.pid) if stage.screen is not None else 0.0
    time.sleep(seconds)
    spent, woken = cpu_seconds(app.pid) - cpu, wake_ups(app.pid) - asleep
    spent_x = cpu_seconds(stage.screen.pid) - cpu_x if stage.screen is not None else 0.0
    frames = probe.status(app)["frames"] - before["frames"]
    a_minute = MINUTE_S / seconds
    return {
        "cpu_s_per_minute": round(spent * a_minute, 3),
        "x_server_cpu_s_per_minute": round(spent_x * a_minute, 3),
        "frames_per_minute": round(frames * a_minute, 1),
        "wake_ups_per_minute": round(woken * a_minute, 1),
    }


def writes(rig: Rig, options: Options) -> Row:
    """Wait on a settled map that refreshes geofences and overlays, and count the bytes written."""
    seconds = options.writes_s
    cloud_store = {"TVAPP_GEOFENCES_STORE": "map-data", "TVAPP_GEOFENCES_REFRESH_S": "5"}
    data_dir = rig.data_dir(warm=True)
    rig.settings(tile_max_age_s=60)  # as traffic: fetched anew at each refresh
    try:
        with rig.stage() as stage, rig.remote() as (remote, path):
            environment = stage.environment(TVAPP_REMOTE_DEVICES=path) | cloud_store
            del environment["TVAPP_GEOFENCES_PATH"]
            with stage.app(data_dir, environment, "--log-file", str(data_dir / "app.log")) as app:
                wait_ready(app)
                remote.press("menu")
                app.wait_for("screen.changed", lambda fields: fields["panel"] == "action-bar")
                remote.press("right", "right", "ok")
                app.wait_for("screen.changed", lambda fields: fields["panel"] == "layers")
                remote.press("down", "ok", "back")
                app.wait_for("layers.chosen")
                # Writes that the start has put off (kept geofences, tiles) do not belong to the rest.
                time.sleep(WRITTEN_AFTER_START_S)
                before, log_before = io_bytes(app.pid), (data_dir / "app.log").stat().st_size
                time.sleep(seconds)
                after, log_after = io_bytes(app.pid), (data_dir / "app.log").stat().st_size
    finally:
        rig.settings(tile_max_age_s=86400)
    day = 86400 / seconds / 1e6
    to_disk = round((after["write_bytes"] - before["write_bytes"]) * day, 2)
    return row(
        [Figure("to disk a day", to_disk, "MB", 5.0)],
        "proc io of the process over a rest with one overlay and geofences looked at every 5 s, times 86400 by the "
        "seconds; calls count pipes, sockets and standard error too, the disk counts whole pages",
        by_calls_mb_a_day=round((after["wchar"] - before["wchar"]) * day, 2),
        of_which_log_file_mb_a_day=round((log_after - log_before) * day, 2),
        seconds=seconds,
    )
