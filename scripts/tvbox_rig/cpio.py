"""Writes cpio archives in the "newc" format, which the Linux kernel takes as an initramfs."""

from __future__ import annotations

FOLDER, FILE = 0o040755, 0o100000


class Cpio:
    """An archive that grows by one member a call; everything belongs to root."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._inode = 0

    def add_folder(self, name: str) -> None:
        """Add a folder with mode 0755."""
        self._add(name, FOLDER, b"")

    def add_file(self, name: str, content: bytes, mode: int) -> None:
        """Add a file."""
        self._add(name, FILE | mode, content)

    def finish(self) -> bytes:
        """Return the whole archive."""
        self._inode = -1
        self._add("TRAILER!!!", 0, b"")
        return b"".join(self._parts)

    def _add(self, name: str, mode: int, content: bytes) -> None:
        self._inode += 1
        label = name.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(label), 0)
        header = b"070701" + b"".join(b"%08x" % field for field in fields)
        self._parts += [_padded(header + label), _padded(content)]


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
