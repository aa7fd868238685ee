"""Steps for who may sign in: assignment to the app, and Conditional Access policies that block the device code flow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scripts.azure_setup.app_steps import CONSENTER
from scripts.azure_setup.step import Answer, Command, Known, Step, Verdict
from scripts.azure_setup.wanted import Wanted

EVERY_ROLE = "00000000-0000-0000-0000-000000000000"
"""The role id that stands for an app without roles of its own."""
POLICY_ADMINISTRATOR = (
    "somebody with the directory role Conditional Access Administrator, in the portal: Conditional Access > Policies "
    "(az itself may not read policies, unless it signed in as an app with Policy.Read.All)"
)
FLOW = "deviceCodeFlow"


def access_steps(wanted: Wanted) -> Iterator[Step]:
    """Yield the steps: groups are assigned before the assignment is required, so that nobody is locked out."""
    for key, name in wanted.groups:
        yield _assigned(wanted, key, name)
    if wanted.assignment_required:
        yield _required()
    for key, name in wanted.groups:
        yield _policies(key, name)


def _assigned_url(known: Known) -> str:
    return f"{known['graph']}/v1.0/servicePrincipals/{known['principal']}/appRoleAssignedTo"


def _assigned(wanted: Wanted, key: str, name: str) -> Step:
    def look(known: Known) -> list[Command]:
        return [
            ("ad", "sp", "show", "--id", known["app-id"]),
            ("rest", "--method", "GET", "--url", _assigned_url(known)),
        ]

    def judge(known: Known, answers: Sequence[Answer]) -> Verdict:
        principal, assigned = answers
        is_required = bool((principal or {}).get("appRoleAssignmentRequired"))
        group = known[f"group:{key}"]
        if not is_required and not wanted.assignment_required:
            return Verdict()
        if any(each.get("principalId") == group for each in (assigned or {}).get("value") or []):
            return Verdict()
        body = {"principalId": group, "resourceId": known["principal"], "appRoleId": EVERY_ROLE}
        mend = ("rest", "--method", "POST", "--url", _assigned_url(known), "--body", json.dumps(body))
        return Verdict("the group is not assigned to the app, which will be or is required (AADSTS50105)", (mend,))

    needs = ("app-id", "principal", f"group:{key}")
    return Step(f"assigned.{key}", f"{name} may use the app", CONSENTER, look, judge, needs)


def _required() -> Step:
    def judge(known: Known, answers: Sequence[Answer]) -> Verdict:
        if (answers[0] or {}).get("appRoleAssignmentRequired"):
            return Verdict()
        mend = ("ad", "sp", "update", "--id", known["app-id"], "--set", "appRoleAssignmentRequired=true")
        return Verdict("everybody in the organisation may sign in to the app", (mend,))

    return Step(
        "assignment-required",
        "assignment required",
        CONSENTER,
        lambda known: [("ad", "sp", "show", "--id", known["app-id"])],
        judge,
        ("app-id", "principal"),
    )


def _policies(key: str, name: str) -> Step:
    def look(known: Known) -> list[Command]:
        return [("rest", "--method", "GET", "--url", f"{known['graph']}/v1.0/identity/conditionalAccess/policies")]

    def judge(known: Known, answers: Sequence[Answer]) -> Verdict:
        group, app = known[f"group:{key}"], known["app-id"]
        blocking = [each for each in (answers[0] or {}).get("value") or [] if blocks(each, group, app)]
        if not blocking:
            return Verdict()
        mend = tuple(_exclusion(known, policy, group) for policy in blocking)
        names = ", ".join(f"{each.get('displayName')} ({_STATES.get(str(each.get('state')), '')})" for each in blocking)
        return Verdict(
            f"a policy blocks the device code flow (AADSTS53003): {names}",
            mend,
            by_hand="a change of Conditional Access needs its administrator's agreement: exclude the group, or the "
            "network of the screens; in report-only mode first",
        )

    what = f"no Conditional Access policy keeps {name} from signing in"
    needs = ("app-id", f"group:{key}")
    return Step(f"policies.{key}", what, POLICY_ADMINISTRATOR, look, judge, needs, is_optional=True)


_STATES = {
    "enabled": "in force",
    "enabledForReportingButNotEnforced": "report-only; Microsoft switches its own policy on after 45 days or more",
}


def blocks(policy: Mapping[str, Any], group: str, app: str) -> bool:
    """Tell whether a policy blocks (or, once it leaves report-only mode, will block) a group's device codes."""
    conditions = policy.get("conditions") or {}
    flows = str((conditions.get("authenticationFlows") or {}).get("transferMethods") or "")
    controls = (policy.get("grantControls") or {}).get("builtInControls") or []
    if policy.get("state") not in _STATES or FLOW not in flows or "block" not in controls:
        return False
    users, apps = conditions.get("users") or {}, conditions.get("applications") or {}
    if group in (users.get("excludeGroups") or []) or app in (apps.get("excludeApplications") or []):
        return False
    includes_group = "All" in (users.get("includeUsers") or []) or group in (users.get("includeGroups") or [])
    includes_app = bool({"All", app} & set(apps.get("includeApplications") or []))
    return includes_group and includes_app


def _exclusion(known: Known, policy: Mapping[str, Any], group: str) -> Command:
    conditions = dict(policy["conditions"])
    users = dict(conditions.get("users") or {})
    users["excludeGroups"] = [*(users.get("excludeGroups") or []), group]
    body = json.dumps({"conditions": {**conditions, "users": users}})
    url = f"{known['graph']}/v1.0/identity/conditionalAccess/policies/{policy['id']}"
    return ("rest", "--method", "PATCH", "--url", url, "--body", body)
