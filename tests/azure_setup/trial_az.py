"""Provisioning with the real `az` against the local cloud, and what people may then do on the screen.

`./scripts/azure/try` runs this: it takes minutes, so that it is no part of the ordinary suite. The tests go from an
empty tenant to an empty tenant, each from where the one before has led.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.azure_setup.real_az import Admin
from tests.cloud import LocalCloud
from tests.e2e.editing import AT_SEA, draw_circle
from tests.e2e.rig import running
from tvapp.config.load import load

USERS = ("ben@contosoharbour.onmicrosoft.com", "aino@contosoharbour.onmicrosoft.com")
OPTIONS = (
    "--editors", "Map editors", "--viewer", USERS[0], "--editor", USERS[1], "--usage", "--assignment-required",
)  # fmt: skip
TILE = "/map/tile?api-version=2024-04-01&tilesetId=microsoft.base.road&zoom=3&x=4&y=2&tileSize=512"
STORAGE = "https://storage.azure.com/user_impersonation"
MANAGEMENT = "https://management.azure.com/user_impersonation"
REFUSAL = json.dumps({"error": {"code": "Conflict", "message": "A fault of the local cloud."}})

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Admin]:
    """An owner of everything in an empty tenant."""
    cloud = LocalCloud()
    cloud.settings(user_consent=False)
    cloud.ask("POST", "/tenant", {"empty": True})
    owner = Admin(cloud, tmp_path_factory.mktemp("admin"))
    yield owner
    owner.stop()
    cloud.stop()


class Person:
    """Somebody who signs in at a screen that has the written configuration; speaks the protocols by hand."""

    def __init__(self, admin: Admin, key: str) -> None:
        self.cloud, self.key = admin.cloud, key
        self.config = load(admin.config, {})
        self.cloud.client_id = self.config.identity.client_id

    def headers(self, scope: str) -> dict[str, str]:
        """Return the header fields of requests to an API."""
        token = self.cloud.sign_in(self.key, scope)["access_token"]
        return {"Authorization": f"Bearer {token}", "x-ms-version": "2021-12-02"}

    def sees_tiles(self) -> int:
        """Ask for a tile; returns the status."""
        scope = "https://atlas.microsoft.com/user_impersonation"
        fields = {**self.headers(scope), "x-ms-client-id": self.config.maps.client_id}
        return self.cloud.send("GET", TILE, headers=fields)[0]

    def reads(self) -> int:
        """List the geofences; returns the status."""
        url = f"{self.config.geofences.container_url}?restype=container&comp=list"
        return self.cloud.send("GET", url, headers=self.headers(STORAGE))[0]

    def writes(self) -> int:
        """Write a geofence; returns the status."""
        fields = {**self.headers(STORAGE), "x-ms-blob-type": "BlockBlob"}
        return self.cloud.send("PUT", f"{self.config.geofences.container_url}/{self.key}.geojson", b"{}", fields)[0]

    def reads_metrics(self) -> int:
        """Ask Azure Monitor for the usage of the account; returns the status."""
        now = datetime.datetime.now(datetime.UTC)
        span = "/".join(f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (now - datetime.timedelta(hours=1), now))
        query = f"api-version=2024-02-01&metricnames=Usage&timespan={span}&interval=PT1H"
        url = f"{self.config.maps.resource_id}/providers/Microsoft.Insights/metrics?{query}"
        return self.cloud.send("GET", url, headers=self.headers(MANAGEMENT))[0]

    def refusal(self) -> int:
        """Sign in; returns the AADSTS number of the refusal."""
        number: int = self.cloud.sign_in(self.key)["error_codes"][0]
        return number


# -- rights that are missing -----------------------------------------------------------------------------------------


def test_nobody_signed_in_is_told(admin: Admin) -> None:
    done = admin.script("check")

    assert done.status == 3
    assert "az login" in done.said


def test_a_reader_is_told_whom_to_ask_for_each_thing_and_changes_nothing(admin: Admin) -> None:
    admin.sign_in("reader")

    done = admin.script("provision", *OPTIONS)

    assert done.status == 4
    assert "You may not do this (Microsoft.Maps/register/action)" in done.said
    assert "Ask somebody with the role Contributor or Owner in the subscription." in done.said
    assert "Insufficient privileges" in done.said
    assert "Ask somebody with the directory role Application Developer" in done.said
    assert not admin.state["resource_groups"]
    assert not admin.config.exists()


# -- a run that breaks off, and is run again ------------------------------------------------------------------------


def test_a_contributor_makes_the_resources_and_an_app_developer_the_app_without_consent(admin: Admin) -> None:
    admin.sign_in("contributor")
    first = admin.script("provision", *OPTIONS)
    assert first.status == 4
    assert {each["type"].rpartition("/")[2] for each in admin.state["resources"].values()} == {
        "accounts", "storageAccounts", "containers",
    }  # fmt: skip
    assert "Microsoft.Authorization/roleDefinitions/write" in first.said
    assert not admin.state["applications"]

    admin.sign_in("app-developer")
    second = admin.script("provision", *OPTIONS)
    assert second.status == 4
    assert "consent for everybody to Azure Maps: nobody has consented" in second.said
    assert "Ask somebody with the directory role Cloud Application Administrator" in second.said
    assert not admin.state["grants"]
    assert admin.config.exists(), "all ids are known"


def test_faults_half_way_stop_the_run_and_the_next_one_goes_on(admin: Admin) -> None:
    admin.sign_in("owner")
    # Somebody takes things away, so that there is work left from the beginning to the end.
    for table, path in (
        ("grants", "/oauth2PermissionGrants/"),
        ("groups", "/groups/"),
        ("applications", "/applications/"),
    ):
        for key in admin.state[table]:
            admin.graph("DELETE", path + key)
    (group,) = admin.state["resource_groups"]
    admin.arm("DELETE", group)
    for role in admin.state["role_definitions"].values():
        admin.arm("DELETE", role["id"])
    faults = {
        "arm": ["*/accounts/map-screens", "*/containers/geofences", "*/roleAssignments/*"],
        "graph": ["/v1.0/applications", "/v1.0/oauth2PermissionGrants"],
    }
    for endpoint, paths in faults.items():
        for path in paths:
            method = "PUT" if endpoint == "arm" else "POST"
            admin.cloud.fault(endpoint, status=409, body=REFUSAL, content_type="application/json", method=method,
                              path=path, times=1)  # fmt: skip
    runs = 0
    while (done := admin.script("provision", *OPTIONS)).status == 1 and runs < 12:
        assert "Run the same command again" in done.said, done.said
        runs += 1

    assert done.status == 0, done.said
    assert runs == sum(map(len, faults.values()))


def test_a_second_run_changes_nothing(admin: Admin) -> None:
    before = admin.state
    written = admin.config.read_text()
    admin.cloud.forget_requests()

    done = admin.script("provision", *OPTIONS)

    assert done.status == 0, done.said
    assert "0 changes, 40 of 40 things in place." in done.said
    assert admin.changes() == []
    assert admin.state == before
    assert admin.config.read_text() == written


# -- the people -----------------------------------------------------------------------------------------------------


def test_each_person_has_exactly_the_rights_that_were_provisioned(admin: Admin) -> None:
    viewer, editor, other = (Person(admin, key) for key in ("ben", "aino", "carla"))

    assert (viewer.sees_tiles(), viewer.reads(), viewer.writes(), viewer.reads_metrics()) == (200, 200, 403, 200)
    assert (editor.sees_tiles(), editor.reads(), editor.writes(), editor.reads_metrics()) == (200, 200, 201, 200)
    assert other.refusal() == 50105


def test_somebody_outside_the_groups_sees_nothing_even_when_the_app_lets_them_in(admin: Admin) -> None:
    principal = next(e["id"] for e in admin.state["service_principals"].values() if e["displayName"] == "Map screens")
    admin.graph("PATCH", f"/servicePrincipals/{principal}", {"appRoleAssignmentRequired": False})
    other = Person(admin, "carla")

    statuses = (other.sees_tiles(), other.reads(), other.writes(), other.reads_metrics())

    admin.graph("PATCH", f"/servicePrincipals/{principal}", {"appRoleAssignmentRequired": True})
    assert statuses == (403, 403, 403, 403)


def test_az_prints_the_usage_as_the_readme_says(admin: Admin) -> None:
    where = ("--resource-group", "map-screens", "--name", "map-screens")
    account = admin.must("maps", "account", "show", *where, "--query", "id", "--output", "tsv").strip()

    said = admin.must(
        "monitor", "metrics", "list", "--resource", account, "--metrics", "Usage", "--aggregation", "Count",
        "--interval", "1h", "--offset", "7d", "--filter", "ApiName eq '*'",
    )  # fmt: skip

    assert "MapTile.GetBaseTile" in said


def test_the_real_app_with_the_written_configuration_reads_and_writes_as_the_editor(
    admin: Admin, tmp_path: Path
) -> None:
    environ = {
        "TVAPP_CONFIG": str(admin.config),
        "TVAPP_IDENTITY_CA_BUNDLE": admin.cloud.ca_bundle,
        "TVAPP_VIEW_HOME": AT_SEA,
        "PATH": admin.environ["PATH"],
        "HOME": str(tmp_path),
        "SDL_VIDEODRIVER": "dummy",
    }
    with running(environ, tmp_path) as tv:
        tv.sign_in(admin.cloud, "aino")
        tv.wait_for("geofences.loaded")
        tv.settled()
        name = str(draw_circle(tv)["id"])
        tv.wait_for("geofence.uploaded")
        assert tv.end() == 0
    (blobs,) = admin.state["blobs"].values()
    assert f"{name}.geojson" in blobs


# -- gaps -----------------------------------------------------------------------------------------------------------


def test_check_finds_each_planted_gap_and_its_printed_commands_close_all(admin: Admin) -> None:
    state = admin.state
    app = next(each for each in state["applications"].values() if each["displayName"] == "Map screens")
    principal = next(e for e in state["service_principals"].values() if e["appId"] == app["appId"])
    groups = {each["displayName"]: each["id"] for each in state["groups"].values()}
    resources = {each["type"].rpartition("/")[2]: key for key, each in state["resources"].items()}
    scopes = app["requiredResourceAccess"]
    admin.graph("PATCH", f"/applications/{app['id']}", {
        "isFallbackPublicClient": False, "signInAudience": "AzureADMultipleOrgs", "requiredResourceAccess": scopes[:2],
    })  # fmt: skip
    admin.graph("PATCH", f"/servicePrincipals/{principal['id']}", {
        "accountEnabled": False, "appRoleAssignmentRequired": False,
    })  # fmt: skip
    admin.graph("DELETE", f"/oauth2PermissionGrants/{next(iter(state['grants']))}")
    admin.graph("DELETE", f"/groups/{groups['Map screens']}/members/b2000000-0000-4000-8000-000000000002/$ref")
    admin.arm("PATCH", resources["accounts"], {"properties": {"disableLocalAuth": False}})
    admin.arm("PATCH", resources["storageAccounts"], {
        "properties": {"allowSharedKeyAccess": True, "minimumTlsVersion": "TLS1_0"},
    })  # fmt: skip
    tiles = next(e for e in state["role_definitions"].values() if "tiles" in e["properties"]["roleName"])
    wide = {**tiles["properties"], "permissions": [{"dataActions": ["Microsoft.Maps/accounts/*/read"]}]}
    admin.arm("PUT", tiles["id"], {"properties": wide})
    mine = [e for e in state["role_assignments"].values() if e["properties"]["principalId"] == groups["Map editors"]]
    for each in mine:
        admin.arm("DELETE", each["id"])
    policy = admin.graph("POST", "/identity/conditionalAccess/policies", {
        "displayName": "Block device code flow", "state": "enabled",
        "conditions": {
            "users": {"includeUsers": ["All"]},
            "applications": {"includeApplications": ["All"]},
            "authenticationFlows": {"transferMethods": "deviceCodeFlow"},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["block"]},
    })  # fmt: skip

    done = admin.script("check", *OPTIONS)

    assert done.status == 1
    for gap in (
        "public client flows are off", "accounts of other organisations are admitted", "does not ask for Azure",
        "the app is disabled", "everybody in the organisation may sign in", "nobody has consented", "not a member yet",
        "keys open the account", "TLS older than 1.2", "something else than a screen needs", "does not have the role",
        "a policy blocks the device code flow",
    ):  # fmt: skip
        assert gap in done.said, gap
    # The exclusion of a second group from the same policy is worked out once the first one is in it.
    for command in done.commands:
        ran = admin.run(command)
        assert ran.status == 0, (command, ran.said)
    again = admin.script("check", *OPTIONS)
    for command in again.commands:
        assert policy["id"] in command
        assert admin.run(command).status == 0
    final = admin.script("check", *OPTIONS)
    assert final.status == 0, final.said


def test_without_the_right_to_read_policies_check_says_so_and_is_content(admin: Admin) -> None:
    body = json.dumps({"error": {"code": "AccessDenied", "message": "required scopes are missing in the token"}})
    admin.cloud.fault("graph", status=403, body=body, content_type="application/json", path="/v1.0/identity/*")

    done = admin.script("check", *OPTIONS)

    admin.cloud.clear("graph")
    assert done.status == 0, done.said
    assert "no Conditional Access policy keeps Map screens from signing in: unknown" in done.said


# -- keys -----------------------------------------------------------------------------------------------------------


def test_keys_rotate_one_at_a_time_and_a_screen_always_has_one_that_opens(admin: Admin, tmp_path: Path) -> None:
    keys = tmp_path / "maps-keys"
    shared = ("--auth", "shared-key", "--store", "none")
    done = admin.script("provision", *shared, "--keys-file", str(keys))
    assert done.status == 0, done.said
    held = keys.read_text().split()
    said = done.said
    for _ in range(3):
        screen = held

        done = admin.script("rotate-keys", *shared, "--keys-file", str(keys), "--distributed")

        said += done.said
        assert done.status == 0, done.said
        held = keys.read_text().split()
        statuses = [admin.cloud.send("GET", TILE, headers={"subscription-key": key})[0] for key in screen]
        assert sorted(statuses) == [200, 401], "of the former two keys one goes on"
        assert [admin.cloud.send("GET", TILE, headers={"subscription-key": key})[0] for key in held] == [200, 200]
    assert admin.script("rotate-keys", *shared, "--keys-file", str(keys)).status == 1, "unasked it renews nothing"
    assert not any(key in said for key in [*held, *screen])
    assert re.search(r"maps-keys", said)


# -- and away -------------------------------------------------------------------------------------------------------


def test_teardown_leaves_what_others_made(admin: Admin) -> None:
    (group,) = (each["id"] for each in admin.state["resource_groups"].values())
    other = f"{group}/providers/Microsoft.Maps/accounts/of-somebody-else"
    admin.arm("PUT", other, {"location": "westeurope", "sku": {"name": "G2"}, "kind": "Gen2"})
    mine = admin.graph("POST", "/applications", {"displayName": "Something else"})
    store = next(key for key, each in admin.state["resources"].items() if each["type"].endswith("storageAccounts"))
    backups = f"{store}/blobServices/default/containers/backups".lower()
    admin.arm("PUT", backups, {})

    done = admin.script("teardown", *OPTIONS, "--yes")

    state = admin.state
    assert done.status == 0, done.said
    assert set(state["resources"]) == {other.lower(), store, backups}
    assert list(state["applications"]) == [mine["id"]]
    assert (state["groups"], state["role_definitions"], state["grants"]) == ({}, {}, {})
    assert "it still holds backups" in done.said
    assert f"it still holds of-somebody-else, {store.rpartition('/')[2]}" in done.said


def test_a_second_teardown_finds_nothing_but_the_resource_group(admin: Admin) -> None:
    for key in sorted(admin.state["resources"], reverse=True):  # what is in an account, then the account
        admin.arm("DELETE", key)

    assert admin.script("teardown", *OPTIONS, "--yes").status == 0

    assert admin.state["resource_groups"] == {}
    assert "nothing here that provision made" in admin.script("teardown", *OPTIONS, "--yes").said


# -- the other way: by hand in the portal -----------------------------------------------------------------------------

MAPS_API, STORAGE_API = "ba1ea022-5807-41d5-bbeb-292c7e1cf5f6", "e406a681-f3d4-42a8-90b6-c2b029497af1"
MAPS_SCOPE, STORAGE_SCOPE = "1c3162b4-de12-4eb3-b521-088e4e2d6915", "03e0da56-190b-40ad-a80c-ea378c433f7f"
RENDER_READER, BLOB_READER = "6be48352-4f82-47c9-ad5e-0acacefdb005", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"


def test_the_portal_steps_of_the_readme_pass_the_check_that_the_readme_names(admin: Admin) -> None:
    admin.cloud.ask("POST", "/tenant", {"empty": True})
    group = f"/subscriptions/{admin.tenant['subscription']}/resourceGroups/RG"
    maps, store = (
        f"{group}/providers/Microsoft.Maps/accounts/MAPS",
        f"{group}/providers/Microsoft.Storage/storageAccounts/acc",
    )
    # What each click does, step by step.
    for name in ("Microsoft.Maps", "Microsoft.Storage"):  # the portal registers the providers of what it creates
        admin.arm("POST", f"/subscriptions/{admin.tenant['subscription']}/providers/{name}/register")
    admin.arm("PUT", group, {"location": "westeurope"})
    admin.arm("PUT", maps, {"location": "westeurope", "sku": {"name": "G2"}, "kind": "Gen2"})  # 1
    admin.arm("PATCH", maps, {"properties": {"disableLocalAuth": True}})
    app = admin.graph("POST", "/applications", {"displayName": "Screens", "signInAudience": "AzureADMyOrg"})  # 2
    principal = admin.graph("POST", "/servicePrincipals", {"appId": app["appId"]})
    admin.graph("PATCH", f"/applications/{app['id']}", {"isFallbackPublicClient": True})
    access = [(MAPS_API, MAPS_SCOPE), (STORAGE_API, STORAGE_SCOPE)]  # 3, 7
    admin.graph("POST", "/servicePrincipals", {"appId": MAPS_API})
    required = [{"resourceAppId": a, "resourceAccess": [{"id": s, "type": "Scope"}]} for a, s in access]
    admin.graph("PATCH", f"/applications/{app['id']}", {"requiredResourceAccess": required})
    for each in admin.state["service_principals"].values():  # 4
        if each["appId"] in (MAPS_API, STORAGE_API):
            admin.graph("POST", "/oauth2PermissionGrants", {
                "clientId": principal["id"], "resourceId": each["id"], "consentType": "AllPrincipals",
                "principalId": None, "scope": "user_impersonation",
            })  # fmt: skip
    people = admin.graph("POST", "/groups", {"displayName": "Wall", "securityEnabled": True})  # 5
    admin.arm("PUT", store, {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "properties": {  # 8
        "minimumTlsVersion": "TLS1_2", "allowSharedKeyAccess": False, "allowBlobPublicAccess": False,
        "supportsHttpsTrafficOnly": True,
    }})  # fmt: skip
    container = f"{store}/blobServices/default/containers/geofences"
    admin.arm("PUT", container, {})
    for number, (scope, role) in enumerate(((maps, RENDER_READER), (container, BLOB_READER))):  # 5, 9
        name = f"{scope}/providers/Microsoft.Authorization/roleAssignments/0000000{number}-0000-4000-8000-000000000000"
        body = {"roleDefinitionId": f"/x/{role}", "principalId": people["id"], "principalType": "Group"}
        admin.arm("PUT", name, {"properties": body})

    done = admin.script(
        "check", "--roles", "built-in", "--group", "RG", "--maps", "MAPS", "--storage", "acc", "--app-id", app["appId"],
        "--viewers", "Wall",
    )  # fmt: skip

    assert done.status == 0, done.said
    removed = admin.script("teardown", "--roles", "built-in", "--group", "RG", "--maps", "MAPS", "--storage", "acc",
                           "--app-id", app["appId"], "--viewers", "Wall", "--yes")  # fmt: skip
    assert "nothing here that provision made" in removed.said
    assert set(admin.state["resources"]) == {maps.lower(), store.lower(), container.lower()}
