"""Sizes of detailed geofences, which a worker measures, because that takes longer than a frame may."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from tvapp.geo.position import Bounds, Position

DETAILED_POINTS = 1_000
"""Shapes of more points are measured by a worker (`fences.index.measuring`)."""
_MOST = 20_000


class Counted(Protocol):
    """The part of a shape that is needed here: `fences.model.fence` needs this module itself."""

    @property
    def point_count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Measures:
    """Area and outline on the ellipsoid, lengths of lines, a place inside the largest shape, the box around all."""

    area_m2: float
    perimeter_m: float
    length_m: float | None
    center: Position
    bounds: Bounds


_known: OrderedDict[int, tuple[tuple[Counted, ...], Measures]] = OrderedDict()
"""By the identity of the shapes, which are kept with them. Workers add, the screen reads."""


def remember(shapes: tuple[Counted, ...], measures: Measures) -> None:
    """Keep what was measured, as long as it is one of the last."""
    _known[id(shapes)] = shapes, measures
    while len(_known) > _MOST:
        _known.popitem(last=False)


def known(shapes: tuple[Counted, ...]) -> Measures | None:
    """Return what was measured of these shapes; None where nothing was."""
    found = _known.get(id(shapes))
    return None if found is None or found[0] is not shapes else found[1]


def is_detailed(shapes: tuple[Counted, ...]) -> bool:
    """Tell whether shapes have so many points that measuring or drawing all of them takes longer than a frame may."""
    return point_count(shapes) > DETAILED_POINTS


def point_count(shapes: tuple[Counted, ...]) -> int:
    """Return the number of points of all shapes."""
    return sum(shape.point_count for shape in shapes)
