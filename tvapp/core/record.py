"""The format of every small file that the program keeps for itself: one header line with a checksum, then the payload.

The header is ASCII: `tvapp-record KIND VERSION LENGTH CHECKSUM` and a line feed. VERSION is that of the payload's form,
LENGTH counts the bytes of the payload, and CHECKSUM is the CRC-32 of everything else in the file, the header included,
as eight hexadecimal digits. CRC-32 finds every damage of up to 32 bits in a row; it is no protection against an
attacker, who could write a valid file.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from tvapp.core.errors import DataError

MAGIC = b"tvapp-record"
MAX_HEADER_BYTES = 75
"""A record is larger than its payload by this at most."""

# Each value has one spelling only, so that no damage to the header reads as the same header.
_HEADER = re.compile(rb"(tvapp-record ([a-z-]{1,32}) ([1-9][0-9]{0,5}) (0|[1-9][0-9]{0,11}) )([0-9a-f]{8})\n")


def header_of(data: bytes) -> tuple[str, int] | None:
    """Return the kind and the version of the record that begins with `data`; None for any other file.

    >>> header_of(RecordFormat("view", 3).pack(b"here"))
    ('view', 3)
    """
    found = _HEADER.match(data)
    return (found[2].decode(), int(found[3])) if found is not None else None


class RecordError(DataError):
    """A file that holds no usable record."""


class ForeignRecord(RecordError):
    """Not a record at all, or one of another kind or of an earlier version, which nothing reads any more."""


class NewerRecord(RecordError):
    """A sound record that a later version of this program has written."""


class DamagedRecord(RecordError):
    """A record that was cut short or changed after it was written."""


@dataclass(frozen=True, slots=True)
class RecordFormat:
    """One kind of file; `kind` consists of at most 32 lower-case letters and hyphens.

    >>> view = RecordFormat("view", 1)
    >>> bytes(view.unpack(view.pack(b"here")))
    b'here'
    """

    kind: str
    version: int

    def pack(self, payload: bytes) -> bytes:
        """Return a file that holds the payload."""
        return self.header([payload]) + payload

    def header(self, pieces: Iterable[bytes]) -> bytes:
        """Return what goes before a payload that is written piece by piece, so that a large one need not be joined."""
        length = checksum = 0
        for piece in pieces:
            length += len(piece)
            checksum = zlib.crc32(piece, checksum)
        fields = f"tvapp-record {self.kind} {self.version} {length} ".encode()
        return b"%b%08x\n" % (fields, zlib.crc32(fields, checksum))

    def unpack(self, data: bytes) -> memoryview:
        """Return the payload of a file, without copying it.

        Raises:
            ForeignRecord: not a record, or of another kind or an earlier version.
            NewerRecord: of this kind, sound, and of a later version.
            DamagedRecord: it is not what was written.
        """
        found = _HEADER.match(data)
        if found is None:
            if data.startswith(MAGIC):
                raise DamagedRecord(self.kind, "damaged header")
            raise ForeignRecord(self.kind, "not a record")
        fields, kind, version, length, checksum = found.groups()
        payload = memoryview(data)[found.end() :]
        if int(length) != len(payload):
            raise DamagedRecord(self.kind, f"{len(payload)} bytes, not {int(length)}")
        if int(checksum, 16) != zlib.crc32(fields, zlib.crc32(payload)):
            raise DamagedRecord(self.kind, "damaged")
        if kind != self.kind.encode():
            raise ForeignRecord(self.kind, f"a record of kind {kind.decode()}")
        if int(version) > self.version:
            raise NewerRecord(self.kind, f"version {int(version)}, not {self.version}")
        if int(version) < self.version:
            raise ForeignRecord(self.kind, f"version {int(version)}, not {self.version}")
        return payload
