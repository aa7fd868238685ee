"""The disk cache of tiles: what HTTP allows to store, evicted least recently used first, private to an account.

Own code on the standard library's SQLite: hishel 2.0, the closest library, stores the request with its credentials,
reads the wall clock by itself, ignores `Age` and takes a reply without `Date` as fresh for ever; requests-cache is for
`requests` only, and diskcache knows nothing of HTTP.

Made for SD cards and power cuts: writes are gathered and committed together in write-ahead mode, the times of last use
go along with them, and every row carries a checksum. Whatever the disk does, callers see a cache miss.
"""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tvapp.core.clock import Clock
from tvapp.core.disk import DiskHealth
from tvapp.core.errors import DiskKind, StorageError
from tvapp.core.files import make_private_dir
from tvapp.core.headers import Headers
from tvapp.core.log import Log
from tvapp.core.thread_schedule import ThreadMeter
from tvapp.tiles.cache_key import CacheKey
from tvapp.tiles.cache_store import COMPANIONS, NotATileCache, Row, TileStore
from tvapp.tiles.freshness import (
    MAX_LIFETIME_S,
    fresh_until_s,
    is_fresh,
    lifetime_s,
    may_store,
    may_use_stale,
    refreshed,
    relevant,
)

T = TypeVar("T")

BUDGET_BYTES = 256 << 20
DISK_USER = "tiles"
RETRY_S = 600.0
"""How long a disk that failed is not used."""
OVERLAY_PREFIXES = ("microsoft.traffic.", "microsoft.weather.")
MIN_WRITTEN_LIFETIME_S = 600.0
"""Overlay tiles that turn stale sooner are not written: at rest that could be a hundred megabytes a day."""
TIMEOUT_S = 2.0
"""A disk that takes longer for one tile holds up the map more than the network would. Only the time in which a thread
waits for the disk counts: on a slow CPU everything takes long, and the network would be no quicker."""
WRITE_TIMEOUT_S = 10.0
"""The same for a batch of tiles, and for opening the file. No picture waits for them, and an SD card takes seconds."""
MOSTLY = 0.8
"""A thread that was blocked for this part of the time allowed waits for the disk, and did little else."""
LONGEST_QUEUE_S = 30.0
"""A caller gives up after so long, whatever the reason; less than after what a worker counts as stuck."""

_BATCH_ROWS = 32
_BATCH_BYTES = 4 << 20
_BATCH_S = 30.0
_MAX_USED = 512
_ASIDE = ".corrupt"

_DISK_TROUBLE = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOLFS,
    }
)
"""SQLite's primary result codes for trouble with the disk; any other means that the file is damaged."""

_KINDS: dict[int, DiskKind] = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_PERM: "denied",
    sqlite3.SQLITE_CANTOPEN: "denied",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored tile: its bytes, whether it is fresh, its age and its validators."""

    body: bytes = field(repr=False)
    is_fresh: bool
    age_s: float
    etag: str | None
    last_modified: str | None
    may_use_stale: bool = True
    """Whether it may be shown although it is stale, while it is revalidated or cannot be."""


class DiskCache:
    """The cache; call it from workers only, never from the main thread. It raises nothing."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        log: Log,
        budget_bytes: int = BUDGET_BYTES,
        connect: Callable[[Path], sqlite3.Connection] | None = None,
        disk: DiskHealth | None = None,
    ) -> None:
        self._path = path
        self._clock = clock
        self._log = log
        self._disk = disk or DiskHealth(log)
        self._budget = budget_bytes
        self._connect = connect
        self._lock = threading.Lock()
        self._operation: tuple[ThreadMeter, float] | None = None
        """Measures the use of the file that is under way, and how long it may be blocked."""
        self._store: TileStore | None = None
        self._retry_at = 0.0
        self._slow_until = 0.0
        self._failed = False
        self._closed = False
        self._pending: dict[CacheKey, Row] = {}
        self._pending_bytes = 0
        self._pending_since = 0.0
        self._used: dict[CacheKey, None] = {}

    def get(self, key: CacheKey) -> Entry | None:
        """Return what is stored under `key`, fresh or not, or None."""
        with self._locked() as is_usable:
            if not is_usable:
                return None
            row = self._pending.get(key) or self._read(key)
            if row is None:
                return None
            now = self._clock.wall()
            if now - row.stored_s > MAX_LIFETIME_S:
                # Not even while the network is away: the terms of Azure Maps forbid to use it any longer.
                return None
            if len(self._used) < _MAX_USED:
                self._used[key] = None
        return Entry(
            row.body,
            is_fresh(now, row.stored_s, row.fresh_until_s),
            max(0.0, now - row.stored_s),
            row.fields.get("etag"),
            row.fields.get("last-modified"),
            may_use_stale(row.fields),
        )

    def put(self, key: CacheKey, body: bytes, headers: Mapping[str, str], *, delay_s: float = 0.0) -> None:
        """Store the body of a 200 if its headers allow it; `delay_s` is how long the reply took."""
        is_short_lived = (
            key.tile.tileset.startswith(OVERLAY_PREFIXES)
            and lifetime_s(headers, self._clock.wall()) < MIN_WRITTEN_LIFETIME_S
        )
        if is_short_lived or not may_store(200, headers):
            self.drop(key)
            return
        self._add(key, body, relevant(headers), delay_s)

    def refresh(self, key: CacheKey, headers: Mapping[str, str], *, delay_s: float = 0.0) -> None:
        """Renew what is stored under `key` with the headers of a 304."""
        if not may_store(200, headers):
            self.drop(key)
            return
        with self._locked() as is_usable:
            row = (self._pending.get(key) or self._read(key)) if is_usable else None
        if row is not None:
            self._add(key, row.body, refreshed(row.fields, headers), delay_s)

    def drop(self, key: CacheKey) -> None:
        """Delete one tile."""
        with self._lock:
            self._forget_pending(key)
            self._used.pop(key, None)
            self._guard(lambda store: store.delete(key))

    def clear(self, account: str | None = None) -> None:
        """Delete all tiles of `account` (all tiles where it is None), so that no bytes of them are left in the file."""
        with self._lock:
            for key in [key for key in self._pending if account is None or key.scope.account == account]:
                self._forget_pending(key)
            self._used.clear()
            self._retry_at = 0.0
            left = self._guard(lambda store: store.clear(account))
            if not left:
                self._remove_files()

    def retry(self) -> None:
        """Use the disk again at once, because it is said to work."""
        self._slow_until = 0.0
        with self._locked() as is_usable:
            self._retry_at = 0.0
            if is_usable:
                self._close_store()  # it may have been opened read-only

    def flush(self) -> None:
        """Write what was gathered; call it when no more is expected for a while."""
        with self._locked() as is_usable:
            if is_usable:
                self._flush()

    def close(self) -> None:
        """Write what was gathered, including times of last use, and close the file."""
        with self._locked() as is_usable:
            if is_usable and (self._used or self._pending):
                self._write()
            self._closed = True
            if is_usable:
                self._close_store()

    @contextmanager
    def _locked(self) -> Iterator[bool]:
        """Hold the lock and yield True; yield False where a disk that has stopped answering would block the caller."""
        if self._clock.monotonic() < self._slow_until or not self._acquire():
            yield False
            return
        try:
            yield True
        finally:
            self._lock.release()

    def _acquire(self) -> bool:
        """Acquire the lock; return False if the disk keeps the one who has it, and report it if that takes too long."""
        for _ in range(math.ceil(LONGEST_QUEUE_S / TIMEOUT_S)):
            if self._lock.acquire(timeout=TIMEOUT_S):
                return True
            if (operation := self._operation) is None:
                continue
            meter, limit_s = operation
            blocked_s = meter.spent().blocked_s
            if blocked_s >= MOSTLY * limit_s:
                self._report_slow(limit_s)
            if blocked_s >= MOSTLY * TIMEOUT_S:
                return False
        return False

    def _report_slow(self, limit_s: float) -> None:
        if self._clock.monotonic() >= self._slow_until:
            self._slow_until = self._clock.monotonic() + RETRY_S
            self._failed = True
            self._disk.failed(DISK_USER, StorageError(str(self._path), f"no answer within {limit_s:g} s", "slow"))

    def _add(self, key: CacheKey, body: bytes, fields: Headers, delay_s: float) -> None:
        now = self._clock.wall()
        row = Row(body, fields, now, fresh_until_s(fields, now, delay_s))
        with self._locked() as is_usable:
            if self._closed or not is_usable:
                return
            self._forget_pending(key)
            if not self._pending:
                self._pending_since = self._clock.monotonic()
            self._pending[key] = row
            self._pending_bytes += len(body)
            waited = self._clock.monotonic() - self._pending_since
            if len(self._pending) >= _BATCH_ROWS or self._pending_bytes >= _BATCH_BYTES or waited >= _BATCH_S:
                self._flush()

    def _forget_pending(self, key: CacheKey) -> None:
        row = self._pending.pop(key, None)
        if row is not None:
            self._pending_bytes -= len(row.body)

    def _read(self, key: CacheKey) -> Row | None:
        return self._guard(lambda store: store.read(key))

    def _flush(self) -> None:
        if self._pending:
            self._write()

    def _write(self) -> None:
        rows, used = self._pending, self._used
        # Dropped even if the write fails: a disk that takes nothing must not fill the memory instead.
        self._pending, self._pending_bytes, self._used = {}, 0, {}
        self._guard(lambda store: store.write(rows, used, self._budget), writes=True)

    def _guard(self, work: Callable[[TileStore], T], *, writes: bool = False) -> T | None:
        """Run `work` on the open store; return None where the disk fails."""
        if self._closed or (self._clock.monotonic() < self._retry_at and (writes or self._store is None)):
            return None
        limit_s = WRITE_TIMEOUT_S if writes or self._store is None else TIMEOUT_S
        meter = ThreadMeter(self._clock)
        self._operation = meter, limit_s
        try:
            if self._store is not None and not self._store.is_in_place():
                self._close_store()
                self._failed = True
                self._disk.failed(DISK_USER, StorageError(str(self._path), "the file has gone", "gone"))
            if self._store is None:
                make_private_dir(self._path.parent)
                self._store = TileStore(self._path, self._connect)
            result = work(self._store)
            if meter.spent().blocked_s > limit_s:
                self._report_slow(limit_s)
                return result
        except NotATileCache as error:
            self._start_over(str(error))
            return None
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
            # A read error that is still there after RETRY_S counts as damage too.
            if code in _DISK_TROUBLE and not (code == sqlite3.SQLITE_IOERR and self._failed and not writes):
                self._pause(StorageError(str(self._path), str(error), _KINDS.get(code, "broken")), writes)
            else:
                self._start_over(str(error))
            return None
        except (StorageError, OSError) as error:
            self._pause(error if isinstance(error, StorageError) else StorageError.of(self._path, error), writes)
            return None
        finally:
            self._operation = None
        if writes and self._failed:
            self._failed = False
            self._disk.worked(DISK_USER)
        return result

    def _pause(self, error: StorageError, writes: bool) -> None:
        self._retry_at = self._clock.monotonic() + RETRY_S
        if not writes:
            # A full or read-only disk can still be read; one that cannot be read is closed.
            self._close_store()
        self._failed = True
        self._disk.failed(DISK_USER, error)

    def _start_over(self, reason: str) -> None:
        """Move aside a file that is damaged or no tile cache; the next use makes a new one."""
        self._close_store()
        try:
            for suffix in COMPANIONS:
                self._beside(suffix).unlink(missing_ok=True)
            # One such file is kept for analysis; more would fill the disk.
            self._path.replace(self._beside(_ASIDE))
        except FileNotFoundError:
            pass  # removed by another process, which is as good
        except OSError as error:
            self._pause(StorageError.of(self._path, error), writes=True)
            return
        self._log.event("tile_cache.recreated", level="warning", reason=reason)

    def _remove_files(self) -> None:
        """Delete the file: no row of another account is in it, or it cannot be cleared in any other way."""
        self._close_store()
        try:
            for suffix in ("", _ASIDE, *COMPANIONS):
                self._beside(suffix).unlink(missing_ok=True)
        except OSError as error:
            self._pause(StorageError.of(self._path, error), writes=True)

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
