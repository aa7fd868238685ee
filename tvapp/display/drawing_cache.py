"""Things that are drawn alike in frame after frame, as pictures: chips, hints, attribution, the crosshair.

A chip is some twenty calls to draw, and its picture one to three: the part of it that is opaque from top to bottom is
copied, which SDL's software renderer does four times as fast as blending, and what lies left and right of it is
blended. The outline of a geofence is up to a thousand lines, and a few squares that are mostly empty.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from tvapp.display.lru_cache import LruCache
from tvapp.display.sdl import Renderer, Texture, pygame
from tvapp.ui.canvas import Rect

BYTES_A_PIXEL = 2
"""Pictures that are kept, by the pixels of the screen: all that stands around a map takes a seventh of that."""
DRAWN_BEFORE = 30
"""What was drawn so often in the same way is worth a picture, which costs 2 ms to make; what changes ten times a second
is not."""
COUNTED = 512
LOW_PX = 300
SQUARE_PX = 160
PIECES_A_FRAME = 4

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class CachedDrawing:
    """The pictures of one thing and where they stand, in real pixels; `rect` is the same in design pixels."""

    parts: tuple[tuple[Texture, Box], ...]
    rect: Rect


@dataclass(slots=True)
class _UnderWay:
    """A sheet that is being cut into pieces."""

    key: Hashable
    rect: Rect
    pieces: Iterator[tuple[Texture, Box]]
    parts: list[tuple[Texture, Box]] = field(default_factory=list)


class DrawingCache:
    """Pictures by painter and arguments, on one renderer."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._drawings: LruCache[Hashable, CachedDrawing] = LruCache(0)
        self._seen: dict[Hashable, int] = {}
        self._may_make = True
        self._under_way: _UnderWay | None = None

    def begin(self) -> None:
        """Start a frame: it has time to begin with one picture, or for some more pieces of one."""
        self._may_make = self._under_way is None
        if (made := self._under_way) is not None:
            more = list(islice(made.pieces, PIECES_A_FRAME))
            made.parts += more
            if len(more) < PIECES_A_FRAME:
                self._finish(made)

    def fit(self, size: tuple[int, int]) -> None:
        """Start anew for a screen of `size` pixels."""
        self.clear()
        self._drawings.limit_bytes = BYTES_A_PIXEL * size[0] * size[1]

    def clear(self) -> None:
        """Free every picture."""
        self._drawings.clear()
        self._seen.clear()
        self._under_way = None

    def let_go(self) -> None:
        """Free every picture and the renderer."""
        self.clear()
        del self._renderer

    @property
    def size_bytes(self) -> int:
        """What the pictures cost."""
        return self._drawings.size_bytes

    def find(self, key: Hashable) -> CachedDrawing | None:
        """Return the pictures of what `key` stands for, if there are any."""
        return self._drawings.find(key)

    def is_due(self, key: Hashable) -> bool:
        """Count that it is drawn once more; True when it shall be made a picture."""
        seen = self._seen
        count = seen.pop(key, 0) + 1
        if count > DRAWN_BEFORE and self._may_make:
            self._may_make = False
            return True
        seen[key] = count
        if len(seen) > COUNTED:
            del seen[next(iter(seen))]
        return False

    def make(self, key: Hashable, box: Box, rect: Rect, draw: Callable[[], object]) -> None:
        """Begin with pictures of what `draw` draws on a target of the size of `box`, which is where it stands.

        They can be found under `key` some frames later.
        """
        self._under_way = _UnderWay(key, rect, _parts(self._renderer, self._drawn(box, draw), box))

    def _finish(self, made: _UnderWay) -> None:
        self._under_way = None
        size = sum(box[2] * box[3] * 4 for _, box in made.parts)
        self._drawings.get(made.key, lambda: (CachedDrawing(tuple(made.parts), made.rect), size))

    def _drawn(self, box: Box, draw: Callable[[], object]) -> pygame.Surface:
        """Return what `draw` draws on nothing: the colours are multiplied by their opacity."""
        renderer = self._renderer
        surface = pygame.Surface(box[2:], pygame.SRCALPHA, 32)
        renderer.target = Texture(renderer, box[2:], target=True)
        try:
            renderer.draw_color = (0, 0, 0, 0)
            renderer.clear()
            draw()
            renderer.to_surface(surface)
        finally:
            renderer.target = None
        return surface


def _parts(renderer: Renderer, drawn: pygame.Surface, box: Box) -> Iterator[tuple[Texture, Box]]:
    """Cut a picture up: an outline into squares without the empty ones, a chip into its opaque middle and its ends."""
    from PIL import Image

    x, y, width, height = box
    for left, top, right, bottom in _pieces(width, height):
        piece = drawn.subsurface((left, top, right - left, bottom - top))
        used = piece.get_bounding_rect()
        if not used.w:
            continue
        raw = pygame.image.tobytes(piece.subsurface(used), "RGBA")
        pixels = Image.frombytes("RGBa", used.size, raw).convert("RGBA").tobytes()
        surface = pygame.image.frombuffer(pixels, used.size, "RGBA")
        first, last = opaque_columns(pixels, used.w)
        for start, end in ((0, first), (first, last), (last, used.w)):
            if start < end:
                part = surface.subsurface((start, 0, end - start, used.h))
                is_opaque = (start, end) == (first, last)
                # Without an alpha channel the renderer copies rows instead of looking at each pixel.
                texture = Texture.from_surface(renderer, part.convert(32) if is_opaque else part)
                texture.blend_mode = pygame.BLENDMODE_NONE if is_opaque else pygame.BLENDMODE_BLEND
                yield texture, (x + left + used.x + start, y + top + used.y, end - start, used.h)


def _pieces(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """Cut what is high into squares; what is not, like a chip or a line of text, stays in one piece."""
    if height <= LOW_PX:
        yield 0, 0, width, height
        return
    for top in range(0, height, SQUARE_PX):
        for left in range(0, width, SQUARE_PX):
            yield left, top, min(left + SQUARE_PX, width), min(top + SQUARE_PX, height)


def opaque_columns(pixels: bytes, width: int) -> tuple[int, int]:
    """Return the longest run (first, behind the last) of columns of RGBA pixels without any transparency."""
    alpha = pixels[3::4]
    full = b"\xff" * (len(alpha) // width)
    best, start = (0, 0), 0
    for column in range(width + 1):
        if column == width or alpha[column::width] != full:
            best = max(best, (start, column), key=lambda run: run[1] - run[0])
            start = column + 1
    return best
