"""Checks of the sign-in: the registration of the app, and the tokens of the account that is signed in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from tvapp.app.diagnosis.network import check_of
from tvapp.app.diagnosis.subject import Online, Subject, failure_of
from tvapp.app.diagnosis.verdicts import Check
from tvapp.auth import provider
from tvapp.auth.gateway import Gateway
from tvapp.auth.messages import CodeReceived, CodeRefused, PollRefused
from tvapp.auth.problems import Problem, from_error
from tvapp.auth.quiet_gateway import NOT_RENEWED
from tvapp.auth.token_facts import TokenFacts, token_facts
from tvapp.auth.tokens import AccessToken, TokenProvider
from tvapp.auth.view import Account
from tvapp.azure.authorizer import STORAGE_SCOPE
from tvapp.config.model import Config
from tvapp.core.diagnosis import Finding
from tvapp.core.errors import SignInError, TvappError

FLOW = -1
"""The number of the code that is asked for; the app counts its own from 1."""

FAULTS: Mapping[str, str] = {
    "tenant-unknown": "tenant-wrong",
    "tenant-needed": "tenant-wrong",
    "consent-needed": "consent-missing",
    "consent-declined": "consent-missing",
    "service-missing": "permission-missing",
    "app-not-allowed": "public-client-off",
}
"""By the kind of a problem (`auth.problems`): the fault, where it has another name here."""


async def sign_in(subject: Subject, online: Online) -> list[Finding]:
    """Ask for a code, as a TV does that signs in, and whether it was approved; then drop it.

    The answer to the second question tells whether the app is registered as a public client, where the provider looks
    at that before anybody has approved the code.
    """
    config, gateway = subject.loaded.config, online.gateway
    authority = provider.authority(config.identity)
    check = subject.check("sign-in", authority if config.needs_sign_in else "[maps] auth")
    if gateway is None:
        return [check.passed("sign-in.key")]
    if blocker := subject.findings.blocker(check_of(authority)):
        return [check.skipped(blocker)]
    answer = await subject.surroundings.jobs.in_worker(lambda: _try_code(gateway))
    if isinstance(answer, Problem):
        return [_problem(check, config, answer)]
    return [check.passed("sign-in", uri=answer.verification_uri)]


def _try_code(gateway: Gateway) -> CodeReceived | Problem:
    received = gateway.request_code(FLOW)
    if isinstance(received, CodeRefused):
        return received.problem
    try:
        polled = gateway.poll(FLOW)
    finally:
        gateway.drop(FLOW)
    return polled.problem if isinstance(polled, PollRefused) else received


async def token(subject: Subject, online: Online) -> list[Finding]:
    """Look at the account, and at the token for each service: whom it is for, whose it is, how long it lasts."""
    gateway, tokens, config = online.gateway, online.tokens, subject.loaded.config
    if gateway is None or tokens is None:
        return []
    file = str(subject.surroundings.data.tokens)
    account = await subject.surroundings.jobs.in_worker(gateway.load_account)
    if account is None:
        check = subject.check("token", file)
        if (blocker := subject.findings.blocker("user")) and not os.access(file, os.R_OK):
            return [check.skipped(blocker)]
        return [check.warned("signed-out")]
    if not subject.is_app:
        tokens.use_account(account.home_id)
    authority = provider.authority(config.identity)
    found: list[Finding] = []
    for scope in scopes_of(config):
        check = subject.check("token", provider.resource_name(scope), provider.resource_name(scope))
        blocker = subject.findings.blocker(check_of(authority))
        given, failure = await _token(tokens, scope)
        if given is not None:
            found.append(_judge(check, subject, scope, account, given))
        elif blocker:
            found.append(check.skipped(blocker))
        elif failure is not None and getattr(failure, "error", "") == NOT_RENEWED:
            found.append(check.warned("token-expired", account=account.shortened))
        elif failure is not None:
            found.append(_problem(check, config, from_error(failure), scope))
    return found


def scopes_of(config: Config) -> Iterator[str]:
    """Yield the scopes of each service that the account is for, as the app asks for them."""
    primary = " ".join(provider.first_resource(config.identity.scopes))
    if config.maps.auth == "entra" or config.geofences.store == "map-data":
        yield primary
    if config.geofences.store == "blob":
        yield STORAGE_SCOPE


def token_check_of(scope: str) -> str:
    """Return the id of the check of a service's token."""
    return f"token:{provider.resource_name(scope)}"


async def _token(tokens: TokenProvider, scope: str) -> tuple[AccessToken | None, TvappError | None]:
    given: list[AccessToken] = []

    async def get() -> None:
        given.append(await tokens.get(scope))

    failure = await failure_of(get)
    return (given[0] if given else None), failure


def _judge(check: Check, subject: Subject, scope: str, account: Account, given: AccessToken) -> Finding:
    clock = subject.surroundings.clock
    facts = token_facts(given.secret) or TokenFacts("", None, "", "")
    resource = provider.resource_name(scope)
    expires_at = clock.wall() + given.expires_at - clock.monotonic() if facts.expires_at is None else facts.expires_at
    expires = datetime.fromtimestamp(expires_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    minutes = max(0, round((expires_at - clock.wall()) / 60))
    who = account.shortened or facts.account
    audience = facts.audience or resource
    if facts.audience.startswith("https://") and facts.audience.rstrip("/") != provider.resource(scope).rstrip("/"):
        return check.failed("token-audience", audience=audience, resource=resource)
    return check.passed("token", account=who, audience=audience, expires=expires, minutes=minutes)


def _problem(check: Check, config: Config, problem: Problem, scope: str = "") -> Finding:
    numbers = (f"AADSTS{problem.aadsts}" if problem.aadsts else problem.error, problem.correlation_id)
    fields = {
        "tenant": config.identity.tenant or provider.authority(config.identity),
        "client_id": config.identity.client_id,
        "resource": provider.resource_name(scope) if scope else "",
        "host": provider.authority(config.identity),
        "reason": problem.error,
    }
    fault = FAULTS.get(problem.kind, problem.kind)
    return check.problem(fault, problem.kind, ", ".join(filter(None, numbers)), **fields)


def problem_finding(check: Check, config: Config, failure: SignInError, scope: str) -> Finding:
    """Return the finding for a request that was not sent, because there is no token for it."""
    return _problem(check, config, from_error(failure), scope)
