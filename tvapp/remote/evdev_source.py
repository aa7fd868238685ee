"""Reads keys from Linux input devices, beside SDL: keys that SDL drops, or all keys of devices that the config names.

Runs on a thread of its own and sleeps in poll(2). Devices may come and go; opening one is retried.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import grp
import os
import select
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tvapp.core.clock import Clock
from tvapp.core.log import Log
from tvapp.remote.evdev import Records, key_codes
from tvapp.remote.inotify import watch_folder
from tvapp.remote.keymap import Keymap, dropped_by_sdl
from tvapp.remote.keys import KeyEvent

RESCAN_S = 5.0
"""How often to scan for devices where the kernel does not notify of them; a scan reads one folder."""
UDEV_S = 2.0
"""A device that has just come belongs to root until udev has given it to its group; only then is it told as denied."""
READ_BYTES = 24 * 64
EVIOCGRAB = 0x40044590


@dataclass(frozen=True, slots=True)
class InputFolders:
    """Where Linux has the input devices, and what it knows of them."""

    devices: Path = Path("/dev/input")
    sysfs: Path = Path("/sys/class/input")


@dataclass(slots=True)
class _Open:
    path: str
    records: Records
    passes_all: bool


class EvdevSource:
    """Posts KeyEvents. `devices` are the paths that the installer has named; all of their keys are posted."""

    def __init__(
        self,
        post: Callable[[KeyEvent], None],
        keymap: Keymap,
        clock: Clock,
        log: Log,
        *,
        devices: Sequence[str] = (),
        grab: bool = False,
        folders: InputFolders | None = None,
    ) -> None:
        self._post = post
        self._wanted = frozenset(code for code in keymap.codes() if dropped_by_sdl(code))
        self._clock = clock
        self._log = log
        self._explicit = tuple(devices)
        self._grab = grab
        self._folders = folders or InputFolders()
        self._open: dict[int, _Open] = {}
        self._reported: set[str] = set()
        self._denied_since: dict[str, float] = {}
        self._poll = select.poll()
        self._stop_read, self._stop_write = os.pipe()
        self._poll.register(self._stop_read)
        self._watch: int | None = None

    @property
    def open_devices(self) -> tuple[str, ...]:
        """The paths of the open devices."""
        return tuple(sorted(device.path for device in self._open.values()))

    @property
    def rescan_after_s(self) -> float | None:
        """How long to wait for events before the next scan; None: the kernel notifies of every device to come."""
        if self._denied_since:
            return UDEV_S
        is_missing = not {device.path for device in self._open.values()}.issuperset(self._explicit)
        return RESCAN_S if self._watch is None or is_missing else None

    def run(self) -> None:
        """Read until `stop`; for `Jobs.thread`."""
        self.scan()
        while self.step(self.rescan_after_s):
            pass
        self.close()

    def stop(self) -> None:
        """End `run`; may be called from any thread."""
        with contextlib.suppress(OSError):
            os.write(self._stop_write, b"x")

    def step(self, timeout_s: float | None) -> bool:
        """Wait for one round of events and post them; False after `stop`."""
        ready = self._poll.poll(None if timeout_s is None else timeout_s * 1000)
        if not ready:
            self.scan()
        for fd, _ in ready:
            if fd == self._stop_read:
                return False
            if fd == self._watch:
                with contextlib.suppress(OSError):
                    os.read(fd, 4096)
                self.scan()
            elif fd in self._open:
                self._read(fd)
        return True

    def scan(self) -> None:
        """Open the devices that are not open yet."""
        if self._watch is None and (watch := watch_folder(self._folders.devices)) is not None:
            self._watch = watch
            self._poll.register(watch)
        known = {device.path for device in self._open.values()}
        relevant = self._relevant()
        for path in self._denied_since.keys() - {*self._explicit, *relevant}:
            del self._denied_since[path]  # it is gone
        for path in self._explicit:
            if path not in known:
                self._try(path, passes_all=True)
        for path in relevant:
            if path not in known and path not in self._explicit:
                self._try(path, passes_all=False)

    def close(self) -> None:
        """Close all devices for good; for whoever calls `step` instead of `run`."""
        for fd in list(self._open):
            self._forget(fd)
        os.close(self._stop_read)
        os.close(self._stop_write)
        if self._watch is not None:
            os.close(self._watch)

    def _relevant(self) -> list[str]:
        found = []
        for path in sorted(self._folders.devices.glob("event*")):
            with contextlib.suppress(OSError):
                keys = (self._folders.sysfs / path.name / "device/capabilities/key").read_bytes()
                if key_codes(keys) & self._wanted:
                    found.append(str(path))
        return found

    def _try(self, path: str, *, passes_all: bool) -> None:
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM):
                self._report_denied(path)
            else:
                self._denied_since.pop(path, None)
                self._report_missing(path, f"{error.strerror}")
            return
        mode = os.fstat(fd).st_mode
        if not (stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)):
            os.close(fd)
            self._report_missing(path, "neither a device nor a FIFO")
            return
        if self._grab and passes_all and stat.S_ISCHR(mode):
            with contextlib.suppress(OSError):
                fcntl.ioctl(fd, EVIOCGRAB, 1)
        self._reported.discard(path)
        self._denied_since.pop(path, None)
        self._open[fd] = _Open(path, Records(path), passes_all)
        self._poll.register(fd, select.POLLIN)
        self._log.event("remote.device_opened", device=path, all_keys=passes_all)

    def _report_denied(self, path: str) -> None:
        if path in self._reported:
            return
        now = self._clock.monotonic()
        if now - self._denied_since.setdefault(path, now) < UDEV_S:
            return
        del self._denied_since[path]
        self._reported.add(path)
        group = _group_of(path)
        remedy = f"add the user to the group {group}" if group else "make it readable"
        self._log.event("remote.device_denied", level="warning", device=path, group=group, remedy=remedy)

    def _report_missing(self, path: str, reason: str) -> None:
        if path in self._explicit and path not in self._reported:
            self._reported.add(path)
            self._log.event("remote.device_missing", level="warning", device=path, reason=reason)

    def _read(self, fd: int) -> None:
        device = self._open[fd]
        try:
            data = os.read(fd, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""  # ENODEV: unplugged
        now = self._clock.monotonic()
        events = device.records.feed(data, now) if data else device.records.release_all(now)
        for event in events:
            if device.passes_all or int(event.key[4:]) in self._wanted:
                self._post(event)
        if not data:
            self._forget(fd)
            if _is_fifo(device.path):
                # The writer has closed it; open it again for the next one.
                self._try(device.path, passes_all=device.passes_all)
            else:
                self._log.event("remote.device_closed", device=device.path)

    def _forget(self, fd: int) -> None:
        self._poll.unregister(fd)
        os.close(fd)
        del self._open[fd]


def _is_fifo(path: str) -> bool:
    """Tell whether there is a FIFO at `path` now."""
    try:
        return stat.S_ISFIFO(Path(path).stat().st_mode)
    except OSError:
        return False


def _group_of(path: str) -> str:
    try:
        return grp.getgrgid(Path(path).stat().st_gid).gr_name
    except (OSError, KeyError):
        return ""
