"""The placing and rendering of names on the map."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fences.making import EXPIRED, NOW, OUT_OF_HOURS, UPCOMING, box, circle, polygon, town
from tvapp.fences.drawing.labels import place
from tvapp.fences.drawing.messages import Label, LabelRequest
from tvapp.fences.drawing.text_renderer import TextRenderer
from tvapp.fences.index.fence_index import FenceIndex, Found
from tvapp.fences.model import style
from tvapp.fences.model.validity import Validity
from tvapp.geo import mercator
from tvapp.geo.position import Bounds, Position

ZOOM = 12
CENTER = Position(24.94, 60.17)


def view(center: Position, zoom: int, scale: float = 1.0, width: int = 1920, height: int = 1080) -> Bounds:
    u, v = mercator.project(center)
    world = 512 * scale * 2**zoom
    north_west = mercator.unproject(u - width / 2 / world, v - height / 2 / world)
    south_east = mercator.unproject(u + width / 2 / world, v + height / 2 / world)
    return Bounds(north_west.lon, south_east.lat, south_east.lon, north_west.lat)


def boxes(labels: tuple[Label, ...], zoom: int, scale: float = 1.0) -> list[tuple[float, float, float, float]]:
    world = 512 * scale * 2**zoom
    result = []
    for label in labels:
        u, v = mercator.project(label.position)
        x, y = u * world + label.dx, v * world + label.dy
        result.append(
            (
                x - label.image.width / 2,
                y - label.image.height / 2,
                x + label.image.width / 2,
                y + label.image.height / 2,
            )
        )
    return result


def placed(
    index: FenceIndex,
    bounds: Bounds,
    zoom: int,
    scale: float,
    now: float,
    *,
    limit: int = 60,
    selected: str | None = None,
) -> tuple[Label, ...]:
    return place(index, LabelRequest(bounds, zoom, selected), scale, now, limit=limit)


HERE = view(CENTER, ZOOM)
PIXEL_M = 40_075_016.686 * math.cos(math.radians(CENTER.lat)) / (512 * 2**ZOOM)
"""The side of a pixel at CENTER."""
TOWN = FenceIndex(town(400, spread=0.08))


def names(labels: tuple[Label, ...]) -> list[str]:
    return [label.fence_id for label in labels]


@pytest.mark.parametrize(("zoom", "scale"), [(9, 1.0), (12, 1.0), (14, 1.0), (12, 2.0), (13, 0.67)])
def test_no_name_lies_over_another(zoom: int, scale: float) -> None:
    labels = placed(TOWN, view(CENTER, zoom, scale), zoom, scale, NOW, limit=500)
    assert len(labels) > 3
    found = boxes(labels, zoom, scale)
    for number, (left, top, right, bottom) in enumerate(found):
        for other in found[:number]:
            assert left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]


@settings(max_examples=6, deadline=None)
@given(st.floats(-0.05, 0.05), st.floats(-0.03, 0.03))
def test_names_stay_while_the_map_moves(dx: float, dy: float) -> None:
    here = view(CENTER, ZOOM)
    there = view(Position(CENTER.lon + dx, CENTER.lat + dy), ZOOM)
    before, after = (placed(TOWN, bounds, ZOOM, 1.0, NOW, limit=500) for bounds in (here, there))
    both = {label.fence_id for label in before if there.contains(label.position)}
    assert both == {label.fence_id for label in after if here.contains(label.position)}


def test_larger_fences_are_named_first_and_the_limit_holds() -> None:
    index = FenceIndex([circle("s", 24.94, 60.17, 300), circle("l", 24.99, 60.17, 900), circle("m", 24.89, 60.17, 600)])
    bounds = view(CENTER, ZOOM)
    assert names(placed(index, bounds, ZOOM, 1.0, NOW)) == ["l", "m", "s"]
    assert names(placed(index, bounds, ZOOM, 1.0, NOW, limit=2)) == ["l", "m"]


def test_a_screen_shows_sixty_names_unless_told_otherwise() -> None:
    request = LabelRequest(view(CENTER, 14, width=7680, height=4320), 14, None)
    every = place(TOWN, request, 1.0, NOW, limit=500)
    assert len(every) > 61
    assert names(place(TOWN, request, 1.0, NOW)) == names(every[:60])


def test_a_fence_that_counts_is_named_before_one_that_expired() -> None:
    fences = [circle("old", 24.94, 60.17, 700, validity=EXPIRED), circle("new", 24.94, 60.17, 600)]
    assert names(placed(FenceIndex(fences), view(CENTER, ZOOM), ZOOM, 1.0, NOW)) == ["new"]


def test_the_selected_name_is_left_out_and_its_place_kept() -> None:
    fences = [circle("large", 24.94, 60.17, 900), circle("small", 24.9401, 60.17, 200)]
    bounds = view(CENTER, ZOOM)
    assert names(placed(FenceIndex(fences), bounds, ZOOM, 1.0, NOW)) == ["large"]
    assert names(placed(FenceIndex(fences), bounds, ZOOM, 1.0, NOW, selected="small")) == []
    assert names(placed(FenceIndex(fences), bounds, ZOOM, 1.0, NOW, selected="gone")) == ["large"]


def test_pictures_are_made_once() -> None:
    first, second = (placed(TOWN, view(CENTER, ZOOM), ZOOM, 1.0, NOW) for _ in range(2))
    assert [label.key for label in first] == [label.key for label in second]
    assert all(one.image is other.image for one, other in zip(first, second, strict=True))


def test_names_over_the_date_line_are_placed_once() -> None:
    index = FenceIndex([polygon("p", box(179.5, 0, 180.5, 1))])
    for bounds in (Bounds(179, -1, -179, 2), Bounds(-180, -85, 180, 85)):
        assert names(placed(index, bounds, 6, 1.0, NOW)) == ["p"]


def test_an_empty_map_has_no_names() -> None:
    assert placed(FenceIndex(()), view(CENTER, ZOOM), ZOOM, 1.0, NOW) == ()


def test_the_whole_world_on_one_screen() -> None:
    labels = placed(TOWN, Bounds(-180, -85, 180, 85), 0, 1.0, NOW)
    assert len(labels) >= 1


def test_long_names_end_in_an_ellipsis() -> None:
    renderer = TextRenderer(28, 3)
    assert renderer.shortened("Depot", 400) == "Depot"
    short = renderer.shortened("Länsisatama customs and passenger terminal, restricted area", 300)
    assert short.endswith("…")
    assert renderer.width(short) <= 300
    assert renderer.shortened("W" * 50, 5) == ""


def test_a_name_is_white_with_a_dark_halo() -> None:
    image = TextRenderer(28, 3).draw("Depot 7")
    pixels = [image.pixels[at : at + 4] for at in range(0, len(image.pixels), 4)]
    assert bytes((255, 255, 255, 255)) in pixels
    assert image.pixels[3] == 0
    dark = [pixel for pixel in pixels if max(pixel[:3]) < 60 and pixel[3] > 200]
    assert len(dark) > 200


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_any_name_can_be_drawn(name: str) -> None:
    renderer = TextRenderer(14, 2)
    shown = renderer.shortened(name, 200)
    image = renderer.draw(shown)
    assert image.width >= 1
    assert abs(image.width - renderer.width(shown)) < 40


@pytest.mark.parametrize("name", ["東京駅", "مستودع", "ทดสอบ", "👩‍🚒", "Ελλάδα", "Склад", "a\u0301", "\u200d", " "])
def test_letters_that_our_typeface_lacks_are_no_problem(name: str) -> None:
    assert TextRenderer(28, 3).draw(name).height > 20


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(st.floats(-0.1, 0.1), st.floats(-0.05, 0.05), st.integers(11, 13)), min_size=1, max_size=5))
def test_names_that_are_kept_from_request_to_request_are_those_of_a_first_request(
    moves: list[tuple[float, float, int]],
) -> None:
    fences = town(200, spread=0.05)
    kept = FenceIndex(fences)
    for dx, dy, zoom in moves:
        bounds = view(Position(CENTER.lon + dx, CENTER.lat + dy), zoom)
        assert names(placed(kept, bounds, zoom, 1.0, NOW)) == names(placed(FenceIndex(fences), bounds, zoom, 1.0, NOW))


def test_while_the_map_moves_only_what_comes_into_view_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[float] = []
    real = FenceIndex.parts_in

    def counted(self: FenceIndex, west: float, north: float, east: float, south: float) -> Found:
        looked.append(west)
        return real(self, west, north, east, south)

    monkeypatch.setattr(FenceIndex, "parts_in", counted)
    index = FenceIndex(town(400))
    placed(index, view(CENTER, ZOOM), ZOOM, 1.0, NOW)
    first = len(looked)
    placed(index, view(CENTER, ZOOM), ZOOM, 1.0, NOW + 1)
    assert len(looked) == first
    placed(index, view(Position(CENTER.lon + 0.2, CENTER.lat), ZOOM), ZOOM, 1.0, NOW + 2)
    assert 0 < len(looked) - first < first / 2


def test_a_fence_that_expires_between_two_requests_is_named_as_expired() -> None:
    index = FenceIndex([circle("c", CENTER.lon, CENTER.lat, 500, validity=Validity(expires=NOW + 10))])
    pictures = [placed(index, view(CENTER, ZOOM), ZOOM, 1.0, NOW + after)[0].image for after in (0, 5, 20, 0)]
    assert pictures[0] == pictures[1] == pictures[3] != pictures[2]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_width_that_is_added_up_is_that_of_the_whole_text(text: str) -> None:
    renderer = TextRenderer(28, 3)
    whole = renderer._font_for(text).getlength(text) + 2 * renderer.halo
    assert renderer.width(text) == pytest.approx(whole, abs=3)


def test_fences_that_do_not_count_are_named_after_larger_and_before_smaller_ones() -> None:
    # Weights: 1 for an active fence, 0.6 for an expired one, 0.8 for the others.
    fences = [
        circle("active", 24.90, 60.17, 500),
        circle("upcoming", 24.95, 60.17, 600, validity=UPCOMING),
        circle("expired", 25.00, 60.17, 780, validity=EXPIRED),
        circle("closed", 24.85, 60.17, 650, validity=OUT_OF_HOURS),
    ]
    labels = placed(FenceIndex(fences), view(CENTER, ZOOM), ZOOM, 1.0, NOW)
    assert names(labels) == ["closed", "active", "upcoming", "expired"]


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_name_of_a_small_fence_stands_below_it_and_that_of_a_large_one_in_it(scale: float) -> None:
    for radius_px, is_below in ((2, True), (15, True), (44, True), (200, False)):
        fence = circle("some name of a fence", CENTER.lon, CENTER.lat, radius_px * PIXEL_M)
        (label,) = placed(FenceIndex([fence]), view(CENTER, ZOOM, scale), ZOOM, scale, NOW)
        edge = max(radius_px, style.DOT_PX) * scale
        halo = round(3 * scale)
        expected = round(edge + label.image.height / 2 - halo) if is_below else 0
        assert label.dy == pytest.approx(expected, abs=1)
        assert label.dx == 0


def test_a_name_that_fits_into_its_fence_stands_in_it() -> None:
    index = FenceIndex([circle("A", CENTER.lon, CENTER.lat, 40 * PIXEL_M)])
    (label,) = placed(index, view(CENTER, ZOOM), ZOOM, 1.0, NOW)
    assert label.image.width < 80
    assert label.dy == 0


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_tiny_fences_keep_more_space_between_their_names(scale: float) -> None:
    def count(apart_px: float, radius_px: float) -> int:
        world = 512 * scale * 2**ZOOM
        u, v = mercator.project(CENTER)
        other = mercator.unproject(u, v + apart_px / world)
        fences = [
            circle("one", CENTER.lon, CENTER.lat, (radius_px + 1) * PIXEL_M),
            circle("two", other.lon, other.lat, radius_px * PIXEL_M),
        ]
        return len(placed(FenceIndex(fences), view(CENTER, ZOOM, scale), ZOOM, scale, NOW))

    height = TextRenderer(28 * scale, 3 * scale).height
    for radius_px, gap in ((60.0, 12.0), (3.0, 36.0)):
        assert count(height + gap * scale - 3, radius_px) == 1
        assert count(height + gap * scale + 3, radius_px) == 2


def test_a_name_is_no_wider_than_four_hundred_pixels() -> None:
    index = FenceIndex([circle("W" * 60, CENTER.lon, CENTER.lat, 3000)])
    for scale in (1.0, 2.0):
        (label,) = placed(index, view(CENTER, ZOOM, scale), ZOOM, scale, NOW)
        assert 370 * scale < label.image.width <= 400 * scale + 2


def test_names_of_fences_that_do_not_count_are_dimmed() -> None:
    bright, dimmed = (
        placed(
            FenceIndex([circle("c", CENTER.lon, CENTER.lat, 900, validity=each)]), view(CENTER, ZOOM), ZOOM, 1.0, NOW
        )
        for each in (Validity(), EXPIRED)
    )

    def brightest(labels: tuple[Label, ...]) -> int:
        pixels = labels[0].image.pixels
        return max(pixels[at + 2] for at in range(0, len(pixels), 4) if pixels[at + 3] == 255)

    assert (brightest(bright), brightest(dimmed)) == (255, 186)
    assert bright[0].key != dimmed[0].key
