"""Edits of geofences with the keys of a remote, and the contents of the stores afterwards."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.cloud import LocalCloud
from tests.e2e.rig import Tv
from tvapp.commands.journey import Fields
from tvapp.fences.outbox.folder import FORMAT

AT_SEA = "{ longitude = 24.9, latitude = 59.9, zoom = 13 }"
"""A place without sample geofences: only a test puts one under the crosshair."""
HERE = (24.9, 59.9)
LONG_S = 0.8

Feature = dict[str, Any]


def circle(name: str, at: tuple[float, float] = HERE, radius_m: int = 200) -> Feature:
    """Return a circle as a Feature; its `geometryId` is its name in lower case."""
    properties = {"geometryId": name.lower(), "name": name, "subType": "Circle", "radius": radius_m}
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": list(at)}, "properties": properties}


def collection(*features: Feature) -> str:
    """Return the text of a file with these geofences."""
    return json.dumps({"type": "FeatureCollection", "features": features}, indent=1)


def by_id(contents: Iterable[str | bytes]) -> dict[str, Feature]:
    """Return the Features of files by `geometryId`; none may occur twice."""
    found: dict[str, Feature] = {}
    for content in contents:
        for feature in json.loads(content)["features"]:
            name = feature["properties"]["geometryId"]
            assert name not in found, f"{name} is there twice"
            found[name] = feature
    return found


def in_folder(folder: Path) -> dict[str, Feature]:
    return by_id(path.read_bytes() for path in folder.glob("*.geojson"))


def in_cloud(cloud: LocalCloud) -> dict[str, Feature]:
    return by_id(file["content"] for file in cloud.map_data()["files"] if file["content"])


def named(features: Mapping[str, Feature]) -> dict[str, Feature]:
    """Return Features by their names."""
    return {feature["properties"]["name"]: feature for feature in features.values()}


def kept(tv: Tv) -> list[dict[str, Any]]:
    """Return the changes in the outbox file of a TV, in order."""
    found = []
    for path in sorted(tv.data_dir.glob("outbox/*/*.json")):
        with contextlib.suppress(FileNotFoundError):  # sent at this moment
            found.append(json.loads(bytes(FORMAT.unpack(path.read_bytes()))))
    return found


# -- the ways through the screens ------------------------------------------------------------------------------------


def open_draw(tv: Tv) -> None:
    """From the map: open the draw panel, with the focus on the circle."""
    tv.press("menu")
    tv.opened("action-bar")
    tv.press("right", "ok")
    tv.opened("draw")


def open_changes(tv: Tv) -> None:
    """From the map: open the list of changes, with the focus on the oldest."""
    open_draw(tv)
    tv.press("down", "left", "ok")
    tv.opened("changes")


def draw_circle(tv: Tv, kind: int = 0) -> Fields:
    """Draw a circle at the crosshair; returns the log event of the saved change."""
    open_draw(tv)
    tv.press("ok")
    tv.opened("sketch")
    return finish_circle(tv, kind)


def finish_circle(tv: Tv, kind: int = 0) -> Fields:
    """Finish a circle whose middle is under the crosshair."""
    tv.press("ok", "ok")
    tv.opened("kinds")
    tv.press(*["down"] * kind, "ok")
    tv.opened("times")
    tv.press("ok")
    tv.opened("map")
    return tv.wait_for("geofence.change_kept")


def select(tv: Tv) -> str:
    """Select the geofence under the crosshair; returns its id."""
    tv.press("ok")
    return str(tv.wait_for("geofence.selected")["id"])


def open_edit(tv: Tv) -> None:
    """From a selected geofence: open the edit panel."""
    tv.remote.hold("ok", LONG_S)
    tv.opened("details")
    tv.press("right", "ok")
    tv.opened("edit")


def open_edit_from_list(tv: Tv, *moves: str) -> str:
    """From the map: open the edit panel of a geofence in the list, some moves from the selected one; returns its id."""
    tv.press("menu")
    tv.opened("action-bar")
    tv.press("ok")
    tv.opened("drawer")
    tv.press(*moves, "ok")
    name = str(tv.wait_for("geofence.selected")["id"])
    tv.press("right", "ok")
    tv.opened("edit")
    return name


def open_rename(tv: Tv) -> None:
    open_edit(tv)
    tv.press("down", "ok")
    tv.opened("kinds")


def delete(tv: Tv) -> Fields:
    """Delete the selected geofence; returns the log event of the saved change."""
    open_edit(tv)
    return delete_from_edit(tv)


def delete_from_edit(tv: Tv) -> Fields:
    """From the edit panel: delete the geofence."""
    tv.press("down", "left", "ok")
    tv.opened("delete")
    tv.press("right", "ok")
    tv.opened("map")
    return tv.wait_for("geofence.change_kept")


def go_home(tv: Tv) -> None:
    """Deselect and fly home, so that two TVs can be compared."""
    tv.press("menu")
    tv.opened("action-bar")
    tv.press("left", "left", "left", "ok")
    tv.opened("map")


def change_account(tv: Tv, cloud: LocalCloud, person: str) -> None:
    """Sign out, and let another person sign in."""
    tv.press("menu")
    tv.opened("action-bar")
    tv.press("left", "ok")
    tv.opened("account")
    tv.press("right", "ok")
    tv.wait_for("signin.signed_out")
    tv.opened("sign-in")
    tv.press("ok")
    tv.sign_in(cloud, person)


def rename(tv: Tv, kind: int) -> None:
    """Give the selected geofence the kind that is `kind` rows below its own in the list."""
    open_rename(tv)
    confirm_kind(tv, kind)


def confirm_kind(tv: Tv, kind: int) -> None:
    tv.press(*["down"] * kind, "ok")


WAYS_OUT = {"later": 0, "theirs": 1, "both": 2, "mine": 3}


def settle(tv: Tv, how: str) -> None:
    """From the map: open the oldest change, which is a conflict, and resolve it."""
    open_changes(tv)
    tv.press("ok")
    tv.opened("conflict")
    tv.press(*["right"] * WAYS_OUT[how], "ok")
    tv.opened("map")
