"""Stand-ins with which a probe gets in the way of a running program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class StandIn:
    """Passes everything on to `real`; subclasses replace some of it."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class BeforeUpdate(StandIn):
    """A program before each of whose updates something happens."""

    def __init__(self, real: Any, happens: Callable[[], None]) -> None:
        super().__init__(real)
        self._happens = happens

    def update(self, now: float) -> Any:
        """See loop.Program."""
        self._happens()
        return self.real.update(now)
