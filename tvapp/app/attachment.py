"""The protocol of parts that watch or steer the app and belong to no screen: the desk, the metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Attachment(Protocol):
    """Belongs to the main thread. Times are monotonic seconds."""

    def begin(self, now: float) -> None:
        """The first frame is on the screen: start what it did not need."""
        ...

    def receive(self, message: object, now: float) -> None:
        """Take any message of the inbox, after the parts that it is for; see `app.routes`."""
        ...

    def screen_changed(self, name: str) -> None:
        """Note the name of the screen that is on top now."""
        ...

    def presented(self, now: float, took_s: float) -> None:
        """Note that a frame is on the screen, which took so long to draw and to show."""
        ...

    def tick(self, now: float) -> None:
        """Do what is due; called after every event and message, and when `next_wakeup` says."""
        ...

    def next_wakeup(self) -> float | None:
        """Tell when `tick` has something to do; None: not at all."""
        ...


class Attachments:
    """All that is attached, in the order in which it was added."""

    def __init__(self) -> None:
        self._parts: list[Attachment] = []
        self._to_build: list[Callable[[], Attachment]] = []

    def add(self, build: Callable[[], Attachment]) -> None:
        """Attach a part, before the first frame; it is built after that."""
        self._to_build.append(build)

    def begin(self, now: float) -> None:
        self._parts = [build() for build in self._to_build]
        for part in self._parts:
            part.begin(now)

    def receive(self, message: object, now: float) -> None:
        for part in self._parts:
            part.receive(message, now)

    def screen_changed(self, name: str) -> None:
        for part in self._parts:
            part.screen_changed(name)

    def presented(self, now: float, took_s: float) -> None:
        for part in self._parts:
            part.presented(now, took_s)

    def tick(self, now: float) -> None:
        for part in self._parts:
            part.tick(now)

    def next_wakeup(self) -> float | None:
        return min((at for part in self._parts if (at := part.next_wakeup()) is not None), default=None)
