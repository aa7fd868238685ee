"""Decoded pictures as raw pixels, handed from workers to the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class PixelRect(NamedTuple):
    """A box in real pixels: left, top, width, height."""

    x: int
    y: int
    w: int
    h: int


BYTES_A_PIXEL = 4
"""Blue, green, red and opacity."""


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """A picture of `width` x `height` pixels.

    `pixels` holds 4 bytes a pixel in the order B, G, R, A (straight alpha, rows top to bottom, no padding): what
    SDL calls ARGB8888 on a little-endian machine, so that no conversion is left for the thread that draws.
    They never change. An `opaque` picture has no transparent pixel, which lets the renderer copy instead of blend.
    """

    width: int
    height: int
    pixels: bytes | bytearray
    opaque: bool = False

    def __post_init__(self) -> None:
        if len(self.pixels) != self.width * self.height * 4:
            raise ValueError(f"{self.width}x{self.height} needs {self.width * self.height * 4} bytes")

    @property
    def size_bytes(self) -> int:
        """The memory that the picture takes."""
        return len(self.pixels)
