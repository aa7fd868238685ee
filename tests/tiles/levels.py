"""A log that remembers the levels of events."""

from __future__ import annotations

from tvapp.core.log import Level, RecordingLog


class LevelLog(RecordingLog):
    """Remembers the levels of events, too."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[tuple[str, Level]] = []

    def event(self, name: str, /, *, level: Level = "info", **fields: object) -> None:
        self.levels.append((name, level))
        super().event(name, level=level, **fields)
