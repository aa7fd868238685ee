"""The tiles in memory, how many there are at each zoom, and which textures the screen may release."""

from __future__ import annotations

from collections.abc import Callable

from tvapp.mapview.layer_picture import Texture, TileKey
from tvapp.tiles.memory_cache import MemoryCache


class TextureCache(MemoryCache[TileKey, Texture]):
    """What the model knows of the textures on the renderer, least recently used first."""

    def __init__(self, budget_bytes: int) -> None:
        super().__init__(budget_bytes)
        self.loaded_zooms: dict[str, dict[int, int]] = {}
        """The number of tiles, by tileset and zoom."""
        self._released: dict[TileKey, None] = {}

    def put(self, key: TileKey, value: Texture, size_bytes: int) -> None:
        """Store a tile; its texture, if it has one, stays on the renderer or is on its way there."""
        if key not in self:
            self._count(key, 1)
        self._released.pop(key, None)
        super().put(key, value, size_bytes)

    def remove(self, key: TileKey) -> Texture | None:
        """Drop a tile and release its texture."""
        texture = super().remove(key)
        if texture is not None:
            self._count(key, -1)
            self._released[key] = None
        return texture

    def mark_merged(self, key: TileKey) -> None:
        """Release the texture of a tile that is now part of a composed cell; the tile still counts as there."""
        texture = self.peek(key)
        if texture is not None:
            texture.is_merged = True
            self.put(key, texture, 0)
            self.release(key)

    def outdate(self, is_outdated: Callable[[TileKey, Texture], bool]) -> None:
        """Mark tiles as stale: they are shown until they are replaced."""
        for key in self:
            texture = self.peek(key)
            if texture is not None and is_outdated(key, texture):
                texture.is_stale = True

    def drawable(self, key: TileKey) -> Texture | None:
        """Return a tile that has its own texture, or is empty and needs none."""
        texture = self.peek(key)
        return None if texture is None or texture.is_merged else texture

    def release(self, key: TileKey) -> None:
        """Let the screen release a texture."""
        self._released[key] = None

    def take_released(self) -> list[TileKey]:
        """Return the keys of the textures to release, each once."""
        released = list(self._released)
        self._released.clear()
        return released

    def clear(self) -> None:
        """Drop everything and release nothing: the textures are gone already."""
        super().clear()
        self.loaded_zooms.clear()
        self._released.clear()

    def _count(self, key: TileKey, change: int) -> None:
        zooms = self.loaded_zooms.setdefault(key[0], {})
        count = zooms.get(key[1], 0) + change
        if count:
            zooms[key[1]] = count
        else:
            zooms.pop(key[1], None)
