"""The errors of Entra ID: numbers, OAuth names and texts (azure-facts 1.5, 1.6, 1.9)."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass

from starlette.responses import JSONResponse


@dataclass(frozen=True, slots=True)
class Meaning:
    """The answer for one AADSTS number."""

    error: str
    text: str
    status: int = 400
    suberror: str = ""


INTERACTION = "interaction_required"
GRANT = "invalid_grant"
CLIENT = "unauthorized_client"
REQUEST = "invalid_request"
DOWN = "temporarily_unavailable"

MEANINGS: dict[int, Meaning] = {
    70016: Meaning("authorization_pending", "OAuth 2.0 device flow error. Authorization is pending. Continue polling."),
    70018: Meaning("bad_verification_code", "The verification code is not valid."),
    70019: Meaning("expired_token", "The verification code has expired."),
    90119: Meaning(REQUEST, "The user code is null or empty."),
    90120: Meaning(REQUEST, "The verification code was already used or declined."),
    50134: Meaning(REQUEST, "The device code belongs to another data centre region."),
    50196: Meaning(GRANT, "The server terminated an operation because it encountered a client request loop."),
    50199: Meaning(INTERACTION, "For security reasons, user confirmation is required for this request."),
    53003: Meaning(INTERACTION, "Access has been blocked by Conditional Access policies.", suberror="message_only"),
    530084: Meaning(INTERACTION, "A token protection policy requires a token that is bound to the device."),
    500021: Meaning(GRANT, "Access to the tenant is denied by the tenant restrictions of the network."),
    500212: Meaning(INTERACTION, "The cross-tenant access policy of the user's home tenant denies access."),
    53000: Meaning(INTERACTION, "The device is not in the required device state."),
    53001: Meaning(INTERACTION, "The device is not domain joined."),
    53002: Meaning(INTERACTION, "The application is not an approved one."),
    53004: Meaning(INTERACTION, "Proof-up is blocked because of suspicious activity."),
    53010: Meaning(INTERACTION, "Authentication methods may be registered from trusted places only."),
    53011: Meaning(INTERACTION, "The user is blocked because of risk in the home tenant."),
    530032: Meaning(INTERACTION, "Blocked by security policy."),
    530034: Meaning(INTERACTION, "A delegated administrator was blocked because of account risk."),
    530035: Meaning(INTERACTION, "Access has been blocked by security defaults."),
    50131: Meaning(INTERACTION, "The device is not in the required state or the request was suspicious."),
    50005: Meaning(INTERACTION, "The platform is not supported by the Conditional Access policy."),
    50097: Meaning(INTERACTION, "Device authentication is required."),
    50129: Meaning(INTERACTION, "The device is not workplace joined."),
    50155: Meaning(INTERACTION, "Device authentication failed."),
    50072: Meaning(INTERACTION, "The user must enrol for multifactor authentication.", suberror="basic_action"),
    50074: Meaning(INTERACTION, "Strong authentication is required.", suberror="basic_action"),
    50076: Meaning(INTERACTION, "Multifactor authentication is required.", suberror="basic_action"),
    50078: Meaning(INTERACTION, "The presented multifactor authentication has expired.", suberror="basic_action"),
    50079: Meaning(INTERACTION, "The user must enrol for multifactor authentication.", suberror="basic_action"),
    50158: Meaning(INTERACTION, "An external security challenge was not satisfied."),
    7000218: Meaning(
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        401,
    ),
    700016: Meaning(CLIENT, "The application was not found in the directory."),
    700011: Meaning(CLIENT, "The application was not found in the directory."),
    7000112: Meaning(CLIENT, "The application is disabled."),
    70001: Meaning(CLIENT, "The application was disabled or is not in the tenant."),
    90002: Meaning(REQUEST, "The tenant was not found. Check that you have the correct tenant and the correct cloud."),
    50194: Meaning(
        REQUEST, "The application is not a multi-tenant application. Usage of the /common endpoint is not supported."
    ),
    90130: Meaning(REQUEST, "The application is not supported over the /common or /consumers endpoints."),
    9001023: Meaning(REQUEST, "The grant type is not supported over the /common or /consumers endpoints."),
    90124: Meaning(REQUEST, "The resource is not supported over the /common or /consumers endpoints."),
    900144: Meaning(REQUEST, "The request body is missing a required parameter."),
    70003: Meaning("unsupported_grant_type", "The application asked for a grant type that is not supported."),
    70011: Meaning("invalid_scope", "The provided value for the input parameter 'scope' is not valid."),
    700022: Meaning(
        "invalid_request", "The provided value for the input parameter 'scope' contains more than one resource."
    ),
    500011: Meaning("invalid_resource", "The resource principal was not found in the tenant."),
    650052: Meaning(CLIENT, "The app needs access to a service that your organization has not subscribed to."),
    650057: Meaning("invalid_resource", "The resource is not listed in the requested permissions of the app."),
    65005: Meaning("invalid_resource", "The resource is not listed in the requested permissions of the app."),
    650056: Meaning(CLIENT, "Misconfigured application."),
    65001: Meaning(GRANT, "The user or administrator has not consented to use the app.", suberror="consent_required"),
    65004: Meaning("access_denied", "The user declined to consent to the app."),
    90094: Meaning("access_denied", "Admin consent is required."),
    90095: Meaning("access_denied", "Admin consent is required: the request page was shown."),
    50105: Meaning(INTERACTION, "The signed in user is not assigned to a role for the application."),
    50020: Meaning(REQUEST, "The user account does not exist in the tenant."),
    50034: Meaning(GRANT, "The user account does not exist in the directory."),
    51004: Meaning(GRANT, "The user account does not exist in the directory."),
    16000: Meaning(INTERACTION, "Either several accounts are available or the selected one is not supported."),
    50053: Meaning(GRANT, "The account is locked, or the sign-in came from an address with malicious activity."),
    50055: Meaning(GRANT, "The password is expired."),
    50057: Meaning(GRANT, "The user account is disabled."),
    700082: Meaning(GRANT, "The refresh token has expired due to inactivity.", suberror="token_expired"),
    70008: Meaning(GRANT, "The refresh token has expired due to inactivity.", suberror="token_expired"),
    70043: Meaning(
        GRANT,
        "The refresh token has expired due to sign-in frequency checks by Conditional Access.",
        suberror="bad_token",
    ),
    50173: Meaning(GRANT, "The grant was revoked: a fresh authentication token is needed.", suberror="bad_token"),
    50089: Meaning(GRANT, "The flow token has expired."),
    50132: Meaning(GRANT, "The session is not valid: the password changed.", suberror="bad_token"),
    50133: Meaning(GRANT, "The session is not valid: the password expired or changed.", suberror="bad_token"),
    70000: Meaning(GRANT, "The grant is not valid.", suberror="bad_token"),
    9002313: Meaning(REQUEST, "Invalid request. Request is malformed or invalid."),
    90055: Meaning(DOWN, "The tenant is throttled because of too many requests.", 429),
    90012: Meaning(DOWN, "The request has timed out.", 503),
    90024: Meaning(DOWN, "The request's budget was exceeded: a transient error.", 503),
    90006: Meaning(DOWN, "An external server failed.", 503),
    90033: Meaning(DOWN, "A transient error has occurred. Try again.", 503),
}

OAUTH_ERRORS: dict[str, int] = {
    "authorization_pending": 70016,
    "authorization_declined": 65004,
    "expired_token": 70019,
    "bad_verification_code": 70018,
    "invalid_client": 7000218,
    "invalid_grant": 70000,
    "interaction_required": 50076,
    "temporarily_unavailable": 90033,
}


def error_body(
    wall: float, number: int | None, *, error: str = "", detail: str = "", correlation_id: str = ""
) -> dict[str, object]:
    """Return the JSON that Entra sends for an AADSTS number, or for an OAuth error that has none.

    `error` replaces the number's usual OAuth error; `detail` is added to its text.
    """
    if number is None:
        number = OAUTH_ERRORS.get(error)
    meaning = MEANINGS.get(number or 0, Meaning(error or REQUEST, "An error of the local cloud."))
    trace_id = str(uuid.uuid4())
    correlation_id = correlation_id or str(uuid.uuid4())
    moment = datetime.datetime.fromtimestamp(wall, datetime.UTC)
    timestamp = moment.strftime("%Y-%m-%d %H:%M:%SZ")
    prefix = f"AADSTS{number}: " if number else ""
    text = f"{meaning.text} {detail}".strip()
    body: dict[str, object] = {
        "error": error or meaning.error,
        "error_description": (
            f"{prefix}{text} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}"
        ),
        "error_codes": [number] if number else [],
        "timestamp": timestamp,
        "trace_id": trace_id,
        "correlation_id": correlation_id,
    }
    if number:
        body["error_uri"] = f"https://login.microsoftonline.com/error?code={number}"
    if meaning.suberror and not error:
        body["suberror"] = meaning.suberror
    return body


def error_response(
    wall: float,
    number: int | None,
    *,
    error: str = "",
    detail: str = "",
    correlation_id: str = "",
    status: int | None = None,
) -> JSONResponse:
    """Return the whole answer for an AADSTS number."""
    body = error_body(wall, number, error=error, detail=detail, correlation_id=correlation_id)
    codes = body["error_codes"]
    known = MEANINGS.get(codes[0]) if isinstance(codes, list) and codes else None
    return JSONResponse(body, status or (known.status if known else 400), {"Cache-Control": "no-store"})
