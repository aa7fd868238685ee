"""The health of the disk under the data folder: which parts of the program cannot use it; reported once an outage."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tvapp.core.errors import DiskKind, StorageError
from tvapp.core.log import Log


class DiskHealth:
    """Collects the reports of every part that keeps files, from any thread; on failure each goes on in memory.

    However many files an outage concerns, the log gets one `disk.failed` for each kind of trouble in it, and one
    `disk.restored` at its end.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._failing: dict[str, StorageError] = {}
        self._told: set[DiskKind] = set()
        self.tell: Callable[[StorageError | None], None] = lambda _trouble: None
        """Called on the reporter's thread when an outage begins, changes its kind, or ends (None)."""

    @property
    def trouble(self) -> StorageError | None:
        """The most recent failure that still lasts; None while all parts can use the disk."""
        with self._lock:
            return next(reversed(self._failing.values()), None)

    def failed(self, user: str, error: StorageError) -> None:
        """Report that `user`, a part of the program, could not read or write its files."""
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
        """Report that `user` wrote its files; the outage ends when no part is left that cannot."""
        with self._lock:
            if self._failing.pop(user, None) is None or self._failing:
                return
            self._told.clear()
        self._end()

    def all_recovered(self) -> None:
        """End the outage, because the disk takes files again; a part that still cannot write reports it anew."""
        with self._lock:
            if not self._failing:
                return
            self._failing.clear()
            self._told.clear()
        self._end()

    def _end(self) -> None:
        self._log.event("disk.restored")
        self.tell(None)
