"""Turns the bytes of a tile into pixels that can be uploaded as they are; runs on a worker.

Pillow's decoders let go of the interpreter lock, so that decoding does not hold up the thread that draws.
"""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image as Pillow

from tvapp.core.errors import DataError
from tvapp.core.image import Image
from tvapp.tiles.tile import TileImage

MAX_BYTES = 4 << 20
SIZES = frozenset({256, 512})
"""Edges that a tile may have, in pixels; anything else is refused before a pixel is decoded."""

_FORMATS = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"RIFF", "WEBP"),
)
# What Pillow raises for files that are cut short, lie about themselves or were made to hurt.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    KeyError,
    IndexError,
    OverflowError,
    AttributeError,
    NotImplementedError,
    struct.error,
    zlib.error,
    Pillow.DecompressionBombError,
    Pillow.DecompressionBombWarning,
)


def decode_tile(data: bytes, source: str) -> TileImage:
    """Decode a PNG, JPEG or WebP tile, told by its first bytes; `source` names it in errors.

    Transparent margins are cut off; a wholly transparent tile has no image.

    Raises:
        DataError: not such a file, cut short, damaged, or not 256 or 512 pixels square.
    """
    kind = sniff(data)
    if kind is None:
        raise DataError(source, "no picture" if data else "empty")
    if len(data) > MAX_BYTES:
        raise DataError(source, "too large")
    if not _has_end(data, kind):
        raise DataError(source, "cut short")
    try:
        with Pillow.open(BytesIO(data), formats=[kind]) as picture:
            if picture.width != picture.height or picture.width not in SIZES:
                raise DataError(source, f"{picture.width}x{picture.height} pixels")
            size = picture.width
            picture.load()
            return _trimmed(picture, size)
    except _BROKEN as error:
        raise DataError(source, f"damaged {kind} ({type(error).__name__})") from error


def sniff(data: bytes) -> str | None:
    """Return the format that the first bytes tell, or None.

    >>> sniff(b"<html>") is None
    True
    """
    for signature, kind in _FORMATS:
        if data.startswith(signature) and (kind != "WEBP" or data[8:12] == b"WEBP"):
            return kind
    return None


def _has_end(data: bytes, kind: str) -> bool:
    # Decoders are content once they have all pixels; a file without its end was cut on its way all the same.
    if kind == "PNG":
        return data.rfind(b"IEND\xaeB`\x82") >= 0
    if kind == "JPEG":
        return data.rfind(b"\xff\xd9") >= 0
    return len(data) >= 8 + int.from_bytes(data[4:8], "little")


def _trimmed(picture: Pillow.Image, size: int) -> TileImage:
    if not picture.has_transparency_data:
        return TileImage(_bgra(picture, opaque=True), 0, 0, size)
    rgba = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    alpha = rgba.getchannel("A")
    low, _ = alpha.getextrema()
    if low == 255:
        return TileImage(_bgra(rgba, opaque=True), 0, 0, size)
    box = alpha.getbbox()
    if box is None:
        return TileImage(None, 0, 0, size)
    left, top, right, bottom = box
    # A small margin is not worth another copy of the pixels.
    if (right - left) * (bottom - top) > 0.9 * size * size:
        return TileImage(_bgra(rgba, opaque=False), 0, 0, size)
    return TileImage(_bgra(rgba.crop(box), opaque=False), left, top, size)


def _bgra(picture: Pillow.Image, *, opaque: bool) -> Image:
    rgba = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    return Image(rgba.width, rgba.height, rgba.tobytes("raw", "BGRA"), opaque)
