"""Reads and checks the query parameters of Azure Maps requests."""

from __future__ import annotations

import math
import re

from starlette.requests import Request

from tvapp.localcloud.maps_errors import Refused
from tvapp.localcloud.tilesets import TILESETS, VIEWS, Tileset

RENDER_VERSION = "2024-04-01"
DATA_VERSION = "2.0"
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")
INT = re.compile(r"-?\d{1,10}\Z")


def bad(name: str, message: str) -> Refused:
    """Build the 400 answer for a parameter."""
    return Refused(400, message, "400 BadRequest", target=name)


def need(request: Request, name: str) -> str:
    """Return a required parameter."""
    value = request.query_params.get(name, "")
    if not value:
        raise bad(name, f"Required parameter '{name}' is missing.")
    return value


def check_version(request: Request, version: str) -> None:
    """Require the api-version."""
    asked = need(request, "api-version")
    if asked != version:
        raise bad("api-version", f"The api-version '{asked[:40]}' is not supported. Use {version}.")


def integer(request: Request, name: str, low: int, high: int, default: int | None = None) -> int:
    """Return a whole number in a range."""
    if default is not None and name not in request.query_params:
        return default
    text = need(request, name)
    value = int(text) if INT.match(text) else None
    if value is None or not low <= value <= high:
        raise bad(name, f"Parameter '{name}' must be a whole number from {low} to {high}.")
    return value


def numbers(name: str, text: str, count: int) -> list[float]:
    """Return comma-separated finite numbers."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != count or not all(math.isfinite(value) for value in values):
        raise bad(name, f"Parameter '{name}' must be {count} numbers separated by commas.")
    return values


def tileset(request: Request) -> Tileset:
    """Return the tileset that `tilesetId` names."""
    asked = need(request, "tilesetId")
    found = TILESETS.get(asked)
    if found is None:
        raise bad("tilesetId", f"The tileset '{asked[:80]}' is not known.")
    return found


def check_language_and_view(request: Request) -> None:
    """Check the two optional parameters that every map picture takes."""
    language = request.query_params.get("language")
    if language is not None and language != "NGT-Latn" and not LANGUAGE.match(language):
        raise bad("language", "Parameter 'language' must be an IETF language tag.")
    view = request.query_params.get("view")
    if view is not None and view not in VIEWS:
        raise bad("view", f"Parameter 'view' must be one of {', '.join(sorted(VIEWS))}.")


def lon_lat_box(name: str, text: str) -> tuple[float, float, float, float]:
    """Return west, south, east, north."""
    west, south, east, north = numbers(name, text, 4)
    if not (-90 <= south <= north <= 90) or not all(-180 <= lon <= 180 for lon in (west, east)):
        raise bad(name, f"Parameter '{name}' must be west,south,east,north in degrees.")
    return west, south, east, north
