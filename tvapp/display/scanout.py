"""Reads what a graphics card really sends to the screen, where no desktop is between.

SDL's KMS/DRM driver draws, flips pages and reports success, whether or not anything of it is on the screen. The kernel
knows which buffer is on the screen, and lets the process that owns it read a buffer without tiles, as Mesa makes them
for cards that cannot draw. A GPU's own buffers cannot be read; there SDL's reading of its frame has to do.

No binding of libdrm with wheels exists: these are the five ioctls of the kernel's interface (linux/drm_mode.h).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import mmap
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OPEN_FILES = Path("/proc/self/fd")
CARDS = "/dev/dri/card"

RESOURCES = struct.Struct("=4Q8I")
CRTC = struct.Struct("=Q7I68s")
FRAMEBUFFER = struct.Struct("=5I4I4I4I4x4Q")
MAP_DUMB = struct.Struct("=2IQ")
CLOSE = struct.Struct("=2I")
"""drm_mode_card_res, drm_mode_crtc, drm_mode_fb_cmd2, drm_mode_map_dumb, drm_gem_close."""


def _request(direction: int, number: int, layout: struct.Struct) -> int:
    """Return the number of an ioctl on a DRM device (asm-generic/ioctl.h)."""
    return direction << 30 | layout.size << 16 | ord("d") << 8 | number


GET_RESOURCES = _request(3, 0xA0, RESOURCES)
GET_CRTC = _request(3, 0xA1, CRTC)
GET_FRAMEBUFFER = _request(3, 0xCE, FRAMEBUFFER)
GET_MAP = _request(3, 0xB3, MAP_DUMB)
CLOSE_BUFFER = _request(1, 0x09, CLOSE)

LINEAR = (0, (1 << 56) - 1)
"""DRM_FORMAT_MOD_LINEAR, and DRM_FORMAT_MOD_INVALID: the buffer was made without saying."""
FORMATS = frozenset({b"XR24", b"AR24", b"XB24", b"AB24"})
"""Four bytes a pixel, one of them without meaning."""
COLUMNS, ROWS = 64, 36
"""How many places of the picture are looked at."""


@dataclass(frozen=True, slots=True)
class Scanout:
    """What a card sends: `is_on` whether it sends a picture at all; `is_black` None where its pixels cannot be read."""

    is_on: bool
    is_black: bool | None


def read_scanout() -> Scanout | None:
    """Return what the card that this process has opened sends to its screens; None where that cannot be told."""
    found = [seen for fd in _cards() if (seen := _of_card(fd)) is not None]
    return next((seen for seen in found if seen.is_on), found[0] if found else None)


def looks_black(picture: bytes | mmap.mmap, pitch: int, width: int, height: int) -> bool:
    """Tell whether all places of a grid are black. `pitch` is the bytes of a row; a pixel has four, one unused.

    >>> looks_black(bytes(64 * 4 * 36), 64 * 4, 64, 36)
    True
    """
    for row in range(ROWS):
        start = (row * height // ROWS) * pitch
        for column in range(COLUMNS):
            at = start + column * width // COLUMNS * 4
            if any(picture[at : at + 3]):
                return False
    return True


def _cards() -> Sequence[int]:
    found = []
    with contextlib.suppress(OSError):
        for entry in OPEN_FILES.iterdir():
            with contextlib.suppress(OSError):  # closed meanwhile
                if str(entry.readlink()).startswith(CARDS):
                    found.append(int(entry.name))
    return sorted(found)


def _of_card(fd: int) -> Scanout | None:
    try:
        framebuffers = [crtc[3] for crtc in _crtcs(fd) if crtc[7]]
    except OSError:
        return None
    shown = [number for number in framebuffers if number]
    if not shown:
        return Scanout(is_on=False, is_black=None)
    blacks = [_is_black(fd, number) for number in shown]
    return Scanout(is_on=True, is_black=None if None in blacks else all(blacks))


def _crtcs(fd: int) -> Iterator[tuple[int, ...]]:
    """Yield each CRTC of a card: its fields up to `mode_valid`."""
    counts = RESOURCES.unpack(_ask(fd, GET_RESOURCES, RESOURCES.pack(*([0] * 12))))
    many = counts[5]
    numbers = bytearray(4 * many)
    with _address(numbers) as address:
        _ask(fd, GET_RESOURCES, RESOURCES.pack(0, address, 0, 0, 0, many, *([0] * 6)))
    for number in struct.unpack(f"={many}I", numbers):
        fields = CRTC.unpack(_ask(fd, GET_CRTC, CRTC.pack(0, 0, number, *([0] * 5), b"")))
        yield fields[:8]


def _is_black(fd: int, framebuffer: int) -> bool | None:
    """Tell whether a framebuffer is black; None where it cannot be read."""
    try:
        fields = FRAMEBUFFER.unpack(_ask(fd, GET_FRAMEBUFFER, FRAMEBUFFER.pack(framebuffer, *([0] * 20))))
    except OSError:
        return None
    width, height, form = fields[1], fields[2], fields[3].to_bytes(4, "little")
    handle, pitch, offset, modifier = fields[5], fields[9], fields[13], fields[17]
    if not handle:
        return None
    try:
        if form not in FORMATS or modifier not in LINEAR:
            return None
        start = MAP_DUMB.unpack(_ask(fd, GET_MAP, MAP_DUMB.pack(handle, 0, 0)))[2]
        with mmap.mmap(fd, offset + pitch * height, mmap.MAP_SHARED, mmap.PROT_READ, offset=start) as pixels:
            return looks_black(pixels[offset : offset + pitch * height], pitch, width, height)
    except (OSError, ValueError):
        return None
    finally:
        for each in {number for number in fields[5:9] if number}:
            with contextlib.suppress(OSError):
                _ask(fd, CLOSE_BUFFER, CLOSE.pack(each, 0))


def _ask(fd: int, request: int, argument: bytes) -> bytes:
    return fcntl.ioctl(fd, request, argument)


@contextmanager
def _address(buffer: bytearray) -> Iterator[int]:
    """Give the address of a buffer, which stays where it is meanwhile."""
    held = (ctypes.c_char * len(buffer)).from_buffer(buffer)
    yield ctypes.addressof(held)
    del held
