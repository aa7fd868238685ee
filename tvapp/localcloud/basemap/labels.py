"""Names on the map.

Every name has one place for each zoom, whatever tile is asked for; a tile draws all those that reach into it. Countries, seas
and settlements were given room when the data was made; streets and sights find theirs here, once for each zoom.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from tvapp.localcloud.basemap import data
from tvapp.localcloud.basemap.data import BELOW, CAPITAL, CITY, COUNTRY, DOTS_UNTIL, SEA
from tvapp.localcloud.basemap.palette import Palette
from tvapp.localcloud.basemap.sheet import TILE
from tvapp.localcloud.basemap.street_labels import StreetLabel, street_labels
from tvapp.localcloud.basemap.typography import Sprites, TextStyle, city_size, country_size

REACH = 420  # no name reaches farther from its middle, in pixels
LAST_ZOOM = 16
SUBURB_FROM = 12

_SPRITES = Sprites()


@dataclass(frozen=True, slots=True)
class Word:
    """A name to draw: its middle in pixels of the tile."""

    text: str
    x: float
    y: float
    style: TextStyle
    degrees: int = 0


def draw_labels(image: Image.Image, zoom: int, x: int, y: int, palette: Palette) -> None:
    """Draw onto an RGB or RGBA tile all names that reach into it."""
    for word in (*_places(image, zoom, x, y, palette), *_streets(image, zoom, x, y, palette)):
        sprite = _SPRITES.get(word.text, word.style, word.degrees)
        left, top = round(word.x - sprite.width / 2), round(word.y - sprite.height / 2)
        if left >= TILE or top >= TILE or left + sprite.width <= 0 or top + sprite.height <= 0:
            continue
        if image.mode == "RGBA":
            cut = (max(0, -left), max(0, -top))
            image.alpha_composite(sprite, (max(0, left), max(0, top)), cut)
        else:
            image.paste(sprite, (left, top), sprite)


def _places(image: Image.Image, zoom: int, x: int, y: int, palette: Palette) -> list[Word]:
    names = data.places()
    bit = np.uint32(1 << min(max(zoom, 1), LAST_ZOOM))
    tiles = 2.0**zoom
    words: list[Word] = []
    for turn in (-1, 0, 1) if zoom < 3 or x in (0, int(tiles) - 1) else (0,):
        px = ((names.u + turn) * tiles - x) * TILE
        py = (names.v * tiles - y) * TILE
        near = (px > -REACH) & (px < TILE + REACH) & (py > -80) & (py < TILE + 80) & ((names.mask & bit) != 0)
        for number in np.flatnonzero(near).tolist():
            words.append(_place(number, float(px[number]), float(py[number]), zoom, palette, image))
    return words


def _place(number: int, px: float, py: float, zoom: int, palette: Palette, image: Image.Image) -> Word:
    names = data.places()
    kind, text, population = int(names.kind[number]), names.names[number], int(names.population[number])
    if kind == COUNTRY:
        size = country_size(int(names.rank[number]), zoom)
        return Word(text.upper(), px, py, TextStyle("bold", size, palette.text_country, palette.halo, 3, 0.12))
    if kind == SEA:
        return Word(text, px, py, TextStyle("italic", 26, palette.text_water, palette.halo_water, 2, 0.08))
    assert kind == CITY
    size = city_size(population, zoom)
    if zoom >= SUBURB_FROM and population < 90_000:
        return Word(text.upper(), px, py, TextStyle("bold", 24, palette.text_soft, palette.halo, 3, 0.06))
    if zoom <= DOTS_UNTIL:
        radius = 3.6 if names.rank[number] & CAPITAL else 2.8
        _dot(image, px, py, radius + 1.4, palette.halo)
        _dot(image, px, py, radius, palette.text)
        py += size * 0.72 * (1 if names.rank[number] & BELOW else -1)
    large = population >= (500_000 if zoom <= DOTS_UNTIL else 90_000)
    face = "bold" if large else "medium"
    colour = palette.text if population >= 90_000 else palette.text_soft
    return Word(text, px, py, TextStyle(face, size, colour, palette.halo, 3))


def _dot(image: Image.Image, px: float, py: float, radius: float, colour: tuple[int, int, int]) -> None:
    if -10 < px < TILE + 10 and -10 < py < TILE + 10:
        # A small disc with smooth edges: four times larger, then down.
        box = 2 * (int(radius) + 2)
        big = Image.new("L", (box * 4, box * 4), 0)
        middle = box * 2
        fx, fy = (px - round(px)) * 4, (py - round(py)) * 4
        reach = radius * 4
        ImageDraw.Draw(big).ellipse(
            (middle + fx - reach, middle + fy - reach, middle + fx + reach, middle + fy + reach), fill=255
        )
        mask = big.reduce(4)
        image.paste((*colour, 255) if image.mode == "RGBA" else colour, (round(px) - box // 2, round(py) - box // 2), mask)


def _streets(image: Image.Image, zoom: int, x: int, y: int, palette: Palette) -> list[Word]:
    if zoom < 13:
        return []
    labels = _placed(zoom)
    left, top = x * TILE, y * TILE
    words = []
    for label in labels:
        px, py = label.x - left, label.y - top
        if not (-label.reach < px < TILE + label.reach and -label.reach < py < TILE + label.reach):
            continue
        if label.kind == "poi":
            _dot(image, px, py - 17, 4.6, palette.halo)
            _dot(image, px, py - 17, 3.4, palette.text_soft)
        words.append(Word(label.text, px, py, _style(label, palette), label.degrees))
    return words


def _style(label: StreetLabel, palette: Palette) -> TextStyle:
    if label.kind == "park":
        return TextStyle("italic", label.size, palette.text_park, palette.halo, 3)
    if label.kind in ("poi", "square"):
        return TextStyle("medium", label.size, palette.text_soft, palette.halo, 3)
    return TextStyle("medium", label.size, palette.text_street, palette.halo, 3, 0.01)


@lru_cache(maxsize=12)
def _placed(zoom: int) -> tuple[StreetLabel, ...]:
    """Return all street names and sights of a zoom, clear of the settlements' names."""
    names = data.places()
    bit = np.uint32(1 << min(zoom, LAST_ZOOM))
    streets = data.layer("streets")
    taken = []
    world = TILE * 2.0**zoom
    for west, north, east, south in streets.regions():
        inside = (names.u > west) & (names.u < east) & (names.v > north) & (names.v < south) & ((names.mask & bit) != 0)
        for number in np.flatnonzero(inside).tolist():
            size = city_size(int(names.population[number]), zoom)
            taken.append(
                (float(names.u[number]) * world, float(names.v[number]) * world, names.names[number].upper(), size)
            )
    return street_labels(streets, zoom, taken)
