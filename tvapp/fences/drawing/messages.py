"""Messages about the names of geofences on the map: the request to place them, and its result."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.core.image import Image
from tvapp.geo.position import Bounds, Position


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """A name on the map. Draw its image centred at `position`, moved by `dx`, `dy` real pixels."""

    key: object
    fence_id: str
    position: Position
    image: Image
    dx: int = 0
    dy: int = 0


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """A request for the names within `bounds` (the view with a margin) at a zoom level; `selected` is a fence's id."""

    bounds: Bounds
    zoom: int
    selected: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LabelsPlaced:
    """The names for one zoom level, most important first, of one revision of the geofences."""

    labels: tuple[Label, ...]
    zoom: int
    revision: int
