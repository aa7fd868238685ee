"""Pictures on the renderer by key: map tiles, labels, previews."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tvapp.core.image import Image, PixelRect
from tvapp.display.sdl import Renderer, Texture, pygame
from tvapp.ui.canvas import Color, Drawn

TILE_PX = 512
"""The side of a tile as it is loaded."""
POOLED = 2
"""Free textures that are kept for reuse, of each kind and size: tiles come and go all the time."""


@dataclass(slots=True)
class Picture:
    """A picture that draws itself the fastest way. One with transparency gets its texture when it is first drawn.

    In SDL's software renderer at 1920x1080: an opaque texture copied costs 0.5 ms, blended with an opacity below
    255 it costs 2 ms, and blended with 255 (which looks like the copy) 21 ms.
    """

    make: Callable[[], Texture]
    width: int
    height: int
    opaque: bool
    surface: pygame.Surface | None = None
    """The pixels of a picture with transparency: most of those are only ever composed with what lies below them."""
    texture: Texture | None = None
    alpha: int = 255

    def draw(self, src: tuple[int, int, int, int] | None, dst: tuple[int, int, int, int], alpha: int) -> None:
        texture = self.texture
        if texture is None:
            texture = self.texture = self.make()
        if alpha != self.alpha:
            self.alpha = alpha
            texture.alpha = alpha
            if self.opaque:
                texture.blend_mode = pygame.BLENDMODE_NONE if alpha == 255 else pygame.BLENDMODE_BLEND
        texture.draw(src, dst)


class Textures:
    """Pictures by key on one renderer, kept until they are released."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._pictures: dict[object, Picture] = {}
        self._sides = frozenset({TILE_PX})
        """The sides of squares whose textures are reused: tiles as loaded, and in the size of compositions."""
        self._staging: dict[tuple[int, int], pygame.Surface] = {}
        self._pool: dict[tuple[bool, int], list[Texture]] = {}
        self._target: Texture | None = None
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._pictures)

    def __contains__(self, key: object) -> bool:
        return key in self._pictures

    def get(self, key: object) -> Picture | None:
        return self._pictures.get(key)

    def upload(self, key: object, image: Image) -> None:
        """Store `image` under `key`, replacing the former picture. 0.1 ms for an opaque tile of 512 pixels."""
        self.release(key)
        size = (image.width, image.height)
        self.size_bytes += image.size_bytes
        if image.opaque:
            # Without an alpha channel the renderer copies rows instead of looking at each pixel.
            surface = self._opaque(size)
            with memoryview(cast(Any, surface.get_buffer())) as buffer:
                buffer[:] = image.pixels
            texture = self._texture(surface, opaque=True)
            self._pictures[key] = Picture(lambda: texture, *size, opaque=True, texture=texture)
        else:
            shown = pygame.image.frombuffer(image.pixels, size, "BGRA")
            self._pictures[key] = Picture(
                lambda: self._texture(shown, opaque=False), *size, opaque=False, surface=shown
            )

    def compose(self, key: object, size: int, background: Color, quads: Sequence[Drawn]) -> None:
        """Draw `quads` on an opaque square of `size` pixels, and store it under `key` like an upload.

        The topmost quads that are neither scaled nor faded are blended by pygame, three times as fast as by SDL's
        software renderer onto a target. The target itself is not stored: pygame makes targets with an alpha channel
        only, and fading in a screen of those takes 15 ms, of opaque copies 3.
        """
        pictures = [(self._pictures[source], dst, src, alpha) for source, dst, src, alpha in quads if source in self]
        count = len(pictures)
        while count and _is_blended_by_pygame(*pictures[count - 1]):
            count -= 1
        if self._target is None or self._target.width != size:
            self._target = Texture(self._renderer, (size, size), target=True)
            self._reuse(frozenset({TILE_PX, size}))
        surface = self._opaque((size, size))
        self._renderer.target = self._target
        try:
            first = pictures[0] if count else None
            if first is None or not first[0].opaque or first[1] != (0, 0, size, size) or first[3] < 255:
                self._renderer.draw_color = tuple(background)
                self._renderer.clear()
            for picture, dst, src, alpha in pictures[:count]:
                picture.draw(src, dst, alpha)
            self._renderer.to_surface(surface)
        finally:
            self._renderer.target = None
        for picture, dst, src, _ in pictures[count:]:
            assert picture.surface is not None
            surface.blit(picture.surface, dst[:2], src)
            # The composition shows it from now on.
            self._recycle(picture)
        self.release(key)
        texture = self._texture(surface, opaque=True)
        self._pictures[key] = Picture(lambda: texture, size, size, opaque=True, texture=texture)
        self.size_bytes += size * size * 4

    def release(self, key: object) -> None:
        """Free the picture under `key`, if any."""
        picture = self._pictures.pop(key, None)
        if picture is None:
            return
        self.size_bytes -= picture.width * picture.height * 4
        self._recycle(picture)

    def _recycle(self, picture: Picture) -> None:
        """Take the texture from a picture into the pool."""
        texture, picture.texture, picture.alpha = picture.texture, None, 255
        if texture is None or picture.width != picture.height or picture.width not in self._sides:
            return
        pool = self._pool.setdefault((picture.opaque, picture.width), [])
        if len(pool) < POOLED:
            pool.append(texture)

    def clear(self) -> None:
        """Free every texture."""
        self._pictures.clear()
        self._staging.clear()
        self._target = None
        self._pool.clear()
        self.size_bytes = 0

    def _reuse(self, sides: frozenset[int]) -> None:
        """Reuse textures and surfaces of these sides only."""
        self._sides = sides
        self._staging = {size: surface for size, surface in self._staging.items() if size[0] in sides}
        self._pool = {kind: pool for kind, pool in self._pool.items() if kind[1] in sides}

    def _opaque(self, size: tuple[int, int]) -> pygame.Surface:
        surface = self._staging.get(size)
        if surface is None:
            surface = pygame.Surface(size, 0, 32)
            if size[0] == size[1] and size[0] in self._sides:
                self._staging[size] = surface
        return surface

    def _texture(self, surface: pygame.Surface, *, opaque: bool) -> Texture:
        width, height = surface.get_size()
        if width == height and (pool := self._pool.get((opaque, width))):
            texture = pool.pop()
            texture.update(surface)
        else:
            texture = Texture.from_surface(self._renderer, surface)
        texture.alpha = 255
        texture.blend_mode = pygame.BLENDMODE_NONE if opaque else pygame.BLENDMODE_BLEND
        return texture


def _is_blended_by_pygame(picture: Picture, dst: PixelRect, src: PixelRect | None, alpha: int) -> bool:
    """Tell whether a quad is transparent, and neither scaled nor faded."""
    size = (picture.width, picture.height) if src is None else src[2:]
    return picture.surface is not None and alpha == 255 and dst[2:] == size
