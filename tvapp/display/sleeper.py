"""Sleeps until an event, a wake-up or a time-out, without using the CPU.

pygame's own wait polls for events every millisecond, which takes 4 % of a CPU. So the sleeper selects on the socket of
the X server, and pygame polls only when that is readable.
"""

from __future__ import annotations

import os
import select
import socket
import stat
from pathlib import Path

X_PORTS = range(6000, 6100)
LONGEST_S = 10.0
"""Limits the delay of an event that Xlib has read ahead; it is polled before each sleep, so there should be none."""
SETTLE_S = 0.25
"""SDL reports a change of focus 0.2 s late, and only when it is polled."""
POLL_EVERY_S = 0.008
POLL_EVERY_IDLE_S = 0.02
IDLE_AFTER_S = 5.0
STUCK_AFTER = 50
"""A socket that was readable this many times without an event is not that of SDL's events."""


class Sleeper:
    """Sleeps on a socket of the X server where there is one (`fd`), and on wake-ups from other threads."""

    def __init__(self) -> None:
        self._wake_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._woken = False
        self._empty_reads = 0
        self.fd: int | None = None

    def wake(self) -> None:
        """End the sleep; may be called from any thread, and often."""
        if not self._woken:
            self._woken = True
            os.eventfd_write(self._wake_fd, 1)

    def sleep(self, timeout_s: float | None) -> bool:
        """Sleep at most `timeout_s`; True when `wake` was called."""
        fds = [self._wake_fd] if self.fd is None else [self._wake_fd, self.fd]
        ready, _, _ = select.select(fds, (), (), timeout_s)
        if self.fd in ready:
            self._empty_reads += 1
            if self._empty_reads > STUCK_AFTER:
                self.fd = None
        if self._wake_fd not in ready:
            return False
        # Reset the counter before new wake-ups are allowed: one that comes in between is covered by this return.
        os.eventfd_read(self._wake_fd)
        self._woken = False
        return True

    def saw_events(self) -> None:
        """Report that events came: the socket is the right one."""
        self._empty_reads = 0


def open_sockets() -> frozenset[int]:
    """Return the descriptors of this process that are sockets."""
    found = set()
    try:
        names = [entry.name for entry in Path("/proc/self/fd").iterdir()]
    except OSError:
        return frozenset()
    for name in names:
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                found.add(int(name))
        except OSError:
            continue  # the descriptor of this listing, or closed meanwhile
    return frozenset(found)


def x_socket(before: frozenset[int]) -> int | None:
    """Return the socket to the X server that was opened since `before`; SDL's first one carries the events."""
    for fd in sorted(open_sockets() - before):
        duplicate = socket.socket(fileno=os.dup(fd))
        try:
            peer = duplicate.getpeername()
        except OSError:
            continue
        finally:
            duplicate.close()
        if isinstance(peer, tuple):
            if peer[1] in X_PORTS:
                return fd
        elif "X11-unix" in (peer.decode("utf-8", "replace") if isinstance(peer, bytes) else str(peer)):
            return fd
    return None
