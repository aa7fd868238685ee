"""What the map shows, on the disk: seldom written, one file an account, gone with the account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

import pytest

from tvapp.app.last_view_store import WRITE_AFTER_S, WRITE_EVERY_S, LastViewKnown, LastViewStore
from tvapp.app.sign_out import forget_pictures_and_fences
from tvapp.config.model import Config, Home
from tvapp.core.data_folder import DataFolder
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.geo.position import Position
from tvapp.mapview.last_view import LastView
from tvapp.mapview.layers import LayerChoice

VIEW = LastView(Position(24.9525, 60.1672), 13.0, LayerChoice())
ACCOUNT = "aino-home-id@contoso"


def at(zoom: float) -> LastView:
    return replace(VIEW, zoom=zoom)


@dataclass
class Rig:
    folder: Path
    config: Config = field(default_factory=Config)

    def __post_init__(self) -> None:
        self.arrived, self.log = Event(), RecordingLog()
        self.inbox = Inbox(self.arrived.set)
        self.jobs = Jobs(self.inbox, self.log)
        self.store = LastViewStore(self.config, DataFolder(self.folder).views, self.jobs, self.log)

    def message(self) -> object:
        assert self.arrived.wait(10)
        self.arrived.clear()
        message = next(iter(self.inbox.drain()))
        self.store.receive(message, 0.0)
        return message

    def open(self, account: str = ACCOUNT) -> LastView | None:
        self.store.open(account)
        known = self.message()
        assert isinstance(known, LastViewKnown)
        return known.view

    def files(self) -> list[Path]:
        return sorted(DataFolder(self.folder).views.glob("*"))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.jobs.stop()


def written(rig: Rig, view: LastView, now: float) -> None:
    """Have a view looked at until it is on the disk."""
    rig.store.note(view, now)
    due = rig.store.next_wakeup()
    assert due is not None
    rig.store.note(view, due)
    rig.message()


def test_what_was_shown_is_known_to_the_next_start_of_the_same_account_alone(rig: Rig) -> None:
    assert rig.open() is None
    written(rig, at(15.0), 100.0)
    later = Rig(rig.folder)
    assert later.open() == at(15.0)
    assert later.open("somebody else") is None
    later.jobs.stop()


def test_the_file_is_private_and_names_nobody(rig: Rig) -> None:
    rig.open()
    written(rig, VIEW, 100.0)
    (path,) = rig.files()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert "aino" not in path.name
    assert b"aino" not in path.read_bytes()


def test_it_is_written_once_a_minute_however_often_it_changes(rig: Rig) -> None:
    rig.open()
    writes, now, zoom = 0, 1000.0, 5.0
    while now < 1000.0 + 600.0:
        now, zoom = now + 0.5, zoom + 0.01
        before = rig.store.next_wakeup()
        rig.store.note(at(zoom), now)
        if before is not None and rig.store.next_wakeup() is None:
            writes += 1
            rig.message()
    assert 9 <= writes <= 600 / WRITE_EVERY_S + 1


def test_what_stays_as_it_is_is_not_written_and_wakes_nobody(rig: Rig) -> None:
    rig.open()
    written(rig, VIEW, 100.0)
    stamp = rig.files()[0].stat().st_mtime_ns
    for now in range(200, 2000, 10):
        rig.store.note(VIEW, float(now))
        assert rig.store.next_wakeup() is None
    rig.store.flush()
    assert rig.files()[0].stat().st_mtime_ns == stamp


def test_the_end_writes_what_is_due(rig: Rig) -> None:
    rig.open()
    rig.store.note(at(9.0), 100.0)
    rig.store.flush()
    again = Rig(rig.folder)
    assert again.open() == at(9.0)
    again.jobs.stop()


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 100, b"x" * 100_000])
def test_a_file_that_makes_no_sense_is_a_start_at_home(rig: Rig, content: bytes) -> None:
    rig.open()
    written(rig, VIEW, 100.0)
    rig.files()[0].write_bytes(content)
    assert rig.open() is None
    assert len(rig.log.named("view.not_restored")) == 1
    written(rig, VIEW, 1000.0)
    assert rig.open() == VIEW


def test_another_home_in_the_configuration_is_where_the_next_start_is(rig: Rig) -> None:
    rig.open()
    written(rig, VIEW, 100.0)
    config = Config()
    moved = Rig(rig.folder, replace(config, view=replace(config.view, home=Home(1.0, 2.0, 3.0))))
    assert moved.open() is None
    moved.jobs.stop()


def test_after_signing_out_nothing_is_left_and_nothing_is_written_any_more(rig: Rig) -> None:
    rig.open()
    written(rig, VIEW, 100.0)
    rig.store.note(at(9.0), 200.0)
    rig.store.close()
    forget_pictures_and_fences(DataFolder(rig.folder))
    rig.store.note(at(10.0), 200.0 + WRITE_AFTER_S)
    rig.store.flush()
    assert rig.files() == []


def test_a_disk_that_cannot_be_written_is_told_of_and_no_more(rig: Rig) -> None:
    DataFolder(rig.folder).views.write_text("in the way")
    assert rig.open() is None
    written(rig, VIEW, 100.0)
    assert len(rig.log.named("view.not_kept")) == 1
