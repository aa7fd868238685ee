"""Azure Maps Render 2024-04-01: tiles, tileset metadata, attribution, copyright (azure-facts 4)."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.copyrights import attribution_html, copyright_answer
from tvapp.localcloud.maps_access import check_access
from tvapp.localcloud.maps_errors import Refused
from tvapp.localcloud.maps_query import (
    RENDER_VERSION,
    bad,
    check_language_and_view,
    check_version,
    integer,
    lon_lat_box,
    need,
    tileset,
)
from tvapp.localcloud.people import Action
from tvapp.localcloud.static_map import draw_static, parse_static
from tvapp.localcloud.tile_source import TileSource
from tvapp.localcloud.tilesets import Tileset
from tvapp.localcloud.wire import wired

# A vector tile with one layer "empty" and nothing in it (Mapbox Vector Tile 2.1).
EMPTY_VECTOR_TILE = bytes.fromhex("1a0c0a05656d7074792880207802")


def routes(cloud: Cloud, tiles: TileSource) -> list[Route]:
    """Return the endpoints of the Render service."""
    service = Render(cloud, tiles)
    guarded = service.guarded
    return [
        Route("/map/tile", wired(cloud, "tile", "maps", guarded("render/read", service.tile))),
        Route("/map/tileset", wired(cloud, "tileset", "maps", guarded("render/read", service.tileset))),
        Route("/map/attribution", wired(cloud, "attribution", "maps", guarded("render/read", service.attribution))),
        Route("/map/static", wired(cloud, "static", "maps", guarded("render/read", service.static))),
        Route(
            "/map/copyright/{what}/{format}",
            wired(cloud, "copyright", "maps", guarded("render/read", service.copyright)),
        ),
    ]


class Render:
    """The endpoints; each runs after access and api-version were checked."""

    def __init__(self, cloud: Cloud, tiles: TileSource) -> None:
        self.cloud = cloud
        self.tiles = tiles

    def guarded(
        self, action: Action, work: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request, float], Awaitable[Response]]:
        """Wrap an endpoint in the checks of access and api-version."""

        async def handler(request: Request, _skew_s: float) -> Response:
            try:
                check_access(self.cloud, request, action)
                check_version(request, RENDER_VERSION)
                return await work(request)
            except Refused as refused:
                return refused.response()

        return handler

    async def tile(self, request: Request) -> Response:
        """Return one tile."""
        settings = self.cloud.settings
        chosen = tileset(request)
        zoom = integer(request, "zoom", chosen.min_zoom, chosen.max_zoom)
        x = integer(request, "x", 0, 2**zoom - 1)
        y = integer(request, "y", 0, 2**zoom - 1)
        size = _tile_size(request)
        stamp = _time_stamp(request, chosen, self.cloud.wall())
        check_language_and_view(request)
        if settings.tile_latency_ms:
            await asyncio.sleep(settings.tile_latency_ms / 1000)
        headers: dict[str, str] = {}
        if settings.cache_headers:
            max_age_s = chosen.max_age_s
            max_age_s = settings.tile_max_age_s if max_age_s is None else min(max_age_s, settings.tile_max_age_s)
            variant = (request.query_params.get("language", ""), request.query_params.get("view", ""))
            etag = _etag(settings.tile_epoch, chosen.id, zoom, x, y, size, stamp, *variant)
            headers = {"Cache-Control": f"max-age={max_age_s}", "ETag": etag}
            if _matches(request.headers.get("if-none-match", ""), etag):
                return Response(status_code=304, headers=headers)
        if chosen.is_vector:
            return Response(EMPTY_VECTOR_TILE, 200, headers, "application/vnd.mapbox-vector-tile")
        data = await self.tiles.tile(chosen.id, zoom, x, y, size, _weather_step(stamp))
        return Response(data, 200, headers, "image/png")

    async def tileset(self, request: Request) -> Response:
        """Return a tileset's TileJSON."""
        chosen = tileset(request)
        template = (
            f"{self.cloud.base_url}/map/tile?api-version={RENDER_VERSION}&tilesetId={chosen.id}"
            "&zoom={z}&x={x}&y={y}&tileSize=512"
        )
        return JSONResponse(
            {
                "tilejson": "2.2.0",
                "name": chosen.id,
                "description": chosen.name,
                "version": "1.0.0",
                "attribution": " ".join(attribution_html(chosen, 0, (-180.0, -85.0, 180.0, 85.0))),
                "template": None,
                "legend": None,
                "scheme": "xyz",
                "tiles": [template],
                "grids": [],
                "data": [],
                "minzoom": chosen.min_zoom,
                "maxzoom": chosen.max_zoom,
                "bounds": [-180.0, -85.05112878, 180.0, 85.05112878],
                "center": [24.945, 60.17, min(12, chosen.max_zoom)],
            }
        )

    async def attribution(self, request: Request) -> Response:
        """Return the attribution of a view of a tileset."""
        chosen = tileset(request)
        zoom = integer(request, "zoom", 0, 22)
        box = lon_lat_box("bounds", need(request, "bounds"))
        return JSONResponse({"copyrights": attribution_html(chosen, zoom, box)})

    async def copyright(self, request: Request) -> Response:
        """Return the copyrights of the world, a box or a tile, or the caption."""
        return copyright_answer(request)

    async def static(self, request: Request) -> Response:
        """Return a picture of a whole view."""
        wanted = parse_static(request)
        data = await draw_static(wanted, self.tiles)
        return Response(data, 200, media_type=wanted.media_type)


def _tile_size(request: Request) -> int:
    text = request.query_params.get("tileSize", "256")
    if text not in ("256", "512"):
        raise bad("tileSize", "Parameter 'tileSize' must be 256 or 512.")
    return int(text)


def _time_stamp(request: Request, chosen: Tileset, wall: float) -> int:
    """Return the moment of a weather tile in whole steps; 0 for other tilesets."""
    text = request.query_params.get("timeStamp")
    if chosen.kind != "weather":
        if text is not None:
            raise bad("timeStamp", "Parameter 'timeStamp' is for weather tilesets only.")
        return 0
    radar = chosen.id.startswith("microsoft.weather.radar")
    step_s, back_s, ahead_s = (300, 5400, 7200) if radar else (600, 10800, 0)
    moment = wall
    if text is not None:
        try:
            parsed = datetime.datetime.fromisoformat(text)
        except ValueError as error:
            raise bad("timeStamp", "Parameter 'timeStamp' must be ISO 8601.") from error
        moment = (parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.UTC)).timestamp()
        if not wall - back_s - step_s <= moment <= wall + ahead_s + step_s:
            raise bad("timeStamp", "Parameter 'timeStamp' is out of the range that is kept.")
    return int(moment // step_s * step_s)


def _weather_step(stamp: int) -> int:
    """Return the painter's step for a moment: five minutes each, the same weather every day."""
    return stamp % 86400 // 300


def _etag(*parts: object) -> str:
    return '"' + hashlib.sha256("/".join(str(part) for part in parts).encode()).hexdigest()[:16] + '"'


def _matches(header: str, etag: str) -> bool:
    if header.strip() == "*":
        return True
    return etag in (part.strip().removeprefix("W/") for part in header.split(","))
