"""How geofences look: nothing that a viewer sees may change by accident."""

from __future__ import annotations

import pytest

from tvapp.fences.model import style
from tvapp.fences.model.style import CASING, GREY, PALETTE, FenceStyle, Pattern, Rgba
from tvapp.fences.model.validity import State


def test_the_palette_is_the_one_that_people_know() -> None:
    assert [tuple(color) for color in PALETTE] == [
        (64, 150, 255, 255),
        (20, 196, 180, 255),
        (255, 193, 36, 255),
        (255, 82, 92, 255),
        (166, 124, 255, 255),
        (126, 211, 62, 255),
        (255, 134, 44, 255),
        (255, 105, 180, 255),
    ]
    assert (tuple(GREY), tuple(CASING)) == ((164, 171, 182, 255), (9, 14, 22, 190))


def test_lines_and_dots_have_sizes_that_can_be_seen_from_three_metres() -> None:
    assert (style.LINE_PX, style.SLIM_LINE_PX, style.CASING_PX) == (4.0, 3.0, 1.5)
    assert (style.SMALL_PX, style.TINY_PX, style.DOT_PX) == (36.0, 13.0, 5.0)


@pytest.mark.parametrize(
    ("kind", "index"),
    [
        ("", style.BLUE),
        ("Depot", style.BLUE),
        ("harbour", style.TEAL),
        ("School zone", style.AMBER),
        ("restricted", style.RED),
        ("customer", style.VIOLET),
        ("city park", style.GREEN),
        ("car parking", style.TEAL),
        ("construction site", style.ORANGE),
        ("site", style.GREEN),
        ("event", style.PINK),
    ],
)
def test_the_first_word_that_a_kind_holds_gives_its_colour(kind: str, index: int) -> None:
    assert style.palette_index(kind) == index
    assert style.palette_index(kind.upper()) == index


def test_an_unknown_word_has_the_same_colour_on_every_screen() -> None:
    # CRC-32 of the word, modulo the size of the palette.
    assert [style.palette_index(word) for word in ("zebra", "koala", "äöü")] == [6, 6, 7]
    assert style.palette_index("\ud800") in range(8)


DASHED, DOTTED = (18.0, 11.0), (4.0, 8.0)


@pytest.mark.parametrize(
    ("kind", "state", "line", "fill_a", "dash_px", "pattern", "mark_a"),
    [
        ("depot", "active", PALETTE[0], 72, None, "plain", 170),
        ("works", "active", PALETTE[6], 72, None, "dots", 170),
        ("school", "out-of-hours", PALETTE[2], 26, DASHED, "plain", 100),
        ("danger", "unknown", PALETTE[3], 26, (34.0, 8.0), "lattice", 170),
        ("danger", "upcoming", PALETTE[3], 26, DOTTED, "stripes", 100),
        ("danger", "expired", GREY, 30, DASHED, "hatch", 120),
    ],
)
def test_states_differ_in_outline_and_warning_kinds_in_their_fill(
    kind: str,
    state: State,
    line: Rgba,
    fill_a: int,
    dash_px: tuple[float, float] | None,
    pattern: Pattern,
    mark_a: int,
) -> None:
    fill, mark = line._replace(a=fill_a), line._replace(a=mark_a)
    assert style.style(kind, state) == FenceStyle(line, fill, dash_px, pattern, mark, hollow=state != "active")


@pytest.mark.parametrize(
    ("properties", "line", "fill"),
    [
        ({"stroke": "#e6c619", "fill": "#e6c619", "fill-opacity": 0.5}, (230, 198, 25), (230, 198, 25, 128)),
        ({"fill": "#2dd24a"}, (45, 210, 74), (45, 210, 74, 71)),
        ({"stroke": "fc0", "fill": "#00f", "fill-opacity": 0}, (255, 204, 0), (0, 0, 255, 20)),
        ({"stroke": "#fff", "fill-opacity": 1}, (255, 255, 255), (255, 255, 255, 153)),
        ({"stroke": "#ffffff", "fill-opacity": "much"}, (255, 255, 255), (255, 255, 255, 71)),
    ],
)
def test_a_fence_has_the_colours_that_it_states(
    properties: dict[str, object], line: tuple[int, ...], fill: tuple[int, ...]
) -> None:
    paint = style.stated_paint(properties)
    assert paint is not None
    assert paint.line[:3] == line
    assert tuple(paint.fill) == fill
    assert style.style("depot", "active", paint).line == paint.line
    assert style.style("depot", "expired", paint).line == style.GREY


@pytest.mark.parametrize("stated", ["#000000", "#00008b", "#400000", "#3a4048", "#d22d2d", "#ffffff", "#123456"])
def test_an_outline_stands_out_from_the_dark_map_whatever_is_stated(stated: str) -> None:
    paint = style.stated_paint({"stroke": stated})
    assert paint is not None
    assert style.contrast(paint.line, style.DARK_BASE) >= style.LEAST_CONTRAST
    # The nearest that does: no lighter than it has to be.
    assert style.contrast(paint.line, style.DARK_BASE) < 4.2 or paint.line == style.Rgba(*bytes.fromhex(stated[1:]))


@pytest.mark.parametrize("value", [None, 5, "", "red", "#12", "#12345", "url(x)", ["#fff"]])
def test_what_is_no_colour_is_none(value: object) -> None:
    assert style.stated_paint({"stroke": value, "fill": value}) is None
