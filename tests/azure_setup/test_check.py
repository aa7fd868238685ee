"""What `check` finds: each gap by itself, with the command that closes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scripts.azure_setup.step import PLACEHOLDER
from scripts.azure_setup.wanted import MAPS_API, STORAGE_API, Wanted
from tests.azure_setup.fake_az import FakeAz
from tests.azure_setup.test_provision import EVERYTHING, check, provision

Plant = Callable[[FakeAz], object]


def app(az: FakeAz) -> dict[str, object]:
    (found,) = az.apps.values()
    return found


def group(az: FakeAz) -> str:
    return next(str(each["id"]) for each in az.people_groups.values() if each["displayName"] == "Map screens")


def policy(**more: object) -> dict[str, object]:
    return {
        "id": "policy-1",
        "displayName": "Block device code flow",
        "state": "enabled",
        "conditions": {
            "users": {"includeUsers": ["All"], "excludeGroups": ["other"]},
            "applications": {"includeApplications": ["All"]},
            "authenticationFlows": {"transferMethods": "deviceCodeFlow,authenticationTransfer"},
        },
        "grantControls": {"builtInControls": ["block"]},
        **more,
    }


GAPS: dict[str, Plant] = {
    "provider.Microsoft.Maps": lambda az: az.providers.discard("Microsoft.Maps"),
    "maps": lambda az: az.maps["map-screens"]["properties"].update(disableLocalAuth=False),
    "storage": lambda az: next(iter(az.storage.values())).update(allowSharedKeyAccess=True, minimumTlsVersion="TLS1_0"),
    "container": lambda az: az.containers.clear(),
    f"consent.{MAPS_API}": lambda az: az.grants.pop(0),
    "app.public": lambda az: app(az).update(isFallbackPublicClient=None),
    "app.audience": lambda az: app(az).update(signInAudience="AzureADMultipleOrgs"),
    f"permission.{STORAGE_API}": lambda az: app(az).update(
        requiredResourceAccess=[
            each
            for each in app(az)["requiredResourceAccess"]  # type: ignore[attr-defined]
            if each["resourceAppId"] != STORAGE_API
        ]
    ),
    "principal.enabled": lambda az: az.principals[str(app(az)["appId"])].update(accountEnabled=False),
    "member.viewers.ada@example.com": lambda az: az.members[group(az)].clear(),
    "role.tiles": lambda az: next(iter(az.roles.values()))["permissions"][0]["dataActions"].append("Microsoft.Maps/*"),
    "assignment.monitoring.viewers": lambda az: az.assignments.pop(4),
    "assigned.viewers": lambda az: az.assigned.pop(0),
    "assignment-required": lambda az: az.principals[str(app(az)["appId"])].update(appRoleAssignmentRequired=False),
}


@pytest.mark.parametrize("key", GAPS)
def test_each_gap_is_named_alone_and_its_command_closes_it(key: str) -> None:
    az = FakeAz()
    provision(EVERYTHING, az)
    GAPS[key](az)

    (left,) = check(EVERYTHING, az).left

    assert left.step.key == key
    for command in left.verdict.mend:
        assert not any(PLACEHOLDER.search(word) for word in command)
        az.change(command)
    assert check(EVERYTHING, az).left == []


def test_check_changes_nothing() -> None:
    az = FakeAz()

    check(EVERYTHING, az)

    assert az.changes == []


def test_in_an_empty_tenant_everything_is_named_with_placeholders_for_what_is_not_there() -> None:
    left = check(Wanted(), FakeAz()).left

    keys = [each.step.key for each in left]
    assert {"group", "maps", "storage", "container", "app", "principal", "group.viewers", "role.tiles"} <= set(keys)
    (assignment,) = [each for each in left if each.step.key == "assignment.tiles.viewers"]
    assert "<GROUP-VIEWERS>" in assignment.verdict.mend[0]


def test_a_secret_of_the_app_is_told_and_left_to_a_person() -> None:
    az = FakeAz()
    provision(Wanted(), az)
    app(az)["passwordCredentials"] = [{"keyId": "k1"}]

    (left,) = provision(Wanted(), az).left

    assert left.verdict.mend[0][:4] == ("ad", "app", "credential", "delete")
    assert left.verdict.by_hand


@pytest.mark.parametrize("state", ["enabled", "enabledForReportingButNotEnforced"])
def test_a_policy_that_blocks_the_device_code_flow_is_told_with_the_exclusion(state: str) -> None:
    az = FakeAz(policies=[policy(state=state)])
    outcome = provision(Wanted(), az)

    (left,) = outcome.left
    assert "Block device code flow" in left.verdict.gap
    assert left.verdict.by_hand
    assert az.policies == [policy(state=state)], "nobody changes a policy unasked"

    az.change(left.verdict.mend[0])
    assert az.policies[0]["conditions"]["users"]["excludeGroups"] == ["other", group(az)]
    assert check(Wanted(), az).left == []


@pytest.mark.parametrize(
    "harmless",
    [
        policy(state="disabled"),
        policy(grantControls={"builtInControls": ["mfa"]}),
        policy(grantControls=None),
        policy(conditions={"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}}),
        policy(
            conditions={
                "users": {"includeGroups": ["another group"]},
                "applications": {"includeApplications": ["All"]},
                "authenticationFlows": {"transferMethods": "deviceCodeFlow"},
            }
        ),
        policy(
            conditions={
                "users": {"includeUsers": ["All"]},
                "applications": {"includeApplications": ["another app"]},
                "authenticationFlows": {"transferMethods": "deviceCodeFlow"},
            }
        ),
    ],
)
def test_other_policies_are_no_gap(harmless: dict[str, object]) -> None:
    assert provision(Wanted(), FakeAz(policies=[harmless])).left == []


def test_a_role_that_is_inherited_counts() -> None:
    az = FakeAz()
    provision(Wanted(roles="built-in"), az)
    for each in az.assignments:
        each["scope"] = each["scope"].partition("/providers/")[0]

    assert check(Wanted(roles="built-in"), az).left == []


def test_a_public_container_is_a_gap() -> None:
    az = FakeAz()
    provision(Wanted(), az)
    az.containers["geofences"]["publicAccess"] = "Blob"

    assert [each.step.key for each in check(Wanted(), az).left] == ["container"]
