"""One app to a data dir, and what other commands may do beside it; with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.e2e.rig import running, with_account, with_key
from tvapp.auth.token_store import token_file
from tvapp.core.data_folder import DataFolder
from tvapp.core.exit_status import EXIT_OK, EXIT_RUNNING
from tvapp.core.log import RecordingLog
from tvapp.host.instance import AnotherRuns, Instance, holder


def tvapp(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "tvapp", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90)


def test_the_second_is_told_who_the_first_is(tmp_path: Path) -> None:
    with Instance.hold(tmp_path, RecordingLog()), pytest.raises(AnotherRuns) as refused:
        Instance.hold(tmp_path, RecordingLog())
    assert refused.value.pid == os.getpid()
    with Instance.hold(tmp_path, RecordingLog()):
        pass


def test_the_lock_s_file_is_private_and_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    log = RecordingLog()
    with Instance.hold(tmp_path, log):
        assert (DataFolder(tmp_path).instance_lock).stat().st_mode & 0o777 == 0o600
    (DataFolder(tmp_path).instance_lock).unlink()
    (tmp_path / "other").write_text("precious")
    (DataFolder(tmp_path).instance_lock).symlink_to(tmp_path / "other")
    with Instance.hold(tmp_path, log):
        assert (tmp_path / "other").read_text() == "precious"
    (told,) = log.named("instance.not_locked")
    assert told["next"] == "go on without"


def test_a_second_app_says_who_is_there_and_ends(cloud: LocalCloud, tmp_path: Path) -> None:
    environment = with_key(cloud)
    with running(environment, tmp_path) as tv:
        tv.settled()
        second = tvapp(environment, "run", "--data-dir", str(tv.data_dir))
        assert second.returncode == EXIT_RUNNING
        assert second.stderr.startswith(f"tvapp: another tvapp ({tv.app.pid}) uses this folder")
        tv.kill()
    with running(environment, tmp_path) as again:
        again.settled()
        assert again.end() == 0


def test_signing_out_beside_a_running_app_has_that_app_sign_out(cloud: LocalCloud, tmp_path: Path) -> None:
    environment = with_account(cloud)
    with running(environment, tmp_path) as tv:
        tv.sign_in(cloud)
        tv.settled()
        beside = tvapp(environment, "sign-out", "--data-dir", str(tv.data_dir))
        assert (beside.returncode, beside.stderr) == (EXIT_OK, "")
        assert beside.stdout.startswith("Signed out")
        tv.wait_for("signin.signed_out")
        assert tv.end() == 0
    assert not token_file(tv.data_dir).exists()


def test_signing_out_beside_an_app_that_does_not_answer_touches_nothing_and_says_why(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    environment = with_account(cloud)
    with running(environment, tmp_path) as tv:
        tv.sign_in(cloud)
        tv.settled()
        tv.app.signal(signal.SIGSTOP)
        beside = tvapp(environment, "sign-out", "--data-dir", str(tv.data_dir))
        tv.app.signal(signal.SIGCONT)
        assert beside.returncode == EXIT_RUNNING
        assert f"({tv.app.pid})" in beside.stderr
        assert "does not answer" in beside.stderr
        assert "Nothing was removed" in beside.stderr
        assert token_file(tv.data_dir).exists()
        assert tv.end() == 0
    after = tvapp(environment, "sign-out", "--data-dir", str(tv.data_dir))
    assert after.returncode == EXIT_OK
    assert not token_file(tv.data_dir).exists()


def test_the_doctor_works_beside_a_running_app(cloud: LocalCloud, tmp_path: Path) -> None:
    environment = with_account(cloud, SDL_VIDEODRIVER="dummy")
    with running(environment, tmp_path) as tv:
        tv.sign_in(cloud)
        tv.settled()
        doctor = tvapp(environment, "doctor", "--data-dir", str(tv.data_dir))
        assert doctor.returncode == EXIT_OK, doctor.stdout
        assert "another tvapp holds this data folder" in doctor.stdout
        assert tv.end() == 0


def test_the_holder_of_a_folder_is_found_without_touching_its_lock(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    with Instance.hold(tmp_path, RecordingLog()):
        before = (tmp_path / "lock").stat()
        assert holder(tmp_path) == os.getpid()
        after = (tmp_path / "lock").stat()
        assert (before.st_mtime_ns, before.st_ctime_ns) == (after.st_mtime_ns, after.st_ctime_ns)
    assert holder(tmp_path) is None


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("1: FLOCK  ADVISORY  WRITE 77 {device}:{inode} 0 EOF", 77),
        ("1: FLOCK  ADVISORY  WRITE -1 {device}:{inode} 0 EOF", 0),
        ("1: -> FLOCK  ADVISORY  WRITE 77 {device}:{inode} 0 EOF", None),
        ("1: POSIX  ADVISORY  WRITE 77 {device}:{inode} 0 EOF", None),
        ("1: FLOCK  ADVISORY  WRITE 77 {device}:1 0 EOF", None),
        ("1: FLOCK  ADVISORY  WRITE 77 00:ff:{inode} 0 EOF", None),
        ("1: FLOCK  ADVISORY  WRITE 4711 00:ff:{inode} 0 EOF", 4711),
        ("", None),
    ],
    ids=["held", "in another container", "waiting", "another kind", "another file", "another disk", "btrfs", "empty"],
)
def test_the_kernel_s_list_of_locks_is_read(tmp_path: Path, line: str, found: int | None) -> None:
    lock, locks = tmp_path / "lock", tmp_path / "locks"
    lock.write_text("4711\n")
    status = lock.stat()
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
    locks.write_text(line.format(device=device, inode=status.st_ino) + "\n")
    assert holder(tmp_path, locks) == found
