"""Watching a folder through inotify."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from tvapp.remote.inotify import watch_folder


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "old").touch(0o600)
    watch = watch_folder(tmp_path)
    assert watch is not None
    yield watch
    os.close(watch)


def is_readable(watch: int) -> bool:
    return bool(select.select([watch], [], [], 0)[0])


def test_a_new_file_and_new_permissions_are_told(watch: int, tmp_path: Path) -> None:
    assert not is_readable(watch)
    (tmp_path / "new").touch()
    assert is_readable(watch)
    os.read(watch, 4096)
    (tmp_path / "old").chmod(0o644)
    assert is_readable(watch)


def test_what_is_read_or_deleted_is_not_told(watch: int, tmp_path: Path) -> None:
    (tmp_path / "old").read_bytes()
    (tmp_path / "old").unlink()
    assert not is_readable(watch)


def test_reading_never_blocks_and_no_child_inherits_it(watch: int) -> None:
    with pytest.raises(BlockingIOError):
        os.read(watch, 4096)
    assert not os.get_inheritable(watch)


def test_a_folder_that_is_missing_is_not_watched_and_costs_no_descriptor(tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")  # noqa: PTH208 - descriptors are no paths
    assert watch_folder(tmp_path / "missing") is None
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208
