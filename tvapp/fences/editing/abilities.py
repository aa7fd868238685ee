"""Tells which edits of its geometry a fence supports, and starts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from tvapp.fences.editing.move_sketch import MoveSketch
from tvapp.fences.editing.reshape_sketch import ReshapeSketch
from tvapp.fences.editing.resize_sketch import ResizeSketch, resize_mode
from tvapp.fences.editing.sketch import LARGEST_SPAN, Sketch
from tvapp.fences.model.fence import Circle, Geofence, Line, Polygon, Shape, Spot
from tvapp.fences.model.measures import point_count
from tvapp.geo.position import Position

MOST_CORNERS = 5_000
"""A fence of more corners cannot be edited here: each step would take longer than a frame may."""

MOST_BYTES = 500_000
"""Nor can a Feature of more bytes get another name or other times: to write it anew takes as long."""

Ability = Literal["move", "resize", "reshape", "duplicate"]


def abilities(fence: Geofence) -> frozenset[Ability]:
    """Return the edits that a fence's geometry supports.

    Fences round a pole or over half the earth support none: which side is their inside depends on how they were
    written. Nor do those of more than MOST_CORNERS. A geometry collection can be moved as a whole only. A mixture of
    outlines and radii cannot be resized. A fence that cannot be edited in its file can be copied.
    """
    if point_count(fence.shapes) > MOST_CORNERS:
        return frozenset()
    if any(_is_boundless(shape) for shape in fence.shapes) or fence.bounds.lon_span >= LARGEST_SPAN:
        return frozenset()
    if not fence.is_editable:
        return frozenset({"duplicate"})
    found: set[Ability] = {"move", "duplicate"}
    if b'"GeometryCollection"' in fence.raw:
        return frozenset(found)
    if resize_mode(fence) is not None:
        found.add("resize")
    if any(isinstance(shape, Polygon | Line) for shape in fence.shapes):
        found.add("reshape")
    return frozenset(found)


def can_restate(fence: Geofence) -> bool:
    """Tell whether the name and the times of a fence can be changed here."""
    return fence.is_editable and len(fence.raw) <= MOST_BYTES


def edit_sketch(
    ability: Literal["move", "resize", "reshape"],
    fence: Geofence,
    geometry: Mapping[str, Any],
    crosshair: Position,
    resolution_m: float,
) -> Sketch:
    """Start to edit a fence; `geometry` is the decoded geometry of its Feature.

    Raises:
        ValueError: the fence does not support it.
    """
    if ability not in abilities(fence):
        raise ValueError(f"{fence.id} does not support {ability}")
    match ability:
        case "move":
            return MoveSketch(fence, geometry, crosshair, resolution_m)
        case "resize":
            return ResizeSketch(fence, geometry)
        case "reshape":
            return ReshapeSketch(fence, geometry, crosshair)


def _is_boundless(shape: Shape) -> bool:
    match shape:
        case Circle() | Spot():
            return False
        case Line(points=points):
            places = points
        case Polygon(rings=rings):
            places = rings[0]
    lons = [place.lon for place in places]
    return max(lons) - min(lons) >= LARGEST_SPAN or any(abs(place.lat) == 90.0 for place in places)
