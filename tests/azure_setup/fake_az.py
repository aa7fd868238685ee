"""An `az` in memory: it keeps the state that the commands of `scripts.azure_setup` read and change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from scripts.azure_setup.az import AzFailed, NoRights
from scripts.azure_setup.step import Answer, Command
from scripts.azure_setup.wanted import API_NAMES

Table = dict[str, dict[str, Any]]
SUBSCRIPTION = "11111111-aaaa-4000-8000-000000000001"
TENANT = "22222222-bbbb-4000-8000-000000000002"
PEOPLE = {
    "ada@example.com": "33333333-cccc-4000-8000-000000000003",
    "bob@example.com": "33333333-cccc-4000-8000-000000000004",
}
LISTS = ("app list", "group list", "member list", "list-grants", "assignment list", "definition list", "resource list")


@dataclass
class FakeAz:
    """Answers looks from its state, and counts changes. A command whose words begin with a key of `fails` fails."""

    fails: dict[str, Callable[[Command], AzFailed]] = field(default_factory=dict)
    looks: list[Command] = field(default_factory=list)
    changes: list[Command] = field(default_factory=list)
    breaks_after: int | None = None
    """The connection breaks at the change that follows so many others."""
    unseen_looks: int = 0
    """So many looks after a change see the state before it, as with a directory that has not spread it."""
    cloud: str = "AzureCloud"
    providers: set[str] = field(default_factory=set)
    groups: Table = field(default_factory=dict)
    maps: Table = field(default_factory=dict)
    storage: Table = field(default_factory=dict)
    containers: Table = field(default_factory=dict)
    principals: Table = field(default_factory=dict)
    apps: Table = field(default_factory=dict)
    grants: list[dict[str, Any]] = field(default_factory=list)
    people_groups: Table = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    roles: Table = field(default_factory=dict)
    assignments: list[dict[str, Any]] = field(default_factory=list)
    assigned: list[dict[str, Any]] = field(default_factory=list)
    policies: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=lambda: {"primary": "p1", "secondary": "s1"})
    made: dict[str, str] = field(default_factory=lambda: {"primary": "2026-01-01", "secondary": "2026-01-02"})
    waits: int = 0

    def look(self, command: Command) -> Answer:
        """Read."""
        self._fail(command)
        self.looks.append(command)
        if self.unseen_looks and self.changes:
            self.unseen_looks -= 1
            return [] if any(name in " ".join(command) for name in LISTS) else None
        return self._run(command)

    def look_ahead(self, commands: Iterable[Command]) -> None:
        """Do nothing: a look takes no time."""

    def change(self, command: Command) -> Answer:
        """Change."""
        self._fail(command)
        if len(self.changes) == self.breaks_after:
            raise AzFailed(command, "the connection was reset")
        self.changes.append(command)
        return self._run(command)

    def wait(self, attempt: int) -> bool:
        """Wait at most three times."""
        self.waits += 1
        return attempt < 3

    def forget(self) -> None:
        """Nothing is kept."""

    def changed(self, verb: str) -> list[Command]:
        """Return the changes whose words begin so."""
        return [each for each in self.changes if " ".join(each).startswith(verb)]

    def _fail(self, command: Command) -> None:
        for start, failure in self.fails.items():
            if " ".join(command).startswith(start):
                raise failure(command)

    def _run(self, command: Command) -> Answer:
        count = next((i for i, word in enumerate(command) if word.startswith("--")), len(command))
        verb = "_".join(command[:count]).replace("-", "_")
        options: dict[str, list[str]] = {}
        for word in command[count:]:
            if word.startswith("--"):
                last = options.setdefault(word[2:], [])
            else:
                last.append(word)
        work: Callable[[dict[str, list[str]]], Answer] = getattr(self, f"_{verb}")
        return work(options)

    # -- resources -----------------------------------------------------------------------------------------------

    def _account_show(self, _o: dict[str, list[str]]) -> Answer:
        return {"id": SUBSCRIPTION, "tenantId": TENANT, "name": "Example", "user": {"name": "ada@example.com"}}

    def _cloud_show(self, _o: dict[str, list[str]]) -> Answer:
        endpoints = {
            "microsoftGraphResourceId": "https://graph.example/",
            "activeDirectory": "https://login.example",
            "resourceManager": "https://manager.example/",
        }
        return {"name": self.cloud, "endpoints": endpoints}

    def _provider_show(self, o: dict[str, list[str]]) -> Answer:
        return {"registrationState": "Registered" if o["namespace"][0] in self.providers else "NotRegistered"}

    def _provider_register(self, o: dict[str, list[str]]) -> Answer:
        self.providers.add(o["namespace"][0])

    def _group_show(self, o: dict[str, list[str]]) -> Answer:
        return self.groups.get(o["name"][0])

    def _group_create(self, o: dict[str, list[str]]) -> Answer:
        self.groups[o["name"][0]] = {"name": o["name"][0], "tags": _tags(o)}

    def _group_delete(self, o: dict[str, list[str]]) -> Answer:
        del self.groups[o["name"][0]]

    def _resource_list(self, _o: dict[str, list[str]]) -> Answer:
        maps = [{**each, "type": "Microsoft.Maps/accounts"} for each in self.maps.values()]
        return maps + [{**each, "type": "Microsoft.Storage/storageAccounts"} for each in self.storage.values()]

    def _maps_account_show(self, o: dict[str, list[str]]) -> Answer:
        return self.maps.get(o["name"][0])

    def _maps_account_create(self, o: dict[str, list[str]]) -> Answer:
        properties = {"uniqueId": str(uuid4()), "disableLocalAuth": o["disable-local-auth"] == ["true"]}
        name = o["name"][0]
        self.maps[name] = {"name": name, "tags": _tags(o), "sku": {"name": "G2"}, "properties": properties}

    def _maps_account_update(self, o: dict[str, list[str]]) -> Answer:
        self.maps[o["name"][0]]["properties"]["disableLocalAuth"] = o["disable-local-auth"] == ["true"]

    def _maps_account_delete(self, o: dict[str, list[str]]) -> Answer:
        del self.maps[o["name"][0]]

    def _maps_account_keys_list(self, o: dict[str, list[str]]) -> Answer:
        if o["name"][0] not in self.maps:
            return None
        answer = {f"{kind}Key": self.keys[kind] for kind in self.keys}
        return answer | {f"{kind}KeyLastUpdated": self.made[kind] for kind in self.made}

    def _maps_account_keys_renew(self, o: dict[str, list[str]]) -> Answer:
        kind = o["key"][0]
        self.keys[kind] += "+"
        self.made[kind] = f"2026-02-0{len(self.changes)}"
        return self._maps_account_keys_list(o)

    def _storage_account_show(self, o: dict[str, list[str]]) -> Answer:
        return self.storage.get(o["name"][0])

    def _storage_account_create(self, o: dict[str, list[str]]) -> Answer:
        name = o["name"][0]
        self.storage[name] = {
            "name": name,
            "tags": _tags(o),
            "primaryEndpoints": {"blob": f"https://{name}.blob.example/"},
            "enableHttpsTrafficOnly": True,
        }
        self._storage_account_update(o)

    def _storage_account_update(self, o: dict[str, list[str]]) -> Answer:
        names = {"allow-shared-key-access": "allowSharedKeyAccess", "allow-blob-public-access": "allowBlobPublicAccess",
                 "https-only": "enableHttpsTrafficOnly"}  # fmt: skip
        account = self.storage[o["name"][0]]
        account |= {names[option]: value == ["true"] for option, value in o.items() if option in names}
        if "min-tls-version" in o:
            account["minimumTlsVersion"] = o["min-tls-version"][0]

    def _storage_account_delete(self, o: dict[str, list[str]]) -> Answer:
        del self.storage[o["name"][0]]

    def _storage_container_rm_show(self, o: dict[str, list[str]]) -> Answer:
        return self.containers.get(o["name"][0])

    def _storage_container_rm_list(self, _o: dict[str, list[str]]) -> Answer:
        return [{"name": name} for name in self.containers]

    def _storage_container_rm_create(self, o: dict[str, list[str]]) -> Answer:
        key, _, value = o["metadata"][0].partition("=")
        self.containers[o["name"][0]] = {"metadata": {key: value}, "publicAccess": "None"}

    def _storage_container_rm_update(self, o: dict[str, list[str]]) -> Answer:
        self.containers[o["name"][0]]["publicAccess"] = "None" if o["public-access"] == ["off"] else "Blob"

    def _storage_container_rm_delete(self, o: dict[str, list[str]]) -> Answer:
        del self.containers[o["name"][0]]

    # -- the directory -------------------------------------------------------------------------------------------

    def _ad_sp_show(self, o: dict[str, list[str]]) -> Answer:
        return self.principals.get(o["id"][0])

    def _ad_sp_create(self, o: dict[str, list[str]]) -> Answer:
        app_id = o["id"][0]
        scopes = [{"id": f"scope-of-{app_id[:4]}", "value": "user_impersonation"}] if app_id in API_NAMES else []
        self.principals[app_id] = {"id": f"sp-{app_id[:8]}", "appId": app_id, "oauth2PermissionScopes": scopes}

    def _ad_sp_update(self, o: dict[str, list[str]]) -> Answer:
        name, _, value = o["set"][0].partition("=")
        self.principals[o["id"][0]][name] = value == "true"

    def _ad_app_list(self, o: dict[str, list[str]]) -> Answer:
        return [each for each in self.apps.values() if each["displayName"].startswith(o["display-name"][0])]

    def _ad_app_show(self, o: dict[str, list[str]]) -> Answer:
        return self.apps.get(o["id"][0])

    def _ad_app_update(self, o: dict[str, list[str]]) -> Answer:
        app = self.apps[o["id"][0]]
        if "is-fallback-public-client" in o:
            app["isFallbackPublicClient"] = o["is-fallback-public-client"] == ["true"]
        if "sign-in-audience" in o:
            app["signInAudience"] = o["sign-in-audience"][0]

    def _ad_app_delete(self, o: dict[str, list[str]]) -> Answer:
        del self.apps[o["id"][0]]

    def _ad_app_permission_add(self, o: dict[str, list[str]]) -> Answer:
        access = {"id": o["api-permissions"][0].removesuffix("=Scope"), "type": "Scope"}
        required = self.apps[o["id"][0]]["requiredResourceAccess"]
        required.append({"resourceAppId": o["api"][0], "resourceAccess": [access]})

    def _ad_app_permission_list_grants(self, _o: dict[str, list[str]]) -> Answer:
        return self.grants

    def _ad_app_permission_grant(self, o: dict[str, list[str]]) -> Answer:
        resource = self.principals[o["api"][0]]["id"]
        self.grants = [each for each in self.grants if each["resourceId"] != resource]
        scope = " ".join(o["scope"])
        self.grants.append({"resourceId": resource, "consentType": o["consent-type"][0], "scope": scope})

    def _ad_group_list(self, o: dict[str, list[str]]) -> Answer:
        return [each for each in self.people_groups.values() if each["displayName"].startswith(o["display-name"][0])]

    def _ad_group_show(self, o: dict[str, list[str]]) -> Answer:
        return self.people_groups.get(o["group"][0])

    def _ad_group_create(self, o: dict[str, list[str]]) -> Answer:
        self.add_group(o["display-name"][0], o["description"][0])

    def _ad_group_delete(self, o: dict[str, list[str]]) -> Answer:
        del self.people_groups[o["group"][0]]

    def _ad_group_member_list(self, o: dict[str, list[str]]) -> Answer:
        return [{"id": each} for each in self.members.get(o["group"][0], [])]

    def _ad_group_member_add(self, o: dict[str, list[str]]) -> Answer:
        self.members.setdefault(o["group"][0], []).append(o["member-id"][0])

    def _ad_user_show(self, o: dict[str, list[str]]) -> Answer:
        found = PEOPLE.get(o["id"][0])
        return None if found is None else {"id": found}

    def _rest(self, o: dict[str, list[str]]) -> Answer:
        url, body = o["url"][0], json.loads(o.get("body", ["{}"])[0])
        if url.endswith("/applications"):
            return self.add_app(body)
        if url.endswith("/appRoleAssignedTo"):
            if o["method"] == ["GET"]:
                return {"value": self.assigned}
            return self.assigned.append(body)
        if o["method"] == ["PATCH"]:
            policy = next(each for each in self.policies if each["id"] == url.rpartition("/")[2])
            return policy.update(body)
        return {"value": self.policies}

    # -- roles ---------------------------------------------------------------------------------------------------

    def _role_definition_list(self, o: dict[str, list[str]]) -> Answer:
        return [each for each in self.roles.values() if each["roleName"] == o["name"][0]]

    def _role_definition_create(self, o: dict[str, list[str]]) -> Answer:
        given, guid = json.loads(o["role-definition"][0]), str(uuid4())
        permissions = [{"actions": given["Actions"], "dataActions": given["DataActions"]}]
        self.roles[guid] = {"id": f"/roles/{guid}", "name": guid, "roleName": given["Name"],
                            "description": given["Description"], "permissions": permissions}  # fmt: skip

    def _role_definition_update(self, o: dict[str, list[str]]) -> Answer:
        given = json.loads(o["role-definition"][0])
        role = self.roles[given["id"].rpartition("/")[2]]
        role["permissions"] = [{"actions": given["Actions"], "dataActions": given["DataActions"]}]

    def _role_definition_delete(self, o: dict[str, list[str]]) -> Answer:
        del self.roles[o["name"][0]]

    def _role_assignment_list(self, o: dict[str, list[str]]) -> Answer:
        scope = o["scope"][0]
        return [each for each in self.assignments if scope.startswith(each["scope"])]

    def _role_assignment_create(self, o: dict[str, list[str]]) -> Answer:
        self.assign(o["assignee-object-id"][0], o["role"][0], o["scope"][0], o["description"][0])

    def _role_assignment_delete(self, o: dict[str, list[str]]) -> Answer:
        self.assignments = [each for each in self.assignments if each["id"] != o["ids"][0]]

    # -- what others did -----------------------------------------------------------------------------------------

    def add_app(self, body: dict[str, Any]) -> dict[str, Any]:
        """Register an app."""
        app = {"appId": str(uuid4()), "id": str(uuid4()), "requiredResourceAccess": [], **body}
        self.apps[app["appId"]] = app
        return app

    def add_group(self, name: str, description: str = "", *, security_enabled: bool = True) -> str:
        """Create a group of people; returns its id."""
        group_id = str(uuid4())
        self.people_groups[group_id] = {
            "id": group_id, "displayName": name, "description": description, "securityEnabled": security_enabled,
        }  # fmt: skip
        return group_id

    def assign(self, principal: str, role: str, scope: str, description: str = "") -> None:
        """Assign a role."""
        self.assignments.append(
            {"id": str(uuid4()), "principalId": principal, "roleDefinitionId": f"/roles/{role}", "scope": scope,
             "description": description}
        )  # fmt: skip


def refused(command: Command) -> AzFailed:
    """Refuse a command, as Azure Resource Manager does."""
    return NoRights(command, "(AuthorizationFailed) ... to perform action 'Microsoft.Authorization/x/write' over ...")


def _tags(options: dict[str, list[str]]) -> dict[str, str]:
    return dict([each.split("=", 1) for each in options.get("tags", [])])
