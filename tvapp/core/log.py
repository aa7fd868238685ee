"""The protocol by which modules report events; `tvapp.host.event_log` writes the lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

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
    _levels: list[Level] = field(default_factory=list)

    def event(self, name: str, /, *, level: Level = "info", **fields: object) -> None:
        if level not in get_args(Level):
            raise ValueError(f"no level: {level}")
        self.events.append((name, fields))
        self._levels.append(level)

    @property
    def levels(self) -> list[tuple[str, Level]]:
        """The name and level of each event, oldest first."""
        return [(name, level) for (name, _), level in zip(self.events, self._levels, strict=True)]

    def at_level(self, level: Level) -> list[str]:
        """Return the names of the events of a level, oldest first."""
        return [name for name, each in self.levels if each == level]

    def named(self, name: str) -> list[dict[str, object]]:
        """Return the fields of every event called `name`, oldest first."""
        return [fields for event, fields in self.events if event == name]
