"""Three geofences and an index over them without an R-tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tvapp.fences.model.fence import Circle, Geofence, Polygon, Ring
from tvapp.geo.geodesy import circle_ring, distance_m
from tvapp.geo.position import Position

HERE = Position(24.95, 60.17)
FAR = Position(25.5, 60.4)


def square(center: Position, half: float) -> Polygon:
    x, y = center.lon, center.lat
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    return Polygon((tuple(Position(x + half * dx, y + half * dy) for dx, dy in corners),))


SMALL = Geofence("small", "Small", (Circle(HERE, 300.0),))
LARGE = Geofence("large", "Large", (Circle(HERE, 1500.0),))
AWAY = Geofence("away", "Away", (square(FAR, 0.01),))


@dataclass
class PlainIndex:
    """Finds circles by distance, the smallest first."""

    fences: Sequence[Geofence]

    def __len__(self) -> int:
        return len(self.fences)

    def distances_at(
        self, position: Position, now_s: float, tolerance_m: float = 0.0
    ) -> tuple[tuple[Geofence, float], ...]:
        found = []
        for fence in self.fences:
            shape = fence.shapes[0]
            if isinstance(shape, Circle):
                apart = max(0.0, distance_m(shape.center, position) - shape.radius_m)
                if apart <= tolerance_m:
                    found.append((apart, shape.radius_m, fence))
        return tuple((fence, apart) for apart, _, fence in sorted(found, key=lambda each: each[:2]))

    def seem_swapped(self, home: Position | None) -> tuple[frozenset[str], Position | None]:
        return frozenset(), None

    def outline_in(self, fence: Geofence, box: tuple[float, float, float, float], tolerance: float) -> tuple[()]:
        return ()

    def outline(self, fence: Geofence) -> tuple[Ring, ...]:
        shape = fence.shapes[0]
        return (circle_ring(shape.center, shape.radius_m),) if isinstance(shape, Circle) else ()
