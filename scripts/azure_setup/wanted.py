"""What an administrator wants in the tenant: the options that all four commands share."""

from __future__ import annotations

import argparse
import hashlib
import re
import shlex
from dataclasses import dataclass, fields
from typing import Any

MARK = "provisioned-by=tvapp"
"""The tag (and the words in descriptions) of everything that `provision` creates; only this does `teardown` remove."""
MARK_NAME, _, MARK_VALUE = MARK.partition("=")
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

MAPS_API = "ba1ea022-5807-41d5-bbeb-292c7e1cf5f6"
STORAGE_API = "e406a681-f3d4-42a8-90b6-c2b029497af1"
MANAGEMENT_API = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
API_NAMES = {MAPS_API: "Azure Maps", STORAGE_API: "Azure Storage", MANAGEMENT_API: "Azure Resource Manager"}
PERMISSION = "user_impersonation"


@dataclass(frozen=True)
class Wanted:
    """The wanted state, by the names that the administrator chose."""

    group: str = "map-screens"
    location: str = "westeurope"
    maps: str = "map-screens"
    storage: str = ""
    container: str = "geofences"
    store: str = "blob"
    app: str = "Map screens"
    app_id: str = ""
    viewers: str = "Map screens"
    editors: str = ""
    viewer: tuple[str, ...] = ()
    editor: tuple[str, ...] = ()
    auth: str = "entra"
    roles: str = "custom"
    usage: bool = False
    assignment_required: bool = False
    adopt: bool = False
    endpoint: str = ""
    subscription: str = ""

    @property
    def has_blobs(self) -> bool:
        """Tell whether the geofences live in Blob Storage."""
        return self.store == "blob"

    @property
    def has_sign_in(self) -> bool:
        """Tell whether people sign in at the screens at all."""
        return self.auth == "entra" or self.has_blobs or self.usage

    @property
    def apis(self) -> tuple[str, ...]:
        """The APIs that the app uses in people's names."""
        uses = ((MAPS_API, self.auth == "entra"), (STORAGE_API, self.has_blobs), (MANAGEMENT_API, self.usage))
        return tuple(api for api, is_used in uses if is_used)

    @property
    def groups(self) -> tuple[tuple[str, str], ...]:
        """The groups of people, as `(key, name or object id)`."""
        named = (("viewers", self.viewers), ("editors", self.editors))
        return tuple((key, name) for key, name in named if name and self.has_sign_in)

    def storage_name(self, subscription: str) -> str:
        """Return the name of the storage account, which no account of Azure may share.

        Without a chosen name it comes from the subscription and the resource group, so that each run finds it again.
        """
        if self.storage:
            return self.storage
        return "tvmaps" + hashlib.sha256(f"{subscription}/{self.group}".lower().encode()).hexdigest()[:16]

    def as_options(self) -> str:
        """Return the options that lead to this state, for a command line."""
        words: list[str] = []
        for each in fields(self):
            value, option = getattr(self, each.name), "--" + each.name.replace("_", "-")
            if value == each.default:
                continue
            if isinstance(value, tuple):
                words += [word for one in value for word in (option, one)]
            else:
                words += [option] if value is True else [option, str(value)]
        return shlex.join(words)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that describe the wanted state."""
    defaults = Wanted()
    text = parser.add_argument_group("what is wanted (give the same to all four commands)").add_argument
    text("--group", default=defaults.group, help="resource group (default: %(default)s)")
    text("--location", default=defaults.location, help="Azure region (default: %(default)s)")
    text("--maps", default=defaults.maps, help="name of the Azure Maps account (default: %(default)s)")
    text("--store", choices=("blob", "none"), default=defaults.store,
         help="where the geofences live: Blob Storage, or nowhere in Azure (default: %(default)s)")  # fmt: skip
    text("--storage", default="", help="name of the storage account (default: made from subscription and group)")
    text("--container", default=defaults.container, help="container for the geofences (default: %(default)s)")
    text("--app", default=defaults.app, help="name of the app registration (default: %(default)s)")
    text("--app-id", default="", help="use this app registration, which exists already")
    text("--viewers", default=defaults.viewers, metavar="GROUP",
         help="group of the people who sign in at screens: a name or an object id (default: %(default)s)")  # fmt: skip
    text("--editors", default="", metavar="GROUP", help="group of those who also draw and change geofences")
    text("--viewer", action="append", default=[], metavar="USER", help="put this person into the group (repeatable)")
    text("--editor", action="append", default=[], metavar="USER", help="the same for the editors")
    text("--auth", choices=("entra", "shared-key"), default=defaults.auth,
         help="how the map is asked for: with the sign-in, or with keys (default: %(default)s)")  # fmt: skip
    text("--roles", choices=("custom", "built-in"), default=defaults.roles,
         help="roles with only what a screen needs, or Microsoft's own wider ones (default: %(default)s)")  # fmt: skip
    text("--usage", action="store_true", help="the usage page: permission for Azure Monitor, and Monitoring Reader")
    text("--assignment-required", action="store_true", help="let nobody but these groups sign in to the app")
    text("--adopt", action="store_true", help="change settings of resources that were there before, too")
    text("--endpoint", default="", help="host of Azure Maps, for example https://eu.atlas.microsoft.com")
    text("--subscription", default="", help="subscription (default: the one that az has selected)")


def wanted_from(options: argparse.Namespace) -> Wanted:
    """Return the wanted state of parsed options.

    Raises:
        ValueError: options that exclude each other.
    """
    given: dict[str, Any] = {each.name: getattr(options, each.name) for each in fields(Wanted)}
    for name in ("viewer", "editor"):
        given[name] = tuple(given[name])
    wanted = Wanted(**given)
    if wanted.editor and not wanted.editors:
        raise ValueError("--editor needs --editors GROUP")
    if wanted.editors and wanted.editors == wanted.viewers:
        raise ValueError("--viewers and --editors must be different groups")
    if wanted.app_id and not GUID.fullmatch(wanted.app_id):
        raise ValueError("--app-id must be the application (client) id, a GUID")
    if wanted.storage and not re.fullmatch(r"[a-z0-9]{3,24}", wanted.storage):
        raise ValueError("--storage must be 3 to 24 lower-case letters and digits")
    if wanted.endpoint and not re.fullmatch(r"https://[\w.:-]+", wanted.endpoint):
        raise ValueError("--endpoint must be an https address without a path")
    return wanted
