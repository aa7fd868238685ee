"""Makes text from outside visible: a terminal obeys none of it, and it neither ends a line nor reorders others."""

from __future__ import annotations

import re

# Beyond the controls of ASCII: DEL and C1 (a terminal obeys them), the separators of lines and paragraphs, marks and
# overrides of direction, letters that show nothing, lone surrogates.
_UNSEEN = (
    "\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff"
)
_BEYOND_ASCII = re.compile(f"[{_UNSEEN}]")
_ALL = re.compile(f"[\x00-\x1f{_UNSEEN}]")
_ALL_BUT_LINES = re.compile(f"[\x00-\x08\x0b-\x1f{_UNSEEN}]")


def visible(text: str) -> str:
    """Return one line in which every character shows; those that would not are named.

    >>> visible("a\\x9b31mb\\n")
    'a<U+009B>31mb<U+000A>'
    """
    return text if text.isascii() and text.isprintable() else _ALL.sub(_named, text)


def visible_lines(text: str) -> str:
    """Return the same of a text for a console; its line breaks and tabs stay."""
    return _ALL_BUT_LINES.sub(_named, text)


def visible_beyond_ascii(text: str) -> str:
    """Return the same for a writer that escapes the controls of ASCII itself, as that of JSON does."""
    return text if text.isascii() and "\x7f" not in text else _BEYOND_ASCII.sub(_named, text)


def _named(match: re.Match[str]) -> str:
    return f"<U+{ord(match[0]):04X}>"
