"""Reads the guest's journal as `journalctl -o json` sends it: systemd's lines, and tvapp's own events."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

POLL_S = 0.2
APP_UNIT = "tvapp.service"
PREFIX = "TVAPP_"


@dataclass(frozen=True)
class Entry:
    """One line of the journal; `event` and `fields` are of tvapp's log, empty in all other lines."""

    at: float
    """Unix time by the guest's clock, which is set from the host's at power-on."""
    unit: str
    message: str
    event: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


def parse(line: str) -> Entry | None:
    """Return the entry of a line, or None for what is no whole entry (the plug was pulled in the middle of it)."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError:
        return None
    if not isinstance(record, dict) or "__REALTIME_TIMESTAMP" not in record:
        return None
    message = record.get("MESSAGE")
    if isinstance(message, list):  # how journalctl writes bytes that are no text
        message = bytes(message).decode(errors="replace")
    text = message if isinstance(message, str) else ""
    unit = str(record.get("UNIT") or record.get("_SYSTEMD_UNIT") or "")
    at = int(record["__REALTIME_TIMESTAMP"]) / 1e6
    event = record.get("TVAPP_EVENT")
    if unit == APP_UNIT and isinstance(event, str):
        return Entry(at, unit, text, event, _fields(record))
    return Entry(at, unit, text)


def _fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an event, numbers and lists as such: the journal knows texts alone."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        if name.startswith(PREFIX) and isinstance(value, str):
            try:
                found[name.removeprefix(PREFIX).lower()] = json.loads(value)
            except json.JSONDecodeError:
                found[name.removeprefix(PREFIX).lower()] = value
    return found


class Journal:
    """The entries that have come so far, over all boots; reads on in the file that QEMU writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._waiting = b""
        self.entries: list[Entry] = []

    def read(self) -> int:
        """Take in what has come; returns how many entries there are, a mark for later."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
            self._offset += len(data)
            *lines, self._waiting = (self._waiting + data).split(b"\n")
            for line in lines:
                entry = parse(line.decode(errors="replace"))
                if entry is not None:
                    self.entries.append(entry)
        return len(self.entries)

    def find(self, mark: int, test: Callable[[Entry], bool]) -> Entry | None:
        """Return the first entry after a mark that passes the test."""
        self.read()
        return next((entry for entry in self.entries[mark:] if test(entry)), None)

    def wait(self, mark: int, test: Callable[[Entry], bool], within_s: float) -> Entry | None:
        """Wait for an entry after a mark that passes the test; None: none came in time."""
        until = time.monotonic() + within_s
        while (entry := self.find(mark, test)) is None and time.monotonic() < until:
            time.sleep(POLL_S)
        return entry
