"""The id of a geofence, taken from its Feature, and properties as clean text."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

MAX_NAME = 200


def clean(value: object) -> str:
    """Return a property as one line of text, without control and direction characters; "" where it is no text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return ""
    if value.isascii() and value.isprintable():
        text = value
    else:
        # Joiners (U+200C, U+200D) shape letters in some scripts and stay; other format characters could mislead.
        text = "".join(
            " " if ch.isspace() else ch
            for ch in value[: MAX_NAME * 4]
            if ch.isspace() or ch in "\u200c\u200d" or unicodedata.category(ch) not in ("Cc", "Cf", "Cs", "Co", "Cn")
        )
    return " ".join(text.split())[:MAX_NAME]


def identity(feature_id: object, properties: Mapping[str, object], number: int) -> tuple[str, str]:
    """Return the geometryId of Feature `number` of a file, and a note where another value stands in for it."""
    stated = properties.get("geometryId")
    if isinstance(stated, str) and stated:
        return stated[:MAX_NAME], ""
    others = ((stated, "a number"), (feature_id, "its Feature id"), (properties.get("name"), "its name"))
    for value, what in others:
        text = clean(value)
        if text:
            return text, f"no geometryId as text; {what} stands in for it"
    return f"feature {number + 1}", "no geometryId; its number stands in for it"
