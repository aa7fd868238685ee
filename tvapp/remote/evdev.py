"""Parses the records of Linux input devices (input.h, `struct input_event`) and their capabilities. Pure.

Hand-written, because python-evdev is a C extension that would have to be compiled on the TV.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from tvapp.remote.keys import KeyEvent

EV_SYN, EV_KEY = 0, 1
SYN_DROPPED = 3
UP, DOWN, AGAIN = 0, 1, 2
NATIVE_LONG = struct.calcsize("@l")


@dataclass(slots=True)
class Records:
    """Turns the stream of bytes of one device into key events.

    `long_bytes` is the size of the two numbers of the time stamp: 8, or 4 on 32-bit machines.
    """

    device: str
    long_bytes: int = NATIVE_LONG
    _rest: bytes = b""
    _down: set[int] = field(default_factory=set)

    def feed(self, data: bytes, now: float) -> list[KeyEvent]:
        """Return the key events in `data`; half a record at its end is kept until its rest arrives."""
        events: list[KeyEvent] = []
        for kind, code, value in self._records(data):
            if kind == EV_SYN and code == SYN_DROPPED:
                # The kernel's buffer overflowed and releases may be lost: a key must not be held for ever.
                events += self.release_all(now)
            elif kind == EV_KEY and value == DOWN and code not in self._down:
                self._down.add(code)
                events.append(KeyEvent(f"key:{code}", True, now, self.device))
            elif kind == EV_KEY and value == UP and code in self._down:
                self._down.discard(code)
                events.append(KeyEvent(f"key:{code}", False, now, self.device))
        return events

    def release_all(self, now: float) -> list[KeyEvent]:
        """Release every key, because the device is gone or its releases may be lost."""
        released = [KeyEvent(f"key:{code}", False, now, self.device) for code in sorted(self._down)]
        self._down.clear()
        return released

    def _records(self, data: bytes) -> Iterator[tuple[int, int, int]]:
        size = record_size(self.long_bytes)
        stream = self._rest + data
        whole = len(stream) - len(stream) % size
        self._rest = stream[whole:]
        for at in range(0, whole, size):
            yield struct.unpack_from("=HHi", stream, at + 2 * self.long_bytes)


def record_size(long_bytes: int) -> int:
    """Return the size of one record in bytes."""
    return 2 * long_bytes + 8


def key_codes(capabilities: bytes, long_bytes: int = NATIVE_LONG) -> frozenset[int]:
    """Return the key codes of a device, from sysfs' `capabilities/key`: words in hex, the highest first.

    >>> sorted(key_codes(b"1 0 0 0 0 6", 8))
    [1, 2, 320]
    """
    codes = set()
    for index, word in enumerate(reversed(capabilities.split())):
        try:
            bits = int(word, 16)
        except ValueError:
            return frozenset()
        codes |= {index * long_bytes * 8 + bit for bit in range(long_bytes * 8) if bits >> bit & 1}
    return frozenset(codes)
