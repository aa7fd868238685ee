"""Finds what `provision` made, and the commands that remove it; everything else stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.azure_setup.app_steps import TAG
from scripts.azure_setup.engine import Runner
from scripts.azure_setup.people_steps import assignments_look, roles_of
from scripts.azure_setup.resource_steps import in_subscription, is_marked
from scripts.azure_setup.step import Command, Known
from scripts.azure_setup.wanted import GUID, MARK, Wanted

STORAGE_TYPE, MAPS_TYPE = "Microsoft.Storage/storageAccounts", "Microsoft.Maps/accounts"


@dataclass
class Removal:
    """What goes, with its command, and what stays, with the reason."""

    goes: list[tuple[str, Command]] = field(default_factory=list)
    stays: list[tuple[str, str]] = field(default_factory=list)
    loses_geofences: bool = False

    def add(self, what: str, is_ours: bool, *command: str) -> None:
        """Add something that exists."""
        if is_ours:
            self.goes.append((what, command))
        else:
            self.stays.append((what, "it was there before"))


def find_removal(wanted: Wanted, az: Runner, known: Known, *, keeps_geofences: bool = False) -> Removal:
    """Look at everything that `provision` may have made, in an order in which it can be removed.

    Raises:
        AzFailed: a look failed, also for missing rights.
    """
    removal = Removal()
    group = az.look(in_subscription(wanted, "group", "show", "--name", wanted.group))
    if group:
        _resources(wanted, az, known, removal, group_is_ours=is_marked(group), keeps_geofences=keeps_geofences)
    if wanted.has_sign_in:
        _directory(wanted, az, removal)
    return removal


def _resources(
    wanted: Wanted, az: Runner, known: Known, removal: Removal, *, group_is_ours: bool, keeps_geofences: bool
) -> None:
    maps = az.look(_on(wanted, "maps", "account", "show", "--name", wanted.maps))
    name = wanted.storage_name(known["subscription"])
    storage = az.look(_on(wanted, "storage", "account", "show", "--name", name)) if wanted.has_blobs else None
    where = ("--storage-account", name, "--name", wanted.container)
    container = az.look(_on(wanted, "storage", "container-rm", "show", *where)) if storage else None
    delete: Command
    scopes = [scope for scope, there in ((known["maps-id"], maps), (known["container-id"], container)) if there]
    for scope in scopes:
        for each in az.look(assignments_look(wanted, scope)) or []:
            if str(each.get("scope", "")).lower() == scope.lower() and each.get("description") == MARK:
                what = f"role assignment at {scope.rpartition('/')[2]}"
                removal.add(what, True, "role", "assignment", "delete", "--ids", str(each["id"]))
    for role in roles_of(wanted):
        look = ("role", "definition", "list", "--name", role.name(wanted), "--scope", known["group-id"])
        for each in az.look(in_subscription(wanted, *look, "--custom-role-only", "true")) or []:
            delete = ("role", "definition", "delete", "--name", str(each["name"]), "--scope", known["group-id"])
            is_ours = MARK in str(each.get("description", ""))
            removal.add(f"role {role.name(wanted)}", is_ours, *in_subscription(wanted, *delete))
    if container:
        # It holds the geofences, and goes with its account where that is ours.
        is_ours = (container.get("metadata") or {}).get(MARK.split("=")[0].replace("-", "")) == MARK.split("=")[1]
        if keeps_geofences:
            removal.stays.append((f"container {wanted.container}", "--keep-geofences"))
        else:
            delete = ("storage", "container-rm", "delete", *where, "--yes")
            removal.add(f"container {wanted.container} WITH ALL GEOFENCES IN IT", is_ours, *_on(wanted, *delete))
            removal.loses_geofences = is_ours
    if storage:
        listing = ("storage", "container-rm", "list", "--storage-account", name)
        names = [str(each["name"]) for each in az.look(_on(wanted, *listing)) or []]
        others = sorted(each for each in names if each != wanted.container)
        if keeps_geofences or (container and not removal.loses_geofences):
            removal.stays.append((f"storage account {name}", "it holds the geofences"))
        elif others:
            removal.stays.append((f"storage account {name}", f"it still holds {', '.join(others)}"))
        else:
            delete = ("storage", "account", "delete", "--name", name, "--yes")
            removal.add(_title(STORAGE_TYPE, name), is_marked(storage), *_on(wanted, *delete))
    if maps:
        delete = ("maps", "account", "delete", "--name", wanted.maps)
        removal.add(_title(MAPS_TYPE, wanted.maps), is_marked(maps), *_on(wanted, *delete))
    _group(wanted, az, removal, group_is_ours=group_is_ours)


def _group(wanted: Wanted, az: Runner, removal: Removal, *, group_is_ours: bool) -> None:
    what = f"resource group {wanted.group}"
    going = {what for what, _ in removal.goes}
    held = az.look(_on(wanted, "resource", "list")) or []
    others = [str(each["name"]) for each in held if _title(str(each["type"]), str(each["name"])) not in going]
    if group_is_ours and others:
        removal.stays.append((what, f"it still holds {', '.join(sorted(others))}"))
    else:
        delete = in_subscription(wanted, "group", "delete", "--name", wanted.group, "--yes")
        removal.add(what, group_is_ours, *delete)


def _title(kind: str, name: str) -> str:
    """Return what a resource is called in the lists."""
    titles = {STORAGE_TYPE.lower(): "storage account", MAPS_TYPE.lower(): "Azure Maps account"}
    return f"{titles.get(kind.lower(), kind)} {name}"


def _directory(wanted: Wanted, az: Runner, removal: Removal) -> None:
    if wanted.app_id:
        found = az.look(("ad", "app", "show", "--id", wanted.app_id))
        apps = [found] if found else []
    else:
        apps = [each for each in az.look(("ad", "app", "list", "--display-name", wanted.app)) or []
                if each.get("displayName") == wanted.app]  # fmt: skip
    for app in apps:
        what = f"app registration {app['displayName']} ({app['appId']}) with its consent"
        removal.add(what, TAG in (app.get("tags") or []), "ad", "app", "delete", "--id", str(app["appId"]))
    for _, name in wanted.groups:
        for each in _groups(az, name):
            is_ours = MARK in str(each.get("description") or "")
            removal.add(f"group {each['displayName']}", is_ours, "ad", "group", "delete", "--group", str(each["id"]))


def _groups(az: Runner, name: str) -> list[Mapping[str, Any]]:
    if GUID.fullmatch(name):
        found = az.look(("ad", "group", "show", "--group", name))
        return [found] if found else []
    return [each for each in az.look(("ad", "group", "list", "--display-name", name)) or []
            if each.get("displayName") == name]  # fmt: skip


def _on(wanted: Wanted, *command: str) -> Command:
    return in_subscription(wanted, *command, "--resource-group", wanted.group)
