"""The collection of geofences on this screen: found by id, listed by name."""

from __future__ import annotations

import itertools
import math
import operator
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from tvapp.fences.model import extent
from tvapp.fences.model.fence import Circle, Geofence
from tvapp.fences.model.kinds import TakenNames
from tvapp.fences.model.validity import ALWAYS
from tvapp.geo.position import Bounds

_FEW = 1_000
"""With more fences added or removed than this, listing all of them anew costs less."""


class FenceBook:
    """An immutable collection of geofences with unique ids, and the number of features that could not be shown."""

    __slots__ = ("_by_id", "_listed", "_timed", "bounds", "fences", "skipped_count", "taken_names", "unknown_count")

    def __init__(self, fences: Iterable[Geofence] = (), skipped_count: int = 0, older: FenceBook | None = None) -> None:
        """List the fences. Much cheaper where most of them are the same objects as in an `older` book."""
        self.fences: tuple[Geofence, ...] = with_unique_ids(fences)
        self.skipped_count = skipped_count
        self._timed = tuple(fence for fence in self.fences if fence.validity is not ALWAYS)
        self.unknown_count = sum(not fence.validity.is_known for fence in self._timed)
        """Geofences whose times could not be read, or not all of them."""
        self._by_id: Mapping[str, Geofence] = {fence.id: fence for fence in self.fences}
        self.bounds: Bounds | None
        self._listed: tuple[Geofence, ...]
        self.taken_names: TakenNames
        if older is not None:
            came, gone = self._beyond(older), older._beyond(self)
            if len(came) + len(gone) <= _FEW:
                self.bounds = _bounds_after(older, came, gone, self.fences)
                self.taken_names = older.taken_names.changed((each.name for each in gone), (each.name for each in came))
                self._listed = _listed_after(older._listed, came, gone)
                return
        self.bounds = extent.union(_outer(self.fences))
        self.taken_names = TakenNames(fence.name for fence in self.fences)
        self._listed = _by_name(self.fences)

    def _beyond(self, other: FenceBook) -> list[Geofence]:
        """Return the fences that another book does not hold as the same objects."""
        return [fence for fence in self.fences if other._by_id.get(fence.id) is not fence]

    def __len__(self) -> int:
        return len(self.fences)

    def __iter__(self) -> Iterator[Geofence]:
        return iter(self.fences)

    def __contains__(self, fence_id: object) -> bool:
        return fence_id in self._by_id

    def get(self, fence_id: str) -> Geofence | None:
        """Return the fence of an id; None where there is none."""
        return self._by_id.get(fence_id)

    @property
    def listed(self) -> tuple[Geofence, ...]:
        """All fences sorted by name, numbers in names by value (`Depot 9` before `Depot 10`)."""
        return self._listed

    def next_change(self, now: float) -> float | None:
        """Return the next instant at which the state of a fence may change; None: never."""
        changes = [at for fence in self._timed if (at := fence.validity.next_change(now)) is not None]
        return min(changes, default=None)

    def changed_bounds(self, older: FenceBook) -> tuple[Bounds, ...]:
        """Return where the pictures of two books differ: the boxes of fences that were added, removed or changed."""
        boxes = [fence.bounds for fence in self._beyond(older) if older._by_id.get(fence.id) != fence]
        boxes += [fence.bounds for fence in older._beyond(self) if self._by_id.get(fence.id) != fence]
        return tuple(dict.fromkeys(boxes))

    def restated_bounds(self, before: float, now: float) -> tuple[Bounds, ...]:
        """Return the boxes of fences whose state at `now` differs from that at `before`."""
        return tuple(dict.fromkeys(fence.bounds for fence in self._timed if fence.state(before) != fence.state(now)))


def with_unique_ids(fences: Iterable[Geofence]) -> tuple[Geofence, ...]:
    """Return the fences in the same order; a repeated id gets the suffix `~2`, `~3` ... and a note."""
    fences = tuple(fences)
    if len({fence.id for fence in fences}) == len(fences):
        return fences
    ids = UniqueIds()
    result = []
    for fence in fences:
        fence_id = ids.take(fence.id)
        if fence_id != fence.id:
            note = f"another fence has the same id {fence.id}"
            result.append(msgspec.structs.replace(fence, id=fence_id, notes=(*fence.notes, note)))
        else:
            result.append(fence)
    return tuple(result)


class UniqueIds:
    """Gives each id out once, however often the same one is asked for.

    >>> ids = UniqueIds()
    >>> [ids.take("a") for _ in range(3)]
    ['a', 'a~2', 'a~3']
    """

    __slots__ = ("_last", "_taken")

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}
        """The last number of each id that was asked for again: all before it are taken."""

    def take(self, wanted: str) -> str:
        """Return `wanted`, or `wanted~2`, `wanted~3` ... when that is taken."""
        fence_id = wanted
        if fence_id in self._taken:
            number = self._last.get(wanted, 1)
            while fence_id in self._taken:
                number += 1
                fence_id = f"{wanted}~{number}"
            self._last[wanted] = number
        self._taken.add(fence_id)
        return fence_id


def _by_name(fences: Sequence[Geofence]) -> tuple[Geofence, ...]:
    # Sorting holds the GIL, so it runs in portions: first of the list, then of the alphabet.
    portions = [
        sorted(((_listing_key(fence), fence) for fence in fences[start : start + extent.BATCH]), key=_first)
        for start in range(0, len(fences), extent.BATCH)
    ]
    samples = sorted(each[0] for portion in portions for each in portion[:: len(portions)])
    limits = samples[extent.BATCH :: extent.BATCH]
    result: list[Geofence] = []
    starts = [0] * len(portions)
    for limit in (*limits, None):
        stops = [len(each) if limit is None else bisect_left(each, limit, key=_first) for each in portions]
        run = [each for portion, *ends in zip(portions, starts, stops, strict=True) for each in portion[slice(*ends)]]
        run.sort(key=_first)
        result += [fence for _, fence in run]
        starts = stops
    return tuple(result)


def _listed_after(
    listed: Sequence[Geofence], came: Iterable[Geofence], gone: Iterable[Geofence]
) -> tuple[Geofence, ...]:
    absent = {fence.id for fence in gone}
    result = [fence for fence in listed if fence.id not in absent] if absent else list(listed)
    for fence in came:
        result.insert(bisect_left(result, _listing_key(fence), key=_listing_key), fence)
    return tuple(result)


def _bounds_after(
    older: FenceBook, came: Iterable[Geofence], gone: Iterable[Geofence], fences: Iterable[Geofence]
) -> Bounds | None:
    """Return the box around the fences: the older one with those added, unless a removed one touched its edge."""
    around = older.bounds
    if around is None or any(_reaches_edge(fence.bounds, around) for fence in gone):
        return extent.union(_outer(fences))
    return extent.union((around, *(fence.bounds for fence in came)))


def _outer(fences: Iterable[Geofence]) -> Iterator[Bounds]:
    """Yield the boxes of fences, without circles that surely lie within the boxes before them."""
    west, south, east, north = math.inf, math.inf, -math.inf, -math.inf
    for fence in fences:
        shape = fence.shapes[0]
        if isinstance(shape, Circle) and len(fence.shapes) == 1:
            lon, lat, reach = shape.center.lon, shape.center.lat, shape.radius_m * _MOST_DEGREES_PER_METRE
            is_within_lat = max(south, -_FAR_NORTH) + reach <= lat <= min(north, _FAR_NORTH) - reach
            if is_within_lat and west + 3 * reach <= lon <= east - 3 * reach:
                continue
        box = fence.bounds
        yield box
        if box.east < box.west:
            continue
        if west > east:
            west, south, east, north = box.west, box.south, box.east, box.north
        elif box.west <= east and box.east >= west:
            # What touches it makes one stretch of longitudes with it.
            west, south = min(west, box.west), min(south, box.south)
            east, north = max(east, box.east), max(north, box.north)


def _reaches_edge(inner: Bounds, outer: Bounds) -> bool:
    return (
        inner.west == outer.west or inner.east == outer.east or inner.south <= outer.south or inner.north >= outer.north
    )


_MOST_DEGREES_PER_METRE = 1.0 / 110_000.0
"""Degrees of latitude a metre; of longitude less than three times as many, up to _FAR_NORTH."""
_FAR_NORTH = 70.0
_first = operator.itemgetter(0)
_NUMBERED = re.compile(r"([^0-9]+)(|[1-9][0-9]*)")
_RUNS = re.compile(r"[0-9]+|[^0-9]+")


def _listing_key(fence: Geofence) -> str:
    """Return a sort key for the name: without case and accents, numbers by value and before letters."""
    name = fence.name
    if name.isascii():
        if plain := _NUMBERED.fullmatch(name):  # as most of a hundred thousand names are
            stem, number = plain[1].lower(), plain[2]
            return f"\x02{stem}\x01{chr(len(number))}{number}\x00{fence.id}" if number else f"\x02{stem}\x00{fence.id}"
        runs = _RUNS.findall(name.lower())
    else:
        folded = unicodedata.normalize("NFKD", name).casefold()
        folded = "".join(ch for ch in folded if not unicodedata.combining(ch))
        runs = ["".join(run) for _, run in itertools.groupby(folded, str.isdecimal)]
    # Names have no control characters: these separate the runs, and sort the end of a name before a number before text.
    parts: list[str] = []
    for run in runs:
        if run[0].isdecimal():
            digits = str(int(run))
            parts += ("\x01", chr(len(digits)), digits)
        else:
            parts += ("\x02", run)
    return "".join((*parts, "\x00", fence.id))
