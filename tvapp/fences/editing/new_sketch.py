"""Starts the sketch that draws a new geofence of a kind."""

from __future__ import annotations

from typing import Literal

from tvapp.fences.editing.circle_sketch import CircleSketch
from tvapp.fences.editing.polygon_sketch import PolygonSketch
from tvapp.fences.editing.rectangle_sketch import RectangleSketch
from tvapp.fences.editing.sketch import Sketch
from tvapp.geo.position import Position

SketchKind = Literal["circle", "polygon", "rectangle"]


def new_sketch(kind: SketchKind, crosshair: Position, resolution_m: float) -> Sketch:
    """Start to draw; `resolution_m` is the size of a design pixel at the crosshair in metres."""
    match kind:
        case "circle":
            return CircleSketch(crosshair, resolution_m)
        case "polygon":
            return PolygonSketch(crosshair, resolution_m)
        case "rectangle":
            return RectangleSketch(crosshair, resolution_m)
