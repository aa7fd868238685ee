"""Durable, private files: atomic writes and tolerant reads."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from tvapp.core.errors import StorageError

_UNFINISHED = re.compile(r"\.(.+)\.[0-9a-f]{8}\.tmp", re.DOTALL)


def make_private_dir(path: Path) -> None:
    """Create `path` (and its parents) for the owner alone.

    Raises:
        StorageError: it cannot be created.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from error


def write_atomic(
    path: Path, data: bytes, *, mode: int = 0o600, before_replacing: Callable[[int], None] = lambda _fd: None
) -> None:
    """Replace `path` so that after a power cut either the old or the new content is there, never a mixture.

    The new file is created with `mode` from the start; a symbolic link at `path` is replaced, not followed.
    `before_replacing` is called with the new file, complete and open, at the last moment: whatever it raises leaves
    everything as it was.

    Raises:
        StorageError: disk full, read-only, or no permission; the old content is untouched.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")  # as `unfinished_of` knows it
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                before_replacing(file.fileno())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        sync_dir(path.parent)
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from error


def unfinished_of(name: str) -> str | None:
    """Return the name of the file that `write_atomic` was writing when it was killed and left `name`; else None.

    >>> unfinished_of(".fences.json.0123abcd.tmp")
    'fences.json'
    """
    found = _UNFINISHED.fullmatch(name)
    return found.group(1) if found else None


def read_bounded(path: Path, limit_bytes: int) -> bytes | None:
    """Return the content of `path`, or None where there is no such file.

    Raises:
        StorageError: it cannot be read, or is larger than `limit_bytes`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit_bytes + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from error
    if len(data) > limit_bytes:
        raise StorageError(str(path), f"larger than {limit_bytes} bytes")
    return data


def remove(path: Path) -> None:
    """Delete a file if it is there.

    Raises:
        StorageError: it is there and cannot be deleted.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from error


def sync_dir(path: Path) -> None:
    """Make what was renamed or deleted in a folder durable, where its file system can."""
    # The rename itself is only durable once the directory is (POSIX); some filesystems refuse, which is fine.
    with contextlib.suppress(OSError):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
