"""What workers and the main thread tell each other about geofences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tvapp.core.errors import StorageError, TvappError
from tvapp.core.image import Image
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Geofence, Ring, Skipped
from tvapp.geo.position import Bounds, Position

# For types alone: the first picture must not wait for what only edits need.
if TYPE_CHECKING:
    from tvapp.fences.model.change import Step
    from tvapp.fences.outbox.outbox import Arrived, Entry


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
    """A store was read, in `ms` milliseconds. `as_of` as in `stores.base.Loaded`."""

    store: str
    fences: tuple[Geofence, ...]
    skipped: tuple[Skipped, ...]
    ms: float
    as_of: float | None = None


@dataclass(frozen=True, slots=True)
class FencesKept:
    """What a store gave last time, from the disk; right at `as_of`, in seconds since 1970 UTC."""

    fences: tuple[Geofence, ...]
    as_of: float


@dataclass(frozen=True, slots=True)
class FencesUnchanged:
    """A store was read, and nothing is new."""


@dataclass(frozen=True, slots=True)
class FencesUnavailable:
    """A store could not be read; what was shown before stays."""

    store: str
    error: TvappError


@dataclass(frozen=True, slots=True, eq=False)
class IndexBuilt:
    """A new book and its index. `changed` tells where pictures differ from the former one; None: anywhere."""

    index: Index
    book: FenceBook
    revision: int
    changed: tuple[Bounds, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """A name on the map: its picture is drawn centred at `position`, `dx`, `dy` real pixels further."""

    key: object
    fence_id: str
    position: Position
    image: Image
    dx: int = 0
    dy: int = 0


@dataclass(frozen=True, slots=True)
class FencesRestated:
    """Time has passed: some fences came into force or ran out, within these boxes."""

    changed: tuple[Bounds, ...]
    revision: int


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """Which names are wanted: what the map shows (with a margin), at which zoom."""

    bounds: Bounds
    zoom: int
    selected: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LabelsPlaced:
    """The names for one zoom level, most important first."""

    labels: tuple[Label, ...]
    zoom: int
    revision: int


@dataclass(frozen=True, slots=True)
class OutboxChanged:
    """The changes that are not in the store yet, oldest first.

    `sending` is the number of the one under way, at `step`. `unsaved` are not on the disk yet. `error` tells why the
    last attempt failed, `disk_error` why nothing can be saved. `unreadable` files of before hold changes that could not
    be read; they stay on the disk. `arrived` are those that reached the store since the last message.
    """

    entries: tuple[Entry, ...] = ()
    sending: int | None = None
    step: Step | None = None
    unsaved: frozenset[int] = frozenset()
    error: TvappError | None = None
    disk_error: StorageError | None = None
    unreadable: int = 0
    arrived: tuple[Arrived, ...] = ()
