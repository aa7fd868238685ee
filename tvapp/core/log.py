"""The protocol by which modules report events; `tvapp.host.event_log` writes the lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

Level = Literal["debug", "info", "warning", "error"]


class Log(Protocol):
    """Takes one event with its fields; may be called from any thread."""

    def event(self, name: str, /, *, level: Level = "info", **fields: object) -> None:
        """Write one line. Never pass a token, a device code, a user code, a key or a full address."""
        ...


@dataclass(slots=True)
class RecordingLog:
    """Keeps events in memory, for tests."""

    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def event(self, name: str, /, *, level: Level = "info", **fields: object) -> None:
        self.events.append((name, fields))

    def named(self, name: str) -> list[dict[str, object]]:
        """Return the fields of every event called `name`, oldest first."""
        return [fields for event, fields in self.events if event == name]
