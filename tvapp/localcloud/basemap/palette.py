"""Colours and widths of the drawn map."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from tvapp.localcloud.basemap.tilesets import Look
from tvapp.localcloud.basemap.typography import Colour


@dataclass(frozen=True, slots=True)
class Palette:
    """One look of the map."""

    water: Colour
    shallow: Colour
    land: Colour
    coast: Colour
    border: Colour
    areas: dict[str, Colour]
    building: Colour
    building_edge: Colour
    roads: dict[str, tuple[Colour, Colour]]  # fill, casing
    rail: Colour
    tram: Colour
    ferry: Colour
    tree: Colour
    text: Colour
    text_soft: Colour
    text_country: Colour
    text_street: Colour
    text_water: Colour
    text_park: Colour
    halo: Colour
    halo_water: Colour


LIGHT = Palette(
    water=(176, 205, 222),
    shallow=(188, 214, 228),
    land=(245, 243, 238),
    coast=(150, 184, 204),
    border=(176, 164, 176),
    areas={
        "park": (210, 229, 200),
        "grass": (221, 235, 210),
        "wood": (196, 220, 186),
        "pitch": (200, 226, 204),
        "plaza": (238, 234, 226),
        "square": (240, 236, 228),
        "pier": (236, 233, 226),
        "platform": (228, 226, 224),
        "rocks": (226, 224, 218),
        "parking": (238, 237, 235),
        "landuse": (240, 237, 231),
        "water": (176, 205, 222),
    },
    building=(230, 225, 217),
    building_edge=(212, 205, 195),
    roads={
        "motorway": ((250, 205, 122), (222, 166, 74)),
        "trunk": ((252, 217, 148), (226, 180, 96)),
        "primary": ((254, 234, 184), (225, 199, 140)),
        "secondary": ((255, 249, 226), (218, 207, 180)),
        "tertiary": ((255, 255, 255), (208, 203, 194)),
        "street": ((255, 255, 255), (213, 208, 200)),
        "service": ((255, 255, 255), (224, 220, 213)),
        "pedestrian": ((248, 244, 238), (222, 215, 206)),
        "path": ((216, 200, 180), (245, 243, 238)),
        "steps": ((205, 185, 165), (245, 243, 238)),
        "cycleway": ((190, 203, 216), (245, 243, 238)),
    },
    rail=(158, 156, 160),
    tram=(186, 178, 180),
    ferry=(126, 164, 192),
    tree=(180, 211, 168),
    text=(44, 50, 58),
    text_soft=(92, 98, 108),
    text_country=(112, 104, 122),
    text_street=(84, 84, 88),
    text_water=(74, 120, 158),
    text_park=(72, 120, 74),
    halo=(252, 251, 248),
    halo_water=(186, 213, 228),
)

DARK = Palette(
    water=(17, 23, 31),
    shallow=(20, 27, 36),
    land=(36, 40, 46),
    coast=(58, 68, 79),
    border=(92, 98, 108),
    areas={
        "park": (35, 48, 45),
        "grass": (38, 48, 46),
        "wood": (32, 46, 42),
        "pitch": (38, 54, 50),
        "plaza": (44, 49, 55),
        "square": (45, 50, 57),
        "pier": (40, 45, 51),
        "platform": (54, 59, 66),
        "rocks": (48, 52, 57),
        "parking": (41, 46, 52),
        "landuse": (38, 42, 48),
        "water": (17, 23, 31),
    },
    building=(50, 57, 66),
    building_edge=(66, 74, 84),
    roads={
        "motorway": ((142, 121, 84), (28, 31, 36)),
        "trunk": ((130, 114, 86), (28, 31, 36)),
        "primary": ((112, 108, 99), (28, 31, 36)),
        "secondary": ((102, 106, 112), (28, 31, 36)),
        "tertiary": ((90, 97, 105), (28, 31, 36)),
        "street": ((80, 87, 96), (28, 32, 37)),
        "service": ((58, 64, 71), (31, 35, 40)),
        "pedestrian": ((61, 66, 73), (32, 36, 41)),
        "path": ((62, 68, 74), (36, 40, 46)),
        "steps": ((70, 74, 80), (36, 40, 46)),
        "cycleway": ((60, 72, 82), (36, 40, 46)),
    },
    rail=(84, 92, 103),
    tram=(70, 78, 88),
    ferry=(52, 74, 96),
    tree=(43, 60, 54),
    text=(226, 230, 235),
    text_soft=(164, 172, 182),
    text_country=(150, 158, 170),
    text_street=(186, 192, 199),
    text_water=(104, 136, 166),
    text_park=(124, 164, 138),
    halo=(24, 28, 33),
    halo_water=(17, 23, 31),
)

HYBRID = Palette(
    **{
        **{name: getattr(DARK, name) for name in Palette.__slots__},
        "border": (235, 225, 190),
        "text": (255, 255, 255),
        "text_soft": (236, 240, 243),
        "text_country": (250, 246, 228),
        "text_street": (250, 250, 248),
        "text_water": (196, 224, 246),
        "text_park": (206, 238, 196),
        "halo": (14, 18, 20),
        "halo_water": (8, 20, 34),
    }
)

PALETTES: dict[Look, Palette] = {"light": LIGHT, "dark": DARK}

# Widths in pixels of a 512 tile by zoom; between two zooms they grow evenly by factor.
WIDTHS: dict[str, tuple[tuple[int, float], ...]] = {
    "motorway": ((8, 1.2), (11, 2.6), (13, 5.0), (15, 9.5), (17, 24), (20, 150)),
    "trunk": ((9, 1.2), (11, 2.2), (13, 4.4), (15, 8.5), (17, 22), (20, 140)),
    "primary": ((10, 1.2), (13, 3.8), (15, 8.0), (16, 12), (18, 38), (20, 130)),
    "secondary": ((11, 1.2), (13, 3.0), (15, 6.6), (16, 10.5), (18, 34), (20, 110)),
    "tertiary": ((12, 1.3), (14, 3.6), (15, 5.6), (16, 9.5), (18, 30), (20, 95)),
    "street": ((13, 1.1), (14, 2.2), (15, 4.2), (16, 8.0), (18, 26), (20, 80)),
    "service": ((15, 1.6), (16, 3.4), (18, 13), (20, 44)),
    "pedestrian": ((14, 1.4), (15, 3.0), (16, 5.6), (18, 18), (20, 60)),
    "path": ((16, 1.2), (17, 1.8), (18, 3.0), (20, 9)),
    "steps": ((16, 1.6), (17, 2.6), (18, 5.0), (20, 16)),
    "cycleway": ((16, 1.2), (17, 1.8), (18, 3.4), (20, 10)),
    "rail": ((10, 0.8), (13, 1.4), (15, 1.6), (17, 3.0), (20, 10)),
    "tram": ((15, 0.9), (17, 1.6), (20, 6)),
    "ferry": ((6, 1.0), (11, 1.6), (16, 2.4), (20, 5)),
}


def width(kind: str, zoom: int) -> float:
    """Return a line's width in pixels of a 512 tile, 0 where it is not drawn yet."""
    stops = WIDTHS[kind]
    if zoom < stops[0][0]:
        return 0.0
    for (low, thin), (high, wide) in pairwise(stops):
        if zoom <= high:
            return float(thin * (wide / thin) ** ((zoom - low) / (high - low)))
    last, wide = stops[-1]
    return float(wide * 2.0 ** (zoom - last))
