"""An area of 99,000 corners: selecting, moving, listing and editing it draws and computes no more than a frame may."""

from __future__ import annotations

import json
import math
from functools import lru_cache

import msgspec
import pytest

from tests.ui.sample_fences import HERE
from tests.ui.screens.map.test_screen import BACK, DOWN, MENU, OK, RIGHT, Bench
from tvapp.fences.editing.abilities import MOST_CORNERS, abilities
from tvapp.fences.geojson.reading import read
from tvapp.fences.index.fence_index import MOST_OUTLINE_PIECES, MOST_OUTLINE_POINTS, FenceIndex
from tvapp.fences.index.measuring import measure_detailed
from tvapp.fences.model import measures
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Circle, Geofence
from tvapp.fences.service.messages import FencesMeasured, IndexBuilt
from tvapp.geo.mercator import project
from tvapp.remote.intents import Intent

CORNERS = 99_000
ZOOMS = (Intent.ZOOM_IN,) * 6


@lru_cache(maxsize=4)
def coast(corners: int = CORNERS, waves: int = 4_000) -> Geofence:
    """Return a jagged area around the place in the middle of the screen."""
    ring = []
    for number in range(corners):
        turn = 2 * math.pi * number / corners
        reach = 0.02 * (1 + 0.1 * math.sin(waves * turn))
        ring.append([HERE.lon + 2 * reach * math.cos(turn), HERE.lat + reach * math.sin(turn)])
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    raw = json.dumps({"type": "Feature", "properties": {"geometryId": "coast", "name": "Coast"}, "geometry": geometry})
    (fence,) = read(raw.encode(), "coast.geojson").fences
    return fence


@lru_cache(maxsize=4)
def index_of(fence: Geofence) -> FenceIndex:
    return FenceIndex([fence])


def shown(fence: Geofence) -> Bench:
    bench = Bench((fence,))
    bench.send(IndexBuilt(index_of(fence), FenceBook([fence]), 2))
    return bench


def drawn_points(bench: Bench) -> int:
    return sum(len(line) for line in bench.draw().lines)


def test_the_outline_of_the_selection_is_bounded_at_every_zoom_and_place() -> None:
    bench = shown(coast())
    bench.remote.press(OK)
    assert bench.selected is not None
    most = 0
    for key in (*ZOOMS, RIGHT, RIGHT, *(Intent.ZOOM_OUT,) * 12, DOWN, *ZOOMS):
        bench.remote.press(key)
        most = max(most, drawn_points(bench))
    assert 0 < most <= 2 * MOST_OUTLINE_POINTS, "each line is drawn twice, with its dark edge"


def test_the_outline_keeps_to_the_border_within_a_pixel() -> None:
    fence = coast()
    index = index_of(fence)
    u, v = project(HERE)
    pixel = 1 / (512 * 2**13)
    lines = index.outline_in(fence, (u - 1e-3, v - 1e-3, u + 1e-3, v + 1e-3), pixel / 4)
    corners = {(round(x, 9), round(y, 9)) for x, y in map(project, fence.shapes[0].rings[0])}  # type: ignore[union-attr]
    assert lines
    assert all((round(x, 9), round(y, 9)) in corners for line in lines for x, y in line.tolist())


def test_far_from_the_border_nothing_is_drawn_and_near_it_its_corners() -> None:
    fence = coast()
    index = index_of(fence)
    u, v = project(HERE)
    inner = (u - 1e-6, v - 1e-6, u + 1e-6, v + 1e-6)
    assert index.outline_in(fence, inner, 1e-12) == ()
    east, south = project(fence.shapes[0].rings[0][0])  # type: ignore[union-attr]
    near = index.outline_in(fence, (east - 1e-7, south - 1e-7, east + 1e-7, south + 1e-7), 1e-13)
    assert 1 < sum(map(len, near)) < 50


def test_a_still_view_computes_its_outline_once() -> None:
    bench = shown(coast())
    bench.remote.press(OK)
    bench.draw()
    first = bench.state.selection.outlines
    bench.draw()
    assert bench.state.selection.outlines is first


@pytest.mark.parametrize("keys", [(OK, OK), (MENU, OK), (MENU, OK, OK)])
def test_lists_and_details_show_sizes_once_a_worker_has_measured(keys: tuple[Intent, ...]) -> None:
    fence = coast(98_000 + len(keys) * 10 + (keys[0] is OK))
    bench = shown(fence)
    bench.remote.press(*keys)
    before = bench.draw()
    assert before.shows("being measured") is (keys[0] is MENU), "the list stays below the details"
    assert not before.shows("km²")
    assert measures.known(fence.shapes) is None, "the screen does not measure by itself"
    measure_detailed([fence], lambda: None)
    bench.send(FencesMeasured(1))
    assert bench.draw().shows("km²")
    bench.remote.press(BACK)


def test_more_corners_than_a_frame_can_take_are_not_edited_here() -> None:
    assert abilities(coast()) == frozenset()
    assert abilities(coast(MOST_CORNERS - 1, 40)) >= {"move", "reshape"}


def test_a_look_up_measures_a_bounded_number_of_points() -> None:
    fences = [replace_id(coast(), f"coast-{number}") for number in range(6)]
    index = FenceIndex(fences)
    found = index.distances_at(HERE, 0.0, 100.0)
    assert [apart for _, apart in found] == [0.0] * 3


def replace_id(fence: Geofence, fence_id: str) -> Geofence:
    return msgspec.structs.replace(fence, id=fence_id)


@lru_cache(maxsize=1)
def islands() -> Geofence:
    """Return 19,900 small areas that are one geofence."""
    corners = ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
    areas = [
        [[[HERE.lon + 0.001 * (n % 150) + 0.0004 * x, HERE.lat + 0.0007 * (n // 150) + 0.0003 * y] for x, y in corners]]
        for n in range(19_900)
    ]
    geometry = {"type": "MultiPolygon", "coordinates": areas}
    raw = json.dumps({"type": "Feature", "properties": {"geometryId": "islands"}, "geometry": geometry})
    (fence,) = read(raw.encode(), "islands.geojson").fences
    return fence


def test_thousands_of_areas_are_outlined_by_the_largest_and_nearest_of_them() -> None:
    bench = shown(islands())
    bench.remote.press(OK)
    assert bench.selected is not None
    for key in (Intent.ZOOM_IN, Intent.ZOOM_IN, *(Intent.ZOOM_OUT,) * 5, RIGHT):
        bench.remote.press(key)
        assert drawn_points(bench) <= 2 * MOST_OUTLINE_POINTS
        assert len(bench.draw().lines) <= 2 * MOST_OUTLINE_PIECES


def test_the_index_names_the_detailed_fences() -> None:
    small = coast(900, 40)
    circles = Geofence("circles", "Circles", (Circle(HERE, 10.0),) * 1_100)
    both = FenceIndex([replace_id(small, "small"), coast(), islands(), circles])
    assert [fence.id for fence in both.detailed()] == ["coast", "islands", "circles"]
