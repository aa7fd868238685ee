"""The whole journey as a viewer makes it: a real X server, real keys, a QR code read from the screen, a phone."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import PIL.Image
import pytest

from tests.cloud import LocalCloud
from tests.e2e.rig import Tv, difference, ready, running, with_account
from tests.e2e.xserver import XServer, x_server
from tvapp.commands.phone import Phone

pytestmark = pytest.mark.on_screen

AT_SEA = "{ longitude = 24.9, latitude = 59.9, zoom = 12 }"


def sign_in(tv: Tv, screen: XServer, cloud: LocalCloud, name: str) -> None:
    """Scan the QR code, open its address, and type the code there."""
    prompted = tv.wait_for("signin.prompted")
    address = screen.scan(name)
    assert address == prompted["verification_uri"]
    with Phone(ready(cloud)) as phone:
        page = phone.sign_in(address, phone.waiting_code(), "aino")
    assert "Signed in" in page
    tv.wait_for("signin.succeeded")


def eventually(test: Callable[[], bool], within_s: float = 20.0) -> bool:
    """Poll a condition until it is true or the time is over."""
    until = time.monotonic() + within_s
    while not test():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def nothing_left(data_dir: Path) -> bool:
    """Tell whether neither tokens nor tiles nor pictures of an account are in the data dir."""
    if list((data_dir / "auth").glob("*")) or list((data_dir / "screenshots").glob("*")):
        return False
    if not (data_dir / "tiles" / "tiles.sqlite").exists():
        return True
    database = sqlite3.connect(f"file:{data_dir}/tiles/tiles.sqlite?mode=ro", uri=True, timeout=10)
    try:
        rows = database.execute("SELECT count(*) FROM tile").fetchone()
    except sqlite3.OperationalError:
        return False  # the app shortens the file at this moment, so that the read fails: look again
    finally:
        database.close()
    return bool(rows == (0,))


def changed(screen: XServer, before: PIL.Image.Image, name: str, pixels: int = 20_000) -> bool:
    return eventually(lambda: difference(before, screen.screenshot(name)) > pixels)


def test_from_power_on_to_signing_out_with_the_keys_of_a_keyboard(cloud: LocalCloud, tmp_path: Path) -> None:
    with x_server("1920x1080", tmp_path) as screen:
        settings = screen.environment(with_account(cloud))
        with running(settings, tmp_path, size=None) as tv:
            started = tv.wait_for("app.started")
            assert (started["driver"], started["size"]) == ("x11", "1920x1080")
            sign_in(tv, screen, cloud, "1-sign-in")
            tv.wait_for("geofences.loaded", lambda fields: fields["count"] != 0)
            tv.settled()
            look_around(tv, screen)
            open_everything(tv, screen)

            screen.press("F10", "Left", "Return")
            tv.opened("account")
            screen.screenshot("6-account")
            screen.press("Right", "Return")
            tv.wait_for("signin.signed_out")
            assert eventually(lambda: nothing_left(tv.data_dir))
            assert "signin.prompted" not in tv.app.seen[tv.app.seen.index("signin.signed_out") :]
            screen.screenshot("7-signed-out")

            screen.press("Return")
            sign_in(tv, screen, cloud, "8-again")
            tv.settled()
            assert tv.end() == 0
        with running(settings, tmp_path, size=None) as again:
            again.settled()
            assert "signin.prompted" not in again.app.seen
            assert again.end() == 0


def look_around(tv: Tv, screen: XServer) -> None:
    """Pan, zoom, select: each key does what product.md says."""
    before = screen.screenshot("2-map")
    screen.press("Left")
    tv.settled()
    assert changed(screen, before, "3-moved")
    screen.press("Right")
    tv.settled()
    for key, zoom in (("plus", 14), ("Prior", 15), ("minus", 14), ("Next", 13)):
        screen.press(key)
        tv.settled(zoom=zoom)
    before = screen.screenshot("2-map")
    screen.press("Return")
    tv.wait_for("geofence.selected")
    assert changed(screen, before, "4-selected")
    screen.press("Escape")
    screen.hold("Down", 0.7)
    tv.settled()


def open_everything(tv: Tv, screen: XServer) -> None:
    """Open the action bar by both of its keys, the drawer, and the layers."""
    for key in ("Menu", "F10"):
        screen.press(key)
        tv.opened("action-bar")
        screen.press("Escape")
        tv.opened("map")
    screen.press("F10", "Return")
    tv.opened("drawer")
    before = screen.screenshot("5-drawer")
    screen.press("Down", "Down")
    tv.settled()
    assert changed(screen, before, "5-drawer-moved")
    screen.press("Escape", "F10", "Right", "Right", "Return")
    tv.opened("layers")
    screen.press("Right", "Return")
    assert tv.wait_for("layers.chosen")["base"]
    tv.settled()
    screen.screenshot("5-layers")
    screen.press("Escape")
    tv.opened("map")


def test_four_arrows_return_and_escape_reach_everything_at_1280x720(cloud: LocalCloud, tmp_path: Path) -> None:
    with x_server("1280x720", tmp_path) as screen:
        settings = screen.environment(with_account(cloud, TVAPP_VIEW_HOME=AT_SEA))
        with running(settings, tmp_path, size=None) as tv:
            assert tv.wait_for("app.started")["size"] == "1280x720"
            sign_in(tv, screen, cloud, "1-sign-in")
            tv.wait_for("geofences.loaded")
            tv.settled()

            screen.press("Return")  # no geofence here
            tv.opened("action-bar")
            screen.press("Right", "Right", "Right", "Return")  # zoom in; the bar stays for more of it
            tv.settled(zoom=13)
            screen.press("Right", "Return")
            tv.settled(zoom=12)
            screen.press("Escape")
            tv.opened("map")

            bar(tv, screen, rights=0)
            tv.opened("drawer")
            screen.press("Down")
            tv.settled()
            screen.press("Return")
            tv.opened("details")
            screen.screenshot("3-details")
            screen.press("Escape", "Escape")
            tv.opened("map")

            bar(tv, screen, rights=6)  # home
            tv.settled()
            bar(tv, screen, rights=2)
            tv.opened("layers")
            screen.press("Down", "Return")
            assert tv.wait_for("layers.chosen")["overlays"]
            screen.press("Escape")
            tv.opened("map")

            bar(tv, screen, rights=5)  # all of them
            tv.settled()
            bar(tv, screen, rights=6)
            tv.settled()
            bar(tv, screen, rights=7)  # the tour: any key ends it; the next one lets go of the geofence
            tv.settled()
            screen.press("Escape", "Escape")
            bar(tv, screen, rights=6)
            tv.settled()
            bar(tv, screen, rights=8)
            tv.opened("account")
            screen.screenshot("4-account")
            screen.press("Right", "Return")
            tv.wait_for("signin.signed_out")
            screen.press("Return")
            tv.wait_for("signin.prompted")
            screen.press("Escape")
            tv.opened("leave")
            screen.press("Right", "Return")
            assert tv.app.wait() == 0


def bar(tv: Tv, screen: XServer, *, rights: int) -> None:
    """Open the action bar with Back, which works even where a geofence fills the screen, and press an entry."""
    screen.press("Escape")
    tv.opened("action-bar")
    screen.press(*["Right"] * rights, "Return")
