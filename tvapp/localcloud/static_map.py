"""/map/static: one picture of a view, composed of tiles (azure-facts 4.7)."""

from __future__ import annotations

import asyncio
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request

from tvapp.localcloud.maps_query import bad, check_language_and_view, integer, lon_lat_box, numbers
from tvapp.localcloud.static_marks import Mark, parse_paths, parse_pins
from tvapp.localcloud.tile_source import TileSource

if TYPE_CHECKING:
    from PIL import Image

STYLES = ("microsoft.base.road", "microsoft.base.darkgrey", "microsoft.imagery")
TRAFFIC = ("none", "microsoft.traffic.relative.main")
TILE = 512
MAX_LATITUDE = 85.05112878


@dataclass(frozen=True, slots=True)
class StaticMap:
    """A request for a picture. The centre is in world units: 0 to 1, x to the east and y to the south."""

    tileset: str
    traffic: bool
    zoom: int
    middle: tuple[float, float]
    width: int
    height: int
    marks: tuple[Mark, ...]
    media_type: str


def parse_static(request: Request) -> StaticMap:
    """Read the parameters.

    Raises:
        Refused: one of them is wrong.
    """
    query = request.query_params
    tileset = query.get("tilesetId", STYLES[0])
    if tileset not in STYLES:
        raise bad("tilesetId", f"Parameter 'tilesetId' must be one of {', '.join(STYLES)}.")
    traffic = query.get("trafficLayer", "none")
    if traffic not in TRAFFIC:
        raise bad("trafficLayer", f"Parameter 'trafficLayer' must be one of {', '.join(TRAFFIC)}.")
    check_language_and_view(request)
    top = 19 if tileset == "microsoft.imagery" else 20
    zoom = integer(request, "zoom", 0, top, 12)
    if "bbox" in query:
        if "center" in query or "width" in query or "height" in query:
            raise bad("bbox", "Parameter 'bbox' excludes 'center', 'width' and 'height'.")
        west, south, east, north = lon_lat_box("bbox", query["bbox"])
        left, bottom = world(west, south)
        right, upper = world(east, north)
        scale = TILE * 2.0**zoom
        width, height = round((right - left) * scale), round((bottom - upper) * scale)
        if not (80 <= width <= 2000 and 80 <= height <= 1500):
            raise bad("bbox", "The box is too small or too large for this zoom.")
        middle = ((left + right) / 2, (upper + bottom) / 2)
    elif "center" in query:
        lon, lat = numbers("center", query["center"], 2)
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise bad("center", "Parameter 'center' must be longitude,latitude.")
        middle = world(lon, lat)
        width = integer(request, "width", 80, 2000, 512)
        height = integer(request, "height", 80, 1500, 512)
    else:
        raise bad("center", "Either 'center' or 'bbox' is required.")
    marks = (*parse_paths(query.getlist("path")), *parse_pins(query.getlist("pins")))
    accept = request.headers.get("accept", "")
    media_type = "image/jpeg" if "image/jpeg" in accept and "image/png" not in accept else "image/png"
    return StaticMap(tileset, traffic != "none", zoom, middle, width, height, marks, media_type)


async def draw_static(wanted: StaticMap, tiles: TileSource) -> bytes:
    """Return the encoded picture."""
    names = [wanted.tileset, TRAFFIC[1]] if wanted.traffic else [wanted.tileset]
    zoom = max(1, wanted.zoom) if wanted.tileset == "microsoft.imagery" else wanted.zoom
    side = 2**zoom
    left = wanted.middle[0] * side * TILE - wanted.width / 2
    top = wanted.middle[1] * side * TILE - wanted.height / 2
    cells = [
        (column, row)
        for row in range(math.floor(top / TILE), math.floor((top + wanted.height - 1) / TILE) + 1)
        for column in range(math.floor(left / TILE), math.floor((left + wanted.width - 1) / TILE) + 1)
        if 0 <= row < side
    ]
    found = await asyncio.gather(
        *(tiles.tile(name, zoom, column % side, row, TILE) for name in names for column, row in cells)
    )
    placed = [
        (round(column * TILE - left), round(row * TILE - top), data)
        for (column, row), data in zip(cells * len(names), found, strict=True)
    ]
    return await tiles.work(lambda: _compose(wanted, placed, side * TILE, left, top))


def world(lon: float, lat: float) -> tuple[float, float]:
    """Project to world units.

    >>> world(0.0, 0.0)
    (0.5, 0.5)
    """
    lat = max(-MAX_LATITUDE, min(MAX_LATITUDE, lat))
    sine = math.sin(math.radians(lat))
    return (lon + 180) / 360, 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)


def _compose(
    wanted: StaticMap, placed: list[tuple[int, int, bytes]], world_px: float, left: float, top: float
) -> bytes:
    from PIL import Image

    picture = Image.new("RGB", (wanted.width, wanted.height), (214, 219, 224))
    for x, y, data in placed:
        with Image.open(io.BytesIO(data)) as tile:
            layer = tile.convert("RGBA")
        picture.paste(layer, (x, y), layer)
    _draw_marks(picture, wanted, world_px, left, top)
    out = io.BytesIO()
    picture.save(out, "JPEG" if wanted.media_type == "image/jpeg" else "PNG")
    return out.getvalue()


def _draw_marks(picture: Image.Image, wanted: StaticMap, world_px: float, left: float, top: float) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture, "RGBA")
    for mark in wanted.marks:
        points = []
        for lon, lat in mark.points:
            u, v = world(lon, lat)
            points.append((u * world_px - left, v * world_px - top))
        if mark.kind == "pin":
            for x, y in points:
                draw.polygon([(x, y), (x - 9, y - 18), (x + 9, y - 18)], fill=mark.line)
                draw.ellipse((x - 11, y - 32, x + 11, y - 10), fill=mark.line, outline=(255, 255, 255, 255), width=2)
        elif mark.kind == "circle":
            (x, y), (_, lat) = points[0], mark.points[0]
            radius = mark.radius_m / (40075016.7 * math.cos(math.radians(lat)) / world_px)
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), mark.fill, mark.line, mark.width)
        else:
            if mark.fill is not None and len(points) > 2:
                draw.polygon(points, mark.fill)
            draw.line(points, mark.line, mark.width, joint="curve")
