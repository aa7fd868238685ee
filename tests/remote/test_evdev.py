"""Linux input devices, fed through pipes and FIFOs."""

from __future__ import annotations

import contextlib
import grp
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.remote.records import key, record
from tvapp.core.clock import ManualClock
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.remote.evdev import Records, key_codes
from tvapp.remote.evdev_source import UDEV_S, EvdevSource, InputFolders
from tvapp.remote.keymap import keymap
from tvapp.remote.keys import KeyEvent


def pressed(events: list[KeyEvent]) -> list[tuple[str, bool]]:
    return [(event.key, event.pressed) for event in events]


@pytest.mark.parametrize("long_bytes", [4, 8])
def test_a_press_and_a_release_are_read_from_either_layout(long_bytes: int) -> None:
    records = Records("dev", long_bytes)
    stream = b"".join(key(352, value, long_bytes=long_bytes) for value in (1, 2, 2, 0))
    assert pressed(records.feed(stream, 1.0)) == [("key:352", True), ("key:352", False)]


@pytest.mark.parametrize("long_bytes", [4, 8])
@given(cuts=st.lists(st.integers(1, 40), max_size=30))
def test_it_does_not_matter_how_the_stream_is_cut(long_bytes: int, cuts: list[int]) -> None:
    lost = record(0, 3, 0, long_bytes=long_bytes)
    stream = lost.join(key(code, value, long_bytes=long_bytes) for code in (402, 174) for value in (1, 0))
    whole = Records("dev", long_bytes).feed(stream, 1.0)
    records = Records("dev", long_bytes)
    pieces: list[KeyEvent] = []
    for cut in [*cuts, len(stream)]:
        pieces += records.feed(stream[:cut], 1.0)
        stream = stream[cut:]
    assert pieces == whole


@given(st.binary(max_size=500))
def test_no_bytes_upset_it(stream: bytes) -> None:
    records = Records("dev")
    events = records.feed(stream, 1.0) + records.release_all(2.0)
    for name in {event.key for event in events}:
        states = [event.pressed for event in events if event.key == name]
        assert states == [True, False] * (len(states) // 2)


def test_only_the_first_press_and_the_last_release_of_a_key_count() -> None:
    records = Records("dev")
    assert records.feed(key(103, 0), 1.0) == []
    assert records.feed(key(103, 1) + key(103, 1), 2.0) == [KeyEvent("key:103", True, 2.0, "dev")]
    assert records.feed(key(103, 0) + key(103, 0), 3.0) == [KeyEvent("key:103", False, 3.0, "dev")]
    assert records.feed(key(103, 1), 4.0) == [KeyEvent("key:103", True, 4.0, "dev")]


def test_a_code_may_use_all_of_its_sixteen_bits() -> None:
    assert pressed(Records("dev").feed(record(1, 65535, 1), 1.0)) == [("key:65535", True)]


def test_other_events_and_states_are_no_keys() -> None:
    records = Records("dev")
    assert records.feed(record(2, 103, 1) + record(0, 103, 1) + record(1, 103, 2) + record(1, 103, 3), 1.0) == []
    records.feed(key(103, 1), 1.0)
    assert records.feed(record(0, 0, 0) + record(1, 3, 0) + record(4, 3, 0), 2.0) == []


def test_what_is_held_is_released_once_in_order_of_the_codes() -> None:
    records = Records("dev")
    records.feed(key(402, 1) + key(103, 1), 1.0)
    assert records.release_all(2.0) == [KeyEvent("key:103", False, 2.0, "dev"), KeyEvent("key:402", False, 2.0, "dev")]
    assert records.release_all(3.0) == []


def test_an_overflow_of_the_kernels_buffer_lets_go_of_everything() -> None:
    records = Records("dev")
    records.feed(key(103, 1), 1.0)
    assert pressed(records.feed(record(0, 3, 0), 2.0)) == [("key:103", False)]


def test_capabilities_are_read_from_sysfs() -> None:
    assert key_codes(b"10000000000000 0 0 0 0 0 3 0 0", 8) == {128, 129, 564}
    assert key_codes(b"2 40000000", 4) == {30, 33}
    assert key_codes(b"nonsense") == key_codes(b"\xff") == frozenset()
    assert key_codes(b"1 nonsense") == key_codes(b"nonsense 1") == frozenset()
    assert key_codes(b"8000000000000000 1", 8) == {0, 127}
    assert key_codes(b"f" * 1000, 8) == set(range(64))
    assert key_codes(b"") == frozenset()


class Rig:
    """A source with folders and devices of its own."""

    def __init__(self, root: Path, *devices: str, grab: bool = False) -> None:
        self.input_dir = root / "input"
        self.sysfs = root / "sysfs"
        self.input_dir.mkdir()
        self.sysfs.mkdir()
        self.log = RecordingLog()
        self.events: list[KeyEvent] = []
        self.clock = ManualClock(7.0)
        self.source = EvdevSource(
            self.events.append,
            keymap({"red": "back"}),
            self.clock,
            self.log,
            devices=devices,
            grab=grab,
            folders=InputFolders(self.input_dir, self.sysfs),
        )

    def plug_in(self, name: str, *codes: int) -> Path:
        """Add a device (a FIFO) that can send `codes`."""
        folder = self.sysfs / name / "device/capabilities"
        folder.mkdir(parents=True)
        bits = sum(1 << code for code in codes)
        words = []
        while bits:
            words.append(f"{bits & (1 << 64) - 1:x}")
            bits >>= 64
        (folder / "key").write_text(" ".join(reversed(words)) + "\n")
        path = self.input_dir / name
        os.mkfifo(path)
        return path

    def rescan_after_s(self) -> float | None:
        return self.source.rescan_after_s

    def send(self, path: Path, *records: bytes) -> None:
        with path.open("wb", buffering=0) as device:
            for each in records:
                device.write(each)
            self.source.step(1.0)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.source.close()


def test_keys_that_sdl_drops_are_read_from_a_remote(rig: Rig) -> None:
    path = rig.plug_in("event3", 28, 352, 402)
    rig.source.scan()
    rig.send(path, key(352, 1), key(352, 0), key(402, 1))
    assert pressed(rig.events) == [("key:352", True), ("key:352", False), ("key:402", True)]
    assert {event.device for event in rig.events} == {str(path)}
    assert {event.at for event in rig.events} == {7.0}


def test_keys_that_sdl_passes_on_are_not_read_twice(rig: Rig) -> None:
    path = rig.plug_in("event3", 28, 352)
    rig.source.scan()
    rig.send(path, key(28, 1), key(28, 0), key(353, 1))
    assert pressed(rig.events) == [("key:353", True)]


def test_a_device_is_opened_once_and_the_log_says_which_of_its_keys_are_read(tmp_path: Path) -> None:
    named = tmp_path / "input" / "event1"
    rig = Rig(tmp_path, str(named))
    rig.plug_in("event1", 352)
    found = rig.plug_in("event2", 352)
    rig.source.scan()
    rig.source.scan()
    assert rig.log.named("remote.device_opened") == [
        {"device": str(named), "all_keys": True},
        {"device": str(found), "all_keys": False},
    ]
    assert rig.source.open_devices == (str(named), str(found))
    rig.source.close()


def test_a_device_that_nothing_is_known_of_does_not_hide_the_next(rig: Rig) -> None:
    os.mkfifo(rig.input_dir / "event1")
    path = rig.plug_in("event2", 352)
    rig.source.scan()
    assert rig.source.open_devices == (str(path),)
    assert rig.log.named("remote.device_missing") == []


@pytest.mark.parametrize(("is_named", "grab"), [(True, True), (True, False), (False, True)])
def test_only_a_named_device_is_grabbed_and_only_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_named: bool, grab: bool
) -> None:
    """A grabbed device does not send its keys to the desktop as well."""
    leader, follower = os.openpty()
    device = os.ttyname(follower)
    calls: list[tuple[int, int]] = []

    def refuse(_fd: int, request: int, value: int) -> None:
        calls.append((request, value))
        raise OSError(25, "Inappropriate ioctl for device")

    monkeypatch.setattr("tvapp.remote.evdev_source.fcntl.ioctl", refuse)
    rig = Rig(tmp_path, *[device] * is_named, grab=grab)
    if not is_named:
        rig.plug_in("event1", 352).unlink()
        (rig.input_dir / "event1").symlink_to(device)
    rig.source.scan()
    assert len(rig.source.open_devices) == 1
    assert calls == ([(0x40044590, 1)] if is_named and grab else [])
    rig.source.close()
    os.close(leader)
    os.close(follower)


def test_an_idle_device_does_not_keep_it_from_looking_for_a_missing_one(tmp_path: Path) -> None:
    leader, follower = os.openpty()  # like an input device it can always be written to
    path = tmp_path / "later"
    rig = Rig(tmp_path, os.ttyname(follower), str(path))
    rig.source.scan()
    os.mkfifo(path)
    rig.source.step(0.0)
    assert len(rig.source.open_devices) == 2
    rig.source.close()
    os.close(leader)
    os.close(follower)


def test_it_leaves_no_descriptor_open_and_gives_none_to_children(tmp_path: Path) -> None:
    def descriptors() -> set[int]:
        return {int(name) for name in os.listdir("/proc/self/fd")}  # noqa: PTH208 - descriptors are no paths

    before = descriptors()
    rig = Rig(tmp_path)
    rig.plug_in("event1", 352)
    rig.source.scan()
    opened = [number for number in descriptors() - before if Path(f"/proc/self/fd/{number}").exists()]
    assert [number for number in opened if os.get_inheritable(number)] == []
    rig.source.close()
    assert descriptors() == before


class ScriptedPoll:
    """Stands in for select.poll: round by round, these of the registered descriptors (0 is the first) are ready."""

    def __init__(self, *rounds: int | None) -> None:
        self.rounds = list(rounds)
        self.registered: list[int] = []
        self.timeouts: list[float | None] = []

    def register(self, fd: int, mask: int = 0) -> None:
        self.registered.append(fd)

    def poll(self, timeout_ms: float | None) -> list[tuple[int, int]]:
        self.timeouts.append(timeout_ms)
        ready = self.rounds.pop(0)
        return [] if ready is None else [(self.registered[ready], 1)]


STOP, WATCH = 0, 1
"""In the order in which they are registered."""


def test_it_sleeps_for_as_long_as_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    poll = ScriptedPoll(None, None)
    monkeypatch.setattr("tvapp.remote.evdev_source.select.poll", lambda: poll)
    rig = Rig(tmp_path)
    assert rig.source.step(5.0)
    assert rig.source.step(None)
    assert poll.timeouts == [5000.0, None]
    rig.source.close()


@pytest.mark.parametrize(("named", "timeout_ms"), [((), None), (("/missing",), 5000.0)])
def test_while_a_named_device_is_missing_it_looks_for_it_every_five_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: tuple[str, ...], timeout_ms: float | None
) -> None:
    poll = ScriptedPoll(None, None, STOP)
    monkeypatch.setattr("tvapp.remote.evdev_source.select.poll", lambda: poll)
    Rig(tmp_path, *named).source.run()
    assert poll.timeouts == [timeout_ms] * 3


def test_a_false_alarm_of_the_folder_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    poll = ScriptedPoll(WATCH, STOP)
    monkeypatch.setattr("tvapp.remote.evdev_source.select.poll", lambda: poll)
    Rig(tmp_path).source.run()
    assert poll.rounds == []


def test_a_plain_keyboard_is_left_to_sdl(rig: Rig) -> None:
    rig.plug_in("event0", 1, 28, 103)
    rig.source.scan()
    assert rig.source.open_devices == ()


def test_a_device_of_the_config_passes_every_key(tmp_path: Path) -> None:
    path = tmp_path / "remote"
    os.mkfifo(path)
    rig = Rig(tmp_path, str(path))
    rig.source.scan()
    rig.send(path, key(103, 1), key(103, 0))
    assert pressed(rig.events) == [("key:103", True), ("key:103", False)]
    rig.source.close()


def test_a_fifo_is_listened_to_again_after_its_writer_went_away(tmp_path: Path) -> None:
    path = tmp_path / "remote"
    os.mkfifo(path)
    rig = Rig(tmp_path, str(path))
    rig.source.scan()
    for _ in range(3):
        rig.send(path, key(28, 1))
        rig.source.step(1.0)
    assert pressed(rig.events) == [("key:28", True), ("key:28", False)] * 3
    rig.source.close()


def test_unplugging_lets_go_of_what_was_held(rig: Rig) -> None:
    path = rig.plug_in("event3", 402)
    rig.source.scan()
    with path.open("wb", buffering=0) as device:
        device.write(key(402, 1))
        rig.source.step(1.0)
        path.unlink()
    rig.source.step(1.0)
    assert pressed(rig.events) == [("key:402", True), ("key:402", False)]
    assert rig.source.open_devices == ()
    assert rig.log.named("remote.device_closed") == [{"device": str(path)}]
    assert [event.at for event in rig.events] == [7.0, 7.0]


def test_a_device_that_is_plugged_in_later_is_found(rig: Rig) -> None:
    rig.source.scan()
    assert rig.rescan_after_s() is None
    path = rig.plug_in("event9", 174)
    rig.source.step(1.0)
    assert rig.source.open_devices == (str(path),)


def test_without_a_folder_to_watch_and_for_a_missing_device_it_looks_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "later"
    rig = Rig(tmp_path, str(path))
    rig.source.scan()
    assert rig.rescan_after_s() == 5.0
    os.mkfifo(path)
    rig.source.step(0.0)
    assert rig.source.open_devices == (str(path),)
    assert rig.rescan_after_s() is None
    rig.source.close()


def test_a_missing_device_is_reported_once_and_found_later(tmp_path: Path) -> None:
    path = tmp_path / "later"
    rig = Rig(tmp_path, str(path))
    for _ in range(3):
        rig.source.scan()
    assert rig.log.named("remote.device_missing") == [{"device": str(path), "reason": "No such file or directory"}]
    assert rig.log.at_level("warning") == ["remote.device_missing"]
    os.mkfifo(path)
    rig.source.scan()
    assert rig.source.open_devices == (str(path),)
    rig.source.close()


def test_an_ordinary_file_is_not_a_device(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(key(28, 1))
    rig = Rig(tmp_path, str(path))
    rig.source.scan()
    assert rig.source.open_devices == ()
    assert rig.log.named("remote.device_missing") == [{"device": str(path), "reason": "neither a device nor a FIFO"}]
    assert rig.log.named("remote.device_opened") == []
    rig.source.close()


@contextlib.contextmanager
def refused(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no file be opened, for want of permission."""

    def refuse(*_args: object) -> int:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("tvapp.remote.evdev_source.os.open", refuse)
        yield


def test_a_device_without_permission_is_reported_once_with_the_group_to_join(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(tmp_path)
    path = rig.plug_in("event3", 352)

    with refused(monkeypatch):
        rig.source.scan()
        assert rig.source.rescan_after_s == UDEV_S
        rig.clock.advance(UDEV_S)
        rig.source.scan()
        rig.clock.advance(UDEV_S)
        rig.source.scan()
    assert rig.source.rescan_after_s != UDEV_S
    (denied,) = rig.log.named("remote.device_denied")
    assert denied["device"] == str(path)
    assert denied["group"] == grp.getgrgid(path.stat().st_gid).gr_name
    assert denied["remedy"] == f"add the user to the group {denied['group']}"
    rig.source.scan()
    assert rig.source.open_devices == (str(path),)
    rig.source.close()


@pytest.mark.parametrize("number", [1, 13])
def test_a_named_device_without_permission_and_group_is_to_be_made_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_args: object) -> int:
        raise OSError(number, os.strerror(number))

    rig = Rig(tmp_path, str(tmp_path / "named"))
    with monkeypatch.context() as patch:
        patch.setattr("tvapp.remote.evdev_source.os.open", refuse)
        rig.source.scan()
        rig.clock.advance(UDEV_S)
        rig.source.scan()
    assert rig.log.events == [
        ("remote.device_denied", {"device": str(tmp_path / "named"), "group": "", "remedy": "make it readable"})
    ]
    assert rig.log.at_level("warning") == ["remote.device_denied"]
    rig.source.close()


@pytest.mark.parametrize("is_given", [True, False])
def test_a_device_that_udev_has_not_given_to_its_group_yet_is_not_told_as_denied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_given: bool
) -> None:
    rig = Rig(tmp_path)
    path = rig.plug_in("event3", 352)

    with refused(monkeypatch):
        rig.source.scan()
        rig.clock.advance(UDEV_S - 0.1)
        rig.source.scan()
    if not is_given:
        path.unlink()
    rig.clock.advance(UDEV_S)
    rig.source.scan()
    assert rig.source.open_devices == ((str(path),) if is_given else ())
    assert rig.log.named("remote.device_denied") == []
    assert rig.source.rescan_after_s != UDEV_S, "nothing is waited for any more"
    rig.source.close()


def test_a_device_that_nobody_named_is_not_missed(rig: Rig) -> None:
    rig.plug_in("event1", 352).unlink()
    (rig.input_dir / "event1").symlink_to("nowhere")
    rig.source.scan()
    assert rig.log.events == []


def test_it_runs_on_a_thread_until_it_is_stopped(tmp_path: Path) -> None:
    read, write = os.pipe()
    inbox = Inbox()
    came = threading.Event()
    inbox.wake = came.set
    log = RecordingLog()
    jobs = Jobs(inbox, log)
    source = EvdevSource(
        inbox.post, keymap(), ManualClock(), log, devices=[f"/dev/fd/{read}"], folders=InputFolders(tmp_path, tmp_path)
    )
    thread = jobs.thread("evdev", source.run)
    os.write(write, key(1, 1))
    assert came.wait(5)
    assert list(inbox.drain()) == [KeyEvent("key:1", True, 0.0, f"/dev/fd/{read}")]
    source.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert source.open_devices == ()
    source.stop()  # once more is harmless
    jobs.stop()
    os.close(read)
    os.close(write)


def test_a_round_without_events_ends_with_its_time_out(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.source.scan()
    assert rig.source.step(0.0)
    assert rig.source.step(0.001)
    assert rig.events == []


def test_a_device_that_comes_and_goes_is_missed_each_time(tmp_path: Path) -> None:
    path = tmp_path / "input" / "named"
    rig = Rig(tmp_path, str(path))
    rig.source.scan()
    rig.source.scan()
    assert len(rig.log.named("remote.device_missing")) == 1
    os.mkfifo(path)
    rig.source.scan()
    assert list(rig.source.open_devices) == [str(path)]
    with path.open("wb", buffering=0):
        path.unlink()
    rig.source.step(1.0)
    rig.source.scan()
    assert list(rig.source.open_devices) == []
    assert len(rig.log.named("remote.device_missing")) == 2
