"""What the main thread hears about the network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkLost:
    """Something that is needed cannot be reached: the host `what`; `kind` names the class in core.errors."""

    what: str
    kind: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NetworkRestored:
    """Everything that is needed answers again, `after_s` seconds after it was lost."""

    after_s: float = 0.0
