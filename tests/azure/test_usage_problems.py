"""Each error of reading the usage becomes the problem whose words and remedy are the right ones."""

from __future__ import annotations

import pytest

from tvapp.auth.problems import Problem, Refused, from_reply
from tvapp.azure.metrics import MetricFailed
from tvapp.azure.usage_problems import usage_problem
from tvapp.core.errors import (
    ConnectionBroken,
    DataError,
    SignInError,
    TimedOut,
    TlsFailed,
    TvappError,
    UnexpectedReply,
    Unreachable,
    service_error,
)
from tvapp.ui.settings import UiSettings
from tvapp.ui.words.usage_words import problem_advice, problem_command, problem_detail, problem_title
from tvapp.usage.problems import KINDS, UsageProblem

HOST = "management.azure.com"


def refused(aadsts: int, error: str = "invalid_grant") -> Refused:
    body = {"error": error, "error_codes": [aadsts], "correlation_id": "5c1f0f2e"}
    return Refused(from_reply(body, when="refresh"))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refused(65001), "consent"),
        (refused(65004), "consent"),
        (refused(90094), "consent"),
        (refused(650057), "consent"),
        (refused(500011), "consent"),
        (refused(50076, "interaction_required"), "more-proof"),
        (refused(53003), "policy"),
        (refused(53000), "policy"),
        (refused(700082), "session-ended"),
        (refused(50173), "session-ended"),
        (refused(90055, "temporarily_unavailable"), "service-down"),
        (refused(700016), "sign-in"),
        (Refused(Problem("offline", "retries", "unreachable")), "offline"),
        (SignInError("signed_out"), "signed-out"),
        (SignInError("no_refresh_token"), "session-ended"),
        (service_error(HOST, 400, "BadRequest"), "bad-request"),
        (service_error(HOST, 401, "InvalidAuthenticationToken"), "token-refused"),
        (service_error(HOST, 403, "AuthorizationFailed"), "role"),
        (service_error(HOST, 404, "ResourceNotFound"), "not-found"),
        (service_error(HOST, 409, "Conflict"), "bad-reply"),
        (service_error(HOST, 429), "throttled"),
        (service_error(HOST, 500), "service-down"),
        (MetricFailed(HOST, 200, "InternalServerError"), "metric"),
        (UnexpectedReply(HOST, 200, "html"), "portal"),
        (UnexpectedReply(HOST, 200, "json"), "bad-reply"),
        (Unreachable(HOST, "refused"), "offline"),
        (TimedOut(HOST), "offline"),
        (TlsFailed(HOST), "offline"),
        (ConnectionBroken(HOST), "offline"),
        (DataError("url", "not the host"), "broken"),
    ],
)
def test_the_kind_of_problem(error: TvappError, kind: str) -> None:
    assert usage_problem(error).kind == kind


def test_what_an_administrator_can_look_it_up_by_is_kept() -> None:
    assert problem_detail(usage_problem(refused(65001))) == "AADSTS65001 · 5c1f0f2e"
    role = usage_problem(service_error(HOST, 403, "AuthorizationFailed", request_id="r-1"))
    assert problem_detail(role) == "403 AuthorizationFailed · management.azure.com · r-1"
    assert usage_problem(service_error(HOST, 429, retry_after_s=17.0)).retry_after_s == 17.0


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_is_so_and_what_to_do(kind: str) -> None:
    problem, settings = UsageProblem(kind), UiSettings()  # type: ignore[arg-type]
    assert problem_title(problem, settings)
    assert not problem_title(problem, settings).endswith(".")
    assert problem_advice(problem, settings).endswith(".")


def test_the_commands_name_this_app_and_this_account() -> None:
    ids = {
        "client_id": "the-app",
        "resource_id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Maps/accounts/m",
    }
    consent = problem_command(UsageProblem("consent"), **ids)
    assert consent.startswith("az ad app permission grant --id the-app --api 797f4846-")
    role = problem_command(UsageProblem("role"), **ids)
    assert '--role "Monitoring Reader"' in role
    assert role.endswith(ids["resource_id"])
    assert "MAPS-ID" in problem_command(UsageProblem("role"), client_id="", resource_id="")
