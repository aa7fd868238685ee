"""What every store of geofences can do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar, runtime_checkable

from tvapp.core.errors import TvappError
from tvapp.fences.model.fence import Geofence, Skipped

if TYPE_CHECKING:
    from tvapp.fences.model.change import Change, Outcome, Step

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a store holds. `unchanged` means the same as last time: nothing else is filled in.

    `as_of` is set where part of it could not be read now and is shown as it was before: when the oldest such part was
    last known to be right, in seconds since 1970 UTC. It counts as a change when that begins, ends or moves.
    """

    fences: tuple[Geofence, ...]
    skipped: tuple[Skipped, ...]
    unchanged: bool = False
    as_of: float | None = None


UNCHANGED = Loaded((), (), unchanged=True)


class Store(Protocol):
    """A place where geofences live."""

    @property
    def name(self) -> str:
        """The store's name in the configuration and in log events."""
        ...

    async def load(self) -> Loaded:
        """Read everything; what cannot be read by itself is skipped.

        Raises:
            TvappError: nothing can be read now; what is shown stays.
        """
        ...


@runtime_checkable
class Watchable(Protocol):
    """A store that notices by itself when somebody changes what it holds."""

    async def watch(self) -> None:
        """Return once the store may hold something else than at the last `load`; call it again after that one.

        Never returns where changes cannot be noticed; loading now and then is needed all the same. Own changes may be
        noticed too. Cancel it to stop watching.
        """
        ...


Note: TypeAlias = "Callable[[Step], Awaitable[None]]"
"""Told how far a change has come; returns once that is kept on disk."""


@runtime_checkable
class WritableStore(Store, Protocol):
    """A store that takes changes."""

    async def send(self, change: Change, *, note: Note, resume: str = "") -> Outcome:
        """Bring one change into the store, unless somebody else has changed the same geofence.

        Safe to call again with the same change, whatever became of the call before (its answer was lost, the program
        was killed): what the store holds already is not written twice. `resume` is what `note` was last told. After
        `Stored`, the next `load` shows the change, at no cost.

        Raises:
            NetworkError, Throttled, ServiceDown, SignInError, StorageError: not now; try again later.
            StoreRetired, DataError, other ServiceError: the store will never take this change.
        """
        ...


class StoreRetired(TvappError):
    """The service behind the store no longer exists at `host`; another store has to be configured.

    `status` is what was answered, 0 where nothing was.
    """

    def __init__(self, host: str, status: int = 0) -> None:
        super().__init__(f"{host}: the service was retired" + (f" ({status})" if status else ""))
        self.host = host
        self.status = status


class Workers(Protocol):
    """Where a store does what takes long: parsing and reading files (`core.jobs.Jobs` has it)."""

    async def in_worker(self, work: Callable[[], T]) -> T:
        """Run `work` elsewhere and return its result."""
        ...


class SameThread:
    """Works at once, for programs without a screen."""

    async def in_worker(self, work: Callable[[], T]) -> T:
        return work()
