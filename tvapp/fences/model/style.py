"""The style of geofences: a colour and a fill for each kind, an outline for each state.

For colour-blind viewers states differ in their outline first (solid, dashed, dotted; grey and hatched when expired;
long dashes and a lattice where the times could not be read), and the two kinds that warn have a fill pattern:
restricted areas stripes, construction sites dots. Colours are bright enough for the dark base map; a dark casing sets
them off from light roads and imagery.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
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

DARK_BASE: Final = Rgba(58, 64, 72)
"""The lightest land and water of the dark base map."""
LEAST_CONTRAST: Final = 3.0
_USUAL_OPACITY, _LEAST_OPACITY, _MOST_OPACITY = 0.28, 0.08, 0.6
"""Of a fill: the map shows through it always."""
_HEX: Final = re.compile(r"#?([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})")

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


class Paint(NamedTuple):
    """The colours of an active fence: its outline, and its fill with the opacity in it."""

    line: Rgba
    fill: Rgba


def stated_paint(properties: Mapping[str, object]) -> Paint | None:
    """Return the colours that a Feature states (simplestyle: `stroke`, `fill`, `fill-opacity`); None for none.

    An outline that would hardly stand out from the dark base map takes the nearest colour that does; its dark casing
    sets it off from light ones.
    """
    stroke, fill = _color(properties.get("stroke")), _color(properties.get("fill"))
    line = stroke or fill
    if line is None:
        return None
    stated = properties.get("fill-opacity")
    share = float(stated) if isinstance(stated, int | float) and not isinstance(stated, bool) else _USUAL_OPACITY
    opacity = round(255 * min(max(share, _LEAST_OPACITY), _MOST_OPACITY)) if share == share else 72
    return Paint(_outstanding(line), (fill or line)._replace(a=opacity))


def contrast(one: Rgba, other: Rgba) -> float:
    """Return the contrast of two opaque colours, 1 to 21 (WCAG 2.2).

    >>> round(contrast(Rgba(255, 255, 255), Rgba(0, 0, 0)))
    21
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def difference(one: Rgba, other: Rgba) -> float:
    """Return how different two colours look: weighted by the share of red, which is near enough to choose by."""
    red = (one.r + other.r) / 2
    r, g, b = one.r - other.r, one.g - other.g, one.b - other.b
    return (2 + red / 256) * r * r + 4 * g * g + (2 + (255 - red) / 256) * b * b


def _luminance(color: Rgba) -> float:
    parts = (part / 255 for part in color[:3])
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _outstanding(color: Rgba) -> Rgba:
    """Return the colour, mixed with as little white as makes it stand out from the dark base map."""
    for step in range(17):
        mixed = Rgba(*(part + (255 - part) * step // 16 for part in color[:3]))
        if contrast(mixed, DARK_BASE) >= LEAST_CONTRAST:
            return mixed
    return Rgba(255, 255, 255)


def _color(value: object) -> Rgba | None:
    if not isinstance(value, str) or (match := _HEX.fullmatch(value.strip())) is None:
        return None
    digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
    return Rgba(*bytes.fromhex(digits))


def palette_index(kind: str) -> int:
    """Return the palette index of a kind: the same on every screen, for any word."""
    folded = kind.casefold()
    if not folded:
        return BLUE
    for word, place in _WORDS.items():
        if word in folded:
            return place
    return zlib.crc32(folded.encode(errors="replace")) % len(PALETTE)


def style(kind: str, state: State, paint: Paint | None = None) -> FenceStyle:
    """Return how a fence of a kind looks in a state; with colours of its own where it states some."""
    return style_of_index(palette_index(kind), state) if paint is None else style_of_paint(paint, state)


def style_of_index(place: int, state: State) -> FenceStyle:
    """Return how fences of one colour look in a state."""
    return style_of_paint(Paint(PALETTE[place], PALETTE[place]._replace(a=72)), state, PATTERNS.get(place, "plain"))


def style_of_paint(paint: Paint, state: State, pattern: Pattern = "plain") -> FenceStyle:
    """Return how fences of these colours look in a state."""
    color = paint.line
    if state == "active":
        return FenceStyle(color, paint.fill, None, pattern, color._replace(a=_MARK))
    if state == "expired":
        mark = GREY._replace(a=120)
        return FenceStyle(GREY, GREY._replace(a=30), (18.0, 11.0), "hatch", mark, hollow=True)
    if state == "unknown":
        return FenceStyle(color, color._replace(a=26), (34.0, 8.0), "lattice", color._replace(a=_MARK), hollow=True)
    dash_px = (18.0, 11.0) if state == "out-of-hours" else (4.0, 8.0)
    return FenceStyle(color, color._replace(a=26), dash_px, pattern, color._replace(a=_FAINT_MARK), hollow=True)
