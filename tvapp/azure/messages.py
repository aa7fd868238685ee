"""What the main thread hears from Azure Maps besides tiles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AttributionArrived:
    """The lines that must be shown on the map as it is now; plain text, the base's first, each once."""

    lines: tuple[str, ...]
