"""SIGTERM and SIGHUP end the app within 5 s with status 0, whatever it is doing."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.e2e.rig import Tv, running, with_account, with_key

TERM, HUP = signal.SIGTERM, signal.SIGHUP


def on_start_screen(tv: Tv, _cloud: LocalCloud) -> None:
    tv.wait_for("app.started")


def while_the_code_is_asked_for(tv: Tv, cloud: LocalCloud) -> None:
    # A worker waits for an answer that takes half a minute.
    cloud.fault("devicecode", delay_s=30.0)
    tv.opened("sign-in")


def while_a_code_is_shown(tv: Tv, cloud: LocalCloud) -> None:
    cloud.fault("token", delay_s=30.0)
    tv.wait_for("signin.prompted")
    tv.picture()


def on_the_map(tv: Tv, cloud: LocalCloud) -> None:
    tv.sign_in(cloud)
    tv.wait_for("geofences.loaded")
    tv.settled()


def while_tiles_hang(tv: Tv, cloud: LocalCloud) -> None:
    cloud.fault("tile", delay_s=30.0)
    cloud.fault("map-data", delay_s=30.0)
    tv.sign_in(cloud)
    tv.opened("map")
    tv.press("right")


@pytest.mark.parametrize(
    ("reached", "number"),
    [
        (on_start_screen, HUP),
        (while_the_code_is_asked_for, TERM),
        (while_a_code_is_shown, HUP),
        (on_the_map, HUP),
        (while_tiles_hang, TERM),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_signal_ends_the_app_in_time(
    cloud: LocalCloud, tmp_path: Path, reached: Callable[[Tv, LocalCloud], None], number: signal.Signals
) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        reached(tv, cloud)
        assert tv.end(number) == 0
    assert_stopped(tv, number.name)


def test_the_error_screen_ends_in_time_too(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_key(cloud, TVAPP_MAPS_ENDPOINT="http://nowhere"), tmp_path) as tv:
        tv.opened("error")
        tv.wait_for("frame.first")
        assert tv.end(TERM) == 0
    assert_stopped(tv, "SIGTERM")


def test_back_and_a_yes_end_the_app_from_the_sign_in_screen(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        tv.wait_for("signin.prompted")
        tv.press("back")
        tv.opened("leave")
        tv.press("right", "ok")
        assert tv.app.wait(5.0) == 0
    assert_stopped(tv, "left")


def test_the_account_panel_ends_the_app_from_the_map(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_key(cloud), tmp_path) as tv:
        tv.settled()
        tv.press("menu", "left", "ok")
        tv.opened("account")
        tv.press("right", "ok")
        assert tv.app.wait(5.0) == 0
    assert_stopped(tv, "left")


def test_an_app_that_may_not_be_closed_starts_again_with_the_settings_that_were_corrected(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[kiosk]\nclosable = false\nunits = "parsecs"\n')
    with running(with_key(cloud), tmp_path, "--config", str(config)) as tv:
        tv.opened("error")
        tv.wait_for("remote.device_opened")
        tv.press("back", "ok")
        tv.opened("error")  # nothing was corrected yet
        config.write_text("[kiosk]\nclosable = false\n")
        tv.wait_for("remote.device_opened")
        tv.press("ok")
        tv.settled()
        tv.press("menu", "left", "ok")
        tv.opened("account")
        tv.press("right", "ok")
        tv.opened("map")
        assert tv.end() == 0
    reasons = [fields["reason"] for fields in tv.logged() if fields["event"] == "app.stopped"]
    assert reasons == ["start again", "start again", "SIGTERM"]


def assert_stopped(tv: Tv, reason: str) -> None:
    """Assert that the log has a single event about the end, with its reason."""
    assert [fields["reason"] for fields in tv.logged() if fields["event"] == "app.stopped"] == [reason]
    assert not [fields for fields in tv.logged() if fields["event"] in ("job.failed", "frame.failed")]
