"""Services that fail while the map is shown: the map stays, a notice names the reason and goes by itself."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import certifi
import PIL.Image
import pytest

from tests.cloud import LocalCloud
from tests.e2e.cable import Cable
from tests.e2e.rig import Tv, count, running, until, with_account, with_key
from tvapp.commands.journey import Fields
from tvapp.ui import theme

SIZE = (960, 540)
WINDOW = f"{SIZE[0]}x{SIZE[1]}"
NOTICES = (580, 60, 930, 300)
"""The place of notices: the upper right, below the chips."""
ENOUGH = 40
"""Pixels of a notice's colour bar; the map of these tests has none of that colour there."""
AT_SEA = "{ longitude = 24.9, latitude = 59.9, zoom = 12 }"


@pytest.fixture
def fences(tmp_path: Path) -> Path:
    """Return a folder with a single geofence in it, far from where the map is."""
    folder = tmp_path / "fences"
    folder.mkdir()
    point = {"type": "Point", "coordinates": [10.0, 50.0]}
    feature = {"type": "Feature", "geometry": point, "properties": {"name": "Far", "subType": "Circle", "radius": 50}}
    (folder / "one.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return folder


def has_notice(image: PIL.Image.Image, color: tuple[int, int, int]) -> bool:
    return count(image, color, NOTICES) > ENOUGH


WARN, BAD = theme.WARN[:3], theme.BAD[:3]


def warns(image: PIL.Image.Image) -> bool:
    return has_notice(image, WARN)


def is_quiet(image: PIL.Image.Image) -> bool:
    return not has_notice(image, WARN) and not has_notice(image, BAD)


def failed(tv: Tv, error: str) -> Fields:
    return tv.wait_for("tile.failed", lambda fields: fields["error"] == error)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 429, "retry_after": 2}, "Throttled"),
        ({"status": 503, "retry_after": 2}, "ServiceDown"),
        ({"html": True}, "UnexpectedReply"),
    ],
    ids=["too-many-requests", "service-down", "captive-portal"],
)
def test_a_service_in_trouble_is_named_and_the_map_goes_on_by_itself_afterwards(
    cloud: LocalCloud, tmp_path: Path, fences: Path, fault: dict[str, object], error: str
) -> None:
    with running(with_key(cloud, fences, TVAPP_VIEW_HOME=AT_SEA), tmp_path, size=WINDOW) as tv:
        tv.settled()
        assert is_quiet(tv.picture())
        cloud.fault("tile", **fault)
        tv.press("zoom-in")
        assert failed(tv, error)["retry_in"]
        tv.settled(missing=True)
        troubled = tv.picture_with(warns)
        assert warns(troubled)
        assert len(troubled.getcolors(1 << 20) or []) > 50, "the map is gone"
        cloud.clear("tile")
        tv.settled(zoom=13)
        assert is_quiet(tv.picture_with(is_quiet))
        assert tv.end() == 0


def test_a_pulled_cable_is_noticed_and_so_is_its_return(cloud: LocalCloud, tmp_path: Path, fences: Path) -> None:
    cable = Cable(urlsplit(cloud.endpoint).port or 443)
    own = {"TVAPP_MAPS_ENDPOINT": f"https://localhost:{cable.port}", "TVAPP_VIEW_HOME": AT_SEA}
    with running(with_key(cloud, fences, **own), tmp_path, size=WINDOW) as tv:
        tv.settled()
        cable.pull()
        tv.press("zoom-in")
        assert "localhost" in str(tv.wait_for("network.lost"))
        tv.settled(missing=True)
        assert warns(tv.picture_with(warns))
        cable.plug()
        tv.wait_for("network.restored")
        tv.settled()
        assert is_quiet(tv.picture_with(is_quiet))
        assert tv.end() == 0
    cable.pull()


def test_the_app_starts_without_a_network_and_goes_on_when_it_comes(cloud: LocalCloud, tmp_path: Path) -> None:
    cable = Cable(urlsplit(cloud.endpoint).port or 443)
    cable.pull()
    own = {"TVAPP_MAPS_ENDPOINT": f"https://localhost:{cable.port}"}
    own["TVAPP_IDENTITY_AUTHORITY"] = cloud.authority.replace(cloud.endpoint, own["TVAPP_MAPS_ENDPOINT"])
    with running(with_account(cloud, **own), tmp_path) as tv:
        failed = tv.wait_for("connection.step_failed")
        assert (failed["step"], failed["reason"], failed["host"]) == ("service", "refused", "localhost")
        tv.wait_for("signin.failed", lambda fields: fields["next"] == "retries")
        cable.plug()
        tv.sign_in(cloud)
        tv.settled()
        assert tv.end() == 0
    restored = [fields["step"] for fields in tv.logged() if fields["event"] == "connection.step_restored"]
    assert restored[-1] == "service"
    cable.pull()


def test_a_start_without_a_network_shows_the_geofences_of_last_time_and_signing_out_removes_them(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    cable = Cable(urlsplit(cloud.endpoint).port or 443)
    own = {"TVAPP_MAPS_ENDPOINT": f"https://localhost:{cable.port}"}
    own["TVAPP_IDENTITY_AUTHORITY"] = cloud.authority.replace(cloud.endpoint, own["TVAPP_MAPS_ENDPOINT"])
    with running(with_account(cloud, **own), tmp_path) as tv:
        tv.sign_in(cloud)
        count = tv.wait_for("geofences.loaded")["count"]
        tv.settled()
        assert tv.end() == 0
    cable.pull()
    with running(with_account(cloud, **own), tmp_path) as again:
        assert again.wait_for("geofences.restored")["count"] == count != 0
        again.wait_for("map.settled")
        # Restored geofences are on the map a moment later than the tiles.
        until(lambda: selects(again))
        again.press("back", "menu", "left", "ok")
        again.opened("account")
        again.press("right", "ok")
        again.wait_for("signin.signed_out")
        assert again.end() == 0
        assert not list((again.data_dir / "geofences").glob("*"))


def selects(tv: Tv) -> bool:
    """Press OK on the map, and Back where there was no geofence; returns whether there was one."""
    before = len(tv.logged())
    tv.press("ok")
    answers = {"geofence.selected", "screen.changed"}
    until(lambda: answers & {fields["event"] for fields in tv.logged()[before:]})
    if any(fields["event"] == "geofence.selected" for fields in tv.logged()[before:]):
        return True
    tv.press("back")
    return False


def test_somebody_without_the_role_is_told_so_and_keeps_the_session(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud, TVAPP_VIEW_HOME=AT_SEA), tmp_path, size=WINDOW) as tv:
        tv.sign_in(cloud, "carla")
        assert failed(tv, "Forbidden")["status"] == 403
        tv.settled(missing=True)
        assert has_notice(tv.picture_with(lambda image: has_notice(image, BAD)), BAD)
        assert tv.end() == 0
    assert cloud.count("tile") < 12
    assert not cloud.pending(), "a missing role is no reason for another sign-in"


def test_a_revoked_sign_in_asks_again_over_the_map_and_somebody_else_may_answer(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        tv.sign_in(cloud, "aino")
        tv.wait_for("geofences.loaded")
        tv.settled()
        cloud.revoke(access=True)
        tv.press("zoom-in")
        tv.wait_for("signin.failed", lambda fields: fields["next"] == "new-code")
        tv.sign_in(cloud, "ben")
        tv.wait_for("geofences.loaded")
        tv.settled()
        assert tv.end() == 0
    accounts = [fields["account"] for fields in tv.logged() if fields["event"] == "signin.succeeded"]
    assert [str(account)[:2] for account in accounts] == ["ai", "be"]


@pytest.mark.parametrize(("status", "error"), [(401, "Unauthorized"), (403, "Forbidden")])
def test_what_was_refused_is_asked_for_again_by_itself(
    cloud: LocalCloud, tmp_path: Path, fences: Path, status: int, error: str
) -> None:
    settings = with_key(cloud, fences, TVAPP_VIEW_HOME=AT_SEA)
    with running(settings, tmp_path, size=WINDOW, module="tests.e2e.short_backoff_app") as tv:
        tv.settled()
        cloud.fault("tile", status=status)
        tv.press("zoom-in")
        failed(tv, error)
        tv.settled(missing=True)
        assert not is_quiet(tv.picture_with(lambda image: not is_quiet(image)))
        cloud.clear("tile")
        tv.settled()
        assert is_quiet(tv.picture_with(is_quiet))
        assert tv.end() == 0


@pytest.mark.parametrize(
    ("own", "step", "reasons"),
    [
        (
            {"TVAPP_IDENTITY_AUTHORITY": "https://login.tvapp.invalid/tenant"},
            "name",
            {"name-unknown", "no-name-server"},
        ),
        ({"TVAPP_IDENTITY_CA_BUNDLE": certifi.where()}, "tls", {"untrusted"}),
    ],
    ids=["name", "tls"],
)
def test_a_start_that_does_not_reach_the_sign_in_service_says_which_step_fails(
    cloud: LocalCloud, tmp_path: Path, own: dict[str, str], step: str, reasons: set[str]
) -> None:
    def names_a_failure(image: PIL.Image.Image) -> bool:
        return count(image, BAD, (0, 0, SIZE[0] // 2, SIZE[1])) > ENOUGH

    with running(with_account(cloud, **own), tmp_path, size=WINDOW) as tv:
        failed = tv.wait_for("connection.step_failed", lambda fields: fields["step"] not in ("link", "address"))
        assert failed["step"] == step
        assert failed["reason"] in reasons
        assert names_a_failure(tv.picture_with(names_a_failure))
        assert tv.end() == 0
