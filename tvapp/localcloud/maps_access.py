"""Authorization at Azure Maps: keys, bearer tokens, x-ms-client-id and roles (azure-facts 3)."""

from __future__ import annotations

import hmac

from starlette.requests import Request

from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.maps_errors import Refused
from tvapp.localcloud.people import MAPS_CLIENT_ID, OTHER_MAPS_CLIENT_ID, Action, person_by_object_id
from tvapp.localcloud.tokens import MAPS, Rejected

SEE_HEADER = "Unauthorized. Inspect the WWW-Authenticate header for details."


def check_access(cloud: Cloud, request: Request, action: Action) -> None:
    """Accept a request that Azure Maps would accept.

    A token from before an event of continuous access evaluation is challenged for claims.

    Raises:
        Refused: 401 without or with wrong credentials, 403 without the role.
    """
    key = request.headers.get("subscription-key") or request.query_params.get("subscription-key")
    authorization = request.headers.get("authorization", "")
    if key and not authorization:
        _check_key(cloud, key)
        return
    scheme, _, token = authorization.partition(" ")
    if not authorization:
        raise _unauthorized("Bearer", "", "No credentials were sent.")
    if scheme.lower() == "jwt-sas":
        raise _unauthorized("jwt-sas", "InvalidSasToken", "This account has issued no SAS tokens.")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthorized("Bearer", "InvalidAuthenticationScheme", "Use Bearer.")
    client_id = request.headers.get("x-ms-client-id", "").lower()
    if client_id not in (MAPS_CLIENT_ID, OTHER_MAPS_CLIENT_ID):
        reason = "The x-ms-client-id header names no Azure Maps account." if client_id else "x-ms-client-id is missing."
        raise _unauthorized("Bearer", "InvalidClientId", reason)
    try:
        claims = cloud.mint.check(token.strip(), MAPS, cloud.wall())
    except Rejected as error:
        raise _unauthorized("Bearer", error.error, error.reason) from error
    if cloud.challenges.refuses(claims):
        raise Refused(401, SEE_HEADER, headers={"WWW-Authenticate": cloud.challenges.header})
    person = person_by_object_id(str(claims["oid"]))
    if person is None or client_id != MAPS_CLIENT_ID or not person.may(action):
        raise Refused(
            403,
            "Permission, capacity, or authentication issues. The caller has no role that allows "
            f"Microsoft.Maps/accounts/services/{action}.",
        )


def _check_key(cloud: Cloud, key: str) -> None:
    settings = cloud.settings
    primary, secondary = cloud.subscription_keys
    if not settings.local_auth:
        raise _unauthorized("Bearer", "LocalAuthDisabled", "Shared keys are disabled for this account.")
    valid = [k for k, on in ((primary, settings.primary_key_valid), (secondary, settings.secondary_key_valid)) if on]
    if not any(hmac.compare_digest(key.encode(), other.encode()) for other in valid):
        raise _unauthorized("SharedKey", "InvalidKey", "The subscription key is not valid.")


def _unauthorized(scheme: str, error: str, reason: str) -> Refused:
    value = f'{scheme} realm="https://atlas.microsoft.com/"'
    if error:
        value += f', error="{error}", error_description="{reason}"'
    return Refused(401, SEE_HEADER, headers={"WWW-Authenticate": value})
