"""A client of the Render API of Azure Maps, 2024-04-01.

Hand-written, because Azure's SDK brings an HTTP pipeline of its own, with other retries and time-outs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tvapp.azure.attribution_text import clean_lines
from tvapp.azure.authorizer import Authorizer
from tvapp.azure.errors import failure, failure_by_id, is_page, parse_json
from tvapp.core.clock import Clock
from tvapp.core.errors import NetworkError, NotFound, UnexpectedReply
from tvapp.core.headers import Headers, media_type
from tvapp.core.log import Log
from tvapp.core.urls import with_query
from tvapp.geo.position import Bounds
from tvapp.net.request import Request, Response, Sender
from tvapp.tiles.congestion_window import Timing
from tvapp.tiles.ports import TileReply, TileRequest
from tvapp.tiles.tile import TILE_SIZE
from tvapp.usage.billing import Meter, meter_of

API_VERSION = "2024-04-01"
MAX_TILE_BYTES = 4 << 20
MAX_JSON_BYTES = 1 << 20
_MAX_LATITUDE = 85.0511
TIMEOUT_S = 20.0
MOST_DOUBLINGS = 2
"""Each failure doubles the time that the next request for a tile is given, so often at most: otherwise a service or a
link that is too slow for the usual time would be asked in vain for ever."""
CountRequest = Callable[[Meter, int], None]
"""Receives the meter and the status of each request that was sent; status 0: no answer came."""
# The specification lists JPEG among the reply types of a tileset that it describes as PNG.
_TILE_TYPES = "image/png, image/jpeg, image/webp, application/json;q=0.1"


@dataclass(frozen=True, slots=True)
class TilesetInfo:
    """The zooms of a tileset, from `/map/tileset`."""

    tileset: str
    min_zoom: int
    max_zoom: int


class MapsClient:
    """Sends requests to one Azure Maps endpoint; raises only our errors."""

    def __init__(
        self,
        http: Sender,
        endpoint: str,
        authorizer: Authorizer,
        log: Log,
        *,
        clock: Clock,
        timeout_s: float = TIMEOUT_S,
        count: CountRequest = lambda _meter, _status: None,
    ) -> None:
        self._http = http
        self._endpoint = endpoint.rstrip("/")
        self._authorizer = authorizer
        self._log = log
        self._clock = clock
        self._timeout_s = timeout_s
        self._count = count

    async def tile(self, request: TileRequest) -> TileReply:
        """Return one tile of 512 x 512 pixels, undecoded, or 304 where a validator still matches.

        Raises NotFound where there is no such tile.
        """
        headers = {"accept": _TILE_TYPES}
        if request.etag:
            headers["if-none-match"] = request.etag
        if request.last_modified:
            headers["if-modified-since"] = request.last_modified
        query: _Query = {
            "tilesetId": request.tile.tileset,
            "zoom": request.tile.z,
            "x": request.tile.x,
            "y": request.tile.y,
            "tileSize": TILE_SIZE,
            "language": request.language,
            "view": request.view,
        }
        times = 2 ** min(request.failures, MOST_DOUBLINGS)
        response = await self._get("/map/tile", query, headers, MAX_TILE_BYTES, times=times)
        timing = Timing(response.head_s, response.is_multiplexed)
        if response.status == 304 and (request.etag or request.last_modified):
            return TileReply(304, b"", response.headers, timing)
        kind = media_type(response.headers)
        if response.status == 200 and not is_page(response) and (kind.startswith("image/") or kind in _UNTYPED):
            return TileReply(200, response.body, response.headers, timing)
        if response.status == 204:
            raise NotFound(response.host, 204, message="no tile here")
        raise failure_by_id(response, self._clock.wall())

    async def attribution(self, tileset: str, zoom: int, bounds: Bounds) -> tuple[str, ...]:
        """Return the attribution of `tileset` within `bounds`, as lines of plain text."""
        strings: list[object] = []
        for box in split_at_date_line(bounds):
            response = await self._get(
                "/map/attribution", {"tilesetId": tileset, "zoom": zoom, "bounds": box}, _JSON, MAX_JSON_BYTES
            )
            fields = self._fields(response)
            copyrights = fields.get("copyrights")
            if not isinstance(copyrights, list):
                raise UnexpectedReply(response.host, response.status, "json", "no copyrights")
            strings += copyrights
        return clean_lines(strings)

    async def tileset(self, tileset: str) -> TilesetInfo:
        """Return the zooms of a tileset."""
        response = await self._get("/map/tileset", {"tilesetId": tileset}, _JSON, MAX_JSON_BYTES)
        fields = self._fields(response)
        low, high = fields.get("minzoom", 0), fields.get("maxzoom", 22)
        if not (isinstance(low, int) and isinstance(high, int) and 0 <= low <= high <= 30):
            raise UnexpectedReply(response.host, response.status, "json", "zooms that make no sense")
        return TilesetInfo(tileset, low, high)

    async def _get(
        self, path: str, query: _Query, headers: dict[str, str], limit_bytes: int, *, times: int = 1
    ) -> Response:
        """Send a GET, which is given so many times the usual time."""
        url = with_query(self._endpoint + path, {"api-version": API_VERSION, **query})
        request = Request("GET", url, Headers(headers), limit_bytes=limit_bytes, timeout_s=times * self._timeout_s)
        request = replace(request, silence_s=times * request.silence_s)
        meter = _meter(path, str(query["tilesetId"]))
        try:
            response = await self._authorizer.send(self._http, request)
        except NetworkError as error:
            if error.was_sent:
                self._count(meter, 0)
            raise
        self._count(meter, response.status)
        if response.status >= 400:
            self._log.event("maps.refused", level="debug", path=path, status=response.status)
        return response

    def _fields(self, response: Response) -> dict[str, object]:
        if response.status != 200:
            raise failure(response, self._clock.wall())
        fields = parse_json(response)
        if not isinstance(fields, dict):
            raise UnexpectedReply(response.host, response.status, "json", "no object")
        return fields


def _meter(path: str, tileset: str) -> Meter:
    """Return what a request counts as."""
    match path:
        case "/map/attribution":
            return "free"
        case "/map/tileset":
            return "metadata"
        case _:
            return meter_of(tileset)


_Query = dict[str, str | int | None]
_JSON = {"accept": "application/json"}
_UNTYPED = frozenset({"", "application/octet-stream", "binary/octet-stream"})


def split_at_date_line(bounds: Bounds) -> tuple[str, ...]:
    """Return `bounds` as swLon,swLat,neLon,neLat; two of them where it crosses the date line."""
    south, north = (max(-_MAX_LATITUDE, min(_MAX_LATITUDE, lat)) for lat in (bounds.south, bounds.north))
    if bounds.crosses_date_line:
        spans = [(bounds.west, 180.0), (-180.0, bounds.east)]
    else:
        spans = [(max(-180.0, bounds.west), min(180.0, bounds.east))]
    return tuple(f"{west:.4f},{south:.4f},{east:.4f},{north:.4f}" for west, east in spans)
