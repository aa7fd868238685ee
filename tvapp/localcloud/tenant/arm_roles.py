"""Role definitions and role assignments in Azure Resource Manager."""

from __future__ import annotations

import re

from tvapp.localcloud.people import PEOPLE
from tvapp.localcloud.tenant.arm_call import Call
from tvapp.localcloud.tenant.errors import Denied, bad_request, not_found
from tvapp.localcloud.tenant.model import SUBSCRIPTION_SCOPE, Json
from tvapp.localcloud.tenant.roles import BUILT_IN, assignments_at, built_in_json
from tvapp.localcloud.tenant.serving import Answer

_ROLE_NAME = re.compile(r"roleName eq '([^']*)'", re.IGNORECASE)
_PRINCIPAL = re.compile(r"(?:principalId eq|assignedTo\()\s*'([^']*)'", re.IGNORECASE)


def list_definitions(call: Call) -> Answer:
    """Return the roles that can be assigned at a scope."""
    scope = call.parts[0] or "/"
    call.require("Microsoft.Authorization/roleDefinitions/read", scope)
    named = _ROLE_NAME.search(call.query.get("$filter", ""))
    found = [built_in_json(guid) for guid in BUILT_IN]
    found += [each for each in call.cloud.tenant.role_definitions.values() if _assignable(each, scope)]
    if named is not None:
        wanted = named[1].lower()
        found = [each for each in found if each["properties"]["roleName"].lower() == wanted]
    return 200, {"value": found}


def get_definition(call: Call) -> Answer:
    """Return one role."""
    guid = call.parts[1].lower()
    if guid in BUILT_IN:
        return 200, built_in_json(guid)
    found = call.cloud.tenant.role_definitions.get(guid)
    if found is None:
        raise not_found("RoleDefinitionDoesNotExist", f"The role definition with ID '{guid}'")
    return 200, found


def put_definition(call: Call) -> Answer:
    """Create or change a custom role, which has to be allowed at each of its assignable scopes."""
    properties = call.body.get("properties") or {}
    scopes = properties.get("assignableScopes") or []
    if not scopes:
        raise bad_request("RoleDefinitionAssignableScopesMissing", "assignableScopes is empty.")
    for scope in scopes:
        call.require("Microsoft.Authorization/roleDefinitions/write", scope)
        if not scope.lower().startswith(SUBSCRIPTION_SCOPE):
            raise not_found("LinkedInvalidPropertyId", f"The scope {scope}")
    name, guid = str(properties.get("roleName", "")), call.parts[1].lower()
    roles = call.cloud.tenant.role_definitions
    if any(each["properties"]["roleName"] == name and key != guid for key, each in roles.items()):
        message = f"Role name '{name}' is already in use in the tenant."
        raise Denied(409, "RoleDefinitionWithSameNameExists", message)
    permissions = properties.get("permissions") or []
    unknown = [a for p in permissions for a in p.get("dataActions") or [] if not a.startswith("Microsoft.")]
    if unknown:
        raise bad_request("InvalidActionOrNotAction", f"'{unknown[0]}' does not match any of the actions.")
    roles[guid] = {
        "id": f"{SUBSCRIPTION_SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{guid}",
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": guid,
        "properties": {
            "roleName": name,
            "type": "CustomRole",
            "description": properties.get("description") or "",
            "assignableScopes": scopes,
            "permissions": permissions,
        },
    }
    # 201 also for a change: clients take nothing else for success.
    return 201, roles[guid]


def delete_definition(call: Call) -> Answer:
    """Delete a custom role that nobody has."""
    guid = call.parts[1].lower()
    call.require("Microsoft.Authorization/roleDefinitions/delete", call.parts[0] or "/")
    held = call.cloud.tenant.role_assignments.values()
    if any(each["properties"]["roleDefinitionId"].lower().endswith(guid) for each in held):
        message = "There are existing role assignments referencing role."
        raise Denied(400, "RoleDefinitionHasAssignments", message)
    found = call.cloud.tenant.role_definitions.pop(guid, None)
    return (204, None) if found is None else (200, found)


def list_assignments(call: Call) -> Answer:
    """Return the role assignments at a scope and above it, and below it unless `atScope()` is asked for."""
    scope, wanted = call.parts[0], call.query.get("$filter", "")
    call.require("Microsoft.Authorization/roleAssignments/read", scope or "/")
    found = {each["id"]: each for each in assignments_at(call.cloud.tenant, scope)}
    if "atscope()" not in wanted.lower():
        below = call.cloud.tenant.role_assignments.values()
        found |= {e["id"]: e for e in below if e["properties"]["scope"].lower().startswith(scope.lower())}
    principal = _PRINCIPAL.search(wanted)
    kept = list(found.values())
    if principal is not None:
        kept = [each for each in kept if each["properties"]["principalId"] == principal[1]]
    return 200, {"value": kept}


def get_assignment(call: Call) -> Answer:
    """Return one role assignment."""
    found = call.cloud.tenant.role_assignments.get(call.path.lower())
    if found is None:
        raise not_found("RoleAssignmentNotFound", f"The role assignment '{call.parts[1]}'")
    return 200, found


def put_assignment(call: Call) -> Answer:
    """Assign a role."""
    scope, name = call.parts
    call.require("Microsoft.Authorization/roleAssignments/write", scope)
    given = call.body.get("properties") or {}
    role, principal = str(given.get("roleDefinitionId", "")), str(given.get("principalId", ""))
    _require_role(call, role, scope)
    _require_scope(call, scope)
    if not _is_principal(call, principal):
        message = f"Principal {principal} does not exist in the directory."
        raise bad_request("PrincipalNotFound", message)
    guid = role.rpartition("/")[2].lower()
    for each in call.cloud.tenant.role_assignments.values():
        held = each["properties"]
        same = held["principalId"] == principal and held["scope"].lower() == scope.lower()
        if same and held["roleDefinitionId"].lower().endswith(guid) and each["name"] != name:
            raise Denied(409, "RoleAssignmentExists", "The role assignment already exists.")
    assignment: Json = {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "name": name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "roleDefinitionId": f"{SUBSCRIPTION_SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{guid}",
            "principalId": principal,
            "principalType": given.get("principalType") or "User",
            "scope": scope,
            "description": given.get("description"),
            "condition": None,
            "conditionVersion": None,
        },
    }
    call.cloud.tenant.role_assignments[assignment["id"].lower()] = assignment
    return 201, assignment


def delete_assignment(call: Call) -> Answer:
    """Take a role away."""
    call.require("Microsoft.Authorization/roleAssignments/delete", call.parts[0])
    found = call.cloud.tenant.role_assignments.pop(call.path.lower(), None)
    return (204, None) if found is None else (200, found)


def _assignable(definition: Json, scope: str) -> bool:
    # A role is listed at its assignable scopes, below them, and (as on the real service) in the subscription above.
    wanted = scope.lower().rstrip("/")
    for each in definition["properties"]["assignableScopes"]:
        held = each.lower()
        if wanted == held or wanted.startswith(held + "/") or held.startswith(wanted + "/"):
            return True
    return False


def _require_role(call: Call, role: str, scope: str) -> None:
    guid = role.rpartition("/")[2].lower()
    if guid in BUILT_IN:
        return
    found = call.cloud.tenant.role_definitions.get(guid)
    if found is None:
        raise not_found("RoleDefinitionDoesNotExist", f"The specified role definition with ID '{guid}'")
    held = [each.lower() for each in found["properties"]["assignableScopes"]]
    if not any(scope.lower() == each or scope.lower().startswith(each + "/") for each in held):
        message = f"The role definition '{guid}' cannot be assigned at the scope '{scope}'."
        raise bad_request("RoleDefinitionNotAssignableAtScope", message)


def _require_scope(call: Call, scope: str) -> None:
    tenant, key = call.cloud.tenant, scope.lower()
    if key != SUBSCRIPTION_SCOPE and key not in tenant.resource_groups and key not in tenant.resources:
        raise not_found("ResourceNotFound", f"The resource '{scope}'")


def _is_principal(call: Call, object_id: str) -> bool:
    tenant = call.cloud.tenant
    people = {person.object_id for person in PEOPLE}
    return object_id in tenant.groups or object_id in tenant.service_principals or object_id in people
