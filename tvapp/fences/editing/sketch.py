"""What drawing and editing with a crosshair have in common: the protocol, what is to be shown, and what comes out.

The map moves under a crosshair that stays in the middle of the screen. The screen tells a sketch where the crosshair is
and what the viewer wants; the sketch says what to show and why something cannot be. It knows no keys, pixels or time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from tvapp.geo.mercator import MAX_LATITUDE
from tvapp.geo.position import Position

Direction = Literal["up", "down", "left", "right"]

Role = Literal["fixed", "live", "closing", "crossing"]
"""Of a line: it stays; it follows the crosshair or may be adjusted; it will close the outline; it is wrong."""

Stage = Literal[
    "centre", "radius", "first-corner", "next-corner", "closing", "opposite-corner",
    "moving", "resizing", "walking", "carrying",
]  # fmt: skip
"""What the viewer does now: the hint line is made of it."""

Reason = Literal[
    "crossing",  # edges cross, touch or lie on each other
    "same-place",  # the last corner is here already
    "too-few",  # corners: an area needs three, a line two
    "too-many",  # corners
    "flat",  # it would enclose nothing
    "too-far",  # it would reach beyond the map's edge near a pole
    "too-large",  # it would span half the way round the earth
    "pole",  # it would go round a pole
    "hole",  # a hole would not lie inside its outline, or would meet another one
    "unchanged",  # there is nothing to keep
]
"""Why something cannot be done: a key for a sentence."""

LARGEST_SPAN = 180.0
"""Degrees of longitude: from here on it is not plain which side of an outline is its inside."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A line to be drawn: longitudes continuous, places added where Mercator bends it.

    `points` is the same object for as long as the line is the same, so that its projection can be kept.
    """

    role: Role
    points: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """What a sketch looks like now.

    `vertices` are to be marked: when drawing all of them, the first one first; when reshaping those around the
    current one. `current` is the place in `vertices` of the one that keys act on. `crossings` are places to point at.
    """

    traces: tuple[Trace, ...] = ()
    vertices: tuple[Position, ...] = ()
    current: int | None = None
    crossings: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True)
class Measures:
    """Sizes on the ellipsoid; None where there is no such thing, where edges cross, or where it would take too long.

    `edge_m` is the length of the edge being drawn, or how far a fence has been carried.
    """

    area_m2: float | None = None
    perimeter_m: float | None = None
    radius_m: float | None = None
    sides_m: tuple[float, float] | None = None
    """Width and height of a rectangle."""
    edge_m: float | None = None
    percent: float | None = None
    """What a polygon is being scaled to."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A finished geometry: a GeoJSON geometry object whose longitudes may run over +-180.

    `subtype` is "Circle", "Rectangle" or "" as Azure Maps knows them; `radius_m` is None for polygons.
    """

    geometry: Mapping[str, object] = field(hash=False)
    subtype: str = ""
    radius_m: float | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """It was done, and more is to come."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was done; `crossings` are the places where edges would cross."""

    reason: Reason
    crossings: tuple[Position, ...] = ()


Step: TypeAlias = Placed | Refused | Drawn
"""What came of a press of OK."""


class Sketch(Protocol):
    """Drawing or editing in progress, as the screen sees it."""

    @property
    def stage(self) -> Stage:
        """What the viewer does now."""
        ...

    @property
    def pans(self) -> bool:
        """Tell whether arrows move the map now; else they go to `adjust`."""
        ...

    @property
    def is_changed(self) -> bool:
        """Tell whether leaving now would lose something."""
        ...

    @property
    def problem(self) -> Reason | None:
        """Why `place` would be refused now."""
        ...

    @property
    def outline(self) -> Outline:
        """What to draw."""
        ...

    @property
    def measures(self) -> Measures | None:
        """Sizes, the crosshair counted in; None while there is nothing to measure."""
        ...

    def aim(self, crosshair: Position, resolution_m: float) -> None:
        """Take in where the crosshair is, and how many metres a design pixel is there."""
        ...

    def place(self) -> Step:
        """Do what OK does at this stage, under the crosshair."""
        ...

    def take_back(self) -> bool:
        """Undo the last step inside the sketch, as Back does; False when there is none left and Back leaves it."""
        ...

    def adjust(self, direction: Direction, held_s: float = 0.0) -> bool:
        """Take an arrow that was tapped or has been held for `held_s`; False when nothing came of it."""
        ...

    def finish(self) -> Drawn | Refused:
        """Be done with what there is, without what is under the crosshair."""
        ...


def continued(place: Position, before: Position) -> Position:
    """Return a place under the longitude that is nearest to the one before it.

    >>> continued(Position(-179.0, 0.0), Position(179.0, 0.0)).lon
    181.0
    """
    turns = round((before.lon - place.lon) / 360.0)
    return Position(place.lon + 360.0 * turns, place.lat) if turns else place


def off_map(points: Iterable[Position]) -> Reason | None:
    """Say why an outline cannot be drawn where it is: beyond the map's edges, or too far round the earth."""
    places = tuple(points)
    lons = [place.lon for place in places]
    if max(abs(place.lat) for place in places) > MAX_LATITUDE:
        return "too-far"
    return "too-large" if max(lons) - min(lons) >= LARGEST_SPAN else None


def coordinates(points: tuple[Position, ...]) -> list[list[float]]:
    """Return places as GeoJSON has them."""
    return [[place.lon, place.lat] for place in points]
