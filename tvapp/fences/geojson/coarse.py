"""Reads a Feature with more positions than are shown, such as a coast, as a coarser one.

Its coordinates are never decoded as a whole: list by list of positions, in pieces, so that no call keeps the GIL for
long and the memory is that of the result. Positions are thinned by distance, in one pass, because the algorithms of
shapely need all of them at once and quadratic time for the worst of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import msgspec

from tvapp.fences.geojson.geometry import InvalidGeometry

T = TypeVar("T")
Places: TypeAlias = list[list[float]]

MOST_POSITIONS = 40_000
"""What is kept of a Feature at most, roughly: enough for a coast at the zoom at which it fills the screen."""
MOST_PARTS = 4_000
_PIECE = 1 << 16
_STEP = 1 << 18
_BEGINNING = re.compile(rb'"coordinates"[ \t\r\n]*+:[ \t\r\n]*+(?=\[)')
_ARRAY = re.compile(rb"[0-9eE+.,\-\[\] \t\r\n]*+")
_LIST = re.compile(rb"\[[ \t\r\n]*+\[(?=[ \t\r\n]*+[-0-9])")
_LIST_END = re.compile(rb"\][ \t\r\n]*+\]")
_POSITION_END = re.compile(rb"\][ \t\r\n]*+,")
_LARGE = 1 << 14
"""Bytes of coordinates from which on they are thinned; smaller ones are decoded as they are."""
_MOST_BESIDE = 1 << 22
_FEWEST = 4
"""Positions of a list that always stay: a ring with fewer is none."""
_SMALLEST_CELL, _LARGEST_CELL = 1e-9, 1e8
_MARGIN = 64
"""Bytes that two steps of a search share: the ends of lists may be spread by white space."""


@dataclass(frozen=True, slots=True)
class _Run:
    """A list of positions: the span of its text, and how many lists begin before it (1: in the same polygon)."""

    start: int
    end: int
    depth: int


@dataclass(frozen=True, slots=True)
class Coarse:
    """The decoded Feature, and how many of its positions it has."""

    feature: object
    kept: int
    whole: int


def coarsened(text: bytes, start: int, end: int) -> Coarse:
    """Return the Feature in a span of the text with fewer positions.

    Raises:
        InvalidGeometry: it cannot be made coarser; says why.
    """
    arrays = list(_arrays(text, start, end))
    if sum(last - first for first, last in arrays) + _MOST_BESIDE < end - start:
        raise InvalidGeometry(f"larger than {_MOST_BESIDE >> 20} MB beside its coordinates")
    pieces, at = [], start
    kept = whole = 0
    for array in arrays:
        thinner = _Thinner(MOST_POSITIONS // len(arrays))
        for run in _runs(text, *array):
            thinner.begin(run.depth)
            for piece in _positions(text, run):
                thinner.add(piece)
        shaped, count = thinner.result()
        pieces += [text[at : array[0]], msgspec.json.encode(shaped)]
        at, kept, whole = array[1], kept + count, whole + thinner.whole
    if not whole:
        raise InvalidGeometry(f"larger than {(end - start) >> 20} MB")
    pieces.append(text[at:end])
    try:
        return Coarse(msgspec.json.decode(b"".join(pieces)), kept, whole)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidGeometry("it is large, and not JSON") from error


def _arrays(text: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of large arrays of coordinates."""
    at = start
    while found := _search(_BEGINNING, text, at, end):
        first = at = found[1]
        while at < end:
            limit = min(at + _STEP, end)
            match = _ARRAY.match(text, at, limit)
            at = match.end() if match is not None else at
            if at < limit:
                break
        last = first + len(text[first:at].rstrip(b", \t\r\n"))
        if last - first > _LARGE:
            yield first, last


def _search(pattern: re.Pattern[bytes], text: bytes, at: int, end: int) -> tuple[int, int] | None:
    """Search in steps, because a search keeps the GIL."""
    while at < end:
        found = pattern.search(text, at, min(at + _STEP, end))
        if found is not None:
            return found.span()
        if at + _STEP >= end:
            return None
        at += _STEP - _MARGIN
    return None


def _runs(text: bytes, start: int, end: int) -> Iterator[_Run]:
    """Yield the lists of positions in an array of coordinates."""
    at = start
    while found := _search(_LIST, text, at, end):
        first = found[0]
        closed = _search(_LIST_END, text, found[1], end)
        if closed is None:
            raise InvalidGeometry("the brackets of its coordinates do not match")
        yield _Run(first, closed[1], text.count(b"[", at, first))
        at = closed[1]


def _positions(text: bytes, run: _Run) -> Iterator[Places]:
    """Yield the positions of a list in pieces."""
    at, last = run.start + 1, run.end - 1
    while at < last:
        cut = None if last - at <= _PIECE else _POSITION_END.search(text, at + _PIECE, min(at + 2 * _PIECE, last))
        stop = last if cut is None else cut.start() + 1
        if stop - at > 8 * _PIECE:
            raise InvalidGeometry("a position of it is longer than any number")
        try:
            piece = msgspec.json.decode(b"[" + text[at:stop] + b"]", type=list[list[float]])
        except (msgspec.DecodeError, RecursionError) as error:
            raise InvalidGeometry("its coordinates are not lists of positions") from error
        if any(len(place) < 2 for place in piece):
            raise InvalidGeometry("a position of it is not [longitude, latitude]")
        yield piece
        at = last if cut is None else cut.end()


class _Thinner:
    """Thins the lists of one array while they come in: drops positions that are nearer than `cell` to the one before.

    Whenever more than twice as many are kept as may stay, the cell is doubled and all lists are thinned again; of twice
    too many lists the largest stay. So memory is bounded, and all that is done to a position is in proportion.
    """

    def __init__(self, most: int) -> None:
        self._most = max(most, 8)
        self._polygons: list[list[Places]] = []
        self._cell = 0.0
        self._kept = self._lists = 0
        self._nesting = 0
        self._travelled = 0.0
        self._settled = self._pruned = 0
        """Positions and lists that the last thinning and pruning left: the next ones wait for as many more."""
        self.whole = 0

    def begin(self, depth: int) -> None:
        """Begin a list, around which `depth` further lists begin."""
        if self._lists > 2 * max(MOST_PARTS, self._pruned):
            self._prune()
        if not self._polygons:
            self._nesting = depth
        if not self._polygons or depth > 0:
            self._polygons.append([])
        self._polygons[-1].append([])
        self._lists += 1

    def add(self, places: Places) -> None:
        """Add positions to the list."""
        ring = self._polygons[-1][-1]
        before = len(ring)
        self.whole += len(places)
        self._travelled += _thin(places, ring, self._cell)
        self._kept += len(ring) - before
        if self._kept > 2 * max(self._most, self._settled):
            self._coarsen()

    def result(self) -> tuple[object, int]:
        """Return the coordinates and the number of their positions."""
        if not self._polygons:
            raise InvalidGeometry("its coordinates are not lists of positions")
        self._prune()
        if self._kept > self._most:
            self._coarsen()
        polygons = self._polygons
        shaped: object = polygons
        if self._nesting == 0:  # a line, or points
            shaped = polygons[0][0]
        elif self._nesting == 1:  # rings, or lines
            shaped = polygons[0]
        return shaped, self._kept

    def _coarsen(self) -> None:
        while True:
            self._cell = max(2.0 * self._cell, self._travelled / self.whole, _SMALLEST_CELL)
            kept = 0
            for rings in self._polygons:
                for number, ring in enumerate(rings):
                    if len(ring) > _FEWEST:
                        rings[number] = []
                        _thin(ring, rings[number], self._cell)
                    kept += len(rings[number])
            # Where all lists are short, their number is what has to be less.
            if kept <= self._most or kept <= 2 * _FEWEST * self._lists or self._cell > _LARGEST_CELL:
                break
        self._kept = self._settled = kept

    def _prune(self) -> None:
        """Drop the smallest polygons, but for the last, which may go on; and the smallest of all holes and lines."""
        *others, last = self._polygons
        self._polygons = [*_largest(others, [rings[0] for rings in others]), last]
        inner = [ring for rings in self._polygons for ring in rings[1:]]
        if len(inner) > MOST_PARTS:
            stay = set(map(id, _largest(inner, inner)))
            self._polygons = [[rings[0], *(ring for ring in rings[1:] if id(ring) in stay)] for rings in self._polygons]
        self._lists = self._pruned = sum(map(len, self._polygons))
        self._kept = sum(len(ring) for rings in self._polygons for ring in rings)


def _thin(places: Places, kept: Places, cell: float) -> float:
    """Append the positions to those kept that are not nearer than `cell`; returns the length of the way.

    The last position always stays, and so do the first few.
    """
    length = 0.0
    count = len(kept)
    if count > _FEWEST:
        # The last one of the piece before was kept as the last only.
        x, y = kept[-1][0], kept[-1][1]
        if abs(x - kept[-2][0]) + abs(y - kept[-2][1]) < cell:
            kept.pop()
    x, y = (kept[-1][0], kept[-1][1]) if kept else (places[0][0], places[0][1])
    for place in places:
        apart = abs(place[0] - x) + abs(place[1] - y)
        if apart >= cell or count < _FEWEST:
            length += apart
            x, y = place[0], place[1]
            kept.append(place[:2])
            count += 1
    if kept[-1] != places[-1][:2]:
        kept.append(places[-1][:2])
    return length


def _largest(items: list[T], lists: list[Places]) -> list[T]:
    """Return the items whose lists of positions are the largest, in their order."""
    if len(items) <= MOST_PARTS:
        return items
    sizes = list(map(_extent, lists))
    least = sorted(sizes)[-MOST_PARTS]
    return [item for item, size in zip(items, sizes, strict=True) if size >= least][:MOST_PARTS]


def _extent(ring: Places) -> float:
    lons, lats = [place[0] for place in ring], [place[1] for place in ring]
    return math.hypot(max(lons) - min(lons), max(lats) - min(lats))
