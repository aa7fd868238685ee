"""`tvapp lock`: turns a pattern of arrow keys, pressed at a terminal or read as words, into a config line."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from tvapp.core.exit_status import EXIT_FAILED, EXIT_OK
from tvapp.remote.intents import Intent
from tvapp.remote.pattern import LONGEST, SHORTEST, Pattern, pattern_of
from tvapp.remote.pattern_hash import SALT_BYTES, PatternHash

_ARROWS = {b"A": Intent.UP, b"B": Intent.DOWN, b"C": Intent.RIGHT, b"D": Intent.LEFT}
_MOST_INPUT = 4096

_ADVICE = """
Put the line above into the [kiosk] section of the config file, and keep that file private (chmod 640). As an
environment variable it is TVAPP_KIOSK_LOCK; in a shell put the value between single quotes.
"""

Key = Intent | Literal["enter", "erase", "leave", "other"]
Read = Callable[[], bytes]
Write = Callable[[str], object]


def run_lock() -> int:
    """Ask for a pattern and print its hash as a line for the config file; returns the exit status.

    Only the line goes to standard output.
    """
    try:
        pattern = _ask() if sys.stdin.isatty() else pattern_of(sys.stdin.read(_MOST_INPUT).split())
    except (KeyboardInterrupt, Cancelled):
        sys.stderr.write("\nNothing was made.\n")
        return EXIT_FAILED
    except (ValueError, OSError) as error:
        sys.stderr.write(f"tvapp: {error}\n")
        return EXIT_FAILED
    made = PatternHash.make(pattern, secrets.token_bytes(SALT_BYTES))
    sys.stdout.write(f'lock = "{made.text}"\n')
    sys.stdout.flush()
    sys.stderr.write(_ADVICE)
    return EXIT_OK


class Cancelled(Exception):
    """The person at the terminal pressed Ctrl-C or closed the input."""


@dataclass(slots=True)
class TerminalKeys:
    """Splits a terminal's bytes into keys. A key may come in several pieces, and several keys in one."""

    _rest: bytes = b""

    def feed(self, data: bytes) -> list[Key]:
        """Add bytes; returns the keys that are complete."""
        stream, keys = self._rest + data, list[Key]()
        at = 0
        while at < len(stream):
            length = _length(stream[at:])
            if length == 0:
                break
            keys.append(_meaning(stream[at : at + length]))
            at += length
        self._rest = stream[at:]
        return keys


def ask_twice(read: Read, write: Write, bullet: str) -> Pattern:
    """Ask for a pattern twice, until both are the same and long enough.

    `read` returns bytes from the terminal, b"" at its end. Each arrow is shown as a bullet.
    """
    keys = TerminalKeys()
    write(f"Lock pattern: {SHORTEST} to {LONGEST} arrow keys, then Enter. Ctrl-C leaves.\n")
    pressed = _keys(keys, read)
    while True:
        first = _press("Pattern: ", pressed, write, bullet)
        if len(first) < SHORTEST:
            write(f"That is too short: at least {SHORTEST} arrows.\n")
            continue
        if _press("Again:   ", pressed, write, bullet) == first:
            return Pattern(first)
        write("These were not the same. Once more from the beginning.\n")


def _keys(keys: TerminalKeys, read: Read) -> Iterator[Key]:
    while data := read():
        yield from keys.feed(data)
    yield "leave"


def _press(prompt: str, keys: Iterator[Key], write: Write, bullet: str) -> tuple[Intent, ...]:
    arrows: list[Intent] = []
    write(prompt)
    for key in keys:
        if key == "leave":
            break
        if key == "enter":
            write("\n")
            return tuple(arrows)
        if key == "erase" and arrows:
            arrows.pop()
            write("\b \b")
        elif isinstance(key, Intent) and len(arrows) < LONGEST:
            arrows.append(key)
            write(bullet)
    raise Cancelled


def _length(stream: bytes) -> int:
    """Return the length of the first key in bytes; 0 while it is incomplete (ECMA-48, 5.4: ESC [ to final byte)."""
    if stream[:1] != b"\x1b":
        return 1
    if len(stream) < 2:
        return 0
    if stream[1:2] == b"O":
        return 3 if len(stream) >= 3 else 0
    if stream[1:2] != b"[":
        return 1  # Escape by itself, and then another key
    for at in range(2, len(stream)):
        if 0x40 <= stream[at] <= 0x7E:
            return at + 1
        if stream[at] < 0x20:
            return at  # cut short by another key
    return 0


def _meaning(key: bytes) -> Key:
    # Arrows are ESC [ A in normal and ESC O A in application mode.
    if len(key) == 3 and key[:1] == b"\x1b":
        return _ARROWS.get(key[2:], "other")
    if key in (b"\r", b"\n"):
        return "enter"
    if key in (b"\x7f", b"\b"):
        return "erase"
    return "leave" if key in (b"\x03", b"\x04") else "other"


def _ask() -> Pattern:
    terminal = sys.stdin.fileno()
    bullet = "\N{BULLET}" if (sys.stderr.encoding or "").lower().replace("-", "") == "utf8" else "*"

    def write(text: str) -> None:
        # In raw mode the terminal no longer returns to the first column by itself.
        sys.stderr.write(text.replace("\n", "\r\n"))
        sys.stderr.flush()

    with _raw(terminal):
        return ask_twice(lambda: os.read(terminal, 64), write, bullet)


@contextmanager
def _raw(terminal: int) -> Iterator[None]:
    """Read each key at once and without echo; restore the terminal at the end, also after an error."""
    import termios
    import tty

    before = termios.tcgetattr(terminal)
    try:
        tty.setraw(terminal, termios.TCSADRAIN)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
