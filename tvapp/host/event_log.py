"""Writes log events without secrets: one line each, as text or JSON, on standard error and in a file.

Where standard error leads to systemd's journal, the line goes there with its priority and fields instead.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from tvapp.core.clock import Clock, SystemClock
from tvapp.core.log import Level
from tvapp.core.visible_text import visible_beyond_ascii, visible_lines
from tvapp.host.systemd.journal import Journal

Format = Literal["text", "json"]

LONGEST_LINE = 4000
LONGEST_VALUE = 1000
MOST_ITEMS = 20
RECENT = 50
"""How many lines stay in memory, for a crash report."""
RECENT_TROUBLES = 20
"""How many warnings and errors stay in memory, for who looks from a desk."""
MASK = "***"

SECRET_NAMES = re.compile(
    r"secret|password|passwd|authorization|cookie|(?:^|_)(?:device_code|user_code|access_token|refresh_token|id_token"
    r"|subscription_keys?|api_keys?|assertion)(?:$|_)|^(?:token|bearer|sig)$",
    re.IGNORECASE,
)
"""Names of fields whose values are never written, whatever they look like."""

_JWT = re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*")
_BEARER = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE)
_PARAMETER = re.compile(
    r"(\b(?:access_token|refresh_token|id_token|device_code|user_code|subscription-key|client_secret|sig|otc)|[?&]code)"
    r"(\"?\s*[=:]\s*\"?)[^\s&\"',;]+",
    re.IGNORECASE,
)
_ENTRA_TOKEN = re.compile(r"\b[01]\.A[\w-]{60,}(?:\.[\w-]+)*")
_LONG_SECRET = re.compile(r"(?<![\w/.+=-])(?=[\w+=-]*\d)(?=[\w+=-]*[A-Z])(?=[\w+=-]*[a-z])[\w+=-]{43,}")
"""Azure's keys, and tokens of no known form; no file name, GUID or digest matches."""
_ESCAPED = re.compile(r"\\+[abfnrtv]")
_NO_NAME = re.compile(r"[^\w.-]")
_MAIL = re.compile(r"(?<![\w.+%'-])[\w.+%'-]{1,256}@[\w-]+(?:\.[\w-]+)+")


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event as it is written: its time (ISO 8601) and its fields, without secrets."""

    stamp: str
    level: Level
    name: str
    fields: Mapping[str, object]


class EventLog:
    """Implements `core.log.Log`. Never raises, whatever happens to the disk or to standard error."""

    def __init__(
        self,
        *,
        file: Path | None = None,
        form: Format = "text",
        clock: Clock | None = None,
        stream: TextIO | None = None,
        journal: Journal | None = None,
    ) -> None:
        """With a `journal`, lines go there instead of to the stream, as long as it takes them."""
        self._path = file
        self._form = form
        self._clock = clock or SystemClock()
        self._stream = stream
        self._journal = journal
        self._lock = threading.Lock()
        self._fd: int | None = None
        self._identity: tuple[int, int] | None = None
        self._file_failed = False
        self.counts: Counter[str] = Counter()
        """By name: how many events there were."""
        self._levels: Counter[Level] = Counter()
        self._recent: deque[str] = deque(maxlen=RECENT)
        self._troubles: deque[LoggedEvent] = deque(maxlen=RECENT_TROUBLES)

    def event(self, name: str, /, *, level: Level = "info", **fields: object) -> None:
        """Write one line; may be called from any thread."""
        try:
            event, line = self._written(name, level, fields)
        except Exception as error:  # noqa: BLE001 - a log that can end the program is worse than a lost line
            event, line = self._written(name, level, {"log_error": type(error).__name__})
        with self._lock:
            self.counts[name] += 1
            self._levels[level] += 1
            self._recent.append(line)
            if level in ("warning", "error"):
                self._troubles.append(event)
            self._to_output(event, line)
            if self._path is not None:
                self._to_file(line)

    def recent(self) -> tuple[str, ...]:
        """Return the last lines as they were written, the oldest first."""
        with self._lock:
            return tuple(self._recent)

    def troubles(self) -> tuple[LoggedEvent, ...]:
        """Return the last warnings and errors, the oldest first."""
        with self._lock:
            return tuple(self._troubles)

    def levels(self) -> dict[Level, int]:
        """Return how many events of each level there were."""
        with self._lock:
            return dict(self._levels)

    def close(self) -> None:
        """Close the file; later events open it again."""
        with self._lock:
            self._close_file()

    def _written(self, name: str, level: Level, fields: Mapping[str, object]) -> tuple[LoggedEvent, str]:
        """Return an event and its line, with fields shortened or left out where the line would be too long."""
        stamp = timestamp(self._clock.wall())
        safe = {_NO_NAME.sub("_", key[:60]): redact(key, value) for key, value in fields.items() if value is not None}
        event = LoggedEvent(stamp, level, name, safe)
        line = self._line(event)
        if len(line) <= LONGEST_LINE:
            return event, line
        short = {key: value[:100] if isinstance(value, str) else value for key, value in safe.items()}
        short = {key: value for key, value in short.items() if not isinstance(value, list | dict)}
        short["cut"] = True
        event = LoggedEvent(stamp, level, name, short)
        line = self._line(event)
        if len(line) > LONGEST_LINE:
            event = LoggedEvent(stamp, level, name, dict(list(short.items())[:MOST_ITEMS]))
            line = self._line(event)
        return event, line

    def _line(self, event: LoggedEvent) -> str:
        if self._form == "json":
            return _json(event)
        return f"{event.stamp} {event.level:<7} {_words(event)}"

    def _to_output(self, event: LoggedEvent, line: str) -> None:
        if self._journal is not None:
            # The journal has a time and a level of its own for each line.
            message = line if self._form == "json" else _words(event)
            words = {key: value if isinstance(value, str) else _plain(value) for key, value in event.fields.items()}
            fields = {key: visible_lines(value) for key, value in words.items()}
            if self._journal.send(event.name, event.level, message, fields):
                return
        self._to_stream(line)

    def _to_stream(self, line: str) -> None:
        try:
            stream = self._stream if self._stream is not None else sys.stderr
            stream.write(line + "\n")
            stream.flush()
        except (OSError, ValueError, AttributeError):
            return  # its reader is gone; the file is tried nevertheless

    def _to_file(self, line: str) -> None:
        assert self._path is not None
        try:
            self._open_file(self._path)
            assert self._fd is not None
            # One write for each line, so that lines of two processes never mix.
            os.write(self._fd, (line + "\n").encode("utf-8", "replace"))
            self._file_failed = False
        except OSError as error:
            self._close_file()
            if self._file_failed:
                return
            self._file_failed = True
            reason = error.strerror or str(error)
            self._to_output(*self._written("log.file_failed", "error", {"file": str(self._path), "reason": reason}))

    def _open_file(self, path: Path) -> None:
        if self._fd is not None:
            try:
                there = path.stat()
                if (there.st_dev, there.st_ino) == self._identity:
                    return
            except FileNotFoundError:
                pass  # moved or deleted (logrotate): start a new one
            self._close_file()
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o640)
        opened = os.fstat(self._fd)
        self._identity = (opened.st_dev, opened.st_ino)

    def _close_file(self) -> None:
        fd, self._fd, self._identity = self._fd, None, None
        if fd is not None:
            try:
                os.close(fd)
            except OSError:
                return  # the disk reports a late error; the descriptor is closed all the same


def timestamp(epoch_s: float) -> str:
    """Write a time as ISO 8601 in UTC with milliseconds.

    >>> timestamp(0.5)
    '1970-01-01T00:00:00.500Z'
    """
    seconds, rest = divmod(round(epoch_s * 1000), 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:03d}Z"


def shorten_account(username: str) -> str:
    """Shorten an account so that an operator recognises it but nobody can write to it.

    >>> shorten_account("aino@contoso.com")
    'ai***@contoso.com'
    """
    name, at, domain = username.partition("@")
    kept = name[:2] if len(name) > 2 else name[:1]
    return f"{kept}{MASK}{at}{domain}" if username else ""


def redact(name: str, value: object) -> object:
    """Return a field's value as plain data, without secrets, and not too long."""
    if value is None or isinstance(value, bool | int):
        return MASK if isinstance(value, int) and not isinstance(value, bool) and _is_secret(name) else value
    if isinstance(value, float):
        return round(value, 3) if value == value and abs(value) != float("inf") else str(value)
    if _is_secret(name):
        return MASK
    if isinstance(value, Mapping):
        return {clean_text(str(key)): redact(str(key), item) for key, item in list(value.items())[:MOST_ITEMS]}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact("", item) for item in list(value)[:MOST_ITEMS]]
    return clean_text(str(value))


def clean_text(text: str) -> str:
    """Return a text without what must not be in a log: tokens, codes, keys, full addresses, unseen characters."""
    # JSON, and our quoting of other text, escape the controls of ASCII themselves.
    text = visible_beyond_ascii(text[: 4 * LONGEST_VALUE])
    if "\\" in text:
        # In a repr, the letter of an escaped line break would hide the start of the next word.
        text = _ESCAPED.sub(" ", text)
    text = _JWT.sub(MASK, text)
    text = _BEARER.sub(rf"\1 {MASK}", text)
    text = _PARAMETER.sub(rf"\1\2{MASK}", text)
    text = _ENTRA_TOKEN.sub(MASK, text)
    text = _LONG_SECRET.sub(MASK, text)
    if "@" in text:
        text = _MAIL.sub(lambda match: shorten_account(match[0]), text)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def _is_secret(name: str) -> bool:
    return SECRET_NAMES.search(name) is not None


def _json(event: LoggedEvent) -> str:
    import json

    own = {"ts": event.stamp, "level": event.level, "event": event.name}
    others = {key: value for key, value in event.fields.items() if key not in own}
    return json.dumps({**own, **others}, ensure_ascii=False)


def _words(event: LoggedEvent) -> str:
    return event.name + "".join(f" {key}={_plain(value)}" for key, value in event.fields.items())


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        is_simple = value and value.isprintable() and not set(value) & set(' "=\\')
        if is_simple:
            return value
    elif isinstance(value, int | float):
        return str(value)
    import json

    return json.dumps(value, ensure_ascii=False)
