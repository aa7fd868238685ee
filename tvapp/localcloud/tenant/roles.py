"""The roles of Azure and what they allow: built-in ones as far as the local cloud knows them, and custom ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tvapp.localcloud.tenant.model import Json, Tenant

_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers"


@dataclass(frozen=True, slots=True)
class Role:
    """A role definition. `*` in an action stands for any text."""

    name: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()

    def allows(self, action: str, *, data: bool) -> bool:
        """Tell whether the role contains an action (of the data plane where `data`)."""
        if data:
            return _matches(action, self.data_actions)
        return _matches(action, self.actions) and not _matches(action, self.not_actions)


OWNER, CONTRIBUTOR, READER = (
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
)
USER_ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
RENDER_READER = "6be48352-4f82-47c9-ad5e-0acacefdb005"
MAPS_READER = "423170ca-a8f6-4b0f-8487-9e4eb8f49bfa"
MAPS_CONTRIBUTOR = "8f5e0ce6-4f7b-4dcf-bddf-e6f48634a204"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
MONITORING_READER = "43d0d8ad-25c7-4714-9337-8ba259a9fe05"

BUILT_IN: Mapping[str, Role] = {
    OWNER: Role("Owner", ("*",)),
    CONTRIBUTOR: Role(
        "Contributor", ("*",), ("Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"),
    ),
    READER: Role("Reader", ("*/read",)),
    USER_ACCESS_ADMINISTRATOR: Role("User Access Administrator", ("*/read", "Microsoft.Authorization/*")),
    RENDER_READER: Role(
        "Azure Maps Search and Render Data Reader",
        data_actions=("Microsoft.Maps/accounts/services/render/read", "Microsoft.Maps/accounts/services/search/read"),
    ),
    MAPS_READER: Role("Azure Maps Data Reader", data_actions=("Microsoft.Maps/accounts/*/read",)),
    MAPS_CONTRIBUTOR: Role(
        "Azure Maps Data Contributor",
        data_actions=tuple(f"Microsoft.Maps/accounts/*/{verb}" for verb in ("read", "write", "delete", "action")),
    ),
    BLOB_READER: Role(
        "Storage Blob Data Reader", (f"{_BLOBS}/read",), data_actions=(f"{_BLOBS}/blobs/read",),
    ),
    BLOB_CONTRIBUTOR: Role(
        "Storage Blob Data Contributor",
        (f"{_BLOBS}/delete", f"{_BLOBS}/read", f"{_BLOBS}/write"),
        data_actions=tuple(
            f"{_BLOBS}/blobs/{verb}" for verb in ("delete", "read", "write", "move/action", "add/action")
        ),
    ),
    MONITORING_READER: Role("Monitoring Reader", ("*/read", "Microsoft.Support/*")),
}  # fmt: skip


def role_of(tenant: Tenant, definition_id: str) -> Role | None:
    """Find a role by the id, or the last part of it, of its definition."""
    guid = definition_id.rpartition("/")[2].lower()
    if guid in BUILT_IN:
        return BUILT_IN[guid]
    custom = tenant.role_definitions.get(guid)
    return None if custom is None else _parsed(custom)


def assignments_at(tenant: Tenant, scope: str) -> Iterable[Json]:
    """Yield the role assignments that count at a scope: those at it and above it."""
    wanted = scope.lower().rstrip("/")
    for each in tenant.role_assignments.values():
        held = str(each["properties"]["scope"]).lower().rstrip("/")
        if wanted == held or wanted.startswith(held + "/"):
            yield each


def allows(tenant: Tenant, object_id: str, action: str, scope: str, *, data: bool) -> bool:
    """Tell whether a person, group or app may do something at a scope, by a role of its own or of a group."""
    principals = tenant.groups_of(object_id) | {object_id}
    for each in assignments_at(tenant, scope):
        if each["properties"]["principalId"] in principals:
            role = role_of(tenant, each["properties"]["roleDefinitionId"])
            if role is not None and role.allows(action, data=data):
                return True
    return False


def roles_at(tenant: Tenant, object_id: str, scope: str) -> list[str]:
    """Return the names of the roles that somebody has at a scope."""
    principals = tenant.groups_of(object_id) | {object_id}
    held = (each["properties"] for each in assignments_at(tenant, scope))
    found = (role_of(tenant, each["roleDefinitionId"]) for each in held if each["principalId"] in principals)
    return [role.name for role in found if role is not None]


def built_in_json(guid: str) -> Json:
    """Return a built-in role as Azure Resource Manager does."""
    role = BUILT_IN[guid]
    return {
        "id": f"/providers/Microsoft.Authorization/roleDefinitions/{guid}",
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": guid,
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole",
            "description": role.name,
            "assignableScopes": ["/"],
            "permissions": [
                {
                    "actions": list(role.actions),
                    "notActions": list(role.not_actions),
                    "dataActions": list(role.data_actions),
                    "notDataActions": [],
                }
            ],
        },
    }


def _parsed(definition: Json) -> Role:
    properties = definition["properties"]
    lists: dict[str, tuple[str, ...]] = {"actions": (), "notActions": (), "dataActions": ()}
    for permission in properties["permissions"]:
        for name in lists:
            lists[name] += tuple(permission.get(name) or ())
    return Role(properties["roleName"], lists["actions"], lists["notActions"], lists["dataActions"])


def _matches(action: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)
