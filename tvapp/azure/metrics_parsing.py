"""Parses the answers of Azure Monitor into metrics: bounded, in linear time, and tolerant of what it does not know."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

from tvapp.azure.errors import plain
from tvapp.core.errors import DataError
from tvapp.usage.account import Metric, Point, Series

MAX_METRICS = 20
MAX_SERIES = 500
MAX_POINTS = 800
"""Of one series: more than 30 days have hours."""
MAX_DIMENSIONS = 8
MAX_VALUE = 1e15
_MAX_NAME = 80
_MAX_MESSAGE = 300
_SUCCESS = "success"


def parse_metrics(body: object, aggregation: str) -> tuple[Metric, ...]:
    """Return the metrics of an answer, with the values of one aggregation ("count", "average").

    A point without that value is no point. Series and points that make no sense are left out.

    Raises:
        DataError: it is no answer with metrics.
    """
    value = body.get("value") if isinstance(body, dict) else None
    if not isinstance(value, list):
        raise DataError("metrics", "no list of metrics")
    found = tuple(metric for entry in value[:MAX_METRICS] if (metric := _metric(entry, aggregation)) is not None)
    if value and not found:
        raise DataError("metrics", "no metric has a name")
    return found


def metric_named(metrics: tuple[Metric, ...], name: str) -> Metric:
    """Return the metric of that name; one with a failure where the answer has none."""
    return next((each for each in metrics if each.name.lower() == name.lower()), Metric(name, failure="NotInAnswer"))


def _metric(entry: object, aggregation: str) -> Metric | None:
    if not isinstance(entry, dict):
        return None
    name = _named(entry.get("name"))
    if not name:
        return None
    code = _text(entry.get("errorCode"), _MAX_NAME)
    failure = "" if code.lower() in ("", _SUCCESS) else code
    timeseries = entry.get("timeseries")
    series = tuple(_series(timeseries, aggregation)) if isinstance(timeseries, list) else ()
    return Metric(name, series, failure, _text(entry.get("errorMessage"), _MAX_MESSAGE))


def _series(timeseries: list[object], aggregation: str) -> Iterator[Series]:
    for entry in timeseries[:MAX_SERIES]:
        if not isinstance(entry, dict):
            continue
        stated, data = entry.get("metadatavalues"), entry.get("data")
        dimensions = tuple(_dimensions(stated)) if isinstance(stated, list) else ()
        points = tuple(_points(data, aggregation)) if isinstance(data, list) else ()
        yield Series(dimensions, points)


def _dimensions(stated: list[object]) -> Iterator[tuple[str, str]]:
    for entry in stated[:MAX_DIMENSIONS]:
        if isinstance(entry, dict) and (name := _named(entry.get("name"))):
            yield name.lower(), _text(entry.get("value"), _MAX_NAME)


def _points(data: list[object], aggregation: str) -> Iterator[Point]:
    for entry in data[:MAX_POINTS]:
        if not isinstance(entry, dict):
            continue
        at, value = _moment(entry.get("timeStamp")), _value(entry.get(aggregation))
        if at is not None and value is not None:
            yield Point(at, value)


def _named(name: object) -> str:
    """Return the `value` of a localised name."""
    return _text(name.get("value"), _MAX_NAME) if isinstance(name, dict) else ""


def _text(value: object, limit: int) -> str:
    return plain(value, limit) if isinstance(value, str) else ""


def _value(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # The comparison comes first: a whole number may be too large for a float.
    return float(value) if 0 <= value <= MAX_VALUE and math.isfinite(value) else None


def _moment(text: object) -> float | None:
    """Return a time of ISO 8601 as seconds since 1970; without a zone it is in UTC."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
