"""Azure Monitor's metrics of the one Maps account, behind Azure Resource Manager (azure-facts 7)."""

from __future__ import annotations

import datetime
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.people import MAPS_RESOURCE_ID, Person, person_by_object_id
from tvapp.localcloud.tokens import MANAGEMENT, Rejected
from tvapp.localcloud.usage_ledger import KEPT_S, Row
from tvapp.localcloud.wire import wired

API_VERSION = "2024-02-01"
ACTION = "Microsoft.Insights/metrics/read"
NAMESPACE = "microsoft.maps/accounts"
LONGEST_S = 30 * 86_400
MOST_METRICS = 20
DEFAULT_TOP = 10
INTERVALS = {
    "PT1M": 60, "PT5M": 300, "PT15M": 900, "PT30M": 1800, "PT1H": 3600, "PT6H": 21_600, "PT12H": 43_200, "P1D": 86_400,
}  # fmt: skip
READERS = frozenset({"aino"})
"""Who has the role Monitoring Reader at the account, by short name."""

_CONDITION = re.compile(r"(\w+)\s+eq\s+'([^']*)'", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric of Microsoft.Maps/accounts."""

    name: str
    unit: str
    aggregations: tuple[str, ...]
    dimensions: tuple[str, ...]


METRICS = {
    each.name.lower(): each
    for each in (
        Definition("Usage", "Count", ("count", "total"), ("ApiCategory", "ApiName", "ResultType", "ResponseCode")),
        Definition("Availability", "Percent", ("average",), ("ApiCategory", "ApiName")),
        Definition("CreatorUsage", "Bytes", ("average",), ("ServiceName",)),
    )
}


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """Ends a request with an error of Azure Resource Manager."""

    status: int
    code: str
    message: str
    challenge: str = ""

    def response(self) -> Response:
        headers = {"x-ms-request-id": str(uuid.uuid4())}
        if self.challenge:
            headers["WWW-Authenticate"] = self.challenge
        return JSONResponse({"error": {"code": self.code, "message": self.message}}, self.status, headers)


def routes(cloud: Cloud) -> list[Route]:
    """Return the endpoint that stands for management.azure.com."""
    service = Metrics(cloud)
    path = (
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Maps/accounts/{account}"
        "/providers/Microsoft.Insights/metrics"
    )
    return [Route(path, wired(cloud, "metrics", "maps", service.list))]


def may_read_metrics(person: Person) -> bool:
    """Tell whether a person's roles at the Maps account allow ACTION."""
    return person.key in READERS


class Metrics:
    """The endpoint. Its counts are of the requests that Azure Maps really had."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    async def list(self, request: Request, _skew_s: float) -> Response:
        """Return the metrics of a span."""
        try:
            self._check_access(request)
            return JSONResponse(self._answer(request))
        except Refused as refused:
            return refused.response()

    def _check_access(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        challenge = f'Bearer authorization_uri="{self.cloud.authority}", error="invalid_token"'
        if scheme.lower() != "bearer" or not token:
            raise Refused(401, "AuthenticationFailed", "Authentication failed. No bearer token was sent.", challenge)
        try:
            claims = self.cloud.mint.check(token.strip(), MANAGEMENT, self.cloud.wall())
        except Rejected as error:
            code = "ExpiredAuthenticationToken" if "expired" in error.reason else "InvalidAuthenticationToken"
            raise Refused(401, code, f"The access token is invalid: {error.reason}.", challenge) from error
        scope = request.url.path.partition("/providers/Microsoft.Insights/")[0]
        person = person_by_object_id(str(claims["oid"]))
        if person is None or not may_read_metrics(person):
            raise Refused(
                403,
                "AuthorizationFailed",
                f"The client '{claims['upn']}' with object id '{claims['oid']}' does not have authorization to perform "
                f"action '{ACTION}' over scope '{scope}' or the scope is invalid. If access was recently granted, "
                "please refresh your credentials.",
            )
        if scope.lower() != MAPS_RESOURCE_ID.lower():
            raise Refused(404, "ResourceNotFound", f"The Resource '{scope}' was not found.")

    def _answer(self, request: Request) -> dict[str, object]:
        query = request.query_params
        if query.get("api-version") != API_VERSION:
            raise Refused(400, "InvalidApiVersionParameter", f"The api-version has to be {API_VERSION}.")
        start, end = _timespan(query.get("timespan", ""), self.cloud.wall())
        interval = query.get("interval", "PT1M")
        if interval not in INTERVALS:
            raise _bad(f"Invalid time grain {interval}. Supported: {', '.join(INTERVALS)}")
        names = [name for name in query.get("metricnames", "Usage").split(",") if name]
        unknown = [name for name in names if name.lower() not in METRICS]
        if unknown or not 1 <= len(names) <= MOST_METRICS:
            raise _bad(f"Failed to find metric configuration for: {', '.join(unknown) or 'nothing'}")
        wanted = [METRICS[name.lower()] for name in names]
        conditions = _conditions(query.get("$filter", ""), wanted)
        top = _top(query.get("top"), bool(conditions))
        aggregation = query.get("aggregation", "").lower()
        return {
            "cost": 0,
            "timespan": f"{_iso(start)}/{_iso(end)}",
            "interval": interval,
            "namespace": NAMESPACE,
            "resourceregion": "westeurope",
            "value": [
                self._metric(each, _Cut(start, end, INTERVALS[interval], top), conditions, aggregation)
                for each in wanted
            ],
        }

    def _metric(
        self, metric: Definition, cut: _Cut, conditions: Sequence[tuple[str, str]], aggregation: str
    ) -> dict[str, object]:
        settings = self.cloud.settings
        found: dict[str, object] = {
            "id": f"{MAPS_RESOURCE_ID}/providers/Microsoft.Insights/metrics/{metric.name}",
            "type": "Microsoft.Insights/metrics",
            "name": {"value": metric.name, "localizedValue": metric.name},
            "displayDescription": f"{metric.name} of the account",
            "unit": metric.unit,
            "timeseries": [],
            "errorCode": "Success",
        }
        if metric.name in settings.metrics_failing.split(","):
            return found | {"errorCode": "InternalServerError", "errorMessage": "The metric could not be read."}
        if settings.metrics_empty:
            return found
        by = [name for name, value in conditions if value == "*"]
        groups: defaultdict[tuple[str, ...], list[tuple[Row, int]]] = defaultdict(list)
        lag_s = settings.metrics_lag_s
        for row, count in self.cloud.ledger.within(cut.start, min(cut.end, self.cloud.wall() - lag_s)):
            if all(value in ("*", _dimension(row, name)) for name, value in conditions):
                groups[tuple(_dimension(row, name) for name in by)].append((row, count))
        largest = sorted(groups.items(), key=lambda group: -sum(count for _, count in group[1]))[: cut.top]
        chosen = aggregation if aggregation in metric.aggregations else metric.aggregations[0]
        series = [
            {
                "metadatavalues": [
                    {"name": {"value": name.lower(), "localizedValue": name.lower()}, "value": value}
                    for name, value in zip(by, values, strict=True)
                ],
                "data": cut.data(rows, chosen),
            }
            for values, rows in largest
        ]
        return found | {"timeseries": series}


@dataclass(frozen=True, slots=True)
class _Cut:
    """A span in parts, and how many series are returned."""

    start: float
    end: float
    grain_s: int
    top: int

    def data(self, rows: Iterable[tuple[Row, int]], aggregation: str) -> list[dict[str, object]]:
        """Return the points of a series; those without requests have no value."""
        sums: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
        for row, count in rows:
            both = sums[int((row.at - self.start) // self.grain_s)]
            both[0] += count
            both[1] += count if row.code < 500 else 0
        points = []
        for index in range(int(-(-(self.end - self.start) // self.grain_s))):
            point: dict[str, object] = {"timeStamp": _iso(self.start + index * self.grain_s)}
            if index in sums:
                every, available = sums[index]
                point[aggregation] = float(every) if aggregation != "average" else 100.0 * available / every
            elif aggregation != "average":
                point[aggregation] = 0.0
            points.append(point)
        return points


def _dimension(row: Row, name: str) -> str:
    values = {"apicategory": row.category, "apiname": row.api, "resulttype": row.result, "responsecode": str(row.code)}
    return values.get(name.lower(), "")


def _conditions(text: str, metrics: Sequence[Definition]) -> list[tuple[str, str]]:
    """Return the dimensions of a filter and the value of each, which "*" splits by."""
    if not text:
        return []
    found = []
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE):
        match = _CONDITION.fullmatch(part.strip())
        if match is None:
            raise _bad(f"Invalid filter: {part[:80]}")
        name, value = match.groups()
        for metric in metrics:
            if name.lower() not in (each.lower() for each in metric.dimensions):
                raise _bad(f"Metric {metric.name} does not have the dimension {name[:40]}.")
        found.append((name, value))
    return found


def _top(text: str | None, has_filter: bool) -> int:
    if text is None:
        return DEFAULT_TOP
    if not has_filter or not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise _bad("top has to be a number, and needs $filter.")
    return int(text)


def _timespan(text: str, wall: float) -> tuple[float, float]:
    if not text:
        return wall - 3600, wall
    try:
        start, end = (datetime.datetime.fromisoformat(part) for part in text.split("/"))
    except ValueError as error:
        raise _bad(f"Invalid timespan: {text[:80]}") from error
    if start.tzinfo is None or end.tzinfo is None or start >= end:
        raise _bad(f"Invalid timespan: {text[:80]}")
    if (end - start).total_seconds() > LONGEST_S or start.timestamp() < wall - KEPT_S:
        raise _bad("The timespan is longer than 30 days, or starts before the metrics that are kept.")
    return start.timestamp(), end.timestamp()


def _bad(message: str) -> Refused:
    return Refused(400, "BadRequest", message)


def _iso(at: float) -> str:
    return datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
