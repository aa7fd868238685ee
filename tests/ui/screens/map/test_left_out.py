"""The page about what could not be read."""

from __future__ import annotations

import msgspec
import pytest

from tests.ui.sample_fences import HERE, SMALL
from tests.ui.screens.map.test_screen import BACK, DOWN, MENU, OK, RIGHT, Bench
from tvapp.core.errors import DataError
from tvapp.fences.geojson.reading import read
from tvapp.fences.index.fence_index import FenceIndex
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Circle, Skipped
from tvapp.fences.service.messages import FencesLoaded, FencesUnavailable, FencesUnchanged, IndexBuilt
from tvapp.geo.position import Position
from tvapp.ui.map_overlay.notices import notices
from tvapp.ui.screens.map.left_out import MOST_ROWS

SKIPPED = (
    Skipped("a.geojson", "latitude 8437000 is outside -90 to 90", "Metres"),
    Skipped("b.geojson", "not JSON: input data was truncated"),
)


def load(*skipped: Skipped, as_of: float | None = None) -> FencesLoaded:
    return FencesLoaded("folder", (), skipped, 1.0, as_of)


@pytest.mark.parametrize("fences", [0, 3])
def test_the_page_is_three_presses_from_the_map_and_one_from_the_list(fences: int) -> None:
    bench = Bench() if fences else Bench(())
    bench.send(load(*SKIPPED))
    bench.remote.press(BACK, OK, RIGHT)
    assert bench.stack.top.name == "left-out"
    shown = bench.draw()
    assert shown.shows("b.geojson")
    assert shown.shows("Metres · a.geojson")
    assert shown.shows("outside -90 to 90")
    bench.remote.press(DOWN, OK)
    assert bench.draw().shows("latitude 8437000 is outside -90 to 90")
    bench.remote.press(BACK, BACK, BACK)
    assert bench.stack.depth == 1


def test_with_every_file_refused_the_list_says_so_and_ok_says_why() -> None:
    bench = Bench(())
    bench.send(load(*SKIPPED))
    bench.remote.press(MENU, OK)
    assert bench.draw().shows("None of the geofences can be read")
    assert not bench.draw().shows("No geofences yet")
    bench.remote.press(OK)
    assert bench.stack.top.name == "left-out"


def test_a_store_of_one_file_that_is_none_of_ours_says_why_too() -> None:
    bench = Bench(())
    bench.send(FencesUnavailable("url", DataError("example.com/a", "a web page, not GeoJSON")))
    bench.remote.press(MENU, OK, OK)
    assert bench.draw().shows("a web page, not GeoJSON")
    bench.send(FencesUnchanged())
    assert bench.draw().shows("Everything could be read.")


def test_the_notice_counts_files_and_goes_once_they_are_mended() -> None:
    bench = Bench()
    bench.send(load(*SKIPPED))
    (notice,) = notices(bench.state)
    assert notice.title == "A file of geofences cannot be read"
    assert "Geofences › Not shown" in notice.advice
    bench.send(load(*SKIPPED, as_of=bench.state.wall() - 7200.0))
    (notice,) = notices(bench.state)
    assert notice.title == "Some geofences are as they were 2 hours ago"
    assert "Not shown" in notice.advice
    bench.send(load())
    assert notices(bench.state) == []


def test_single_features_are_worth_no_notice() -> None:
    bench = Bench()
    bench.send(load(SKIPPED[0]))
    assert notices(bench.state) == []


def test_without_anything_left_out_right_does_nothing_in_the_list() -> None:
    bench = Bench()
    bench.remote.press(MENU, OK, RIGHT)
    assert bench.stack.top.name == "drawer"


def test_thousands_are_listed_up_to_a_limit_and_the_others_counted() -> None:
    bench = Bench()
    bench.send(load(*(Skipped("a.geojson", "encloses nothing", f"feature {n}") for n in range(2_000))))
    bench.remote.press(MENU, OK, RIGHT)
    assert len(bench.stack.top.focusables()) == MOST_ROWS + 1
    bench.remote.press(*[DOWN] * (MOST_ROWS + 5))
    assert bench.draw().shows("and 1\u202f500 more")
    bench.remote.press(OK)
    assert bench.stack.top.name == "left-out"


def test_a_geofence_with_times_that_cannot_be_read_is_never_called_always_active() -> None:
    raw = b"""{"type": "Feature", "properties": {"geometryId": "a", "name": "Depot", "radius": 300, "subType": "Circle",
        "validityTime": {"validityPeriod": [{"startTime": "monday"}]}}, "geometry": {"type": "Point",
        "coordinates": [%f, %f]}}""" % (HERE.lon, HERE.lat)
    bench = Bench(read(raw, "a.geojson").fences)
    bench.remote.press(MENU, OK)
    assert bench.draw().shows("Times unknown")
    assert bench.draw().shows("1 with unknown times")
    bench.remote.press(OK)
    assert bench.draw().shows("The times of this geofence cannot be read")
    assert not bench.draw().shows("lways")


LATITUDE_FIRST = b"""{"type": "Feature", "properties": {"geometryId": "s", "name": "Latitude first"},
    "geometry": {"type": "Polygon",
    "coordinates": [[[60.16, 24.94], [60.17, 24.94], [60.17, 24.95], [60.16, 24.95], [60.16, 24.94]]]}}"""


def test_a_geofence_with_latitude_first_is_noted_and_one_press_says_where_it_lies() -> None:
    (swapped,) = read(LATITUDE_FIRST, "a.geojson").fences
    fences = (swapped, *(msgspec.structs.replace(SMALL, id=f"s{n}", name=f"Small {n}") for n in range(3)))
    bench = Bench(fences)
    bench.send(IndexBuilt(FenceIndex(fences), FenceBook(fences), 2))
    bench.remote.press(MENU, OK)
    assert bench.draw().shows("perhaps in the wrong place · Active")
    assert bench.draw().shows("1 perhaps in the wrong place")
    bench.remote.press(OK)
    told = " ".join(bench.draw().sentences())
    assert "It lies 4" in told
    assert "from home" in told
    assert "the other way round it would be" in told
    assert bench.state.book.get("s") is swapped, "nothing is swapped"


@pytest.mark.parametrize("home", [HERE, None])
def test_what_lies_far_away_for_another_reason_is_not_noted(home: Position | None) -> None:
    (swapped,) = read(LATITUDE_FIRST, "a.geojson").fences
    others = tuple(msgspec.structs.replace(SMALL, id=f"s{n}") for n in range(5))
    seattle = msgspec.structs.replace(SMALL, id="far", shapes=(Circle(Position(-122.3, 47.6), 300.0),))
    index = FenceIndex((swapped, seattle, *others))
    assert index.seem_swapped(home)[0] == {"s"}
    assert FenceIndex((swapped,)).seem_swapped(None) == (frozenset(), None)
    assert FenceIndex(()).seem_swapped(HERE) == (frozenset(), None)
    assert FenceIndex((swapped,)).seem_swapped(Position(60.0, 25.0))[0] == frozenset(), "that is where it belongs"
