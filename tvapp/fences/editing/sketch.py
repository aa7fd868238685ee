"""The protocol of a sketch, drawing or editing with a crosshair, and the values that it shows and returns.

The map moves under a crosshair that stays in the middle of the screen. The screen passes the place of the crosshair and
the viewer's intents to the sketch; the sketch returns what to draw, and why a step is refused. It knows no keys, pixels
or time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from tvapp.geo.mercator import MAX_LATITUDE
from tvapp.geo.position import Position

Direction = Literal["up", "down", "left", "right"]

Role = Literal["fixed", "live", "closing", "crossing"]
"""Of a line: it is fixed; it follows the crosshair or can be adjusted; it will close the outline; it is invalid."""

Stage = Literal[
    "centre", "radius", "first-corner", "next-corner", "closing", "opposite-corner",
    "moving", "resizing", "walking", "carrying",
]  # fmt: skip
"""What the viewer does now: it selects the hint line."""

Reason = Literal[
    "crossing",  # edges cross, touch or lie on each other
    "same-place",  # the last corner is here already
    "too-few",  # too few corners: an area needs three, a line two
    "too-many",  # too many corners
    "flat",  # the outline would enclose nothing
    "too-far",  # the outline would reach beyond the map's edge near a pole
    "too-large",  # the outline would span half of the way round the earth
    "pole",  # the outline would go round a pole
    "hole",  # a hole would not lie inside its outline, or would meet another hole
    "unchanged",  # there is no change to keep
]
"""Why a step is refused: the key of a sentence."""

LARGEST_SPAN = 180.0
"""Degrees of longitude: from here on it is ambiguous which side of an outline is its inside."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A line to draw: longitudes continuous, densified where Mercator bends it.

    `points` stays the same object while the line stays the same, so that its projection can be cached.
    """

    role: Role
    points: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """What to draw of a sketch now.

    `vertices` are the corners to mark: all while drawing, the first one first; those around the current one while
    reshaping. `current` is the index in `vertices` of the one that keys act on. `crossings` are places to point at.
    """

    traces: tuple[Trace, ...] = ()
    vertices: tuple[Position, ...] = ()
    current: int | None = None
    crossings: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True)
class Measures:
    """Sizes on the ellipsoid; None where there is no such size, where edges cross, or where it takes too long.

    `edge_m` is the length of the edge being drawn, or the distance of a move.
    """

    area_m2: float | None = None
    perimeter_m: float | None = None
    radius_m: float | None = None
    sides_m: tuple[float, float] | None = None
    """Width and height of a rectangle."""
    edge_m: float | None = None
    percent: float | None = None
    """The scale of a polygon being resized."""


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
    """The step was done, and more steps follow."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The step was refused; `crossings` are the places where edges would cross."""

    reason: Reason
    crossings: tuple[Position, ...] = ()


Step: TypeAlias = Placed | Refused | Drawn
"""The result of pressing OK."""


class Sketch(Protocol):
    """Drawing or editing in progress, as the screen sees it."""

    @property
    def stage(self) -> Stage:
        """What the viewer does now."""
        ...

    @property
    def pans(self) -> bool:
        """Whether arrows move the map now; else they go to `adjust`."""
        ...

    @property
    def is_changed(self) -> bool:
        """Whether leaving now would lose a change."""
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
        """Sizes, including the crosshair; None while there is nothing to measure."""
        ...

    def aim(self, crosshair: Position, resolution_m: float) -> None:
        """Set the place of the crosshair, and the size of a design pixel there in metres."""
        ...

    def place(self) -> Step:
        """Do the step of OK at this stage, under the crosshair."""
        ...

    def take_back(self) -> bool:
        """Undo the last step inside the sketch, as Back does; False where there is none, so that Back leaves it."""
        ...

    def adjust(self, direction: Direction, held_s: float = 0.0) -> bool:
        """Handle an arrow that was tapped or has been held for `held_s`; False where nothing changed."""
        ...

    def finish(self) -> Drawn | Refused:
        """Finish with the steps so far, without the crosshair."""
        ...


def continued(place: Position, before: Position) -> Position:
    """Return a place with its longitude shifted by whole turns to be nearest to the place before it.

    >>> continued(Position(-179.0, 0.0), Position(179.0, 0.0)).lon
    181.0
    """
    turns = round((before.lon - place.lon) / 360.0)
    return Position(place.lon + 360.0 * turns, place.lat) if turns else place


def off_map(points: Iterable[Position]) -> Reason | None:
    """Return the reason why an outline is refused where it is: beyond the map's edge, or too wide; None: it is not."""
    places = tuple(points)
    lons = [place.lon for place in places]
    if max(abs(place.lat) for place in places) > MAX_LATITUDE:
        return "too-far"
    return "too-large" if max(lons) - min(lons) >= LARGEST_SPAN else None


def coordinates(points: tuple[Position, ...]) -> list[list[float]]:
    """Return places as GeoJSON coordinates."""
    return [[place.lon, place.lat] for place in points]
