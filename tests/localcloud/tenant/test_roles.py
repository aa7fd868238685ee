"""Who may do what in the tenant: roles, groups, scopes, Conditional Access."""

from __future__ import annotations

import pytest

from tvapp.localcloud.people import CLIENT_ID, MAPS_CLIENT_ID, OTHER_MAPS_CLIENT_ID, PEOPLE
from tvapp.localcloud.tenant.access import (
    is_consented,
    maps_role,
    may_read_metrics,
    may_use_blobs,
    may_use_maps,
    sign_in_problem,
)
from tvapp.localcloud.tenant.apis import MAPS_API
from tvapp.localcloud.tenant.model import EVERY_ROLE, SUBSCRIPTION_SCOPE, Keys, Tenant
from tvapp.localcloud.tenant.odata import matches
from tvapp.localcloud.tenant.roles import BLOB_CONTRIBUTOR, BLOB_READER, MONITORING_READER
from tvapp.localcloud.tenant.sample import GROUP_ID, MAPS_ID, OTHER_MAPS_ID, assign, empty_tenant, sample_tenant

AINO, BEN, CARLA = PEOPLE
CONTAINER = f"{GROUP_ID}/providers/Microsoft.Storage/storageAccounts/acct/blobServices/default/containers/fences"
POLICY = {
    "state": "enabled",
    "conditions": {
        "users": {"includeUsers": ["All"]},
        "applications": {"includeApplications": ["All"]},
        "authenticationFlows": {"transferMethods": "deviceCodeFlow"},
    },
    "grantControls": {"builtInControls": ["block"]},
}


@pytest.fixture
def tenant() -> Tenant:
    return sample_tenant(Keys("p", "s"))


def test_the_sample_people_have_the_roles_of_the_demo(tenant: Tenant) -> None:
    actions = ("render/read", "data/read", "data/write", "data/delete")

    rights = {each.key: [may_use_maps(tenant, each, MAPS_CLIENT_ID, action) for action in actions] for each in PEOPLE}

    assert rights == {"aino": [True] * 4, "ben": [True, True, False, False], "carla": [False] * 4}
    assert [maps_role(tenant, each) for each in PEOPLE] == ["Azure Maps Data Contributor", "Azure Maps Data Reader", ""]


def test_a_role_counts_at_its_account_alone(tenant: Tenant) -> None:
    assert not may_use_maps(tenant, AINO, OTHER_MAPS_CLIENT_ID, "render/read")


def test_a_role_counts_below_the_scope_at_which_it_is_assigned(tenant: Tenant) -> None:
    assign(tenant, CARLA.object_id, "User", BLOB_READER, GROUP_ID)

    assert may_use_blobs(tenant, CARLA, CONTAINER, "read")
    assert not may_use_blobs(tenant, CARLA, CONTAINER, "write")
    assert not may_use_blobs(tenant, CARLA, CONTAINER.replace("harbour-maps", "harbour-maps-2"), "read")


def test_members_of_a_group_in_a_group_have_its_roles(tenant: Tenant) -> None:
    tenant.groups |= {"outer": {"id": "outer"}, "inner": {"id": "inner"}}
    tenant.members |= {"outer": ["inner"], "inner": [BEN.object_id, "outer"]}
    assign(tenant, "outer", "Group", BLOB_CONTRIBUTOR, CONTAINER)

    assert may_use_blobs(tenant, BEN, CONTAINER, "delete")
    assert not may_use_blobs(tenant, CARLA, CONTAINER, "delete")


def test_a_custom_role_allows_what_it_names(tenant: Tenant) -> None:
    tenant.role_definitions["r1"] = {
        "properties": {
            "roleName": "Tiles",
            "permissions": [{"dataActions": ["Microsoft.Maps/accounts/services/render/read"]}],
        }
    }
    assign(tenant, CARLA.object_id, "User", "r1", MAPS_ID)

    assert may_use_maps(tenant, CARLA, MAPS_CLIENT_ID, "render/read")
    assert not may_use_maps(tenant, CARLA, MAPS_CLIENT_ID, "data/read")


def test_metrics_take_a_role_of_their_own(tenant: Tenant) -> None:
    assert [may_read_metrics(tenant, each.object_id, MAPS_ID) for each in PEOPLE] == [True, False, False]
    assign(tenant, BEN.object_id, "User", MONITORING_READER, SUBSCRIPTION_SCOPE)
    assert may_read_metrics(tenant, BEN.object_id, OTHER_MAPS_ID)


def test_in_an_empty_tenant_nobody_signs_in() -> None:
    assert sign_in_problem(empty_tenant(), CLIENT_ID, AINO) == 700016


def test_what_is_wrong_with_the_registration_ends_a_sign_in(tenant: Tenant) -> None:
    principal, application = tenant.service_principal(CLIENT_ID), tenant.application(CLIENT_ID)
    assert principal
    assert application
    assert sign_in_problem(tenant, CLIENT_ID, AINO) is None
    principal["accountEnabled"] = False
    assert sign_in_problem(tenant, CLIENT_ID, AINO) == 7000112
    principal["accountEnabled"] = True
    application["isFallbackPublicClient"] = None
    assert sign_in_problem(tenant, CLIENT_ID, AINO) == 7000218


def test_a_required_assignment_admits_members_of_the_assigned_group(tenant: Tenant) -> None:
    principal = tenant.service_principal(CLIENT_ID)
    assert principal
    principal["appRoleAssignmentRequired"] = True
    tenant.members["g"] = [BEN.object_id]
    tenant.app_role_assignments["a"] = {"resourceId": principal["id"], "principalId": "g", "appRoleId": EVERY_ROLE}

    assert [sign_in_problem(tenant, CLIENT_ID, each) for each in (BEN, CARLA)] == [None, 50105]


def test_a_policy_blocks_everybody_but_the_excluded_group(tenant: Tenant) -> None:
    tenant.members["g"] = [BEN.object_id]
    users = {"includeUsers": ["All"], "excludeGroups": ["g"]}
    tenant.policies["p"] = {**POLICY, "conditions": {**POLICY["conditions"], "users": users}}  # type: ignore[dict-item]

    assert [sign_in_problem(tenant, CLIENT_ID, each) for each in (BEN, CARLA)] == [None, 53003]
    tenant.policies["p"]["state"] = "enabledForReportingButNotEnforced"
    assert sign_in_problem(tenant, CLIENT_ID, CARLA) is None


def test_consent_is_for_everybody_or_for_one(tenant: Tenant) -> None:
    grant = next(e for e in tenant.grants.values() if is_consented(tenant, CLIENT_ID, AINO, MAPS_API) and e)
    for each in tenant.grants.values():
        each |= {"consentType": "Principal", "principalId": BEN.object_id}

    assert grant
    assert [is_consented(tenant, CLIENT_ID, each, MAPS_API) for each in (BEN, AINO)] == [True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("displayName eq 'map screens'", True),
        ("startswith(displayName,'Map') and mailNickname eq 'maps'", True),
        ("startswith(displayName,'Map') and mailNickname eq 'other'", False),
        ("names/any(c:c eq 'a')", True),
        ("names/any(c:c eq 'b')", False),
        ("displayName eq 'It''s'", False),
    ],
)
def test_filters(text: str, expected: bool) -> None:
    assert matches({"displayName": "Map screens", "mailNickname": "maps", "names": ["a"]}, text) is expected
