"""Messages from workers to the main thread about the geofences of a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tvapp.core.errors import TvappError
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Geofence, Ring, Skipped
from tvapp.geo.position import Bounds, Position


class Lines(Protocol):
    """Points in world units, as rows of an array."""

    def tolist(self) -> list[list[float]]: ...


class Index(Protocol):
    """The part of the spatial index that the main thread uses (`fences.index` builds it)."""

    def __len__(self) -> int: ...

    def distances_at(
        self, position: Position, now_s: float, tolerance_m: float = 0.0
    ) -> tuple[tuple[Geofence, float], ...]:
        """Return the fences at a position, the smallest first, then the near ones; each with its distance in metres."""
        ...

    def seem_swapped(self, home: Position | None) -> tuple[frozenset[str], Position | None]:
        """Return the ids of fences whose longitude and latitude seem to be swapped, and the place that tells."""
        ...

    def outline_in(self, fence: Geofence, box: tuple[float, float, float, float], tolerance: float) -> Sequence[Lines]:
        """Return the lines of a detailed fence that touch a box of world units (west, north, east, south)."""
        ...

    def outline(self, fence: Geofence) -> tuple[Ring, ...]:
        """Return the rings to draw around a selected fence."""
        ...


@dataclass(frozen=True, slots=True)
class FencesLoaded:
    """A store was read, in `ms` milliseconds. `as_of` as in `stores.base.Loaded`; `load_number` tells loads apart."""

    store: str
    fences: tuple[Geofence, ...]
    skipped: tuple[Skipped, ...]
    ms: float
    as_of: float | None = None
    load_number: int = 0


@dataclass(frozen=True, slots=True)
class SnapshotRestored:
    """The geofences of an earlier run, from the disk; right at `as_of`, in seconds since 1970 UTC."""

    fences: tuple[Geofence, ...]
    as_of: float


@dataclass(frozen=True, slots=True)
class FencesUnchanged:
    """A store was read and holds nothing new."""

    load_number: int = 0


@dataclass(frozen=True, slots=True)
class FencesUnavailable:
    """A store could not be read; the geofences on the map stay."""

    store: str
    error: TvappError
    load_number: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class IndexBuilt:
    """A new book and its index. The map differs from the former one within `changed`, or anywhere (None).

    `detailed` are the fences that a worker has to measure (`model.measures`).
    """

    index: Index
    book: FenceBook
    revision: int
    changed: tuple[Bounds, ...] | None = None
    detailed: tuple[Geofence, ...] = ()


@dataclass(frozen=True, slots=True)
class FencesMeasured:
    """A worker has measured detailed geofences (`model.measures`)."""

    count: int


@dataclass(frozen=True, slots=True)
class FencesRestated:
    """Geofences within these boxes look different: time has passed, or everything was redrawn."""

    changed: tuple[Bounds, ...]
    revision: int
