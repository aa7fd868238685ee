"""The status screen of the real program: opened with a remote, filled by real checks, while the frames go on."""

from __future__ import annotations

from pathlib import Path

from tests.cloud import LocalCloud
from tests.e2e.rig import difference, running, with_account


def test_from_the_sign_in_the_tv_is_checked_and_back_leads_to_the_code(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        tv.wait_for("signin.prompted")
        before = tv.picture()
        tv.press("down")
        tv.opened("status")
        ended = tv.wait_for("diagnosis.ended")
        assert (ended["failed"], ended["faults"]) == (0, "signed-out")
        assert difference(before, tv.picture())
        tv.press("back")
        tv.opened("sign-in")
        # The code on the screen is the older one; that of the diagnosis is not shown to anybody.
        cloud.approve(cloud.pending()[0]["user_code"])
        tv.wait_for("signin.succeeded")
        tv.settled()
        assert tv.end() == 0


def test_from_the_map_what_is_wrong_is_found_while_the_remote_goes_on(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        tv.sign_in(cloud, "carla")
        tv.wait_for("tile.failed")
        cloud.fault("devicecode", delay_s=3.0)
        tv.press("menu", "left", "ok")
        tv.opened("account")
        tv.press("down", "right", "ok")
        tv.opened("status")
        tv.press("down", "down", "back")  # the checks wait for an answer meanwhile
        tv.opened("map")
        tv.press("menu", "left", "ok", "down", "right", "ok")
        ended = tv.wait_for("diagnosis.ended")
        assert ended["faults"] == "maps-role"
        assert tv.end() == 0
