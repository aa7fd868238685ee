"""The app survives any damage to each file of its data folder: power cuts, worn-out cards, other programs."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.disk.state_files import DERIVED, STATE_FILES, StateFile
from tests.e2e.editing import AT_SEA, draw_circle
from tests.e2e.rig import running, with_account
from tvapp.core.record import MAGIC

RANDOM_OFFSETS = 40
"""In a large file, beside every offset of what heads it; more are tried with OFFSETS=all."""
every_file = pytest.mark.parametrize("file", STATE_FILES, ids=lambda file: file.pattern)


def offsets(file: StateFile, size: int) -> Iterator[int]:
    if file.is_record:
        yield from (0, len(MAGIC), size // 2, size - 1)
        return
    if not file.is_large:
        yield from range(size)
        return
    chance = random.Random(20)
    is_thorough = os.environ.get("OFFSETS") == "all"
    # The database header and the head of its first page; of the log its header and that of its first frame.
    yield from range(0, 132, 1 if is_thorough else 3)
    yield from range(0, size, 4096)
    yield from (chance.randrange(size) for _ in range(600 if is_thorough else RANDOM_OFFSETS))
    yield size - 1


def cut(data: bytes, at: int) -> bytes:
    return data[:at]


def zeros(data: bytes, at: int) -> bytes:
    return data[:at] + bytes(len(data) - at)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ (1 << (at * 7 % 8))]) + data[at + 1 :]


@pytest.mark.slow
@every_file
@pytest.mark.parametrize("damage", [cut, zeros, flipped])
def test_damage_at_any_byte_costs_at_most_what_was_in_the_file(
    tmp_path: Path, file: StateFile, damage: Callable[[bytes, int], bytes]
) -> None:
    sound = tmp_path / "sound"
    sound.mkdir()
    name = file.make(sound).relative_to(sound)
    data = (sound / name).read_bytes()
    for at in offsets(file, len(data)):
        folder = tmp_path / "damaged"
        shutil.copytree(sound, folder)
        (folder / name).write_bytes(damage(data, at))
        log = file.open(folder)
        assert len(log.events) <= 1, f"byte {at}: {log.events}"
        shutil.rmtree(folder)


@every_file
def test_a_pipe_or_a_folder_in_its_place_holds_nothing_up(tmp_path: Path, file: StateFile) -> None:
    for plant in (os.mkfifo, os.mkdir):
        folder = tmp_path / plant.__name__
        folder.mkdir()
        path = file.make(folder)
        path.unlink()
        plant(path)
        try:
            file.open(folder)
        except (AssertionError, OSError):
            assert plant is os.mkdir, "a pipe is replaced"


@every_file
def test_a_link_in_its_place_is_not_written_through(tmp_path: Path, file: StateFile) -> None:
    path = file.make(tmp_path)
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    path.unlink()
    path.symlink_to(precious)
    file.open(tmp_path)
    assert precious.read_bytes() == b"precious"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
@every_file
def test_it_is_its_owners_alone_whatever_the_umask(tmp_path: Path, file: StateFile, umask: int) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    before = os.umask(umask)
    try:
        path = file.make(folder)
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        file.open(folder)
    finally:
        os.umask(before)
    modes = {each.name: each.stat().st_mode & 0o777 for each in folder.rglob("*")}
    assert {name: mode for name, mode in modes.items() if mode not in (0o600, 0o700)} == {}


def test_the_table_above_has_every_file_that_the_app_writes(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.fault("map-data", method="POST", status=503)
    with running(with_account(cloud, TVAPP_VIEW_HOME=AT_SEA), tmp_path) as tv:
        tv.sign_in(cloud)
        tv.wait_for("geofences.loaded")
        tv.settled()
        draw_circle(tv)
        tv.picture()
        present = written(tv.data_dir)
        assert tv.end() == 0
    present |= written(tv.data_dir)
    patterns = [file.pattern for file in STATE_FILES] + list(DERIVED)
    assert [name for name in sorted(present) if not any(fnmatch(name, pattern) for pattern in patterns)] == []
    assert {name.partition("/")[0] for name in present} >= {"auth", "tiles", "geofences", "outbox", "screenshots"}
    modes = {path: path.stat().st_mode & 0o777 for path in tv.data_dir.rglob("*")}
    assert {path: mode for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)} == {}


def written(data_dir: Path) -> set[str]:
    return {str(path.relative_to(data_dir)) for path in data_dir.rglob("*") if path.is_file()}
