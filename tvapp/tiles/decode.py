"""Decodes the bytes of a tile to pixels in the order of the screen; runs on a worker.

Pillow's decoders release the GIL, so that decoding does not hold up the thread that draws. Page faults of fresh memory
can be half of a tile's time: pixels are copied once, into a buffer that was used before.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

from PIL import Image as Pillow
from PIL.ImageFile import ImageFile

from tvapp.core.errors import DataError
from tvapp.core.image import Image
from tvapp.tiles.tile import TILE_SIZE, TileImage

MAX_BYTES = 4 << 20
SIZES = frozenset({256, 512})
"""Edges that a tile may have, in pixels; any other is refused before decoding."""

RESAMPLING = Pillow.Resampling.BICUBIC
"""Letters look as sharp as with LANCZOS for two thirds of the time (3 ms a tile), and sharper than with those below."""

_FORMATS = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"RIFF", "WEBP"),
)
_SWAPPED = {"RGB": "BGR", "RGBA": "BGRA"}
_PNG_CODEC = "zip"
"""Pillow's decoder of PNG. The one of JPEG gives "BGR" another meaning."""
_GREYS = frozenset({"1", "L", "LA", "I", "I;16", "F"})

# The exceptions of Pillow for files that are cut short, inconsistent or malicious.
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


def decode_tile(
    data: bytes, source: str, take_buffer: Callable[[int], bytearray] = bytearray, max_px: int = TILE_SIZE
) -> TileImage:
    """Decode a PNG, JPEG or WebP tile, recognised by its first bytes; `source` names it in errors.

    Transparent margins are cut off; a wholly transparent tile has no image. `take_buffer` returns a buffer of so many
    bytes. A tile of more than `max_px` pixels square is scaled down to that, so that the renderer only copies it.

    Raises:
        DataError: no such file, cut short, damaged, or not 256 or 512 pixels square.
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
            size = min(picture.width, max_px)
            return _trimmed(_shrunk(_read(picture), size), size, take_buffer)
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
    # Decoders accept a file once they have all its pixels; without its end it was still cut short on its way.
    if kind == "PNG":
        return data.rfind(b"IEND\xaeB`\x82") >= 0
    if kind == "JPEG":
        return data.rfind(b"\xff\xd9") >= 0
    return len(data) >= 8 + int.from_bytes(data[4:8], "little")


def _read(picture: ImageFile) -> Pillow.Image:
    """Return the decoded picture, RGB or RGBA, with red and blue swapped: the order of the screen."""
    is_swapped = _swap_red_and_blue(picture)
    picture.load()
    if is_swapped:
        return picture
    has_alpha = picture.has_transparency_data
    if picture.mode == "P":
        colours = picture.getpalette("BGR")
        assert colours is not None
        picture.putpalette(colours)
        return picture.convert("RGBA" if has_alpha else "RGB")
    if picture.mode in _GREYS:
        return picture.convert("RGBA" if has_alpha else "RGB")
    mode = "RGBA" if has_alpha else "RGB"
    red, green, blue, *alpha = (picture if picture.mode == mode else picture.convert(mode)).split()
    return Pillow.merge("RGBA", (blue, green, red, alpha[0] if alpha else Pillow.new("L", picture.size, 255)))


def _swap_red_and_blue(picture: ImageFile) -> bool:
    """Let Pillow's decoder swap red and blue; return False where it cannot."""
    mode, pieces = picture.mode, picture.tile
    if mode not in _SWAPPED or "transparency" in picture.info:
        return False
    if not pieces or any(piece.codec_name != _PNG_CODEC or piece.args != mode for piece in pieces):
        return False
    picture.tile = [piece._replace(args=_SWAPPED[mode]) for piece in pieces]
    return True


def _shrunk(picture: Pillow.Image, size: int) -> Pillow.Image:
    if picture.width == size:
        return picture
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255):
        # Without its alpha channel, an opaque picture is scaled in half the time.
        picture = picture.convert("RGB")
    shrunk = picture.resize((size, size), RESAMPLING)
    # Pillow leaves the fourth byte of RGB empty here.
    return shrunk.convert("RGBA")


def _trimmed(picture: Pillow.Image, size: int, take_buffer: Callable[[int], bytearray]) -> TileImage:
    if picture.mode == "RGB":
        return TileImage(_image(picture, take_buffer, opaque=True), 0, 0, size)
    alpha = picture.getchannel("A")
    low, _ = alpha.getextrema()
    if low == 255:
        return TileImage(_image(picture, take_buffer, opaque=True), 0, 0, size)
    box = alpha.getbbox()
    if box is None:
        return TileImage(None, 0, 0, size)
    left, top, right, bottom = box
    # A small margin is not worth another copy of the pixels.
    if (right - left) * (bottom - top) > 0.9 * size * size:
        return TileImage(_image(picture, take_buffer, opaque=False), 0, 0, size)
    return TileImage(_image(picture.crop(box), take_buffer, opaque=False), left, top, size)


def _image(picture: Pillow.Image, take_buffer: Callable[[int], bytearray], *, opaque: bool) -> Image:
    """Copy the pixels out without holding the GIL: `tobytes` would hold it, and copy twice into fresh memory.

    Pillow keeps 4 bytes a pixel for RGB too, the fourth being 255.
    """
    size = picture.size
    pixels = take_buffer(size[0] * size[1] * 4)
    Pillow.frombuffer("RGBA", size, pixels, "raw", "RGBA", 0, 1).im.paste(picture.im, (0, 0, *size))
    return Image(*size, pixels, opaque)
