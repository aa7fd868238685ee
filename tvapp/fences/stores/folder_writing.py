"""Brings one change into one file of a folder: reads it, amends it, and replaces it unless it changed meanwhile."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tvapp.core.errors import DataError, StorageError
from tvapp.core.files import read_bounded, sync_dir, unfinished_of, write_atomic
from tvapp.fences.geojson.amend import AlreadyApplied, Amended, amend
from tvapp.fences.geojson.reading import MAX_BYTES
from tvapp.fences.model.change import Change, Conflicting, Outcome, Stored
from tvapp.fences.stores.naming import SUFFIXES

LOCK = ".tvapp.lock"
"""Never deleted: a process may wait for the lock of the deleted file while another locks a new one."""
_NO_FILE = "it is not a plain file"

MAX_ROUNDS = 16


def send_change(folder: Path, name: str, change: Change, *, tidy: bool = False) -> Outcome | None:
    """Bring `change` into the file `name`; None where another tvapp is writing to the folder: try again soon.

    `tidy` first deletes the unfinished files of tvapps that were killed while writing.

    Takes long: for a worker. All tvapps write one at a time, as far as the file system has locks that other machines
    see. Other programs do not take the lock: what they write until just before the file is replaced is seen and kept,
    and a new file never overwrites another; only what they write between that last check and the rename, some
    microseconds, is lost.

    Raises:
        StorageError: the folder or the file cannot be written now, or is not what it was (a link, a folder, gone).
        DataError: the file is not GeoJSON, or would become too large.
    """
    path = folder / name
    try:
        with _lock(folder) as is_ours:
            if not is_ours:
                return None
            if tidy:
                _tidy(folder)
            return _send(path, change)
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from error


def _tidy(folder: Path) -> None:
    """Delete the temporary files of `write_atomic`: with the lock held, no other tvapp is writing.

    On a file system without locks, a tvapp that loses its temporary file tries again.
    """
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries]
    unfinished = [name for name in names if (unfinished_of(name) or "").lower().endswith(SUFFIXES)]
    for name in unfinished:
        with contextlib.suppress(OSError):
            (folder / name).unlink()


def _send(path: Path, change: Change) -> Outcome:
    for _ in range(MAX_ROUNDS):
        held = _read_held(path)
        # A power cut may leave a new file empty.
        amendment = amend(held.content or None, change)
        match amendment:
            case AlreadyApplied():
                return Stored(path.name)
            case Conflicting():
                return replace(amendment, source=path.name)
            case Amended(content) if content is not None and len(content) > MAX_BYTES:
                raise DataError(path.name, f"it would be larger than {MAX_BYTES >> 20} MB")
        try:
            _write(path, held, amendment.content)
        except _OvertakenError:
            continue
        return Stored(path.name)
    raise StorageError(str(path), "another program keeps changing it")


class _OvertakenError(Exception):
    """The file was changed since it was read."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A file as it was when it was read; `content` is None where there was none."""

    content: bytes | None
    status: os.stat_result | None = None


def _read_held(path: Path) -> _Held:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return _Held(None)
    if not stat.S_ISREG(status.st_mode):
        # To replace a link would detach it from its target, which may have other users.
        raise StorageError(str(path), "it is a link" if stat.S_ISLNK(status.st_mode) else _NO_FILE)
    return _Held(read_bounded(path, MAX_BYTES), status)


def _write(path: Path, held: _Held, content: bytes | None) -> None:
    if content is None:
        _require_unchanged(path, held)
        path.unlink(missing_ok=True)
        sync_dir(path.parent)
    elif held.status is None:
        with _reserved(path) as reserve:
            write_atomic(path, content, mode=0o666, before_replacing=lambda _fd: reserve())
    else:
        status = held.status

        def take_place(fd: int) -> None:
            with contextlib.suppress(OSError):
                os.fchown(fd, status.st_uid, status.st_gid)  # only root may give files away
            os.fchmod(fd, stat.S_IMODE(status.st_mode))
            _require_unchanged(path, held)

        write_atomic(path, content, mode=stat.S_IMODE(status.st_mode), before_replacing=take_place)


def _require_unchanged(path: Path, held: _Held) -> None:
    if _read_held(path).content != held.content:
        raise _OvertakenError


@contextmanager
def _reserved(path: Path) -> Iterator[Callable[[], None]]:
    """Yield a function that creates an empty file at `path`, unless there is one; deleted again if the block fails."""
    made = False

    def reserve() -> None:
        nonlocal made
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
        except FileExistsError as error:
            raise _OvertakenError from error
        made = True

    try:
        yield reserve
    except BaseException:
        if made:
            with contextlib.suppress(OSError):
                path.unlink()
        raise


@contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    """Lock the folder against other tvapps; yields False where one of them has the lock."""
    # Others may write to the folder: what they put in the lock's place must not hang the save, as opening a pipe would.
    flags = os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        fd = os.open(folder / LOCK, flags | os.O_RDWR, 0o666)
    except PermissionError as refused:
        try:
            fd = os.open(folder / LOCK, flags & ~os.O_CREAT | os.O_RDONLY)  # another user made it
        except FileNotFoundError:
            raise refused from None
    except IsADirectoryError as error:
        raise StorageError(str(folder / LOCK), _NO_FILE) from error
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise StorageError(str(folder / LOCK), _NO_FILE)
        yield _is_taken(fd)
    finally:
        os.close(fd)


def _is_taken(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A file system without locks: the comparison before replacing has to do.
        return True
    return True
