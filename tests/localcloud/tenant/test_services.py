"""Resource Manager, Microsoft Graph and blobs over a real TLS socket: who is refused, and with which words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.cloud import LocalCloud
from tvapp.localcloud.tenant.model import SUBSCRIPTION_SCOPE
from tvapp.localcloud.tenant.roles import BLOB_CONTRIBUTOR, BLOB_READER
from tvapp.localcloud.tenant.sample import MAPS_ID

MANAGEMENT = "https://management.azure.com"
STORAGE = "https://storage.azure.com/user_impersonation"
GROUP = f"{SUBSCRIPTION_SCOPE}/resourceGroups/harbour-maps"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/fencestore"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/fences"


class Operator:
    """Somebody who signs in as an administrator and sends requests."""

    def __init__(self, cloud: LocalCloud, name: str = "owner") -> None:
        self.cloud = cloud
        self.tenant = cloud.ask("GET", "/tenant")
        self.name = name

    def token(self, resource: str, secret: str = "") -> dict[str, Any]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.tenant["operators"][self.name],
            "client_secret": secret or self.tenant["secret"],
            "scope": f"{resource}/.default",
        }
        return self.cloud.post_form(f"{self.cloud.authority}/oauth2/v2.0/token", form)

    def arm(self, method: str, path: str, body: object = None, **query: str) -> tuple[int, Any]:
        url = f"{self.cloud.endpoint}{path}?{urlencode({'api-version': '2022-01-01', **query})}"
        return self._send(method, url, MANAGEMENT, body)

    def graph(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        return self._send(method, f"{self.tenant['graph']}/v1.0{path}", self.tenant["graph"], body)

    def _send(self, method: str, url: str, resource: str, body: object) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token(resource)['access_token']}"}
        data = None if body is None else json.dumps(body).encode()
        status, _, answer = self.cloud.send(method, url, data, headers)
        return status, json.loads(answer) if answer else None


def code(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


def test_an_administrator_needs_the_secret(cloud: LocalCloud) -> None:
    assert Operator(cloud).token(MANAGEMENT, "wrong")["error_codes"] == [7000215]


def test_a_request_without_a_token_or_with_one_for_another_api_is_refused(cloud: LocalCloud) -> None:
    token = Operator(cloud).token(MANAGEMENT)["access_token"]
    graph = cloud.ask("GET", "/tenant")["graph"]

    assert cloud.send("GET", f"{SUBSCRIPTION_SCOPE}?api-version=1")[0] == 401
    assert cloud.send("GET", f"{graph}/v1.0/users", headers={"Authorization": f"Bearer {token}"})[0] == 401


def test_a_contributor_makes_resources_and_assigns_no_roles(cloud: LocalCloud) -> None:
    contributor = Operator(cloud, "contributor")
    assignment = f"{MAPS_ID}/providers/Microsoft.Authorization/roleAssignments/11111111-0000-4000-8000-000000000001"

    assert contributor.arm("PUT", f"{SUBSCRIPTION_SCOPE}/resourceGroups/new", {"location": "westeurope"})[0] == 201
    assert code(contributor.arm("PUT", assignment, {"properties": {}})) == (403, "AuthorizationFailed")


def test_a_reader_reads_and_an_app_developer_gives_no_consent(cloud: LocalCloud) -> None:
    reader, developer = Operator(cloud, "reader"), Operator(cloud, "app-developer")

    assert reader.arm("GET", GROUP)[0] == 200
    assert code(reader.arm("DELETE", GROUP)) == (403, "AuthorizationFailed")
    assert code(reader.graph("POST", "/applications", {})) == (403, "Authorization_RequestDenied")
    assert developer.graph("POST", "/applications", {"displayName": "x"})[0] == 201
    assert code(developer.graph("POST", "/oauth2PermissionGrants", {})) == (403, "Authorization_RequestDenied")


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", f"{SUBSCRIPTION_SCOPE}/resourceGroups/none", None, (404, "ResourceGroupNotFound")),
        ("GET", f"{GROUP}/providers/Microsoft.Maps/accounts/none", None, (404, "ResourceNotFound")),
        ("PUT", f"{GROUP}/providers/Microsoft.Maps/accounts/x", {"location": "w", "sku": {"name": "S1"}},
         (400, "BadRequest")),
        ("PUT", f"{GROUP}/providers/Microsoft.Storage/storageAccounts/geofences", {"location": "w"},
         (409, "StorageAccountAlreadyTaken")),
        ("PUT", f"{MAPS_ID}/providers/Microsoft.Authorization/roleAssignments/1",
         {"properties": {"roleDefinitionId": f"/x/{BLOB_READER}", "principalId": "nobody"}},
         (400, "PrincipalNotFound")),
        ("GET", "/subscriptions/other/what", None, (404, "InvalidResourceType")),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_as_azure_refuses_it(
    cloud: LocalCloud, method: str, path: str, body: object, expected: tuple[int, str]
) -> None:
    assert code(Operator(cloud).arm(method, path, body)) == expected


def test_a_resource_of_a_provider_that_is_not_registered_is_refused(cloud: LocalCloud) -> None:
    cloud.ask("POST", "/tenant", {"empty": True})
    owner = Operator(cloud)
    owner.arm("PUT", f"{SUBSCRIPTION_SCOPE}/resourceGroups/g", {"location": "w"})
    path = f"{SUBSCRIPTION_SCOPE}/resourceGroups/g/providers/Microsoft.Maps/accounts/m"
    account = {"location": "w", "sku": {"name": "G2"}, "kind": "Gen2"}

    assert code(owner.arm("PUT", path, account)) == (409, "MissingSubscriptionRegistration")
    owner.arm("POST", f"{SUBSCRIPTION_SCOPE}/providers/Microsoft.Maps/register")
    assert owner.arm("PUT", path, account)[0] == 201


def test_a_second_service_principal_of_an_app_is_refused(cloud: LocalCloud) -> None:
    owner = Operator(cloud)

    answer = owner.graph("POST", "/servicePrincipals", {"appId": cloud.client_id})

    assert code(answer) == (409, "Request_MultipleObjectsWithSameKeyValue")


def test_a_reset_restores_the_tenant(cloud: LocalCloud) -> None:
    before = cloud.ask("GET", "/tenant")["state"]
    Operator(cloud).arm("DELETE", GROUP)
    assert cloud.ask("GET", "/tenant")["state"] != before

    cloud.reset()

    assert cloud.ask("GET", "/tenant")["state"] == before


# -- blobs -----------------------------------------------------------------------------------------------------------


class Storage:
    """A container in the sample tenant, in which aino may write and ben may read."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud, owner = cloud, Operator(cloud)
        owner.arm("PUT", ACCOUNT, {"location": "westeurope", "sku": {"name": "Standard_LRS"}})
        owner.arm("PUT", CONTAINER, {})
        people = {
            each["userPrincipalName"].split("@")[0]: each["id"] for each in owner.graph("GET", "/users")[1]["value"]
        }
        for number, (key, role) in enumerate((("aino", BLOB_CONTRIBUTOR), ("ben", BLOB_READER))):
            path = f"{CONTAINER}/providers/Microsoft.Authorization/roleAssignments/{number}"
            body = {"roleDefinitionId": f"/x/{role}", "principalId": people[key], "principalType": "User"}
            assert owner.arm("PUT", path, {"properties": body})[0] == 201
        self._tokens: dict[str, str] = {}

    def ask(
        self, person: str, method: str, path: str, fields: Mapping[str, str] = MappingProxyType({}), body: bytes = b""
    ) -> tuple[int, str, dict[str, str], bytes]:
        """Send a request; returns status, error code, headers and body."""
        if person not in self._tokens:
            self._tokens[person] = self.cloud.sign_in(person, STORAGE)["access_token"]
        headers = {"x-ms-version": "2021-12-02", "Authorization": f"Bearer {self._tokens[person]}"}
        headers |= fields
        status, answered, content = self.cloud.send(method, f"/fencestore/fences{path}", body or None, headers)
        return status, answered.get("x-ms-error-code", ""), answered, content

    def put(self, person: str, name: str, **fields: str) -> tuple[int, str]:
        """Write a blob; field names have _ for -."""
        headers = {"x-ms-blob-type": "BlockBlob"} | {name.replace("_", "-"): value for name, value in fields.items()}
        return self.ask(person, "PUT", f"/{name}", headers, b"{}")[:2]


LIST = "?restype=container&comp=list"


def test_who_may_write_writes_and_who_may_read_reads(cloud: LocalCloud) -> None:
    storage = Storage(cloud)

    assert storage.put("aino", "a.json") == (201, "")
    assert storage.put("ben", "b.json") == (403, "AuthorizationPermissionMismatch")
    assert storage.ask("ben", "GET", "/a.json")[3] == b"{}"
    assert storage.ask("ben", "DELETE", "/a.json")[:2] == (403, "AuthorizationPermissionMismatch")
    assert storage.ask("carla", "GET", LIST)[:2] == (403, "AuthorizationPermissionMismatch")
    assert storage.ask("aino", "DELETE", "/a.json")[0] == 202
    assert storage.ask("aino", "GET", "/a.json")[:2] == (404, "BlobNotFound")


def test_etags_keep_two_writers_apart(cloud: LocalCloud) -> None:
    storage = Storage(cloud)
    storage.put("aino", "a.json", if_none_match="*")
    etag = storage.ask("aino", "GET", "/a.json")[2]["etag"]

    assert storage.put("aino", "a.json", if_none_match="*") == (409, "BlobAlreadyExists")
    assert storage.ask("aino", "GET", "/a.json", {"if-none-match": etag})[0] == 304
    assert storage.put("aino", "a.json", if_match='"other"') == (412, "ConditionNotMet")
    assert storage.put("aino", "a.json", if_match=etag) == (201, "")


def test_a_list_comes_in_pages_with_etags_without_quotes(cloud: LocalCloud) -> None:
    storage = Storage(cloud)
    for name in ("a.json", "b.json", "x/c.json"):
        storage.put("aino", name)

    first = storage.ask("ben", "GET", f"{LIST}&maxresults=2")[3].decode()
    second = storage.ask("ben", "GET", f"{LIST}&marker=b.json")[3].decode()
    folder = storage.ask("ben", "GET", f"{LIST}&prefix=x/")[3].decode()

    assert "<NextMarker>b.json</NextMarker>" in first
    assert [first.count("<Name>"), second.count("<Name>"), folder.count("<Name>")] == [2, 1, 1]
    assert '<Etag>"' not in first


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"x-ms-version": "2015-02-21"}, (403, "AuthenticationFailed")),
        ({"Authorization": "Bearer nonsense"}, (401, "InvalidAuthenticationInfo")),
    ],
)
def test_requests_that_azure_refuses_are_refused(
    cloud: LocalCloud, fields: dict[str, str], expected: tuple[int, str]
) -> None:
    assert Storage(cloud).ask("aino", "GET", LIST, fields)[:2] == expected


def test_a_container_that_does_not_exist_is_named(cloud: LocalCloud) -> None:
    storage = Storage(cloud)
    Operator(cloud).arm("DELETE", CONTAINER)

    # Its role assignments went with it.
    assert storage.ask("aino", "GET", LIST)[:2] == (403, "AuthorizationPermissionMismatch")


def test_keys_of_a_maps_account_are_renewed_one_by_one(cloud: LocalCloud) -> None:
    tile = "/map/tile?api-version=2024-04-01&tilesetId=microsoft.base.road&zoom=3&x=4&y=2&tileSize=512"
    primary, secondary = cloud.subscription_keys

    Operator(cloud).arm("POST", f"{MAPS_ID}/regenerateKey", {"keyType": "primary"})

    statuses = [cloud.send("GET", tile, headers={"subscription-key": key})[0] for key in (primary, secondary)]
    assert statuses == [401, 200]
    assert cloud.subscription_keys[0] != primary
