"""Messages to the main thread about the network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkLost:
    """A watched host cannot be reached: `what`; `kind` is the name of the error's class in core.errors."""

    what: str
    kind: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NetworkRestored:
    """All watched hosts answer again, `after_s` seconds after the network was lost."""

    after_s: float = 0.0
