"""The tilesets of Render 2024-04-01 with their formats and zoom ranges (azure-facts 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["vector", "base", "labels", "hybrid", "imagery", "terra", "weather", "traffic"]


@dataclass(frozen=True, slots=True)
class Tileset:
    """One value of the TilesetID enum."""

    id: str
    kind: Kind
    name: str
    min_zoom: int = 0
    max_zoom: int = 22

    @property
    def is_vector(self) -> bool:
        return self.kind == "vector"

    @property
    def max_age_s(self) -> int | None:
        """How long an overlay stays fresh; None: as long as a base tile."""
        return {"weather": 300, "traffic": 60}.get(self.kind)


_ALL = (
    Tileset("microsoft.base", "vector", "Base"),
    Tileset("microsoft.base.labels", "vector", "Labels"),
    Tileset("microsoft.base.hybrid", "vector", "Hybrid"),
    Tileset("microsoft.terra.main", "terra", "Shaded relief", 0, 6),
    Tileset("microsoft.base.road", "base", "Road"),
    Tileset("microsoft.base.darkgrey", "base", "Dark grey"),
    Tileset("microsoft.base.labels.road", "labels", "Road labels"),
    Tileset("microsoft.base.labels.darkgrey", "labels", "Dark grey labels"),
    Tileset("microsoft.base.hybrid.road", "hybrid", "Roads and labels over imagery"),
    Tileset("microsoft.base.hybrid.darkgrey", "hybrid", "Dark roads and labels over imagery"),
    Tileset("microsoft.imagery", "imagery", "Imagery", 1, 19),
    Tileset("microsoft.weather.radar.main", "weather", "Weather radar", 0, 15),
    Tileset("microsoft.weather.infrared.main", "weather", "Infrared satellite", 0, 15),
    Tileset("microsoft.traffic.absolute", "vector", "Traffic, absolute speed"),
    Tileset("microsoft.traffic.absolute.main", "traffic", "Traffic, absolute speed"),
    Tileset("microsoft.traffic.relative", "vector", "Traffic, relative speed"),
    Tileset("microsoft.traffic.relative.main", "traffic", "Traffic, relative speed"),
    Tileset("microsoft.traffic.relative.dark", "traffic", "Traffic, relative speed, for dark maps"),
    Tileset("microsoft.traffic.delay", "vector", "Traffic delay"),
    Tileset("microsoft.traffic.delay.main", "traffic", "Traffic delay"),
    Tileset("microsoft.traffic.reduced.main", "traffic", "Traffic, reduced"),
    Tileset("microsoft.traffic.incident", "vector", "Traffic incidents"),
)

TILESETS: dict[str, Tileset] = {tileset.id: tileset for tileset in _ALL}

VIEWS = frozenset(
    {"AE", "AR", "BH", "IN", "IQ", "JO", "KW", "LB", "MA", "OM", "PK", "PS", "QA", "SA", "SY", "US", "YE"}
    | {"Auto", "Unified"}
)
