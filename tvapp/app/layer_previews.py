"""Chooses the tiles that show in the layers panel what each base map and overlay looks like."""

from __future__ import annotations

from tvapp.geo.mercator import project
from tvapp.geo.position import Position
from tvapp.mapview.layers import BaseStyle, LayerChoice, Overlay, layers
from tvapp.tiles.tile import Preview, TileId

WEATHER = "microsoft.weather."
WEATHER_ZOOM = 5
"""Rain and clouds are seen at the scale of a country."""


def layer_previews(center: Position, zoom: float) -> list[Preview]:
    """Return a preview of each base map and of each overlay (over the dark base map) at a place."""
    bases = {base.value: LayerChoice(base) for base in BaseStyle}
    overlays = {overlay.value: LayerChoice(BaseStyle.DARK, frozenset({overlay})) for overlay in Overlay}
    return [Preview(name, _tiles(choice, center, zoom)) for name, choice in (bases | overlays).items()]


def _tiles(choice: LayerChoice, center: Position, zoom: float) -> tuple[TileId, ...]:
    shown = [layer for layer in layers(choice) if layer.role != "fences"]
    is_weather = any(layer.tileset.startswith(WEATHER) for layer in shown)
    z = min([WEATHER_ZOOM if is_weather else round(zoom), *(layer.max_zoom for layer in shown)])
    u, v = project(center)
    return tuple(TileId(layer.tileset, z, int(u * 2**z), int(v * 2**z)).wrapped() for layer in shown)
