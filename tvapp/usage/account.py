"""The usage of the whole Azure Maps account, as Azure Monitor tells it: metrics in, sums for charts out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tvapp.usage.span import Span

USAGE, AVAILABILITY = "Usage", "Availability"
API, RESULT = "apiname", "resulttype"
"""Names of dimensions, in lower case: services differ in how they write them."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric, for the time from `at` on (seconds since 1970)."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one combination of dimensions, each a name in lower case and a value."""

    dimensions: tuple[tuple[str, str], ...]
    points: tuple[Point, ...]

    def dimension(self, name: str) -> str:
        """Return the value of a dimension; empty where it has none."""
        return next((value for each, value in self.dimensions if each == name), "")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; with a `failure` (an error code) it has no series, or not all of them."""

    name: str
    series: tuple[Series, ...] = ()
    failure: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of all requests."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Percentage:
    """The availability of one API, in percent."""

    name: str
    percent: float


@dataclass(frozen=True, slots=True)
class AccountUsage:
    """The requests of all clients of the account within a span."""

    span: Span
    by_part: tuple[int, ...]
    """Requests in each part of the span, the oldest first."""
    by_api: tuple[Share, ...] = ()
    """The most requested first."""
    by_result: tuple[Share, ...] = ()
    availability: float | None = None
    """In percent, weighted by the requests; None: unknown."""
    availability_by_api: tuple[Percentage, ...] = ()
    """The least available first."""
    failures: tuple[str, ...] = ()
    """The names of metrics that could not be read, or not in full."""

    @property
    def total(self) -> int:
        return sum(self.by_part)

    @property
    def is_empty(self) -> bool:
        return self.total == 0


def account_usage(span: Span, usage: Metric, availability: Metric) -> AccountUsage:
    """Return the sums of both metrics within a span; points outside of it do not count."""
    parts = [0.0] * span.parts
    apis: defaultdict[str, float] = defaultdict(float)
    results: defaultdict[str, float] = defaultdict(float)
    weights: defaultdict[tuple[str, float], float] = defaultdict(float)
    for series in usage.series:
        api, result = series.dimension(API), series.dimension(RESULT)
        for point in series.points:
            part = span.part_of(point.at)
            if part is None:
                continue
            parts[part] += point.value
            apis[api] += point.value
            results[result] += point.value
            weights[api, point.at] += point.value
    overall, by_api = _availability(span, availability.series, weights)
    return AccountUsage(
        span,
        tuple(round(value) for value in parts),
        _shares(apis),
        _shares(results),
        overall,
        by_api,
        tuple(metric.name for metric in (usage, availability) if metric.failure),
    )


def _availability(
    span: Span, found: Iterable[Series], weights: dict[tuple[str, float], float]
) -> tuple[float | None, tuple[Percentage, ...]]:
    """Return the availability of everything and of each API: the mean over time, weighted by the requests.

    Times without requests count only where there are no others.
    """
    weighted: list[tuple[str, float, float]] = []
    for series in found:
        api = series.dimension(API)
        weighted += [
            (api, point.value, weights.get((api, point.at), 0.0))
            for point in series.points
            if span.part_of(point.at) is not None and point.value <= 100
        ]
    by_api: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for api, percent, weight in weighted:
        by_api[api].append((percent, weight))
    each = [Percentage(api, _mean(values)) for api, values in by_api.items() if api]
    overall = _mean([(percent, weight) for _, percent, weight in weighted]) if weighted else None
    return overall, tuple(sorted(each, key=lambda entry: (entry.percent, entry.name)))


def _mean(values: Sequence[tuple[float, float]]) -> float:
    weight = math.fsum(each for _, each in values)
    if weight <= 0:
        return math.fsum(value for value, _ in values) / len(values)
    return math.fsum(value * each for value, each in values) / weight


def _shares(sums: dict[str, float]) -> tuple[Share, ...]:
    shares = (Share(name, round(value)) for name, value in sums.items() if round(value))
    return tuple(sorted(shares, key=lambda share: (-share.count, share.name)))


def regrouped(parts: Sequence[int], size: int) -> tuple[int, ...]:
    """Return the sums of `size` neighbours each, counted from the end; the first may be of fewer.

    >>> regrouped((1, 2, 3, 4, 5), 2)
    (1, 5, 9)
    """
    first = len(parts) % size or size
    ends = range(first, len(parts) + 1, size)
    return tuple(sum(parts[max(0, end - size) : end]) for end in ends) if parts else ()
