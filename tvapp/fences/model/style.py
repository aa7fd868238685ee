"""The style of geofences: a colour and a fill for each kind, an outline for each state.

For colour-blind viewers states differ in their outline first (solid, dashed, dotted; grey and hatched when expired;
long dashes and a lattice where the times could not be read), and the two kinds that warn have a fill pattern:
restricted areas stripes, construction sites dots. Colours are bright enough for the dark base map; a dark casing sets
them off from light roads and imagery.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from tvapp.fences.model.validity import State


class Rgba(NamedTuple):
    """Red, green, blue and opacity, 0 to 255 each."""

    r: int
    g: int
    b: int
    a: int = 255


BLUE, TEAL, AMBER, RED, VIOLET, GREEN, ORANGE, PINK = range(8)

PALETTE: Final = (
    Rgba(64, 150, 255),
    Rgba(20, 196, 180),
    Rgba(255, 193, 36),
    Rgba(255, 82, 92),
    Rgba(166, 124, 255),
    Rgba(126, 211, 62),
    Rgba(255, 134, 44),
    Rgba(255, 105, 180),
)
GREY: Final = Rgba(164, 171, 182)
CASING: Final = Rgba(9, 14, 22, 190)

LINE_PX: Final = 4.0
"""Width of an outline in design pixels, for viewers 3 m away."""
SLIM_LINE_PX: Final = 3.0
"""The same for fences smaller than SMALL_PX, which would become a blot."""
SMALL_PX: Final = 36.0
CASING_PX: Final = 1.5
"""How far the casing stands out on each side of the outline."""
DOT_PX: Final = 5.0
"""Radius of the dot that stands for a fence too small to see."""
TINY_PX: Final = 13.0
"""A fence smaller than this on the screen becomes a dot."""

# Words that may be part of a kind. The first match counts; each built-in kind (`kinds`) has a colour of its own.
_WORDS: Final = {
    "depot": BLUE, "warehouse": BLUE, "yard": BLUE, "office": BLUE,
    "harbour": TEAL, "harbor": TEAL, "port": TEAL, "water": TEAL, "marina": TEAL, "terminal": TEAL,
    "parking": TEAL,
    "school": AMBER, "speed": AMBER,
    "restricted": RED, "danger": RED, "forbidden": RED, "security": RED, "no-go": RED, "exclusion": RED,
    "customer": VIOLET, "delivery": VIOLET, "zone": VIOLET, "district": VIOLET,
    "park": GREEN, "green": GREEN, "nature": GREEN, "environment": GREEN,
    "construction": ORANGE, "roadworks": ORANGE, "works": ORANGE, "hazard": ORANGE,
    "event": PINK, "temporary": PINK, "festival": PINK,
    "site": GREEN,  # after "construction": a construction site is one
}  # fmt: skip


Pattern = Literal["plain", "hatch", "stripes", "dots", "lattice"]
"""The fill of an area: hatch leans to the right, stripes to the left, a lattice both ways."""

PATTERNS: Final[dict[int, Pattern]] = {RED: "stripes", ORANGE: "dots"}
"""Fills of the kinds that warn, by palette index; all others are plain."""

_MARK: Final = 170
"""Opacity of a pattern on a full fill."""
_FAINT_MARK: Final = 100
"""The same on a faint fill: less, so that fences that do not count now stay in the background."""


@dataclass(frozen=True, slots=True)
class FenceStyle:
    """How a fence is drawn. `dash_px` is (dash, gap) in design pixels, None for a solid line.

    `mark` is the colour of the pattern in its fill, if that has one.
    """

    line: Rgba
    fill: Rgba
    dash_px: tuple[float, float] | None = None
    pattern: Pattern = "plain"
    mark: Rgba = CASING
    hollow: bool = False
    casing: Rgba = CASING


def palette_index(kind: str) -> int:
    """Return the palette index of a kind: the same on every screen, for any word."""
    folded = kind.casefold()
    if not folded:
        return BLUE
    for word, place in _WORDS.items():
        if word in folded:
            return place
    return zlib.crc32(folded.encode(errors="replace")) % len(PALETTE)


def style(kind: str, state: State) -> FenceStyle:
    """Return how a fence of a kind looks in a state."""
    return style_of_index(palette_index(kind), state)


def style_of_index(place: int, state: State) -> FenceStyle:
    """Return how fences of one colour look in a state."""
    color, pattern = PALETTE[place], PATTERNS.get(place, "plain")
    if state == "active":
        return FenceStyle(color, color._replace(a=72), None, pattern, color._replace(a=_MARK))
    if state == "expired":
        mark = GREY._replace(a=120)
        return FenceStyle(GREY, GREY._replace(a=30), (18.0, 11.0), "hatch", mark, hollow=True)
    if state == "unknown":
        return FenceStyle(color, color._replace(a=26), (34.0, 8.0), "lattice", color._replace(a=_MARK), hollow=True)
    dash_px = (18.0, 11.0) if state == "out-of-hours" else (4.0, 8.0)
    return FenceStyle(color, color._replace(a=26), dash_px, pattern, color._replace(a=_FAINT_MARK), hollow=True)
