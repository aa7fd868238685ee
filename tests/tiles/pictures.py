"""Small pictures for tests of tiles."""

from __future__ import annotations

from io import BytesIO

from PIL import Image as Pillow


def encode(picture: Pillow.Image, kind: str = "PNG", **options: object) -> bytes:
    """Return the bytes of a file."""
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def png(colour: tuple[int, ...] = (10, 20, 30), size: int = 512) -> bytes:
    """Return a PNG of one colour; four channels make it transparent."""
    return encode(Pillow.new("RGB" if len(colour) == 3 else "RGBA", (size, size), colour))
