"""Watches the data folder: posts outages of the disk, and finds out when it takes files again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from tvapp.core.clock import Clock
from tvapp.core.disk import DiskHealth
from tvapp.core.errors import StorageError
from tvapp.core.files import make_private_dir, remove, write_atomic
from tvapp.core.jobs import JobFailed, JobResult, Jobs

PROBE_BYTES = 256 << 10
"""A disk with room for this much has room for every write but the largest batches of tiles."""
PROBE_AFTER_S = 30.0
PROBE_AT_MOST_S = 600.0
LOOK_EVERY_S = 600.0
"""How often to check that the folder is still there: the next write may come much later."""
FIRST_LOOK_S = 5.0
PROBE, LOOK = "disk.probe", "disk.look"


@dataclass(frozen=True, slots=True)
class DiskChanged:
    """An outage of the disk began, or changed its kind; None: it is over."""

    trouble: StorageError | None


@dataclass(frozen=True, slots=True)
class _Looked(JobResult):
    service = "disk"


class DiskWatch:
    """Belongs to the main thread; workers use the disk."""

    def __init__(self, data_dir: Path, disk: DiskHealth, jobs: Jobs, clock: Clock) -> None:
        self._data_dir = data_dir
        self._disk = disk
        self._jobs = jobs
        self._is_failing = disk.trouble is not None
        self._at = clock.monotonic() + (PROBE_AFTER_S if self._is_failing else FIRST_LOOK_S)
        self._pause_s = PROBE_AFTER_S
        self._is_looking = False
        self._restored_at: float | None = None
        self._identity: tuple[int, int] | None = None
        disk.tell = lambda trouble: jobs.inbox.post(DiskChanged(trouble))

    def receive(self, message: object, now: float) -> None:
        """Take what DiskHealth or a job of this watch reports."""
        match message:
            case DiskChanged(None):
                self._is_failing = False
                self._restored_at = now
                self._at = now + LOOK_EVERY_S
            case DiskChanged() if not self._is_failing:
                self._is_failing = True
                # A disk that fails again soon is probed ever less often.
                is_again = self._restored_at is not None and now - self._restored_at < 2 * self._pause_s
                self._pause_s = min(self._pause_s * 2, PROBE_AT_MOST_S) if is_again else PROBE_AFTER_S
                self._at = now + self._pause_s
            case _Looked():
                self._is_looking = False
            case JobFailed(name) if name in (PROBE, LOOK):
                self._is_looking = False

    def tick(self, now: float) -> None:
        """Check or probe the disk when it is time."""
        if now < self._at or self._is_looking:
            return
        self._is_looking = True
        if self._is_failing:
            self._at = now + self._pause_s
            self._jobs.run(PROBE, self._probe)
        else:
            self._at = now + LOOK_EVERY_S
            self._jobs.run(LOOK, self._look)

    def next_wakeup(self) -> float | None:
        """Tell when `tick` has something to do."""
        return None if self._is_looking else self._at

    def _probe(self) -> _Looked:
        path = self._data_dir / ".probe"
        try:
            make_private_dir(self._data_dir, ours=0)
            # Random: a file system could compress anything else to nothing.
            write_atomic(path, secrets.token_bytes(PROBE_BYTES))
            remove(path)
        except StorageError as error:
            self._disk.failed("probe", error)
            return _Looked()
        self._identity = _identity(self._data_dir)
        self._disk.all_recovered()
        return _Looked()

    def _look(self) -> _Looked:
        former, self._identity = self._identity, _identity(self._data_dir)
        if self._identity is None or (former is not None and former != self._identity):
            # A new folder in its place counts too: a writer made it, and the files of the others are gone.
            self._disk.failed("data-dir", StorageError(str(self._data_dir), "the folder has gone", "gone"))
        return _Looked()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
