"""What the crosshair says: where it is, which geofences lie under it, and how far the selected one is."""

from __future__ import annotations

import math

from tvapp.fences.model.fence import Geofence, Line, Polygon
from tvapp.geo.position import Position
from tvapp.ui.settings import UiSettings
from tvapp.ui.words import formats

BETWEEN = "  ·  "
MOST_VERTICES = 3_000
"""The distance to a larger one takes longer than a frame may."""


def preload_distances() -> None:
    """Load what distances need, which takes longer than a frame may: call it on a worker, once there are geofences."""
    import tvapp.fences.model.containment  # noqa: F401


def readout(place: Position, under: tuple[Geofence, ...], selected: Geofence | None, settings: UiSettings) -> str:
    """Return one line about the place under the crosshair."""
    say = settings.words
    parts = [formats.place(place)]
    inside = [fence for fence in under if fence is not selected]
    if inside:
        first = inside[0].name
        more = len(inside) - 1
        parts.append(say("readout.inside.more", name=first, count=more) if more else say("readout.inside", name=first))
    if selected is not None and _vertices(selected) <= MOST_VERTICES:
        # Not loaded with the map: the first picture needs no distance.
        from tvapp.fences.model.containment import signed_distance

        metres, _ = signed_distance(selected, place)
        if not math.isfinite(metres):
            return BETWEEN.join(parts)
        length = formats.distance(abs(metres), settings.units)
        parts.append(say("readout.within" if metres < 0 else "readout.away", length=length, name=selected.name))
    return BETWEEN.join(parts)


def _vertices(fence: Geofence) -> int:
    lines = sum(len(shape.points) for shape in fence.shapes if isinstance(shape, Line))
    return lines + sum(len(ring) for shape in fence.shapes if isinstance(shape, Polygon) for ring in shape.rings)
