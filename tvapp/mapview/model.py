"""The map as a value over time: camera, layers, tiles in memory, what each frame draws and which tiles it requests.

No window, no network: tiles come in through `receive`, requests go out through `request_list`, pictures as `quads`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from tvapp.core.image import BYTES_A_PIXEL
from tvapp.geo.position import Bounds
from tvapp.mapview.camera import Camera
from tvapp.mapview.composed_cells import COMPOSED, ComposedCells
from tvapp.mapview.composition import Composition, Upload
from tvapp.mapview.layer_picture import FADE_S, LayerPicture, Quad, Texture, TileKey, cells_in_view, tile_px
from tvapp.mapview.layers import Layer, background
from tvapp.mapview.requests import Heading, Progress, Settled, TileRequests
from tvapp.mapview.revisions import Revisions
from tvapp.mapview.texture_cache import TextureCache
from tvapp.mapview.viewport import Viewport
from tvapp.tiles.tile import TileArrived, TileId, TileRevalidated, TileUnavailable


class MapModel:
    """Everything about the map but its pixels.

    With `compose`, the screen calls `compositions` before `quads`, and makes them.
    """

    def __init__(
        self,
        viewport: Viewport,
        layers: Sequence[Layer],
        budget_bytes: int,
        *,
        motion: bool = True,
        compose: bool = False,
    ) -> None:
        self.camera = Camera(viewport, motion=motion)
        self.memory = TextureCache(budget_bytes)
        self._pictures: dict[str, LayerPicture] = {}
        self._former_base: LayerPicture | None = None
        self._fading: dict[TileKey, Texture] = {}
        self._revisions = Revisions()
        self._requests = TileRequests(self.memory)
        composed = ComposedCells(self.memory.peek, self._requests.is_unavailable, self._revisions.required)
        self._composed = composed if compose else None
        self._serial = 0
        self._fetched: set[TileKey] = set()
        self._view_changed = True
        self._needs_frame = True
        self._drawn: list[Quad] | None = None
        self._drawn_view: Viewport | None = None
        self._seen_view = viewport
        self._layers: tuple[Layer, ...] = ()
        self.set_layers(layers)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers shown, from the bottom to the top."""
        return self._layers

    @property
    def viewport(self) -> Viewport:
        """The view as of the last update."""
        return self.camera.shown

    @property
    def background(self) -> tuple[int, int, int]:
        """The colour where no tile has arrived yet."""
        return background(self._layers)

    @property
    def is_covered(self) -> bool:
        """Tell whether opaque pictures fill the screen as of the last `quads`."""
        return self._composed is not None and self._composed.is_filled

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """Show other layers. A replaced base stays below the new one until that fills the screen."""
        layers = tuple(layers)
        if layers == self._layers:
            return
        base = self._layers[0] if self._layers else None
        if base is not None and base.is_opaque and layers and layers[0].tileset != base.tileset:
            shown = self._pictures[base.tileset]
            # When the viewer changes bases quickly, one that has hardly begun to load must not stay below.
            if self._former_base is None or shown.is_complete:
                self._former_base = shown
        former = {picture.layer: picture for picture in self._pictures.values()}
        self._pictures = {layer.tileset: former.get(layer) or LayerPicture(layer) for layer in layers}
        self._layers = layers
        self._requests.set_layers(layers)
        if self._composed is not None:
            self._drop(self._composed.set_layers(layers, self.camera.shown.scale))
            # Every cell is composed anew, and needs its base for that.
            self._drop(key for key in self.memory if self.memory.drawable(key) is None)
        self._changed_view()

    def resize(self, width: int, height: int, scale: float) -> None:
        """Go on with another screen size. Tiles needed in another size become stale; the disk has them."""
        former = self.camera.shown.scale
        self.camera.resize(width, height, scale)
        sizes = {each.tileset: px for each in self._layers if (px := tile_px(each, scale)) != tile_px(each, former)}
        self.memory.outdate(lambda key, texture: texture.size != sizes.get(key[0], texture.size))
        if sizes:
            # These are outdated too, and no layer on the screen would replace them.
            self._drop(key for key in self.memory if key[0] != COMPOSED and key[0] not in self._pictures)
            self._former_base = None
        self._requests.resend_all()
        if self._composed is not None:
            self._composed.rescale(scale)
        self._changed_view()

    def receive(self, message: TileArrived | TileUnavailable, now: float) -> Upload | None:
        """Take in a message of the loader; return what the screen must upload, if anything."""
        tile = message.tile.wrapped()
        key = (tile.tileset, tile.z, tile.x, tile.y)
        if isinstance(message, TileUnavailable):
            self._requests.unavailable(key, message.retry_in_s, now)
            self._serial += 1
            self._needs_frame = True
            return None
        if tile.tileset not in self._pictures:
            # That tileset is no longer shown; should it be again, the loader has the tile on disk.
            return None
        texture = self.memory.peek(key)
        is_old = message.origin == "worker" and message.revision < self._revisions.required(key)
        is_stale = is_old or message.origin == "stale"
        self._requests.arrived(key, resend_all=is_old)
        content, image = message.content, message.content.image
        if texture is not None and (
            (message.origin == "stale" and texture.size == content.size)
            or (is_old and message.revision < texture.revision)
        ):
            # The tile on the screen is at least as good.
            return None
        is_new = texture is None
        if texture is None:
            texture = Texture(key)
        had_picture = texture.width > 0
        self._serial += 1
        texture.show(content, self._serial, message.revision, is_stale=is_stale)
        self.memory.put(key, texture, content.size_bytes)
        if message.origin in ("network", "worker"):
            self._fetched.add(key)
        if is_new:
            self._appear(texture, now)
        self._pictures[tile.tileset].dirty = True
        self._drawn = None
        self._needs_frame = True
        self._evict()
        if image is None or not image.width:
            if had_picture:
                self.memory.release(key)
            return None
        return Upload(key, image)

    def revalidated(self, message: TileRevalidated) -> None:
        """Take in that a stale tile is still right: its pixels stay."""
        tile = message.tile
        key = (tile.tileset, tile.z, tile.x, tile.y)
        texture = self.memory.peek(key)
        if texture is None:
            return
        texture.is_stale = False
        self._serial += 1
        self._requests.arrived(key, resend_all=False)
        if self._composed is not None:
            self._mark_merged(self._composed.mergeable((COMPOSED, *key[1:])))

    def evictions(self) -> list[TileKey]:
        """Return the keys of the textures that the screen may release, each once."""
        return self.memory.take_released()

    def invalidate(self, tileset: str, tiles: Iterable[TileId] | None, revision: int) -> None:
        """Mark tiles (None: the whole tileset) as outdated: shown until replaced, and requested again.

        Only drawn tiles carry revisions; a fetched tile always counts as current.
        """
        self._outdate(tileset, self._revisions.add_tiles(tileset, tiles, revision), revision)

    def invalidate_bounds(self, tileset: str, bounds: Sequence[Bounds] | None, revision: int) -> None:
        """Mark the tiles that touch any of the boxes as outdated."""
        self._outdate(tileset, self._revisions.add_bounds(tileset, bounds, revision), revision)

    def retry_unavailable(self) -> None:
        """Request unavailable tiles again: the network is back, or the account has its role now."""
        self._requests.forget_unavailable()

    def forget_all(self) -> None:
        """Start over after the display was lost with every texture; `take_settled` reports again."""
        self.memory.clear()
        self._fading.clear()
        if self._composed is not None:
            self._composed.clear()
        self._former_base = None
        self._changed_view()
        self._requests.resend_all()

    def update(self, now: float) -> bool:
        """Move on to the time `now`; True when the picture differs from the last one drawn."""
        self._requests.now = now
        self.camera.update(now)
        before, self._seen_view = self._seen_view, self.camera.shown
        if self._seen_view is not before and self._seen_view != before:
            self._view_changed = self._needs_frame = True
            self._drawn = None
        if self._fading:
            self._needs_frame = True
            self._drawn = None
            self._end_fades(now)
        needed_tiles, self._needs_frame = self._needs_frame, False
        return needed_tiles

    def is_animating(self, now: float) -> bool:
        """Tell whether `update` has something to do without any further key or message.

        Drawing composes cells and releases tiles, which may change the requests.
        """
        is_composing = self._composed is not None and bool(self._composed.pending)
        return bool(self._fading) or is_composing or self._requests.dirty or self.camera.is_moving(now)

    def request_list(self) -> tuple[TileId, ...] | None:
        """Return the tiles to load, the most important first; None when unchanged since the last call."""
        return self._requests.take_changed(*self._request_views())

    def progress(self) -> Progress:
        """Count the tiles of the view (while zooming or flying: of its target)."""
        return self._requests.progress(*self._request_views())

    def is_settled(self, now: float) -> bool:
        """Tell whether the map stands still and nothing more is expected to arrive."""
        return not self.camera.is_moving(now) and self.progress().loading == 0

    def take_settled(self, now: float) -> Settled | None:
        """Return the fields of `map.settled`, once after each change of the view; None otherwise."""
        if not (self._view_changed or self._requests.has_recovered) or not self.is_settled(now):
            return None
        self._view_changed = self._requests.has_recovered = False
        in_view, missing, _ = self.progress()
        fresh = self._requests.count_in_view(self._fetched)
        self._fetched.clear()
        return Settled(in_view, missing, in_view - missing - fresh, self.viewport.zoom)

    def compositions(self, now: float) -> list[Composition]:
        """Return the pictures that the screen must make now; they count as made."""
        composed = self._composed
        if composed is None or not self._layers:
            return []
        while obsolete := composed.find_pending(self.viewport, self.memory.loaded_zooms, self._serial):
            self._drop(obsolete)
        self._requests.set_extra(composed.needed_tiles)
        made = composed.take_compositions(self.background, is_moving=self.camera.is_moving(now))
        if made:
            for composition in made:
                self._put_composed(composition)
                self._mark_merged(composed.mergeable(composition.key))
            self._drawn = None
            self._needs_frame = self._needs_frame or bool(composed.pending)
            self._evict()
        return made

    def quads(self, now: float) -> list[Quad]:
        """Return what to draw, in order. While nothing moves it is the same list, so do not change it."""
        viewport = self.camera.shown
        if self._drawn is not None and self._drawn_view is viewport:
            return self._drawn
        quads: list[Quad] = []
        self._plan_all(viewport)
        self._draw_former(viewport, now, quads)
        for picture in self._pictures.values():
            picture.draw(viewport, now, quads)
        if self._composed is not None:
            self._composed.picture.draw(viewport, now, quads)
        self._drawn, self._drawn_view = quads, viewport
        return quads

    def _plan_all(self, viewport: Viewport) -> None:
        changed = [self._plan(picture, viewport) for picture in self._pictures.values()]
        composed = self._composed
        if composed is None or not self._layers:
            return
        if not composed.plan(viewport, self.memory.loaded_zooms, changed=any(changed)):
            return
        for key in composed.picture.used:
            self.memory.touch(key)
        for picture in self._pictures.values():
            picture.leave_out(composed.hides)

    def _put_composed(self, made: Composition) -> None:
        key, size = made.key, made.size
        texture = self.memory.peek(key)
        if texture is None:
            texture = Texture(key)
            base = self.memory.peek((self._layers[0].tileset, *key[1:]))
            if base is not None and base.fade_from is not None:
                # It fades in along with its base.
                texture.fade_from = base.fade_from
                self._fading[key] = texture
        texture.width = texture.height = texture.size = size
        self.memory.put(key, texture, size * size * BYTES_A_PIXEL)

    def _mark_merged(self, keys: Iterable[TileKey]) -> None:
        for key in keys:
            self.memory.mark_merged(key)
            self._pictures[key[0]].dirty = True

    def _drop(self, keys: Iterable[TileKey]) -> None:
        for key in keys:
            if self.memory.remove(key) is not None:
                self._gone(key)
                self._requests.dirty = True

    def _gone(self, key: TileKey) -> None:
        self._fading.pop(key, None)
        self._fetched.discard(key)
        if self._composed is not None and key[0] == COMPOSED:
            self._drop(self._composed.dropped(key))
            self._drawn = None

    def _plan(self, picture: LayerPicture, viewport: Viewport) -> bool:
        """Plan a layer anew if it changed; True when it did."""
        cells = cells_in_view(picture.layer, viewport)
        if not picture.dirty and cells == picture.cells:
            return False
        tileset, drawable = picture.layer.tileset, self.memory.drawable

        def find(z: int, x: int, y: int) -> Texture | None:
            return drawable((tileset, z, x, y))

        picture.plan(cells, find, self.memory.loaded_zooms.get(tileset, ()))
        for key in picture.used:
            self.memory.touch(key)
        return True

    def _draw_former(self, viewport: Viewport, now: float, quads: list[Quad]) -> None:
        former = self._former_base
        if former is None:
            return
        base = self._pictures[self._layers[0].tileset]
        if base.is_complete or self.is_covered or not base.layer.is_opaque:
            self._former_base = None
            return
        self._plan(former, viewport)
        if self._composed is not None:
            former.leave_out(self._composed.hides)
        former.draw(viewport, now, quads)

    def _request_views(self) -> tuple[Viewport, Viewport, Heading]:
        camera = self.camera
        target = camera.target if camera.is_moving(self._requests.now) else camera.shown
        # During a zoom or a flight only the tiles at its end are worth fetching.
        return target if camera.is_zooming else camera.shown, target, camera.heading()

    def _appear(self, texture: Texture, now: float) -> None:
        """Let a tile fade in that arrives in view; not beside the view, nor during a zoom."""
        is_seen = self._pictures[texture.key[0]].shows(texture.key)
        if is_seen and self.camera.motion and not self.camera.is_zooming:
            texture.fade_from = now
            self._fading[texture.key] = texture

    def _end_fades(self, now: float) -> None:
        # Fading while scaling takes SDL's software renderer 20 ms a screen.
        until = math.inf if self.camera.is_zooming else now - FADE_S
        done = [t for t in self._fading.values() if t.fade_from is None or t.fade_from <= until]
        for texture in done:
            texture.fade_from = None
            del self._fading[texture.key]
            if (picture := self._pictures.get(texture.key[0])) is not None:
                picture.dirty = True
        if done and self._composed is not None:
            self._composed.picture.dirty = True

    def _evict(self) -> None:
        for key in self.memory.evict(self._is_pinned):
            self._gone(key)

    def _is_pinned(self, key: TileKey) -> bool:
        texture = self.memory.peek(key)
        if self._composed is not None and ((texture and texture.is_merged) or key in self._composed.picture.used):
            return True
        if (picture := self._pictures.get(key[0])) is not None and key in picture.used:
            return True
        former = self._former_base
        return self._requests.needs(key) or (former is not None and key in former.used)

    def _outdate(self, tileset: str, is_outdated: Callable[[TileKey], bool], revision: int) -> None:
        self.memory.outdate(lambda key, texture: key[0] == tileset and texture.revision < revision and is_outdated(key))
        self._serial += 1
        self._requests.forget_unavailable(tileset)
        # The content of the view changes, even though the viewport does not.
        self._view_changed = True

    def _changed_view(self) -> None:
        self._view_changed = True
        for picture in self._pictures.values():
            picture.dirty = True
        self._drawn = None
        self._needs_frame = True
