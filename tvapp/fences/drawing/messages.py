"""What is asked of the workers that place names on the map, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.core.image import Image
from tvapp.geo.position import Bounds, Position


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """A name on the map: its picture is drawn centred at `position`, `dx`, `dy` real pixels further."""

    key: object
    fence_id: str
    position: Position
    image: Image
    dx: int = 0
    dy: int = 0


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """Which names are wanted: what the map shows (with a margin), at which zoom."""

    bounds: Bounds
    zoom: int
    selected: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LabelsPlaced:
    """The names for one zoom level, most important first."""

    labels: tuple[Label, ...]
    zoom: int
    revision: int
