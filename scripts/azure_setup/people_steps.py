"""Steps for people: groups and members, custom roles, role assignments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scripts.azure_setup.resource_steps import in_subscription
from scripts.azure_setup.step import Answer, Command, Known, Step, Verdict
from scripts.azure_setup.wanted import GUID, MARK, Wanted

GROUPS_ADMINISTRATOR = "somebody with the directory role Groups Administrator, or an owner of the group"
ACCESS_ADMINISTRATOR = (
    "somebody with the role Owner, User Access Administrator or Role Based Access Control Administrator at the "
    "resource group"
)
MONITORING_READER = "43d0d8ad-25c7-4714-9337-8ba259a9fe05"
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"


@dataclass(frozen=True)
class Role:
    """A role with only what a screen needs, and Microsoft's built-in role that contains it."""

    key: str
    title: str
    data_actions: tuple[str, ...]
    built_in: str
    built_in_name: str
    scope: str
    """The name in `Known` of the id at which it is assigned."""
    who: str
    """"everybody" or the key of a group."""

    def name(self, wanted: Wanted) -> str:
        """Return the name of the custom role, which has to be unique in the tenant."""
        return f"{self.title} ({wanted.group})"


TILES = Role(
    "tiles", "Map screen tiles", ("Microsoft.Maps/accounts/services/render/read",),
    "6be48352-4f82-47c9-ad5e-0acacefdb005", "Azure Maps Search and Render Data Reader", "maps-id", "everybody",
)  # fmt: skip
READER = Role(
    "reader", "Map screen geofence reader", (f"{_BLOBS}/read",),
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Storage Blob Data Reader", "container-id", "viewers",
)  # fmt: skip
EDITOR = Role(
    "editor", "Map screen geofence editor",
    tuple(f"{_BLOBS}/{verb}" for verb in ("read", "write", "add/action", "delete")),
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Storage Blob Data Contributor", "container-id", "editors",
)  # fmt: skip


def roles_of(wanted: Wanted) -> list[Role]:
    """Return the roles that are needed."""
    roles = [TILES] if wanted.auth == "entra" else []
    if wanted.has_blobs:
        roles += [READER, EDITOR] if wanted.editors else [READER]
    return roles


def people_steps(wanted: Wanted) -> Iterator[Step]:
    """Yield the steps in the order in which they build on each other."""
    for key, name in wanted.groups:
        yield _group(key, name)
        for person in wanted.viewer if key == "viewers" else wanted.editor:
            yield _member(key, name, person)
    if not wanted.groups:
        return
    for role in roles_of(wanted):
        if wanted.roles == "custom":
            yield _definition(wanted, role)
    for role in roles_of(wanted):
        for key, name in wanted.groups:
            if role.who in ("everybody", key):
                yield _assignment(wanted, role, key, name)
    if wanted.usage:
        for key, name in wanted.groups:
            yield _monitoring(wanted, key, name)


def _group(key: str, name: str) -> Step:
    def look(_known: Known) -> list[Command]:
        if GUID.fullmatch(name):
            return [("ad", "group", "show", "--group", name)]
        return [("ad", "group", "list", "--display-name", name)]

    def judge(_known: Known, answers: Sequence[Answer]) -> Verdict:
        found = answers[0] or []
        named = [found] if isinstance(found, dict) else [each for each in found if each.get("displayName") == name]
        if len(named) > 1:
            ids = ", ".join(str(each["id"]) for each in named)
            return Verdict(f"several groups have this name ({ids})", by_hand="give the object id instead", stops=True)
        if named and named[0].get("securityEnabled") is False:
            return Verdict("the group is no security group, so it can have no roles",
                           by_hand="choose another group", stops=True)  # fmt: skip
        if named:
            return Verdict(learned={f"group:{key}": str(named[0]["id"])})
        if GUID.fullmatch(name):
            return Verdict("there is no group with this object id", by_hand="look for the id", stops=True)
        nickname = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "map-screens"
        mend = (
            "ad", "group", "create", "--display-name", name, "--mail-nickname", nickname,
            "--description", f"{'Sign in at map screens' if key == 'viewers' else 'Change geofences'} ({MARK})",
        )  # fmt: skip
        return Verdict("there is no such group", (mend,))

    return Step(f"group.{key}", f"group {name}", GROUPS_ADMINISTRATOR, look, judge)


def _member(key: str, name: str, person: str) -> Step:
    def look(known: Known) -> list[Command]:
        return [
            ("ad", "user", "show", "--id", person),
            ("ad", "group", "member", "list", "--group", known[f"group:{key}"]),
        ]

    def judge(known: Known, answers: Sequence[Answer]) -> Verdict:
        user, members = answers
        if not user and f"group:{key}" in known:
            return Verdict(f"there is no account {person}", by_hand="create it in Microsoft Entra ID first")
        member = str(user["id"]) if user else f"<ID-OF-{person}>"
        if any(each["id"] == member for each in members or []):
            return Verdict()
        group = known[f"group:{key}"]
        return Verdict("not a member yet", (("ad", "group", "member", "add", "--group", group, "--member-id", member),))

    return Step(f"member.{key}.{person}", f"{person} in {name}", GROUPS_ADMINISTRATOR, look, judge, (f"group:{key}",))


def _definition(wanted: Wanted, role: Role) -> Step:
    def body(known: Known) -> dict[str, object]:
        return {
            "Name": role.name(wanted),
            "Description": f"Only what a map screen needs ({MARK})",
            "Actions": [],
            "NotActions": [],
            "DataActions": list(role.data_actions),
            "NotDataActions": [],
            "AssignableScopes": [known["group-id"]],
        }

    def judge(known: Known, answers: Sequence[Answer]) -> Verdict:
        found = next((each for each in answers[0] or [] if each.get("roleName") == role.name(wanted)), None)
        if found is None:
            mend: Command = ("role", "definition", "create", "--role-definition", json.dumps(body(known)))
            return Verdict("there is no such role", (in_subscription(wanted, *mend),))
        learned = {f"role:{role.key}": str(found["name"])}
        permissions = found.get("permissions") or []
        held = {action for each in permissions for action in each.get("dataActions") or []}
        more = {action for each in permissions for action in each.get("actions") or []}
        if held == set(role.data_actions) and not more:
            return Verdict(learned=learned)
        changed = {"id": found["id"], "roleName": role.name(wanted), **body(known)}
        mend = in_subscription(wanted, "role", "definition", "update", "--role-definition", json.dumps(changed))
        return Verdict("the role allows something else than a screen needs", (mend,), learned)

    def look(known: Known) -> list[Command]:
        command = (
            "role", "definition", "list", "--name", role.name(wanted), "--scope", known["group-id"],
            "--custom-role-only", "true",
        )  # fmt: skip
        return [in_subscription(wanted, *command)]

    return Step(f"role.{role.key}", f"role {role.name(wanted)}", ACCESS_ADMINISTRATOR, look, judge, ("maps-client-id",))


def _assignment(wanted: Wanted, role: Role, key: str, name: str) -> Step:
    title = role.name(wanted) if wanted.roles == "custom" else role.built_in_name
    needs: tuple[str, ...] = (f"group:{key}", "blob-endpoint" if role.scope == "container-id" else "maps-client-id")
    if wanted.roles == "custom":
        needs += (f"role:{role.key}",)

    def judge(known: Known, answers: Sequence[Answer]) -> Verdict:
        guid = known[f"role:{role.key}"] if wanted.roles == "custom" else role.built_in
        return _judge_assignment(wanted, known, answers[0], (key, guid, role.scope))

    return Step(
        f"assignment.{role.key}.{key}",
        f"{title} for {name}",
        ACCESS_ADMINISTRATOR,
        lambda known: [assignments_look(wanted, known[role.scope])],
        judge,
        needs,
    )


def _monitoring(wanted: Wanted, key: str, name: str) -> Step:
    return Step(
        f"assignment.monitoring.{key}",
        f"Monitoring Reader for {name}",
        ACCESS_ADMINISTRATOR,
        lambda known: [assignments_look(wanted, known["maps-id"])],
        lambda known, answers: _judge_assignment(wanted, known, answers[0], (key, MONITORING_READER, "maps-id")),
        (f"group:{key}", "maps-client-id"),
    )


def assignments_look(wanted: Wanted, scope: str) -> Command:
    """Return the command that lists the assignments at a scope and above it, without looking up any names."""
    command = (
        "role", "assignment", "list", "--scope", scope, "--include-inherited",
        "--fill-principal-name", "false", "--fill-role-definition-name", "false",
    )  # fmt: skip
    return in_subscription(wanted, *command)


def _judge_assignment(wanted: Wanted, known: Known, answer: Answer, which: tuple[str, str, str]) -> Verdict:
    key, role, scope = which
    group = known[f"group:{key}"]
    for each in answer or []:
        if each.get("principalId") == group and str(each.get("roleDefinitionId", "")).lower().endswith(role.lower()):
            return Verdict()
    mend = (
        "role", "assignment", "create", "--assignee-object-id", group, "--assignee-principal-type", "Group",
        "--role", role, "--scope", known[scope], "--description", MARK,
    )  # fmt: skip
    return Verdict("the group does not have the role", (in_subscription(wanted, *mend),))
