"""Sizes of detailed geofences, which a worker measures, because that takes longer than a frame may."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tvapp.geo.position import Bounds, Position

if TYPE_CHECKING:
    from tvapp.fences.model.fence import Shape

DETAILED_POINTS = 1_000
"""Shapes of more points are measured by a worker (`fences.index.measuring`)."""
_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Measures:
    """Area and outline on the ellipsoid, lengths of lines, a place inside the largest shape, the box around all."""

    area_m2: float
    perimeter_m: float
    length_m: float | None
    center: Position
    bounds: Bounds


_known: OrderedDict[int, tuple[tuple[Shape, ...], Measures]] = OrderedDict()
"""By the identity of the shapes, which are kept with them. Workers add, the screen reads."""


def remember(shapes: tuple[Shape, ...], measures: Measures) -> None:
    """Keep what was measured, as long as it is one of the last."""
    _known[id(shapes)] = shapes, measures
    while len(_known) > _MOST:
        _known.popitem(last=False)


def known(shapes: tuple[Shape, ...]) -> Measures | None:
    """Return what was measured of these shapes; None where nothing was."""
    found = _known.get(id(shapes))
    return None if found is None or found[0] is not shapes else found[1]


def is_detailed(shapes: tuple[Shape, ...]) -> bool:
    """Tell whether shapes have so many points that measuring or drawing all of them takes longer than a frame may."""
    return point_count(shapes) > DETAILED_POINTS


def point_count(shapes: tuple[Shape, ...]) -> int:
    """Return the number of points of all shapes."""
    return sum(shape.point_count for shape in shapes)
