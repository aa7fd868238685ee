"""Who calls Azure Resource Manager or Microsoft Graph, and may they."""

from __future__ import annotations

from starlette.requests import Request

from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.tenant.errors import Denied
from tvapp.localcloud.tenant.operators import operator_by_object
from tvapp.localcloud.tenant.roles import allows
from tvapp.localcloud.tokens import MANAGEMENT, Rejected


def caller(cloud: Cloud, request: Request, audience: str = MANAGEMENT) -> str:
    """Return the object id of the person or app that sent a request.

    Raises:
        Denied: 401 without a valid token for `audience`.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Denied(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
    try:
        claims = cloud.mint.check(token.strip(), audience, cloud.wall())
    except Rejected as error:
        raise Denied(401, "InvalidAuthenticationToken", error.reason) from error
    return str(claims["oid"])


def require_action(cloud: Cloud, object_id: str, action: str, scope: str) -> None:
    """Refuse somebody whose roles do not contain an action at a scope.

    Raises:
        Denied: 403 AuthorizationFailed.
    """
    if not allows(cloud.tenant, object_id, action, scope, data=False):
        raise Denied(
            403,
            "AuthorizationFailed",
            f"The client '{object_id}' with object id '{object_id}' does not have authorization to perform action "
            f"'{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh "
            "your credentials.",
        )


def require_directory_role(cloud: Cloud, object_id: str, role: str) -> None:
    """Refuse an administrator without a right in the directory.

    Raises:
        Denied: 403 Authorization_RequestDenied.
    """
    held = cloud.tenant.directory_roles.get(object_id, ())
    if operator_by_object(object_id) is None or role not in held:
        message = "Insufficient privileges to complete the operation."
        raise Denied(403, "Authorization_RequestDenied", message)
