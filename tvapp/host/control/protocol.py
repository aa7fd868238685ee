r"""The protocol of the control socket: one request and one answer a connection, each a line of JSON in UTF-8.

    {"v": 1, "do": "show", "view": "home"}
    {"v": 1, "ok": true, "center": [-122.127, 47.64], "zoom": 14.0}

An answer whose `bytes` is more than 0 is followed by so many bytes: a PNG. A refusal has `ok` false, an `error` for
programs and a `reason` for people.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping

from tvapp.host.control.commands import (
    SHOWN_S,
    Answer,
    Command,
    Message,
    Restart,
    Screenshot,
    Show,
    SignOut,
    Status,
    Wake,
)

VERSION = 1
LONGEST_REQUEST = 8192
LONGEST_ANSWER = 1 << 20
LONGEST_BODY = 64 << 20
"""More than a PNG of an 8K screen."""
LONGEST_MESSAGE = 280
"""Characters of a message: what one reads from 3 m in a few seconds."""
LONGEST_VIEW = 200
SHORTEST_SHOWN_S, LONGEST_SHOWN_S = 5.0, 86_400.0
"""For how long a message may stay on the screen."""
MOST_MARKS = 3
"""Marks on one letter; more of them would cover other lines."""

_JOINERS = "\u200c\u200d"
"""Format characters that belong to words and emoji, unlike those that turn the direction of the text."""


class BadRequest(Exception):
    """What came is no request; the text says why."""


def parse_request(line: bytes) -> Command:
    """Read a request.

    >>> parse_request(b'{"v": 1, "do": "show", "view": "home"}')
    Show(view='home')

    Raises:
        BadRequest: it is none.
    """
    try:
        found = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadRequest("this is no JSON in UTF-8") from None
    if not isinstance(found, dict):
        raise BadRequest("this is no JSON object")
    if found.get("v") != VERSION:
        raise BadRequest(f"this app speaks version {VERSION} of the protocol")
    match found.get("do"):
        case "status":
            return Status()
        case "screenshot":
            return Screenshot()
        case "wake":
            return Wake()
        case "sign-out":
            return SignOut()
        case "restart":
            return Restart()
        case "show":
            return Show(_text(found, "view", LONGEST_VIEW))
        case "message":
            return Message(_message(found), _seconds(found))
    raise BadRequest("there is no such command")


def write_request(command: Command) -> bytes:
    """Return a request as the line to send.

    Raises:
        BadRequest: the app would not take it.
    """
    given: dict[str, object] = {"v": VERSION, "do": command.name}
    if isinstance(command, Show):
        given["view"] = command.view
    elif isinstance(command, Message):
        given |= {"text": command.text, "for_s": command.for_s}
    line = json.dumps(given).encode() + b"\n"
    if len(line) > LONGEST_REQUEST:
        raise BadRequest("the text is too long")
    parse_request(line)
    return line


def write_answer(answer: Answer) -> bytes:
    """Return the line of an answer; its body follows."""
    given: dict[str, object] = {"v": VERSION, "ok": not answer.error}
    if answer.error:
        given["error"] = answer.error
    if answer.body:
        given["bytes"] = len(answer.body)
    # Without characters outside of ASCII, nothing in it can steer a terminal.
    return json.dumps({**answer.fields, **given}).encode() + b"\n"


def read_answer(line: bytes) -> tuple[dict[str, object], int]:
    """Return the fields of an answer, and how many bytes follow it.

    Raises:
        BadRequest: this is no answer.
    """
    try:
        found = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadRequest("the answer is no JSON") from None
    if not isinstance(found, dict) or not isinstance(found.get("ok"), bool):
        raise BadRequest("the answer is none of this protocol")
    size = found.pop("bytes", 0)
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= LONGEST_BODY:
        raise BadRequest("the answer does not say how long it is")
    return found, size


def clean_message(text: str) -> str:
    r"""Return a text as it may stand on the screen: one line, without control and direction characters.

    >>> clean_message("Fire drill\n at \u202e10:00\x1b[31m ")
    'Fire drill at 10:00[31m'
    """
    kept, marks = [], 0
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        if category in ("Zs", "Zl", "Zp") or character in "\t\n\r":
            kept.append(" ")
            continue
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if (category.startswith("C") and character not in _JOINERS) or marks > MOST_MARKS:
            continue
        kept.append(character)
    return " ".join("".join(kept).split())


def _text(found: Mapping[str, object], key: str, longest: int) -> str:
    value = found.get(key)
    if not isinstance(value, str):
        raise BadRequest(f"{key} is missing, or no text")
    if len(value) > longest:
        raise BadRequest(f"{key} is too long: {len(value)} characters, at most {longest}")
    if not value.strip():
        raise BadRequest(f"{key} is empty")
    return value.strip()


def _message(found: Mapping[str, object]) -> str:
    # Longer than what may be shown: some of it may be taken out.
    text = clean_message(_text(found, "text", LONGEST_REQUEST))
    if not text:
        raise BadRequest("nothing of the text can be shown")
    if len(text) > LONGEST_MESSAGE:
        raise BadRequest(f"the text is too long: {len(text)} characters, at most {LONGEST_MESSAGE}")
    if not text.strip(_JOINERS + " "):
        raise BadRequest("nothing of the text can be shown")
    return text


def _seconds(found: Mapping[str, object]) -> float:
    value = found.get("for_s", SHOWN_S)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadRequest("for_s is no number of seconds")
    if not SHORTEST_SHOWN_S <= value <= LONGEST_SHOWN_S:
        raise BadRequest(f"for_s is {value:g}; allowed: {SHORTEST_SHOWN_S:g} to {LONGEST_SHOWN_S:g}")
    return float(value)
