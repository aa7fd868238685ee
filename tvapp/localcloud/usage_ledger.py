"""Keeps what Azure Maps was asked for, minute by minute, as the metrics of the account count it (azure-facts 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MINUTE_S = 60
KEPT_S = 93 * 86_400
MOST_ROWS = 100_000

_ENDPOINTS = {
    "attribution": "MapCopyright.GetDynamicTilesetAttribution",
    "copyright": "MapCopyright.GetCopyrightFromBoundingBox",
    "map-data": "Data.GetOperation",
    "static": "MapImage.GetStaticImage",
    "tileset": "MapTile.GetTilesetDetails",
}
"""ApiName by endpoint. Those of attribution, tileset and tiles were seen in Azure, the others have the same form."""

_TILES = (
    ("microsoft.imagery", "MapTile.GetImageryTile"),
    ("microsoft.terra", "MapTile.GetFreeTile"),
    ("microsoft.traffic.incident", "TrafficIncident.GetTrafficIncidentTile"),
    ("microsoft.traffic", "MapTile.GetTrafficFlowTile"),
    ("microsoft.weather", "MapTile.GetWeatherTile"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """The dimensions of one count."""

    minute: int
    api: str
    code: int

    @property
    def category(self) -> str:
        return self.api.partition(".")[0]

    @property
    def result(self) -> str:
        """The type of the result."""
        if self.code < 400:
            return "Success"
        return "ClientError" if self.code < 500 else "ServerError"

    @property
    def at(self) -> int:
        """The beginning of the minute, in seconds since 1970."""
        return self.minute * MINUTE_S


@dataclass(slots=True)
class UsageLedger:
    """Counts of requests; the oldest are dropped."""

    _counts: dict[Row, int] = field(default_factory=dict)

    def note(self, endpoint: str, query: Mapping[str, str], status: int, wall: float, times: int = 1) -> None:
        """Count requests to an endpoint that were answered with `status`; other services' are ignored."""
        api = api_name(endpoint, query.get("tilesetId", ""))
        if not api or not status:
            return
        row = Row(int(wall // MINUTE_S), api, status)
        self._counts[row] = self._counts.get(row, 0) + times
        if len(self._counts) > MOST_ROWS:
            del self._counts[next(iter(self._counts))]

    def within(self, start: float, end: float) -> Iterator[tuple[Row, int]]:
        """Yield the counts of the minutes that begin within a span."""
        return ((row, count) for row, count in self._counts.items() if start <= row.at < end)

    def clear(self) -> None:
        self._counts.clear()


def api_name(endpoint: str, tileset: str) -> str:
    """Return the ApiName of a request; empty where it is none of Azure Maps.

    >>> api_name("tile", "microsoft.base.road")
    'MapTile.GetBaseTile'
    """
    if endpoint != "tile":
        return _ENDPOINTS.get(endpoint, "")
    return next((name for prefix, name in _TILES if tileset.startswith(prefix)), "MapTile.GetBaseTile")
