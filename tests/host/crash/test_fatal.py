"""Faults in C code leave a file, which the next start finds and names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tvapp.core.log import RecordingLog
from tvapp.host.crash.fatal import OPEN, watch_for_faults


@pytest.fixture
def descriptors(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Collect what the fault handler is given instead of letting it write for the rest of the tests."""
    found: list[int] = []
    monkeypatch.setattr("faulthandler.enable", lambda fd, all_threads: found.append(fd))
    yield found
    for fd in found:
        os.close(fd)


def test_faults_are_written_to_a_private_file(tmp_path: Path, descriptors: list[int]) -> None:
    folder, log = tmp_path / "crashes", RecordingLog()
    watch_for_faults(folder, log)
    (fd,) = descriptors
    os.write(fd, b"Fatal Python error")
    assert (folder / OPEN).read_bytes() == b"Fatal Python error"
    assert (folder / OPEN).stat().st_mode & 0o777 == 0o600
    assert log.events == []


def test_a_file_of_the_run_before_gets_a_name_and_is_told(tmp_path: Path, descriptors: list[int]) -> None:
    log = RecordingLog()
    (tmp_path / OPEN).write_text("Fatal Python error: Segmentation fault")
    watch_for_faults(tmp_path, log)
    (told,) = log.named("crash.found")
    assert told["kind"] == "fatal"
    assert (tmp_path / f"fatal-{told['reference']}.txt").read_text() == "Fatal Python error: Segmentation fault"
    assert (tmp_path / OPEN).read_text() == ""
    assert len(descriptors) == 1


def test_a_run_before_that_ended_well_is_not_told(tmp_path: Path, descriptors: list[int]) -> None:
    log = RecordingLog()
    (tmp_path / OPEN).write_text("")
    watch_for_faults(tmp_path, log)
    assert log.events == []
    assert [path.name for path in tmp_path.glob("*.txt")] == [OPEN]
    assert len(descriptors) == 1


def test_nothing_is_watched_where_no_file_can_be_written(tmp_path: Path, descriptors: list[int]) -> None:
    (tmp_path / "crashes").write_text("in the way")
    watch_for_faults(tmp_path / "crashes", RecordingLog())
    assert descriptors == []


def test_no_link_is_followed(tmp_path: Path, descriptors: list[int]) -> None:
    (tmp_path / OPEN).symlink_to(tmp_path / "other")
    watch_for_faults(tmp_path, RecordingLog())
    assert descriptors == []
    assert not (tmp_path / "other").exists()
