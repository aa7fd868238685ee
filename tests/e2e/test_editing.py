"""Geofences drawn, changed, deleted and settled on a real screen with four arrows, OK and Back alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cloud import LocalCloud
from tests.e2e.rig import SAMPLES, Tv, difference, running, with_account, with_key
from tests.e2e.xserver import XServer, x_server
from tvapp.commands.journey import Fields

pytestmark = pytest.mark.on_screen

AT_SEA = "{ longitude = 24.9, latitude = 59.9, zoom = 13 }"


@contextmanager
def on_screen(settings: dict[str, str], folder: Path, size: str = "1920x1080") -> Iterator[tuple[Tv, XServer]]:
    with x_server(size, folder) as screen, running(screen.environment(settings), folder, size=None) as tv:
        yield tv, screen


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder of geofences that another program writes to."""
    folder = tmp_path / "fences"
    shutil.copytree(SAMPLES, folder)
    return folder


def features(folder: Path) -> dict[str, dict[str, Any]]:
    """Return every Feature in a folder by its geometryId."""
    found = {}
    for path in folder.glob("*.geojson"):
        root = json.loads(path.read_bytes())
        for feature in root["features"]:
            found[feature["properties"]["geometryId"]] = feature
    return found


def made_here(folder: Path) -> list[dict[str, Any]]:
    return [feature for name, feature in features(folder).items() if name.startswith("tv-")]


def open_draw_panel(tv: Tv, screen: XServer) -> None:
    """From the bare map, with nothing selected: Back opens the action bar."""
    screen.press("Escape")
    tv.opened("action-bar")
    screen.press("Right", "Return")
    tv.opened("draw")


def name_and_save(tv: Tv, screen: XServer, *, kind: int = 0, times: int = 0) -> Fields:
    """Pick a kind and times; returns what the log says once it is in the store."""
    tv.opened("kinds")
    screen.press(*["Down"] * kind, "Return")
    tv.opened("times")
    screen.press(*["Down"] * times, "Return")
    tv.opened("map")
    return tv.wait_for("geofence.uploaded")


def open_edit_panel(tv: Tv, screen: XServer) -> None:
    """With a geofence selected, holding OK shows its details wherever the crosshair is, and there is Change."""
    screen.hold("Return", 0.9)
    tv.opened("details")
    screen.press("Right", "Return")
    tv.opened("edit")


def test_a_circle_is_drawn_uploaded_as_the_guide_does_undone_and_done_again(cloud: LocalCloud, tmp_path: Path) -> None:
    with on_screen(with_account(cloud, TVAPP_VIEW_HOME=AT_SEA), tmp_path) as (tv, screen):
        tv.sign_in(cloud)
        tv.wait_for("geofences.loaded", lambda fields: fields["count"] != 0)
        tv.settled()
        before = {file["udid"] for file in cloud.map_data()["files"]}
        sea = screen.screenshot("1-sea")

        open_draw_panel(tv, screen)
        screen.screenshot("2-draw")
        screen.press("Return")
        tv.opened("sketch")
        screen.press("Return")
        screen.press("Left", "Left", "Up")
        screen.screenshot("3-circle")
        screen.press("Return")
        uploaded = name_and_save(tv, screen)
        tv.settled()
        screen.screenshot("4-saved")

        (file,) = [file for file in cloud.map_data()["files"] if file["udid"] not in before]
        (feature,) = json.loads(file["content"])["features"]
        properties = feature["properties"]
        assert feature["geometry"]["type"] == "Point"
        assert properties["subType"] == "Circle"
        assert properties["name"] == "Depot 1"
        assert properties["geometryId"] == uploaded["id"]
        assert 1 <= properties["radius"] <= 10_000
        drawn = screen.screenshot("4-saved")
        assert difference(sea, drawn) > 5_000

        screen.press("Escape")  # deselect it
        open_draw_panel(tv, screen)
        screen.press("Down", "Return")
        assert tv.wait_for("geofence.uploaded")["kind"] == "delete"
        assert {file["udid"] for file in cloud.map_data()["files"]} == before
        screen.press("Right", "Return")
        assert tv.wait_for("geofence.uploaded")["kind"] == "add"
        again = [file for file in cloud.map_data()["files"] if file["udid"] not in before]
        assert [json.loads(file["content"])["features"] for file in again] == [[feature]]
        assert tv.end() == 0


def test_areas_and_rectangles_and_everything_that_can_be_done_to_them(
    cloud: LocalCloud, tmp_path: Path, shared: Path
) -> None:
    untouched = {path.name: path.read_bytes() for path in shared.glob("*.geojson")}
    with on_screen(with_key(cloud, shared, TVAPP_VIEW_HOME=AT_SEA), tmp_path, "1280x720") as (tv, screen):
        tv.wait_for("geofences.loaded", lambda fields: fields["count"] != 0)
        tv.settled()

        open_draw_panel(tv, screen)
        screen.press("Left", "Return")  # corner by corner
        tv.opened("sketch")
        screen.press("Return")
        for key in ("Right", "Down", "Left"):
            screen.hold(key, 0.9)
            screen.press("Return")
        screen.screenshot("1-corners")
        screen.press("Escape")  # the last one back ...
        screen.press("Return")  # ... and down again
        screen.hold("Return", 0.9)  # the bar: zoom, done, throw away
        tv.opened("sketch-bar")
        screen.press("Left", "Left", "Return")
        name_and_save(tv, screen, kind=6, times=1)
        (area,) = made_here(shared)
        assert area["geometry"]["type"] == "Polygon"
        assert len(area["geometry"]["coordinates"][0]) == 5
        assert area["properties"]["kind"] == "restricted"
        assert area["properties"]["validityTime"]["validityPeriod"][0]["businessDayOnly"] is True
        tv.settled()
        screen.screenshot("2-area")
        screen.press("Escape")
        screen.hold("Left", 1.5)  # away from it
        tv.settled()

        screen.hold("Return", 0.9)  # the short way to drawing
        tv.opened("draw")
        screen.press("Right", "Return")
        tv.opened("sketch")
        screen.press("Return")
        screen.hold("Right", 0.7)
        screen.hold("Down", 0.7)
        screen.press("Return")
        name_and_save(tv, screen, kind=3)
        rectangle = next(each for each in made_here(shared) if each["properties"].get("subType") == "Rectangle")
        name = rectangle["properties"]["geometryId"]
        tv.settled()
        screen.press("Up")  # from its corner into it
        screen.press("Left")
        tv.settled()
        change_it(tv, screen, shared, name, rectangle)
        assert tv.end() == 0
    assert {path.name: path.read_bytes() for path in shared.glob("*.geojson") if path.name in untouched} == untouched


def change_it(tv: Tv, screen: XServer, shared: Path, name: str, before: dict[str, Any]) -> None:
    """Move, resize, reshape, rename, change times of, duplicate and delete the selected rectangle."""

    def edit(*keys: str) -> None:
        open_edit_panel(tv, screen)
        screen.press(*keys)

    def stored() -> dict[str, Any]:
        tv.wait_for("geofence.uploaded")
        return features(shared).get(name, {})

    edit("Return")
    tv.opened("sketch")
    screen.hold("Left", 0.6)
    screen.screenshot("3-moving")
    screen.press("Return")
    moved = stored()
    assert moved["geometry"] != before["geometry"]
    assert moved["properties"] == before["properties"]
    tv.settled()

    edit("Right", "Return")
    tv.opened("sketch")
    screen.hold("Right", 1.5)
    screen.press("Return")
    wider = stored()
    assert width(wider) > width(moved)

    edit("Right", "Right", "Return")
    tv.opened("sketch")
    screen.press("Right", "Return")
    screen.hold("Right", 0.5)
    screen.screenshot("4-reshaping")
    screen.press("Return")
    screen.hold("Return", 0.9)
    tv.opened("sketch-bar")
    screen.press("Left", "Left", "Return")  # Done is the last but one
    reshaped = stored()
    assert reshaped["geometry"] != wider["geometry"]
    assert "subType" not in reshaped["properties"], "it is no rectangle any more"

    edit("Down", "Return")
    tv.opened("kinds")
    screen.press("Down", "Return")
    assert stored()["properties"]["name"].startswith("School")

    edit("Down", "Right", "Return")
    tv.opened("times")
    screen.press("Down", "Down", "Return")
    assert "expiredTime" in stored()["properties"]["validityTime"]

    count = len(made_here(shared))
    edit("Left", "Return")
    stored()
    assert len(made_here(shared)) == count + 1
    tv.settled()

    screen.press("Escape")
    fence_gone(tv, screen, shared)


def fence_gone(tv: Tv, screen: XServer, shared: Path) -> None:
    """Delete what lies under the crosshair, and bring it back with undo."""
    count = len(made_here(shared))
    screen.press("Return")
    tv.wait_for("geofence.selected")
    open_edit_panel(tv, screen)
    screen.press("Down", "Left", "Return")
    tv.opened("delete")
    screen.screenshot("5-delete")
    screen.press("Right", "Return")
    assert tv.wait_for("geofence.uploaded")["kind"] == "delete"
    assert len(made_here(shared)) == count - 1
    tv.settled()
    open_draw_panel(tv, screen)
    screen.press("Down", "Return")
    assert tv.wait_for("geofence.uploaded")["kind"] == "add"
    assert len(made_here(shared)) == count


def width(feature: dict[str, Any]) -> float:
    lons = [position[0] for position in feature["geometry"]["coordinates"][0]]
    return float(max(lons) - min(lons))
