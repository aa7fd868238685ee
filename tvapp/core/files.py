"""Durable, private files: atomic writes and tolerant reads."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from tvapp.core.errors import StorageError

_WRITE_BUFFER_BYTES = 1 << 17
"""Few system calls for many small pieces."""
_UNFINISHED = re.compile(r"\.(.+)\.[0-9a-f]{8}\.tmp", re.DOTALL)


def make_private_dir(path: Path, *, ours: int = 1) -> None:
    """Create `path` and what is missing above it, for the owner alone, whatever the umask.

    The last `ours` parts of the path belong to the program: none of them may be a symbolic link, which the program
    never makes, and permissions of others are taken away.

    Raises:
        StorageError: it cannot be created, or something else is in its place.
    """
    try:
        missing = []
        folder = path
        while not folder.exists() and not folder.is_symlink():
            missing.append(folder)
            folder = folder.parent
        for each in reversed(missing):
            with contextlib.suppress(FileExistsError):
                each.mkdir(mode=0o700)
                each.chmod(0o700)  # the umask may have cleared the owner's bits
        for each in (path, *path.parents)[:ours]:
            _demand_own_folder(each)
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except OSError as error:
        raise StorageError.of(path, error) from error


def _demand_own_folder(path: Path) -> None:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, "a symbolic link is in its place")
    if stat.S_ISDIR(status.st_mode) and status.st_mode & 0o077 and status.st_uid == os.geteuid():
        path.chmod(0o700)


def write_atomic(
    path: Path,
    data: bytes | Iterable[bytes],
    *,
    mode: int = 0o600,
    before_replacing: Callable[[int], None] = lambda _fd: None,
) -> None:
    """Replace `path` so that after a power cut either the old or the new content is there, never a mixture.

    Large data may come in pieces, which saves joining them. The new file is created with `mode` from the start; a
    symbolic link at `path` is replaced, not followed. `before_replacing` is called with the new file, complete and
    open, right before the replacement: if it raises, the old file stays.

    Raises:
        StorageError: disk full, read-only, or no permission; the old content is untouched.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")  # `unfinished_of` parses it
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(fd, "wb", _WRITE_BUFFER_BYTES) as file:
                if not mode & 0o077:
                    os.fchmod(fd, mode)  # the umask may have cleared the owner's bits
                file.writelines([data] if isinstance(data, bytes) else data)
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
        raise StorageError.of(path, error) from error


def try_room(folder: Path, size_bytes: int) -> bool:
    """Try whether a folder takes `size_bytes`, with a file that never gets a name: not even the folder's time changes.

    Returns False where that cannot be tried, because the file system has no such files (open(2), O_TMPFILE).

    Raises:
        StorageError: disk full, read-only, or no permission.
    """
    try:
        fd = os.open(folder, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
            return False
        raise StorageError.of(folder, error) from error
    try:
        left = memoryview(secrets.token_bytes(size_bytes))  # random: a file system could compress anything else
        while left:
            left = left[os.write(fd, left) :]
        os.fsync(fd)
    except OSError as error:
        raise StorageError.of(folder, error) from error
    finally:
        os.close(fd)
    return True


def unfinished_of(name: str) -> str | None:
    """Return the target of the temporary file `name` that a killed `write_atomic` left behind; None for other names.

    >>> unfinished_of(".fences.json.0123abcd.tmp")
    'fences.json'
    """
    found = _UNFINISHED.fullmatch(name)
    return found.group(1) if found else None


def read_bounded(path: Path, limit_bytes: int) -> bytes | None:
    """Return the content of `path`, or None where there is no such file. Never blocks on a pipe or a device.

    Raises:
        StorageError: it cannot be read, is no file, or is larger than `limit_bytes`.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise OSError(errno.EINVAL, "not a file")
            data = file.read(limit_bytes + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError.of(path, error) from error
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
        raise StorageError.of(path, error) from error


def sync_dir(path: Path) -> None:
    """Make renames and deletions in a folder durable, where its file system can."""
    # A rename is only durable once its directory is (POSIX); some file systems refuse, which is fine.
    with contextlib.suppress(OSError):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
