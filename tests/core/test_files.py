"""Durable files: either the old or the new content, private, never through a link."""

from __future__ import annotations

import os
import resource
import stat
from pathlib import Path

import pytest

from tvapp.core import files
from tvapp.core.errors import StorageError
from tvapp.core.files import try_room


def test_a_written_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    files.write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("pieces", [[], [b"one"], [b"one", b"", b"two" * 100_000]])
def test_data_may_come_in_pieces(tmp_path: Path, pieces: list[bytes]) -> None:
    path = tmp_path / "state.json"
    files.write_atomic(path, pieces)
    assert path.read_bytes() == b"".join(pieces)


def test_replacing_a_file_keeps_nothing_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    files.write_atomic(path, b"a much longer old content")
    files.write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.glob("*state*")] == ["state.json"]


def test_a_link_is_replaced_and_its_target_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    link = tmp_path / "state.json"
    link.symlink_to(target)
    files.write_atomic(link, b"new")
    assert target.read_bytes() == b"precious"
    assert not link.is_symlink()


def test_a_full_disk_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    files.write_atomic(path, b"old")

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        files.write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.glob("*state*")] == ["state.json"]


def test_a_missing_folder_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        files.write_atomic(tmp_path / "nowhere" / "state.json", b"new")


def test_reading_what_is_not_there_returns_none(tmp_path: Path) -> None:
    assert files.read_bounded(tmp_path / "nothing", 10) is None


def test_reading_too_much_is_a_storage_error(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(b"x" * 11)
    with pytest.raises(StorageError, match="larger than 10"):
        files.read_bounded(path, 10)


def test_reading_a_folder_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        files.read_bounded(tmp_path, 10)


def test_a_private_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    files.make_private_dir(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "nothing"
    files.remove(path)
    assert not path.exists()


def test_a_last_look_before_replacing_may_call_it_off(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    seen: list[int] = []

    def look(fd: int) -> None:
        seen.append(os.fstat(fd).st_size)
        raise LookupError

    with pytest.raises(LookupError):
        files.write_atomic(path, b"longer", before_replacing=look)
    assert seen == [6]
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["a"]


def test_a_folder_is_tried_without_a_trace(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    before = folder.stat()
    assert try_room(folder, 1 << 16)
    after = folder.stat()
    assert (before.st_mtime_ns, before.st_ctime_ns) == (after.st_mtime_ns, after.st_ctime_ns)
    assert list(folder.iterdir()) == []


def test_a_folder_without_room_is_full(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(StorageError) as raised:
            try_room(tmp_path, 1 << 16)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert raised.value.kind == "full"


def test_a_folder_that_is_not_there_has_no_room(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        try_room(tmp_path / "none", 1)


def test_a_file_system_without_nameless_files_cannot_be_tried() -> None:
    assert not try_room(Path("/proc"), 1)
