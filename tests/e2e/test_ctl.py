"""From a desk: `tvapp ctl` beside the running program, with real processes and a real socket."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import PIL.Image
import pytest

from tests.cloud import LocalCloud
from tests.e2e.rig import Tv, running, until, with_account, with_key
from tests.host.systemd.init_system import init_system
from tvapp.auth.token_store import token_file
from tvapp.core.data_folder import DataFolder
from tvapp.core.exit_status import EXIT_FAILED, EXIT_NO_ANSWER, EXIT_OK, EXIT_RESTART, EXIT_USAGE

Done = subprocess.CompletedProcess[bytes]


def ctl(tv: Tv, *arguments: str, environment: dict[str, str] | None = None) -> Done:
    """Run a command for the data folder of an app, with no other part of its settings."""
    return ctl_at(tv.data_dir, *arguments, environment=environment)


def ctl_at(data_dir: Path, *arguments: str, environment: dict[str, str] | None = None) -> Done:
    command = [sys.executable, "-m", "tvapp", "ctl", *arguments, "--data-dir", str(data_dir)]
    return subprocess.run(command, env={**os.environ, **(environment or {})}, capture_output=True, timeout=60)


def status(tv: Tv) -> dict[str, object]:
    done = ctl(tv, "status")
    assert done.returncode == EXIT_OK, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def screen(tv: Tv) -> dict[str, object]:
    found = status(tv)["screen"]
    assert isinstance(found, dict)
    return found


def test_a_desk_sees_the_sign_in_and_then_the_map(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        tv.wait_for("frame.first")
        until(lambda: ctl(tv, "status").returncode == EXIT_OK)
        until(lambda: status(tv)["sign_in_phase"] == "prompting")
        before = status(tv)
        assert before["signed_in"] is False
        steps = before["connection"]
        assert isinstance(steps, list)
        assert {"step": "tls", "state": "ok", "reason": "", "host": "", "tries": 0} in steps
        code = tv.sign_in(cloud)
        tv.settled()
        after = status(tv)
        assert after["signed_in"] is True
        assert after["account"] == "ai***@contosoharbour.onmicrosoft.com"
        assert screen(tv)["base"] == "map"
        assert after["uptime_s"] > before["uptime_s"]  # type: ignore[operator]
        frames = after["frames"]
        assert isinstance(frames, dict)
        assert frames["shown"] > 0
        told = json.dumps([before, after])
        assert code not in told
        assert "aino@" not in told
        # Signing out leaves nothing of the account, and the screen says so.
        gone = ctl(tv, "sign-out")
        assert (gone.returncode, gone.stdout) == (EXIT_OK, b"Signed out.\n")
        until(lambda: not token_file(tv.data_dir).exists())
        assert status(tv)["signed_in"] is False
        again = ctl(tv, "sign-out")
        assert (again.returncode, again.stdout) == (EXIT_OK, b"Nobody was signed in.\n")
        assert tv.end() == 0
    commands = [line["command"] for line in tv.logged() if line["event"] == "control.command"]
    assert commands == ["sign-out", "sign-out"]


def test_a_desk_takes_a_picture_moves_the_map_and_shows_a_message(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_key(cloud), tmp_path) as tv:
        tv.settled()
        file = tmp_path / "screen.png"
        assert ctl(tv, "screenshot", str(file)).returncode == EXIT_OK
        piped = ctl(tv, "screenshot", "-")
        with PIL.Image.open(file) as saved, PIL.Image.open(io.BytesIO(piped.stdout)) as streamed:
            assert saved.size == streamed.size == (640, 360)
            assert len(saved.convert("RGB").getcolors(1 << 20) or ()) > 20
        assert file.stat().st_mode & 0o777 == 0o600
        assert ctl(tv, "show", "-0.1278,51.5074,9").returncode == EXIT_OK
        tv.settled(zoom=9)
        shown = status(tv)["map"]
        assert isinstance(shown, dict)
        assert shown["center"] == pytest.approx([-0.1278, 51.5074], abs=0.001)
        assert ctl(tv, "show", "home").returncode == EXIT_OK
        said = ctl(tv, "message", "Fire drill at 10:00", "--for", "3600")
        assert said.stdout == b"The message is on the screen.\n"
        assert screen(tv)["name"] == "message"
        tv.press("back")
        tv.opened("map")
        assert ctl(tv, "show", "nowhere-at-all").returncode == EXIT_FAILED
        assert ctl(tv, "show", "0,95").returncode == EXIT_FAILED
        assert ctl(tv, "message", "\x1b\u202e").returncode == EXIT_USAGE
        assert tv.end() == 0


def test_a_restart_ends_a_service_with_its_status_and_starts_any_other_program_anew(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    with init_system(tmp_path / "notify") as system:
        environment = with_key(cloud) | system.environment()
        with running(environment, tmp_path) as tv:
            tv.settled()
            assert ctl(tv, "restart").returncode == EXIT_OK
            assert tv.app.wait(5.0) == EXIT_RESTART
        assert ctl(tv, "status").returncode == EXIT_NO_ANSWER
    with running(with_key(cloud), tmp_path) as tv:
        tv.settled()
        pid = tv.app.pid
        assert ctl(tv, "restart").returncode == EXIT_OK
        tv.wait_for("app.stopped", lambda fields: fields["reason"] == "restart")
        tv.settled()
        assert tv.app.pid == pid
        assert tv.end() == 0


def test_nothing_answers_for_an_app_that_was_killed_or_hangs_and_a_new_one_takes_over(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    assert ctl_at(tmp_path / "nothing", "status").returncode == EXIT_NO_ANSWER
    with running(with_key(cloud), tmp_path) as tv:
        tv.settled()
        socket = DataFolder(tv.data_dir).control / "socket"
        assert socket.stat().st_mode & 0o777 == 0o600
        assert socket.parent.stat().st_mode & 0o777 == 0o700
        tv.app.signal(signal.SIGSTOP)
        hung = ctl(tv, "status")
        assert hung.returncode == EXIT_NO_ANSWER
        assert b"does not answer" in hung.stderr
        tv.app.signal(signal.SIGCONT)
        tv.kill()
    assert socket.exists()
    killed = ctl(tv, "status")
    assert killed.returncode == EXIT_NO_ANSWER
    assert b"no tvapp runs" in killed.stderr
    with running(with_key(cloud), tmp_path) as tv:
        tv.settled()
        assert screen(tv)["base"] == "map"
        assert tv.end() == 0
    assert not socket.exists()


def test_another_user_cannot_reach_the_app_and_root_can(cloud: LocalCloud, tmp_path: Path) -> None:
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        pytest.skip("only root can become another user")
    with running(with_key(cloud), tmp_path) as tv:
        tv.settled()
        # Whoever is let into the folder still cannot connect.
        for folder in (tv.data_dir, *tv.data_dir.parents[:-2]):
            folder.chmod(folder.stat().st_mode | 0o055)
        knock = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
        address = DataFolder(tv.data_dir).control / "socket"
        command = [setpriv, "--reuid=65534", "--clear-groups", "/usr/bin/python3", "-c", knock, str(address)]
        refused = subprocess.run(command, capture_output=True, timeout=60)
        assert refused.returncode != 0
        assert b"PermissionError" in refused.stderr
        assert status(tv)["needs_sign_in"] is False
        assert tv.end() == 0
