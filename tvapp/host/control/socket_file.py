"""The control socket as a file: makes it for its owner alone, replaces one that a killed app left, and finds it again.

The address of a Unix socket has room for 107 bytes, which a path of a data folder may exceed. So both sides open the
folder, and address the socket through the open folder (`/proc/self/fd/N/socket`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tvapp.core.files import make_private_dir

NAME = "socket"
PROBE_S = 1.0
WAITING = 16
"""Connections that may wait to be accepted."""

_CREDENTIALS = struct.Struct("3i")
"""struct ucred (unix(7)): process, user and group of the other side."""


@dataclass(frozen=True, slots=True)
class ListeningSocket:
    """A socket that listens, and what is needed to remove its file again."""

    socket: socket.socket
    folder: Path
    identity: tuple[int, int]

    def close(self) -> None:
        """Close the socket and remove its file, unless another one has taken its place."""
        self.socket.close()
        with contextlib.suppress(OSError), _opened(self.folder) as address:
            there = Path(address).lstat()
            if (there.st_dev, there.st_ino) == self.identity:
                Path(address).unlink()


def listen(folder: Path) -> ListeningSocket:
    """Make the socket in `folder`, which is made too; a socket that nobody listens to is replaced.

    Raises:
        StorageError: the folder cannot be made.
        OSError: the socket cannot be made, or another process listens to it (EADDRINUSE).
    """
    make_private_dir(folder)
    with _opened(folder) as address:
        _remove_stale(address)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            listening.bind(address)
            # Until here the folder has kept everybody else out.
            Path(address).chmod(0o600)
            there = Path(address).lstat()
            listening.listen(WAITING)
        except BaseException:
            listening.close()
            raise
    return ListeningSocket(listening, folder, (there.st_dev, there.st_ino))


def connect(folder: Path, timeout_s: float) -> socket.socket:
    """Connect to the app that listens in `folder`.

    Raises:
        OSError: FileNotFoundError or ConnectionRefusedError without an app, PermissionError for others than the owner.
    """
    with _opened(folder) as address:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            connection.settimeout(timeout_s)
            connection.connect(address)
        except BaseException:
            connection.close()
            raise
    return connection


def user_of(connection: socket.socket) -> int:
    """Return the user id of the process on the other side, as the kernel knows it."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(credentials)[1])


@contextmanager
def _opened(folder: Path) -> Iterator[str]:
    """Open the folder, and yield a short address of the socket in it."""
    number = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{number}/{NAME}"
    finally:
        os.close(number)


def _remove_stale(address: str) -> None:
    try:
        there = Path(address).lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(there.st_mode):
        raise FileExistsError(errno.EEXIST, "something that is no socket is in its place")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as probe:
        probe.settimeout(PROBE_S)
        try:
            probe.connect(address)
        except ConnectionRefusedError:
            Path(address).unlink()  # its owner was killed
            return
        except OSError as error:
            raise OSError(errno.EADDRINUSE, f"another process listens to it ({error.strerror or error})") from error
    raise OSError(errno.EADDRINUSE, "another process listens to it")
