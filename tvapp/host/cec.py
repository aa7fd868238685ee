"""Switches the TV off and on over HDMI-CEC, through the kernel's own interface (linux/cec.h).

Hand-written: the bindings on PyPI (`cec`, `ironcast-cec`) come without wheels and need libcec, which opens the adapter
for itself, while the kernel's interface is four ioctls on /dev/cec*. Everything here blocks for up to some seconds.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

from tvapp.core.jobs import Jobs
from tvapp.core.log import Log

DEVICES = Path("/dev")

ADAP_G_CAPS = 0xC04C6100
ADAP_G_PHYS_ADDR = 0x80026101
ADAP_G_LOG_ADDRS = 0x805C6103
ADAP_S_LOG_ADDRS = 0xC05C6104
TRANSMIT = 0xC0386105

CAPS = struct.Struct("=32s32sIII")
"""struct cec_caps: driver, name, available_log_addrs, capabilities, version."""
LOG_ADDRS = struct.Struct("=4sHBBII15s4s4s4s48sx")
"""struct cec_log_addrs: log_addr, log_addr_mask, cec_version, num_log_addrs, vendor_id, flags, osd_name, and for each
of four devices: primary_device_type, log_addr_type, all_device_types, features."""
MESSAGE = struct.Struct("=QQIIII16sBBBBBBBx")
"""struct cec_msg: tx_ts, rx_ts, len, timeout, sequence, flags, msg, reply, rx_status, tx_status, and four counters."""

CAP_TRANSMIT = 1 << 2
TX_STATUS_OK = 1 << 0
PHYS_ADDR_INVALID = 0xFFFF
LOG_ADDR_INVALID = 0xFF
TV, UNREGISTERED, BROADCAST = 0, 15, 15
IMAGE_VIEW_ON, STANDBY, ACTIVE_SOURCE = 0x04, 0x36, 0x82

CEC_VERSION_1_4 = 5
VENDOR_NONE = 0xFFFFFFFF
ALLOW_FALLBACK_AND_KEYS = 0x1 | 0x2
"""CEC_LOG_ADDRS_FL_ALLOW_UNREG_FALLBACK and CEC_LOG_ADDRS_FL_ALLOW_RC_PASSTHRU (keys of the TV's remote)."""
PLAYBACK_DEVICE, PLAYBACK_ADDRESS, PLAYBACK_ALL = 4, 3, 0x10

TRIES = 3
AGAIN_AFTER_S = 2.0
"""A TV in deep standby may miss the first message while it wakes up."""

Power = Literal["on", "standby"]


class Ioctl(Protocol):
    """The system call: changes `buffer`, or raises OSError."""

    def __call__(self, number: int, request: int, buffer: bytearray) -> object: ...


class CecError(Exception):
    """The TV could not be told; the text says why."""


class CecAdapter:
    """One open adapter."""

    def __init__(self, number: int, ioctl: Ioctl | None = None) -> None:
        """`number` is the file descriptor."""
        self._number = number
        self._ioctl = ioctl or _ioctl

    def switch(self, power: Power) -> None:
        """Send what switches the TV.

        Raises:
            CecError: the adapter cannot send, or the TV did not acknowledge.
        """
        if not self._capabilities() & CAP_TRANSMIT:
            raise CecError("the adapter cannot send")
        physical = self._physical_address()
        address = self._logical_address(physical)
        if power == "standby":
            self._send(address, TV, STANDBY)
            return
        self._send(address, TV, IMAGE_VIEW_ON)
        if physical != PHYS_ADDR_INVALID and address != UNREGISTERED:
            self._send(address, BROADCAST, ACTIVE_SOURCE, physical >> 8, physical & 0xFF)

    def _capabilities(self) -> int:
        buffer = bytearray(CAPS.size)
        self._call(ADAP_G_CAPS, buffer, "the adapter does not answer")
        return int(CAPS.unpack(buffer)[3])

    def _physical_address(self) -> int:
        """Return where on HDMI this machine is; PHYS_ADDR_INVALID while the TV's input is switched off."""
        buffer = bytearray(2)
        self._call(ADAP_G_PHYS_ADDR, buffer, "no physical address")
        return int.from_bytes(buffer, "little" if _IS_LITTLE else "big")

    def _logical_address(self, physical: int) -> int:
        """Return our address, claimed as a playback device if there is none yet."""
        buffer = bytearray(LOG_ADDRS.size)
        self._call(ADAP_G_LOG_ADDRS, buffer, "no logical address")
        address, count = buffer[0], LOG_ADDRS.unpack(buffer)[3]
        if count and address != LOG_ADDR_INVALID:
            return address
        if physical == PHYS_ADDR_INVALID:
            # Some TVs withdraw the address in standby: the kernel still lets an unregistered device wake them.
            return UNREGISTERED
        claim = bytearray(
            LOG_ADDRS.pack(
                b"", 0, CEC_VERSION_1_4, 1, VENDOR_NONE, ALLOW_FALLBACK_AND_KEYS, b"tvapp",
                bytes([PLAYBACK_DEVICE]), bytes([PLAYBACK_ADDRESS]), bytes([PLAYBACK_ALL]), b"",
            )
        )  # fmt: skip
        self._call(ADAP_S_LOG_ADDRS, claim, "no logical address")
        return UNREGISTERED if claim[0] == LOG_ADDR_INVALID else claim[0]

    def _send(self, initiator: int, destination: int, *content: int) -> None:
        data = bytes([initiator << 4 | destination, *content])
        buffer = bytearray(MESSAGE.pack(0, 0, len(data), 0, 0, 0, data, 0, 0, 0, 0, 0, 0, 0))
        self._call(TRANSMIT, buffer, "not sent")
        status = MESSAGE.unpack(buffer)[9]
        if not status & TX_STATUS_OK:
            raise CecError(f"the TV did not acknowledge (status {status:#04x})")

    def _call(self, request: int, buffer: bytearray, failed: str) -> None:
        try:
            self._ioctl(self._number, request, buffer)
        except OSError as error:
            raise CecError(f"{failed}: {error.strerror or error}") from error


_IS_LITTLE = struct.pack("=H", 1)[0] == 1


def _ioctl(number: int, request: int, buffer: bytearray) -> object:
    return fcntl.ioctl(number, request, buffer, True)


def adapters(folder: Path = DEVICES) -> list[Path]:
    """Return the adapters of this machine; a Raspberry Pi has one for each HDMI socket."""
    return sorted(folder.glob("cec*"))


@contextmanager
def opened(path: Path) -> Iterator[CecAdapter]:
    """Open an adapter; blocking, so that a transmission reports its own result.

    Raises:
        CecError: it cannot be opened.
    """
    try:
        number = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        remedy = ": add the user to the group of the device" if error.errno in (errno.EACCES, errno.EPERM) else ""
        raise CecError(f"{error.strerror or error}{remedy}") from error
    try:
        yield CecAdapter(number)
    finally:
        with contextlib.suppress(OSError):
            os.close(number)


class TvPower:
    """Switches the TV by workers, one after another; the last wish counts. Never raises: a TV may have no CEC."""

    def __init__(
        self,
        jobs: Jobs,
        log: Log,
        *,
        folder: Path = DEVICES,
        open_adapter: Callable[[Path], contextlib.AbstractContextManager[CecAdapter]] = opened,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._jobs = jobs
        self._log = log
        self._folder = folder
        self._open = open_adapter
        self._sleep = sleep
        self._lock = threading.Lock()
        self._wanted: Power | None = None

    def want(self, power: Power) -> None:
        """Have the TV switched on or to standby; returns at once."""
        self._wanted = power
        self._jobs.run("cec.switch", self._switch)

    def _switch(self) -> None:
        """Carry out the last wish, on a worker."""
        with self._lock:
            power, self._wanted = self._wanted, None
            if power is None:
                return  # a job before this one did it
            for path in adapters(self._folder):
                self._switch_one(path, power)

    def _switch_one(self, path: Path, power: Power) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                with self._open(path) as adapter:
                    adapter.switch(power)
            except CecError as error:
                if attempt == TRIES or self._wanted is not None:
                    self._log.event(
                        "tv.not_switched", level="warning", power=power, device=str(path), reason=str(error)
                    )
                    return
                self._sleep(AGAIN_AFTER_S)
            else:
                self._log.event("tv.switched", power=power, device=str(path))
                return
