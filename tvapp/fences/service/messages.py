"""What workers tell the main thread about the geofences of a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tvapp.core.errors import TvappError
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Geofence, Ring, Skipped
from tvapp.geo.position import Bounds, Position


class Index(Protocol):
    """What the main thread may ask the spatial index (`fences.index` builds it)."""

    def __len__(self) -> int: ...

    def at(self, position: Position, now_s: float, tolerance_m: float = 0.0) -> tuple[Geofence, ...]:
        """Return the fences at a place, the smallest first."""
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
class FencesKept:
    """What a store gave last time, from the disk; right at `as_of`, in seconds since 1970 UTC."""

    fences: tuple[Geofence, ...]
    as_of: float


@dataclass(frozen=True, slots=True)
class FencesUnchanged:
    """A store was read, and nothing is new."""

    load_number: int = 0


@dataclass(frozen=True, slots=True)
class FencesUnavailable:
    """A store could not be read; what was shown before stays."""

    store: str
    error: TvappError
    load_number: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class IndexBuilt:
    """A new book and its index. `changed` tells where pictures differ from the former one; None: anywhere."""

    index: Index
    book: FenceBook
    revision: int
    changed: tuple[Bounds, ...] | None = None


@dataclass(frozen=True, slots=True)
class FencesRestated:
    """Time has passed: some fences came into force or ran out, within these boxes."""

    changed: tuple[Bounds, ...]
    revision: int
