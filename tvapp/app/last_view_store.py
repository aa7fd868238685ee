"""Stores the view of the map on the disk, so that the next start shows it again: private, small, seldom written.

There is one file for each account, named by a digest. It serves every next start: after a crash, a power cut, a reboot,
or a night. Signing out removes it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tvapp.config.model import Config
from tvapp.core.errors import DataError, StorageError
from tvapp.core.files import make_private_dir, read_bounded, write_atomic
from tvapp.core.jobs import JobFailed, JobResult, Jobs
from tvapp.core.log import Log
from tvapp.mapview.last_view import MAX_BYTES, LastView, pack, unpack

READ, WRITE = "view.read", "view.write"
WRITE_AFTER_S = 5.0
"""After a change: a viewer who looks around changes the view again and again."""
WRITE_EVERY_S = 60.0
"""Not more often: memory cards wear out."""


@dataclass(frozen=True, slots=True)
class LastViewKnown:
    """The last view of an account, which `path` tells; None: there is none that can be used."""

    path: Path
    view: LastView | None


@dataclass(frozen=True, slots=True)
class _Written(JobResult):
    service = "view"
    path: Path


class LastViewStore:
    """Stores the view of one account at a time. Belongs to the main thread; all but `flush` return at once."""

    def __init__(self, config: Config, folder: Path, jobs: Jobs, log: Log) -> None:
        self._folder = folder
        # After another home or style is configured, the next start shows that.
        home = config.view.home
        self._basis = digest(f"{home}\n{config.maps.style}\n{config.maps.endpoint}")
        self._jobs = jobs
        self._log = log
        self._path: Path | None = None
        self._stored: LastView | None = None
        self._noted: LastView | None = None
        self._write_at: float | None = None
        self._rest_until = 0.0
        self._is_writing = False

    def open(self, account: str) -> Path:
        """Serve the account of that stable id ("" without accounts); answered by LastViewKnown of the returned path."""
        self.close()
        path = self._folder / f"{digest(account)}.json"
        self._path = path
        self._jobs.run(READ, lambda: LastViewKnown(path, self._read(path)))
        return path

    def close(self) -> None:
        """Let go of the account; what is on the disk stays."""
        self._path = self._stored = self._noted = self._write_at = None
        self._rest_until = 0.0

    def receive(self, message: object, now: float) -> None:
        """Take what was read or written."""
        match message:
            case LastViewKnown(path=path, view=view) if path == self._path:
                self._stored = self._noted = view
            case _Written() | JobFailed(name="view.write"):
                self._is_writing = False

    def note(self, view: LastView, now: float) -> None:
        """Take what the map shows now, and write what is due."""
        if self._path is None:
            return
        if view != self._noted:
            self._noted = view
            if view == self._stored:
                self._write_at = None
            elif self._write_at is None:
                self._write_at = max(now + WRITE_AFTER_S, self._rest_until)
        if self._write_at is not None and now >= self._write_at and not self._is_writing:
            path = self._path
            self._write_at, self._stored = None, view
            self._rest_until = now + WRITE_EVERY_S
            self._is_writing = True
            self._jobs.run(WRITE, lambda: self._write(path, view))

    def flush(self) -> None:
        """Write at once what is due later: the program ends. Blocks."""
        path, view = self._path, self._noted
        if self._write_at is not None and path is not None and view is not None:
            self._write_at = None
            self._write(path, view)

    def next_wakeup(self) -> float | None:
        """Tell when `note` has something to do."""
        return None if self._is_writing else self._write_at

    def _read(self, path: Path) -> LastView | None:
        try:
            data = read_bounded(path, MAX_BYTES)
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
    """Return a text for a file or its name that stands for another one and does not reveal it."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]
