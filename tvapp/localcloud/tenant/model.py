"""The state of the tenant as a plain value: directory objects, Azure resources, roles and their assignments.

Objects have the JSON form in which Microsoft Graph and Azure Resource Manager return them.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from tvapp.localcloud.people import SUBSCRIPTION_ID

Json = dict[str, Any]

SUBSCRIPTION_NAME = "Contoso Harbour Works"
SUBSCRIPTION_SCOPE = f"/subscriptions/{SUBSCRIPTION_ID}"

MAPS_TYPE = "Microsoft.Maps/accounts"
STORAGE_TYPE = "Microsoft.Storage/storageAccounts"
CONTAINER_TYPE = "Microsoft.Storage/storageAccounts/blobServices/containers"
EVERY_ROLE = "00000000-0000-0000-0000-000000000000"
"""`appRoleId` of an assignment to an app that defines no roles."""


@dataclass(slots=True)
class Keys:
    """The shared keys of a Maps account, with the times at which they were made."""

    primary: str = field(repr=False)
    secondary: str = field(repr=False)
    primary_made: str = ""
    secondary_made: str = ""

    def renew(self, name: str, now: str) -> str:
        """Make a new "primary" or "secondary" key and return it."""
        new = secrets.token_urlsafe(32)
        setattr(self, name, new)
        setattr(self, f"{name}_made", now)
        return new


@dataclass(slots=True)
class Blob:
    """A blob: its content, its ETag with quotes, and the header fields to give back."""

    content: bytes = field(repr=False)
    etag: str = ""
    made: float = 0.0
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Tenant:
    """Everything that administrators of the tenant can change. Resources are found by their id in lower case."""

    providers: set[str] = field(default_factory=set)
    """Registered resource providers, in lower case."""
    resource_groups: dict[str, Json] = field(default_factory=dict)
    resources: dict[str, Json] = field(default_factory=dict)
    """Maps accounts, storage accounts and containers."""
    keys: dict[str, Keys] = field(default_factory=dict)
    """The shared keys of each Maps account."""
    blobs: dict[str, dict[str, Blob]] = field(default_factory=dict)
    """The blobs of each container, by name."""
    role_definitions: dict[str, Json] = field(default_factory=dict)
    """Custom roles, by their GUID."""
    role_assignments: dict[str, Json] = field(default_factory=dict)
    applications: dict[str, Json] = field(default_factory=dict)
    service_principals: dict[str, Json] = field(default_factory=dict)
    grants: dict[str, Json] = field(default_factory=dict)
    """Consent: `oauth2PermissionGrants`."""
    groups: dict[str, Json] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    """The object ids of each group's members."""
    app_role_assignments: dict[str, Json] = field(default_factory=dict)
    policies: dict[str, Json] = field(default_factory=dict)
    """Conditional Access policies."""
    directory_roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The directory roles of each administrator, by object id."""

    # -- the directory -------------------------------------------------------------------------------------------

    def application(self, app_id: str) -> Json | None:
        """Find an app registration by its client id."""
        return next((each for each in self.applications.values() if each["appId"] == app_id), None)

    def service_principal(self, app_id: str) -> Json | None:
        """Find the service principal of an app by its client id."""
        return next((each for each in self.service_principals.values() if each["appId"] == app_id), None)

    def groups_of(self, object_id: str) -> frozenset[str]:
        """Return every group that an object is a member of, also through other groups."""
        found: set[str] = set()
        waiting = [object_id]
        while waiting:
            one = waiting.pop()
            more = {group for group, members in self.members.items() if one in members} - found
            found |= more
            waiting += more
        return frozenset(found)

    def delete_service_principal(self, object_id: str) -> None:
        """Delete a service principal with its consent and assignments."""
        self.service_principals.pop(object_id, None)
        for table in (self.grants, self.app_role_assignments):
            for key in [key for key, each in table.items() if object_id in each.values()]:
                del table[key]

    # -- resources -----------------------------------------------------------------------------------------------

    def resource(self, resource_id: str) -> Json | None:
        """Find a resource by its id."""
        return self.resources.get(resource_id.lower())

    def maps_account(self, unique_id: str) -> Json | None:
        """Find a Maps account by its client id."""
        return next((each for each in self.of_type(MAPS_TYPE) if each["properties"]["uniqueId"] == unique_id), None)

    def storage_account(self, name: str) -> Json | None:
        """Find a storage account by its name, which no two accounts share."""
        return next((each for each in self.of_type(STORAGE_TYPE) if each["name"] == name), None)

    def of_type(self, kind: str) -> Iterator[Json]:
        """Yield the resources of one type."""
        return (each for each in self.resources.values() if each["type"] == kind)

    def delete_below(self, scope: str) -> None:
        """Delete a resource or resource group with everything in it, roles at it included."""
        start = scope.lower()
        tables: tuple[dict[str, Any], ...] = (
            self.resource_groups, self.resources, self.keys, self.blobs, self.role_assignments,
        )  # fmt: skip
        for table in tables:
            for key in [key for key in table if key == start or key.startswith(start + "/")]:
                del table[key]

    def snapshot(self) -> Json:
        """Return the state as JSON values, without keys and without the content of blobs."""
        kept = asdict(self)
        kept["keys"] = sorted(self.keys)
        kept["blobs"] = {container: sorted(blobs) for container, blobs in self.blobs.items()}
        kept["providers"] = sorted(self.providers)
        return kept


def new_id() -> str:
    """Return a new GUID."""
    return str(uuid.uuid4())
