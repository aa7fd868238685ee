"""Converts coordinates of other reference systems to WGS 84, as the `crs` of a file names them (GeoJSON of 2008).

RFC 7946 has no such member any more, but files do. EPSG:3857 is converted here; all others by pyproj where that is
installed (the extra `tvapp[crs]`), and refused by name where it is not.
"""

from __future__ import annotations

import importlib.util
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from tvapp.fences.geojson.geometry import MAX_NESTING, InvalidGeometry
from tvapp.geo.mercator import EQUATOR_M, unproject

Convert: TypeAlias = Callable[[Sequence[float], Sequence[float]], tuple[Sequence[float], Sequence[float]]]
"""Takes eastings and northings (or longitudes and latitudes), returns longitudes and latitudes of WGS 84."""

_WGS_84 = {"EPSG:4326", "EPSG:4979", "OGC:CRS84", "OGC:CRS84H", "CRS:84", "WGS84", "WGS 84"}
_ALIKE = {"EPSG:4258", "EPSG:4269", "EPSG:4937", "OGC:CRS83"}
"""ETRS89 and NAD 83: within two metres of WGS 84."""
_WEB_MERCATOR = {"EPSG:3857", "EPSG:900913", "EPSG:3785", "EPSG:102100", "EPSG:102113", "ESRI:102100", "ESRI:102113"}
_URN = re.compile(r"urn:(?:x-)?ogc:def:crs:(\w+):[\w.]*:(\w+)", re.I)
_URL = re.compile(r"https?://(?:www\.)?opengis\.net/(?:def/crs|gml/srs)/(\w+)(?:/[\w.]*/|\.xml#)(\w+)", re.I)
_CODE = re.compile(r"(EPSG|ESRI|OGC|CRS|IAU|IGNF)\s*:{1,2}\s*(\w+)", re.I)
_OF_PYPROJ = re.compile(r"(?:EPSG|ESRI|IGNF|OGC):\w+")


class UnknownSystem(Exception):
    """The coordinates are of a system that cannot be converted here; the text names it."""


def name_of(stated: object) -> str:
    """Return the name of a `crs` member such as "EPSG:3857"; "" for none.

    >>> name_of({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}})
    'EPSG:3857'
    """
    if stated is None:
        return ""
    found: object = stated
    if isinstance(stated, Mapping):
        properties = stated.get("properties")
        inner: Mapping[str, object] = properties if isinstance(properties, Mapping) else stated
        if "name" in inner:
            found = inner["name"]
        elif "code" in inner:
            found = f"EPSG:{inner['code']}"
        elif stated.get("type") == "link":
            found = inner.get("href")
    if isinstance(found, int) and not isinstance(found, bool):
        found = f"EPSG:{found}"
    if not isinstance(found, str) or not found.strip():
        return "a system without a name"
    text = found.strip()
    match = _URN.fullmatch(text) or _URL.match(text) or _CODE.fullmatch(text)
    if match is None and text.isascii() and text.isdigit():
        return f"EPSG:{text}"
    return f"{match[1].upper()}:{match[2].upper()}" if match is not None else " ".join(text.split())[:80]


def converter(stated: object) -> tuple[Convert | None, str]:
    """Return what converts from a `crs` member (None: nothing to convert), and a note where there is something to say.

    Raises:
        UnknownSystem: it cannot be converted.
    """
    name = name_of(stated)
    if not name or name.upper() in _WGS_84:
        return None, ""
    if name in _ALIKE:
        return None, f"its coordinates are {name}, taken as WGS 84, from which they differ by a metre or two"
    note = f"its coordinates were converted from {name}"
    if name in _WEB_MERCATOR:
        return _from_web_mercator, note
    return _by_pyproj(name), note


def converted(geometry: object, convert: Convert, depth: int = 0) -> object:
    """Return a decoded geometry in WGS 84, without heights; what is no geometry stays for the reader to refuse.

    Raises:
        InvalidGeometry: a position cannot be converted.
    """
    if not isinstance(geometry, Mapping) or depth > MAX_NESTING:
        return geometry
    result = {key: value for key, value in geometry.items() if key not in ("bbox", "crs")}
    members = geometry.get("geometries")
    if isinstance(members, list):
        result["geometries"] = [converted(member, convert, depth + 1) for member in members]
    if "coordinates" in geometry:
        result["coordinates"] = _converted_places(geometry["coordinates"], convert, 0)
    return result


def _converted_places(value: object, convert: Convert, depth: int) -> object:
    if not isinstance(value, list) or depth > MAX_NESTING:
        return value
    if _is_place(value):
        (lon,), (lat,) = _checked(convert, [value[0]], [value[1]])
        return [lon, lat]
    if value and all(map(_is_place, value)):
        lons, lats = _checked(convert, [place[0] for place in value], [place[1] for place in value])
        return list(map(list, zip(lons, lats, strict=True)))
    return [_converted_places(each, convert, depth + 1) for each in value]


def _is_place(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= 2
        and type(value[0]) in (int, float)
        and type(value[1]) in (int, float)
    )


def _checked(convert: Convert, xs: Sequence[float], ys: Sequence[float]) -> tuple[list[float], list[float]]:
    try:
        lons, lats = convert(xs, ys)
    except (OverflowError, ValueError) as error:
        raise InvalidGeometry("a position of it is outside its reference system") from error
    if not all(map(math.isfinite, lons)) or not all(map(math.isfinite, lats)):
        raise InvalidGeometry("a position of it is outside its reference system")
    return [round(lon, 9) for lon in lons], [round(lat, 9) for lat in lats]


def _from_web_mercator(xs: Sequence[float], ys: Sequence[float]) -> tuple[list[float], list[float]]:
    places = [unproject(x / EQUATOR_M + 0.5, 0.5 - y / EQUATOR_M) for x, y in zip(xs, ys, strict=True)]
    return [place.lon for place in places], [place.lat for place in places]


@lru_cache(maxsize=16)
def _by_pyproj(name: str) -> Convert:
    if _OF_PYPROJ.fullmatch(name) is None:
        raise UnknownSystem(f"its coordinates are in {name}, not WGS 84")
    if importlib.util.find_spec("pyproj") is None:
        raise UnknownSystem(f"its coordinates are in {name}, not WGS 84; with tvapp[crs] installed they are converted")
    import pyproj
    from pyproj.exceptions import ProjError

    try:
        transformer = pyproj.Transformer.from_crs(name, "EPSG:4326", always_xy=True)
    except ProjError as error:
        raise UnknownSystem(f"its coordinates are in {name}, which is not known here") from error

    def convert(xs: Sequence[float], ys: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
        lons, lats = transformer.transform(list(xs), list(ys))
        return lons, lats

    return convert
