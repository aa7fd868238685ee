"""What the map shows, kept on the disk so that the next start shows it again: private, small, seldom written.

One file for each account, named by a digest. It is for every next start: after a crash, a power cut, a reboot, or a
night. Signing out removes it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tvapp.config.model import Config
from tvapp.core.data_folder import VIEWS
from tvapp.core.errors import DataError, StorageError
from tvapp.core.files import make_private_dir, read_bounded, write_atomic
from tvapp.core.jobs import JobFailed, Jobs
from tvapp.core.log import Log
from tvapp.mapview.last_view import MOST_BYTES, LastView, pack, unpack

READ, WRITE = "view.read", "view.write"
WRITE_AFTER_S = 5.0
"""After a change: somebody who looks around changes it again and again."""
WRITE_EVERY_S = 60.0
"""Not more often, for the sake of memory cards."""


@dataclass(frozen=True, slots=True)
class LastViewKnown:
    """What an account saw last; None: nothing that can be used. `path` tells whose it is."""

    path: Path
    view: LastView | None


@dataclass(frozen=True, slots=True)
class _Written:
    path: Path


class LastViewStore:
    """Keeps the view of one account at a time. Belongs to the main thread; returns at once, but for `flush`."""

    def __init__(self, config: Config, data_dir: Path, jobs: Jobs, log: Log) -> None:
        self._folder = data_dir / VIEWS
        # Whoever configures another home or style wants to see it at the next start.
        home = config.view.home
        self._basis = digest(f"{home}\n{config.maps.style}\n{config.maps.endpoint}")
        self._jobs = jobs
        self._log = log
        self._path: Path | None = None
        self._kept: LastView | None = None
        self._seen: LastView | None = None
        self._write_at: float | None = None
        self._rest_until = 0.0
        self._is_writing = False

    def open(self, account: str) -> Path:
        """Serve the account of that stable id ("" where a key opens the map); answered by LastViewKnown of the path."""
        self.close()
        path = self._folder / f"{digest(account)}.json"
        self._path = path
        self._jobs.run(READ, lambda: LastViewKnown(path, self._read(path)))
        return path

    def close(self) -> None:
        """Let go of the account; what is on the disk stays."""
        self._path = self._kept = self._seen = self._write_at = None
        self._rest_until = 0.0

    def receive(self, message: object) -> bool:
        """Take note of what the disk says; True when the message was for nobody else."""
        match message:
            case LastViewKnown(path=path, view=view) if path == self._path:
                self._kept = self._seen = view
            case _Written() | JobFailed(name="view.write"):
                self._is_writing = False
                return True
        return False

    def look(self, view: LastView, now: float) -> None:
        """Take note of what the map shows now, and write what is due."""
        if self._path is None:
            return
        if view != self._seen:
            self._seen = view
            if view == self._kept:
                self._write_at = None
            elif self._write_at is None:
                self._write_at = max(now + WRITE_AFTER_S, self._rest_until)
        if self._write_at is not None and now >= self._write_at and not self._is_writing:
            path = self._path
            self._write_at, self._kept = None, view
            self._rest_until = now + WRITE_EVERY_S
            self._is_writing = True
            self._jobs.run(WRITE, lambda: self._write(path, view))

    def flush(self) -> None:
        """The program ends: write at once what is due some time. Blocks."""
        path, view = self._path, self._seen
        if self._write_at is not None and path is not None and view is not None:
            self._write_at = None
            self._write(path, view)

    def next_wakeup(self) -> float | None:
        """Tell when `look` has something to do."""
        return None if self._is_writing else self._write_at

    def _read(self, path: Path) -> LastView | None:
        try:
            data = read_bounded(path, MOST_BYTES)
            if data is None:
                return None
            view = unpack(data, self._basis)
        except (StorageError, DataError) as error:
            self._log.event("view.not_restored", level="warning", reason=error.reason)
            return None
        self._log.event("view.restored", zoom=round(view.zoom, 2), base=view.choice.base.value)
        return view

    def _demand(self, path: Path) -> None:
        if path != self._path:
            raise StorageError(str(path), "the account is gone")

    def _write(self, path: Path, view: LastView) -> _Written:
        try:
            make_private_dir(path.parent)
            write_atomic(path, pack(view, self._basis), before_replacing=lambda _fd: self._demand(path))
        except StorageError as error:
            self._log.event("view.not_kept", level="warning", reason=error.reason)
        return _Written(path)


def digest(text: str) -> str:
    """Return what stands for a text in a file name or file, and tells nothing of it."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]
