"""Geofences for tests."""

from __future__ import annotations

import math
import random

from tvapp.fences.model.fence import Circle, Geofence, Line, Polygon, Ring, Shape, Spot
from tvapp.fences.model.validity import ALWAYS, Period, Validity
from tvapp.geo.position import Position

NOW = 1_790_000_000.0
OUT_OF_HOURS = Validity(periods=(Period(0.0, 3600.0, "Yearly"),))
UPCOMING = Validity(periods=(Period(NOW + 1e8, NOW + 1e8 + 3600.0),))
EXPIRED = Validity(expires=0.0)


def ring(*points: tuple[float, float]) -> Ring:
    """Return a closed ring of longitudes and latitudes."""
    return tuple(Position(float(lon), float(lat)) for lon, lat in (*points, points[0]))


def box(west: float, south: float, east: float, north: float) -> Ring:
    return ring((west, south), (east, south), (east, north), (west, north))


def circle(fence_id: str, lon: float, lat: float, radius_m: float, **more: object) -> Geofence:
    return fence(fence_id, Circle(Position(lon, lat), radius_m), **more)


def polygon(fence_id: str, *rings: Ring, **more: object) -> Geofence:
    return fence(fence_id, Polygon(rings), **more)


def line(fence_id: str, radius_m: float, *points: tuple[float, float]) -> Geofence:
    return fence(fence_id, Line(tuple(Position(*point) for point in points), radius_m))


def spot(fence_id: str, lon: float, lat: float, radius_m: float) -> Geofence:
    return fence(fence_id, Spot(Position(lon, lat), radius_m))


def fence(fence_id: str, *shapes: Shape, **more: object) -> Geofence:
    name, kind, validity = more.get("name", fence_id), more.get("kind", ""), more.get("validity", ALWAYS)
    assert isinstance(name, str)
    assert isinstance(kind, str)
    assert isinstance(validity, Validity)
    return Geofence(fence_id, name, shapes, kind=kind, validity=validity)


def town(count: int, seed: int = 1, spread: float = 0.05) -> list[Geofence]:
    """Return a believable crowd of fences around Helsinki, the same for the same seed."""
    chance = random.Random(seed)
    fences: list[Geofence] = []
    for number in range(count):
        lon, lat = chance.gauss(24.94, spread), chance.gauss(60.17, spread / 2)
        validity = chance.choice([ALWAYS, ALWAYS, ALWAYS, OUT_OF_HOURS, UPCOMING, EXPIRED])
        kind = chance.choice(["depot", "school", "harbour", "", "construction"])
        what = chance.random()
        shape: Shape
        if what < 0.5:
            shape = Circle(Position(lon, lat), chance.uniform(20, 900))
        elif what < 0.9:
            corners, size = chance.randint(4, 12), chance.uniform(0.001, 0.01)
            turns = [2 * math.pi * corner / corners for corner in range(corners)]
            points = [
                (lon + 2 * size * chance.uniform(0.5, 1) * math.cos(turn), lat + size * math.sin(turn))
                for turn in turns
            ]
            shape = Polygon((ring(*points),))
        else:
            points = [(lon + 0.004 * step, lat + chance.uniform(-0.004, 0.004)) for step in range(4)]
            shape = Line(tuple(Position(*point) for point in points), chance.uniform(20, 150))
        fences.append(Geofence(f"f{number}", f"Fence {number}", (shape,), kind=kind, validity=validity))
    return fences
