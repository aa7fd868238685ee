"""The layers of the map (bases, overlays and geofences) and the order they are drawn in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from tvapp.tiles.tile import DRAWN_TILESET

Role = Literal["base", "overlay", "labels", "fences"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One tileset on the map; `min_zoom` and `max_zoom` are those it has tiles for.

    `has_text`: made for reading at its own size, so that a 4K screen enlarges it rather than showing the next
    zoom with letters and lines of half the size.
    """

    tileset: str
    role: Role
    min_zoom: int
    max_zoom: int
    opacity: float = 1.0
    has_text: bool = False

    @property
    def is_opaque(self) -> bool:
        """Tell whether it covers everything below."""
        return self.role == "base" and self.opacity >= 1.0


class BaseStyle(Enum):
    """The base layer; the value is its name in settings and text keys."""

    ROAD = "road"
    DARK = "dark"
    IMAGERY = "imagery"
    HYBRID = "hybrid"


class Overlay(Enum):
    """A layer over the base; the value is its name in settings and text keys."""

    TRAFFIC = "traffic"
    RADAR = "radar"
    INFRARED = "infrared"


@dataclass(frozen=True, slots=True)
class LayerChoice:
    """The layers that the viewer chose."""

    base: BaseStyle = BaseStyle.ROAD
    overlays: frozenset[Overlay] = frozenset()

    def with_base(self, base: BaseStyle) -> LayerChoice:
        return LayerChoice(base, self.overlays)

    def toggled(self, overlay: Overlay) -> LayerChoice:
        """Return the choice with an overlay switched on, or off if it was on."""
        return LayerChoice(self.base, self.overlays ^ {overlay})


# Zoom ranges: Azure Maps Render 2024-04-01, TilesetID. Traffic's is not stated there; its tiles follow the base's.
_ROAD = Layer("microsoft.base.road", "base", 0, 22, has_text=True)
_DARK = Layer("microsoft.base.darkgrey", "base", 0, 22, has_text=True)
_IMAGERY = Layer("microsoft.imagery", "base", 1, 19)
_HYBRID = Layer("microsoft.base.hybrid.road", "labels", 0, 22, has_text=True)
_BASES: dict[BaseStyle, Layer] = {
    BaseStyle.ROAD: _ROAD,
    BaseStyle.DARK: _DARK,
    BaseStyle.IMAGERY: _IMAGERY,
    BaseStyle.HYBRID: _IMAGERY,
}
_INFRARED = Layer("microsoft.weather.infrared.main", "overlay", 0, 15, opacity=0.6)
_RADAR = Layer("microsoft.weather.radar.main", "overlay", 0, 15, opacity=0.75)
# has_text: its lines must stay as wide as the roads of the base below.
_TRAFFIC = Layer("microsoft.traffic.relative.main", "overlay", 0, 22, has_text=True)
_TRAFFIC_DARK = Layer("microsoft.traffic.relative.dark", "overlay", 0, 22, has_text=True)
_FENCES = Layer(DRAWN_TILESET, "fences", 0, 22)

ALL = (_ROAD, _DARK, _IMAGERY, _HYBRID, _INFRARED, _RADAR, _TRAFFIC, _TRAFFIC_DARK, _FENCES)
"""Every layer that can be shown."""

_BACKGROUNDS: dict[str, tuple[int, int, int]] = {
    _ROAD.tileset: (228, 226, 220),
    _DARK.tileset: (36, 38, 42),
    _IMAGERY.tileset: (10, 18, 32),
}


def layers(choice: LayerChoice, *, fences: bool = True) -> tuple[Layer, ...]:
    """Return the layers to draw for a choice, from the bottom to the top."""
    drawn = [_BASES[choice.base]]
    if Overlay.INFRARED in choice.overlays:
        drawn.append(_INFRARED)
    if Overlay.RADAR in choice.overlays:
        drawn.append(_RADAR)
    if Overlay.TRAFFIC in choice.overlays:
        drawn.append(_TRAFFIC_DARK if choice.base is BaseStyle.DARK else _TRAFFIC)
    if choice.base is BaseStyle.HYBRID:
        drawn.append(_HYBRID)
    if fences:
        drawn.append(_FENCES)
    return tuple(drawn)


def choice_for(tileset: str) -> LayerChoice:
    """Return the choice for a configured `[maps] style`; the dark base where no layer has that tileset."""
    styles = {
        _ROAD.tileset: BaseStyle.ROAD,
        _DARK.tileset: BaseStyle.DARK,
        _IMAGERY.tileset: BaseStyle.IMAGERY,
        _HYBRID.tileset: BaseStyle.HYBRID,
    }
    return LayerChoice(styles.get(tileset, BaseStyle.DARK))


def background(drawn: tuple[Layer, ...]) -> tuple[int, int, int]:
    """Return the colour (red, green, blue) to show where no tile has arrived yet."""
    return _BACKGROUNDS.get(drawn[0].tileset, (36, 38, 42)) if drawn else (36, 38, 42)
