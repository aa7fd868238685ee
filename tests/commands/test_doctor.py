"""`tvapp doctor` against the local cloud: what it prints, its exit status, and that it changes nothing."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.app.diagnosis.rig import Doctor, as_command, command, expire_tokens, open_folder, sign_in, snapshot
from tests.cloud import ROOT, LocalCloud
from tests.e2e.rig import running, with_account, with_key

NAMES = [
    "config", "user", "instance", "version", "data-dir", "display", "remote", "link", "network", "clock", "sign-in",
    "token", "maps", "attribution", "store", "fonts",
]  # fmt: skip
STRANGER = 12345


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    return Doctor(monkeypatch, capsys)


def people(environment: Mapping[str, str], data_dir: Path) -> subprocess.CompletedProcess[str]:
    words = command(data_dir)
    return subprocess.run(words, env=dict(environment), capture_output=True, text=True, timeout=100, cwd=ROOT)


def test_before_anybody_signed_in_everything_else_is_checked(cloud: LocalCloud, tmp_path: Path, doctor: Doctor) -> None:
    report = doctor(with_account(cloud), tmp_path / "data")
    assert report.ok
    assert list(dict.fromkeys(check["name"] for check in report.checks)) == NAMES
    assert report.outcome("sign-in") == "pass"
    assert cloud.page in str(report.checks)
    assert set(report.wrong()) == {"signed-out"}
    assert report.skipped() == dict.fromkeys(("maps", "attribution", "store", "fonts"), "token")


def test_with_somebody_signed_in_everything_is_asked(cloud: LocalCloud, tmp_path: Path, doctor: Doctor) -> None:
    environment = with_account(cloud)
    sign_in(cloud, environment, tmp_path / "data")
    report = doctor(environment, tmp_path / "data")
    assert not report.wrong()
    assert {report.outcome(name) for name in NAMES} == {"pass"}
    assert report.machine["data_dir"] == str(tmp_path / "data")
    assert report.machine["host"]


def test_the_token_s_claims_are_told_and_never_the_token(cloud: LocalCloud, tmp_path: Path, doctor: Doctor) -> None:
    environment = with_account(cloud)
    sign_in(cloud, environment, tmp_path / "data")
    report = doctor(environment, tmp_path / "data")
    (token,) = [check for check in report.checks if check["name"] == "token"]
    assert token["details"]["audience"].rstrip("/") == "https://atlas.microsoft.com"
    assert token["details"]["account"] == "ai***@contosoharbour.onmicrosoft.com"
    assert 55 <= int(token["details"]["minutes"]) <= 60
    told = str(report.checks)
    assert [issued["kind"] for issued in cloud.issued() if issued["secret"] in told] == []


def test_a_token_for_another_service_is_told(cloud: LocalCloud, tmp_path: Path, doctor: Doctor) -> None:
    environment = with_account(cloud, TVAPP_IDENTITY_SCOPES="https://storage.azure.com/user_impersonation")
    sign_in(cloud, environment, tmp_path / "data")
    report = doctor(environment, tmp_path / "data")
    assert "maps-unauthorized" in report.wrong()


def test_a_host_that_refuses_is_told_apart_from_the_others(cloud: LocalCloud, tmp_path: Path, doctor: Doctor) -> None:
    report = doctor(with_key(cloud, TVAPP_MAPS_ENDPOINT="https://localhost:1"), tmp_path / "data")
    assert report.failed() == {"network"}
    assert report.skipped()["maps"] == "network:localhost:1"
    assert "localhost refuses the connection" in report.wrong()["unreachable"]["found"]
    assert report.outcome("store") == "pass"


def test_a_certificate_list_that_is_of_others_is_named_with_its_remedy(
    cloud: LocalCloud, tmp_path: Path, doctor: Doctor
) -> None:
    import certifi

    report = doctor(with_account(cloud, TVAPP_IDENTITY_CA_BUNDLE=certifi.where()), tmp_path / "data")
    assert report.status == 1
    assert "ca_bundle" in report.wrong()["tls-interception"]["remedy"]
    assert report.skipped()["clock"] == report.wrong()["tls-interception"]["id"]


def test_a_missing_folder_and_an_unusable_data_dir_are_named(cloud: LocalCloud, tmp_path: Path, doctor: Doctor) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    report = doctor(with_key(cloud, tmp_path / "none"), blocked / "data")
    assert set(report.wrong()) == {"disk-gone", "store-folder"}
    assert "none" in report.wrong()["store-folder"]["found"]


def test_a_wrong_key_is_named(cloud: LocalCloud, tmp_path: Path, doctor: Doctor) -> None:
    report = doctor(with_key(cloud, TVAPP_MAPS_SUBSCRIPTION_KEYS="not-the-right-key"), tmp_path / "data")
    assert set(report.wrong()) == {"maps-key"}
    assert "not-the-right-key" not in str(report.checks)


def test_a_wrong_configuration_stops_what_needs_it(cloud: LocalCloud, tmp_path: Path, doctor: Doctor) -> None:
    environment = with_account(cloud, TVAPP_MAPS_STYLE="purple", TVAPP_KIOSK_NONSENSE="1")
    report = doctor(environment, tmp_path / "data")
    wrong = [check for check in report.checks if check["fault"] == "config-wrong"]
    assert len(wrong) == 2
    assert "purple" in str(wrong)
    assert report.outcome("data-dir") == "pass"
    assert {report.outcome(name) for name in NAMES[NAMES.index("link") :]} == {"skip"}
    assert set(report.skipped().values()) == {wrong[0]["id"]}


@pytest.mark.parametrize(("keys", "status"), [("", 0), ("not-the-right-key", 1)], ids=["well", "ill"])
def test_people_get_sentences(cloud: LocalCloud, tmp_path: Path, keys: str, status: int) -> None:
    own = {"TVAPP_MAPS_SUBSCRIPTION_KEYS": keys} if keys else {}
    done = people(with_key(cloud) | own, tmp_path / "data")
    assert done.returncode == status
    last = done.stdout.splitlines()[-1]
    assert last == ("Everything is fine." if status == 0 else "1 of 15 checks failed.")
    assert ("FAIL maps" in done.stdout) == bool(status)
    assert ("-> " in done.stdout) == bool(status)


# -- writing --------------------------------------------------------------------------------------------------------


def test_where_asked_a_geofence_is_written_and_removed(cloud: LocalCloud, tmp_path: Path, doctor: Doctor) -> None:
    environment = with_account(cloud)
    sign_in(cloud, environment, tmp_path / "data")
    before = [file["content"] for file in cloud.map_data()["files"]]
    report = doctor(environment, tmp_path / "data", "--write")
    assert report.outcome("store-write") == "pass"
    assert [file["content"] for file in cloud.map_data()["files"]] == before
    accepted = cloud.map_data()["accepted"]
    assert (accepted["POST"], accepted["DELETE"]) == (1, 1)


def test_without_being_asked_nothing_is_written(cloud: LocalCloud, tmp_path: Path, doctor: Doctor) -> None:
    environment = with_account(cloud)
    sign_in(cloud, environment, tmp_path / "data")
    assert doctor(environment, tmp_path / "data").outcome("store-write") == "missing"
    assert sum(cloud.map_data()["accepted"].values()) == 0


def test_an_account_that_may_only_read_is_told_when_writing(cloud: LocalCloud, tmp_path: Path, doctor: Doctor) -> None:
    environment = with_account(cloud)
    sign_in(cloud, environment, tmp_path / "data", "ben")
    report = doctor(environment, tmp_path / "data", "--write")
    assert set(report.wrong()) == {"storage-write-role"}
    assert report.outcome("store") == "pass"


# -- nothing changes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("owner", [0, STRANGER], ids=["its owner", "root on another's folder"])
@pytest.mark.parametrize("is_expired", [False, True], ids=["fresh tokens", "expired tokens"])
def test_a_run_changes_nothing_in_the_data_folder(cloud: LocalCloud, owner: int, is_expired: bool) -> None:
    if owner and os.geteuid():
        pytest.skip("only root may look at the folder of another")
    home = Path(os.environ["HOME"])
    with open_folder() as folder:
        data, bundle = folder / "data", folder / "cloud.pem"
        bundle.write_bytes(Path(cloud.ca_bundle).read_bytes())
        environment = with_account(cloud, TVAPP_IDENTITY_CA_BUNDLE=str(bundle))
        sign_in(cloud, environment, data)
        if is_expired:
            expire_tokens(data)
        (data / "auth" / "tokens.json").chmod(0o640)  # which the app itself would correct
        for path in (data, *data.rglob("*")):
            os.chown(path, owner or os.geteuid(), -1)
        before, home_before = snapshot(data), snapshot(home)
        report = as_command(environment, data)
        assert (report.outcome("token"), report.outcome("maps")) == ("pass", "pass")
        assert snapshot(data) == before
        assert snapshot(home) == home_before
        assert not owner or report.machine["user"] == str(owner)


def test_a_folder_above_that_may_not_be_entered_is_named(cloud: LocalCloud) -> None:
    if os.geteuid():
        pytest.skip("only root may look at the folder of another")
    with open_folder() as folder:
        closed = folder / "closed"
        data = closed / "data"
        data.mkdir(parents=True)
        os.chown(data, STRANGER, STRANGER)
        closed.chmod(0o700)
        report = as_command(with_key(cloud, TVAPP_IDENTITY_CA_BUNDLE=""), data)
        assert f"namei -l {data}" in report.wrong()["folder-closed"]["remedy"]
        assert report.skipped()["data-dir"] == "user"


def test_a_data_folder_that_is_not_there_is_not_made(cloud: LocalCloud, tmp_path: Path, doctor: Doctor) -> None:
    assert doctor(with_key(cloud), tmp_path / "data").ok
    assert not (tmp_path / "data").exists()


def test_a_damaged_token_file_is_left_as_it_is(cloud: LocalCloud, tmp_path: Path, doctor: Doctor) -> None:
    environment = with_account(cloud)
    sign_in(cloud, environment, tmp_path / "data")
    (tmp_path / "data" / "auth" / "tokens.json").write_bytes(b"half a fi")
    before = snapshot(tmp_path / "data")
    assert set(doctor(environment, tmp_path / "data").wrong()) == {"signed-out"}
    assert snapshot(tmp_path / "data") == before


def test_beside_a_running_app_nothing_changes_and_its_sign_in_goes_on(cloud: LocalCloud, tmp_path: Path) -> None:
    environment = with_account(cloud)
    with running(environment, tmp_path) as tv:
        tv.sign_in(cloud)
        tv.wait_for("geofences.loaded")
        tv.settled()
        tv.app.signal(signal.SIGSTOP)  # it still holds its lock, and writes nothing itself meanwhile
        before = snapshot(tv.data_dir)
        report = as_command(environment, tv.data_dir)
        assert snapshot(tv.data_dir) == before
        tv.app.signal(signal.SIGCONT)
        assert set(report.wrong()) == {"another-instance"}
        assert str(tv.app.pid) in report.wrong()["another-instance"]["found"]
        cloud.ask("POST", "/challenge", {})
        tv.press("zoom-out")
        tv.wait_for("token.renewed")
        tv.settled()
        assert tv.end() == 0
