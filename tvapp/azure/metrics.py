"""A client of the metrics of Azure Monitor, 2024-02-01: how an Azure Maps account is used (azure-facts 7).

Hand-written, because Azure's SDK brings an HTTP pipeline of its own, with other retries and time-outs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import quote

from tvapp.azure.authorizer import Authorizer
from tvapp.azure.errors import failure, parse_json
from tvapp.azure.metrics_parsing import metric_named, parse_metrics
from tvapp.core.clock import Clock
from tvapp.core.errors import DataError, NetworkError, ServiceError, UnexpectedReply
from tvapp.core.headers import Headers
from tvapp.core.urls import with_query
from tvapp.net.request import Request, Sender
from tvapp.usage.account import AVAILABILITY, USAGE, AccountUsage, Metric, account_usage
from tvapp.usage.span import Span, iso_time

API_VERSION = "2024-02-01"
NAMESPACE = "microsoft.maps/accounts"
MAX_BYTES = 4 << 20
TIMEOUT_S = 30.0
MOST_SERIES = 500
"""Azure Monitor sends ten unless it is asked for more."""

_MANAGEMENT: Mapping[str, str] = {
    "public": "https://management.azure.com",
    "us-government": "https://management.usgovcloudapi.net",
    "china": "https://management.chinacloudapi.cn",
}
_FILTERS: Mapping[str, str] = {
    USAGE: "ApiName eq '*' and ResultType eq '*'",
    AVAILABILITY: "ApiName eq '*'",
}
_AGGREGATIONS: Mapping[str, str] = {USAGE: "count", AVAILABILITY: "average"}


def management_endpoint(cloud: str) -> str:
    """Return the address of Azure Resource Manager in a cloud (`[identity] cloud`)."""
    return _MANAGEMENT[cloud]


def management_scope(cloud: str) -> str:
    """Return the scope of tokens for Azure Resource Manager in a cloud.

    >>> management_scope("public")
    'https://management.azure.com/user_impersonation'
    """
    return f"{_MANAGEMENT[cloud]}/user_impersonation"


class MetricFailed(ServiceError):
    """Azure Monitor answered, but could not read the metric; `code` is its own."""


class MetricsClient:
    """Reads the metrics of one Azure Maps account, named by its resource id; raises only our errors."""

    def __init__(self, http: Sender, endpoint: str, authorizer: Authorizer, resource_id: str, *, clock: Clock) -> None:
        self._http = http
        account = quote(resource_id.strip("/"), safe="/()")  # a resource group may have letters of any script
        self._url = f"{endpoint.rstrip('/')}/{account}/providers/Microsoft.Insights/metrics"
        self._authorizer = authorizer
        self._clock = clock

    async def usage(self, span: Span) -> AccountUsage:
        """Return the requests within a span (at most 30 days), by API and by result, and the availability.

        The availability is unknown where it alone cannot be read.

        Raises:
            MetricFailed: Azure Monitor could not read the requests.
            SignInError, NetworkError, ServiceError: see Authorizer and Sender.
        """
        usage, availability = await asyncio.gather(self._metric(USAGE, span), self._availability(span))
        if usage.failure and not usage.series:
            raise MetricFailed(Request("GET", self._url).host, 200, usage.failure, usage.message)
        return account_usage(span, usage, availability)

    async def _availability(self, span: Span) -> Metric:
        try:
            return await self._metric(AVAILABILITY, span)
        except (ServiceError, NetworkError) as error:
            return Metric(AVAILABILITY, failure=type(error).__name__)

    async def _metric(self, name: str, span: Span) -> Metric:
        aggregation = _AGGREGATIONS[name]
        url = with_query(
            self._url,
            {
                "api-version": API_VERSION,
                "metricnamespace": NAMESPACE,
                "metricnames": name,
                "timespan": f"{iso_time(span.start)}/{iso_time(span.end)}",
                "interval": span.interval,
                "aggregation": aggregation,
                "$filter": _FILTERS[name],
                "top": MOST_SERIES,
            },
        )
        accept = Headers({"accept": "application/json"})
        request = Request("GET", url, accept, limit_bytes=MAX_BYTES, timeout_s=TIMEOUT_S)
        response = await self._authorizer.send(self._http, request)
        if response.status != 200:
            raise failure(response, self._clock.wall())
        try:
            return metric_named(parse_metrics(parse_json(response), aggregation), name)
        except DataError as error:
            raise UnexpectedReply(response.host, response.status, "json", error.reason) from error
