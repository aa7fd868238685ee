"""Checks patterns against the configured hash on a worker, and keeps the number of wrong tries over restarts."""

from __future__ import annotations

from pathlib import Path

from tvapp.core.errors import StorageError
from tvapp.core.files import make_private_dir, read_bounded, remove, write_atomic
from tvapp.core.jobs import Jobs
from tvapp.core.log import Log
from tvapp.remote.pattern import Pattern
from tvapp.remote.pattern_hash import PatternHash
from tvapp.ui.messages import LockKnown, PatternChecked

TRIES = "lock-tries"
_MOST_BYTES = 32


class LockKeeper:
    """Belongs to the main thread; answers come as messages."""

    def __init__(self, text: str, data_dir: Path, jobs: Jobs, log: Log) -> None:
        self._hash = PatternHash.parse(text)
        self._path = data_dir / TRIES
        self._jobs = jobs
        self._log = log

    def begin(self) -> None:
        """Find out how many tries were wrong so far; answered by LockKnown."""
        path = self._path

        def read() -> LockKnown:
            try:
                data = read_bounded(path, _MOST_BYTES)
            except StorageError:
                data = b"0"
            text = (data or b"0").decode(errors="replace").strip()
            # A file that makes no sense is as good as one that was tampered with: wait as after some wrong tries.
            return LockKnown(int(text) if text.isascii() and text.isdecimal() else 3)

        self._jobs.run("lock.read", read)

    def try_pattern(self, pattern: Pattern, wrong_tries: int) -> None:
        """Check a pattern; `wrong_tries` counts this one too, and is on the disk before. Answered by PatternChecked."""
        path, expected, log = self._path, self._hash, self._log

        def check() -> PatternChecked:
            try:
                make_private_dir(path.parent)
                write_atomic(path, str(wrong_tries).encode())
            except StorageError as error:
                log.event("lock.not_kept", level="warning", reason=error.reason)
            right = expected.matches(pattern)
            if right:
                try:
                    remove(path)
                except StorageError as error:
                    log.event("lock.not_kept", level="warning", reason=error.reason)
            log.event("lock.tried", level="info" if right else "warning", right=right, tries=wrong_tries)
            return PatternChecked(right)

        self._jobs.run("lock.check", check)
