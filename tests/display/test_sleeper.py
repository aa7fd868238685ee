"""What ends a sleep: a wake-up, an event of the X server, or a key on an input device, also one plugged in later."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tvapp.core.clock import ManualClock
from tvapp.display.sleeper import NETLINK_KOBJECT_UEVENT, PAUSE_S, STUCK_AFTER, Sleeper, input_descriptors

PATIENCE_S = 5.0


def is_ended_by_an_event(sleeper: Sleeper) -> bool:
    """Tell whether a sleep without end ends by itself, without the wake-up that comes to its rescue."""
    rescue = threading.Timer(PATIENCE_S, sleeper.wake)
    rescue.start()
    try:
        return not sleeper.sleep(None)
    finally:
        rescue.cancel()


class Devices:
    """Named pipes in place of input devices, opened as SDL opens them: the descriptors are its, the writers ours."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[int, int] = {}
        self.prefix = str(folder / "event")

    def plug_in(self) -> int:
        path = self._folder / f"event{len(self._writers)}"
        os.mkfifo(path)
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._writers[fd] = os.open(path, os.O_WRONLY)
        return fd

    def press(self, fd: int) -> None:
        os.write(self._writers[fd], b"x")

    def read(self, fd: int) -> None:
        """Take what was pressed, as SDL does when it is polled."""
        os.read(fd, 100)

    def unplug(self, fd: int) -> None:
        os.close(fd)
        os.close(self._writers.pop(fd))

    def close(self) -> None:
        for fd in list(self._writers):
            self.unplug(fd)


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[Devices]:
    devices = Devices(tmp_path)
    yield devices
    devices.close()


@pytest.fixture
def udev() -> Iterator[socket.socket]:
    """Return a socket as SDL's udev monitor has it; what is sent to it arrives."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_KOBJECT_UEVENT) as monitor:
        monitor.bind((0, 0))
        monitor.setblocking(False)
        yield monitor


def announce(udev: socket.socket) -> None:
    """Send what udev sends about a device."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_KOBJECT_UEVENT) as sender:
        sender.sendto(b"add@/devices/virtual/input", udev.getsockname())


@pytest.fixture
def listening(devices: Devices, udev: socket.socket) -> Callable[[], Sleeper]:
    def make() -> Sleeper:
        sleeper = Sleeper()
        sleeper.listen_to_inputs(lambda: input_descriptors(devices.prefix))
        return sleeper

    return make


def test_a_key_on_an_input_device_ends_the_sleep_at_once(devices: Devices, listening: Callable[[], Sleeper]) -> None:
    keyboard = devices.plug_in()
    sleeper = listening()
    assert sleeper.hears_events
    devices.press(keyboard)
    assert is_ended_by_an_event(sleeper)


def test_a_device_that_is_plugged_in_later_ends_the_sleep_too(
    devices: Devices, udev: socket.socket, listening: Callable[[], Sleeper]
) -> None:
    sleeper = listening()
    announce(udev)
    assert is_ended_by_an_event(sleeper)
    udev.recv(1000)
    remote = devices.plug_in()  # SDL does so when it is polled next
    sleeper.sleep(0)
    devices.press(remote)
    assert is_ended_by_an_event(sleeper)


def test_a_device_that_is_unplugged_does_not_disturb(devices: Devices, listening: Callable[[], Sleeper]) -> None:
    gone, kept = devices.plug_in(), devices.plug_in()
    sleeper = listening()
    devices.unplug(gone)
    sleeper.sleep(0)
    devices.press(kept)
    assert is_ended_by_an_event(sleeper)
    assert sleeper.hears_events


def test_without_udev_pygame_is_polled_for_devices_to_come(devices: Devices) -> None:
    devices.plug_in()
    assert input_descriptors(devices.prefix) == frozenset()
    sleeper = Sleeper()
    sleeper.listen_to_inputs(lambda: input_descriptors(devices.prefix))
    assert not sleeper.hears_events


def test_a_device_that_nobody_reads_is_left_out_for_a_while_and_keys_are_polled_for(
    devices: Devices, udev: socket.socket
) -> None:
    clock = ManualClock()
    keyboard = devices.plug_in()
    sleeper = Sleeper(clock.monotonic)
    sleeper.listen_to_inputs(lambda: input_descriptors(devices.prefix))
    devices.press(keyboard)
    for _ in range(STUCK_AFTER + 1):
        assert sleeper.hears_events
        sleeper.sleep(0)
    assert not sleeper.hears_events
    clock.advance(PAUSE_S)
    devices.read(keyboard)
    sleeper.sleep(0)
    assert sleeper.hears_events


def test_events_show_that_a_busy_descriptor_is_the_right_one(
    devices: Devices, listening: Callable[[], Sleeper]
) -> None:
    keyboard = devices.plug_in()
    sleeper = listening()
    devices.press(keyboard)
    for _ in range(3 * STUCK_AFTER):
        sleeper.sleep(0)
        sleeper.saw_events()
    assert sleeper.hears_events


def test_a_socket_that_never_carries_an_event_is_not_that_of_the_x_server() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sleeper = Sleeper()
        sleeper.listen_to_socket(ours.fileno())
        theirs.send(b"x")
        for _ in range(STUCK_AFTER + 1):
            sleeper.sleep(0)
        assert not sleeper.hears_events


def test_a_wake_up_ends_the_sleep_beside_a_key(devices: Devices, listening: Callable[[], Sleeper]) -> None:
    keyboard = devices.plug_in()
    sleeper = listening()
    devices.press(keyboard)
    sleeper.wake()
    assert sleeper.sleep(None)
    assert not sleeper.sleep(0)
