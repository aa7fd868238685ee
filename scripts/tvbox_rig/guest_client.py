"""Asks the agent in the guest to run commands and to press keys of a remote control."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import time
from pathlib import Path
from typing import Any, NamedTuple

MARGIN_S = 30.0
"""How much later than its own time-out an answer may come: the machine is emulated, and slow."""


class GuestError(Exception):
    """The agent does not answer, or cannot do what it was asked."""


class Done(NamedTuple):
    """How a command in the guest ended; status -1: it was stopped after its time-out."""

    status: int
    output: str


class Guest:
    """The agent at the other end of a virtio-serial port; QEMU takes one connection at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._ids = itertools.count(time.monotonic_ns())
        self._waiting = b""

    def run(self, script: str, timeout_s: float = 60.0) -> Done:
        """Run a shell script as root."""
        answer = self._ask({"do": "run", "script": script, "timeout_s": timeout_s}, timeout_s)
        return Done(int(answer["status"]), str(answer["output"]))

    def check(self, script: str, timeout_s: float = 60.0) -> str:
        """Run a shell script as root that must succeed; returns its output without white space around it.

        Raises:
            GuestError: it ends with another status than 0.
        """
        done = self.run(script, timeout_s)
        if done.status != 0:
            raise GuestError(f"status {done.status} of {script!r}: {done.output.strip()}")
        return done.output.strip()

    def plug_remote(self, codes: list[int]) -> None:
        """Plug in a remote control's receiver that can send these Linux key codes."""
        self._succeed({"do": "plug", "codes": codes})

    def press_remote(self, code: int, hold_s: float = 0.08) -> None:
        """Press and release one key of the remote control."""
        self._succeed({"do": "press", "code": code, "hold_s": hold_s})

    def unplug_remote(self) -> None:
        """Unplug the receiver."""
        self._succeed({"do": "unplug"})

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._waiting = b""

    def _succeed(self, request: dict[str, Any]) -> None:
        answer = self._ask(request, 10.0)
        if answer["status"] != 0:
            raise GuestError(f"{request}: {answer['output']}")

    def _ask(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        number = next(self._ids)
        try:
            connection = self._connect()
            connection.sendall(json.dumps({"id": number, **request}).encode() + b"\n")
            until = time.monotonic() + timeout_s + MARGIN_S
            while True:
                line = self._line(connection, until)
                with contextlib.suppress(json.JSONDecodeError):  # the rest of an answer to an earlier connection
                    answer: dict[str, Any] = json.loads(line)
                    if answer.get("id") == number:
                        return answer
        except OSError as error:
            self.close()
            raise GuestError(f"the agent in the guest does not answer: {error}") from error

    def _connect(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.connect(str(self._path))
        return self._socket

    def _line(self, connection: socket.socket, until: float) -> bytes:
        while b"\n" not in self._waiting:
            connection.settimeout(max(0.01, until - time.monotonic()))
            data = connection.recv(65536)
            if not data:
                raise ConnectionResetError("QEMU has ended")
            self._waiting += data
        line, _, self._waiting = self._waiting.partition(b"\n")
        return line
