"""`tvapp lock`: arrow keys or words in, a line for the config file out."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import termios
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.commands.lock_pattern import Cancelled, Key, TerminalKeys, ask_twice
from tvapp.core.exit_status import EXIT_FAILED, EXIT_OK
from tvapp.remote.intents import Intent
from tvapp.remote.pattern import pattern_of
from tvapp.remote.pattern_hash import PatternHash

UP, DOWN, RIGHT, LEFT = b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D"
ENTER, CTRL_C = b"\r", b"\x03"
SENT = {"up": UP, "down": DOWN, "left": LEFT, "right": RIGHT}
COMMAND = (sys.executable, "-m", "tvapp", "lock")


class Terminal:
    """A person who types, piece by piece, and what is written for them."""

    def __init__(self, *typed: bytes) -> None:
        self._typed = list(typed)
        self.shown = ""

    def read(self) -> bytes:
        return self._typed.pop(0) if self._typed else b""

    def write(self, text: str) -> None:
        self.shown += text


def ask(*typed: bytes) -> tuple[Terminal, str]:
    terminal = Terminal(*typed)
    return terminal, ask_twice(terminal.read, terminal.write, "*").words


def test_the_pattern_is_pressed_twice_and_only_bullets_are_shown() -> None:
    pressed = UP + UP + LEFT + DOWN + ENTER
    terminal, words = ask(pressed, pressed)
    assert words == "up up left down"
    assert terminal.shown.endswith("Pattern: ****\nAgain:   ****\n")


def test_two_that_differ_are_asked_for_again() -> None:
    terminal, words = ask(UP * 4 + ENTER, DOWN * 4 + ENTER, LEFT * 5 + ENTER, LEFT * 5 + ENTER)
    assert words == "left left left left left"
    assert "not the same" in terminal.shown


def test_fewer_than_four_are_asked_for_again() -> None:
    terminal, words = ask(UP * 3 + ENTER, UP * 4 + ENTER + UP * 4 + ENTER)
    assert words == "up up up up"
    assert "at least 4" in terminal.shown


def test_what_comes_after_the_sixteenth_is_not_taken() -> None:
    terminal, words = ask(UP * 20 + ENTER, UP * 16 + ENTER)
    assert words.split() == ["up"] * 16
    assert "*" * 16 + "\n" in terminal.shown
    assert "*" * 17 not in terminal.shown


def test_backspace_takes_the_last_one_away() -> None:
    pressed = b"\x7f" + UP * 4 + b"\x7f" + LEFT + ENTER
    terminal, words = ask(pressed, UP * 3 + LEFT + ENTER)
    assert words == "up up up left"
    assert "****\b \b*" in terminal.shown


def test_other_keys_do_nothing() -> None:
    _, words = ask(b"x1" + UP + b"\x1b[5~" + UP + b"\x1bOP" + UP + b"\x1b[1;5A" + UP + ENTER, UP * 4 + ENTER)
    assert words == "up up up up"


@pytest.mark.parametrize(
    "typed", [CTRL_C, b"\x04", UP * 4 + ENTER + UP + CTRL_C, b"\x1b" + CTRL_C, b"\x1b[" + CTRL_C, b""]
)
def test_ctrl_c_or_a_terminal_that_goes_away_ends_it(typed: bytes) -> None:
    with pytest.raises(Cancelled):
        ask(typed)


def keys_of(*pieces: bytes) -> list[Key]:
    keys = TerminalKeys()
    return [key for piece in pieces for key in keys.feed(piece)]


def test_both_ways_in_which_terminals_send_arrows_are_known() -> None:
    assert keys_of(b"\x1bOA\x1bOB\x1bOC\x1bOD") == [Intent.UP, Intent.DOWN, Intent.RIGHT, Intent.LEFT]
    assert keys_of(UP + DOWN + RIGHT + LEFT) == [Intent.UP, Intent.DOWN, Intent.RIGHT, Intent.LEFT]


@given(st.lists(st.sampled_from([UP, DOWN, RIGHT, LEFT, b"\x1bOA", ENTER, b"\x7f", b"\x1b[3~", b"x"])), st.data())
def test_keys_may_come_in_any_pieces(sent: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(sent)
    cut = data.draw(st.integers(0, len(stream)))
    assert keys_of(stream[:cut], stream[cut:]) == keys_of(stream) == keys_of(*(bytes([byte]) for byte in stream))
    assert len(keys_of(stream)) == len(sent)


@given(st.binary(max_size=40))
def test_no_bytes_upset_it(sent: bytes) -> None:
    keys = keys_of(sent)
    assert len(keys) <= len(sent)


def lock_of(line: str) -> PatternHash:
    assert re.fullmatch(r'lock = "scrypt\$[^"]+"\n', line)
    return PatternHash.parse(tomllib.loads(line)["lock"])


@pytest.mark.process
def test_words_on_standard_input_are_enough_for_scripts() -> None:
    done = subprocess.run(COMMAND, input="up Up\nleft right down\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == EXIT_OK
    assert lock_of(done.stdout).matches(pattern_of(["up", "up", "left", "right", "down"]))
    assert "[kiosk]" in done.stderr
    assert "TVAPP_KIOSK_LOCK" in done.stderr


@pytest.mark.process
@pytest.mark.parametrize("words", ["", "up down left", "up up up sideways", "up " * 17, "swordfish " * 2000])
def test_words_that_are_no_pattern_are_refused_and_not_repeated(words: str) -> None:
    done = subprocess.run(COMMAND, input=words, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (EXIT_FAILED, "")
    assert done.stderr.startswith("tvapp: a pattern has")
    assert "sideways" not in done.stderr
    assert "swordfish" not in done.stderr
    assert "Traceback" not in done.stderr


class Keyboard:
    """The program at a terminal of its own; its standard output goes elsewhere, as in `tvapp lock > file`."""

    def __init__(self) -> None:
        self._ours, self.theirs = pty.openpty()
        self.before = termios.tcgetattr(self.theirs)
        self.process = subprocess.Popen(COMMAND, stdin=self.theirs, stderr=self.theirs, stdout=subprocess.PIPE)
        self.shown = ""

    def wait_for(self, text: str) -> None:
        """Read what is shown until `text` has appeared after what was there before."""
        seen = len(self.shown)
        while text not in self.shown[seen:]:
            self.shown += os.read(self._ours, 4096).decode()

    def type(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        os.close(self._ours)
        os.close(self.theirs)


@contextmanager
def keyboard() -> Iterator[Keyboard]:
    opened = Keyboard()
    try:
        yield opened
    finally:
        opened.close()


@pytest.mark.process
def test_at_a_real_terminal_arrow_keys_are_read_and_the_terminal_is_left_as_it_was() -> None:
    with keyboard() as at:
        at.wait_for("Pattern: ")
        at.type(UP + LEFT + LEFT + DOWN + ENTER)
        at.wait_for("Again:   ")
        at.type(UP + LEFT + LEFT + DOWN + ENTER)
        out, _ = at.process.communicate(timeout=60)
        at.wait_for("single quotes")
        assert at.process.returncode == EXIT_OK
        assert lock_of(out.decode()).matches(pattern_of(["up", "left", "left", "down"]))
        assert "[A" not in at.shown
        assert termios.tcgetattr(at.theirs) == at.before


@pytest.mark.process
def test_ctrl_c_at_a_real_terminal_leaves_it_as_it_was_with_status_1() -> None:
    with keyboard() as at:
        at.wait_for("Pattern: ")
        at.type(UP + UP + CTRL_C)
        out, _ = at.process.communicate(timeout=60)
        at.wait_for("Nothing was made")
        assert (at.process.returncode, out) == (EXIT_FAILED, b"")
        assert "Traceback" not in at.shown
        assert termios.tcgetattr(at.theirs) == at.before
