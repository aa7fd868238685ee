"""Checks patterns against the configured hash on a worker, and stores the number of wrong tries for the next start."""

from __future__ import annotations

from pathlib import Path

from tvapp.core.disk import DiskHealth
from tvapp.core.errors import StorageError
from tvapp.core.files import make_private_dir, read_bounded, remove, write_atomic
from tvapp.core.jobs import Jobs
from tvapp.core.log import Log
from tvapp.core.record import MAX_HEADER_BYTES, RecordError, RecordFormat
from tvapp.remote.pattern import Pattern
from tvapp.remote.pattern_hash import PatternHash
from tvapp.ui.messages import LockKnown, PatternChecked

USER = "lock"
FORMAT = RecordFormat("lock-tries", 2)
_MOST_BYTES = MAX_HEADER_BYTES + 20

_TAMPERED = 3
"""An unreadable file may have been tampered with: wait as after this many wrong tries."""
_UNSAVED = 5
"""Where the number cannot be saved, a restart would forget it: wait as after this many wrong tries, one minute."""


def pack(tries: int) -> bytes:
    """Return a number of tries as a file."""
    return FORMAT.pack(b"%d" % tries)


def unpack(data: bytes) -> int:
    """Return the number that `pack` wrote; for any other data, the number for a file that was tampered with."""
    try:
        digits = bytes(FORMAT.unpack(data))
    except RecordError:
        return _TAMPERED
    return int(digits) if digits.isdigit() else _TAMPERED


class LockService:
    """Belongs to the main thread; results come as messages. `path` is the file for the number of wrong tries."""

    def __init__(self, text: str, path: Path, jobs: Jobs, log: Log, disk: DiskHealth | None = None) -> None:
        self._hash = PatternHash.parse(text)
        self._path = path
        self._jobs = jobs
        self._log = log
        self._disk = disk or DiskHealth(log)

    def begin(self) -> None:
        """Read how many tries were wrong so far, and whether that can be saved; answered by LockKnown."""
        path, disk = self._path, self._disk

        def read() -> LockKnown:
            try:
                data = read_bounded(path, _MOST_BYTES)
            except StorageError:
                data = b""
            tries = 0 if data is None else unpack(data)
            if not _save(path, tries, disk):
                return LockKnown(max(tries, _UNSAVED))
            if data is None:
                _remove(path, disk)
            return LockKnown(tries)

        self._jobs.run("lock.read", read)

    def try_pattern(self, pattern: Pattern, wrong_tries: int) -> None:
        """Write `wrong_tries` (this one included) to the disk, then check a pattern; answered by PatternChecked."""
        path, expected, log, disk = self._path, self._hash, self._log, self._disk

        def check() -> PatternChecked:
            is_saved = _save(path, wrong_tries, disk)
            right = expected.matches(pattern)
            if right:
                _remove(path, disk)
            log.event("lock.tried", level="info" if right else "warning", right=right, tries=wrong_tries)
            return PatternChecked(right, least_tries=0 if is_saved else _UNSAVED)

        self._jobs.run("lock.check", check)


def _save(path: Path, tries: int, disk: DiskHealth) -> bool:
    try:
        make_private_dir(path.parent, ours=0)
        write_atomic(path, pack(tries))
    except StorageError as error:
        disk.failed(USER, error)
        return False
    disk.worked(USER)
    return True


def _remove(path: Path, disk: DiskHealth) -> None:
    try:
        remove(path)
    except StorageError as error:
        disk.failed(USER, error)
