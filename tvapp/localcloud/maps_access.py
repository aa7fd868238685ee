"""Authorization at Azure Maps: keys, bearer tokens, x-ms-client-id and roles (azure-facts 3)."""

from __future__ import annotations

import hmac

from starlette.requests import Request

from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.maps_errors import Refused
from tvapp.localcloud.people import Action, person_by_object_id
from tvapp.localcloud.tenant.access import may_use_maps
from tvapp.localcloud.tenant.sample import MAPS_ID
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
    if cloud.tenant.maps_account(client_id) is None:
        reason = "The x-ms-client-id header names no Azure Maps account." if client_id else "x-ms-client-id is missing."
        raise _unauthorized("Bearer", "InvalidClientId", reason)
    try:
        claims = cloud.mint.check(token.strip(), MAPS, cloud.wall())
    except Rejected as error:
        raise _unauthorized("Bearer", error.error, error.reason) from error
    if cloud.challenges.refuses(claims):
        raise Refused(401, SEE_HEADER, headers={"WWW-Authenticate": cloud.challenges.header})
    person = person_by_object_id(str(claims["oid"]))
    if person is None or not may_use_maps(cloud.tenant, person, client_id, action):
        raise Refused(
            403,
            "Permission, capacity, or authentication issues. The caller has no role that allows "
            f"Microsoft.Maps/accounts/services/{action}.",
        )


def _check_key(cloud: Cloud, key: str) -> None:
    for account_id, keys in cloud.tenant.keys.items():
        settings = cloud.settings
        is_sample = account_id == MAPS_ID.lower()
        valid = [
            text
            for text, is_valid in (
                (keys.primary, settings.primary_key_valid or not is_sample),
                (keys.secondary, settings.secondary_key_valid or not is_sample),
            )
            if is_valid
        ]
        if any(hmac.compare_digest(key.encode(), text.encode()) for text in valid):
            account = cloud.tenant.resources[account_id]
            if account["properties"]["disableLocalAuth"] or (is_sample and not settings.local_auth):
                raise _unauthorized("Bearer", "LocalAuthDisabled", "Shared keys are disabled for this account.")
            return
    raise _unauthorized("SharedKey", "InvalidKey", "The subscription key is not valid.")


def _unauthorized(scheme: str, error: str, reason: str) -> Refused:
    value = f'{scheme} realm="https://atlas.microsoft.com/"'
    if error:
        value += f', error="{error}", error_description="{reason}"'
    return Refused(401, SEE_HEADER, headers={"WWW-Authenticate": value})
