"""Measures memory: how much, of which kind, and whether a day of touring adds memory or requests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from scripts.benchmarks.figures import Figure, Row, mapped_mb, memory_mb, number, row
from scripts.benchmarks.options import Options
from scripts.benchmarks.rig import FEW_FENCES, Rig, say, wait_ready

TOUR_STOP_S = 12
LATER_S = 3.0
FLAT_MB = 5.0
"""Readings of a map at rest differ by as much."""
TARGETS_MB = {10_000: 120.0, 100_000: 220.0}
LIBRARIES = (
    ("asyncio and ssl", "import asyncio, ssl"),
    ("pygame", "import tvapp.display.sdl"),
    ("msgspec", "import msgspec.json"),
    ("requests", "import requests"),
    ("cryptography", "import cryptography.x509"),
    ("msal", "import msal"),
    ("httpx with HTTP/2", "import httpx, h2.connection"),
    ("Pillow", "from PIL import Image, ImageDraw"),
    ("numpy", "import numpy"),
    ("shapely", "import shapely"),
    ("qrcode", "import qrcode"),
)
"""In the order in which the app imports them: what two share counts for the first."""

_MEASURE = """
import sys
def tell(name):
    found = dict.fromkeys(("Pss", "Private_Clean", "Private_Dirty"), 0)
    with open("/proc/self/smaps_rollup") as file:
        for line in file:
            key, _, value = line.partition(":")
            if key in found:
                found[key] = int(value.split()[0])
    print(name, found["Pss"], found["Private_Clean"] + found["Private_Dirty"], sep="\\t", flush=True)
tell("interpreter")
"""


def memory(rig: Rig, options: Options) -> Row:
    """Read the PSS of a settled map with few, the usual and many geofences, and what it consists of."""
    counts = (FEW_FENCES, options.fences) if options.is_quick else (FEW_FENCES, options.fences, options.many_fences)
    settled: dict[int, dict[str, object]] = {}
    where = "dummy"
    for count in counts:
        with rig.stage() as stage:
            where = stage.where
            environment = stage.environment(rig.fence_folder(count))
            with stage.measured(("status",), rig.data_dir(warm=True), environment) as (app, probe):
                wait_ready(app)
                time.sleep(LATER_S)
                found = memory_mb(app.pid)
                mapped = mapped_mb(Path(f"/proc/{app.pid}/smaps").read_text(encoding="utf-8", errors="replace"))
                status = probe.status(app)
        known = {
            "textures_mb": round(status["textures"] / 1e6, 1),
            "text_mb": round(status["text"] / 1e6, 1),
            "tiles_counted_mb": round(status["tiles"] / 1e6, 1),
        }
        settled[count] = {**found, "pss_by_mapping": mapped, **known}
        say(f"  {count} geofences: {found} {mapped} {known}")
    pss = {count: number(entry["pss"]) for count, entry in settled.items()}
    libraries = _libraries(rig)
    return row(
        [Figure(f"PSS, {count} geofences", pss[count], "MB", TARGETS_MB.get(count), 4.0) for count in counts],
        "proc smaps_rollup and smaps on the settled map, in 1e6 bytes. The local cloud and the benchmark run on the "
        "same interpreter, so PSS counts shared libraries in part; rss in full. Libraries: one process imports "
        "one after the other and reads its own growth. Textures, text and tiles: what the app itself accounts for "
        "(tiles are textures, counted by the map). Geofences: PSS with them less PSS with "
        f"{FEW_FENCES}. {where} display",
        settled={str(count): entry for count, entry in settled.items()},
        by_kind={
            "interpreter_mb": libraries.pop("interpreter"),
            "libraries_mb": libraries,
            "textures_mb": {str(count): entry["textures_mb"] for count, entry in settled.items()},
            "text_mb": {str(count): entry["text_mb"] for count, entry in settled.items()},
            "geofences_and_their_tiles_mb": {
                str(count): round(pss[count] - pss[FEW_FENCES], 1) for count in counts if count != FEW_FENCES
            },
        },
    )


def _libraries(rig: Rig) -> dict[str, dict[str, float]]:
    """Import the libraries of the app one after the other; returns the MB that each has added."""
    script = _MEASURE + "".join(f"{statement}\ntell({name!r})\n" for name, statement in LIBRARIES)
    environment = {**os.environ, "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}
    done = subprocess.run(
        [*rig.prefix, sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True,
        timeout=120, check=True,
    )  # fmt: skip
    found: dict[str, dict[str, float]] = {}
    former = (0, 0)
    for line in done.stdout.splitlines():
        name, *sizes = line.split("\t")
        pss, uss = (int(size) for size in sizes)
        added = (pss - former[0], uss - former[1])
        found[name] = {kind: round(kib * 1024 / 1e6, 1) for kind, kib in zip(("pss", "uss"), added, strict=True)}
        former = (pss, uss)
    return found


def tour(rig: Rig, options: Options) -> Row:
    """Fly from geofence to geofence, lap after lap, and read memory and requests."""
    readings: list[float] = []
    laps: list[int] = []
    half = max(1, options.lap_stops // 2)
    with rig.stage() as stage, rig.remote() as (remote, path):
        # Without animations a stop takes only as long as its tiles: hours of touring pass in minutes.
        environment = stage.environment(
            rig.fence_folder(rig.fences), TVAPP_REMOTE_DEVICES=path, TVAPP_KIOSK_MOTION="false"
        )
        with stage.app(rig.data_dir(warm=True), environment) as app:
            wait_ready(app)
            remote.press("menu")
            app.wait_for("screen.changed", lambda fields: fields["panel"] == "action-bar")
            remote.press("ok")
            app.wait_for("screen.changed", lambda fields: fields["panel"] == "drawer")
            time.sleep(LATER_S)
            app.drain()
            rig.forget_requests()
            for stop in range(options.tour_stops):
                remote.hold("down" if stop // half % 2 == 0 else "up", 0.01)
                app.wait_for("map.settled")
                if stop % max(1, options.tour_stops // 20) == 0:
                    readings.append(memory_mb(app.pid)["pss"])
                    say(f"  {stop} of {options.tour_stops} stops: {readings[-1]} MB, requests a lap: {laps}")
                if (stop + 1) % (2 * half) == 0:
                    laps.append(int(number(rig.requests("tile")["count"])))
                    rig.forget_requests()
            readings.append(memory_mb(app.pid)["pss"])
    later = readings[len(readings) // 4 :]
    return row(
        [
            Figure("growth after the first quarter", round(later[-1] - later[0], 1), "MB", FLAT_MB, FLAT_MB),
            Figure("tile requests, first lap", laps[0] if laps else None, ""),
            Figure("tile requests, all later laps", sum(laps[1:]) if len(laps) > 1 else None, "", 0),
        ],
        f"{options.tour_stops} stops from geofence to geofence, {2 * half} a lap there and back, {TOUR_STOP_S} s "
        "of a tour; proc smaps_rollup; requests as the local cloud counts them",
        fences=rig.fences,
        pss_mb=readings,
        tile_requests_by_lap=laps,
        simulated_hours=round(options.tour_stops * TOUR_STOP_S / 3600, 1),
    )
