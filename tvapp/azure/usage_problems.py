"""Turns our errors into the problems of the usage page."""

from __future__ import annotations

from collections.abc import Mapping

from tvapp.auth.problems import Problem, Refused, from_error
from tvapp.azure.metrics import MetricFailed
from tvapp.core.errors import (
    Forbidden,
    NetworkError,
    NotFound,
    ServiceDown,
    ServiceError,
    SignInError,
    Throttled,
    TvappError,
    Unauthorized,
    UnexpectedReply,
)
from tvapp.usage.problems import Kind, UsageProblem

_SIGN_IN: Mapping[str, Kind] = {
    "consent-needed": "consent",
    "consent-declined": "consent",
    "service-missing": "consent",
    "scope-unknown": "consent",
    "no-licence": "consent",
    "more-proof": "more-proof",
    "blocked-by-policy": "policy",
    "device-not-allowed": "policy",
    "risk-blocked": "policy",
    "session-ended": "session-ended",
    "busy": "throttled",
    "too-eager": "throttled",
    "service-down": "service-down",
    "captive-portal": "portal",
    "bad-reply": "bad-reply",
}
"""By the kind of the problem with the token; others are "sign-in", or "offline" where no answer came."""


def usage_problem(error: TvappError) -> UsageProblem:
    """Return the problem that an error of reading the metrics stands for."""
    match error:
        case SignInError(error="signed_out"):
            return UsageProblem("signed-out")
        case SignInError():
            return _of_token(error, from_error(error))
        case NetworkError():
            return UsageProblem("offline", type(error).__name__, error.host, retry_after_s=error.retry_after_s)
        case ServiceError():
            return UsageProblem(
                _of_answer(error),
                error.code,
                error.host,
                error.status,
                request_id=error.request_id,
                retry_after_s=error.retry_after_s,
            )
    return UsageProblem("broken", type(error).__name__)


def _of_token(error: SignInError, problem: Problem) -> UsageProblem:
    kind: Kind = _SIGN_IN.get(problem.kind, "offline" if problem.is_network else "sign-in")
    if isinstance(error, Refused):
        problem = error.problem
    return UsageProblem(
        kind,
        problem.error,
        aadsts=problem.aadsts,
        request_id=problem.correlation_id,
        retry_after_s=problem.retry_after_s,
    )


def _of_answer(error: ServiceError) -> Kind:
    match error:
        case MetricFailed():
            return "metric"
        case UnexpectedReply(code="html"):
            return "portal"
        case UnexpectedReply():
            return "bad-reply"
        case Unauthorized():
            return "token-refused"
        case Forbidden():
            return "role"
        case NotFound():
            return "not-found"
        case Throttled():
            return "throttled"
        case ServiceDown():
            return "service-down"
        case _ if error.status == 400:
            return "bad-request"
        case _:
            return "bad-reply"
