"""Edits that do not succeed at once, on a real screen with arrows, OK and Back alone."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import PIL.Image
import pytest

from tests.cloud import LocalCloud
from tests.e2e.cable import Cable
from tests.e2e.editing import AT_SEA, circle, collection, in_folder
from tests.e2e.rig import Tv, count, difference, running, with_account, with_key
from tests.e2e.xserver import XServer, x_server
from tvapp.ui import theme

pytestmark = pytest.mark.on_screen

CHIPS = (1000, 50, 1830, 125)
"""The upper right, left of the clock too: the place of the chip for waiting changes."""
DOTS = (330, 290, 950, 450)
"""The dialog of the lock, on a screen of 1280x720."""
ABOVE_PANEL = (96, 130, 1824, 470)


def open_draw_panel(tv: Tv, screen: XServer) -> None:
    screen.press("Escape")
    tv.opened("action-bar")
    screen.press("Right", "Return")
    tv.opened("draw")


def open_changes(tv: Tv, screen: XServer) -> None:
    open_draw_panel(tv, screen)
    screen.press("Down", "Left", "Return")
    tv.opened("changes")


def draw_circle(tv: Tv, screen: XServer) -> None:
    screen.press("Return")
    tv.opened("sketch")
    screen.press("Return")
    screen.hold("Right", 0.8)
    screen.press("Return")
    tv.opened("kinds")
    screen.press("Return")
    tv.opened("times")
    screen.press("Return")
    tv.opened("map")
    tv.wait_for("geofence.change_kept")


def test_both_versions_of_a_geofence_are_on_the_map_until_somebody_decides(cloud: LocalCloud, tmp_path: Path) -> None:
    shared = tmp_path / "fences"
    shared.mkdir()
    file = shared / "area.geojson"
    file.write_text(collection(circle("Pier", radius_m=400)))
    with x_server("1920x1080", tmp_path) as screen:
        settings = screen.environment(with_key(cloud, shared, TVAPP_VIEW_HOME=AT_SEA))
        with running(settings, tmp_path, size=None) as tv:
            tv.wait_for("geofences.loaded", lambda fields: fields["count"] != 0)
            tv.settled()
            screen.press("Return")
            tv.wait_for("geofence.selected")
            screen.press("Return")
            tv.opened("details")
            screen.press("Right", "Return")
            tv.opened("edit")
            screen.press("Return")
            tv.opened("sketch")
            screen.hold("Right", 0.5)
            theirs = circle("Quay", (24.91, 59.905), 600)
            theirs["properties"]["geometryId"] = "pier"
            file.write_text(collection(theirs))
            screen.press("Return")
            tv.wait_for("geofence.conflict")
            screen.screenshot("1-stuck")
            screen.press("Escape")
            open_changes(tv, screen)
            screen.screenshot("2-changes")
            screen.press("Return")
            tv.opened("conflict")
            tv.settled()

            def has_both(image: PIL.Image.Image) -> bool:
                mine, theirs = theme.ACCENT[:3], theme.WARN[:3]
                return min(count(image, color, ABOVE_PANEL) for color in (mine, theirs)) > 200

            assert has_both(screen.screenshot_with(has_both, "3-conflict"))
            screen.press("Right", "Right", "Return")
            tv.wait_for("geofence.uploaded")
            tv.settled()
            screen.screenshot("4-both")
            assert tv.end() == 0
    assert {feature["properties"]["name"] for feature in in_folder(shared).values()} == {"Quay", "Pier (2)"}
    assert in_folder(shared)["pier"] == theirs


def test_what_was_drawn_without_a_network_is_shown_and_said_to_wait(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.clear_map_data()
    cable = Cable(urlsplit(cloud.endpoint).port or 443)
    endpoint = f"https://localhost:{cable.port}"
    with x_server("1920x1080", tmp_path) as screen:
        settings = screen.environment(with_account(cloud, TVAPP_VIEW_HOME=AT_SEA, TVAPP_MAPS_ENDPOINT=endpoint))
        with running(settings, tmp_path, size=None) as tv:
            tv.sign_in(cloud)
            tv.wait_for("geofences.loaded")
            tv.settled()
            before = screen.screenshot("1-online")
            cable.pull()
            open_draw_panel(tv, screen)
            draw_circle(tv, screen)
            tv.wait_for("geofence.upload_failed")

            def waits(image: PIL.Image.Image) -> bool:
                is_shown = difference(before, image, (860, 440, 1060, 640)) > 2_000
                return is_shown and count(image, theme.WARN[:3], CHIPS) > 50

            assert waits(screen.screenshot_with(waits, "2-waits"))
            screen.press("Escape")
            open_changes(tv, screen)
            screen.screenshot("3-changes")
            screen.press("Escape")
            cloud.fault("map-data", method="POST", status=413)
            cable.plug()
            tv.wait_for("geofence.upload_failed", lambda fields: fields["status"] == 413)
            screen.screenshot("4-refused")
            open_changes(tv, screen)
            screen.press("Return")
            tv.opened("refused")
            screen.screenshot("5-why")
            cloud.clear("map-data")
            screen.press("Right", "Return")
            tv.wait_for("geofence.uploaded")
            screen.press("Escape")
            tv.opened("map")
            tv.settled()

            def waits_no_more(image: PIL.Image.Image) -> bool:
                return count(image, theme.WARN[:3], CHIPS) == count(before, theme.WARN[:3], CHIPS)

            assert waits_no_more(screen.screenshot_with(waits_no_more, "6-saved"))
            assert tv.end() == 0
    cable.pull()


def test_a_locked_screen_shows_how_many_arrows_were_pressed_and_no_more(cloud: LocalCloud, tmp_path: Path) -> None:
    shared = tmp_path / "fences"
    shared.mkdir()
    (shared / "area.geojson").write_text(collection(circle("Pier")))
    command = [sys.executable, "-m", "tvapp", "lock"]
    made = subprocess.run(command, input="up down left right", capture_output=True, text=True, check=True)
    line = tomllib.loads(made.stdout)["lock"]
    with x_server("1280x720", tmp_path) as screen:
        settings = screen.environment(with_key(cloud, shared, TVAPP_VIEW_HOME=AT_SEA, TVAPP_KIOSK_LOCK=line))
        with running(settings, tmp_path, size=None) as tv:
            tv.wait_for("geofences.loaded", lambda fields: fields["count"] != 0)
            tv.settled()
            open_draw_panel(tv, screen)
            screen.press("Return")
            tv.opened("unlock")
            screen.press("Down", "Down", "Down", "Down")
            downs = tv.picture()  # unlike a screenshot, drawn after the app has taken the keys
            screen.press(*["Escape"] * 4)
            screen.press("Up", "Down", "Left", "Right")
            right = tv.picture()
            screen.press(*["Escape"] * 4)
            for _ in range(3):
                screen.press("Down", "Down", "Down", "Down", "Return")
                tv.wait_for("lock.tried")
            screen.screenshot("3-wait")
            assert tv.end() == 0
    assert difference(downs, right, DOTS) == 0
