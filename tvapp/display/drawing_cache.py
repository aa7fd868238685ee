"""Caches drawings that stay the same from frame to frame as textures: chips, hints, attribution, outlines.

A chip takes some twenty draw calls, its textures one to three: the part that is opaque from top to bottom is copied,
which SDL's software renderer does four times as fast as blending, and the parts left and right of it are blended. The
outline of a geofence takes up to a thousand lines, or a few square textures without the empty ones.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from tvapp.display.lru_cache import LruCache
from tvapp.display.sdl import Renderer, Texture, pygame
from tvapp.ui.canvas import Rect

BYTES_A_PIXEL = 2
"""The limit of the cache, times the pixels of the screen: what stands around a map takes a seventh of that."""
FRAMES_BEFORE = 30
"""A drawing is cached after so many frames: making its textures takes 2 ms, too much for one that changes ten times a
second."""
MAX_COUNTED = 512
"""Drawings whose frames are counted; the oldest is forgotten first."""
MAX_UNCUT_PX = 300
"""Higher drawings are cut into squares."""
SQUARE_PX = 160
PIECES_A_FRAME = 4

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class CachedDrawing:
    """The textures of one drawing and their boxes in real pixels; `rect` is its box in design pixels."""

    parts: tuple[tuple[Texture, Box], ...]
    rect: Rect


@dataclass(slots=True)
class _Unfinished:
    """A drawing that is being cut into textures, a few each frame."""

    key: Hashable
    rect: Rect
    pieces: Iterator[tuple[Texture, Box]]
    parts: list[tuple[Texture, Box]] = field(default_factory=list)


class DrawingCache:
    """Cached drawings by painter and arguments, on one renderer."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._drawings: LruCache[Hashable, CachedDrawing] = LruCache(0)
        self._frames: dict[Hashable, int] = {}
        self._may_make = True
        self._unfinished: _Unfinished | None = None

    def begin(self) -> None:
        """Start a frame, which has time to begin with one drawing or for a few pieces of an unfinished one."""
        self._may_make = self._unfinished is None
        if (unfinished := self._unfinished) is not None:
            more = list(islice(unfinished.pieces, PIECES_A_FRAME))
            unfinished.parts += more
            if len(more) < PIECES_A_FRAME:
                self._finish(unfinished)

    def fit(self, size: tuple[int, int]) -> None:
        """Empty the cache and set its limit for a screen of `size` pixels."""
        self.clear()
        self._drawings.limit_bytes = BYTES_A_PIXEL * size[0] * size[1]

    def clear(self) -> None:
        """Free every texture."""
        self._drawings.clear()
        self._frames.clear()
        self._unfinished = None

    @property
    def size_bytes(self) -> int:
        """The memory that the textures take."""
        return self._drawings.size_bytes

    def find(self, key: Hashable) -> CachedDrawing | None:
        """Return the cached drawing, if there is one."""
        return self._drawings.find(key)

    def is_due(self, key: Hashable) -> bool:
        """Count a frame in which it was drawn without the cache; returns whether to call `make` now."""
        frames = self._frames
        count = frames.pop(key, 0) + 1
        if count > FRAMES_BEFORE and self._may_make:
            self._may_make = False
            return True
        frames[key] = count
        if len(frames) > MAX_COUNTED:
            del frames[next(iter(frames))]
        return False

    def make(self, key: Hashable, box: Box, rect: Rect, draw: Callable[[], object]) -> None:
        """Begin with the textures of what `draw` draws on a target of the size of `box`, its place on the screen.

        `find` returns them some frames later.
        """
        self._unfinished = _Unfinished(key, rect, _parts(self._renderer, self._drawn(box, draw), box))

    def _finish(self, done: _Unfinished) -> None:
        self._unfinished = None
        size = sum(box[2] * box[3] * 4 for _, box in done.parts)
        self._drawings.get(done.key, lambda: (CachedDrawing(tuple(done.parts), done.rect), size))

    def _drawn(self, box: Box, draw: Callable[[], object]) -> pygame.Surface:
        """Return what `draw` draws on a transparent surface; its alpha is premultiplied."""
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
    """Cut a drawing: an outline into squares without the empty ones, a chip into its opaque middle and its ends."""
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
    """Cut what is high into squares; a chip or a line of text stays in one piece."""
    if height <= MAX_UNCUT_PX:
        yield 0, 0, width, height
        return
    for top in range(0, height, SQUARE_PX):
        for left in range(0, width, SQUARE_PX):
            yield left, top, min(left + SQUARE_PX, width), min(top + SQUARE_PX, height)


def opaque_columns(pixels: bytes, width: int) -> tuple[int, int]:
    """Return the longest run (first, last exclusive) of columns of opaque RGBA pixels."""
    alpha = pixels[3::4]
    full = b"\xff" * (len(alpha) // width)
    best, start = (0, 0), 0
    for column in range(width + 1):
        if column == width or alpha[column::width] != full:
            best = max(best, (start, column), key=lambda run: run[1] - run[0])
            start = column + 1
    return best
