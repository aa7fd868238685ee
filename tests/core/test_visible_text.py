"""Text from outside on consoles and in logs."""

from __future__ import annotations

import pytest

from tvapp.core.visible_text import visible, visible_beyond_ascii, visible_lines


@pytest.mark.parametrize("text", ["Depot 12", "Länsisatama", "مستودع", "हिन्दी", "می\u200cخواهم", "😀", ""])
def test_text_of_every_language_stays_as_it_is(text: str) -> None:
    assert visible(text) == visible_lines(text) == visible_beyond_ascii(text) == text


@pytest.mark.parametrize(
    "hidden",
    [
        "\x7f", "\x80", "\x9b", "\x9f", "\u061c", "\u200b", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202e",
        "\u2066", "\u2069", "\ufeff", "\ud800", "\U000e0041",
    ],
)  # fmt: skip
def test_what_does_not_show_is_named(hidden: str) -> None:
    named = f"a<U+{ord(hidden):04X}>b"
    text = f"a{hidden}b"
    assert visible(text) == visible_lines(text) == visible_beyond_ascii(text) == named


def test_a_console_keeps_its_lines_and_obeys_nothing() -> None:
    assert visible_lines("a\n\tb\x1b[2J\r\x00") == "a\n\tb<U+001B>[2J<U+000D><U+0000>"
    assert visible("a\nb\x1b") == "a<U+000A>b<U+001B>"
