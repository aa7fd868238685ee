"""Messages to the main thread from Azure Maps, besides tiles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AttributionArrived:
    """The attribution for the present map: lines of plain text, those of the base first, each once."""

    lines: tuple[str, ...]
