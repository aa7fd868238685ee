"""Every error a TV meets has a kind, a next step and the ids an administrator needs."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.auth import problems
from tvapp.auth.problems import When
from tvapp.core import errors

# azure-facts 1.5, row by row: the error, the numbers that may come with it, what the TV does.
POLL_ROWS = [
    ("authorization_declined", [], "declined", "waits-for-ok"),
    ("access_denied", [], "declined", "waits-for-ok"),
    ("expired_token", [70019], "code-expired", "new-code"),
    ("bad_verification_code", [], "code-unknown", "new-code"),
    ("invalid_client", [7000218], "public-client-off", "waits-for-ok"),
    ("invalid_grant", [53003], "blocked-by-policy", "waits-for-ok"),
    ("interaction_required", [53003], "blocked-by-policy", "waits-for-ok"),
    ("temporarily_unavailable", [], "service-down", "retries"),
]

# azure-facts 1.9.
NUMBER_ROWS: dict[tuple[int, ...], set[str]] = {
    (70019,): {"code-expired"},
    (90119, 90120): {"code-unknown", "code-used"},
    (50134,): {"code-region"},
    (50196,): {"too-eager"},
    (50199,): {"confirming"},
    (53003, 530032, 530035): {"blocked-by-policy"},
    (53000, 53001, 53002): {"device-not-allowed"},
    (53004, 53010, 53011, 530034): {"risk-blocked"},
    (50131, 50005, 50097, 50129, 50155): {"device-not-allowed"},
    (50072, 50074, 50076, 50078, 50079, 50158): {"more-proof"},
    (7000218,): {"public-client-off"},
    (700016, 700011): {"app-unknown"},
    (7000112, 70001): {"app-disabled"},
    (90002,): {"tenant-unknown"},
    (50194, 90130, 9001023, 90124): {"tenant-needed"},
    (500011, 650052, 650057, 65005, 650056): {"service-missing", "no-licence"},
    (65001, 65004, 90094, 90095): {"consent-needed", "consent-declined"},
    (50105,): {"not-assigned"},
    (50020, 50034, 51004, 16000, 16003, 50014): {"wrong-account"},
    (50053, 50055, 50057, 50135, 50144): {"account-blocked"},
    (500021, 500022, 50002): {"tenant-restricted"},
    (500212, 500213): {"cross-tenant"},
    (530084,): {"token-protection"},
    (700082, 70008, 70043, 50173, 50089, 50132, 50133, 70000): {"session-ended"},
    (90055, 90012, 90024, 90006, 90033): {"busy", "service-down"},
}


@pytest.mark.parametrize(("error", "numbers", "kind", "following"), POLL_ROWS)
def test_each_answer_to_a_poll_has_its_kind_and_next_step(
    error: str, numbers: list[int], kind: str, following: str
) -> None:
    problem = problems.from_reply({"error": error, "error_codes": numbers})
    assert (problem.kind, problem.next) == (kind, following)


@pytest.mark.parametrize(("number", "kinds"), [(number, kinds) for row, kinds in NUMBER_ROWS.items() for number in row])
def test_each_number_of_the_sheet_is_told_apart(number: int, kinds: set[str]) -> None:
    problem = problems.from_reply({"error": "invalid_grant", "error_codes": [number]})
    assert problem.kind in kinds
    assert problem.aadsts == number


@pytest.mark.parametrize("number", sorted(problems.BY_NUMBER))
def test_the_oauth_error_wins_over_any_number(number: int) -> None:
    problem = problems.from_reply({"error": "authorization_declined", "error_codes": [number]})
    assert problem.kind == "declined"


def test_what_an_administrator_needs_is_kept() -> None:
    problem = problems.from_reply(
        {
            "error": "invalid_grant",
            "error_codes": [53003],
            "correlation_id": "c-1",
            "trace_id": "t-1",
            "timestamp": "2026-11-23 06:00:00Z",
        }
    )
    assert (problem.aadsts, problem.correlation_id, problem.trace_id) == (53003, "c-1", "t-1")
    assert problem.timestamp == "2026-11-23 06:00:00Z"


def test_an_unknown_error_gets_the_general_sentence_and_waits_for_ok() -> None:
    problem = problems.from_reply({"error": "something_new", "error_codes": [999999]})
    assert (problem.kind, problem.next, problem.aadsts) == ("refused", "waits-for-ok", 999999)


def test_a_dead_grant_on_refresh_means_signing_in_again() -> None:
    problem = problems.from_reply({"error": "invalid_grant"}, when="refresh")
    assert (problem.kind, problem.next) == ("session-ended", "new-code")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_outages_are_retried_whatever_the_body_says(status: int) -> None:
    problem = problems.from_reply({"error": "invalid_client", "error_codes": [7000218]}, status=status)
    assert problem.next == "retries"
    assert problem.kind == ("busy" if status == 429 else "service-down")


def test_refusing_a_code_never_leads_to_asking_for_one_at_once() -> None:
    for number in problems.BY_NUMBER:
        problem = problems.from_reply({"error": "invalid_grant", "error_codes": [number]}, when="code")
        assert problem.next in ("waits-for-ok", "retries")


def test_each_kind_in_the_tables_is_a_known_kind() -> None:
    assert set(problems.BY_ERROR.values()) <= set(problems.KINDS)
    assert set(problems.BY_NUMBER.values()) <= set(problems.KINDS)
    assert set(problems.KINDS) >= problems.NETWORK_KINDS
    assert all(re.fullmatch(r"[a-z-]+", kind) for kind in problems.KINDS)
    assert all(problems.KINDS[kind] == "retries" for kind in problems.NETWORK_KINDS)


def test_every_one_of_our_exceptions_has_a_kind_and_a_name() -> None:
    cases: list[tuple[errors.TvappError, str, str]] = [
        (errors.Unreachable("idp", "no such host"), "offline", "unreachable"),
        (errors.Unreachable("idp", "proxy: refused"), "proxy", "unreachable"),
        (errors.TimedOut("idp", "proxy: no answer in time"), "proxy", "unreachable"),
        (errors.Unreachable("idp", "proxy: 407 Proxy Authentication Required"), "proxy-login", "unreachable"),
        (errors.Unreachable("idp", "proxy: 502 Bad Gateway"), "proxy-refuses", "unreachable"),
        (errors.TimedOut("idp"), "slow", "timed_out"),
        (errors.ConnectionBroken("idp"), "interrupted", "connection_broken"),
        (errors.NetworkError("idp"), "offline", "network_error"),
        (errors.TlsFailed("idp", "self-signed certificate"), "tls-failed", "tls_failed"),
        (errors.TlsFailed("idp", "certificate expired"), "tls-failed", "certificate_expired"),
        (errors.TlsFailed("idp", "certificate is not yet valid"), "clock-wrong", "tls_failed"),
        (errors.Throttled("idp", 429, retry_after_s=7), "busy", "http_429"),
        (errors.ServiceDown("idp", 503, "server_error"), "service-down", "server_error"),
        (errors.UnexpectedReply("idp", 200, "html"), "captive-portal", "html"),
        (errors.UnexpectedReply("idp", 200, "json"), "bad-reply", "json"),
        (errors.UnexpectedReply("idp", 200), "bad-reply", "unexpected_reply"),
        (errors.Forbidden("idp", 403), "refused", "http_403"),
        (errors.ConfigError("config", "network.ca_bundle", "x", "a file"), "ca-bundle", "bad_setting"),
        (errors.ConfigError("config", "identity.authority", "x", "https"), "authority-wrong", "bad_setting"),
        (errors.SignInError("invalid_grant", aadsts=50173), "session-ended", "invalid_grant"),
        (errors.SignInError("invalid_grant"), "session-ended", "invalid_grant"),
        (errors.StorageError("file", "full"), "bad-reply", "StorageError"),
    ]
    for error, kind, name in cases:
        problem = problems.from_error(error)
        assert (problem.kind, problem.error) == (kind, name), error
        if not isinstance(error, errors.SignInError | errors.ServiceError):
            assert problem.next == problems.KINDS[kind]


def test_what_an_exception_knows_is_kept() -> None:
    throttled = problems.from_error(errors.Throttled("idp", 429, request_id="r-1", retry_after_s=7))
    assert (throttled.retry_after_s, throttled.correlation_id, throttled.aadsts) == (7, "r-1", 0)
    refused = errors.SignInError("invalid_grant", aadsts=50173, correlation_id="c-1", retry_after_s=9)
    problem = problems.from_error(refused)
    assert (problem.aadsts, problem.correlation_id, problem.retry_after_s, problem.next) == (
        50173,
        "c-1",
        9,
        "new-code",
    )
    assert problems.from_error(refused, when="code").next == "waits-for-ok"
    assert problems.from_error(errors.ServiceError("idp", 400, "invalid_grant"), when="poll").kind == "code-unknown"
    assert problems.from_error(errors.ServiceError("idp", 400, "invalid_grant")).kind == "session-ended"
    whole = problems.Problem("more-proof", "new-code", "x", 5, "c", "t", "now", 3.0)
    assert problems.from_error(problems.Refused(whole)) is whole


@pytest.mark.parametrize(
    ("following", "needs_person"),
    [("retries", False), ("keeps-waiting", False), ("new-code", True), ("waits-for-ok", True)],
)
def test_a_refusal_tells_what_its_problem_tells(following: problems.Next, needs_person: bool) -> None:
    refused = problems.Refused(problems.Problem("refused", following, "x", 5, "c-1", retry_after_s=3.0))
    assert (refused.error, refused.aadsts, refused.correlation_id, refused.retry_after_s) == ("x", 5, "c-1", 3.0)
    assert refused.needs_person is needs_person


@pytest.mark.parametrize(("skew_s", "kind"), [(-200.0, "clock-wrong"), (200.0, "tls-failed"), (None, "tls-failed")])
def test_an_expired_certificate_is_the_clocks_fault_if_that_is_ahead(skew_s: float | None, kind: str) -> None:
    expired = problems.from_error(errors.TlsFailed("idp", "certificate expired"))
    assert problems.with_skew(expired, skew_s).kind == kind
    other = problems.from_error(errors.TlsFailed("idp", "self-signed certificate"))
    assert problems.with_skew(other, -200.0) == other


@pytest.mark.parametrize(
    ("error", "numbers", "status", "when", "kind"),
    [
        ("invalid_grant", [], 400, "poll", "code-unknown"),
        ("invalid_grant", [999], 400, "poll", "refused"),
        ("invalid_grant", [], 400, "code", "refused"),
        ("invalid_grant", [999], 400, "refresh", "refused"),
        ("invalid_grant", [], 400, "refresh", "session-ended"),
        ("invalid_grant", [999, 53003], 400, "poll", "blocked-by-policy"),
        ("server_error", [], 400, "poll", "service-down"),
        ("expired_token", [], 503, "poll", "code-expired"),
        ("expired_token", [], 429, "poll", "busy"),
        ("invalid_scope", [], 499, "poll", "scope-unknown"),
        ("invalid_scope", [], 500, "poll", "service-down"),
    ],
)
def test_the_status_the_error_and_the_numbers_are_judged_in_this_order(
    error: str, numbers: list[int], status: int, when: When, kind: str
) -> None:
    assert problems.from_reply({"error": error, "error_codes": numbers}, status=status, when=when).kind == kind


def test_the_number_that_says_why_is_kept_or_else_the_first() -> None:
    def number(*numbers: object) -> int:
        return problems.from_reply({"error": "invalid_grant", "error_codes": [*numbers]}).aadsts

    assert number(999, 53003, 50034) == 53003
    assert number(999, 998) == 999
    assert number(True, "53003", 999) == 999
    assert number(*[999] * 7, 53003) == 53003
    assert number(*[999] * 8, 53003) == 999
    assert number() == 0


def test_without_an_error_the_status_is_its_name_and_the_time_to_wait_is_kept() -> None:
    problem = problems.from_reply({}, status=418, retry_after_s=4.0)
    assert (problem.error, problem.retry_after_s) == ("http_418", 4.0)
    assert (problems.from_reply({}).error, problems.from_reply({}).kind) == ("http_400", "refused")


JSON: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 0, -1, 53003, 1e300, "", "x", [], [53003], [None], ["53003"], [[]], {}, {"a": 1}]
)
KEYS = st.sampled_from(["error", "error_codes", "correlation_id", "trace_id", "timestamp", "suberror"])


@given(st.dictionaries(KEYS, JSON), st.integers(100, 599), st.sampled_from(["code", "poll", "refresh"]))
def test_no_body_breaks_the_table(body: Mapping[str, object], status: int, when: When) -> None:
    problem = problems.from_reply(body, status=status, when=when)
    assert problem.kind in problems.KINDS
    assert problem.error


def test_ids_from_the_net_are_cut_to_what_a_log_line_can_hold() -> None:
    problem = problems.from_reply({"error": "x" * 5000, "correlation_id": "a\nb\x1b[31m"})
    assert problem.error == "x" * 120
    assert problem.correlation_id == "ab[31m"
