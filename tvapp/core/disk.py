"""What is known of the disk under the data directory: who cannot use it, and since when; told once an outage."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tvapp.core.errors import DiskKind, StorageError
from tvapp.core.log import Log


class DiskHealth:
    """Everybody who keeps something on the disk reports here, from any thread, and goes on in memory.

    However many files an outage concerns, the log gets one `disk.failed` for each kind of trouble in it, and one
    `disk.restored` at its end.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._failing: dict[str, StorageError] = {}
        self._told: set[DiskKind] = set()
        self.tell: Callable[[StorageError | None], None] = lambda _trouble: None
        """Told, from the reporter's thread, when an outage begins, becomes another one, or ends (None)."""

    @property
    def trouble(self) -> StorageError | None:
        """Why something cannot be kept, by whom it was met last; None while all goes well."""
        with self._lock:
            return next(reversed(self._failing.values()), None)

    def failed(self, user: str, error: StorageError) -> None:
        """Somebody could not read or write what is theirs; `user` names what that is."""
        with self._lock:
            self._failing.pop(user, None)
            self._failing[user] = error
            is_news = error.kind not in self._told
            self._told.add(error.kind)
        if is_news:
            self._log.event(
                "disk.failed", level="warning", kind=error.kind, what=user, reason=error.reason, next="memory only"
            )
            self.tell(error)

    def worked(self, user: str) -> None:
        """Somebody wrote what is theirs; the outage ends with the last one whom it concerned."""
        with self._lock:
            if self._failing.pop(user, None) is None or self._failing:
                return
            self._told.clear()
        self._end()

    def all_recovered(self) -> None:
        """The disk takes files again: whoever finds otherwise will say so."""
        with self._lock:
            if not self._failing:
                return
            self._failing.clear()
            self._told.clear()
        self._end()

    def _end(self) -> None:
        self._log.event("disk.restored")
        self.tell(None)
