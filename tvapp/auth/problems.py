"""The problems of signing in, as a table: from the OAuth error and its AADSTS number to kind and next step.

The OAuth `error` decides; an AADSTS number only makes the kind more precise (Microsoft may change numbers and texts).
The sentences for each kind are in `ui.words.english_problems`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from tvapp.core import errors
from tvapp.core.proxies import PROXY, proxy_trouble

Next = Literal["waits-for-ok", "new-code", "retries", "keeps-waiting"]
"""The next step: wait for OK, request a new code, retry later, or go on waiting for the person."""

When: TypeAlias = Literal["code", "poll", "refresh"]
"""What was asked of the provider: a code, whether the code was approved, or a new access token."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem, with the numbers that an administrator can look it up by."""

    kind: str
    next: Next
    error: str = ""
    aadsts: int = 0
    correlation_id: str = ""
    trace_id: str = ""
    timestamp: str = ""
    retry_after_s: float | None = None

    @property
    def is_network(self) -> bool:
        """Tell whether no proper answer came, as opposed to a refusal."""
        return self.kind in NETWORK_KINDS


KINDS: dict[str, Next] = {
    # the person and the code
    "declined": "waits-for-ok",  # refused on the phone
    "code-expired": "new-code",
    "code-unknown": "new-code",  # the server does not know the code any more
    "code-used": "new-code",  # approved or declined before
    "code-region": "new-code",  # typed in another region than it was issued in
    "confirming": "keeps-waiting",  # the "are you trying to sign in?" page is open on the phone
    "too-eager": "retries",  # loop detection: be quiet for some minutes
    # the account
    "wrong-account": "waits-for-ok",  # not an account of this organisation
    "another-account": "waits-for-ok",  # allowed something for another account than the one signed in
    "account-blocked": "waits-for-ok",  # locked, disabled, or password expired
    "not-assigned": "waits-for-ok",  # the app is given to named people only
    "more-proof": "waits-for-ok",  # multi-factor or another challenge is still open
    "session-ended": "waits-for-ok",  # revoked, too old, password changed: sign in again
    # the organisation's rules
    "blocked-by-policy": "waits-for-ok",  # Conditional Access
    "device-not-allowed": "waits-for-ok",  # not compliant, not joined
    "risk-blocked": "waits-for-ok",
    "token-protection": "waits-for-ok",  # a policy wants tokens bound to a device, which those of a code never are
    "tenant-restricted": "waits-for-ok",  # this network's proxy lets other organisations sign in only
    "cross-tenant": "waits-for-ok",  # the settings between the account's organisation and this one
    "consent-needed": "waits-for-ok",  # by an administrator
    "consent-declined": "waits-for-ok",
    # the registration and the configuration
    "public-client-off": "waits-for-ok",  # "Allow public client flows" is off
    "app-unknown": "waits-for-ok",  # client_id is not in this tenant
    "app-disabled": "waits-for-ok",
    "app-not-allowed": "waits-for-ok",  # this app may not use the device flow
    "tenant-unknown": "waits-for-ok",
    "tenant-needed": "waits-for-ok",  # /common does not do
    "service-missing": "waits-for-ok",  # Azure Maps is not provisioned for the tenant or the app
    "no-licence": "waits-for-ok",  # the organisation has not subscribed to the service
    "scope-unknown": "waits-for-ok",
    "no-device-flow": "waits-for-ok",  # the provider has no device flow
    "authority-wrong": "waits-for-ok",  # no sign-in service at that address, or another issuer
    "endpoint-elsewhere": "retries",  # codes and tokens would go to another host than the authority's
    "ca-bundle": "waits-for-ok",  # the CA file cannot be read
    # the service
    "busy": "retries",  # throttled
    "service-down": "retries",
    "code-unshowable": "retries",  # a code or an address with characters that a screen cannot show
    "bad-reply": "retries",  # not what the protocol promises
    # the network
    "offline": "retries",
    "slow": "retries",  # no answer in time
    "interrupted": "retries",
    "proxy": "retries",  # it does not answer, or breaks off
    "proxy-login": "retries",  # it asks for a name and a password, or for other ones
    "proxy-refuses": "retries",  # it does not let requests to this host through
    "captive-portal": "retries",  # a web page where the service should be
    "tls-failed": "retries",  # not trusted, or not for this host
    "clock-wrong": "retries",  # the certificate is not valid yet: the TV's clock is behind
    # anything else
    "refused": "waits-for-ok",
}
"""Every kind of problem, with its usual next step."""

NETWORK_KINDS = frozenset(
    {
        "offline", "slow", "interrupted", "proxy", "proxy-login", "proxy-refuses", "captive-portal", "tls-failed",
        "clock-wrong",
    }
)  # fmt: skip

BY_ERROR: dict[str, str] = {
    # RFC 8628 3.5 and Entra's own names for the same
    "authorization_declined": "declined",
    "access_denied": "declined",
    "expired_token": "code-expired",
    "bad_verification_code": "code-unknown",
    "code_expired": "code-expired",
    # RFC 6749 5.2 and 4.1.2.1
    "invalid_client": "app-unknown",
    "unauthorized_client": "app-not-allowed",
    "unsupported_grant_type": "no-device-flow",
    "invalid_scope": "scope-unknown",
    "temporarily_unavailable": "service-down",
    "server_error": "service-down",
    "too_many_requests": "busy",
    # Entra and OpenID Connect
    "invalid_tenant": "tenant-unknown",
    "invalid_instance": "authority-wrong",
    "invalid_resource": "service-missing",
    "consent_required": "consent-needed",
    "interaction_required": "more-proof",
    "login_required": "session-ended",
    "account_selection_required": "wrong-account",
    # ours
    "no_refresh_token": "session-ended",
    "no_device_flow": "no-device-flow",
    "code_unshowable": "code-unshowable",
    "bad_authority": "authority-wrong",
    "bad_ca_bundle": "ca-bundle",
}
"""The kind of each OAuth error that is clear by itself; `invalid_grant`, `invalid_request` and others are not."""

DECIDED = frozenset(
    {
        "authorization_declined",
        "expired_token",
        "bad_verification_code",
        "temporarily_unavailable",
        "server_error",
        "too_many_requests",
    }
)
"""Errors that no number makes more precise."""

_NUMBERS: dict[str, tuple[int, ...]] = {
    "code-expired": (70019, 70020),
    "code-unknown": (70018, 90119),
    "code-used": (90120,),
    "code-region": (50134,),
    "confirming": (70016, 50199),
    "too-eager": (50196,),
    "blocked-by-policy": (53003, 530032, 530035),
    "device-not-allowed": (53000, 53001, 53002, 50131, 50005, 50097, 50129, 50155),
    "risk-blocked": (53004, 53010, 53011, 530034),
    "token-protection": (530084,),
    "tenant-restricted": (500021, 500022, 50002),
    "cross-tenant": (500212, 500213),
    "more-proof": (50072, 50074, 50076, 50078, 50079, 50158),
    "public-client-off": (7000218,),
    "app-unknown": (700016, 700011),
    "app-disabled": (7000112, 70001),
    "tenant-unknown": (90002,),
    "tenant-needed": (50194, 90130, 9001023, 90124),
    "no-licence": (650052,),
    "service-missing": (500011, 650057, 65005, 650056),
    "scope-unknown": (70011, 700022),
    "consent-needed": (65001, 90094, 90095),
    "consent-declined": (65004,),
    "not-assigned": (50105,),
    "wrong-account": (50020, 50034, 51004, 16000, 16003, 50014),
    "account-blocked": (50053, 50055, 50057, 50135, 50144),
    "session-ended": (700082, 70008, 70043, 50173, 50089, 50132, 50133, 70000),
    "busy": (90055,),
    "service-down": (90012, 90024, 90006, 90033),
}

BY_NUMBER: dict[int, str] = {number: kind for kind, numbers in _NUMBERS.items() for number in numbers}
"""The kind of each AADSTS number that a TV can meet."""

CERTIFICATE_NOT_YET_VALID = "not yet valid"
"""OpenSSL's words for a certificate before its time (X509_V_ERR_CERT_NOT_YET_VALID)."""

CERTIFICATE_EXPIRED = "expired"
"""OpenSSL's word for a certificate after its time (X509_V_ERR_CERT_HAS_EXPIRED)."""

EXPIRED = "certificate_expired"
"""The `error` of a Problem with an expired certificate, which may also mean a clock that is ahead."""


def with_skew(problem: Problem, skew_s: float | None) -> Problem:
    """Return `problem` as one of the clock where that explains it: an expired certificate and a clock ahead.

    >>> with_skew(Problem("tls-failed", "retries", EXPIRED), -1e8).kind
    'clock-wrong'
    """
    is_ours = problem.error == EXPIRED and skew_s is not None and skew_s < 0
    return replace(problem, kind="clock-wrong") if is_ours else problem


def from_reply(
    body: Mapping[str, object], *, status: int = 400, retry_after_s: float | None = None, when: When = "poll"
) -> Problem:
    """Return the problem that an OAuth error body (azure-facts 1.6) describes.

    An invalid grant ends the code on a "poll" and the session on a "refresh".

    >>> from_reply({"error": "invalid_grant", "error_codes": [53003]}).kind
    'blocked-by-policy'
    """
    error = _text(body.get("error"))
    numbers = _numbers(body.get("error_codes"))
    kind = _kind(error, numbers, status, when)
    return Problem(
        kind=kind,
        next=_next(kind, when),
        error=error or f"http_{status}",
        aadsts=next((number for number in numbers if number in BY_NUMBER), numbers[0] if numbers else 0),
        correlation_id=_text(body.get("correlation_id")),
        trace_id=_text(body.get("trace_id")),
        timestamp=_text(body.get("timestamp")),
        retry_after_s=retry_after_s,
    )


USER_CAN_RESOLVE = frozenset({"consent-needed", "consent-declined", "more-proof"})
"""Kinds that a person can resolve with a code: consent, and proofs that a policy demands. A policy that blocks, or an
incomplete registration, would refuse the code as well."""

NO_CODE_HELPS = frozenset({"token-protection", "tenant-restricted", "cross-tenant"})
"""Kinds that come back after each sign-in: no code is asked for until a person presses OK."""

ADMIN_CONSENT = frozenset({90094, 90095})
"""AADSTS numbers of consent that only an administrator can give."""


def user_can_resolve(problem: Problem) -> bool:
    """Tell whether a refused token would be issued once a person has approved a code for it.

    >>> user_can_resolve(Problem("consent-needed", "new-code", aadsts=65001))
    True
    >>> user_can_resolve(Problem("consent-needed", "new-code", aadsts=90094))
    False
    """
    return problem.kind in USER_CAN_RESOLVE and problem.aadsts not in ADMIN_CONSENT


class Refused(errors.SignInError):
    """A SignInError that carries the whole problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(
            problem.error,
            aadsts=problem.aadsts,
            correlation_id=problem.correlation_id,
            needs_person=problem.next not in ("retries", "keeps-waiting"),
            retry_after_s=problem.retry_after_s,
        )
        self.problem = problem


def from_error(error: errors.TvappError, *, when: When = "refresh") -> Problem:
    """Return the problem behind one of our exceptions; `when` as for `from_reply`."""
    match error:
        case Refused():
            return error.problem
        case errors.SignInError():
            body = {"error": error.error, "error_codes": [error.aadsts] if error.aadsts else []}
            problem = from_reply(body | {"correlation_id": error.correlation_id}, when=when)
            return replace(problem, retry_after_s=error.retry_after_s)
        case errors.NetworkError() if error.reason.startswith(PROXY):
            return _named(proxy_trouble(error.reason), "unreachable")
        case errors.TimedOut():
            return _named("slow", "timed_out")
        case errors.TlsFailed():
            behind = CERTIFICATE_NOT_YET_VALID in error.reason
            is_old = CERTIFICATE_EXPIRED in error.reason
            return _named("clock-wrong" if behind else "tls-failed", EXPIRED if is_old else "tls_failed")
        case errors.ConnectionBroken():
            return _named("interrupted", "connection_broken")
        case errors.Unreachable():
            return _named("offline", "unreachable")
        case errors.NetworkError():
            return _named("offline", "network_error")
        case errors.UnexpectedReply():
            return _named("captive-portal" if error.code == "html" else "bad-reply", error.code or "unexpected_reply")
        case errors.ServiceError():
            body = {"error": error.code, "correlation_id": error.request_id}
            return from_reply(body, status=error.status, retry_after_s=error.retry_after_s, when=when)
        case errors.ConfigError():
            return _named("ca-bundle" if error.key == "network.ca_bundle" else "authority-wrong", "bad_setting")
        case _:
            return _named("bad-reply", type(error).__name__)


def _named(kind: str, error: str) -> Problem:
    return Problem(kind, KINDS[kind], error)


def _kind(error: str, numbers: tuple[int, ...], status: int, when: When) -> str:
    if status == 429:
        return "busy"
    if error in DECIDED:
        return BY_ERROR[error]
    if status >= 500:
        return "service-down"
    hints = [BY_NUMBER[number] for number in numbers if number in BY_NUMBER]
    if hints:
        return hints[0]
    if error in BY_ERROR:
        return BY_ERROR[error]
    # An invalid grant without a number is the code or the refresh token. An unknown number may be anything.
    if error == "invalid_grant" and not numbers and when != "code":
        return "session-ended" if when == "refresh" else "code-unknown"
    return "refused"


def _next(kind: str, when: When) -> Next:
    default = KINDS[kind]
    if when == "poll" or default == "retries":
        return default
    if when == "refresh":
        return default if kind in NO_CODE_HELPS else "new-code"
    # There is no code yet that could be approved, and the next request would be refused as well.
    return "waits-for-ok"


def _text(value: object) -> str:
    """Return a short printable string: replies are untrusted, and this one goes to the log and the screen."""
    if not isinstance(value, str):
        return ""
    return "".join(character for character in value[:120] if character.isprintable())


def _numbers(value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(number for number in value[:8] if isinstance(number, int) and not isinstance(number, bool))
