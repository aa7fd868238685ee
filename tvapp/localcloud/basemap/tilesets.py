"""The tilesets that the local cloud draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["road", "labels", "hybrid", "imagery", "relief", "radar", "infrared", "traffic"]
Look = Literal["light", "dark"]

OSM = "© OpenStreetMap contributors"
NATURAL_EARTH = "Made with Natural Earth"
GEONAMES = "© GeoNames"
SAMPLE = "Sample weather, not a forecast"
SAMPLE_TRAFFIC = "Sample traffic, not measured"
SAMPLE_IMAGERY = "Imagery simulated by tvapp"


@dataclass(frozen=True, slots=True)
class Tileset:
    """A raster tileset as Azure Maps names it."""

    id: str
    kind: Kind
    look: Look
    min_zoom: int
    max_zoom: int
    credits: tuple[str, ...]

    @property
    def opaque(self) -> bool:
        """Whether it is a map by itself, not an overlay."""
        return self.kind in ("road", "imagery", "relief")


_MAP = (OSM, NATURAL_EARTH, GEONAMES)

TILESETS: dict[str, Tileset] = {
    tileset.id: tileset
    for tileset in (
        Tileset("microsoft.base.road", "road", "light", 0, 22, _MAP),
        Tileset("microsoft.base.darkgrey", "road", "dark", 0, 22, _MAP),
        Tileset("microsoft.base.labels.road", "labels", "light", 0, 22, _MAP),
        Tileset("microsoft.base.labels.darkgrey", "labels", "dark", 0, 22, _MAP),
        Tileset("microsoft.base.hybrid.road", "hybrid", "light", 0, 22, _MAP),
        Tileset("microsoft.base.hybrid.darkgrey", "hybrid", "dark", 0, 22, _MAP),
        Tileset("microsoft.imagery", "imagery", "light", 1, 19, (SAMPLE_IMAGERY, OSM, NATURAL_EARTH)),
        Tileset("microsoft.terra.main", "relief", "light", 0, 6, (NATURAL_EARTH,)),
        Tileset("microsoft.weather.radar.main", "radar", "dark", 0, 15, (SAMPLE,)),
        Tileset("microsoft.weather.infrared.main", "infrared", "dark", 0, 15, (SAMPLE,)),
        Tileset("microsoft.traffic.absolute.main", "traffic", "light", 0, 22, (SAMPLE_TRAFFIC, OSM)),
        Tileset("microsoft.traffic.relative.main", "traffic", "light", 0, 22, (SAMPLE_TRAFFIC, OSM)),
        Tileset("microsoft.traffic.relative.dark", "traffic", "dark", 0, 22, (SAMPLE_TRAFFIC, OSM)),
        Tileset("microsoft.traffic.delay.main", "traffic", "light", 0, 22, (SAMPLE_TRAFFIC, OSM)),
        Tileset("microsoft.traffic.reduced.main", "traffic", "light", 0, 22, (SAMPLE_TRAFFIC, OSM)),
    )
}
