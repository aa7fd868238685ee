"""A stand-in for the init system: the socket that sd_notify(3) writes to, and what was written."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE_S = 40.0


@dataclass
class InitSystem:
    """Hears what a service says. `said` is everything so far, oldest first, with the times (monotonic)."""

    name: str
    _socket: socket.socket
    said: list[tuple[float, str]] = field(default_factory=list)

    def environment(self, watchdog_s: float | None = None) -> dict[str, str]:
        """Return what a service gets; WATCHDOG_PID is left out, as it could only be known after the start."""
        watched = {} if watchdog_s is None else {"WATCHDOG_USEC": str(int(watchdog_s * 1e6))}
        return {"NOTIFY_SOCKET": self.name, **watched}

    def lines(self) -> list[str]:
        return [line for _, line in self.said]

    def wait_for(self, line: str, *, within_s: float = PATIENCE_S) -> None:
        """Wait until a line is said from now on that begins so.

        Raises:
            AssertionError: it is not.
        """
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if any(new.startswith(line) for new in self._read(until)):
                return
        said = [each for each in self.lines() if each != "WATCHDOG=1"]
        raise AssertionError(f"{line!r} was not said from now on; of all there was {said[-8:]}")

    def wait_for_silence(self, line: str, for_s: float) -> None:
        """Wait until a line was not said for so long.

        Raises:
            AssertionError: it is said again and again.
        """
        end, quiet_until = time.monotonic() + PATIENCE_S, time.monotonic() + for_s
        while time.monotonic() < quiet_until:
            assert time.monotonic() < end, f"{line!r} is said again and again"
            if line in self._read(quiet_until):
                quiet_until = time.monotonic() + for_s

    def count(self, line: str, for_s: float) -> int:
        """Return how often a line is said in so many seconds."""
        until, found = time.monotonic() + for_s, 0
        while time.monotonic() < until:
            found += self._read(until).count(line)
        return found

    def _read(self, until: float) -> list[str]:
        if not select.select([self._socket], [], [], max(0.0, until - time.monotonic()))[0]:
            return []
        new = self._socket.recv(65536).decode().splitlines()
        self.said += [(time.monotonic(), line) for line in new]
        return new


@contextlib.contextmanager
def init_system(name: str | Path) -> Iterator[InitSystem]:
    """Listen at a path, or at an abstract name that begins with @."""
    text = str(name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + text[1:] if text.startswith("@") else text)
        yield InitSystem(text, listener)
