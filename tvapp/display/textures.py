"""Pictures on the renderer under keys of their owners: map tiles, labels, previews."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.core.image import Image
from tvapp.display.sdl import Renderer, Texture, pygame

POOL_PX = 512
"""Tiles of this size come and go all the time: their textures are used again."""
POOLED = 2


@dataclass(slots=True)
class Picture:
    """A texture that draws itself the fast way.

    In SDL's software renderer at 1920x1080: an opaque texture copied costs 0.5 ms, blended with an opacity below
    255 it costs 2 ms, and blended with 255 (which looks like the copy) 21 ms.
    """

    texture: Texture
    width: int
    height: int
    opaque: bool
    alpha: int = 255

    def draw(self, src: tuple[int, int, int, int] | None, dst: tuple[int, int, int, int], alpha: int) -> None:
        if alpha != self.alpha:
            self.alpha = alpha
            self.texture.alpha = alpha
            if self.opaque:
                self.texture.blend_mode = pygame.BLENDMODE_NONE if alpha == 255 else pygame.BLENDMODE_BLEND
        self.texture.draw(src, dst)


class Textures:
    """Pictures by key, on one renderer. They stay until they are released."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._pictures: dict[object, Picture] = {}
        self._staging: dict[tuple[int, int], pygame.Surface] = {}
        self._pool: dict[bool, list[Texture]] = {False: [], True: []}
        self._target: Texture | None = None
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._pictures)

    def __contains__(self, key: object) -> bool:
        return key in self._pictures

    def get(self, key: object) -> Picture | None:
        return self._pictures.get(key)

    def upload(self, key: object, image: Image) -> None:
        """Put `image` under `key`, replacing what was there. 0.1 ms for a tile of 512 pixels."""
        self.release(key)
        surface = self._surface(image)
        texture = self._texture(image, surface)
        texture.alpha = 255
        texture.blend_mode = pygame.BLENDMODE_NONE if image.opaque else pygame.BLENDMODE_BLEND
        self._pictures[key] = Picture(texture, image.width, image.height, image.opaque)
        self.size_bytes += image.size_bytes

    def target(self, size: int) -> Texture:
        """Return a square texture that can be drawn on, for `keep_target`."""
        if self._target is None or self._target.width != size:
            self._target = Texture(self._renderer, (size, size), target=True)
        return self._target

    def keep_target(self, key: object, size: int) -> None:
        """Keep what was drawn on the target, which is still set, as an opaque picture under `key`.

        Copied, because pygame makes targets with an alpha channel only: the software renderer fades them in 15 ms
        a screen, opaque ones in 3 ms.
        """
        self.release(key)
        surface = self._opaque((size, size))
        self._renderer.to_surface(surface)
        pool = self._pool[True]
        if size == POOL_PX and pool:
            texture = pool.pop()
            texture.update(surface)
        else:
            texture = Texture.from_surface(self._renderer, surface)
        texture.alpha = 255
        texture.blend_mode = pygame.BLENDMODE_NONE
        self._pictures[key] = Picture(texture, size, size, opaque=True)
        self.size_bytes += size * size * 4

    def release(self, key: object) -> None:
        """Free the picture under `key`, if any."""
        picture = self._pictures.pop(key, None)
        if picture is None:
            return
        self.size_bytes -= picture.width * picture.height * 4
        pool = self._pool[picture.opaque]
        if picture.width == picture.height == POOL_PX and len(pool) < POOLED:
            pool.append(picture.texture)

    def clear(self) -> None:
        """Free everything."""
        self._pictures.clear()
        self._staging.clear()
        self._target = None
        for pool in self._pool.values():
            pool.clear()
        self.size_bytes = 0

    def _surface(self, image: Image) -> pygame.Surface:
        size = (image.width, image.height)
        if not image.opaque:
            return pygame.image.frombuffer(image.pixels, size, "BGRA")
        # Without an alpha channel the renderer copies rows instead of looking at each pixel.
        surface = self._opaque(size)
        surface.get_buffer().write(image.pixels, 0)
        return surface

    def _opaque(self, size: tuple[int, int]) -> pygame.Surface:
        surface = self._staging.get(size)
        if surface is None:
            surface = pygame.Surface(size, 0, 32)
            if size == (POOL_PX, POOL_PX):
                self._staging[size] = surface
        return surface

    def _texture(self, image: Image, surface: pygame.Surface) -> Texture:
        pool = self._pool[image.opaque]
        if image.width == image.height == POOL_PX and pool:
            texture = pool.pop()
            texture.update(surface)
            return texture
        return Texture.from_surface(self._renderer, surface)
