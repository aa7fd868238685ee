"""The last view is shown again after the next start, however the app ended."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

import PIL.Image
import pytest

from tests.cloud import LocalCloud
from tests.e2e.editing import AT_SEA, circle, collection, select
from tests.e2e.rig import Tv, running, until, with_account, with_key
from tvapp.mapview.last_view import FORMAT

QUICK_STORE = "tests.e2e.quick_view_store_app"
BLOCKED_IMPORTS = "tests.e2e.blocked_imports_app"


def kept(tv: Tv) -> dict[str, object]:
    """Return the stored view; {} while there is none."""
    files = list((tv.data_dir / "views").glob("*.json"))
    assert len(files) <= 1
    with contextlib.suppress(FileNotFoundError):  # the app may remove it at this moment
        return json.loads(bytes(FORMAT.unpack(files[0].read_bytes()))) if files else {}
    return {}


@pytest.mark.parametrize("ending", ["kill -9", "SIGTERM"])
def test_centre_zoom_layers_and_selection_are_there_again(ending: str, cloud: LocalCloud, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "area.geojson").write_text(collection(circle("Pier", radius_m=400)))
    environment = with_key(cloud, shared, TVAPP_VIEW_HOME=AT_SEA)
    with running(environment, tmp_path, module=QUICK_STORE if ending == "kill -9" else "tvapp") as tv:
        tv.wait_for("geofences.loaded", lambda fields: fields["count"] != 0)
        tv.settled()
        chosen = select(tv)
        tv.press("right", "zoom-in")
        tv.press("menu", "right", "right", "ok")
        tv.opened("layers")
        tv.press("right", "ok", "back")
        tv.wait_for("layers.chosen")
        tv.settled()
        if ending == "kill -9":
            until(lambda: comes_to_rest(tv))
            tv.kill()
        else:
            assert tv.end() == 0
    before = kept(tv)
    assert before["selected"] == chosen
    assert before["base"] != "dark"
    with running(environment, tmp_path) as again:
        restored = again.wait_for("view.restored")
        assert (restored["base"], restored["zoom"]) == (before["base"], round(float(str(before["zoom"])), 2))
        assert again.settled()["zoom"] == restored["zoom"]
        again.press("zoom-in")
        again.settled()
        assert again.end() == 0
    after = kept(again)
    assert after["zoom"] != before["zoom"]
    assert after["selected"] == chosen


def comes_to_rest(tv: Tv) -> bool:
    """Tell whether layers and selection are stored, and the view equals the stored one."""
    now = kept(tv)
    time.sleep(1.0)
    return bool(now.get("selected")) and now["base"] != "dark" and kept(tv) == now


def test_a_broken_file_is_a_start_at_home(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_key(cloud), tmp_path) as tv:
        home = tv.settled()["zoom"]
        tv.press("zoom-in")
        tv.settled(zoom=float(str(home)) + 1)
        assert tv.end() == 0
    (file,) = (tv.data_dir / "views").glob("*.json")
    file.write_bytes(file.read_bytes()[:-9])
    with running(with_key(cloud), tmp_path) as again:
        again.wait_for("view.not_restored")
        assert again.settled()["zoom"] == home
        assert again.end() == 0


def test_signing_out_removes_it_and_nobody_else_starts_there(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud), tmp_path, module=QUICK_STORE) as tv:
        tv.sign_in(cloud, "aino")
        home = tv.settled()["zoom"]
        tv.press("zoom-in")
        tv.settled()
        until(lambda: kept(tv).get("zoom") == float(str(home)) + 1)
        tv.press("menu", "left", "ok")
        tv.opened("account")
        tv.press("right", "ok")
        tv.wait_for("signin.signed_out")
        until(lambda: not kept(tv))
        tv.press("ok")
        tv.sign_in(cloud, "ben")
        assert tv.settled()["zoom"] == home
        assert tv.end() == 0


def test_the_map_of_last_time_is_shown_before_anything_that_could_send_a_request_is_loaded(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    until_there = tmp_path / "let-go"
    environment = with_account(cloud, HELD_UNTIL=str(until_there))
    with running(environment, tmp_path) as tv:
        tv.sign_in(cloud)
        tv.settled()
        assert tv.end() == 0
    with running(environment, tmp_path, module=BLOCKED_IMPORTS) as again:
        assert again.wait_for("tile.first")["origin"] == "disk"
        assert has_map(again.picture_with(has_map))
        assert not {event["event"] for event in again.logged()} & {"map.settled", "geofences.loaded"}
        until_there.touch()
        assert again.settled()["requests"] == 0
        assert again.end() == 0


def has_map(picture: PIL.Image.Image) -> bool:
    """Tell whether the middle of the screen has more than one colour."""
    width, height = picture.size
    return len(picture.crop((width // 4, height // 4, width // 2, height // 2)).getcolors(1 << 20) or ()) > 20
