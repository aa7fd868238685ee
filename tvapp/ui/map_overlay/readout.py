"""The read-out of the crosshair: its place, the geofences under it, and the distance to the selected one."""

from __future__ import annotations

import math

from tvapp.fences.model.fence import Geofence, Line, Polygon
from tvapp.geo.position import Position
from tvapp.ui.settings import UiSettings
from tvapp.ui.words import formats

BETWEEN = "  ·  "
MOST_VERTICES = 3_000
"""Computing the distance to a geofence with more vertices takes longer than a frame may."""


def preload_distances() -> None:
    """Import what distances need: longer than a frame may take, so call it on a worker once geofences are loaded."""
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
        # Imported late, because the first frame needs no distance.
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
