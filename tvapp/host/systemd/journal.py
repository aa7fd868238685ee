"""Sends log events with their fields to systemd's journal, by its native protocol.

Hand-written: a message is one datagram of `NAME=value` lines. Of the bindings on PyPI, `systemd-python` has no wheels,
and those of `cysystemd` are for glibc 2.34 alone, compiled for newer processors than old mini PCs have.
https://systemd.io/JOURNAL_NATIVE_PROTOCOL
"""

from __future__ import annotations

import array
import errno
import fcntl
import os
import re
import socket
import struct
from collections.abc import Mapping

from tvapp.core.log import Level

SOCKET = "/run/systemd/journal/socket"
PRIORITIES: Mapping[Level, int] = {"debug": 7, "info": 6, "warning": 4, "error": 3}
"""Levels as priorities of syslog (RFC 5424)."""
IDENTIFIER = "tvapp"
PREFIX = "TVAPP_"
LONGEST_NAME = 64
"""The journal ignores fields with longer names."""
FULL_FOR_S = 0.5
"""A journal that takes nothing for so long is not waited for."""

_NO_NAME = re.compile(r"[^A-Z0-9_]")
_TOO_BIG = (errno.EMSGSIZE, errno.ENOBUFS)


def is_our_output(environ: Mapping[str, str], number: int = 2) -> bool:
    """Tell whether a file descriptor leads to the journal, by $JOURNAL_STREAM: device and inode (systemd.exec(5)).

    A child process whose output goes elsewhere inherits the variable, so the variable alone says nothing.
    """
    device, _, inode = environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        there = os.fstat(number)
    except OSError:
        return False
    return (device, inode) == (str(there.st_dev), str(there.st_ino))


class Journal:
    """Sends entries to the journal's socket; never raises. Every thread may use it."""

    def __init__(self, address: str = SOCKET) -> None:
        self._address = address
        self._socket: socket.socket | None = None

    def send(self, event: str, level: Level, message: str, fields: Mapping[str, str]) -> bool:
        """Send one entry, whose line for readers is `message`; returns whether the journal has taken it."""
        entry = encode(event, level, message, fields)
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
                self._socket.settimeout(FULL_FOR_S)
            try:
                self._socket.sendto(entry, self._address)
            except OSError as error:
                if error.errno not in _TOO_BIG:
                    raise
                self._send_file(self._socket, entry)
        except (OSError, ValueError):
            return False
        return True

    def close(self) -> None:
        """Close the socket; a later entry opens it again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send_file(self, sender: socket.socket, entry: bytes) -> None:
        """Send an entry that is too long for a datagram, as a file in memory that can no longer change."""
        number = os.memfd_create("tvapp-journal", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            with open(number, "wb", closefd=False) as file:
                file.write(entry)
            fcntl.fcntl(
                number,
                fcntl.F_ADD_SEALS,
                fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE,
            )
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [number]))]
            sender.sendmsg([], rights, 0, self._address)
        finally:
            os.close(number)


def encode(event: str, level: Level, message: str, fields: Mapping[str, str]) -> bytes:
    r"""Return an entry in the journal's form.

    >>> encode("map.settled", "info", "map.settled tiles=12", {"tiles": "12"}).splitlines()[-2:]
    [b'TVAPP_EVENT=map.settled', b'TVAPP_TILES=12']
    >>> _field("MESSAGE", "a\nb")
    b'MESSAGE\n\x03\x00\x00\x00\x00\x00\x00\x00a\nb\n'
    """
    own = {
        "MESSAGE": message,
        "PRIORITY": str(PRIORITIES[level]),
        "SYSLOG_IDENTIFIER": IDENTIFIER,
        f"{PREFIX}EVENT": event,
    }
    given = {name_of(name): value for name, value in fields.items()}
    return b"".join(_field(name, value) for name, value in (own | {**given, **own}).items())


def name_of(field: str) -> str:
    """Return the name of a field in the journal.

    >>> name_of("retry_in")
    'TVAPP_RETRY_IN'
    """
    return (PREFIX + _NO_NAME.sub("_", field.upper()))[:LONGEST_NAME]


def _field(name: str, value: str) -> bytes:
    data = value.encode("utf-8", "replace")
    if b"\n" not in data:
        return b"%s=%s\n" % (name.encode(), data)
    # A value of several lines is preceded by its length.
    return b"%s\n%s%s\n" % (name.encode(), struct.pack("<Q", len(data)), data)
