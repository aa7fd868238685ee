"""Validates uploads of geofences strictly by Azure Maps' extensions of GeoJSON (azure-facts 5.3).

It is independent of the app's reader and writer, so that it cannot share their mistakes.
"""

from __future__ import annotations

import datetime
import re

from tvapp.localcloud.geojson_check import NotGeoJson, check_geojson

LEAST_RADIUS_M = 1
MOST_RADIUS_M = 10_000
RECURRENCES = ("Daily", "Weekly", "Monthly", "Yearly")
_NEEDS_RADIUS = {"Point", "MultiPoint", "LineString", "MultiLineString"}
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?\Z", re.ASCII)


def check_geofences(data: bytes) -> None:
    """Accept GeoJSON in which each Feature is a geofence.

    Raises:
        NotGeoJson: anything else; says which Feature and property.
    """
    for where, feature in check_geojson(data):
        properties = feature.get("properties")
        where = f"{where}.properties"
        if not isinstance(properties, dict):
            raise NotGeoJson(f"{where} must be an object with a geometryId.")
        geometry_id = properties.get("geometryId")
        if not isinstance(geometry_id, str) or not geometry_id:
            raise NotGeoJson(f"{where}.geometryId must be a string that is not empty.")
        geometry = feature["geometry"]
        assert isinstance(geometry, dict)
        _check_shape(geometry, properties, where)
        if "validityTime" in properties:
            _check_validity(properties["validityTime"], f"{where}.validityTime")


def _check_shape(geometry: dict[str, object], properties: dict[str, object], where: str) -> None:
    kinds = set(_kinds(geometry))
    if kinds & _NEEDS_RADIUS:
        radius = properties.get("radius")
        if not isinstance(radius, int | float) or isinstance(radius, bool):
            raise NotGeoJson(f"{where}.radius is required for {_list(kinds & _NEEDS_RADIUS)} and must be a number.")
        if not LEAST_RADIUS_M <= radius <= MOST_RADIUS_M:
            raise NotGeoJson(f"{where}.radius must be from {LEAST_RADIUS_M} to {MOST_RADIUS_M}.")
    elif "radius" in properties:
        raise NotGeoJson(f"{where}.radius must be absent for {_list(kinds) or 'a geometry without points'}.")
    match properties.get("subType"):
        case None if "subType" not in properties:
            return
        case "Circle":
            if geometry.get("type") != "Point":
                raise NotGeoJson(f"{where}.subType Circle needs a Point.")
        case "Rectangle":
            rings = geometry.get("coordinates")
            if geometry.get("type") != "Polygon" or not isinstance(rings, list) or [len(ring) for ring in rings] != [5]:
                raise NotGeoJson(f"{where}.subType Rectangle needs a Polygon of one ring with five positions.")
        case _:
            raise NotGeoJson(f"{where}.subType must be Circle or Rectangle.")


def _kinds(geometry: dict[str, object]) -> list[str]:
    """Return the types in a geometry, including those in collections."""
    members = geometry.get("geometries")
    if isinstance(members, list) and geometry.get("type") == "GeometryCollection":
        return [kind for member in members for kind in _kinds(member)]
    return [str(geometry.get("type"))]


def _list(kinds: set[str]) -> str:
    return ", ".join(sorted(kinds))


def _check_validity(validity: object, where: str) -> None:
    if not isinstance(validity, dict):
        raise NotGeoJson(f"{where} must be an object.")
    if "expiredTime" in validity:
        _date_time(validity["expiredTime"], f"{where}.expiredTime")
    periods = validity.get("validityPeriod", [])
    if not isinstance(periods, list):
        raise NotGeoJson(f"{where}.validityPeriod must be an array.")
    for index, period in enumerate(periods):
        _check_period(period, f"{where}.validityPeriod[{index}]")


def _check_period(period: object, where: str) -> None:
    if not isinstance(period, dict):
        raise NotGeoJson(f"{where} must be an object.")
    start = _date_time(period.get("startTime"), f"{where}.startTime")
    end = _date_time(period.get("endTime"), f"{where}.endTime")
    if end <= start:
        raise NotGeoJson(f"{where}.endTime must be after its startTime.")
    if period.get("recurrenceType", "Daily") not in RECURRENCES:
        raise NotGeoJson(f"{where}.recurrenceType must be one of {', '.join(RECURRENCES)}.")
    frequency = period.get("recurrenceFrequency", 1)
    if not isinstance(frequency, int) or isinstance(frequency, bool) or frequency < 1:
        raise NotGeoJson(f"{where}.recurrenceFrequency must be a whole number from 1.")
    if not isinstance(period.get("businessDayOnly", False), bool):
        raise NotGeoJson(f"{where}.businessDayOnly must be true or false.")


def _date_time(value: object, where: str) -> datetime.datetime:
    """Return a date-time; one without an offset is in UTC."""
    if isinstance(value, str) and _DATE_TIME.match(value):
        try:
            moment = datetime.datetime.fromisoformat(value)
        except ValueError as error:
            raise NotGeoJson(f"{where} is no date-time: {error}.") from error
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)
    raise NotGeoJson(f"{where} must be a date-time such as 2026-01-05T04:00:00.")
