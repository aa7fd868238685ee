"""The read-out of the crosshair: its place, the geofences under it, and the distance to the selected one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tvapp.fences.model.fence import Geofence
from tvapp.fences.model.measures import point_count
from tvapp.geo.position import Position
from tvapp.ui.settings import UiSettings
from tvapp.ui.words import formats

BETWEEN = "  ·  "
MOST_VERTICES = 3_000
"""Computing the distance to a geofence with more vertices takes longer than a frame may."""


def preload_distances() -> None:
    """Import what distances need: longer than a frame may take, so call it on a worker once geofences are loaded."""
    import tvapp.fences.model.containment  # noqa: F401


def readout(
    place: Position, under: Sequence[tuple[Geofence, float]], selected: Geofence | None, settings: UiSettings
) -> str:
    """Return one line about the place under the crosshair.

    `under` are the geofences there, each with its distance in metres, 0 where it contains the place.
    """
    say = settings.words
    parts = [formats.place(place)]
    others = [(fence, metres) for fence, metres in under if selected is None or fence.id != selected.id]
    inside = [each for each in others if each[1] == 0.0]
    # Near ones count only where the place is in none, the selected one included.
    told = inside if any(metres == 0.0 for _, metres in under) else others
    if told:
        fence, metres = told[0]
        more = len(told) - 1
        key = ("readout.inside" if inside else "readout.near") + (".more" if more else "")
        length = formats.distance(metres, settings.units)
        parts.append(say(key, name=fence.name, count=more, length=length))
    if selected is not None and point_count(selected.shapes) <= MOST_VERTICES:
        # Imported late, because the first frame needs no distance.
        from tvapp.fences.model.containment import signed_distance

        metres, _ = signed_distance(selected, place)
        if not math.isfinite(metres):
            return BETWEEN.join(parts)
        length = formats.distance(abs(metres), settings.units)
        parts.append(say("readout.within" if metres <= 0 else "readout.away", length=length, name=selected.name))
    return BETWEEN.join(parts)
