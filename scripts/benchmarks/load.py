"""Measures 100,000 geofences: loading them, frames meanwhile, and the tiles that an edit draws anew."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Sequence
from pathlib import Path

from scripts.benchmarks import fences
from scripts.benchmarks.figures import Figure, Row, number, per, row, spread, summary
from scripts.benchmarks.motion import CLOCK, late, missed_beats
from scripts.benchmarks.options import Options
from scripts.benchmarks.rig import READY_WITHIN_S, Frame, Probe, Rig, say, wait_quiet
from tvapp.commands.journey import AppProcess, StepFailed

WITHIN_S = 240.0
TARGETS = {"load": 2.0, "tile": 25.0}
FULL = 1_000
HELD_S = 0.5
DRAWN_WITHIN_S = 5.0
"""Time in which the tiles of the new geofences are drawn."""
LOADED = "geofences.loaded"
EDITED = "bench-edited"


def load(rig: Rig, options: Options) -> Row:
    """Load many geofences in a process of their own and in the app, draw tiles of them, and edit one."""
    many = rig.fence_folder(options.many_fences) / "fences.geojson"
    work = _work(rig, many, 2 if options.is_quick else 3)
    panned = _pan_while_loading(rig, many.parent)
    edit = _edit_one(rig)
    read, index = _numbers(work["read_cpu_s"]), _numbers(work["index_cpu_s"])
    whole = [a + b for a, b in zip(read, index, strict=True)]
    tiles = work["tiles"]
    assert isinstance(tiles, dict)
    return row(
        [
            Figure(
                f"read and index {options.many_fences}, CPU",
                round(min(whole), 2),
                "s",
                _load_target(options),
                spread(whole),
            ),
            *(
                Figure(
                    f"draw a tile of {wanted}, CPU",
                    found["median_cpu_ms"],
                    "ms",
                    TARGETS["tile"] if int(wanted) == FULL else None,
                )
                for wanted, found in tiles.items()
            ),
            Figure("late frames while loading", number(panned["while loading"]["late"]), "", spread=3),
            *(
                Figure(f"missed beats, {when}", number(found["missed_beats_percent"]), "%", spread=5)
                for when, found in panned.items()
            ),
            Figure("tiles drawn anew by an edit", edit["drawn_anew"], ""),
        ],
        "read and index: geojson.read, FenceBook and FenceIndex, thread time, the least of some runs; drawing: "
        "rasterise of 512 px tiles that hold so many geofences within a fifth, thread time, the median of the "
        "tiles, each the best of 3; late: frames whose work took more than 16 ms (wall) while the app loads the "
        "same file and somebody pans; missed beats: frames that were out half a frame late or later, also where "
        "the main thread waited to begin, and for comparison as long again once all is loaded; edit: the file in "
        "the folder changes in one circle in the middle of the screen, and the calls of the rasteriser are "
        "counted; dummy driver unless asked for otherwise",
        many={**work, "fences": options.many_fences},
        while_loading=panned,
        edit=edit,
    )


def _load_target(options: Options) -> float | None:
    return TARGETS["load"] if options.many_fences == Options(()).many_fences else None


def _work(rig: Rig, file: Path, runs: int) -> dict[str, object]:
    found = rig.child(
        "scripts.benchmarks.fence_work", str(file), str(runs), within_s=WITHIN_S, environment=rig.environment()
    )
    say(f"  {found}")
    return dict(found)


def _pan_while_loading(rig: Rig, folder: Path) -> dict[str, dict[str, object]]:
    """Hold arrows from the first map until the geofences are loaded, and for as long again."""
    with rig.stage() as stage, rig.remote() as (remote, path):
        environment = stage.environment(folder, TVAPP_REMOTE_DEVICES=path)
        with stage.measured(("frames",), rig.data_dir(warm=True), environment) as (app, probe):
            app.wait_for("map.settled")
            began = CLOCK.monotonic()
            keys = itertools.cycle(("right", "left"))
            while LOADED not in app.seen:
                remote.hold(next(keys), HELD_S)
                app.drain()
                if CLOCK.monotonic() > began + READY_WITHIN_S:
                    raise StepFailed("the geofences were not loaded in time")
            ended = CLOCK.monotonic()
            time.sleep(DRAWN_WITHIN_S)
            again = CLOCK.monotonic()
            while CLOCK.monotonic() < again + ended - began:
                remote.hold(next(keys), HELD_S)
            end = CLOCK.monotonic()
            wait_quiet(app)
        return {"while loading": _panned(probe.frames(began, ended)), "afterwards": _panned(probe.frames(again, end))}


def _panned(frames: Sequence[Frame]) -> dict[str, object]:
    return {
        "frames": len(frames),
        "late": late(frames),
        "missed_beats": missed_beats(frames, HELD_S),
        "missed_beats_percent": per(missed_beats(frames, HELD_S) * 100, len(frames)),
        "work_ms": summary([frame.work_ms for frame in frames]),
        "cpu_ms": summary([frame.cpu_ms for frame in frames]),
    }


def _edit_one(rig: Rig) -> dict[str, int]:
    """Change one circle in the file, and count the tiles that are drawn anew."""
    folder = rig.new_folder("edited")
    features = [*fences.features(rig.fences), _circle(150.0)]
    _put(folder, features)
    with rig.stage() as stage:
        environment = stage.environment(folder)
        with stage.measured(("status",), rig.data_dir(warm=True), environment) as (app, probe):
            app.wait_for(LOADED, within_s=READY_WITHIN_S)
            in_view = int(number(app.wait_for("map.settled", within_s=READY_WITHIN_S)["tiles"]))
            wait_quiet(app)
            _still(app, probe)
            before = probe.status(app)["fence_tiles_drawn"]
            _put(folder, [*features[:-1], _circle(170.0)])
            app.wait_for(LOADED, within_s=READY_WITHIN_S)
            wait_quiet(app)
            _still(app, probe)
            drawn = probe.status(app)["fence_tiles_drawn"] - before
    # Tiles in view: as many of geofences as of the base map.
    return {"drawn_anew": int(drawn), "tiles_of_geofences_in_view": in_view // 2}


def _still(app: AppProcess, probe: Probe) -> None:
    """Wait until no tile of geofences has been drawn for a second."""
    former = -1.0
    while (now := probe.status(app)["fence_tiles_drawn"]) != former:
        former = now
        time.sleep(1.0)


def _circle(radius_m: float) -> fences.Feature:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": list(fences.CENTER)},
        "properties": {"geometryId": EDITED, "name": "Edited", "subType": "Circle", "radius": radius_m},
    }


def _put(folder: Path, features: list[fences.Feature]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / "fences.tmp"
    new.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    new.replace(folder / "fences.geojson")


def _numbers(values: object) -> list[float]:
    assert isinstance(values, list)
    return [number(value) for value in values]
