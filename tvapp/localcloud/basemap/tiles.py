"""Renders tiles as PNG, with a cache."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from tvapp.core.errors import DataError
from tvapp.localcloud.basemap.imagery import paint_imagery
from tvapp.localcloud.basemap.labels import draw_labels
from tvapp.localcloud.basemap.overlays import paint_infrared, paint_radar, paint_traffic
from tvapp.localcloud.basemap.painter import paint_hybrid, paint_map
from tvapp.localcloud.basemap.palette import HYBRID, PALETTES
from tvapp.localcloud.basemap.relief import paint_relief
from tvapp.localcloud.basemap.tile_canvas import TILE
from tvapp.localcloud.basemap.tilesets import TILESETS, Tileset

MEMORY_BYTES = 48 * 1024 * 1024
PICTURES_KEPT = 24
COMPRESSION = 2


def attribution(tileset_id: str) -> tuple[str, ...]:
    """Return the attribution of a tileset in plain text; raises DataError for an unknown one."""
    return _tileset(tileset_id).credits


def render_tile(
    tileset_id: str, z: int, x: int, y: int, size: int, *, moment: int = 0, folder: Path | None = None
) -> bytes:
    """Return a tile as PNG.

    A 256 tile shows what a quarter of the 512 tile one zoom farther out shows, as Azure Maps has it.

    Args:
        tileset_id: One of TILESETS.
        z: Zoom, within the tileset's own.
        x: Column, 0 to 2^z - 1.
        y: Row, from the north.
        size: 256 or 512.
        moment: Steps of the weather since its start; only weather changes with it.
        folder: Where to keep tiles between runs; nowhere by default.

    Raises:
        DataError: There is no such tile.
    """
    tileset = _tileset(tileset_id)
    if not tileset.min_zoom <= z <= tileset.max_zoom or size not in (256, 512):
        raise DataError(tileset_id, f"no zoom {z} in {size} pixels")
    if not (0 <= x < 2**z and 0 <= y < 2**z):
        raise DataError(tileset_id, f"no tile {z}/{x}/{y}")
    return _CACHE.get(tileset, z, x, y, size, moment if tileset.kind in ("radar", "infrared") else 0, folder)


def _tileset(tileset_id: str) -> Tileset:
    if tileset_id not in TILESETS:
        raise DataError(tileset_id, "no such tileset")
    return TILESETS[tileset_id]


Key = tuple[str, int, int, int, int, int]


class TileCache:
    """Encoded tiles, bounded in bytes, and the last few pictures for 256 tiles; safe for several threads."""

    def __init__(self, draw: Callable[[Tileset, int, int, int, int], Image.Image], limit: int = MEMORY_BYTES) -> None:
        self._draw = draw
        self._limit = limit
        self._lock = threading.Lock()
        self._bytes = 0
        self._tiles: OrderedDict[Key, bytes] = OrderedDict()
        self._pictures: OrderedDict[Key, Image.Image] = OrderedDict()

    def __len__(self) -> int:
        """Return how many encoded tiles are kept."""
        return len(self._tiles)

    def get(
        self, tileset: Tileset, z: int, x: int, y: int, size: int, moment: int = 0, folder: Path | None = None
    ) -> bytes:
        """Return a tile, drawn if need be."""
        key = (tileset.id, z, x, y, size, moment)
        with self._lock:
            found = self._tiles.get(key)
            if found is not None:
                self._tiles.move_to_end(key)
                return found
        path = folder / tileset.id / f"{z}-{x}-{y}-{size}-{moment}.png" if folder else None
        encoded = _read(path) or _encode(self._picture(tileset, z, x, y, size, moment))
        _write(path, encoded)
        with self._lock:
            if key not in self._tiles:
                self._tiles[key] = encoded
                self._bytes += len(encoded)
            while self._bytes > self._limit and len(self._tiles) > 1:
                self._bytes -= len(self._tiles.popitem(last=False)[1])
        return encoded

    def _picture(self, tileset: Tileset, z: int, x: int, y: int, size: int, moment: int) -> Image.Image:
        if size == TILE:
            return self._whole(tileset, z, x, y, moment)
        if z == 0:
            return self._whole(tileset, 0, 0, 0, moment).reduce(2)
        half = TILE // 2
        left, top = (x % 2) * half, (y % 2) * half
        return self._whole(tileset, z - 1, x // 2, y // 2, moment).crop((left, top, left + half, top + half))

    def _whole(self, tileset: Tileset, z: int, x: int, y: int, moment: int) -> Image.Image:
        key = (tileset.id, z, x, y, TILE, moment)
        with self._lock:
            found = self._pictures.get(key)
        if found is not None:
            return found
        picture = self._draw(tileset, z, x, y, moment)
        with self._lock:
            self._pictures[key] = picture
            while len(self._pictures) > PICTURES_KEPT:
                self._pictures.popitem(last=False)
        return picture


def _encode(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=COMPRESSION)
    return stream.getvalue()


def _read(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes() or None
    except OSError:
        return None  # missing or not readable: draw it again


def _write(path: Path | None, encoded: bytes) -> None:
    if path is None or path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{threading.get_ident()}.part")
        part.write_bytes(encoded)
        part.replace(path)
    except OSError:
        return  # without the file the tile is only drawn again


def draw(tileset: Tileset, z: int, x: int, y: int, moment: int) -> Image.Image:
    """Draw one 512 tile."""
    match tileset.kind:
        case "imagery":
            return paint_imagery(z, x, y)
        case "relief":
            return paint_relief(z, x, y)
        case "radar":
            return paint_radar(z, x, y, moment)
        case "infrared":
            return paint_infrared(z, x, y, moment)
        case "traffic":
            return paint_traffic(z, x, y, tileset.look, only_slow="delay" in tileset.id or "reduced" in tileset.id)
        case "road":
            palette = PALETTES[tileset.look]
            picture = paint_map(z, x, y, palette)
        case "labels":
            palette = PALETTES[tileset.look]
            picture = Image.new("RGBA", (TILE, TILE), (*palette.halo, 0))
        case "hybrid":
            palette = HYBRID
            picture = paint_hybrid(z, x, y)
    draw_labels(picture, z, x, y, palette)
    return picture


_CACHE = TileCache(draw)
