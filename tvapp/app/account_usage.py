"""Reads the usage of the whole Azure Maps account, with the sign-in that is there: silently, never with a code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tvapp.auth.gateway import Gateway
from tvapp.auth.tokens import TokenProvider
from tvapp.config.model import Config
from tvapp.core.errors import TvappError
from tvapp.core.surroundings import Surroundings
from tvapp.usage.account import AccountUsage
from tvapp.usage.problems import UsageProblem
from tvapp.usage.span import DAY_S, Span

if TYPE_CHECKING:
    from tvapp.azure.metrics import MetricsClient
    from tvapp.net.request import Sender


class AccountUsageReader:
    """Has tokens of its own, so that a refusal of this resource never asks anything of the person who is signed in.

    `read` runs on the io thread, the rest on the main thread. `http` builds the sender, on a worker.
    """

    def __init__(
        self, config: Config, surroundings: Surroundings, gateway: Gateway | None, http: Callable[[], Sender]
    ) -> None:
        self._config = config
        self._jobs = surroundings.jobs
        self._clock = surroundings.clock
        self._log = surroundings.log
        self._http = http
        self._client: MetricsClient | None = None
        self._home_id: str | None = None
        self._tokens: TokenProvider | None = None
        if gateway is not None:
            self._tokens = TokenProvider(
                gateway, surroundings.jobs, surroundings.clock, surroundings.log, random=surroundings.random
            )

    def use_account(self, home_id: str | None) -> None:
        """Read as this account from now on; None: nobody is signed in."""
        self._home_id = home_id
        self.forget_refusals()

    def forget_refusals(self) -> None:
        """Ask for a token again at once: the viewer knows that what was missing has been granted."""
        if self._tokens is not None:
            self._tokens.use_account(self._home_id)

    def obstacle(self) -> UsageProblem | None:
        """Return what the configuration lacks, if anything; without it nothing is sent."""
        if not self._config.maps.resource_id:
            return UsageProblem("no-resource")
        if self._tokens is None:
            return UsageProblem("no-account")
        if self._config.identity.oidc_authority and not self._config.usage.endpoint:
            return UsageProblem("not-azure")
        return None

    async def read(self, span: Span) -> AccountUsage | UsageProblem:
        """Return the usage within a span, or why it is unknown."""
        obstacle = self.obstacle()
        if obstacle is not None:
            return obstacle
        began = self._clock.monotonic()
        from tvapp.azure.usage_problems import usage_problem

        try:
            if self._client is None:
                self._client = await self._jobs.in_worker(self._build)
            usage = await self._client.usage(span)
        except TvappError as error:
            problem = usage_problem(error)
            self._log.event(
                "usage.failed",
                level="warning",
                kind=problem.kind,
                host=problem.host,
                status=problem.status,
                code=problem.code,
                aadsts=problem.aadsts,
                request_id=problem.request_id,
            )
            return problem
        self._log.event(
            "usage.loaded",
            days=-(-int(span.end - span.start) // DAY_S),
            requests=usage.total,
            apis=len(usage.by_api),
            availability=usage.availability,
            failures=usage.failures,
            ms=round((self._clock.monotonic() - began) * 1000),
        )
        return usage

    def _build(self) -> MetricsClient:
        from tvapp.azure.authorizer import ManagementAuthorizer
        from tvapp.azure.metrics import MetricsClient, management_endpoint, management_scope

        assert self._tokens is not None
        cloud = self._config.identity.cloud
        endpoint = self._config.usage.endpoint or management_endpoint(cloud)
        authorizer = ManagementAuthorizer(self._tokens, endpoint=endpoint, scope=management_scope(cloud))
        return MetricsClient(self._http(), endpoint, authorizer, self._config.maps.resource_id, clock=self._clock)
