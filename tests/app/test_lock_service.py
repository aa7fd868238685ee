"""The number of wrong tries survives a restart, and a damaged file does not start it anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fences.service.test_fence_service import InlineJobs
from tvapp.app.lock_service import FORMAT, LockService, pack, unpack
from tvapp.core.log import RecordingLog
from tvapp.remote.pattern import Pattern, delay_s, pattern_of
from tvapp.remote.pattern_hash import PatternHash
from tvapp.ui.messages import LockKnown, PatternChecked

RIGHT = pattern_of(["up", "up", "left", "down"])
WRONG = pattern_of(["up", "up", "up", "down"])
LOCK = PatternHash.make(RIGHT, b"0123456789abcdef").text


@pytest.mark.parametrize("tries", [0, 1, 7, 123_456])
def test_a_number_of_tries_is_a_record(tries: int) -> None:
    assert unpack(pack(tries)) == tries
    assert bytes(FORMAT.unpack(pack(tries))) == str(tries).encode()


@pytest.mark.parametrize(
    "data", [b"", b"0", b"12 4b6b5cf3\n", pack(12)[:-1], pack(12) + b"0", FORMAT.pack(b""), FORMAT.pack(b"-1")]
)
def test_a_file_that_makes_no_sense_counts_as_some_wrong_tries(data: bytes) -> None:
    assert unpack(data) == 3


class Desk:
    """A lock whose number of wrong tries is in a file of a folder."""

    def __init__(self, path: Path) -> None:
        self.log = RecordingLog()
        self._jobs = InlineJobs()
        self._lock = LockService(LOCK, path, self._jobs, self.log)  # type: ignore[arg-type]

    def begin(self) -> LockKnown:
        self._lock.begin()
        (known,) = self._jobs.inbox.drain()
        assert isinstance(known, LockKnown)
        return known

    def check(self, arrows: Pattern, tries: int) -> PatternChecked:
        self._lock.try_pattern(arrows, tries)
        (checked,) = self._jobs.inbox.drain()
        assert isinstance(checked, PatternChecked)
        return checked


def test_wrong_tries_are_counted_over_restarts_and_forgotten_with_the_right_pattern(tmp_path: Path) -> None:
    path = tmp_path / "data" / "tries"
    assert Desk(path).begin() == LockKnown(0)
    assert not path.exists()
    assert Desk(path).check(WRONG, 4) == PatternChecked(right=False)
    assert Desk(path).begin() == LockKnown(4)
    assert Desk(path).check(RIGHT, 5) == PatternChecked(right=True)
    assert Desk(path).begin() == LockKnown(0)


def no_folder(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "tries"


def folder_in_its_place(folder: Path) -> Path:
    (folder / "tries").mkdir()
    return folder / "tries"


@pytest.mark.parametrize("place", [no_folder, folder_in_its_place])
def test_where_the_number_cannot_be_saved_the_lock_waits_as_after_many_tries(
    tmp_path: Path, place: Callable[[Path], Path]
) -> None:
    desk = Desk(place(tmp_path))
    assert delay_s(desk.begin().wrong_tries) == 60.0
    wrong = desk.check(WRONG, 1)
    assert delay_s(wrong.least_tries) == 60.0
    assert not wrong.right
    assert desk.check(RIGHT, 6).right
    assert [name for name, _ in desk.log.events].count("disk.failed") == 1
