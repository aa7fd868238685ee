"""The SQLite file of the disk cache: reads and writes rows, bounded in bytes; raises what SQLite raises."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import stat
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tvapp.core.headers import Headers
from tvapp.tiles.cache_key import CacheKey, CacheScope

SCHEMA = 1
COMPANIONS = ("-wal", "-shm", "-journal")
"""The suffixes of the files that SQLite puts beside its database."""
_PAGE_BYTES = 8192
_ROW_OVERHEAD = 512
_SLACK = 0.9
"""Above the budget, rows are evicted down to this part of it, so that not every write has to evict."""

_CREATE = """
CREATE TABLE tile (
  key TEXT PRIMARY KEY, account TEXT NOT NULL, used INTEGER NOT NULL, size INTEGER NOT NULL,
  stored REAL NOT NULL, until REAL NOT NULL, fields TEXT NOT NULL, checksum INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX tile_used ON tile (used, size);
CREATE INDEX tile_account ON tile (account);
"""


class NotATileCache(Exception):
    """The file is no tile cache of this version."""


@dataclass(frozen=True, slots=True)
class Row:
    """One stored reply; times are wall-clock seconds."""

    body: bytes = field(repr=False)
    fields: Headers
    stored_s: float
    fresh_until_s: float


class TileStore:
    """An open cache file. Not safe for several threads at once."""

    def __init__(self, path: Path, connect: Callable[[Path], sqlite3.Connection] | None = None) -> None:
        self._path = path
        self._db = (connect or _connect)(path)
        try:
            self._prepare()
            self._tick = self._number("SELECT max(used) FROM tile")
            self._inode = _inode(path)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; SQLite makes up for a failed checkpoint at the next start."""
        with suppress(sqlite3.Error):
            self._db.close()

    def is_in_place(self) -> bool:
        """Tell whether the open file is still the one at the path."""
        return self._inode is not None and _inode(self._path) == self._inode

    def read(self, key: CacheKey) -> Row | None:
        """Return a row, or None where there is none or it does not match its checksum."""
        found = self._db.execute(
            "SELECT stored, until, fields, checksum, body FROM tile WHERE key = ?", (key.text,)
        ).fetchone()
        if found is None:
            return None
        stored, until, fields, checksum, body = found
        sound = isinstance(body, bytes) and isinstance(fields, str)
        if not sound or checksum != _checksum(key.text, stored, until, fields, body):
            self.delete(key)
            return None
        return Row(body, Headers(json.loads(fields)), stored, until)

    def write(self, rows: Mapping[CacheKey, Row], used: Iterable[CacheKey], budget_bytes: int) -> None:
        """Store `rows`, mark the rows of `used` as used, and evict to the budget, all or nothing."""
        with self._db:
            self._tick += 1
            self._db.executemany("UPDATE tile SET used = ? WHERE key = ?", [(self._tick, key.text) for key in used])
            self._db.executemany("DELETE FROM tile WHERE key = ?", [(key.text,) for key in rows])
            self._db.executemany(
                "INSERT INTO tile VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [self._values(*item) for item in rows.items()]
            )
            self._make_room(budget_bytes)

    def delete(self, key: CacheKey) -> None:
        """Remove one row."""
        with self._db:
            self._db.execute("DELETE FROM tile WHERE key = ?", (key.text,))

    def clear(self, account: str | None) -> int:
        """Remove the rows of an account for good, pages included; return how many rows are left.

        For None (all accounts) return 0 at once: the caller deletes the file.
        """
        if account is None:
            return 0
        digest = CacheScope("", account).account_digest
        with self._db:
            self._db.execute("DELETE FROM tile WHERE account = ?", (digest,))
        left = self._number("SELECT count(*) FROM tile")
        if left:
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return left

    def _prepare(self) -> None:
        version = self._number("PRAGMA user_version")
        if version == 0 and not self._number("SELECT count(*) FROM sqlite_master"):
            self._db.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            self._db.execute("PRAGMA journal_mode = WAL").fetchall()
            self._db.executescript(f"BEGIN; {_CREATE} PRAGMA user_version = {SCHEMA}; COMMIT;")
        elif version != SCHEMA:
            raise NotATileCache(f"version {version}")
        # In write-ahead mode a NORMAL database survives a power cut; the last tiles may be lost and fetched again.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA journal_size_limit = 4194304").fetchall()

    def _values(self, key: CacheKey, row: Row) -> tuple[str, str, int, int, float, float, str, int, bytes]:
        fields = json.dumps(dict(row.fields), separators=(",", ":"))
        checksum = _checksum(key.text, row.stored_s, row.fresh_until_s, fields, row.body)
        size = len(row.body) + _ROW_OVERHEAD
        account = key.scope.account_digest
        return key.text, account, self._tick, size, row.stored_s, row.fresh_until_s, fields, checksum, row.body

    def _make_room(self, budget_bytes: int) -> None:
        used = self._number("SELECT sum(size) FROM tile")
        if used <= budget_bytes:
            return
        evicted: list[tuple[int]] = []
        for row_id, size in self._db.execute("SELECT rowid, size FROM tile ORDER BY used, rowid"):
            if used <= budget_bytes * _SLACK:
                break
            evicted.append((row_id,))
            used -= size
        self._db.executemany("DELETE FROM tile WHERE rowid = ?", evicted)

    def _number(self, query: str) -> int:
        found = self._db.execute(query).fetchone()
        return found[0] if found and isinstance(found[0], int) else 0


def _connect(path: Path) -> sqlite3.Connection:
    try:
        # Created here and not by SQLite, so that it is private from its first byte on.
        _remove_special_files(path)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.fchmod(fd, 0o600)  # a umask may have taken even the owner's bits; SQLite's other files copy it
            if any(version not in (1, 2) for version in os.pread(fd, 2, 18)):
                # SQLite would take the file for one of a later version, and never write to it.
                raise NotATileCache("damaged header")
        finally:
            os.close(fd)
    except OSError as error:
        if error.errno not in {errno.EROFS, errno.EACCES, errno.EPERM} or not path.is_file():
            raise
        # A worn-out SD card is mounted read-only; its tiles can still be shown.
        return sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True, check_same_thread=False)
    return sqlite3.connect(path, timeout=2.0, check_same_thread=False)


def _remove_special_files(path: Path) -> None:
    """Remove links, which SQLite would follow, and pipes, which it would wait for."""
    for name in (path, *(path.with_name(path.name + suffix) for suffix in COMPANIONS)):
        try:
            mode = name.lstat().st_mode
        except FileNotFoundError:
            continue
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            name.unlink()


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _checksum(key: str, stored: object, until: object, fields: str, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(f"{key}\0{stored!r}\0{until!r}\0{fields}".encode()))
