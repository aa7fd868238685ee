"""The map as a value over time: camera, layers, the tiles in memory, what each frame shows and what is asked for.

No window and no network: tiles come in through `receive`, wishes go out through `wish_list`, pictures through `quads`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tvapp.core.image import Image
from tvapp.geo.position import Bounds
from tvapp.mapview.camera import Camera
from tvapp.mapview.flat import FLAT, FLAT_BYTES, Composition, Flats, flat_texture
from tvapp.mapview.layers import Layer, background
from tvapp.mapview.picture import FADE_S, LayerPicture, Quad, Texture, TileKey, cells_in_view
from tvapp.mapview.revisions import Revisions
from tvapp.mapview.shelf import Shelf
from tvapp.mapview.viewport import Viewport
from tvapp.mapview.wishes import Heading, Progress, Wishes
from tvapp.tiles.tile import TileArrived, TileId, TileUnavailable


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that the screen must put on the renderer under `key`."""

    key: TileKey
    image: Image


@dataclass(frozen=True, slots=True)
class Settled:
    """The view changed, and nothing more is expected to arrive: the fields of the `map.settled` event."""

    tiles: int
    missing: int
    from_cache: int
    zoom: float


class MapModel:
    """Everything about the map but its pixels.

    With `flat`, whoever draws calls `compositions` before `quads`, and carries them out.
    """

    def __init__(
        self,
        viewport: Viewport,
        layers: Sequence[Layer],
        budget_bytes: int,
        *,
        motion: bool = True,
        flat: bool = False,
    ) -> None:
        self.camera = Camera(viewport, motion=motion)
        self.memory = Shelf(budget_bytes)
        self._pictures: dict[str, LayerPicture] = {}
        self._former_base: LayerPicture | None = None
        self._fading: dict[TileKey, Texture] = {}
        self._revisions = Revisions()
        self._wishes = Wishes(self.memory)
        self._flats = Flats(self.memory.peek, self._wishes.is_refused, self._revisions.wanted) if flat else None
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
        """What is shown, from the bottom to the top."""
        return self._layers

    @property
    def viewport(self) -> Viewport:
        """The view as of the last update."""
        return self.camera.shown

    @property
    def background(self) -> tuple[int, int, int]:
        """The colour for where no tile has ever been."""
        return background(self._layers)

    @property
    def is_covered(self) -> bool:
        """Tell whether opaque pictures fill the screen as of the last `quads`."""
        return self._flats is not None and self._flats.is_covering

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """Show other layers. A replaced base stays below the new one until that fills the screen."""
        layers = tuple(layers)
        if layers == self._layers:
            return
        base = self._layers[0] if self._layers else None
        if base is not None and base.is_opaque and layers and layers[0].tileset != base.tileset:
            shown = self._pictures[base.tileset]
            # Leafing through bases quickly must not put one below that has hardly begun to load.
            if self._former_base is None or shown.is_complete:
                self._former_base = shown
        former = self._pictures
        self._pictures = {}
        for layer in layers:
            picture = former.get(layer.tileset)
            if picture is None or picture.layer != layer:
                picture = LayerPicture(layer)
            self._pictures[layer.tileset] = picture
        self._layers = layers
        self._wishes.set_layers(layers)
        if self._flats is not None:
            self._drop(self._flats.set_layers(layers))
            # Every cell is put together anew, and needs its base for that.
            self._drop(key for key in self.memory if self.memory.drawable(key) is None)
        self._changed_view()

    def resize(self, width: int, height: int, scale: float) -> None:
        """Go on with another screen size."""
        self.camera.resize(width, height, scale)
        self._changed_view()

    def receive(self, message: TileArrived | TileUnavailable, now: float) -> Upload | None:
        """Take in what the loader posted; return what the screen must upload, if anything."""
        tile = message.tile.wrapped()
        key = (tile.tileset, tile.z, tile.x, tile.y)
        if isinstance(message, TileUnavailable):
            self._wishes.unavailable(key, message.retry_in_s, now)
            self._serial += 1
            self._needs_frame = True
            return None
        if tile.tileset not in self._pictures:
            # Nobody looks at that tileset any more; the loader has it on disk should they come back.
            return None
        texture = self.memory.peek(key)
        is_old = message.origin == "worker" and message.revision < self._revisions.wanted(key)
        is_stale = is_old or message.origin == "stale"
        self._wishes.arrived(key, ask_again=is_old)
        if texture is not None and (message.origin == "stale" or (is_old and message.revision < texture.revision)):
            # What is shown is at least as good.
            return None
        is_new = texture is None
        if texture is None:
            texture = Texture(key)
        content, image = message.content, message.content.image
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

    def evictions(self) -> list[TileKey]:
        """Return the keys whose textures are to be released, each once."""
        return self.memory.take_released()

    def invalidate(self, tileset: str, tiles: Iterable[TileId] | None, revision: int) -> None:
        """Mark tiles (None: the whole tileset) as outdated: shown until replaced, and asked for again.

        Only what workers draw carries revisions; a fetched tile of any revision counts as the new one.
        """
        self._outdate(tileset, self._revisions.add_tiles(tileset, tiles, revision), revision)

    def invalidate_bounds(self, tileset: str, bounds: Sequence[Bounds] | None, revision: int) -> None:
        """Mark the tiles that touch any of the boxes as outdated."""
        self._outdate(tileset, self._revisions.add_bounds(tileset, bounds, revision), revision)

    def retry_unavailable(self) -> None:
        """Ask again for what could not be had: the network is back, or the account has its role now."""
        self._wishes.forget_unavailable()

    def forget_all(self) -> None:
        """The display was lost with every texture: ask for everything again, and tell when it is there."""
        self.memory.clear()
        self._fading.clear()
        if self._flats is not None:
            self._flats.clear()
        self._former_base, self._view_changed = None, True
        self._touch_all()
        self._wishes.ask_again()

    def update(self, now: float) -> bool:
        """Move on to the time `now`; True when the picture differs from the last one drawn."""
        self._wishes.now = now
        self.camera.update(now)
        before, self._seen_view = self._seen_view, self.camera.shown
        if self._seen_view is not before and self._seen_view != before:
            self._view_changed = self._needs_frame = True
            self._drawn = None
        if self._fading:
            self._needs_frame = True
            self._drawn = None
            self._end_fades(now)
        needed, self._needs_frame = self._needs_frame, False
        return needed

    def is_animating(self, now: float) -> bool:
        """Tell whether `update` has something to do without any further key or message.

        Drawing puts tiles together and lets go of others, which may change what is wished for.
        """
        to_put_together = self._flats is not None and bool(self._flats.pending)
        return bool(self._fading) or to_put_together or self._wishes.dirty or self.camera.is_moving(now)

    def wish_list(self) -> tuple[TileId, ...] | None:
        """Return what to load, most wanted first, or None when that is what the last call returned."""
        return self._wishes.changed(*self._wished())

    def progress(self) -> Progress:
        """Tell how much of the view (while zooming or flying: of its target) is there."""
        return self._wishes.progress(*self._wished())

    def is_settled(self, now: float) -> bool:
        """Tell whether the map stands still and nothing more is expected to arrive."""
        return not self.camera.is_moving(now) and self.progress().loading == 0

    def take_settled(self, now: float) -> Settled | None:
        """Return what the `map.settled` event says, once after each change of the view; None otherwise."""
        if not (self._view_changed or self._wishes.filled) or not self.is_settled(now):
            return None
        self._view_changed = self._wishes.filled = False
        in_view, missing, _ = self.progress()
        fresh = self._wishes.count_in_view(self._fetched)
        self._fetched.clear()
        return Settled(in_view, missing, in_view - missing - fresh, self.viewport.zoom)

    def compositions(self, now: float) -> list[Composition]:
        """Return the pictures that the screen is to make now; they count as made."""
        flats = self._flats
        if flats is None or not self._layers:
            return []
        while needless := flats.look(self.viewport, self.memory.held, self._serial):
            self._drop(needless)
        self._wishes.want_also(flats.needed)
        made = flats.take(self.background, is_moving=self.camera.is_moving(now))
        if made:
            for composition in made:
                self._put_flat(composition.key)
                for tile in flats.finished(composition.key):
                    self.memory.spend(tile)
                    self._pictures[tile[0]].dirty = True
            self._drawn = None
            self._needs_frame = self._needs_frame or bool(flats.pending)
            self._evict()
        return made

    def quads(self, now: float) -> list[Quad]:
        """Return what to draw, in order. The list must not be changed: it is the same one while nothing moves."""
        viewport = self.camera.shown
        if self._drawn is not None and self._drawn_view is viewport:
            return self._drawn
        quads: list[Quad] = []
        self._plan_all(viewport)
        self._draw_former(viewport, now, quads)
        for picture in (*self._pictures.values(), *([self._flats.picture] if self._flats is not None else ())):
            picture.draw(viewport, now, quads)
        self._drawn, self._drawn_view = quads, viewport
        return quads

    def _plan_all(self, viewport: Viewport) -> None:
        changed = [self._plan(picture, viewport) for picture in self._pictures.values()]
        flats = self._flats
        if flats is None or not self._layers or not flats.plan(viewport, self.memory.held, changed=any(changed)):
            return
        for key in flats.picture.used:
            self.memory.touch(key)
        for picture in self._pictures.values():
            picture.leave_out(flats.hides)

    def _put_flat(self, key: TileKey) -> None:
        texture = self.memory.peek(key)
        if texture is None:
            texture = flat_texture(key, self.memory.peek((self._layers[0].tileset, *key[1:])))
            if texture.fade_from is not None:
                self._fading[key] = texture
        self.memory.put(key, texture, FLAT_BYTES)

    def _drop(self, keys: Iterable[TileKey]) -> None:
        for key in keys:
            if self.memory.remove(key) is not None:
                self._gone(key)
                self._wishes.dirty = True

    def _gone(self, key: TileKey) -> None:
        self._fading.pop(key, None)
        self._fetched.discard(key)
        if self._flats is not None and key[0] == FLAT:
            self._drop(self._flats.dropped(key))
            self._drawn = None

    def _plan(self, picture: LayerPicture, viewport: Viewport) -> bool:
        """Plan a layer anew if need be; True when it was."""
        cells = cells_in_view(picture.layer, viewport)
        if not picture.dirty and cells == picture.cells:
            return False
        tileset = picture.layer.tileset
        drawable = self.memory.drawable

        def find(z: int, x: int, y: int) -> Texture | None:
            return drawable((tileset, z, x, y))

        picture.plan(cells, find, self.memory.held.get(tileset, ()))
        for key in picture.used:
            self.memory.touch(key)
        return True

    def _draw_former(self, viewport: Viewport, now: float, quads: list[Quad]) -> None:
        former = self._former_base
        if former is None:
            return
        new = self._pictures[self._layers[0].tileset]
        if new.is_complete or self.is_covered or not new.layer.is_opaque:
            self._former_base = None
            return
        self._plan(former, viewport)
        if self._flats is not None:
            former.leave_out(self._flats.hides)
        former.draw(viewport, now, quads)

    def _wished(self) -> tuple[Viewport, Viewport, Heading]:
        camera = self.camera
        rest = camera.target if camera.is_moving(self._wishes.now) else camera.shown
        # Halfway through a zoom or a flight nothing is worth fetching but what is there at its end.
        return rest if camera.is_zooming else camera.shown, rest, camera.heading()

    def _appear(self, texture: Texture, now: float) -> None:
        """Fade in what appears on the screen; what arrives beside it, or while everything grows, is simply there."""
        tileset, z, x, y = texture.key
        cells = self._pictures[tileset].cells
        if (
            self.camera.motion
            and not self.camera.is_zooming
            and cells is not None
            and cells.z == z
            and cells.shows(x, y)
        ):
            texture.fade_from = now
            self._fading[texture.key] = texture

    def _end_fades(self, now: float) -> None:
        # To fade and to scale at once takes the software renderer 20 ms a screen.
        until = math.inf if self.camera.is_zooming else now - FADE_S
        done = [t for t in self._fading.values() if t.fade_from is None or t.fade_from <= until]
        for texture in done:
            texture.fade_from = None
            del self._fading[texture.key]
            picture = self._pictures.get(texture.key[0])
            if picture is not None:
                picture.dirty = True
        if done and self._flats is not None:
            self._flats.picture.dirty = True

    def _evict(self) -> None:
        for key in self.memory.evict(self._is_pinned):
            self._gone(key)

    def _is_pinned(self, key: TileKey) -> bool:
        texture = self.memory.peek(key)
        if self._flats is not None and ((texture and texture.is_spent) or key in self._flats.picture.used):
            return True
        picture = self._pictures.get(key[0])
        if picture is not None and key in picture.used:
            return True
        former = self._former_base
        return self._wishes.wants(key) or (former is not None and key in former.used)

    def _outdate(self, tileset: str, is_outdated: Callable[[TileKey], bool], revision: int) -> None:
        for key in self.memory:
            texture = self.memory.peek(key) if key[0] == tileset and is_outdated(key) else None
            if texture is not None and texture.revision < revision:
                texture.is_stale = True
        self._serial += 1
        self._wishes.forget_unavailable(tileset)
        # What is on the screen changes, even though the viewport does not.
        self._view_changed = True

    def _changed_view(self) -> None:
        self._view_changed = True
        self._touch_all()

    def _touch_all(self) -> None:
        for picture in self._pictures.values():
            picture.dirty = True
        self._drawn = None
        self._needs_frame = True
