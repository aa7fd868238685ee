"""Messages from the outbox to the screens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tvapp.core.errors import StorageError, TvappError

# For types alone: the first frame must not wait for modules that only edits need.
if TYPE_CHECKING:
    from tvapp.fences.model.change import Step
    from tvapp.fences.outbox.outbox import Arrived, Entry


@dataclass(frozen=True, slots=True)
class OutboxChanged:
    """The changes that are not in the store yet, oldest first.

    `sending` is the number of the entry being sent, at `step`. The entries `unsaved` are not on the disk yet. `error`
    is why the last attempt failed, `disk_error` why nothing can be saved. `unreadable` is the number of files whose
    changes could not be read; they stay on the disk. `arrived` are the changes that reached the store since the last
    message.
    """

    entries: tuple[Entry, ...] = ()
    sending: int | None = None
    step: Step | None = None
    unsaved: frozenset[int] = frozenset()
    error: TvappError | None = None
    disk_error: StorageError | None = None
    unreadable: int = 0
    arrived: tuple[Arrived, ...] = ()
