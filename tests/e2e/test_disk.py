"""The data directory of the real program full, read-only, removed, in the way: the app goes on and reports it once."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.benchmarks.quota import QuotaImpossible, cpu_quota
from tests.cloud import LocalCloud
from tests.e2e.rig import Tv, running, until, with_account

QUICK_PROBE = "tests.e2e.quick_disk_probe_app"
SHORT_LIMITS = "tests.e2e.short_disk_limits_app"
SLOW_CPU = 0.05
SLOWLY_S = 200.0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 4 MB for the data dir."""
    place = tmp_path / "data"
    place.mkdir(mode=0o700)
    command = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("only root may mount a disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def freezing_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system for the data dir that can be frozen: then it takes nothing, and whoever writes waits."""
    image, place = tmp_path / "image", tmp_path / "data"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(64 << 20)
    commands = [["mkfs.ext4", "-q", str(image)], ["mount", "-o", "loop", str(image), str(place)]]
    if os.geteuid() or shutil.which("fsfreeze") is None:
        pytest.skip("only root may freeze a disk, by util-linux's fsfreeze")
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"{command[0]}: {done.stderr}")
    place.chmod(0o700)
    yield place
    subprocess.run(["fsfreeze", "--unfreeze", str(place)], capture_output=True)
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path) -> None:
    with contextlib.suppress(OSError), (place / "filling").open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


def told(tv: Tv) -> list[object]:
    """Return the kinds of disk trouble in the log, and None for each end of one."""
    events = [entry for entry in tv.logged() if str(entry["event"]).startswith("disk.")]
    return [entry.get("kind") for entry in events]


def look_elsewhere(tv: Tv) -> None:
    """Move to new tiles, which the app writes to the disk."""
    tv.press("zoom-out")
    tv.settled()


def test_a_disk_that_was_mounted_read_only_is_read_and_written_again_once_it_may_be(
    cloud: LocalCloud, tmp_path: Path, small_disk: Path
) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        tv.sign_in(cloud)
        tv.settled()
        assert tv.end() == 0
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with running(with_account(cloud), tmp_path, module=QUICK_PROBE) as tv:
        assert tv.settled()["from_cache"] != 0
        assert "signin.prompted" not in tv.app.seen
        tv.press("zoom-out")
        assert tv.wait_for("disk.failed")["kind"] == "read-only"
        look_elsewhere(tv)
        assert told(tv) == ["read-only"]
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        tv.wait_for("disk.restored")
        look_elsewhere(tv)
        tv.picture()
        assert told(tv) == ["read-only", None]
        assert tv.end() == 0


def test_a_disk_that_is_full_is_told_once_and_used_again_when_there_is_room(
    cloud: LocalCloud, tmp_path: Path, small_disk: Path
) -> None:
    with running(with_account(cloud), tmp_path, module=QUICK_PROBE) as tv:
        tv.sign_in(cloud)
        tv.wait_for("geofences.loaded")
        tv.settled()
        fill(small_disk)
        tv.press("zoom-out")
        assert tv.wait_for("disk.failed")["kind"] == "full"
        look_elsewhere(tv)
        look_elsewhere(tv)
        assert told(tv) == ["full"]
        (small_disk / "filling").unlink()
        tv.wait_for("disk.restored")
        look_elsewhere(tv)
        tv.picture()
        assert told(tv) == ["full", None]
        assert tv.end() == 0
    with running(with_account(cloud), tmp_path) as again:
        again.settled()
        assert "signin.prompted" not in again.app.seen
        assert again.end() == 0


def test_a_folder_that_is_removed_is_made_anew_with_the_sign_in_in_it(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud), tmp_path) as tv:
        tv.sign_in(cloud)
        tv.wait_for("geofences.loaded")
        tv.settled()
        # Moved first, because the app may be writing into it.
        shutil.rmtree(tv.data_dir.rename(tmp_path / "removed"))
        tv.press("zoom-out")
        assert tv.wait_for("disk.failed")["kind"] == "gone"
        tv.wait_for("disk.restored")
        until(lambda: (tv.data_dir / "auth" / "tokens.json").exists())
        assert told(tv) == ["gone", None]
        assert tv.end() == 0
    with running(with_account(cloud), tmp_path) as again:
        again.settled()
        assert "signin.prompted" not in again.app.seen
        assert again.end() == 0


def test_a_folder_that_may_not_be_written_is_told_once(cloud: LocalCloud, tmp_path: Path) -> None:
    if not os.geteuid():
        pytest.skip("root may write everywhere")
    with running(with_account(cloud), tmp_path) as tv:
        tv.sign_in(cloud)
        tv.settled()
        for path in (tv.data_dir / "tiles", tv.data_dir / "geofences", tv.data_dir):
            path.chmod(0o500)
        look_elsewhere(tv)
        tv.app.drain()
        tv.data_dir.chmod(0o700)
        assert told(tv) in ([], ["denied"])
        assert tv.end() == 0


def test_files_that_may_not_grow_are_told_once(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_account(cloud), tmp_path, module="tests.e2e.small_files_app") as tv:
        tv.sign_in(cloud)
        assert tv.wait_for("disk.failed")["kind"] in ("full", "broken")
        look_elsewhere(tv)
        look_elsewhere(tv)
        # SQLite does not say what the system said, so the two kinds of files make two kinds of trouble.
        assert sorted(map(str, told(tv))) in (["broken"], ["full"], ["broken", "full"])
        assert tv.end() == 0


def test_a_data_dir_that_cannot_be_made_costs_the_memory_of_it_and_nothing_else(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("in the way")
    with running(with_account(cloud), tmp_path) as tv:
        assert tv.wait_for("disk.failed")["kind"] == "gone"
        tv.sign_in(cloud)
        tv.settled()
        look_elsewhere(tv)
        assert told(tv) == ["gone"]
        assert tv.end() == 0


def test_a_disk_that_takes_nothing_for_seconds_is_told_as_slow_and_the_map_goes_on(
    cloud: LocalCloud, tmp_path: Path, freezing_disk: Path
) -> None:
    with running(with_account(cloud), tmp_path, module=SHORT_LIMITS) as tv:
        tv.sign_in(cloud)
        tv.settled()
        subprocess.run(["fsfreeze", "--freeze", str(freezing_disk)], check=True)
        try:

            def move_on() -> bool:
                tv.press("left")
                return told(tv) != []

            until(move_on)
            assert told(tv) == ["slow"]
            tv.app.drain()
            look_elsewhere(tv)
        finally:
            subprocess.run(["fsfreeze", "--unfreeze", str(freezing_disk)], check=True)
        assert tv.end() == 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_cpu_that_is_twenty_times_slower_is_no_slow_disk_and_no_slow_network(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    environment = with_account(cloud)
    with running(environment, tmp_path) as tv:
        tv.sign_in(cloud)
        tv.settled()
        assert tv.end() == 0
    shutil.rmtree(tmp_path / "data" / "tiles")
    cloud.forget_requests()
    with contextlib.ExitStack() as stack:
        try:
            quota = stack.enter_context(cpu_quota(SLOW_CPU))
        except QuotaImpossible as error:
            pytest.skip(str(error))
        tv = stack.enter_context(running(environment, tmp_path, module=SHORT_LIMITS, prefix=quota.prefix))
        tv.app.wait_for("map.settled", lambda fields: not fields["missing"], SLOWLY_S)
        assert [entry for entry in tv.logged() if entry["level"] != "info"] == []
        tv.kill()
    asked = [tuple(sorted(entry["query"].items())) for entry in cloud.requests("tile")]
    assert asked
    assert len(asked) == len(set(asked)), "each tile is asked for once"
