"""The tenant that the local cloud starts with, and an empty one for provisioning."""

from __future__ import annotations

import uuid

from tvapp.localcloud.people import (
    CLIENT_NAMES,
    CONFIDENTIAL_CLIENT_ID,
    MAPS_CLIENT_ID,
    MAPS_RESOURCE_ID,
    OTHER_MAPS_CLIENT_ID,
    PEOPLE,
)
from tvapp.localcloud.tenant.apis import APIS, GRAPH_API, MANAGEMENT_API, STORAGE_API, api_principal
from tvapp.localcloud.tenant.model import MAPS_TYPE, SUBSCRIPTION_SCOPE, Json, Keys, Tenant
from tvapp.localcloud.tenant.operators import OPERATORS
from tvapp.localcloud.tenant.roles import MAPS_CONTRIBUTOR, MAPS_READER, MONITORING_READER

GROUP_ID = f"{SUBSCRIPTION_SCOPE}/resourceGroups/harbour-maps"
MAPS_ID = MAPS_RESOURCE_ID
OTHER_MAPS_ID = f"{GROUP_ID}/providers/{MAPS_TYPE}/harbour-test"
SAMPLE_ROLES = {
    "aino": ((MAPS_CONTRIBUTOR, MAPS_ID), (MONITORING_READER, GROUP_ID)),
    "ben": ((MAPS_READER, MAPS_ID),),
}
"""The roles of the sample people, each with its scope."""


def sample_tenant(keys: Keys) -> Tenant:
    """Return the tenant of the demo: one registered app, a Maps account with `keys`, and the people's roles."""
    tenant = empty_tenant()
    tenant.providers |= {"microsoft.maps", "microsoft.storage", "microsoft.insights"}
    for app_id in APIS:
        if tenant.service_principal(app_id) is None:
            _add_principal(tenant, api_principal(app_id, _id("principal", app_id)))
    for app_id, name in CLIENT_NAMES.items():
        _register(tenant, app_id, name, is_public=app_id != CONFIDENTIAL_CLIENT_ID)
    tenant.resource_groups[GROUP_ID.lower()] = {
        "id": GROUP_ID, "name": "harbour-maps", "type": "Microsoft.Resources/resourceGroups",
        "location": "westeurope", "properties": {"provisioningState": "Succeeded"},
    }  # fmt: skip
    for resource_id, unique_id in ((MAPS_ID, MAPS_CLIENT_ID), (OTHER_MAPS_ID, OTHER_MAPS_CLIENT_ID)):
        tenant.resources[resource_id.lower()] = maps_account(resource_id, unique_id, "westeurope")
    tenant.keys[MAPS_ID.lower()] = keys
    for person in PEOPLE:
        for role, scope in SAMPLE_ROLES.get(person.key, ()):
            assign(tenant, person.object_id, "User", role, scope)
    return tenant


def empty_tenant() -> Tenant:
    """Return a tenant with people, administrators and a subscription, in which nothing was provisioned.

    Microsoft's own APIs are there except Azure Maps, which a tenant gets with its first use.
    """
    tenant = Tenant()
    for operator in OPERATORS.values():
        tenant.directory_roles[operator.object_id] = operator.directory_roles
        for role in operator.roles:
            assign(tenant, operator.object_id, "ServicePrincipal", role, SUBSCRIPTION_SCOPE)
    for app_id in (STORAGE_API, MANAGEMENT_API, GRAPH_API):
        _add_principal(tenant, api_principal(app_id, _id("principal", app_id)))
    return tenant


def assign(tenant: Tenant, object_id: str, kind: str, role: str, scope: str) -> None:
    """Assign a role."""
    name = _id(object_id, role, scope)
    assignment_id = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
    tenant.role_assignments[assignment_id.lower()] = {
        "id": assignment_id,
        "name": name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "roleDefinitionId": f"{SUBSCRIPTION_SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{role}",
            "principalId": object_id,
            "principalType": kind,
            "scope": scope,
        },
    }


def maps_account(resource_id: str, unique_id: str, location: str) -> Json:
    """Return a Maps account of the Gen2 pricing."""
    return {
        "id": resource_id,
        "name": resource_id.rpartition("/")[2],
        "type": MAPS_TYPE,
        "location": location,
        "kind": "Gen2",
        "sku": {"name": "G2", "tier": "Standard"},
        "tags": {},
        "properties": {"uniqueId": unique_id, "disableLocalAuth": False, "provisioningState": "Succeeded"},
    }


def _register(tenant: Tenant, app_id: str, name: str, *, is_public: bool) -> None:
    object_id = _id("application", app_id)
    tenant.applications[object_id] = {
        "id": object_id,
        "appId": app_id,
        "displayName": name,
        "signInAudience": "AzureADMyOrg",
        "isFallbackPublicClient": is_public,
        "requiredResourceAccess": [
            {"resourceAppId": api_id, "resourceAccess": [{"id": api.scope_id, "type": "Scope"}]}
            for api_id, api in APIS.items()
            if api_id != GRAPH_API
        ],
        "passwordCredentials": [],
        "keyCredentials": [],
        "tags": [],
    }
    principal = {
        "id": _id("principal", app_id),
        "appId": app_id,
        "displayName": name,
        "accountEnabled": True,
        "servicePrincipalType": "Application",
        "servicePrincipalNames": [app_id],
        "appRoleAssignmentRequired": False,
        "oauth2PermissionScopes": [],
    }
    _add_principal(tenant, principal)
    for api_id, api in APIS.items():
        resource = tenant.service_principal(api_id)
        assert resource is not None
        grant_id = _id("grant", app_id, api_id)
        tenant.grants[grant_id] = {
            "id": grant_id,
            "clientId": principal["id"],
            "consentType": "AllPrincipals",
            "principalId": None,
            "resourceId": resource["id"],
            "scope": api.scope,
        }


def _add_principal(tenant: Tenant, principal: Json) -> None:
    tenant.service_principals[principal["id"]] = principal


def _id(*parts: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, " ".join(parts)))
