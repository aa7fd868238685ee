"""Microsoft Graph as far as `az` needs it: app registrations, service principals, consent, groups, people, policies."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.routing import Route

from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.people import PEOPLE, Person
from tvapp.localcloud.tenant.apis import APIS, api_principal
from tvapp.localcloud.tenant.callers import caller, require_directory_role
from tvapp.localcloud.tenant.errors import Denied, bad_request, not_found
from tvapp.localcloud.tenant.model import EVERY_ROLE, Json, Tenant, new_id
from tvapp.localcloud.tenant.odata import matches
from tvapp.localcloud.tenant.operators import APPLICATIONS, CONSENT, GROUPS, POLICIES, READ
from tvapp.localcloud.tenant.serving import Answer, answering, body_of
from tvapp.localcloud.wire import wired

METHODS = ["GET", "POST", "PATCH", "DELETE"]
ENDPOINT = "graph"
_BY_CLIENT = re.compile(r"(applications|servicePrincipals)\(appId='([\w-]+)'\)")
READ_ONLY_POSTS = ("getByIds", "getMemberGroups", "checkMemberGroups")
NEEDED = {
    "applications": APPLICATIONS,
    "servicePrincipals": APPLICATIONS,
    "oauth2PermissionGrants": CONSENT,
    "groups": GROUPS,
    "identity": POLICIES,
    "users": GROUPS,
}
"""The right that a change needs, by the first word of the path."""

APPLICATION_DEFAULTS: Json = {
    "signInAudience": "AzureADandPersonalMicrosoftAccount", "isFallbackPublicClient": None, "identifierUris": [],
    "requiredResourceAccess": [], "passwordCredentials": [], "keyCredentials": [], "tags": [], "notes": None,
    "publicClient": {"redirectUris": []}, "serviceManagementReference": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the words of its path, its filter and its body."""

    cloud: Cloud
    method: str
    words: tuple[str, ...]
    filter: str
    body: Json

    @property
    def tenant(self) -> Tenant:
        """The state."""
        return self.cloud.tenant


def routes(cloud: Cloud) -> list[Route]:
    """Return the endpoint that stands for graph.microsoft.com, on another host name than Resource Manager."""
    return [Route("/v1.0/{rest:path}", wired(cloud, ENDPOINT, "maps", answering(cloud, _answer)), methods=METHODS)]


async def _answer(cloud: Cloud, request: Request) -> Answer:
    object_id = caller(cloud, request, cloud.graph_url)
    words = tuple(request.path_params["rest"].split("/"))
    if words[0].lower() == "oauth2permissiongrants":
        words = ("oauth2PermissionGrants", *words[1:])
    is_change = request.method != "GET" and words[-1] not in READ_ONLY_POSTS
    is_policy = words[0] == "identity"
    require_directory_role(
        cloud, object_id, NEEDED.get(words[0].partition("(")[0], READ) if is_change or is_policy else READ
    )
    body = await body_of(request, bad_request("BadRequest", "Unable to read JSON request payload."))
    if by_client := _BY_CLIENT.fullmatch(words[0]):
        words = (by_client[1], *_object_ids(cloud.tenant, by_client[1], by_client[2]), *words[1:])
    call = Call(cloud, request.method, words, request.query_params.get("$filter", ""), body)
    work = _TABLE.get(words[0])
    if work is None:
        raise bad_request("BadRequest", f"Resource not found for the segment '{words[0]}'.")
    return work(call)


def _object_ids(tenant: Tenant, kind: str, app_id: str) -> tuple[str, ...]:
    found = tenant.application(app_id) if kind == "applications" else tenant.service_principal(app_id)
    return (app_id if found is None else str(found["id"]),)


def _listed(call: Call, objects: list[Json]) -> Answer:
    return 200, {"value": [each for each in objects if matches(each, call.filter)]}


def _one(table: dict[str, Json], object_id: str) -> Json:
    found = table.get(object_id)
    if found is None:
        message = (
            f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present."
        )
        raise Denied(404, "Request_ResourceNotFound", message)
    return found


def _added(table: dict[str, Json], made: Json) -> Answer:
    table[made["id"]] = made
    return 201, made


def _entity(call: Call, found: Json, remove: Callable[[], object]) -> Answer:
    """Read, change or remove one object."""
    if call.method == "PATCH":
        found.update(call.body)
        return 204, None
    if call.method == "DELETE":
        remove()
        return 204, None
    return 200, found


def _applications(call: Call) -> Answer:
    table = call.tenant.applications
    if len(call.words) == 1:
        if call.method == "GET":
            return _listed(call, list(table.values()))
        made = {"id": new_id(), "appId": new_id(), **APPLICATION_DEFAULTS, **call.body}
        return _added(table, made)
    object_id = call.words[1]
    found = _one(table, object_id)
    if len(call.words) > 2:
        return _credentials(call, found)

    def remove() -> None:
        del table[object_id]
        if principal := call.tenant.service_principal(found["appId"]):
            call.tenant.delete_service_principal(principal["id"])

    return _entity(call, found, remove)


def _credentials(call: Call, application: Json) -> Answer:
    held = application["passwordCredentials"]
    if call.words[2] == "addPassword":
        made = {"keyId": new_id(), "displayName": (call.body.get("passwordCredential") or {}).get("displayName")}
        held.append(made)
        return 200, {**made, "secretText": new_id()}
    if call.words[2] == "removePassword":
        application["passwordCredentials"] = [each for each in held if each["keyId"] != call.body.get("keyId")]
        return 204, None
    raise not_found("BadRequest", call.words[2])


def _service_principals(call: Call) -> Answer:
    table = call.tenant.service_principals
    if len(call.words) == 1:
        return _listed(call, list(table.values())) if call.method == "GET" else _new_principal(call)
    found = _one(table, call.words[1])
    if len(call.words) > 2 and call.words[2] == "appRoleAssignedTo":
        return _assigned(call, found)
    return _entity(call, found, lambda: call.tenant.delete_service_principal(found["id"]))


def _new_principal(call: Call) -> Answer:
    app_id = str(call.body.get("appId", ""))
    if call.tenant.service_principal(app_id) is not None:
        message = "The service principal cannot be created because the service principal name is already in use."
        raise Denied(409, "Request_MultipleObjectsWithSameKeyValue", message)
    application = call.tenant.application(app_id)
    if app_id in APIS:
        made = api_principal(app_id, new_id())
    elif application is not None:
        made = {
            "id": new_id(),
            "appId": app_id,
            "displayName": application["displayName"],
            "accountEnabled": True,
            "servicePrincipalType": "Application",
            "servicePrincipalNames": [app_id],
            "appRoleAssignmentRequired": False,
            "oauth2PermissionScopes": [],
        }
    else:
        message = "The appId of the service principal does not reference a valid application object."
        raise bad_request("NoBackingApplicationObject", message)
    call.tenant.service_principals[made["id"]] = made
    return 201, made


def _assigned(call: Call, principal: Json) -> Answer:
    table = call.tenant.app_role_assignments
    if call.method == "GET":
        return 200, {"value": [each for each in table.values() if each["resourceId"] == principal["id"]]}
    if call.method == "DELETE":
        del table[_one(table, call.words[3])["id"]]
        return 204, None
    who = str(call.body.get("principalId", ""))
    if any(e["principalId"] == who and e["resourceId"] == principal["id"] for e in table.values()):
        raise bad_request("Request_BadRequest", "Permission being assigned already exists on the object")
    made = {"id": new_id(), "principalId": who, "resourceId": principal["id"], "principalType": "Group",
            "appRoleId": call.body.get("appRoleId", EVERY_ROLE)}  # fmt: skip
    return _added(table, made)


def _grants(call: Call) -> Answer:
    table = call.tenant.grants
    if len(call.words) == 1:
        if call.method == "GET":
            return _listed(call, list(table.values()))
        for name in ("clientId", "resourceId"):
            _one(call.tenant.service_principals, str(call.body.get(name, "")))
        keys = ("clientId", "resourceId", "consentType", "principalId")
        if any(all(each.get(key) == call.body.get(key) for key in keys) for each in table.values()):
            raise Denied(409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.")
        made = {"id": new_id(), **call.body}
        return _added(table, made)
    found = _one(table, call.words[1])
    return _entity(call, found, lambda: table.pop(found["id"]))


def _groups(call: Call) -> Answer:
    table = call.tenant.groups
    if len(call.words) == 1:
        if call.method == "GET":
            return _listed(call, list(table.values()))
        made = {"id": new_id(), "description": None, **call.body}
        table[made["id"]] = made
        call.tenant.members[made["id"]] = []
        return 201, made
    found = _one(table, call.words[1])
    if len(call.words) > 2 and call.words[2] == "members":
        return _members(call, found["id"])

    def remove() -> None:
        del table[found["id"]]
        call.tenant.members.pop(found["id"], None)

    return _entity(call, found, remove)


def _members(call: Call, group_id: str) -> Answer:
    held = call.tenant.members.setdefault(group_id, [])
    if call.method == "GET":
        return 200, {"value": [each for each in _people() + list(call.tenant.groups.values()) if each["id"] in held]}
    if call.method == "DELETE":
        held.remove(call.words[3])
        return 204, None
    member = str(call.body.get("@odata.id", "")).rpartition("/")[2]
    if member in held:
        message = "One or more added object references already exist for the following modified properties: 'members'."
        raise bad_request("Request_BadRequest", message)
    if member not in {each["id"] for each in _people()} | set(call.tenant.groups):
        raise Denied(404, "Request_ResourceNotFound", f"Resource '{member}' does not exist.")
    held.append(member)
    return 204, None


def _users(call: Call) -> Answer:
    people = _people()
    if len(call.words) == 1:
        return _listed(call, people)
    wanted = call.words[1]
    found = {each[key]: each for each in people for key in ("id", "userPrincipalName")}
    return 200, _one(found, wanted)


def _people() -> list[Json]:
    return [_person_json(person) for person in PEOPLE]


def _person_json(person: Person) -> Json:
    return {
        "@odata.type": "#microsoft.graph.user",
        "id": person.object_id,
        "displayName": person.name,
        "userPrincipalName": person.username,
        "accountEnabled": True,
    }


def _policies(call: Call) -> Answer:
    if call.words[1:3] != ("conditionalAccess", "policies"):
        raise bad_request("BadRequest", "Resource not found for the segment.")
    table = call.tenant.policies
    if len(call.words) == 3:
        if call.method == "GET":
            return _listed(call, list(table.values()))
        made = {"id": new_id(), **call.body}
        return _added(table, made)
    found = _one(table, call.words[3])
    return _entity(call, found, lambda: table.pop(found["id"]))


def _directory_objects(call: Call) -> Answer:
    wanted = call.body.get("ids") or []
    groups = [{"@odata.type": "#microsoft.graph.group", **each} for each in call.tenant.groups.values()]
    return 200, {"value": [each for each in [*_people(), *groups] if each["id"] in wanted]}


def _me(_call: Call) -> Answer:
    raise bad_request("BadRequest", "/me request is only valid with delegated authentication flow.")


_TABLE: dict[str, Callable[[Call], Answer]] = {
    "applications": _applications,
    "servicePrincipals": _service_principals,
    "oauth2PermissionGrants": _grants,
    "groups": _groups,
    "users": _users,
    "identity": _policies,
    "directoryObjects": _directory_objects,
    "me": _me,
}
