"""Keeps a snapshot of the geofences on the disk, so that a start without a network shows them.

The file holds the Features of the last load as they were, for the owner alone; its modification time says when they
were last known to be right. It is written rarely, for the sake of memory cards. Signing out removes it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tvapp.core.clock import Clock
from tvapp.core.disk import DiskHealth
from tvapp.core.errors import DataError, StorageError
from tvapp.core.files import make_private_dir, read_bounded, write_atomic
from tvapp.core.jobs import JobFailed, JobResult, Jobs
from tvapp.core.log import Log
from tvapp.core.record import RecordFormat
from tvapp.fences.geojson import reading
from tvapp.fences.geojson.conventions import DEFAULT, Conventions
from tvapp.fences.model.fence import Geofence
from tvapp.fences.service.messages import FencesLoaded, FencesUnchanged, SnapshotRestored

FORMAT = RecordFormat("geofences", 3)
USER = "geofences"
MOST_BYTES = 64 << 20
READ, WRITE = "kept.read", "kept.write"
WRITE_AFTER_S = 20.0
"""Delay after a change, so that many edits cost one write."""
WRITE_EVERY_S = 600.0
"""Least time between two writes, and between two updates of the modification time."""


class _Source(msgspec.Struct):
    name: str
    size: int
    is_editable: bool = True


class _Superseded(Exception):
    """The account whose geofences are being written has signed out."""


def pack(fences: Sequence[Geofence]) -> list[bytes]:
    """Return the pieces of a record: a line of JSON that lists the sources, then a FeatureCollection for each source.

    There may be tens of megabytes: nothing is joined.
    """
    by_source: dict[tuple[str, bool], list[bytes]] = {}
    for fence in fences:
        by_source.setdefault((fence.source, fence.is_editable), []).append(fence.raw)
    sources: list[_Source] = []
    pieces: list[bytes] = []
    for (name, is_editable), raws in by_source.items():
        collection = [b'{"type":"FeatureCollection","features":[', raws[0]]
        for raw in raws[1:]:
            collection += (b",", raw)
        collection.append(b"]}")
        sources.append(_Source(name, sum(map(len, collection)), is_editable))
        pieces += collection
    payload = [msgspec.json.encode(sources), b"\n", *pieces]
    return [FORMAT.header(payload), *payload]


def unpack(data: bytes, conventions: Conventions = DEFAULT) -> tuple[Geofence, ...]:
    """Return the fences of a file that `pack` made.

    Raises:
        DataError: not a record of geofences, or damaged.
    """
    start = len(data) - len(FORMAT.unpack(data))
    try:
        at = data.index(b"\n", start) + 1
        sources = msgspec.json.decode(data[start:at], type=list[_Source])
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise DataError(FORMAT.kind, "no list of sources") from error
    found: list[Geofence] = []
    for source in sources:
        fences = reading.read(data[at : at + source.size], source.name, conventions).fences
        if not source.is_editable:
            fences = tuple(msgspec.structs.replace(fence, is_editable=False) for fence in fences)
        found += fences
        at += source.size
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Written(JobResult):
    service = "kept"
    path: Path
    is_done: bool


class Snapshot:
    """The snapshot of one account and store at a time. Belongs to the main thread; returns at once."""

    def __init__(
        self,
        jobs: Jobs,
        clock: Clock,
        log: Log,
        disk: DiskHealth | None = None,
        conventions: Conventions = DEFAULT,
    ) -> None:
        self._conventions = conventions
        self._jobs = jobs
        self._clock = clock
        self._log = log
        self._disk = disk or DiskHealth(log)
        self._path: Path | None = None
        self._fences: tuple[Geofence, ...] | None = None
        self._write_at: float | None = None
        self._not_before = 0.0
        self._is_writing = False

    def open(self, path: Path) -> None:
        """Keep the snapshot at `path` from now on. Answered by SnapshotRestored where there is one already."""
        self.close()
        self._path = path
        self._jobs.run(READ, lambda: self._read(path))

    def close(self) -> None:
        """Write nothing more; the file stays."""
        self._path = self._fences = self._write_at = None
        self._not_before = 0.0

    def receive(self, message: object, now: float) -> bool:
        """Take note of a load or a result; True when the message is for no other receiver."""
        match message:
            case FencesLoaded(fences=fences, as_of=None):
                self._fences = fences
                if self._write_at is None:
                    self._write_at = max(now + WRITE_AFTER_S, self._not_before)
            case FencesUnchanged():
                self._confirm(now)
            case _Written(path, is_done):
                self._is_writing = False
                if not is_done and path == self._path and self._write_at is None:
                    self._write_at = self._not_before
                return True
            case JobFailed(name="kept.write"):
                self._is_writing = False
                return True
            case JobFailed(name="kept.read"):
                return True
        return False

    def tick(self, now: float) -> None:
        """Write what is due."""
        if self._write_at is None or now < self._write_at or self._is_writing:
            return
        path, fences = self._path, self._fences
        self._write_at = None
        self._not_before = now + WRITE_EVERY_S
        if path is None or fences is None:
            return
        self._is_writing = True
        self._jobs.run(WRITE, lambda: self._write(path, fences))

    def retry(self, now: float) -> None:
        """Write again: the disk works again, and may have lost the file."""
        if self._fences is not None:
            self._write_at = now

    def flush(self) -> None:
        """Write now what is due later, because the program ends. Blocks."""
        path, fences = self._path, self._fences
        if self._write_at is not None and path is not None and fences is not None:
            self._write_at = None
            self._write(path, fences)

    def next_wakeup(self) -> float | None:
        """Tell when `tick` has something to do."""
        return self._write_at

    def _confirm(self, now: float) -> None:
        """Move the modification time: the snapshot is still right."""
        path = self._path
        if path is None or self._write_at is not None or now < self._not_before:
            return
        self._not_before = now + WRITE_EVERY_S
        wall = self._clock.wall()

        def touch() -> None:
            try:
                os.utime(path, (wall, wall))
            except OSError:
                return  # never written, or gone

        self._jobs.run("kept.touch", touch)

    def _read(self, path: Path) -> SnapshotRestored | None:
        try:
            data = read_bounded(path, MOST_BYTES)
            if data is None:
                return None
            as_of = path.stat().st_mtime
            restored = SnapshotRestored(unpack(data, self._conventions), min(as_of, self._clock.wall()))
        except (StorageError, DataError, OSError) as error:
            self._log.event("geofences.not_kept", level="warning", reason=str(error)[:200])
            return None
        age_s = round(self._clock.wall() - restored.as_of)
        self._log.event("geofences.restored", count=len(restored.fences), age_s=age_s)
        return restored

    def _require_current(self, path: Path) -> None:
        if path != self._path:
            raise _Superseded

    def _write(self, path: Path, fences: Sequence[Geofence]) -> _Written:
        size = sum(len(fence.raw) for fence in fences)
        try:
            if size > MOST_BYTES // 2:
                path.unlink(missing_ok=True)
            else:
                make_private_dir(path.parent)
                write_atomic(path, pack(fences), before_replacing=lambda _fd: self._require_current(path))
                wall = self._clock.wall()
                os.utime(path, (wall, wall))
        except _Superseded:
            return _Written(path, is_done=True)
        except (StorageError, OSError) as error:
            self._disk.failed(USER, error if isinstance(error, StorageError) else StorageError.of(path, error))
            return _Written(path, is_done=False)
        self._disk.worked(USER)
        return _Written(path, is_done=True)
