"""`tvapp config check`: what it prints, and its exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tvapp.commands.cli import run
from tvapp.core.exit_status import EXIT_CONFIG, EXIT_OK

GOOD = """
[maps]
auth = "shared-key"
subscription_keys = ["a-secret-key-of-maps"]
[geofences]
store = "folder"
path = "fences"
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    path = tmp_path / "config.toml"
    path.write_text(GOOD)
    path.chmod(0o600)
    (tmp_path / "conf.d").mkdir()
    return path


def check(config: Path, capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, str]:
    status = run(["config", "check", "--config", str(config), *flags])
    said = capsys.readouterr()
    assert said.err == ""
    assert "a-secret-key-of-maps" not in said.out
    return status, said.out


def test_what_is_set_is_listed_with_the_file_and_secrets_are_not_shown(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = config.parent / "conf.d" / "10-site.toml"
    more.write_text('[kiosk]\nunits = "imperial"\n')
    status, said = check(config, capsys)
    assert status == EXIT_OK
    lines = said.splitlines()
    assert lines[:2] == [f"read {config}", f"read {more}"]
    assert lines[-1] == "The configuration can be used."
    listed = dict(line.strip().split("=", 1) for line in lines[2:-1])
    listed = {key.strip(): value.strip() for key, value in listed.items()}
    assert listed["kiosk.units"] == f'"imperial"    # {more}'
    assert listed["maps.subscription_keys"].startswith("a list of 1 ")


def test_a_variable_is_named_as_the_source(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TVAPP_KIOSK_LANGUAGE", "de")
    _, said = check(config, capsys, "--json")
    found = {each["key"]: each for each in json.loads(said)["settings"]}
    assert found["kiosk.language"] == {"key": "kiosk.language", "value": "de", "source": "TVAPP_KIOSK_LANGUAGE"}


def test_errors_are_explained_and_end_with_status_3(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = config.parent / "conf.d" / "10-site.toml"
    more.write_text('[kiosk]\nunits = "parsecs"\n')
    status, said = check(config, capsys)
    assert status == EXIT_CONFIG
    assert f"  {more}: kiosk.units\n" in said
    assert '    allowed: "metric", "imperial"' in said
    status, said = check(config, capsys, "--json")
    report = json.loads(said)
    assert (status, report["ok"]) == (EXIT_CONFIG, False)
    assert report["files"] == [str(config), str(more)]
    (error,) = report["errors"]
    assert error == {
        "source": str(more), "key": "kiosk.units", "found": '"parsecs"', "allowed": '"metric", "imperial"',
    }  # fmt: skip


def test_a_credential_that_only_the_service_has_is_a_note_and_no_error(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(GOOD.replace('["a-secret-key-of-maps"]', '{ credential = "maps-key" }'))
    status, said = check(config, capsys)
    assert status == EXIT_OK
    assert f'not checked here: {config}: maps.subscription_keys: credential "maps-key"' in said
    _, said = check(config, capsys, "--json")
    report = json.loads(said)
    assert (report["ok"], len(report["notes"]), report["errors"]) == (True, 1, [])


def test_the_service_itself_reports_a_credential_that_is_missing(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(config.parent))
    config.write_text(GOOD.replace('["a-secret-key-of-maps"]', '{ credential = "maps-key" }'))
    assert check(config, capsys)[0] == EXIT_CONFIG


def test_without_any_file_it_says_where_it_looked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "missing.toml"
    status, said = check(missing, capsys)
    assert status == EXIT_CONFIG
    assert said.startswith(f"no file was read; looked for {missing}\n")


@pytest.mark.process
def test_the_real_program_checks_the_configuration(config: Path) -> None:
    command = [sys.executable, "-m", "tvapp", "config", "check", "--json", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (EXIT_OK, "")
    assert json.loads(done.stdout)["ok"]
    command = [sys.executable, "-m", "tvapp", "config"]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60).returncode == 2
