"""The protocols of a store of geofences: reading, watching and writing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar, runtime_checkable

from tvapp.core.errors import TvappError
from tvapp.fences.model.fence import Geofence, Skipped

if TYPE_CHECKING:
    from tvapp.fences.model.change import Change, Outcome, Step
    from tvapp.fences.stores.file_reader import FileReader

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The content of a store. `unchanged`: it is the same as last time, and nothing else is filled in.

    `as_of` is set where a part could not be read now and is as it was before: the time at which the oldest such part
    was last known to be right, in seconds since 1970 UTC. When that time appears, moves or goes, the content counts as
    changed. `refused` names the files that cannot be read and were not read before, since this program started.
    """

    fences: tuple[Geofence, ...]
    skipped: tuple[Skipped, ...]
    unchanged: bool = False
    as_of: float | None = None
    refused: tuple[str, ...] = ()


UNCHANGED = Loaded((), (), unchanged=True)


class Store(Protocol):
    """A place where geofences are stored."""

    @property
    def name(self) -> str:
        """The store's name in the configuration and in log events."""
        ...

    async def load(self) -> Loaded:
        """Read everything; a file or Feature that cannot be read is skipped.

        Raises:
            TvappError: nothing can be read now; the geofences on the map stay.
        """
        ...


class ReadingStore(Store, Protocol):
    """A store that reads files; another reader may be set before the first load."""

    reader: FileReader


@runtime_checkable
class Watchable(Protocol):
    """A store that notices when its content is changed."""

    async def watch(self) -> None:
        """Return once the content may differ from that of the last `load`; call it again after the next load.

        Never returns where changes cannot be noticed, so loading at intervals is still needed. Own changes may be
        noticed too. Cancel it to stop watching.
        """
        ...


Note: TypeAlias = "Callable[[Step], Awaitable[None]]"
"""Called with the progress of a change; returns once a `resume` in it is on the disk."""


@runtime_checkable
class WritableStore(Store, Protocol):
    """A store that takes changes."""

    async def send(self, change: Change, *, note: Note, resume: str = ...) -> Outcome:
        """Bring one change into the store, unless another client has changed the same geofence.

        Idempotent: it may be called again with the same change, whatever became of the call before (its answer was
        lost, the program was killed). `resume` is the last one passed to `note`. After `Stored`, the next `load` shows
        the change without reading its file again.

        Raises:
            NetworkError, Throttled, ServiceDown, SignInError, StorageError: not now; try again later.
            StoreRetired, DataError, other ServiceError: the store will never take this change.
        """
        ...


class StoreRetired(TvappError):
    """The service behind the store no longer exists at `host`; another store has to be configured.

    `status` is that of its answer, 0 without one.
    """

    def __init__(self, host: str, status: int = 0) -> None:
        super().__init__(f"{host}: the service was retired" + (f" ({status})" if status else ""))
        self.host = host
        self.status = status


class Workers(Protocol):
    """Runs what takes long, such as reading and parsing files (`core.jobs.Jobs` implements it)."""

    async def in_worker(self, work: Callable[[], T]) -> T:
        """Run `work` on another thread and return its result."""
        ...


class SameThread:
    """Runs the work at once, for programs without a screen."""

    async def in_worker(self, work: Callable[[], T]) -> T:
        return work()
