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
from typing import TypeVar

import msgspec

from tvapp.fences.geojson.geometry import InvalidGeometry

T = TypeVar("T")

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
    runs = {array: list(_runs(text, *array)) for array in arrays}
    every = [run for each in runs.values() for run in each]
    length, whole = 0.0, 0
    for run in every:
        travelled, count = _measured(text, run)
        length, whole = length + travelled, whole + count
    if not whole:
        raise InvalidGeometry(f"larger than {(end - start) >> 20} MB")
    cell = max(length * 1.5 / MOST_POSITIONS, 1e-7)
    pieces, at, kept = [], start, 0
    for array in arrays:
        thinned, count = _thinned(text, runs[array], cell)
        pieces += [text[at : array[0]], thinned]
        at, kept = array[1], kept + count
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


def _positions(text: bytes, run: _Run) -> Iterator[list[list[float]]]:
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


def _measured(text: bytes, run: _Run) -> tuple[float, int]:
    """Return the length of a list in its own unit, and the number of its positions."""
    length, count = 0.0, 0
    before: list[float] | None = None
    for piece in _positions(text, run):
        for place in piece:
            if before is not None:
                length += abs(place[0] - before[0]) + abs(place[1] - before[1])
            before = place
        count += len(piece)
    return length, count


def _thinned(text: bytes, runs: list[_Run], cell: float) -> tuple[bytes, int]:
    """Return the text of an array without positions that are nearer than `cell` to the one before, and how many stay.

    Of too many lists the largest stay; with an outline go its holes.
    """
    if not runs:
        raise InvalidGeometry("its coordinates are not lists of positions")
    lists = [_thinned_list(text, run, cell) for run in runs]
    nesting = runs[0].depth
    polygons: list[list[list[list[float]]]] = []
    for run, each in zip(runs, lists, strict=True):
        if run is runs[0] or run.depth > 0:
            polygons.append([])
        polygons[-1].append(each)
    chosen = [[rings[0], *_largest(rings[1:], rings[1:])] for rings in polygons]
    chosen = _largest(chosen, [rings[0] for rings in chosen])
    kept = sum(len(ring) for rings in chosen for ring in rings)
    shaped: object = chosen
    if nesting == 0:  # a line, or points
        shaped = chosen[0][0]
    elif nesting == 1:  # rings, or lines: lists of lists of positions
        shaped = [ring for rings in chosen for ring in rings]
    return msgspec.json.encode(shaped), kept


def _thinned_list(text: bytes, run: _Run, cell: float) -> list[list[float]]:
    kept: list[list[float]] = []
    last: list[float] = []
    skipped: list[list[float]] = []
    for piece in _positions(text, run):
        for place in piece:
            last = place[:2]
            if not kept or abs(place[0] - kept[-1][0]) + abs(place[1] - kept[-1][1]) >= cell:
                kept.append(last)
            elif len(skipped) < 2:
                skipped.append(last)
    if last != kept[-1]:
        kept.append(last)
    if len(kept) < 4:
        # A part smaller than a cell keeps some of its corners.
        kept = [kept[0], *skipped, last]
    return kept


def _largest(items: list[T], lists: list[list[list[float]]]) -> list[T]:
    """Return the items whose lists of positions are the largest, in their order."""
    if len(items) <= MOST_PARTS:
        return items
    sizes = list(map(_extent, lists))
    least = sorted(sizes)[-MOST_PARTS]
    return [item for item, size in zip(items, sizes, strict=True) if size >= least][:MOST_PARTS]


def _extent(ring: list[list[float]]) -> float:
    lons, lats = [place[0] for place in ring], [place[1] for place in ring]
    return math.hypot(max(lons) - min(lons), max(lats) - min(lats))
