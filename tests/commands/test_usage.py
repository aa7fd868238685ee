"""`tvapp usage` against the local cloud: tables, JSON, exit statuses, and nothing written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.auth.machine import gateway
from tests.cloud import ROOT, LocalCloud
from tests.e2e.rig import with_account, with_key
from tvapp.auth.messages import CodeReceived, PollSucceeded
from tvapp.commands.cli import parse
from tvapp.core.clock import SystemClock
from tvapp.core.data_folder import DataFolder
from tvapp.core.exit_status import EXIT_CONFIG, EXIT_FAILED, EXIT_OK, EXIT_USAGE
from tvapp.usage.billing import Tally
from tvapp.usage.days import UsageDays, pack
from tvapp.usage.span import DAY_S, day_of

pytestmark = pytest.mark.process

NOBODY = 65534


def sign_in(cloud: LocalCloud, folder: Path, person: str = "aino") -> None:
    """Leave the token cache of a kiosk that a person has signed in to."""
    kiosk = gateway(cloud, folder)
    received = kiosk.request_code(1)
    assert isinstance(received, CodeReceived)
    cloud.approve(received.user_code, person)
    assert isinstance(kiosk.poll(1), PollSucceeded)


def usage(environment: Mapping[str, str], data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tvapp", "usage", "--data-dir", str(data_dir), *arguments]
    return subprocess.run(command, env=dict(environment), cwd=ROOT, capture_output=True, text=True, timeout=100)


def report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert "Traceback" not in done.stderr, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["ok"] == (done.returncode == EXIT_OK)
    assert (found["account"] is None) != (found["problem"] is None)
    return found


def files(folder: Path) -> dict[str, tuple[int, int, int, int, bytes]]:
    """Return every file and folder with its owner, rights, time of change and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (status.st_uid, status.st_gid, status.st_mode, status.st_mtime_ns, content)
    return found


def test_the_desk_sees_the_account_and_this_tv_and_nothing_is_written(cloud: LocalCloud, tmp_path: Path) -> None:
    sign_in(cloud, tmp_path)
    wall = SystemClock().wall()
    counted = UsageDays(
        {
            day_of(wall): {"base": Tally(30, 15)},
            day_of(wall - DAY_S): {"imagery": Tally(15, 15)},
            day_of(wall - 40 * DAY_S): {"base": Tally(99, 99)},
        }
    )
    DataFolder(tmp_path).usage.write_bytes(pack(counted))
    cloud.ask("POST", "/usage", {"count": 12})
    cloud.ask("POST", "/usage", {"count": 3, "age_s": 3 * DAY_S, "status": 429})
    before = files(tmp_path)
    found = report(usage(with_account(cloud), tmp_path, "--json"))
    assert files(tmp_path) == before
    account, tv = found["account"], found["tv"]
    assert (account["requests"], len(account["by_time"])) == (15, 7)
    assert [part["requests"] for part in account["by_time"]][-1] == 12
    assert account["by_result"] == [
        {"name": "Success", "requests": 12}, {"name": "ClientError", "requests": 3}
    ]  # fmt: skip
    assert (tv["tiles"], tv["transactions"], tv["cost"]["currency"]) == (45, 2.0, "USD")
    assert tv["by_meter"]["base"] == {"sent": 30, "billed": 15}
    assert list(tv["by_day"]) == [day_of(wall - DAY_S), day_of(wall)]
    assert found["interval"] == "P1D"
    text = usage(with_account(cloud), tmp_path, "--days", "1")
    assert text.returncode == EXIT_OK
    for part in (
        "contoso-harbour-maps: 24 hours to",
        "requests      12",
        "MapTile.GetBaseTile  12  100 %",
        "tiles requested        30",
        "billable transactions  1.0",
        f"counted since {day_of(wall - 40 * DAY_S)}",
    ):
        assert part in text.stdout
    secrets = [each["secret"] for each in cloud.issued() if each["kind"] != "username"]
    assert not any(secret in text.stdout + text.stderr for secret in secrets)
    assert files(tmp_path) == before


def test_the_token_is_asked_for_silently_and_kept_in_memory_alone(cloud: LocalCloud, tmp_path: Path) -> None:
    sign_in(cloud, tmp_path)
    before = files(tmp_path)
    assert usage(with_account(cloud), tmp_path).returncode == EXIT_OK
    assert cloud.count("refresh") == 1
    assert cloud.count("devicecode") == 1
    assert files(tmp_path) == before


def test_a_missing_role_is_told_with_the_whole_command(cloud: LocalCloud, tmp_path: Path) -> None:
    sign_in(cloud, tmp_path, "ben")
    done = usage(with_account(cloud), tmp_path)
    assert done.returncode == EXIT_FAILED
    resource = cloud.ready["maps_resource_id"]
    assert f'--role "Monitoring Reader" --scope {resource}' in done.stdout
    assert "403 AuthorizationFailed" in done.stdout
    assert "This TV:" in done.stdout
    found = report(usage(with_account(cloud), tmp_path, "--json"))
    assert (found["problem"]["kind"], found["problem"]["status"]) == ("role", 403)
    assert found["problem"]["advice"].endswith(".")


def test_nobody_signed_in_is_a_problem_and_asks_for_no_code(cloud: LocalCloud, tmp_path: Path) -> None:
    found = report(usage(with_account(cloud), tmp_path / "none", "--json"))
    assert found["problem"]["kind"] == "signed-out"
    assert found["tv"]["tiles"] == 0
    assert cloud.count("devicecode") == 0
    assert not (tmp_path / "none").exists()


def test_with_a_key_only_this_tv_is_known(cloud: LocalCloud, tmp_path: Path) -> None:
    found = report(usage(with_key(cloud), tmp_path, "--json"))
    assert found["problem"]["kind"] == "no-account"


@pytest.mark.parametrize("days", ["0", "31", "-1", "many", "1.5", ""])
def test_other_numbers_of_days_are_a_wrong_command_line(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["usage", f"--days={days}"])
    assert ended.value.code == EXIT_USAGE
    assert "1 to 30" in capsys.readouterr().err


def test_without_a_configuration_it_says_where_it_looked(tmp_path: Path) -> None:
    done = usage(os.environ, tmp_path)
    assert done.returncode == EXIT_CONFIG
    assert "--config FILE" in done.stderr
    assert done.stdout == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become the owner of another's folder")
def test_root_looks_as_the_owner_of_the_folder_and_changes_nothing_there(cloud: LocalCloud, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    sign_in(cloud, folder)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    for above in (tmp_path, *tmp_path.parents):
        if above.stat().st_uid == 0 and str(above).startswith("/tmp/"):
            above.chmod(0o755)
    bundle = tmp_path / "ca.pem"
    shutil.copyfile(cloud.ca_bundle, bundle)
    before = files(folder)
    done = usage(with_account(cloud, TVAPP_IDENTITY_CA_BUNDLE=str(bundle)), folder, "--json")
    assert report(done)["ok"], done.stdout
    assert files(folder) == before
