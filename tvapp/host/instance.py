"""Allows one running app for each data folder: by a lock that the kernel releases when its holder dies in any way."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from tvapp.core.data_folder import DataFolder
from tvapp.core.log import Log


class AnotherRuns(Exception):
    """Another tvapp uses the data folder; `pid` is its process id, None where that cannot be read."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"another tvapp ({pid if pid is not None else 'process id unknown'}) uses this folder")
        self.pid = pid


class Instance:
    """Holds the lock of a data folder until it is closed or the process ends (flock(2))."""

    def __init__(self, fd: int | None) -> None:
        self._fd = fd

    @classmethod
    def hold(cls, data_dir: Path, log: Log) -> Self:
        """Take the lock. Where none can be had (a read-only or foreign disk), log that and go on without.

        Raises:
            AnotherRuns: it is held by another process.
        """
        path = DataFolder(data_dir).instance_lock
        try:
            fd = _open(path)
        except FileNotFoundError:
            return cls(None)  # without a folder there is nothing to share
        except OSError as error:
            log.event("instance.not_locked", level="warning", reason=error.strerror, next="go on without")
            return cls(None)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _pid_in(fd)
            os.close(fd)
            raise AnotherRuns(holder) from error
        except OSError as error:
            os.close(fd)
            log.event("instance.not_locked", level="warning", reason=error.strerror, next="go on without")
            return cls(None)
        try:
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            pass  # read-only or full: the lock holds all the same, but its file does not name the holder
        return cls(fd)

    def close(self) -> None:
        """Release the lock. The file stays: after removing it, two processes could lock two files of one name."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def holder(data_dir: Path, locks: Path = Path("/proc/locks")) -> int | None:
    """Return the id of the process that holds the lock of a data folder; None if none does, 0 for an unknown one.

    Touches neither the lock nor its file: to try the lock could keep an app from starting at that very moment.
    """
    path = DataFolder(data_dir).instance_lock
    try:
        status = path.stat()
        lines = locks.read_text("ascii", "replace").splitlines()
    except OSError:
        return None
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
    for line in lines:
        fields = line.split()
        # proc_locks(5): number, kind, ADVISORY, READ or WRITE, process, MAJOR:MINOR:INODE, range.
        if len(fields) < 8 or fields[1] != "FLOCK":
            continue
        pid, (at, _, inode) = fields[4], fields[5].rpartition(":")
        # Some file systems give a file another device here than to stat(2); its name then decides with the inode.
        if inode == str(status.st_ino) and (at == device or pid == str(_pid_of(path))):
            return int(pid) if pid.isdecimal() else 0
    return None


def _pid_of(path: Path) -> int | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        return _pid_in(fd)
    finally:
        os.close(fd)


def _open(path: Path) -> int:
    flags = os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o600)
    except OSError:
        # A disk that became read-only still has the file, and flock asks for no right to write.
        return os.open(path, os.O_RDONLY | flags)


def _pid_in(fd: int) -> int | None:
    try:
        text = os.pread(fd, 20, 0).decode(errors="replace").strip()
    except OSError:
        return None
    return int(text) if text.isascii() and text.isdecimal() else None
