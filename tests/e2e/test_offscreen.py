"""Whole sessions with a remote and a phone but without a screen: the real program, the real protocols."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.e2e.rig import SAMPLES, Tv, difference, running, with_account, with_key
from tvapp.auth.token_store import FORMAT
from tvapp.commands.phone import Phone


def tokens_in(data_dir: Path) -> set[str]:
    """Return every secret in the app's token cache."""

    def secrets(value: object) -> set[str]:
        if not isinstance(value, dict):
            return set()
        own = {text for name, text in value.items() if name == "secret" and isinstance(text, str)}
        return own.union(*map(secrets, value.values()))

    files = (data_dir / "auth").iterdir()
    return set().union(*(secrets(json.loads(bytes(FORMAT.unpack(path.read_bytes())))) for path in files))


def test_a_whole_session_leaves_no_secret_in_its_logs_and_a_second_start_needs_no_code(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        code = tv.sign_in(cloud)
        tv.wait_for("geofences.loaded", lambda fields: fields["count"] != 0)
        tv.settled()
        secrets = tokens_in(tv.data_dir)
        assert len(secrets) >= 3, "access token, refresh token, id token"
        assert tv.end() == 0
    with running(with_account(cloud), tmp_path) as again:
        restored = again.wait_for("signin.succeeded")
        assert restored["restored"] is True
        again.settled()
        again.press("zoom-in")
        again.settled(zoom=14)
        assert "signin.prompted" not in again.app.seen
        assert again.end() == 0
        secrets |= tokens_in(again.data_dir)
    logs = tv.log_file.read_text() + again.log_file.read_text()
    parts = {part for secret in secrets for part in secret.split(".") if len(part) >= 20}
    for secret in (*secrets, *parts, code, f"{code[:3]} {code[3:6]} {code[6:]}", "aino@"):
        assert secret not in logs
    assert not re.search(r"[\w-]{60,}", re.sub(r'"path": "[^"]*"', "", logs)), "something that looks like a device code"
    assert "ai***@" in logs


def test_signing_out_leaves_nothing_of_the_account_behind(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        tv.sign_in(cloud)
        tv.wait_for("geofences.loaded")
        tv.settled()
        tv.picture()
        secrets = tokens_in(tv.data_dir)
        tv.press("menu", "left", "ok")
        tv.opened("account")
        tv.press("right", "ok")
        tv.wait_for("signin.signed_out")
        tv.opened("sign-in")
        assert tv.end() == 0
    left = {path: path.read_bytes() for path in tv.data_dir.rglob("*") if path.is_file()}
    assert not [path for path in left if path.suffix == ".png"]
    for content in left.values():
        assert not [secret for secret in secrets if secret.encode() in content]
        assert b"aino" not in content
    for path in (path for path in left if path.suffix == ".sqlite"):
        with sqlite3.connect(path) as database:
            assert database.execute("SELECT count(*) FROM tile").fetchone() == (0,)
        database.close()


def test_a_declined_sign_in_waits_for_ok_before_it_asks_again(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        prompted = tv.wait_for("signin.prompted")
        with Phone({key: str(value) for key, value in cloud.ready.items()}) as phone:
            first = phone.waiting_code()
            phone.sign_in(str(prompted["verification_uri"]), first, "aino", decline=True)
        failed = tv.wait_for("signin.failed")
        assert (failed["error"], failed["next"]) == ("authorization_declined", "waits-for-ok")
        asked = cloud.count("devicecode")
        before = tv.picture()
        assert cloud.count("devicecode") == asked
        tv.press("ok")
        assert tv.sign_in(cloud) != first
        assert difference(before, tv.picture()) > 1000
        tv.settled()
        assert tv.end() == 0


def test_a_question_on_the_sign_in_screen_stays_open_whatever_becomes_of_the_code(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        tv.wait_for("signin.prompted")
        tv.press("back")
        tv.opened("leave")
        cloud.decline(cloud.pending()[-1]["user_code"])
        tv.wait_for("signin.failed")
        tv.picture()
        assert [fields["panel"] for fields in tv.logged() if fields["event"] == "screen.changed"][-1] == "leave"
        tv.press("ok")
        tv.opened("sign-in")
        tv.press("ok")
        tv.wait_for("signin.prompted")
        assert tv.end() == 0


@pytest.mark.parametrize("aadsts", [53003, 7000218])
def test_what_the_organisation_refuses_is_logged_for_its_admin(cloud: LocalCloud, tmp_path: Path, aadsts: int) -> None:
    cloud.fault("devicecode", aadsts=aadsts, times=1)
    with running(with_account(cloud), tmp_path) as tv:
        failed = tv.wait_for("signin.failed")
        assert (failed["aadsts"], failed["next"]) == (aadsts, "waits-for-ok")
        assert failed["correlation_id"]
        tv.picture()  # what it says is on the screen now, which is what a viewer presses OK for
        tv.press("ok")
        tv.wait_for("signin.prompted")
        assert tv.end() == 0


def test_a_code_is_renewed_before_it_runs_out(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.settings(code_lifetime_s=16)  # renewed after 12.8 s; the former counts for 3.2 s more
    with running(with_account(cloud), tmp_path) as tv:
        assert tv.wait_for("signin.prompted")["renewal"] == 0
        assert tv.wait_for("signin.prompted")["renewal"] == 1
        assert len(cloud.pending()) >= 2, "the former code still counts"
        cloud.approve(cloud.pending()[0]["user_code"])
        tv.wait_for("signin.succeeded")
        assert tv.end() == 0


def test_any_openid_provider_with_a_device_flow_will_do(cloud: LocalCloud, tmp_path: Path) -> None:
    environment = with_account(cloud, TVAPP_IDENTITY_OIDC_AUTHORITY=cloud.oidc_authority)
    del environment["TVAPP_IDENTITY_AUTHORITY"]
    with running(environment, tmp_path) as tv:
        tv.wait_for("signin.prompted")
        cloud.approve(cloud.pending()[-1]["user_code"])
        tv.wait_for("signin.succeeded")
        tv.settled()
        assert tv.end() == 0
    with running(environment, tmp_path) as again:
        again.wait_for("signin.succeeded")
        again.settled()
        assert "signin.prompted" not in again.app.seen
        assert again.end() == 0


def test_a_key_and_a_folder_need_no_sign_in_and_bad_files_are_counted(cloud: LocalCloud, tmp_path: Path) -> None:
    folder = tmp_path / "fences"
    folder.mkdir()
    good = json.loads((SAMPLES / "90-guide-sample.geojson").read_text())
    feature = good["features"][0] if "features" in good else good
    bad = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1]]]}, "properties": {}}
    (folder / "mixed.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature, bad]}))
    (folder / "broken.geojson").write_text('{"type": "FeatureColl')
    (folder / "bytes.geojson").write_bytes(bytes(range(256)))
    home = "{ longitude = -122.126986, latitude = 47.639754, zoom = 14 }"
    with running(with_key(cloud, folder, TVAPP_VIEW_HOME=home), tmp_path) as tv:
        skipped = [tv.wait_for("geofence.skipped") for _ in range(3)]
        assert all(fields["reason"] for fields in skipped)
        assert {str(fields["file"]).partition("#")[0].partition(" ")[0] for fields in skipped} >= {"broken.geojson"}
        loaded = tv.wait_for("geofences.loaded")
        assert (loaded["count"], loaded["skipped"]) == (1, 3)
        tv.settled()
        tv.press("ok")
        assert tv.wait_for("geofence.selected")
        assert not [name for name in tv.app.seen if name.startswith("signin")]
        assert tv.end() == 0
    assert not (tv.data_dir / "auth").exists() or not list((tv.data_dir / "auth").iterdir())
    assert cloud.count("devicecode") == 0


def test_a_folder_that_appears_later_is_found(cloud: LocalCloud, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    with running(with_key(cloud, folder, TVAPP_GEOFENCES_REFRESH_S="5"), tmp_path) as tv:
        tv.wait_for("geofences.unavailable")
        tv.settled()
        folder.mkdir()
        (folder / "one.geojson").write_bytes((SAMPLES / "90-guide-sample.geojson").read_bytes())
        assert tv.wait_for("geofences.loaded")["count"] == 1
        assert tv.end() == 0


def test_the_remote_reaches_every_panel_and_zooms_one_level_a_press(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_key(cloud), tmp_path) as tv:
        tv.wait_for("geofences.loaded")
        tv.settled()
        start = tv.picture()
        for key, zoom in (("zoom-in", 14), ("zoom-in", 15), ("zoom-out", 14), ("zoom-out", 13)):
            tv.press(key)
            tv.settled(zoom=zoom)
        tv.remote.hold("right", 0.5)
        tv.settled()
        assert difference(start, tv.picture()) > 20_000
        for presses, panel in ((0, "drawer"), (1, "draw"), (2, "layers")):
            tv.press("menu")
            tv.opened("action-bar")
            tv.press(*["right"] * presses, "ok")
            tv.opened(panel)
            tv.press("back")
            tv.opened("map")
        tv.press("menu", "left", "ok")
        tv.opened("account")
        tv.press("back", "back", "back")
        tv.opened("map")
        assert tv.end() == 0


def test_a_store_that_was_never_decided_on_is_an_error_that_stays_on_the_screen(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    environment = with_account(cloud)
    del environment["TVAPP_GEOFENCES_STORE"]
    with running(environment, tmp_path) as tv:
        stays_on_error_screen(tv)


def test_an_unknown_key_keeps_the_error_screen_up(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud, TVAPP_MAPS_STYL="road"), tmp_path) as tv:
        stays_on_error_screen(tv)


def stays_on_error_screen(tv: Tv) -> None:
    tv.opened("error")
    tv.wait_for("frame.first")
    tv.press("ok", "back")
    tv.opened("leave")
    tv.opened("error")
    first = tv.picture()
    assert len(first.getcolors(1 << 20) or []) > 20
    assert tv.end() == 0
