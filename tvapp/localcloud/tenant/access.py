"""What a person may do in this tenant: sign in to an app, use an API, a Maps account, a container, metrics."""

from __future__ import annotations

from tvapp.localcloud.people import Person
from tvapp.localcloud.tenant.apis import APIS
from tvapp.localcloud.tenant.model import Tenant
from tvapp.localcloud.tenant.roles import allows, roles_at

BLOB_ACTIONS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/"
MAPS_ACTIONS = "Microsoft.Maps/accounts/services/"
METRICS_ACTION = "Microsoft.Insights/metrics/read"
CODE_FLOW = "deviceCodeFlow"
NO_PUBLIC_CLIENT, DISABLED, NOT_ASSIGNED, BLOCKED = 7000218, 7000112, 50105, 53003


def may_use_maps(tenant: Tenant, person: Person, unique_id: str, action: str) -> bool:
    """Tell whether a person may use a service of a Maps account: `action` is "render/read", "data/write" and so on."""
    account = tenant.maps_account(unique_id)
    return account is not None and allows(tenant, person.object_id, MAPS_ACTIONS + action, account["id"], data=True)


def may_use_blobs(tenant: Tenant, person: Person, container_id: str, *actions: str) -> bool:
    """Tell whether one of the actions ("read", "write", "add/action", "delete") is allowed to a person."""
    return any(allows(tenant, person.object_id, BLOB_ACTIONS + each, container_id, data=True) for each in actions)


def may_read_metrics(tenant: Tenant, object_id: str, resource_id: str) -> bool:
    """Tell whether a person or app may read the metrics of a resource (Monitoring Reader at it or above it)."""
    return allows(tenant, object_id, METRICS_ACTION, resource_id, data=False)


def maps_role(tenant: Tenant, person: Person) -> str:
    """Return the name of a role that a person has at a Maps account; empty without one."""
    for account in tenant.of_type("Microsoft.Maps/accounts"):
        for name in roles_at(tenant, person.object_id, account["id"]):
            if name != "Monitoring Reader":
                return name
    return ""


def sign_in_problem(tenant: Tenant, client_id: str, person: Person) -> int | None:
    """Return the AADSTS number with which the device code flow ends for a person; None where it succeeds."""
    application = tenant.application(client_id)
    principal = tenant.service_principal(client_id)
    if application is None or principal is None:
        return 700016
    if not principal.get("accountEnabled", True):
        return DISABLED
    if not application.get("isFallbackPublicClient"):
        return NO_PUBLIC_CLIENT
    groups = tenant.groups_of(person.object_id)
    if principal.get("appRoleAssignmentRequired"):
        assigned = {
            e["principalId"] for e in tenant.app_role_assignments.values() if e["resourceId"] == principal["id"]
        }
        if not assigned & (groups | {person.object_id}):
            return NOT_ASSIGNED
    if any(_blocks(policy, client_id, groups | {person.object_id}) for policy in tenant.policies.values()):
        return BLOCKED
    return None


def is_consented(tenant: Tenant, client_id: str, person: Person, api: str) -> bool:
    """Tell whether an administrator has consented that an app uses an API for a person (or for everybody)."""
    client, resource = tenant.service_principal(client_id), tenant.service_principal(api)
    if client is None or resource is None:
        return False
    return any(
        grant["clientId"] == client["id"]
        and grant["resourceId"] == resource["id"]
        and (grant["consentType"] == "AllPrincipals" or grant.get("principalId") == person.object_id)
        and APIS[api].scope in str(grant["scope"]).split()
        for grant in tenant.grants.values()
        if api in APIS
    )


def _blocks(policy: dict[str, object], client_id: str, who: frozenset[str]) -> bool:
    conditions = _table(policy, "conditions")
    flows = str(_table(conditions, "authenticationFlows").get("transferMethods", ""))
    controls = _table(policy, "grantControls").get("builtInControls")
    if policy.get("state") != "enabled" or CODE_FLOW not in flows or "block" not in (controls or ()):  # type: ignore[operator]
        return False
    users, apps = _table(conditions, "users"), _table(conditions, "applications")
    named = _names(users, "includeUsers") | _names(users, "includeGroups")
    spared = _names(users, "excludeUsers") | _names(users, "excludeGroups")
    covered = _names(apps, "includeApplications")
    if client_id in _names(apps, "excludeApplications") or not covered & {"All", client_id}:
        return False
    return bool(named & (who | {"All"})) and not spared & who


def _table(value: dict[str, object], name: str) -> dict[str, object]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _names(value: dict[str, object], name: str) -> set[str]:
    found = value.get(name)
    return {str(each) for each in found} if isinstance(found, list) else set()
