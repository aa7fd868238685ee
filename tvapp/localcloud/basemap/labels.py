"""Names on the map.

Every name has one place at each zoom, whatever tile is requested; a tile draws all names that reach into it. The data
has the places of countries, seas and settlements; those of streets and sights are computed here, once for each zoom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from tvapp.localcloud.basemap import data
from tvapp.localcloud.basemap.data import BELOW, CAPITAL, COUNTRY, DOTS_UNTIL, SEA
from tvapp.localcloud.basemap.palette import Palette
from tvapp.localcloud.basemap.street_labels import StreetLabel, street_labels
from tvapp.localcloud.basemap.tile_canvas import TILE
from tvapp.localcloud.basemap.typography import Colour, Sprites, TextStyle, city_size, country_size

REACH = 420  # no name reaches farther from its middle, in pixels
LAST_ZOOM = 16
SUBURB_FROM = 12
WHOLE_UNTIL = 17

_SPRITES = Sprites()


@dataclass(frozen=True, slots=True)
class Dot:
    """A small disc in pixels of the tile."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Word:
    """A name to draw: its middle in pixels of the tile."""

    text: str
    x: float
    y: float
    style: TextStyle
    degrees: int = 0
    dot: Dot | None = None


def words(zoom: int, x: int, y: int, palette: Palette) -> list[Word]:
    """Return all names that may reach into a tile."""
    return [*_places(zoom, x, y, palette), *_streets(zoom, x, y, palette)]


def draw_labels(image: Image.Image, zoom: int, x: int, y: int, palette: Palette) -> None:
    """Draw onto an RGB or RGBA tile all names that reach into it."""
    found = words(zoom, x, y, palette)
    for word in found:
        if word.dot is not None:
            _put(image, _disc(word.dot, word.style), word.dot.x, word.dot.y)
    for word in found:
        _put(image, _SPRITES.get(word.text, word.style, word.degrees), word.x, word.y)


def _put(image: Image.Image, sprite: Image.Image, x: float, y: float) -> None:
    # Not round(): it would send halves to even numbers, and neighbouring tiles to different ones.
    left, top = math.floor(x - sprite.width / 2 + 0.5), math.floor(y - sprite.height / 2 + 0.5)
    if left >= TILE or top >= TILE or left + sprite.width <= 0 or top + sprite.height <= 0:
        return
    if image.mode == "RGBA":
        image.alpha_composite(sprite, (max(0, left), max(0, top)), (max(0, -left), max(0, -top)))
    else:
        image.paste(sprite, (left, top), sprite)


@lru_cache(maxsize=64)
def _disc_at(radius: float, colour: Colour, halo: Colour) -> Image.Image:
    """Draw a smooth disc with a rim: eight times larger, then down."""
    side = 2 * (int(radius) + 3)
    big = Image.new("RGBA", (side * 8, side * 8), (*halo, 0))
    draw = ImageDraw.Draw(big)
    for reach, ink in ((radius + 1.4, halo), (radius, colour)):
        draw.ellipse(
            ((side / 2 - reach) * 8, (side / 2 - reach) * 8, (side / 2 + reach) * 8, (side / 2 + reach) * 8), ink
        )
    return big.resize((side, side), Image.Resampling.BOX)


def _disc(dot: Dot, style: TextStyle) -> Image.Image:
    return _disc_at(dot.radius, style.colour, style.halo)


def _places(zoom: int, x: int, y: int, palette: Palette) -> list[Word]:
    names = data.places()
    bit = np.uint32(1 << min(max(zoom, 1), LAST_ZOOM))
    tiles = 2.0**zoom
    found: list[Word] = []
    for turn in (-1, 0, 1) if zoom < 3 or x in (0, int(tiles) - 1) else (0,):
        px = ((names.u + turn) * tiles - x) * TILE
        py = (names.v * tiles - y) * TILE
        near = (px > -REACH) & (px < TILE + REACH) & (py > -80) & (py < TILE + 80) & ((names.mask & bit) != 0)
        found += [_place(n, float(px[n]), float(py[n]), zoom, palette) for n in np.flatnonzero(near).tolist()]
    return found


def _place(number: int, px: float, py: float, zoom: int, palette: Palette) -> Word:
    names = data.places()
    kind, text, population = int(names.kind[number]), names.names[number], int(names.population[number])
    if kind == COUNTRY:
        size = country_size(int(names.rank[number]), zoom)
        return Word(text.upper(), px, py, TextStyle("bold", size, palette.text_country, palette.halo, 3, 0.12))
    if kind == SEA:
        return Word(text, px, py, TextStyle("italic", 26, palette.text_water, palette.halo_water, 2, 0.08))
    size = city_size(population, zoom)
    if zoom >= SUBURB_FROM and population < 90_000:
        return Word(text.upper(), px, py, TextStyle("bold", 24, palette.text_soft, palette.halo, 3, 0.06))
    face = "bold" if population >= (500_000 if zoom <= DOTS_UNTIL else 90_000) else "medium"
    style = TextStyle(face, size, palette.text if population >= 90_000 else palette.text_soft, palette.halo, 3)
    if zoom > DOTS_UNTIL:
        return Word(text, px, py, style)
    dot = Dot(px, py, 3.6 if names.rank[number] & CAPITAL else 2.8)
    side = 1 if names.rank[number] & BELOW else -1
    return Word(text, px, py + size * 0.72 * side, style, 0, dot)


def _streets(zoom: int, x: int, y: int, palette: Palette) -> list[Word]:
    if zoom < 13:
        return []
    left, top = x * TILE, y * TILE
    found = []
    side = _block(zoom)
    for label in _placed(zoom, x // side, y // side):
        px, py = label.x - left, label.y - top
        if -label.reach < px < TILE + label.reach and -label.reach < py < TILE + label.reach:
            dot = Dot(px, py - 17, 3.4) if label.kind == "poi" else None
            found.append(Word(label.text, px, py, _style(label, palette), label.degrees, dot))
    return found


def _style(label: StreetLabel, palette: Palette) -> TextStyle:
    if label.kind == "park":
        return TextStyle("italic", label.size, palette.text_park, palette.halo, 3)
    if label.kind in ("poi", "square"):
        return TextStyle("medium", label.size, palette.text_soft, palette.halo, 3)
    return TextStyle("medium", label.size, palette.text_street, palette.halo, 3, 0.01)


@lru_cache(maxsize=48)
def _placed(zoom: int, column: int, row: int) -> tuple[StreetLabel, ...]:
    """Return the street names and sights of a block of tiles, clear of the settlements' names."""
    names = data.places()
    bit = np.uint32(1 << min(zoom, LAST_ZOOM))
    streets = data.layer("streets")
    tiles = 2.0**zoom
    side = _block(zoom) / tiles
    frame = (column * side, row * side, (column + 1) * side, (row + 1) * side)
    taken = []
    for region in streets.regions():
        west, north, east, south = (
            max(region[0], frame[0]),
            max(region[1], frame[1]),
            min(region[2], frame[2]),
            min(region[3], frame[3]),
        )
        inside = (names.u > west) & (names.u < east) & (names.v > north) & (names.v < south) & ((names.mask & bit) != 0)
        for n in np.flatnonzero(inside).tolist():
            size = city_size(int(names.population[n]), zoom)
            taken.append(
                (float(names.u[n]) * tiles * TILE, float(names.v[n]) * tiles * TILE, names.names[n].upper(), size)
            )
    return street_labels(streets, zoom, taken, frame)


def _block(zoom: int) -> int:
    """Return how many tiles wide a block is: close up, placing the names of the whole world would take too long."""
    return 2**zoom if zoom <= WHOLE_UNTIL else 8
