"""Microsoft's own APIs that a tenant knows: client ids and delegated permissions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tvapp.localcloud.tenant.model import Json

MAPS_API = "ba1ea022-5807-41d5-bbeb-292c7e1cf5f6"
STORAGE_API = "e406a681-f3d4-42a8-90b6-c2b029497af1"
MANAGEMENT_API = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
GRAPH_API = "00000003-0000-0000-c000-000000000000"


@dataclass(frozen=True, slots=True)
class Api:
    """An API with its one delegated permission that matters here."""

    name: str
    scope_id: str
    uris: tuple[str, ...]
    scope: str = "user_impersonation"


APIS: Mapping[str, Api] = {
    MAPS_API: Api("Azure Maps", "1c3162b4-de12-4eb3-b521-088e4e2d6915", ("https://atlas.microsoft.com",)),
    STORAGE_API: Api("Azure Storage", "03e0da56-190b-40ad-a80c-ea378c433f7f", ("https://storage.azure.com",)),
    MANAGEMENT_API: Api(
        "Azure Resource Manager", "41094075-9dad-400e-a0bd-54e686782033", ("https://management.azure.com",),
    ),
    GRAPH_API: Api(
        "Microsoft Graph", "e1fe6dd8-ba31-4d61-89e7-88639da4683d", ("https://graph.microsoft.com",), "User.Read",
    ),
}  # fmt: skip


def api_principal(app_id: str, object_id: str) -> Json:
    """Return the service principal of one of these APIs."""
    api = APIS[app_id]
    return {
        "id": object_id,
        "appId": app_id,
        "displayName": api.name,
        "accountEnabled": True,
        "servicePrincipalType": "Application",
        "servicePrincipalNames": [app_id, *api.uris],
        "appRoleAssignmentRequired": False,
        "oauth2PermissionScopes": [
            {
                "id": api.scope_id,
                "value": api.scope,
                "type": "User",
                "isEnabled": True,
                "adminConsentDisplayName": f"Access {api.name}",
            }
        ],
    }
