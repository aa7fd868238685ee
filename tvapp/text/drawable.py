"""What of a text can be drawn."""

from __future__ import annotations

from tvapp.text.shaping import JOINERS, RIGHT_TO_LEFT_MARK

MAX_CHARACTERS = 400
"""Characters drawn of one line; no screen is wider, and the size of a texture is limited."""


def drawable(text: str) -> str:
    """Return one line of limited length, without control characters, marks of direction and surrogates."""
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS]
    if text.isprintable():  # which excludes surrogates as well
        return text
    mark = RIGHT_TO_LEFT_MARK if text.startswith(RIGHT_TO_LEFT_MARK) else ""
    shown = text[len(mark) :]
    return mark + "".join(each if each.isprintable() or each in JOINERS else " " for each in shown)
