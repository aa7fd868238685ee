"""Places the names of streets, parks and sights at one zoom."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from shapely.geometry import LineString

from tvapp.localcloud.basemap.data import KIND, KINDS, SKETCHED, Layer
from tvapp.localcloud.basemap.tile_canvas import TILE
from tvapp.localcloud.basemap.typography import text_width

Frame = tuple[float, float, float, float]

EDGE = 24.0  # pixels: how far a street's name stays away from its frame
CELL = 12  # pixels: the grid in which names keep clear of each other
# First zoom of a name, by class, in order of importance.
NAMED = {
    "motorway": 13,
    "trunk": 13,
    "primary": 13,
    "secondary": 14,
    "tertiary": 14,
    "street": 15,
    "pedestrian": 15,
    "service": 17,
    "cycleway": 18,
    "path": 18,
}
SPACING = 620.0  # pixels between two names of one street


@dataclass(frozen=True, slots=True)
class StreetLabel:
    """A name; its middle in pixels of the world at its zoom."""

    text: str
    x: float
    y: float
    degrees: int
    size: int
    kind: Literal["street", "park", "square", "poi"]
    reach: float


class _Room:
    """The occupied cells."""

    def __init__(self) -> None:
        self._taken: set[tuple[int, int]] = set()

    def cells(
        self, x: float, y: float, degrees: float, width: float, height: float, pad: float
    ) -> set[tuple[int, int]]:
        turn = math.radians(-degrees)
        cos, sin = math.cos(turn), math.sin(turn)
        along = np.arange(-width / 2 - pad, width / 2 + pad + CELL / 2, CELL * 0.7)
        across = np.arange(-height / 2 - pad / 2, height / 2 + pad / 2 + CELL / 2, CELL * 0.7)
        xs = x + np.add.outer(along * cos, -across * sin)
        ys = y + np.add.outer(along * sin, across * cos)
        return set(
            zip((xs // CELL).astype(int).ravel().tolist(), (ys // CELL).astype(int).ravel().tolist(), strict=True)
        )

    def take(self, cells: set[tuple[int, int]]) -> bool:
        """Take all the cells, or none."""
        if not self._taken.isdisjoint(cells):
            return False
        self._taken |= cells
        return True


def street_labels(
    streets: Layer, zoom: int, taken: list[tuple[float, float, str, int]], frame: Frame
) -> tuple[StreetLabel, ...]:
    """Place the names of one zoom, the important ones first, clear of the `taken` (x, y, text, size).

    All of them lie wholly within `frame` (west, north, east, south in world units).
    """
    room = _Room()
    for x, y, text, size in taken:
        room.take(room.cells(x, y, 0, text_width(text, "bold", size, 0.06), size * 1.2, 8))
    placed: list[StreetLabel] = []
    placed += _spots(streets, zoom, room, frame, first=True)
    placed += _along(streets, zoom, room, frame)
    placed += _spots(streets, zoom, room, frame, first=False)
    return tuple(placed)


def _along(streets: Layer, zoom: int, room: _Room, frame: Frame) -> Iterator[StreetLabel]:
    world = TILE * 2.0**zoom
    edge = EDGE / world
    inner = (frame[0] + edge, frame[1] + edge, frame[2] - edge, frame[3] - edge)
    reachable = set(streets.query(*inner).tolist())
    for kind, first in NAMED.items():
        if zoom < first:
            continue
        size = (22 if kind in ("motorway", "trunk", "primary") else 20) + 2 * min(max(zoom - 16, 0), 2)
        by_name: dict[str, list[object]] = defaultdict(list)
        for number in np.flatnonzero(streets.kind == KIND[kind]).tolist():
            if number in reachable and streets.name_of(number):
                by_name[streets.name_of(number)].append(streets.geometries[number])
        for name in sorted(by_name):
            merged = shapely.line_merge(shapely.union_all(np.array(by_name[name], dtype=object)))
            cut = shapely.clip_by_rect(merged, *inner)
            lines = [shapely.transform(line, lambda xy: xy * world) for line in shapely.get_parts(cut)]
            lines.sort(key=lambda line: (-line.length, line.bounds))
            used: list[tuple[float, float]] = []
            for line in lines:
                yield from _on_line(name, line, size, room, used)


def _on_line(
    name: str, line: LineString, size: int, room: _Room, used: list[tuple[float, float]]
) -> Iterator[StreetLabel]:
    width = text_width(name, "medium", size, 0.01)
    length = line.length
    if length < width * 1.06:
        return
    line = LineString(line.simplify(1.5).coords)
    count = max(1, round(length / SPACING))
    for number in range(count):
        middle = length * (number + 0.5) / count
        for shift in (0, 0.18, -0.18, 0.36, -0.36):
            at = middle + shift * length / count
            label = _try(name, line, at, width, size, room, used)
            if label is not None:
                used.append((label.x, label.y))
                yield label
                break


def _try(
    name: str, line: LineString, at: float, width: float, size: int, room: _Room, used: list[tuple[float, float]]
) -> StreetLabel | None:
    if at - width / 2 < 0 or at + width / 2 > line.length:
        return None
    spots = shapely.get_coordinates(
        shapely.line_interpolate_point(line, np.linspace(at - width / 2, at + width / 2, 7))
    )
    chord = spots[-1] - spots[0]
    span = float(np.hypot(*chord))
    if span < width * 0.95:
        return None
    side = (spots - spots[0]) @ np.array([-chord[1], chord[0]]) / span
    if float(np.ptp(side)) > size * 0.42:
        return None
    middle = spots[0] + chord / 2 + np.array([-chord[1], chord[0]]) / span * float(side.mean())
    x, y = float(middle[0]), float(middle[1])
    if any(math.hypot(x - ox, y - oy) < SPACING * 0.5 for ox, oy in used):
        return None
    degrees = -math.degrees(math.atan2(chord[1], chord[0]))
    if degrees > 90:
        degrees -= 180
    elif degrees <= -90:
        degrees += 180
    if not room.take(room.cells(x, y, degrees, width, size, 8)):
        return None
    return StreetLabel(name, x, y, round(degrees), size, "street", width / 2 + size)


def _spots(streets: Layer, zoom: int, room: _Room, frame: Frame, *, first: bool) -> Iterator[StreetLabel]:
    """Parks, squares and sights: the large parks before the streets, the rest after them."""
    world = TILE * 2.0**zoom
    wanted = [KIND["park"]] if first else [KIND["poi"], KIND["square"], KIND["park"]]
    numbers = [n for n in np.flatnonzero(np.isin(streets.kind, wanted)).tolist() if streets.name_of(n)]
    numbers.sort(
        key=lambda n: (0 if streets.kind[n] != KIND["poi"] else 1, int(streets.rank[n]) % SKETCHED, streets.name_of(n))
    )
    seen: set[str] = set()
    for number in numbers:
        kind, name, shape = KINDS[streets.kind[number]], streets.name_of(number), streets.geometries[number]
        size = 20
        width = text_width(name, "italic" if kind == "park" else "medium", size)
        if name in seen or (kind == "poi" and zoom < (17 if streets.rank[number] else 16)) or len(name) > 34:
            continue
        if kind != "poi":
            west, _, east, _ = shape.bounds
            if (east - west) * world < width * (1.0 if first else 0.7) or zoom < 14:
                continue
        spot = shape if kind == "poi" else shape.representative_point()
        x, y = float(spot.x) * world, float(spot.y) * world
        if kind == "poi":
            y += 16
        reach = width / 2 + size * 2
        if not (
            frame[0] * world + reach < x < frame[2] * world - reach
            and frame[1] * world + reach < y < frame[3] * world - reach
        ):
            continue
        if room.take(room.cells(x, y, 0, width, size * 1.2, 8)):
            seen.add(name)
            yield StreetLabel(
                name,
                x,
                y,
                0,
                size,
                "park" if kind == "park" else "square" if kind == "square" else "poi",
                width / 2 + size * 2,
            )
