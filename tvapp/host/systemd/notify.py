"""sd_notify(3): lines of `NAME=value` in datagrams to the socket that the init system names in $NOTIFY_SOCKET.

Hand-written: the protocol is one `sendto`, it has been stable since 2010, and systemd's manual shows an implementation
of this size to be copied. A dependency would be larger than the code it saves.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping

from tvapp.core.visible_text import visible

LONGEST_STATUS = 400
READY_WITHIN_S = 1.0
"""A message that is sent only once may wait so long for a full socket; a sign of life may get lost."""


class Notifier:
    """Reports to the init system if there is one that listens; never raises."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self._status = ""
        self.watchdog_s = watchdog_s(environ, os.getpid()) if self._address else None
        """`alive` is expected at least so often, in seconds; None: there is no watchdog."""

    @property
    def is_heard(self) -> bool:
        """Tell whether there is an init system that listens."""
        return bool(self._address)

    def ready(self) -> None:
        """Tell that the start is over."""
        self._send("READY=1", timeout_s=READY_WITHIN_S)

    def alive(self) -> None:
        """Send a sign of life."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Tell that the end has begun."""
        self._send("STOPPING=1")

    def status(self, words: str) -> None:
        """Tell what the app does, in one line for `systemctl status`; repeated words are not sent again."""
        words = visible(" ".join(words.split()))[:LONGEST_STATUS]
        if words != self._status and self._send(f"STATUS={words}"):
            self._status = words

    def _send(self, line: str, *, timeout_s: float = 0.0) -> bool:
        """Send a line, waiting at most `timeout_s` for a full socket; returns whether it was sent."""
        if not self._address:
            return False
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(timeout_s)
            sender.sendto(line.encode(), self._address)
            return True
        return False


def watchdog_s(environ: Mapping[str, str], pid: int) -> float | None:
    """Return the period of the watchdog in seconds (sd_watchdog_enabled(3)); None where this process has none.

    >>> watchdog_s({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "7"}, 7)
    60.0
    """
    microseconds, whose = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not (microseconds.isascii() and microseconds.isdecimal()) or int(microseconds) == 0:
        return None
    if whose and whose != str(pid):
        return None
    return int(microseconds) / 1e6


def is_our_manager(environ: Mapping[str, str], pid: int) -> bool:
    """Tell whether an init system started this very process and will hear of its end.

    $INVOCATION_ID says less: every terminal of a desktop that systemd started has one.
    """
    return bool(_address(environ.get("NOTIFY_SOCKET", ""))) and environ.get("SYSTEMD_EXEC_PID", str(pid)) == str(pid)


def is_service(environ: Mapping[str, str], pid: int) -> bool:
    """Tell whether this process is a service that systemd starts again when it ends, or belongs to one.

    True for a unit of the system's manager, which may start the app through a compositor such as cage: that passes
    $NOTIFY_SOCKET on. Units of a user's manager ($MANAGERPID) count only if they were written for supervision: a
    desktop's autostart entries run in such units as well, but without $NOTIFY_SOCKET.

    >>> is_service({"NOTIFY_SOCKET": "/run/systemd/notify", "SYSTEMD_EXEC_PID": "6"}, 7)
    True
    >>> is_service({"INVOCATION_ID": "0", "SYSTEMD_EXEC_PID": "7", "MANAGERPID": "5"}, 7)
    False
    """
    if environ.get("MANAGERPID"):
        return is_our_manager(environ, pid)
    return bool(_address(environ.get("NOTIFY_SOCKET", ""))) or environ.get("SYSTEMD_EXEC_PID") == str(pid)


def _address(name: str) -> str:
    """Return the socket's address as Python wants it: a path, or a name that begins with NUL (unix(7))."""
    if name.startswith("@"):
        return "\0" + name[1:]
    return name if name.startswith("/") else ""
