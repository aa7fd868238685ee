"""The collection of geofences, boxes and the place of a name."""

from __future__ import annotations

import itertools
import math
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fences.making import box, circle, polygon
from tvapp.fences.model import extent
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Circle, Geofence, Line, Polygon
from tvapp.fences.model.interior import point_inside
from tvapp.fences.model.validity import Validity
from tvapp.geo.position import Bounds, Position


def fence(fence_id: str, lon: float = 0, lat: float = 0, name: str = "", expires: float | None = None) -> Geofence:
    return Geofence(fence_id, name or fence_id, (Circle(Position(lon, lat), 100),), validity=Validity(expires))


def test_fences_are_found_by_id_and_listed_by_name() -> None:
    book = FenceBook([fence("a", name="Depot 10"), fence("b", name="depot 9"), fence("c", name="Äpple")], 3)
    assert [each.name for each in book.listed] == ["Äpple", "depot 9", "Depot 10"]
    assert book.get("b") is book.fences[1]
    assert book.get("x") is None
    assert "a" in book
    assert "x" not in book
    assert len(book) == 3
    assert book.skipped_count == 3


NAMES = st.text(st.sampled_from("aB \u00e9\u00c9\u00df019\u0664"), min_size=1, max_size=8)


def compared(each: Geofence) -> tuple[list[tuple[int, int, str]], str]:
    """Return what a name is compared by: numbers by value and before letters, those without case and accents."""
    folded = unicodedata.normalize("NFKD", each.name).casefold()
    folded = "".join(ch for ch in folded if not unicodedata.combining(ch))
    runs = ["".join(run) for _, run in itertools.groupby(folded, str.isdecimal)]
    return [(0, int(run), "") if run[0].isdecimal() else (1, 0, run) for run in runs], each.id


@settings(max_examples=100, deadline=None)
@given(st.lists(NAMES, max_size=30), st.integers(1, 8))
def test_names_are_sorted_in_portions_of_any_size(names: list[str], portion: int) -> None:
    fences = [fence(f"id{number}", name=name) for number, name in enumerate(names)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extent, "BATCH", portion)
        assert list(FenceBook(fences).listed) == sorted(fences, key=compared)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(NAMES, NAMES, st.sampled_from("krcm"), st.floats(-170, 170), st.floats(-80, 80)), max_size=20)
)
def test_a_book_made_from_an_older_one_is_the_same_as_a_new_one(
    cases: list[tuple[str, str, str, float, float]],
) -> None:
    """Each fence is kept, removed, comes, or is moved and renamed."""
    before, after = [], []
    for number, (name, other, what, lon, lat) in enumerate(cases):
        one = fence(f"id{number}", lon / 2, lat / 2, name)
        before += [one] if what != "c" else []
        after += [one] if what in "kc" else [fence(f"id{number}", lon, lat, other)] if what == "m" else []
    new, plain = FenceBook(after, 0, FenceBook(before)), FenceBook(after)
    assert new.listed == plain.listed
    assert [new.taken_names.next(base) for base in ("a", "b", "")] == [
        plain.taken_names.next(base) for base in ("a", "b", "")
    ]
    assert (new.bounds is None) == (plain.bounds is None)
    for each in after:
        assert new.bounds is not None
        assert new.bounds.contains(each.bounds.center)


def test_the_box_around_all_shrinks_when_the_fence_at_its_edge_goes() -> None:
    fences = [fence(f"{lon}", lon) for lon in (0, 5, 10)]
    older = FenceBook(fences)
    assert FenceBook(fences[:2], 0, older).bounds == FenceBook(fences[:2]).bounds
    assert FenceBook([fences[0], fences[2]], 0, older).bounds == older.bounds


def test_equal_ids_from_two_files_get_suffixes() -> None:
    book = FenceBook([fence("a"), fence("a~2"), fence("a", lon=5)])
    assert [each.id for each in book] == ["a", "a~2", "a~3"]
    assert book.fences[2].notes


def test_the_bounds_of_all_go_the_short_way_round() -> None:
    assert FenceBook().bounds is None
    bounds = FenceBook([fence("a", 179), fence("b", -179)]).bounds
    assert bounds is not None
    assert bounds.crosses_date_line
    assert bounds.lon_span < 3


def test_added_removed_and_changed_fences_are_redrawn() -> None:
    old = FenceBook([fence("a"), fence("b", 1), fence("c", 2)])
    new = FenceBook([fence("a"), fence("b", 1.5), fence("d", 3)])
    lons = sorted(round(box.center.lon, 3) for box in new.changed_bounds(old))
    assert lons == [1, 1.5, 2, 3]


def test_a_fence_that_is_the_same_is_not_redrawn_and_two_at_one_place_once() -> None:
    old = FenceBook([fence("a"), fence("b", 1)])
    assert FenceBook([fence("a"), fence("b", 1)]).changed_bounds(old) == ()
    here = Circle(Position(9.0, 9.0), 100.0).bounds
    assert FenceBook([*old, fence("c", 9, 9), fence("d", 9, 9)]).changed_bounds(old) == (here,)
    assert old.changed_bounds(FenceBook([*old, fence("c", 9, 9), fence("d", 9, 9)])) == (here,)
    timed = FenceBook([fence("a", expires=5), fence("b", expires=5), fence("c", 1, expires=50)])
    assert timed.restated_bounds(0, 10) == (timed.fences[0].bounds,)


def test_the_next_change_is_that_of_the_first_fence_to_change() -> None:
    book = FenceBook([fence("a"), fence("b", expires=500), fence("c", expires=900)])
    change = book.next_change(0)
    assert change == math.nextafter(500, math.inf)
    assert book.restated_bounds(0, change) == (book.fences[1].bounds,)
    assert FenceBook([fence("a")]).next_change(0) is None


def test_a_circle_near_a_pole_goes_all_round_it() -> None:
    box = Circle(Position(10, 89.99), 10_000).bounds
    assert box.lon_span == 360
    assert box.north == 90


def test_a_fence_needs_a_shape() -> None:
    with pytest.raises(ValueError, match=r"shape$"):
        Geofence("a", "a", ())


def test_the_name_of_a_line_is_at_its_middle() -> None:
    points = (Position(0, 0), Position(1, 1), Position(2, 0))
    assert Geofence("l", "l", (Line(points, 5),)).center == Position(1, 1)


def test_the_name_of_a_horseshoe_is_inside_it() -> None:
    ring = tuple(Position(*p) for p in [(0, 0), (9, 0), (9, 9), (8, 9), (8, 1), (1, 1), (1, 9), (0, 9), (0, 0)])
    inside = point_inside((ring,))
    assert inside.lat < 1 or inside.lon < 1 or inside.lon > 8
    assert Geofence("h", "h", (Polygon((ring,)),)).center == inside


BOXES = st.tuples(st.floats(-180, 179), st.floats(0, 300), st.floats(-80, 70), st.floats(0, 10)).map(
    lambda box: extent.bounds(box[0], box[2], box[0] + box[1], box[2] + box[3])
)


@settings(max_examples=200, deadline=None)
@given(st.lists(BOXES, min_size=1, max_size=6))
def test_the_union_holds_every_box(boxes: list[Bounds]) -> None:
    whole = extent.union(boxes)
    assert whole is not None
    for each in boxes:
        for share in (0.0, 0.5, 1.0):
            lon = each.west + each.lon_span * share
            offset = (lon - whole.west + 1e-6) % 360
            assert offset <= whole.lon_span + 2e-6 or whole.lon_span > 359.99
        assert whole.south <= each.south
        assert whole.north >= each.north


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(2, 50), st.integers(0, 359)), min_size=3, max_size=12))
def test_the_point_inside_a_star_is_inside(arms: list[tuple[int, int]]) -> None:
    angles = sorted({angle for _, angle in arms})
    if len(angles) < 3 or max((b - a) % 360 for a, b in zip(angles, angles[1:] + angles[:1], strict=True)) >= 175:
        return
    ring = [
        Position(radius * math.cos(math.radians(angle)), radius * math.sin(math.radians(angle)))
        for (radius, _), angle in zip(arms, angles, strict=False)
    ]
    inside = point_inside(((*ring, ring[0]),))
    crossings = 0
    for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
        if (a.lat > inside.lat) != (b.lat > inside.lat):
            share = (inside.lat - a.lat) / (b.lat - a.lat)
            crossings += a.lon + share * (b.lon - a.lon) > inside.lon
    assert crossings % 2 == 1


@given(
    st.lists(
        st.tuples(st.integers(-180, 179), st.integers(-85, 85), st.sampled_from((10.0, 10_000.0)), st.booleans()),
        max_size=12,
    )
)
def test_the_box_of_a_book_is_that_of_all_its_fences(items: list[tuple[int, int, float, bool]]) -> None:
    fences = [
        circle(f"f{number}", lon, lat, radius_m)
        if is_circle
        else polygon(f"f{number}", box(lon, lat, lon + 3, min(lat + 2, 85)))
        for number, (lon, lat, radius_m, is_circle) in enumerate(items)
    ]
    assert FenceBook(fences).bounds == extent.union([fence.bounds for fence in fences])


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        (["Depot 10", "Depot 9", "depot 1"], ["depot 1", "Depot 9", "Depot 10"]),
        (["b", "Äb", "aa"], ["aa", "Äb", "b"]),
        (["Depot north", "Depot 2", "Depot"], ["Depot", "Depot 2", "Depot north"]),
        (["A 007", "A 7a", "A 8"], ["A 007", "A 7a", "A 8"]),
        (["9 lives", "lives", "10 lives"], ["9 lives", "10 lives", "lives"]),
        (["Straße 2", "Strasse 10", "Strasse 1"], ["Strasse 1", "Straße 2", "Strasse 10"]),
    ],
)
def test_names_are_listed_without_case_and_accents_and_numbers_by_value(names: list[str], listed: list[str]) -> None:
    fences = [circle(f"f{number}", number, 0, 10, name=name) for number, name in enumerate(names)]
    assert [fence.name for fence in FenceBook(fences).listed] == listed


def test_repeated_ids_get_the_next_free_suffix_and_a_note() -> None:
    fences = [circle(fence_id, 0, 0, 10) for fence_id in ("a", "a~2", "a", "b", "a")]
    book = FenceBook(fences)
    assert [fence.id for fence in book] == ["a", "a~2", "a~3", "b", "a~4"]
    assert [len(fence.notes) for fence in book] == [0, 0, 1, 0, 1]
    assert book.fences[2].notes == ("another fence has the same id a",)
    assert book.get("a~3") is book.fences[2]
    assert "a~5" not in book
    assert book.get("c") is None
