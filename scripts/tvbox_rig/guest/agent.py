"""Runs inside the guest: carries out commands from the host, and plays a remote control by uinput.

Each request and each answer is one line of JSON on a virtio-serial port. It needs nothing but Python's own library.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import subprocess
import time
from pathlib import Path
from typing import Any

PORT = "/dev/virtio-ports/tvbox.agent"
HOST_ABSENT_S = 0.2

EV_SYN, EV_KEY = 0, 1
UI_SET_EVBIT, UI_SET_KEYBIT = 0x40045564, 0x40045565
UI_DEV_SETUP, UI_DEV_CREATE, UI_DEV_DESTROY = 0x405C5503, 0x5501, 0x5502
BUS_USB = 3


class Remote:
    """An infrared receiver that sends Linux key codes; unplugged until it gets its keys."""

    def __init__(self) -> None:
        self._fd = -1

    def plug(self, codes: list[int]) -> None:
        """Plug the receiver in; it announces the key codes that it can send."""
        self.unplug()
        self._fd = os.open("/dev/uinput", os.O_WRONLY)
        fcntl.ioctl(self._fd, UI_SET_EVBIT, EV_KEY)
        for code in codes:
            fcntl.ioctl(self._fd, UI_SET_KEYBIT, code)
        setup = struct.pack("<4H80sI", BUS_USB, 0x20A0, 0x0001, 1, b"tvbox infrared receiver", 0)
        fcntl.ioctl(self._fd, UI_DEV_SETUP, setup)
        fcntl.ioctl(self._fd, UI_DEV_CREATE)

    def press(self, code: int, hold_s: float) -> None:
        """Press a key, and release it after some seconds."""
        self._emit(code, 1)
        time.sleep(hold_s)
        self._emit(code, 0)

    def unplug(self) -> None:
        """Unplug the receiver, if it is plugged in."""
        if self._fd >= 0:
            fcntl.ioctl(self._fd, UI_DEV_DESTROY)
            os.close(self._fd)
            self._fd = -1

    def _emit(self, code: int, value: int) -> None:
        key = struct.pack("<qqHHi", 0, 0, EV_KEY, code, value)
        os.write(self._fd, key + struct.pack("<qqHHi", 0, 0, EV_SYN, 0, 0))


def run(script: str, timeout_s: float) -> dict[str, Any]:
    """Run a shell script; returns its exit status (-1: it was stopped after the time-out) and its output."""
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return {"status": -1, "output": (error.stdout or b"").decode(errors="replace")}
    return {"status": done.returncode, "output": done.stdout.decode(errors="replace")}


def carry_out(request: dict[str, Any], remote: Remote) -> dict[str, Any]:
    """Carry out one request; returns the fields of its answer."""
    do = request["do"]
    if do == "run":
        return run(request["script"], request["timeout_s"])
    if do == "plug":
        remote.plug(request["codes"])
    elif do == "press":
        remote.press(request["code"], request["hold_s"])
    elif do == "unplug":
        remote.unplug()
    else:
        raise ValueError(f"unknown request {do}")
    return {"status": 0, "output": ""}


def main() -> None:
    """Answer requests for ever."""
    while not Path(PORT).exists():
        time.sleep(HOST_ABSENT_S)
    port = os.open(PORT, os.O_RDWR)
    remote = Remote()
    waiting = b""
    while True:
        data = os.read(port, 65536)
        if not data:  # no host at the other end
            waiting = b""
            time.sleep(HOST_ABSENT_S)
            continue
        waiting += data
        while b"\n" in waiting:
            line, _, waiting = waiting.partition(b"\n")
            request = json.loads(line)
            try:
                answer = carry_out(request, remote)
            except (OSError, ValueError, KeyError) as error:
                answer = {"status": -2, "output": repr(error)}
            reply = json.dumps({"id": request["id"], **answer}).encode() + b"\n"
            while reply:
                reply = reply[os.write(port, reply) :]


if __name__ == "__main__":
    main()
