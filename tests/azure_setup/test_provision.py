"""What `provision` does in tenants of every kind, with an `az` in memory."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from scripts.azure_setup import engine
from scripts.azure_setup.az import AzFailed
from scripts.azure_setup.engine import NotDone, Outcome
from scripts.azure_setup.plan import known_from, plan
from scripts.azure_setup.step import shown
from scripts.azure_setup.wanted import MANAGEMENT_API, MAPS_API, STORAGE_API, Wanted
from tests.azure_setup.fake_az import PEOPLE, FakeAz, refused

EVERYTHING = Wanted(
    editors="Editors", viewer=("ada@example.com",), editor=("bob@example.com",), usage=True, assignment_required=True
)
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"


def provision(wanted: Wanted, az: FakeAz) -> Outcome:
    known = known_from(wanted, az.look(("account", "show")), az.look(("cloud", "show")))
    return engine.provision(plan(wanted), az, known, lambda _line: None)


def check(wanted: Wanted, az: FakeAz) -> Outcome:
    known = known_from(wanted, az.look(("account", "show")), az.look(("cloud", "show")))
    return engine.check(plan(wanted), az, known, lambda _line: None)


def test_an_empty_tenant_ends_with_everything_in_place() -> None:
    az = FakeAz()

    outcome = provision(EVERYTHING, az)

    assert outcome.left == []
    assert outcome.done == len(plan(EVERYTHING))
    assert check(EVERYTHING, az).left == []


@pytest.mark.parametrize(
    "wanted",
    [
        replace(Wanted(), auth=auth, store=store, roles=roles, usage=usage, editors=editors)
        for auth, store, roles, usage, editors in itertools.product(
            ("entra", "shared-key"), ("blob", "none"), ("custom", "built-in"), (False, True), ("", "Editors")
        )
    ],
    ids=lambda wanted: wanted.as_options() or "defaults",
)
def test_a_second_run_changes_nothing(wanted: Wanted) -> None:
    az = FakeAz()
    provision(wanted, az)
    az.changes.clear()

    outcome = provision(wanted, az)

    assert az.changes == []
    assert outcome.left == []


def test_each_look_is_answered_by_a_command_that_only_reads() -> None:
    az = FakeAz()
    provision(EVERYTHING, az)

    words = {word for command in az.looks for word in command}

    assert not words & {"create", "update", "add", "delete", "grant", "register", "POST", "PATCH", "renew"}


def test_a_run_that_breaks_off_anywhere_goes_on_where_it_stopped() -> None:
    whole = FakeAz()
    provision(EVERYTHING, whole)
    for count in range(len(whole.changes)):
        az = FakeAz(breaks_after=count)
        with pytest.raises(AzFailed, match="reset"):
            provision(EVERYTHING, az)
        az.breaks_after = None

        outcome = provision(EVERYTHING, az)

        assert outcome.left == [], count
        assert len(az.changes) == len(whole.changes), f"after change {count} something was done twice"


def test_a_look_that_does_not_see_the_change_yet_is_repeated() -> None:
    az = FakeAz(unseen_looks=2)

    outcome = provision(Wanted(), az)

    assert outcome.left == []
    assert az.waits == 2


def test_a_change_without_effect_is_told() -> None:
    az = FakeAz(unseen_looks=1_000)

    with pytest.raises(NotDone, match=r"provider Microsoft\.Maps: the command succeeded, but still"):
        provision(Wanted(), az)


def test_the_app_is_a_public_client_of_this_organisation_without_a_secret() -> None:
    az = FakeAz()
    provision(EVERYTHING, az)

    (app,) = az.apps.values()

    assert (app["isFallbackPublicClient"], app["signInAudience"]) == (True, "AzureADMyOrg")
    assert {each["resourceAppId"] for each in app["requiredResourceAccess"]} == {MAPS_API, STORAGE_API, MANAGEMENT_API}
    assert az.changed("ad app credential") == []
    assert {each["consentType"] for each in az.grants} == {"AllPrincipals"}


def test_roles_have_only_what_a_screen_needs_and_are_assigned_where_it_is_needed() -> None:
    az = FakeAz()
    provision(EVERYTHING, az)
    groups = {each["id"]: each["displayName"] for each in az.people_groups.values()}
    names = {guid: role["roleName"] for guid, role in az.roles.items()}

    actions = {role["roleName"]: role["permissions"][0]["dataActions"] for role in az.roles.values()}
    held = {
        (groups[each["principalId"]], names.get(each["roleDefinitionId"][7:], "built-in"), each["scope"].split("/")[-2])
        for each in az.assignments
    }

    assert actions == {
        "Map screen tiles (map-screens)": ["Microsoft.Maps/accounts/services/render/read"],
        "Map screen geofence reader (map-screens)": [f"{BLOBS}/read"],
        "Map screen geofence editor (map-screens)": [
            f"{BLOBS}/read", f"{BLOBS}/write", f"{BLOBS}/add/action", f"{BLOBS}/delete",
        ],
    }  # fmt: skip
    assert held == {
        ("Map screens", "Map screen tiles (map-screens)", "accounts"),
        ("Editors", "Map screen tiles (map-screens)", "accounts"),
        ("Map screens", "Map screen geofence reader (map-screens)", "containers"),
        ("Editors", "Map screen geofence editor (map-screens)", "containers"),
        ("Map screens", "built-in", "accounts"),
        ("Editors", "built-in", "accounts"),
    }


def test_with_a_shared_key_and_a_store_elsewhere_there_is_no_app_at_all() -> None:
    az = FakeAz()

    provision(Wanted(auth="shared-key", store="none"), az)

    assert az.apps == {}
    assert az.maps["map-screens"]["properties"]["disableLocalAuth"] is False


def test_with_a_shared_key_and_blobs_the_app_asks_for_storage_alone() -> None:
    az = FakeAz()

    provision(Wanted(auth="shared-key"), az)

    (app,) = az.apps.values()
    assert [each["resourceAppId"] for each in app["requiredResourceAccess"]] == [STORAGE_API]
    assert [role["roleName"] for role in az.roles.values()] == ["Map screen geofence reader (map-screens)"]


def test_groups_are_assigned_to_the_app_before_the_assignment_is_required() -> None:
    az = FakeAz()
    provision(EVERYTHING, az)
    words = [shown(each) for each in az.changes]

    required = next(i for i, text in enumerate(words) if "appRoleAssignmentRequired=true" in text)

    assert all(i < required for i, text in enumerate(words) if "appRoleAssignedTo" in text)


def test_where_an_assignment_is_required_already_the_group_is_assigned() -> None:
    az = FakeAz()
    provision(Wanted(), az)
    (app,) = az.apps
    az.principals[app]["appRoleAssignmentRequired"] = True

    provision(Wanted(), az)

    assert [each["principalId"] for each in az.assigned] == list(az.people_groups)


def test_consent_keeps_the_scopes_that_were_there() -> None:
    az = FakeAz()
    provision(Wanted(), az)
    az.grants[0]["scope"] = "Other.Read"

    provision(Wanted(), az)

    assert sorted(each["scope"] for each in az.grants) == ["Other.Read user_impersonation", "user_impersonation"]


def test_a_consent_for_one_person_is_none_for_everybody() -> None:
    az = FakeAz()
    provision(Wanted(), az)
    az.grants[0]["consentType"] = "Principal"

    assert [each.step.key for each in check(Wanted(), az).left] == [f"consent.{MAPS_API}"]


def test_missing_rights_in_azure_leave_what_hangs_on_them_and_do_the_rest() -> None:
    az = FakeAz(fails={"role ": refused})

    outcome = provision(EVERYTHING, az)

    assert outcome.needs_rights
    assert not az.assignments
    assert az.apps
    assert az.grants
    assert {step.key.split(".")[0] for step, _ in outcome.unseen} == {"role", "assignment"}


def test_whoever_may_not_assign_roles_is_told_whom_to_ask_and_what_to_run() -> None:
    az = FakeAz(fails={"role assignment create": refused})

    outcome = provision(Wanted(), az)

    assert [each.step.key for each in outcome.left] == ["assignment.tiles.viewers", "assignment.reader.viewers"]
    for left in outcome.left:
        assert "User Access Administrator" in left.who
        assert left.refusal == "Microsoft.Authorization/x/write"
        assert left.verdict.mend[0][:3] == ("role", "assignment", "create")


def test_somebody_else_with_the_rights_finishes_the_work() -> None:
    az = FakeAz(fails={"ad app permission grant": refused, "role assignment create": refused})
    provision(EVERYTHING, az)
    az.fails.clear()

    outcome = provision(EVERYTHING, az)

    assert outcome.left == []


def test_without_the_right_to_register_apps_everything_about_the_app_waits() -> None:
    az = FakeAz(fails={"rest --method POST": refused})

    outcome = provision(Wanted(), az)

    keys = [each.step.key for each in outcome.left]
    assert keys[0] == "app"
    assert "principal" in keys
    assert not any(each.who for each in outcome.left[1:]), "only the first of them was refused"
    assert az.assignments, "what does not hang on the app was done"


def test_policies_that_nobody_may_read_are_no_gap() -> None:
    az = FakeAz(fails={"rest --method GET --url https://graph.example/v1.0/identity": refused})

    outcome = provision(Wanted(), az)

    assert outcome.left == []
    assert [step.key for step, _ in outcome.unseen] == ["policies.viewers"]
    assert not outcome.needs_rights


def test_an_app_of_the_same_name_that_somebody_else_made_is_not_touched() -> None:
    az = FakeAz()
    other = az.add_app({"displayName": "Map screens", "tags": []})

    with pytest.raises(NotDone, match=rf"{other['appId']}.*--app-id"):
        provision(Wanted(), az)

    assert az.apps == {other["appId"]: other}


def test_an_app_whose_name_begins_alike_is_another_one() -> None:
    az = FakeAz()
    az.add_app({"displayName": "Map screens (old)"})

    provision(Wanted(), az)

    assert [each["displayName"] for each in az.apps.values()] == ["Map screens (old)", "Map screens"]


def test_an_app_that_is_named_by_its_id_is_set_right() -> None:
    az = FakeAz()
    app = az.add_app({"displayName": "Ours", "signInAudience": "AzureADMultipleOrgs", "isFallbackPublicClient": None})

    provision(Wanted(app_id=app["appId"]), az)

    assert (app["signInAudience"], app["isFallbackPublicClient"]) == ("AzureADMyOrg", True)


def test_an_app_id_that_does_not_exist_stops() -> None:
    with pytest.raises(NotDone, match="there is no app registration"):
        provision(Wanted(app_id="44444444-0000-4000-8000-000000000004"), FakeAz())


@pytest.mark.parametrize(("is_security_group", "reason"), [(True, "several groups"), (False, "no security group")])
def test_a_group_that_cannot_be_used_stops(is_security_group: bool, reason: str) -> None:
    az = FakeAz()
    for _ in range(2 if is_security_group else 1):
        az.add_group("Map screens", security_enabled=is_security_group)

    with pytest.raises(NotDone, match=reason):
        provision(Wanted(), az)


def test_a_group_of_the_organisation_is_used_by_name_or_id() -> None:
    for by_id in (False, True):
        az = FakeAz()
        group = az.add_group("Control room")

        provision(Wanted(viewers=group if by_id else "Control room"), az)

        assert list(az.people_groups) == [group]
        assert {each["principalId"] for each in az.assignments} == {group}


def test_an_account_that_does_not_exist_is_left_to_a_person() -> None:
    az = FakeAz()

    outcome = provision(Wanted(viewer=("nobody@example.com", "ada@example.com")), az)

    assert [each.verdict.gap for each in outcome.left] == ["there is no account nobody@example.com"]
    assert list(az.members.values()) == [[PEOPLE["ada@example.com"]]]


def test_settings_of_a_resource_that_was_there_before_change_only_when_asked() -> None:
    az = FakeAz()
    az.maps["map-screens"] = {
        "name": "map-screens", "sku": {"name": "G2"}, "properties": {"uniqueId": "u", "disableLocalAuth": False},
    }  # fmt: skip

    (left,) = provision(Wanted(), az).left
    assert "--adopt" in left.verdict.by_hand
    assert az.changed("maps account update") == []

    assert provision(Wanted(adopt=True), az).left == []
    assert az.maps["map-screens"]["properties"]["disableLocalAuth"] is True


def test_a_retired_maps_account_is_not_used() -> None:
    az = FakeAz()
    az.maps["map-screens"] = {"name": "map-screens", "sku": {"name": "S1"}, "properties": {"uniqueId": "u"}}

    (left,) = provision(Wanted(), az).left

    assert left.verdict.by_hand == "create a Gen2 account under another name: --maps NAME"


def test_a_storage_firewall_is_a_note() -> None:
    az = FakeAz()
    provision(Wanted(), az)
    (account,) = az.storage.values()
    account["networkRuleSet"] = {"defaultAction": "Deny"}
    said: list[str] = []
    known = known_from(Wanted(), az.look(("account", "show")), az.look(("cloud", "show")))

    outcome = engine.check(plan(Wanted()), az, known, said.append)

    assert outcome.left == []
    assert any("firewall" in line for line in said)


def test_the_name_of_the_storage_account_is_the_same_in_each_run_and_another_elsewhere() -> None:
    names = {Wanted(group=group).storage_name(subscription) for group in "ab" for subscription in "12"}

    assert len(names) == 4
    assert all(len(name) <= 24 and name.isalnum() and name.islower() for name in names)
    assert Wanted(group="A").storage_name("x") == Wanted(group="a").storage_name("X")
