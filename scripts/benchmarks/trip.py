"""Counts the tiles that a trip requests: each once, none on the way back, none beyond the ring around the view."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping

from scripts.benchmarks.figures import Figure, Row, row
from scripts.benchmarks.options import Options
from scripts.benchmarks.rig import Rig, wait_ready
from tvapp.geo.position import Position
from tvapp.mapview.layer_picture import cells_in_view
from tvapp.mapview.layers import BaseStyle, LayerChoice, layers
from tvapp.mapview.viewport import Viewport

LATER_S = 3.0
TAP_S = 0.25
TAPS_A_HEIGHT = 8
"""A tap pans by an eighth of the screen's height."""
SCREENS = 3
ZOOMED = 2
HOME, HOME_ZOOM = Position(24.9525, 60.1672), 13.0

Tile = tuple[int, int, int]
"""Zoom, column, row."""


def trip(rig: Rig, _options: Options) -> Row:
    """Settle, pan three screens to the right, zoom in 2, out 2, and back; count the requests for each tile."""
    asked: Counter[Tile] = Counter()
    taps = round(SCREENS * rig.size[0] / (rig.size[1] / TAPS_A_HEIGHT))
    with rig.stage() as stage, rig.remote() as (remote, path):
        environment = stage.environment(TVAPP_REMOTE_DEVICES=path)
        data_dir = rig.data_dir(warm=False)
        rig.forget_requests()
        with stage.app(data_dir, environment) as app:
            wait_ready(app)
            time.sleep(LATER_S)
            steps = {"settle": _taken(rig, asked)}
            for name, key, times in (
                (f"{SCREENS} screens right", "right", taps),
                (f"in {ZOOMED}", "zoom-in", ZOOMED),
                (f"out {ZOOMED}", "zoom-out", ZOOMED),
                ("back", "left", taps),
            ):
                for _ in range(times):
                    remote.press(key)
                    time.sleep(TAP_S)
                app.wait_for("map.settled")
                time.sleep(LATER_S)
                app.drain()
                steps[name] = _taken(rig, asked)
    seen = seen_on_trip(rig.size, taps)
    twice = sum(count > 1 for count in asked.values())
    never_seen = set(asked) - seen
    beyond = set(asked) - with_ring(seen)
    return row(
        [
            Figure("requests", sum(asked.values()), ""),
            Figure("asked for twice", twice, "tiles", 0),
            Figure("asked for on the way back", steps["back"], "tiles", 0),
            Figure("beyond the prefetch ring", len(beyond), "tiles", 0),
        ],
        "every request by its tile, as the local cloud counts them; seen: the tiles of the base that the views at the "
        "stops of the trip touch; the ring: one tile around each of them",
        by_step=steps,
        seen=len(seen),
        prefetched=len(never_seen),
        beyond_the_ring=sorted(beyond),
    )


def seen_on_trip(size: tuple[int, int], taps: int) -> set[Tile]:
    """Return the base tiles that a viewer sees on the trip."""
    width, height = size
    scale = min(width / 1920, height / 1080)
    layer = layers(LayerChoice(BaseStyle.DARK))[0]
    step = height / TAPS_A_HEIGHT
    home = Viewport(HOME, HOME_ZOOM, width, height, scale)
    views = [home.panned(tap * step, 0.0) for tap in range(taps + 1)]
    last = views[-1]
    views += [Viewport(last.center, HOME_ZOOM + more, width, height, scale) for more in range(1, ZOOMED + 1)]
    seen: set[Tile] = set()
    for view in views:
        cells = cells_in_view(layer, view)
        columns = range(cells.x0, cells.x1)
        seen |= {(cells.z, x % (1 << cells.z), y) for y in range(cells.y0, cells.y1) for x in columns}
    return seen


def with_ring(tiles: Iterable[Tile]) -> set[Tile]:
    """Return tiles together with their neighbours."""
    around = (-1, 0, 1)
    return {(z, (x + dx) % (1 << z), y + dy) for z, x, y in tiles for dx in around for dy in around}


def _taken(rig: Rig, asked: Counter[Tile]) -> int:
    """Add the requests since the last call to `asked`; returns their number."""
    entry = rig.requests("tile")
    recent, count = entry["recent"], entry["count"]
    assert isinstance(recent, list)
    assert count == len(recent), "the local cloud remembers fewer requests than there were"
    asked.update(_tile(request["query"]) for request in recent)
    rig.forget_requests()
    return len(recent)


def _tile(query: Mapping[str, str]) -> Tile:
    return int(query["zoom"]), int(query["x"]), int(query["y"])
