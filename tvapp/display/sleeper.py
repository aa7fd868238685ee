"""Sleeps until an event, a wake-up or a time-out, without using the CPU.

pygame's own wait polls for events every millisecond, which takes 4 % of a CPU. So the sleeper selects on the
descriptors that SDL gets its events from, and pygame polls only when one of them is readable: with X11 the socket of
the X server; without a desktop (KMS/DRM) the input devices that SDL has opened, and udev's socket, which tells SDL of
further ones. SDL hands out neither, so they are found among the descriptors of the process.
"""

from __future__ import annotations

import os
import select
import socket
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

OPEN_FILES = Path("/proc/self/fd")
X_PORTS = range(6000, 6100)
LONGEST_S = 10.0
"""Limits the delay of an event that Xlib has read ahead; it is polled before each sleep, so there should be none."""
SETTLE_S = 0.25
"""SDL reports a change of focus 0.2 s late, and only when it is polled."""
POLL_EVERY_S = 0.008
POLL_EVERY_IDLE_S = 0.02
IDLE_AFTER_S = 5.0
STUCK_AFTER = 50
"""A descriptor that was readable this many times without an event is not one of SDL's, or not read by it."""
PAUSE_S = 1.0
"""How long such input devices are left out: a mouse that moves is readable all the time too, without an event."""
INPUT_DEVICES = "/dev/input/event"
NETLINK_KOBJECT_UEVENT = 15
"""The protocol of the sockets by which udev tells of devices (linux/netlink.h)."""


class Sleeper:
    """Sleeps on wake-ups from other threads, and on the descriptors that SDL gets its events from (`listen_to_...`)."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._wake_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._woken = False
        self._empty_reads = 0
        self._fds: frozenset[int] = frozenset()
        self._find_inputs: Callable[[], frozenset[int]] | None = None
        self._is_outdated = False
        self._resume_at: float | None = None

    @property
    def hears_events(self) -> bool:
        """Tell whether an event ends the sleep; otherwise pygame has to be polled."""
        return bool(self._fds)

    def listen_to_socket(self, fd: int | None) -> None:
        """Let a socket of the X server end the sleep; None: nothing but `wake` does."""
        self._find_inputs = None
        self._listen(frozenset() if fd is None else frozenset({fd}))

    def listen_to_inputs(self, find: Callable[[], frozenset[int]] | None = None) -> None:
        """Let input devices end the sleep. `find` returns their descriptors, by default `input_descriptors`.

        It is called again when devices may have come or gone.
        """
        self._find_inputs = find or input_descriptors
        self._listen(self._find_inputs())

    def wake(self) -> None:
        """End the sleep; may be called from any thread, and often."""
        if not self._woken:
            self._woken = True
            os.eventfd_write(self._wake_fd, 1)

    def sleep(self, timeout_s: float | None) -> bool:
        """Sleep at most `timeout_s`; True when `wake` was called."""
        if self._is_outdated or (self._resume_at is not None and self._monotonic() >= self._resume_at):
            self._listen_again()
        try:
            ready, _, _ = select.select((self._wake_fd, *self._fds), (), (), timeout_s)
        except OSError:
            self._listen_again()  # SDL has closed one
            return False
        if len(ready) > (self._wake_fd in ready):
            self._saw_readable(ready)
        if self._wake_fd not in ready:
            return False
        # Reset the counter before new wake-ups are allowed: one that comes in between is covered by this return.
        os.eventfd_read(self._wake_fd)
        self._woken = False
        return True

    def saw_events(self) -> None:
        """Report that events came: the descriptors are the right ones."""
        self._empty_reads = 0

    def _saw_readable(self, ready: Iterable[int]) -> None:
        # SDL reads udev's socket when it is polled next; then it opens and closes devices.
        self._is_outdated = self._find_inputs is not None and any(is_device_monitor(fd) for fd in ready)
        self._empty_reads += 1
        if self._empty_reads > STUCK_AFTER:
            self._listen(frozenset())
            self._resume_at = None if self._find_inputs is None else self._monotonic() + PAUSE_S

    def _listen_again(self) -> None:
        self._listen(frozenset() if self._find_inputs is None else self._find_inputs())

    def _listen(self, fds: frozenset[int]) -> None:
        self._fds = fds
        self._empty_reads = 0
        self._is_outdated = False
        self._resume_at = None


def open_sockets() -> frozenset[int]:
    """Return the descriptors of this process that are sockets."""
    found = set()
    for fd in _descriptors():
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                found.add(fd)
        except OSError:
            continue  # closed meanwhile
    return frozenset(found)


def input_descriptors(devices: str = INPUT_DEVICES) -> frozenset[int]:
    """Return the descriptors of this process that are input devices, and those of udev's sockets.

    They are those of SDL, and those of our own reader, which reacts to the same keys. Empty where SDL has no socket of
    udev and would not learn of further devices.
    """
    monitors = {fd for fd in open_sockets() if is_device_monitor(fd)}
    if not monitors:
        return frozenset()
    found = set(monitors)
    for fd in _descriptors():
        try:
            if str((OPEN_FILES / str(fd)).readlink()).startswith(devices):
                found.add(fd)
        except OSError:
            continue  # closed meanwhile
    return frozenset(found)


def is_device_monitor(fd: int) -> bool:
    """Tell whether a descriptor is a socket by which udev tells of devices."""
    try:
        if not stat.S_ISSOCK(os.fstat(fd).st_mode):
            return False
        with socket.socket(fileno=os.dup(fd)) as duplicate:
            return duplicate.family == socket.AF_NETLINK and duplicate.proto == NETLINK_KOBJECT_UEVENT
    except OSError:
        return False


def _descriptors() -> Iterator[int]:
    try:
        yield from sorted(int(entry.name) for entry in OPEN_FILES.iterdir())
    except OSError:
        return


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


def shortest(first: float | None, second: float | None) -> float | None:
    """Return the shorter of two times; None stands for no end."""
    if first is None or second is None:
        return second if first is None else first
    return min(first, second)
