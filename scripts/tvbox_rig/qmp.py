"""Speaks QMP, QEMU's control protocol: keys on the virtual keyboard, pictures of the screen, the plug."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

TIMEOUT_S = 60.0


class QmpError(Exception):
    """QEMU refused a command."""


class Qmp:
    """One connection to a running QEMU; QEMU takes one at a time."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(TIMEOUT_S)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("r", encoding="utf-8")
        self._lines.readline()
        self.command("qmp_capabilities")

    def command(self, name: str, /, **arguments: Any) -> Any:
        """Run one command; returns what it returns.

        Raises:
            QmpError: QEMU refuses it, or has ended.
        """
        request = {"execute": name, "arguments": arguments}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        while line := self._lines.readline():
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise QmpError(f"{name}: {answer['error'].get('desc')}")
        raise QmpError(f"{name}: QEMU has ended")

    def picture(self, path: Path) -> None:
        """Save what the virtual screen shows as a PNG."""
        self.command("screendump", filename=str(path), format="png")

    def press(self, *keys: str, hold_ms: int = 80) -> None:
        """Press keys of the virtual keyboard together (QEMU's names, e.g. "alt", "f2") and release them."""
        self.command("send-key", keys=[{"type": "qcode", "data": key} for key in keys], **{"hold-time": hold_ms})

    def close(self) -> None:
        """Close the connection."""
        self._lines.close()
        self._socket.close()
