"""`tvapp doctor` against the local cloud: what is right passes, what is wrong is named with a remedy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.e2e.rig import running, with_account, with_key
from tvapp.commands.doctor import _display
from tvapp.config.model import Config
from tvapp.display.hardware import Availability

NAMES = ["config", "data-dir", "display", "link", "network", "clock", "sign-in", "maps", "store"]


@dataclass(frozen=True)
class Report:
    """What the doctor printed as JSON."""

    status: int
    ok: bool
    checks: list[dict[str, str]]

    def outcome(self, name: str) -> str:
        """Return the worst outcome of the checks of that name."""
        outcomes = {check["outcome"] for check in self.checks if check["name"] == name}
        return next((outcome for outcome in ("fail", "skip", "pass") if outcome in outcomes), "missing")

    def failed(self) -> dict[str, dict[str, str]]:
        return {check["name"]: check for check in self.checks if check["outcome"] == "fail"}


def doctor(environment: Mapping[str, str], data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tvapp", "doctor", "--data-dir", str(data_dir), *arguments]
    return subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=100)


def examine(environment: Mapping[str, str], data_dir: Path) -> Report:
    done = doctor(environment, data_dir, "--json")
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {"ok", "checks"}
    for check in found["checks"]:
        assert set(check) == {"name", "outcome", "found", "remedy"}
        assert check["outcome"] in ("pass", "fail", "skip")
        assert check["found"]
        assert bool(check["remedy"]) or check["outcome"] != "fail"
    assert found["ok"] == (done.returncode == 0)
    return Report(done.returncode, found["ok"], found["checks"])


def test_before_anybody_signed_in_everything_else_is_checked(cloud: LocalCloud, tmp_path: Path) -> None:
    report = examine(with_account(cloud), tmp_path / "data")
    assert report.ok
    assert list(dict.fromkeys(check["name"] for check in report.checks)) == NAMES
    assert report.outcome("sign-in") == "pass"
    assert cloud.page in str(report.checks)
    assert (report.outcome("maps"), report.outcome("store")) == ("skip", "skip")


def test_with_somebody_signed_in_the_maps_and_the_store_are_asked(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        tv.sign_in(cloud)
        tv.wait_for("geofences.loaded")
        assert tv.end() == 0
    report = examine(with_account(cloud), tv.data_dir)
    assert not report.failed()
    assert {report.outcome(name) for name in NAMES} == {"pass"}
    assert "ai***@" in str(report.checks)
    assert "aino@" not in str(report.checks)


def test_a_missing_role_is_named_with_its_remedy(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        tv.sign_in(cloud, "carla")
        tv.wait_for("tile.failed")
        assert tv.end() == 0
    report = examine(with_account(cloud), tv.data_dir)
    assert report.outcome("sign-in") == "pass"
    assert set(report.failed()) == {"maps", "store"}
    assert "403" in report.failed()["maps"]["found"]


def test_a_certificate_that_nobody_trusts_is_named_with_its_remedy(cloud: LocalCloud, tmp_path: Path) -> None:
    import certifi

    report = examine(with_account(cloud, TVAPP_IDENTITY_CA_BUNDLE=certifi.where()), tmp_path / "data")
    assert report.status == 1
    assert "ca_bundle" in report.failed()["network"]["remedy"]
    assert report.outcome("clock") == "skip"


def test_a_host_that_refuses_is_told_apart_from_the_others(cloud: LocalCloud, tmp_path: Path) -> None:
    report = examine(with_key(cloud, TVAPP_MAPS_ENDPOINT="https://localhost:1"), tmp_path / "data")
    assert set(report.failed()) == {"network", "maps"}
    assert "localhost refuses the connection" in report.failed()["network"]["found"]
    assert report.outcome("store") == "pass"


def test_a_name_that_is_not_found_is_told_in_the_words_of_the_screens(cloud: LocalCloud, tmp_path: Path) -> None:
    report = examine(with_key(cloud, TVAPP_MAPS_ENDPOINT="https://maps.tvapp.invalid"), tmp_path / "data")
    found = report.failed()["network"]["found"]
    assert "The name maps.tvapp.invalid is not found" in found or "does not find any names" in found
    assert "(DNS)" in report.failed()["network"]["remedy"]
    assert report.outcome("link") != "missing"


def test_a_missing_folder_and_an_unwritable_data_dir_are_named(cloud: LocalCloud, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    report = examine(with_key(cloud, tmp_path / "none"), blocked / "data")
    assert set(report.failed()) == {"data-dir", "store"}
    assert "none" in report.failed()["store"]["found"]


def test_a_wrong_key_is_named(cloud: LocalCloud, tmp_path: Path) -> None:
    report = examine(with_key(cloud, TVAPP_MAPS_SUBSCRIPTION_KEYS="not-the-right-key"), tmp_path / "data")
    assert set(report.failed()) == {"maps"}
    assert "not-the-right-key" not in str(report.checks)


def test_a_clock_that_is_wrong_is_named(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.settings(clock_skew_s=1800)
    report = examine(with_key(cloud), tmp_path / "data")
    assert "30 min behind" in report.failed()["clock"]["found"]
    assert "timedatectl" in report.failed()["clock"]["remedy"]


def test_a_wrong_configuration_stops_the_rest(cloud: LocalCloud, tmp_path: Path) -> None:
    report = examine(with_account(cloud, TVAPP_MAPS_STYLE="purple", TVAPP_KIOSK_NONSENSE="1"), tmp_path / "data")
    wrong = [check for check in report.checks if check["name"] == "config"]
    assert len(wrong) == 2
    assert "purple" in str(wrong)
    assert {report.outcome(name) for name in NAMES[3:]} == {"skip"}


@pytest.mark.parametrize(("keys", "status"), [("", 0), ("not-the-right-key", 1)], ids=["well", "ill"])
def test_people_get_sentences(cloud: LocalCloud, tmp_path: Path, keys: str, status: int) -> None:
    own = {"TVAPP_MAPS_SUBSCRIPTION_KEYS": keys} if keys else {}
    done = doctor(with_key(cloud) | own, tmp_path / "data")
    assert done.returncode == status
    last = done.stdout.splitlines()[-1]
    assert last == ("Everything is fine." if status == 0 else "1 of 9 checks failed.")
    assert ("FAIL maps" in done.stdout) == bool(status)
    assert ("-> " in done.stdout) == bool(status)


@pytest.mark.parametrize(
    ("seen", "closed", "found", "remedy"),
    [
        (Availability("never", "neither a desktop nor a graphics card"), "", "graphics card", "connect a screen"),
        (
            Availability("never", "card0 cannot be opened: add the user to the groups video"),
            "",
            "card0",
            "groups video",
        ),
        (
            Availability("doubt"),
            "no key would arrive: 2 closed: add the user to the group input",
            "no key",
            "group input",
        ),
        (Availability("wait", "no screen is connected"), "", "no screen", "cable"),
    ],
)
def test_what_the_console_s_screen_lacks_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, seen: Availability, closed: str, found: str, remedy: str
) -> None:
    monkeypatch.setattr("tvapp.display.hardware.display_availability", lambda _environ, **_lacks: seen)
    monkeypatch.setattr("tvapp.display.hardware.unreadable_inputs", lambda _devices: closed)
    check = _display(Config(), {"SDL_VIDEODRIVER": "kmsdrm"})
    assert check.outcome == "fail"
    assert found in check.found
    assert remedy in check.remedy


def test_a_console_s_screen_with_keys_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvapp.display.hardware.display_availability", lambda _environ, **_lacks: Availability("doubt"))
    assert _display(Config(), {"SDL_VIDEODRIVER": "kmsdrm"}).outcome == "pass"
