"""The canvas on the screen: draws boxes, rounded panels, text, pictures and lines with SDL's 2D renderer."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from math import floor

from tvapp.core.image import Image
from tvapp.display.drawing_cache import DrawingCache
from tvapp.display.fonts import Fonts
from tvapp.display.lines import on_screen, strokes, thin_out, visible_segments
from tvapp.display.lru_cache import LruCache
from tvapp.display.scaling import visible_part
from tvapp.display.sdl import Renderer, Texture, pygame
from tvapp.display.shapes import SHADE_PX, Shapes
from tvapp.display.text_cache import TextCache
from tvapp.display.textures import Textures
from tvapp.ui.canvas import Anchor, Color, Drawn, Paint, PixelRect, Rect, TextStyle

DESIGN_SIZE = (1920, 1080)
QUIET_ZONE = 4
"""Light modules around a QR code (ISO/IEC 18004, 9.1)."""
QR_BYTES = 16 << 20
SHADE_FROM_PX = 64 * 64
"""From this area on, a translucent box is drawn faster with textures than filled."""
MAX_CACHED_PART = 0.12
"""A drawing that covers a larger part of the screen is not cached: making its textures takes too long for a frame."""
EDGE_OPACITY = 0.4
"""The opacity of the thin lines along a thick one, which smooth its edges."""

Pixels = tuple[int, int, int, int]


class PygameCanvas:
    """Implements `ui.canvas.Canvas` on a renderer of `size` real pixels.

    `software`: SDL's software renderer draws, for which some operations have a faster way.
    """

    def __init__(self, renderer: Renderer, size: tuple[int, int], *, software: bool, fonts: Fonts) -> None:
        self._renderer = renderer
        self._software = software
        self._fonts = fonts
        self._text_cache = TextCache(renderer, fonts)
        self._shapes = Shapes(renderer)
        self._drawings = DrawingCache(renderer)
        self._qr_codes: LruCache[tuple[bytes, int, int], Texture] = LruCache(QR_BYTES)
        self.textures = Textures(renderer)
        self._origin = (0, 0)
        self._scale = 0.0
        self._clipped = False
        self._nothing_visible = False
        self._needs_clearing = False
        self.resize(size)

    @property
    def width(self) -> float:
        return self._size[0] / self._scale

    @property
    def height(self) -> float:
        return self._size[1] / self._scale

    @property
    def scale(self) -> float:
        return self._scale

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in real pixels."""
        return self._size

    def resize(self, size: tuple[int, int]) -> None:
        """Adopt the window's new size in real pixels."""
        self._size = self._target_size = (max(1, size[0]), max(1, size[1]))
        self._text_cache.fit(self._size)
        self._drawings.fit(self._size)
        scale = min(self._size[0] / DESIGN_SIZE[0], self._size[1] / DESIGN_SIZE[1])
        if scale != self._scale:
            self._scale = scale
            # Every text has a new pixel size from now on.
            self._fonts.close()

    def forget(self) -> None:
        """Free every texture, because the renderer lost them or is about to end."""
        self._text_cache.clear()
        self._shapes.clear()
        self._drawings.clear()
        self._qr_codes.clear()
        self.textures.clear()

    def release_renderer(self) -> None:
        """Free every texture and the renderer; afterwards the canvas only measures."""
        self.forget()
        for holder in (self, self._text_cache, self._shapes, self._drawings, self.textures):
            del holder._renderer

    def begin(self) -> None:
        """Start a frame: no limits, black."""
        self.clip(None)
        self._drawings.begin()
        self._needs_clearing = True

    def finish(self) -> None:
        """End a frame: no limits, ready to be shown."""
        self.clip(None)
        self._clear()

    def fill(self, rect: Rect, color: Color) -> None:
        self._fill(self._pixels(rect), color)

    def panel(self, rect: Rect, color: Color, radius: float) -> None:
        x, y, w, h = self._pixels(rect)
        r = min(round(radius * self._scale), w // 2, h // 2)
        if r < 1:
            self._fill((x, y, w, h), color)
            return
        self._corners(self._shapes.corners(r), (x, y, w, h), r, color)
        self._fill((x + r, y, w - 2 * r, r), color)
        self._fill((x, y + r, w, h - 2 * r), color)
        self._fill((x + r, y + h - r, w - 2 * r, r), color)

    def ring(self, rect: Rect, color: Color, thickness: float, radius: float) -> None:
        x, y, w, h = self._pixels(rect)
        t = max(1, round(thickness * self._scale))
        r = min(round(radius * self._scale), w // 2, h // 2)
        if w <= 2 * t or h <= 2 * t:
            self._fill((x, y, w, h), color)
            return
        if r < 1:
            self._fill((x, y, w, t), color)
            self._fill((x, y + h - t, w, t), color)
            self._fill((x, y + t, t, h - 2 * t), color)
            self._fill((x + w - t, y + t, t, h - 2 * t), color)
            return
        r = max(r, t)
        self._corners(self._shapes.corners(r, t), (x, y, w, h), r, color)
        self._fill((x + r, y, w - 2 * r, t), color)
        self._fill((x + r, y + h - t, w - 2 * r, t), color)
        self._fill((x, y + r, t, h - 2 * r), color)
        self._fill((x + w - t, y + r, t, h - 2 * r), color)

    def text(self, text: str, x: float, y: float, style: TextStyle, anchor: Anchor = "left") -> None:
        if self._nothing_visible or style.color.a <= 0:
            return
        line = self._text_cache.line(text, style, self._font_px(style))
        if line is None:
            return
        left = x * self._scale
        if anchor != "left":
            left -= line.width if anchor == "right" else line.width / 2
        self._clear()
        margin = line.margin
        line.texture.alpha = min(255, style.color.a)
        line.texture.draw(
            None,
            (
                floor(left + 0.5) - margin - self._origin[0],
                floor(y * self._scale + 0.5) - margin - self._origin[1],
                line.width + 2 * margin,
                line.height + 2 * margin,
            ),
        )

    def measure(self, text: str, style: TextStyle) -> tuple[float, float]:
        width, height = self._fonts.measure(text, style.face, self._font_px(style))
        return width / self._scale, height / self._scale

    def polyline(
        self, points: Sequence[tuple[float, float]], color: Color, thickness: float, core: float = 0.0
    ) -> None:
        if self._nothing_visible or len(points) < 2 or color.a <= 0:
            return
        width, height = self._target_size
        self._clear()
        left, top = self._origin
        kept = thin_out([(x - left, y - top) for x, y in points])
        renderer = self._renderer
        segments = [strokes(part, thickness, core) for part in visible_segments(kept, width, height, thickness + 2)]
        # With an opacity below 255 SDL smooths the line; the smooth edges are drawn below the full lines.
        renderer.draw_blend_mode = pygame.BLENDMODE_BLEND
        renderer.draw_color = tuple(color.faded(EDGE_OPACITY))
        for _, edges in segments:
            for x0, y0, x1, y1 in edges:
                renderer.draw_line((x0, y0), (x1, y1))
        renderer.draw_blend_mode = pygame.BLENDMODE_NONE if color.a == 255 else pygame.BLENDMODE_BLEND
        renderer.draw_color = tuple(color)
        for full, _ in segments:
            for x0, y0, x1, y1 in full:
                renderer.draw_line((x0, y0), (x1, y1))
        if thickness >= 3 and color.a == 255:
            self._joints(kept, color, thickness)

    def qr(self, modules: Sequence[Sequence[bool]], rect: Rect) -> Rect:
        count = len(modules) + 2 * QUIET_ZONE
        x, y, w, h = self._pixels(rect)
        module = max(1, min(w, h) // count)
        side = module * count
        left, top = x + (w - side) // 2, y + (h - side) // 2
        if not self._nothing_visible and modules:
            self._clear()
            bits = b"".join(bytes(row) for row in modules)
            texture = self._qr_codes.get((bits, len(modules), module), lambda: self._draw_qr(modules, module))
            texture.draw(None, (left - self._origin[0], top - self._origin[1], side, side))
        s = self._scale
        return Rect(left / s, top / s, side / s, side / s)

    def has(self, key: object) -> bool:
        return key in self.textures

    def upload(self, key: object, image: Image) -> None:
        self.textures.upload(key, image)

    def release(self, key: object) -> None:
        self.textures.release(key)

    def quad(self, key: object, dst: PixelRect, src: PixelRect | None = None, alpha: int = 255) -> None:
        picture = self.textures.get(key)
        if picture is None or self._nothing_visible or alpha <= 0:
            return
        if self._needs_clearing:
            self._clear()
        left, top = self._origin
        if left or top:
            dst = PixelRect(dst[0] - left, dst[1] - top, dst[2], dst[3])
        elif self._software:
            _, _, width, height = src or (0, 0, picture.width, picture.height)
            if width != dst[2] or height != dst[3]:
                src, dst = visible_part(src or PixelRect(0, 0, width, height), dst, self._size)
        picture.draw(src, dst, alpha if alpha < 255 else 255)

    def cover(self) -> None:
        self._needs_clearing = False

    def compose(self, key: object, size: int, background: Color, quads: Sequence[Drawn]) -> None:
        self.textures.compose(key, size, background, quads)

    def picture(self, key: object, rect: Rect, alpha: int = 255) -> None:
        self.quad(key, PixelRect(*self._pixels(rect)), None, alpha)

    def draw_cached(self, paint: Paint, *inputs: Hashable, at: tuple[int, int] = (0, 0)) -> Rect:
        key = (paint, inputs)
        sheet = self._drawings.find(key)
        dx, dy = at
        if sheet is None or self._clipped:
            left, top = self._origin
            with self._offset(left - dx, top - dy, self._target_size):
                rect = paint(self, *inputs)
            if not self._clipped and self._drawings.is_due(key):
                self._keep(key, rect)
            return rect
        if self._needs_clearing:
            self._clear()
        for texture, (x, y, w, h) in sheet.parts:
            texture.draw(None, (x + dx, y + dy, w, h))
        return sheet.rect

    def _keep(self, key: tuple[Paint, tuple[Hashable, ...]], rect: Rect) -> None:
        """Cache what was painted into `rect`, unless that is a large part of the screen."""
        x, y, w, h = self._pixels(rect)
        w, h = w + 2, h + 2
        if 0 < w * h <= MAX_CACHED_PART * self._size[0] * self._size[1]:
            paint, inputs = key
            with self._offset(x - 1, y - 1, (w, h)):
                self._drawings.make(key, (x - 1, y - 1, w, h), rect, lambda: paint(self, *inputs))

    @contextmanager
    def _offset(self, left: int, top: int, size: tuple[int, int]) -> Iterator[None]:
        """Context in which (`left`, `top`) is drawn into the corner of a target of `size` pixels."""
        former, self._origin = (self._origin, self._target_size), (left, top)
        self._target_size = size
        try:
            yield
        finally:
            self._origin, self._target_size = former

    def clip(self, rect: Rect | None) -> None:
        # The renderer of pygame 2.6 has no clip rectangle; a viewport clips too, and moves the origin.
        self._clipped = rect is not None
        self._nothing_visible = False
        self._origin = (0, 0)
        if rect is None:
            self._renderer.set_viewport(None)
            return
        x, y, w, h = self._pixels(rect)
        left, top = max(0, x), max(0, y)
        right, bottom = min(self._size[0], x + w), min(self._size[1], y + h)
        if right <= left or bottom <= top:
            self._nothing_visible = True
            return
        self._origin = (left, top)
        self._renderer.set_viewport((left, top, right - left, bottom - top))

    def _clear(self) -> None:
        """Clear the screen before the first drawing, unless that covers it, which saves a fifth of a map's frame."""
        if self._needs_clearing:
            self._needs_clearing = False
            self._renderer.draw_color = (0, 0, 0, 255)
            self._renderer.clear()

    def _pixels(self, rect: Rect) -> Pixels:
        # Both edges are rounded, so that boxes that touch in design pixels touch on the screen.
        s = self._scale
        x, y = floor(rect.x * s + 0.5), floor(rect.y * s + 0.5)
        return x, y, floor((rect.x + rect.w) * s + 0.5) - x, floor((rect.y + rect.h) * s + 0.5) - y

    def _font_px(self, style: TextStyle) -> int:
        return max(1, round(style.size * self._scale))

    def _fill(self, box: Pixels, color: Color) -> None:
        x, y, w, h = box
        if w <= 0 or h <= 0 or color.a <= 0 or self._nothing_visible:
            return
        x, y = x - self._origin[0], y - self._origin[1]
        if self._needs_clearing:
            covers = x <= 0 and y <= 0 and x + w >= self._size[0] and y + h >= self._size[1]
            if covers and color.a >= 255 and not self._clipped:
                self._needs_clearing = False
            self._clear()
        if self._software and color.a < 255 and w * h >= SHADE_FROM_PX:
            self._shade(x, y, w, h, color)
            return
        self._renderer.draw_blend_mode = pygame.BLENDMODE_NONE if color.a >= 255 else pygame.BLENDMODE_BLEND
        self._renderer.draw_color = tuple(color)
        self._renderer.fill_rect((x, y, w, h))

    def _shade(self, x: int, y: int, w: int, h: int, color: Color) -> None:
        right, bottom = min(x + w, self._size[0]), min(y + h, self._size[1])
        texture = self._shapes.shade(color[:3])
        texture.alpha = color.a
        for top in range(max(y, -SHADE_PX), bottom, SHADE_PX):
            rows = min(SHADE_PX, bottom - top)
            for left in range(max(x, -SHADE_PX), right, SHADE_PX):
                columns = min(SHADE_PX, right - left)
                texture.draw((0, 0, columns, rows), (left, top, columns, rows))

    def _corners(self, mask: Texture, box: Pixels, r: int, color: Color) -> None:
        if self._nothing_visible:
            return
        self._clear()
        x, y, w, h = box
        left, top = x - self._origin[0], y - self._origin[1]
        right, bottom = left + w - r, top + h - r
        mask.color = color[:3]
        mask.alpha = min(255, color.a)
        mask.draw((0, 0, r, r), (left, top, r, r))
        mask.draw((r, 0, r, r), (right, top, r, r))
        mask.draw((0, r, r, r), (left, bottom, r, r))
        mask.draw((r, r, r, r), (right, bottom, r, r))

    def _joints(self, points: Sequence[tuple[float, float]], color: Color, thickness: float) -> None:
        radius = max(2, round(thickness / 2))
        disc = self._shapes.corners(radius)
        disc.color = color[:3]
        disc.alpha = color.a
        for x, y in on_screen(points, *self._target_size):
            disc.draw(None, (int(x) - radius, int(y) - radius, 2 * radius, 2 * radius))

    def _draw_qr(self, modules: Sequence[Sequence[bool]], module: int) -> tuple[Texture, int]:
        count = len(modules) + 2 * QUIET_ZONE
        side = count * module
        surface = pygame.Surface((side, side), 0, 32)
        surface.fill((255, 255, 255))
        for row, line in enumerate(modules, QUIET_ZONE):
            for column, dark in enumerate(line, QUIET_ZONE):
                if dark:
                    surface.fill((0, 0, 0), (column * module, row * module, module, module))
        return Texture.from_surface(self._renderer, surface), side * side * 4
