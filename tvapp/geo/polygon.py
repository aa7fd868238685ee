"""Rings of places: closing, turning, what is inside, where they cross themselves, fewer points, where a name goes.

A polygon is a sequence of rings, the outer one first, then its holes. Here longitude and latitude are plane
coordinates (RFC 7946, 3.1.1: edges are straight in them), and longitudes are continuous; `unwrapped` makes them so.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from itertools import pairwise

from tvapp.geo.position import Position
from tvapp.geo.segments import crossing

Ring = Sequence[Position]


def closed(ring: Ring) -> tuple[Position, ...]:
    """Return the ring with its first place repeated at the end (RFC 7946, 3.1.6)."""
    ring = tuple(ring)
    return ring if not ring or ring[0] == ring[-1] else (*ring, ring[0])


def opened(ring: Ring) -> tuple[Position, ...]:
    """Return the ring without a repeated last place."""
    ring = tuple(ring)
    return ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring


def unwrapped(ring: Ring) -> tuple[Position, ...]:
    """Return the ring with continuous longitudes: no step of more than 180 degrees.

    >>> unwrapped([Position(179.0, 0.0), Position(-179.0, 0.0)])[1].lon
    181.0
    """
    places: list[Position] = []
    turn = 0.0
    for place in ring:
        lon = place.lon + turn
        if places:
            turns = round((places[-1].lon - lon) / 360.0)
            if turns:
                turn += 360.0 * turns
                lon = place.lon + turn
        places.append(place if turn == 0.0 else Position(lon, place.lat))
    return tuple(places)


def signed_area(ring: Ring) -> float:
    """Return the plane area in square degrees: positive when the ring runs counter-clockwise."""
    places = opened(ring)
    if len(places) < 3:
        return 0.0
    # Relative to the first place, or a small ring far from (0, 0) loses its digits.
    x0, y0 = places[0].lon, places[0].lat
    total = 0.0
    before = places[-1]
    for place in places:
        total += (before.lon - x0) * (place.lat - y0) - (place.lon - x0) * (before.lat - y0)
        before = place
    return total / 2.0


def oriented(ring: Ring, *, clockwise: bool = False) -> tuple[Position, ...]:
    """Return the ring counter-clockwise as outer rings are (RFC 7946, 3.1.6), or clockwise as holes are."""
    ring = tuple(ring)
    return ring[::-1] if (signed_area(ring) < 0.0) is not clockwise else ring


def contains(rings: Sequence[Ring], place: Position) -> bool:
    """Tell whether a place lies inside a polygon and in none of its holes (even-odd rule).

    A place exactly on an edge may count either way.
    """
    inside = False
    lat = place.lat
    for ring in rings:
        if not ring:
            continue
        # The copy of the place that is nearest to the ring: the ring may have gone past +-180. Of two copies on the
        # edges of a ring right round the earth the western one, which the rule below counts as inside.
        lon = place.lon + 360.0 * math.ceil((_middle_lon(ring) - place.lon) / 360.0 - 0.5)
        before = ring[-1]
        for vertex in ring:
            if (vertex.lat > lat) is not (before.lat > lat):
                part = (lat - before.lat) / (vertex.lat - before.lat)
                inside ^= lon < before.lon + part * (vertex.lon - before.lon)
            before = vertex
    return inside


def self_intersections(ring: Ring) -> tuple[Position, ...]:
    """Return where edges of a ring cross or touch others that are not their neighbours; empty for a simple ring."""
    places = opened(ring)
    n = len(places)
    edges = [(places[i], places[(i + 1) % n], i) for i in range(n)] if n > 3 else []
    # A sweep from west to east: an edge is compared only with those that are still under way.
    edges.sort(key=lambda edge: min(edge[0].lon, edge[1].lon))
    under_way: list[tuple[Position, Position, int]] = []
    found: list[Position] = []
    for edge in edges:
        west = min(edge[0].lon, edge[1].lon)
        under_way = [other for other in under_way if max(other[0].lon, other[1].lon) >= west]
        for other in under_way:
            if (edge[2] - other[2]) % n in (1, n - 1):
                continue
            shared = crossing(edge[0], edge[1], other[0], other[1])
            if shared is not None:
                found.append(shared)
        under_way.append(edge)
    return tuple(found)


def is_simple(ring: Ring) -> bool:
    """Tell whether a ring encloses something and does not cross itself."""
    places = opened(ring)
    return len(set(places)) >= 3 and signed_area(places) != 0.0 and not self_intersections(places)


def simplified(line: Ring, tolerance_deg: float) -> tuple[Position, ...]:
    """Return a line or ring with fewer places, none of the dropped ones further than the tolerance away.

    D. H. Douglas and T. K. Peucker, 1973. The ends stay; a ring keeps at least three different places.
    """
    places = tuple(line)
    if len(places) < 3:
        return places
    keep = [False] * len(places)
    keep[0] = keep[-1] = True
    spans = [(0, len(places) - 1)]
    if places[0] == places[-1] and len(places) > 3:
        # A closed ring has no chord to measure from: start with the place furthest from its ends, and keep a third.
        far = max(range(len(places)), key=lambda i: _squared(places[i], places[0]))
        third = max(range(len(places)), key=lambda i: _to_segment(places[i], places[0], places[far]))
        cuts = sorted({0, far, third, len(places) - 1})
        for i in cuts:
            keep[i] = True
        spans = list(pairwise(cuts))
    limit = tolerance_deg * tolerance_deg
    while spans:
        first, last = spans.pop()
        worst, index = limit, 0
        for i in range(first + 1, last):
            away = _to_segment(places[i], places[first], places[last])
            if away > worst:
                worst, index = away, i
        if index:
            keep[index] = True
            spans += [(first, index), (index, last)]
    return tuple(place for place, kept in zip(places, keep, strict=True) if kept)


def centroid(ring: Ring) -> Position:
    """Return the centre of gravity of a ring's plane area; of its places where it has none."""
    places = opened(ring)
    x0, y0 = places[0].lon, places[0].lat
    area = x = y = 0.0
    before = places[-1]
    for place in places:
        ax, ay, bx, by = before.lon - x0, before.lat - y0, place.lon - x0, place.lat - y0
        cross = ax * by - bx * ay
        area += cross
        x += (ax + bx) * cross
        y += (ay + by) * cross
        before = place
    if abs(area) < 1e-18:
        return Position(sum(p.lon for p in places) / len(places), sum(p.lat for p in places) / len(places))
    return Position(x0 + x / (3.0 * area), y0 + y / (3.0 * area))


def label_point(rings: Sequence[Ring]) -> Position:
    """Return a place well inside a polygon, where its name goes.

    The centroid where that is inside with room around it; else the place furthest from all edges, to 2 % of the
    polygon's size (a quadtree search after V. Agafonkin, "A new algorithm for finding a visual center of a polygon").
    """
    outer = opened(rings[0])
    middle = centroid(outer)
    west, east = min(p.lon for p in outer), max(p.lon for p in outer)
    south, north = min(p.lat for p in outer), max(p.lat for p in outer)
    squeeze = math.cos(math.radians((south + north) / 2.0))
    width, height = (east - west) * squeeze, north - south
    if width == 0.0 or height == 0.0:
        return middle
    plane = [[((p.lon - west) * squeeze, p.lat - south) for p in ring] for ring in rings if ring]
    size = min(width, height)

    def room(x: float, y: float) -> float:
        return _signed_distance(plane, x, y)

    mx, my = (middle.lon - west) * squeeze, middle.lat - south
    best, x, y = room(mx, my), mx, my
    if best >= size / 5.0:
        return middle
    precision = max(width, height) * 0.02
    queue: list[tuple[float, float, float, float]] = []

    def add(cx: float, cy: float, half: float) -> None:
        nonlocal best, x, y
        here = room(cx, cy)
        if here > best:
            best, x, y = here, cx, cy
        heapq.heappush(queue, (-(here + half * math.sqrt(2.0)), cx, cy, half))

    half = max(size / 2.0, max(width, height) / 32.0)
    for i in range(math.ceil(width / (2.0 * half))):
        for j in range(math.ceil(height / (2.0 * half))):
            add((2 * i + 1) * half, (2 * j + 1) * half, half)
    for _ in range(500):
        if not queue or -queue[0][0] - best <= precision:
            break
        _, cx, cy, half = heapq.heappop(queue)
        half /= 2.0
        for dx, dy in ((-half, -half), (half, -half), (-half, half), (half, half)):
            add(cx + dx, cy + dy, half)
    return Position(west + x / squeeze, south + y)


def _middle_lon(ring: Ring) -> float:
    return (min(p.lon for p in ring) + max(p.lon for p in ring)) / 2.0


def _squared(a: Position, b: Position) -> float:
    return (a.lon - b.lon) ** 2 + (a.lat - b.lat) ** 2


def _nearest_to_origin(ax: float, ay: float, bx: float, by: float) -> tuple[float, float]:
    """Return the point of a segment that is nearest to (0, 0)."""
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    part = min(max(-(ax * dx + ay * dy) / length, 0.0), 1.0) if length else 0.0
    return ax + part * dx, ay + part * dy


def _to_segment(place: Position, a: Position, b: Position) -> float:
    """Return the squared distance from a place to a segment, in degrees."""
    x, y = _nearest_to_origin(a.lon - place.lon, a.lat - place.lat, b.lon - place.lon, b.lat - place.lat)
    return x * x + y * y


def _signed_distance(rings: Sequence[Sequence[tuple[float, float]]], x: float, y: float) -> float:
    """Return the distance to the nearest edge, negative outside."""
    inside = False
    best = math.inf
    for ring in rings:
        bx, by = ring[-1]
        for vx, vy in ring:
            if (vy > y) is not (by > y):
                inside ^= x < bx + (y - by) / (vy - by) * (vx - bx)
            px, py = _nearest_to_origin(bx - x, by - y, vx - x, vy - y)
            best = min(best, px * px + py * py)
            bx, by = vx, vy
    return math.sqrt(best) if inside else -math.sqrt(best)
