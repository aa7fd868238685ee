"""The local cloud's maps: raster tiles drawn from open data, in the looks of Azure Maps' tilesets."""

from __future__ import annotations

from tvapp.localcloud.basemap.tiles import attribution, render_tile
from tvapp.localcloud.basemap.tilesets import TILESETS, Tileset

__all__ = ["TILESETS", "Tileset", "attribution", "render_tile"]
