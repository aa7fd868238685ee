"""The pictures of the layers panel show the place where the map started."""

from __future__ import annotations

from tvapp.app.layer_previews import WEATHER_ZOOM, layer_previews
from tvapp.geo.position import Position
from tvapp.mapview.layers import BaseStyle, Overlay
from tvapp.tiles.tile import TileId

HELSINKI = Position(24.9525, 60.1672)


def test_each_base_map_and_each_overlay_has_a_preview_without_geofences() -> None:
    previews = layer_previews(HELSINKI, 12.6)
    assert {each.name for each in previews} == {each.value for each in (*BaseStyle, *Overlay)}
    assert all(tile.tileset != "geofences" for each in previews for tile in each.tiles)


def test_the_tiles_are_those_under_the_place_at_the_nearest_zoom_that_the_layer_has() -> None:
    tiles = {each.name: each.tiles for each in layer_previews(HELSINKI, 12.6)}
    assert tiles["dark"] == (TileId("microsoft.base.darkgrey", 13, 4663, 2371),)
    assert {tile.z for tile in tiles["traffic"]} == {13}
    assert {tile.z for each in layer_previews(HELSINKI, 21.0) for tile in each.tiles if each.name == "imagery"} == {19}


def test_weather_is_shown_at_the_scale_of_a_country() -> None:
    tiles = {each.name: each.tiles for each in layer_previews(HELSINKI, 12.6)}
    assert {tile.z for name in ("radar", "infrared") for tile in tiles[name]} == {WEATHER_ZOOM}
    assert tiles["radar"][0].tileset == "microsoft.base.darkgrey"
