"""Cuts shapes at the date line for files, as RFC 7946 3.1.9 asks, and joins them again for the screen.

Places are tuples of longitude, latitude and further coordinates, which are interpolated at a cut. Rings are closed
(first place = last); rings and lines have continuous longitudes: beyond +-180 where they cross. Hand-written because
shapely drops coordinates beyond the third and the text of numbers (`JsonNumber`), and reorders rings.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from typing import TypeAlias

Place: TypeAlias = tuple[float, ...]
Path: TypeAlias = tuple[Place, ...]
Rings: TypeAlias = tuple[Path, ...]
"""An outline and its holes."""

_NO_AREA = 1e-14
_IN_LINE = 3e-7
"""Degrees that a place on the date line may lie beside the edge it was cut from: three roundings to 7 decimals."""

_MOST_TESTS = 2_000_000
"""Most places to test when holes are assigned to outlines: half a second."""


class SelfCrossing(Exception):
    """A polygon crosses itself where it has to be cut, or falls apart into too many pieces."""


@dataclass(frozen=True, slots=True, eq=False)
class _Crossing:
    """A crossing of the meridian by edge `edge` of ring `ring`; `eastward` is its direction."""

    place: Place
    ring: int
    edge: int
    eastward: bool


def cut(rings: Rings) -> tuple[Rings, ...]:
    """Return a polygon as polygons with longitudes in [-180, 180]: outlines counter-clockwise, holes clockwise.

    Raises:
        SelfCrossing: it crosses itself on the date line, or has too many holes.
    """
    whole = (_counter_clockwise(rings[0]), *map(_clockwise, rings[1:]))
    pieces: list[Rings] = [whole]
    # Of all rings: a hole may, wrongly, reach beyond its outline.
    for meridian in _meridians([place for ring in rings for place in ring]):
        pieces = [part for piece in pieces for side in (False, True) for part in _side(piece, meridian, east=side)]
    if pieces != [whole] and not _is_as_large(pieces, [whole]):
        raise SelfCrossing
    return tuple(_home(piece) for piece in pieces)


def cut_line(line: Path) -> tuple[Path, ...]:
    """Return a line as lines with longitudes in [-180, 180]."""
    pieces = [line]
    for meridian in _meridians(line):
        pieces = [part for piece in pieces for part in _line_parts(piece, meridian)]
    return tuple(_home((piece,))[0] for piece in pieces)


def joined(polygons: Sequence[Rings]) -> tuple[Rings, ...]:
    """Return the polygons of one shape, joining those that share an edge on the date line.

    Polygons keep their order; a joined one takes the place of its first part.

    >>> east = ((179.0, 0.0), (180.0, 0.0), (180.0, 1.0), (179.0, 1.0), (179.0, 0.0))
    >>> west = ((-180.0, 0.0), (-179.0, 0.0), (-179.0, 1.0), (-180.0, 1.0), (-180.0, 0.0))
    >>> joined([(east,), (west,)])
    ((((179.0, 1.0), (179.0, 0.0), (181.0, 0.0), (181.0, 1.0), (179.0, 1.0)),),)
    """
    eastern = {number for number, rings in enumerate(polygons) if _touches(rings, 180.0)}
    western = {number for number, rings in enumerate(polygons) if _touches(rings, -180.0)}
    if not eastern - western or not western - eastern:
        return tuple(polygons)
    moved: dict[int, Rings] = {}
    for number in eastern ^ western:
        outer, *holes = _shifted(polygons[number], 360.0 if number in western else 0.0)
        moved[number] = (_counter_clockwise(outer), *map(_clockwise, holes))
    shared = _shared({edge for number in eastern - western for edge in _seam_edges(moved[number], 180.0)}, moved)
    if not shared:
        return tuple(polygons)
    involved = [number for number, rings in moved.items() if not shared.isdisjoint(_seam_edges(rings, 180.0))]
    parts = [ring for number in involved for ring in moved[number]]
    rest = [ring for ring in parts if shared.isdisjoint(pairwise(ring))]
    try:
        whole = _arranged([*_linked(parts, shared), *rest])
    except SelfCrossing:
        return tuple(polygons)
    if not _is_as_large(whole, [moved[number] for number in involved]):
        return tuple(polygons)
    whole = [tuple(_straightened(ring) for ring in rings) for rings in whole]
    first = min(involved)
    kept = [(number, [rings]) for number, rings in enumerate(polygons) if number not in involved]
    return tuple(rings for _, group in sorted([*kept, (first, whole)], key=itemgetter(0)) for rings in group)


def joined_lines(lines: Sequence[Path]) -> tuple[Path, ...]:
    """Return the lines of one shape, joining those of which one goes on where another met the date line."""
    waiting: dict[Place, list[int]] = {}
    for number, line in enumerate(lines):
        if abs(line[0][0]) == 180.0:
            waiting.setdefault(line[0][:2], []).append(number)
    onward: dict[int, int] = {}
    for number, line in enumerate(lines):
        lon, lat = line[-1][:2]
        there = waiting.get((-lon, lat), []) if abs(lon) == 180.0 else []
        if there and there[0] != number:
            onward[number] = there.pop(0)
    continued = set(onward.values())
    # Lines that form a circle have no first one: take the first in order.
    order = sorted(range(len(lines)), key=lambda number: number in continued)
    made: dict[int, Path] = {}
    done: set[int] = set()
    for first in order:
        if first in done:
            continue
        path, at = lines[first], first
        done.add(first)
        while (then := onward.get(at, at)) not in done:
            path, at = _continued(path, lines[then]), then
            done.add(then)
        made[first] = path
    return tuple(path for _, path in sorted(made.items()))


def _continued(path: Path, line: Path) -> Path:
    (line,) = _shifted((line,), path[-1][0] - line[0][0])
    is_of_the_cut = _is_in_line(path[-2], path[-1], line[1])
    return (*path[:-1], *line[1:]) if is_of_the_cut else (*path, *line[1:])


def _meridians(path: Sequence[Place]) -> list[float]:
    """Return the longitudes of the date line (180 plus whole turns) that a path crosses."""
    low, high = min(place[0] for place in path), max(place[0] for place in path)
    first = math.floor((low + 180.0) / 360.0) + 1
    return [360.0 * turn - 180.0 for turn in range(first, math.ceil((high + 180.0) / 360.0))]


def _side(rings: Rings, meridian: float, *, east: bool) -> list[Rings]:
    """Return the parts of a polygon on one side of a meridian; places on it count as east."""
    met = list(_crossings(rings, meridian))
    if len(met) % 2:
        raise SelfCrossing
    crossings = _along(met)
    # The polygon covers the meridian between each first and second crossing.
    partner = {}
    for one, other in zip(crossings[::2], crossings[1::2], strict=True):
        if one.eastward is other.eastward:
            raise SelfCrossing
        partner[one] = other
        partner[other] = one
    following = dict(_followed(met))
    starts = [crossing for crossing in following if crossing.eastward is east]
    chains = {start: _chain(rings[start.ring], start, following[start]) for start in starts}
    made: list[Path] = []
    while chains:
        ring: list[Place] = []
        start = next(iter(chains))
        while start in chains:
            places, end = chains.pop(start)
            ring += places
            start = partner[end]
        made.append(_closed(ring))
    crossed = {crossing.ring for crossing in crossings}
    made += [ring for number, ring in enumerate(rings) if number not in crossed and _is_east(ring, meridian) is east]
    return _arranged(made)


def _along(met: Iterable[_Crossing]) -> list[_Crossing]:
    """Return crossings from south to north. Of several at one place, those come first that change the direction.

    Rings may touch on the meridian: there one crossing leads out of the polygon, the next one into it again.
    """
    found: list[_Crossing] = []
    for _, group in groupby(sorted(met, key=lambda crossing: crossing.place[1]), key=lambda each: each.place[1]):
        ways: dict[bool, list[_Crossing]] = {True: [], False: []}
        for crossing in group:
            ways[crossing.eastward].append(crossing)
        is_eastward = not found[-1].eastward if found else bool(ways[True])
        while ways[True] or ways[False]:
            found.append(ways[is_eastward if ways[is_eastward] else not is_eastward].pop())
            is_eastward = not found[-1].eastward
    return found


def _crossings(rings: Rings, meridian: float) -> Iterable[_Crossing]:
    for number, ring in enumerate(rings):
        if max(place[0] for place in ring) <= meridian and not any(_along_meridian(ring, meridian)):
            continue  # it touches the meridian from the west at some places
        for edge, (one, other) in enumerate(pairwise(ring)):
            if (one[0] >= meridian) is not (other[0] >= meridian):
                yield _Crossing(_between(one, other, meridian), number, edge, other[0] >= meridian)


def _along_meridian(ring: Path, meridian: float) -> Iterable[bool]:
    return (one[0] == meridian == other[0] for one, other in pairwise(ring))


def _followed(met: Iterable[_Crossing]) -> Iterable[tuple[_Crossing, _Crossing]]:
    """Yield each crossing with the next crossing of its ring."""
    for _, group in groupby(met, key=lambda crossing: crossing.ring):
        crossings = list(group)
        yield from zip(crossings, [*crossings[1:], crossings[0]], strict=True)


def _chain(ring: Path, start: _Crossing, end: _Crossing) -> tuple[list[Place], _Crossing]:
    """Return the places from one crossing of a ring to the next, both included, and that next crossing."""
    length = len(ring) - 1
    steps = (end.edge - start.edge - 1) % length + 1
    return [start.place, *(ring[(start.edge + 1 + step) % length] for step in range(steps)), end.place], end


def _between(one: Place, other: Place, meridian: float) -> Place:
    share = (meridian - one[0]) / (other[0] - one[0])
    if share == 1.0:
        return other
    rest = (a + (b - a) * share for a, b in zip(one[1:], other[1:], strict=False))
    return meridian, *rest


def _line_parts(line: Path, meridian: float) -> list[Path]:
    parts: list[list[Place]] = [[line[0]]]
    for one, other in pairwise(line):
        if min(one[0], other[0]) < meridian < max(one[0], other[0]):
            middle = _between(one, other, meridian)
            parts[-1].append(middle)
            parts.append([middle])
        parts[-1].append(other)
        if other[0] == meridian:
            parts.append([other])
    parts = [part for part in parts if len(part) > 1]
    # A line that turns back at the meridian, or runs along it, is not cut there.
    merged = [parts[0]]
    for part in parts[1:]:
        if _is_east(merged[-1], meridian) is _is_east(part, meridian):
            merged[-1] += part[1:]
        else:
            merged.append(part)
    return [tuple(part) for part in merged]


def _is_east(part: Sequence[Place], meridian: float) -> bool:
    return max(part, key=lambda place: abs(place[0] - meridian))[0] >= meridian


def _touches(rings: Rings, meridian: float) -> bool:
    return any(True for _ in _seam_edges(rings, meridian))


def _seam_edges(rings: Rings, meridian: float) -> Iterable[tuple[Place, Place]]:
    for ring in rings:
        for one, other in pairwise(ring):
            if one[0] == meridian == other[0] and one != other:
                yield one, other


def _shared(edges: set[tuple[Place, Place]], moved: dict[int, Rings]) -> set[tuple[Place, Place]]:
    """Return the edges on the date line that another part has in the opposite direction; in both directions."""
    there = Counter(edge for rings in moved.values() for edge in _seam_edges(rings, 180.0))
    found = {(one, other) for one, other in edges if there[one, other] == there[other, one] == 1}
    return found | {(other, one) for one, other in found}


def _linked(rings: Iterable[Path], shared: set[tuple[Place, Place]]) -> list[Path]:
    """Return the rings that remain without the shared edges."""
    after: dict[tuple[Place, Place], list[Place]] = {}
    ends: dict[tuple[Place, Place], tuple[Place, Place]] = {}
    for ring in rings:
        edges = list(pairwise(ring))
        breaks = [number for number, edge in enumerate(edges) if edge in shared]
        for number, following in zip(breaks, [*breaks[1:], *breaks[:1]], strict=True):
            span = (following - number - 1) % len(edges)
            # Without the last place, with which the part across the shared edge begins.
            after[edges[number]] = [edges[(number + 1 + step) % len(edges)][0] for step in range(span)]
            ends[edges[number]] = edges[following]
    made: list[Path] = []
    while after:
        ring_places: list[Place] = []
        edge = next(iter(after))
        while edge in after:
            ring_places += after.pop(edge)
            one, other = ends[edge]
            edge = other, one
        made.append(_closed(ring_places))
    return made


def _straightened(ring: Path) -> Path:
    """Return a ring without the places on the date line that the cut added."""
    if len(ring) < 2:
        return ring
    around = [ring[-2], *ring]
    kept = [
        place
        for before, place, then in zip(around, around[1:], around[2:], strict=False)
        if place[0] != 180.0 or not _is_in_line(before, place, then)
    ]
    return _closed(kept)


def _is_in_line(before: Place, place: Place, then: Place) -> bool:
    if not min(before[0], then[0]) < place[0] < max(before[0], then[0]):
        return False
    lat = _between(before, then, place[0])[1]
    return abs(lat - place[1]) <= _IN_LINE


def _arranged(rings: Iterable[Path]) -> list[Rings]:
    """Return polygons: the counter-clockwise rings, each with the clockwise rings inside it as holes."""
    solid = [(ring, _doubled_area(ring)) for ring in rings]
    outlines = [ring for ring, area in solid if area > 2 * _NO_AREA]
    holes = [ring for ring, area in solid if area < -2 * _NO_AREA]
    if len(outlines) == 1:
        return [(outlines[0], *holes)]
    if len(holes) * sum(len(outline) for outline in outlines) > _MOST_TESTS:
        raise SelfCrossing
    inside: list[list[Path]] = [[] for _ in outlines]
    for hole in holes:
        around = next((number for number, outline in enumerate(outlines) if _holds(outline, hole)), None)
        if around is not None:
            inside[around].append(hole)
    return [(outline, *its) for outline, its in zip(outlines, inside, strict=True)]


def _holds(outline: Path, hole: Path) -> bool:
    """Tell whether an outline contains a hole that does not cross it."""
    is_inside = False
    # The middle of an edge: a corner may touch the outline.
    lon, lat = (hole[0][0] + hole[1][0]) / 2, (hole[0][1] + hole[1][1]) / 2
    for one, other in pairwise(outline):
        if (one[1] > lat) is not (other[1] > lat) and lon < one[0] + (other[0] - one[0]) * (lat - one[1]) / (
            other[1] - one[1]
        ):
            is_inside = not is_inside
    return is_inside


def _is_as_large(some: Iterable[Rings], others: Iterable[Rings]) -> bool:
    """Tell whether two sets of polygons have the same area; they differ where a crossing outline lost a part."""
    some, others = list(some), list(others)
    if not some or any(abs(_doubled_area(rings[0])) <= 2 * _NO_AREA for rings in others):
        return False
    one, other = (
        math.fsum(
            abs(_doubled_area(ring)) * (-1 if number else 1) for rings in each for number, ring in enumerate(rings)
        )
        for each in (some, others)
    )
    return abs(one - other) <= 1e-9 * max(1.0, abs(one), abs(other))


def _counter_clockwise(ring: Path) -> Path:
    return ring[::-1] if _doubled_area(ring) < 0.0 else ring


def _clockwise(ring: Path) -> Path:
    return ring[::-1] if _doubled_area(ring) > 0.0 else ring


def _doubled_area(ring: Path) -> float:
    """Return twice the plane area, positive counter-clockwise; relative to the first place, to keep digits."""
    if not ring:
        return 0.0
    x, y = ring[0][0], ring[0][1]
    return math.fsum((a[0] - x) * (b[1] - y) - (b[0] - x) * (a[1] - y) for a, b in pairwise(ring))


def _closed(places: Sequence[Place]) -> Path:
    """Return a closed ring without repeated places in a row."""
    kept = [place for place, then in pairwise([*places, *places[:1]]) if place[:2] != then[:2]]
    return (*kept, kept[0]) if kept else ()


def _home(rings: Rings) -> Rings:
    """Return paths between two date lines moved by whole turns into [-180, 180]."""
    low, high = min(place[0] for place in rings[0]), max(place[0] for place in rings[0])
    return _shifted(rings, -360.0 * math.floor(((low + high) / 2 + 180.0) / 360.0))


def _shifted(rings: Sequence[Path], turn: float) -> Rings:
    if not turn:
        return tuple(rings)
    return tuple(tuple((place[0] + turn, *place[1:]) for place in ring) for ring in rings)
