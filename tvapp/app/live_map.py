"""The map of one account: joins its model with the backend (tiles, geofences, attribution), and logs its progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tvapp.app.layer_previews import layer_previews
from tvapp.auth.messages import PermissionGiven
from tvapp.azure.messages import AttributionArrived
from tvapp.config.model import Config
from tvapp.core.image import BYTES_A_PIXEL
from tvapp.core.surroundings import Surroundings
from tvapp.fences.service.messages import FencesUnavailable, IndexBuilt
from tvapp.fences.stores.base import StoreRetired
from tvapp.geo.position import Bounds, Position
from tvapp.host.process import freeze_garbage_collection, return_freed_memory
from tvapp.mapview.last_view import LastView
from tvapp.mapview.layer_picture import tile_px
from tvapp.mapview.layers import ALL, BaseStyle, LayerChoice, background, choice_for, layers
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.text.shaping import preload_shaping
from tvapp.tiles.cache_key import CacheScope
from tvapp.tiles.tile import DRAWN_TILESET, Origin, PreviewArrived, TileArrived, TileId, TileImage
from tvapp.ui.map_overlay.readout import preload_distances
from tvapp.ui.messages import AttributionChanged, PreviewReady, TroubleChanged

if TYPE_CHECKING:
    from tvapp.app.backend import Backend
    from tvapp.app.tile_backend import TileBackend
    from tvapp.fences.outbox.outbox_service import OutboxService
    from tvapp.fences.service.fence_service import FenceService
    from tvapp.tiles.loader import TileLoader

OVERLAY_REFRESH_S = 300.0
"""How often weather and traffic in view are asked for again; HTTP caching decides whether that costs a request."""
TIDY_EVERY_S = 60.0
"""Freed memory goes back to the system when the map comes to rest, but not each time: it takes some milliseconds."""
SCREENS_OF_TILES = 5
"""Decoded tiles are kept for this many screens' worth of pixels: every layer in view, their compositions, and a margin.
With less than what is in view, tiles would evict each other without end."""
EVERYWHERE = (Position(0.0, 20.0), 2.0)


class LiveMap:
    """Belongs to the main thread. Uses what there is of the backend, and tells the screens through `tell`."""

    def __init__(
        self,
        config: Config,
        surroundings: Surroundings,
        size: tuple[int, int],
        scale: float,
        *,
        tell: Callable[[object], None],
        last: LastView | None = None,
    ) -> None:
        """Start with the view `last`; without one at home, with the configured layers.

        `size` is the screen's in real pixels, of which `scale` make one design pixel.
        """
        self._config = config
        self._jobs = surroundings.jobs
        self._log = surroundings.log
        self._since_start = surroundings.since_start
        self._tell = tell
        self._backend: Backend | None = None
        self._tiles: TileBackend | None = None
        self._loader: TileLoader | None = None
        self._requested: tuple[TileId, ...] = ()
        self._has_new_request = False
        self._rested: Viewport | None = None
        self._requests_before = 0
        self.tiles_from_caches = 0
        """Tiles in view whenever the map came to rest that no request was needed for: from the disk or from memory."""
        self._refresh_at: float | None = None
        self._refreshes = 0
        self._tidy_at = 0.0
        self._has_previews = False
        self._first_tile: Origin | None = None
        self._is_first_tile_logged = False
        self._scope: CacheScope | None = None
        self._start = _home(config, size, scale)
        self.choice = choice_for(config.maps.style)
        if last is not None:
            self._start = Viewport(last.center, last.zoom, size[0], size[1], scale)
            self.choice = last.choice
        self.model = MapModel(
            self._start,
            layers(self.choice),
            _budget_bytes(*size),
            motion=config.kiosk.motion,
            compose=True,
        )

    def connect_tiles(self, tiles: TileBackend, account: str) -> None:
        """Show the tiles on the disk for the account of that stable id; everything else comes with `connect`."""
        self._tiles, self._loader = tiles, tiles.loader
        tiles.use_account(account)
        tiles.loader.set_sizes(_sizes(self.model.viewport.scale))
        tiles.loader.request(self._requested)

    def connect(self, backend: Backend, account: str) -> None:
        """Use the whole backend, for the account of that stable id ("" where a subscription key opens the map)."""
        self._backend, self._loader = backend, backend.loader
        if backend.outbox is not None:
            backend.outbox.tell = self._tell
        self._scope = backend.use_account(account)
        backend.loader.set_rasteriser(NO_FENCES)
        backend.loader.set_sizes(_sizes(self.model.viewport.scale))
        backend.loader.request(self._requested)
        if backend.fences is not None:
            backend.fences.load()
        elif self._config.geofences.store == "":
            self._tell(TroubleChanged("store", state="undecided"))
        if self._rested is not None:
            self.view_rested(self._rested)

    def disconnect(self) -> None:
        """Ask for nothing more, and have the backend forget what it knows of the account."""
        if self._loader is not None:
            self._loader.request(())
            self._loader.set_rasteriser(NO_FENCES)
        if self._backend is not None:
            self._backend.use_account(None)
        elif self._tiles is not None:
            self._tiles.use_account(None)
        self._backend = self._tiles = self._loader = None

    @property
    def fences(self) -> FenceService | None:
        """The geofences; None without a store, and before the backend is connected."""
        return None if self._backend is None else self._backend.fences

    @property
    def outbox(self) -> OutboxService | None:
        """Takes changes of geofences; None where nothing may be changed, and before the backend is connected."""
        return None if self._backend is None else self._backend.outbox

    def receive(self, message: object, now: float) -> None:
        """Take a message that is for the map; see `app.routes`."""
        match message:
            case IndexBuilt():
                self._draw_fences()
                freeze_garbage_collection()
                self._tidy_at = now
                self._jobs.run("readout.prepare", preload_distances)
                self._jobs.run("shaping.prepare", preload_shaping)
            case TileArrived(origin=origin) if self._first_tile is None:
                self._first_tile = origin
            case PreviewArrived(name, image):
                self._tell(PreviewReady(name, image))
            case AttributionArrived(lines):
                self._tell(AttributionChanged(lines))
            case FencesUnavailable(_, error):
                is_retired = isinstance(error, StoreRetired)
                self._tell(TroubleChanged("store", state="retired") if is_retired else message)
            case PermissionGiven():
                self.retry()

    def tick(self, now: float, *, frame_follows: bool) -> None:
        """Do what is due, and log a map that has come to rest; requests wait for the end of a frame that follows."""
        if not frame_follows:
            self.pass_on_request()
        backend = self._backend
        if backend is None:
            return
        for each in (backend.outbox, backend.snapshot):
            if each is not None:
                each.tick(now)
        if backend.fences is not None and (restated := backend.fences.tick(now)) is not None:
            self._draw_fences()
            self.model.invalidate_bounds(DRAWN_TILESET, restated.changed, restated.revision)
        settled = self.model.take_settled(now)
        if settled is not None:
            sent = backend.loader.requests_sent
            self._log.event(
                "map.settled",
                tiles=settled.tiles,
                missing=settled.missing,
                requests=sent - self._requests_before,
                from_cache=settled.from_cache,
                zoom=round(settled.zoom, 2),
                ms=round(self._since_start() * 1000),
            )
            self._requests_before = sent
            self.tiles_from_caches += settled.from_cache
            if now >= self._tidy_at:
                self._tidy_at = now + TIDY_EVERY_S
                self._jobs.run("memory.tidy", partial(_tidy, backend.fences))
        self._refresh_overlays(now)

    def next_wakeup(self) -> float | None:
        """Tell when `tick` has something to do."""
        times = [self._refresh_at]
        if self._backend is not None:
            services = (self._backend.fences, self._backend.outbox, self._backend.snapshot)
            times += [each.next_wakeup() for each in services if each is not None]
        return min((at for at in times if at is not None), default=None)

    def rescale(self, width: int, height: int, scale: float) -> None:
        """Go on with another screen size."""
        self.model.memory.budget_bytes = _budget_bytes(width, height)
        if self._loader is not None:
            self._loader.set_sizes(_sizes(scale))
        if self.fences is not None:
            revision = self.fences.rescale(scale)
            self._draw_fences()
            self.model.invalidate_bounds(DRAWN_TILESET, None, revision)

    def show(self, is_seen: bool) -> None:
        """Request no tile while the map is not seen, and every missing one anew once it is."""
        if is_seen:
            self.model.retry_unavailable()
        else:
            # Otherwise the loader would bring again and again what nothing takes.
            self.want_tiles(())
            self.pass_on_request()

    def retry(self) -> None:
        """Ask again for what was refused: the account or the network is back."""
        if self._backend is None:
            return
        self.model.retry_unavailable()
        self._backend.loader.retry()
        self._backend.attribution.retry()
        if self._backend.fences is not None:
            self._backend.fences.load()
        if self._backend.outbox is not None:
            self._backend.outbox.send_now()

    # -- what screens ask for -------------------------------------------------------------------------------------

    def want_tiles(self, tiles: Sequence[TileId]) -> None:
        """Load these tiles once the frame is out; replaces the former list."""
        # No list is skipped: a tile on the first list, not on the second and on the third is requested anew.
        self.pass_on_request()
        self._requested = tuple(tiles)
        self._has_new_request = True

    def presented(self) -> None:
        """A frame is on the screen: log the first tile that was on one, and pass on the frame's tile request."""
        if self._first_tile is not None and not self._is_first_tile_logged:
            self._is_first_tile_logged = True
            self._log.event("tile.first", origin=self._first_tile, ms=round(self._since_start() * 1000))
        self.pass_on_request()

    def pass_on_request(self) -> None:
        """Tell the loader which tiles to load. Only between frames: the io thread then takes the GIL for some ms."""
        if self._has_new_request and self._loader is not None:
            self._has_new_request = False
            self._loader.request(self._requested)

    def request_labels(self, bounds: Bounds, zoom: int, selected: str | None) -> None:
        """Place the names of geofences."""
        if self.fences is not None:
            from tvapp.fences.drawing.messages import LabelRequest

            self.fences.request_labels(LabelRequest(bounds, zoom, selected))

    def view_rested(self, viewport: Viewport) -> None:
        """The map came to rest here: ask for the attribution of what it shows."""
        self._rested = viewport
        if self._backend is not None:
            shown = tuple(layer.tileset for layer in self.model.layers if layer.tileset != DRAWN_TILESET)
            self._backend.attribution.show(shown, viewport.zoom, viewport.bounds())

    def load_previews(self) -> None:
        """Load pictures of the layers that can be chosen, once."""
        backend, scope = self._backend, self._scope
        if backend is None or scope is None or self._has_previews:
            return
        self._has_previews = True
        previews = layer_previews(self._start.center, self._start.zoom)
        ground = background(layers(LayerChoice(BaseStyle.DARK)))
        self._jobs.spawn("previews", lambda: backend.previews.load(previews, scope, ground))

    def choose_layers(self, choice: LayerChoice) -> None:
        """Remember which layers the map shows now."""
        self.choice = choice
        self._log.event("layers.chosen", base=choice.base.value, overlays=sorted(o.value for o in choice.overlays))

    def _refresh_overlays(self, now: float) -> None:
        overlays = [layer.tileset for layer in self.model.layers if layer.role == "overlay"]
        if not overlays:
            self._refresh_at = None
        elif self._refresh_at is None:
            self._refresh_at = now + OVERLAY_REFRESH_S
        elif now >= self._refresh_at:
            self._refresh_at = now + OVERLAY_REFRESH_S
            self._refreshes += 1
            for tileset in overlays:
                self.model.invalidate(tileset, None, self._refreshes)

    def _draw_fences(self) -> None:
        """Have tiles drawn from the geofences as they are now."""
        if self._backend is not None and self._backend.fences is not None:
            self._backend.loader.set_rasteriser(self._backend.fences.rasteriser() or NO_FENCES)


@dataclass(frozen=True, slots=True)
class _NoFences:
    """Draws empty tiles until the geofences are loaded: the map can come to rest without them."""

    revision: int = 0

    def rasterise(self, tile: TileId, size: int) -> TileImage:
        return TileImage(None, size=size)


NO_FENCES = _NoFences()


def _budget_bytes(width: int, height: int) -> int:
    return width * height * BYTES_A_PIXEL * SCREENS_OF_TILES


def _sizes(scale: float) -> dict[str, int]:
    """Return how large in pixels the tiles of each tileset are on such a screen."""
    return {layer.tileset: tile_px(layer, scale) for layer in ALL}


def _tidy(fences: FenceService | None) -> None:
    """Compress what is seldom used and give freed memory back; for a worker."""
    if fences is not None:
        fences.pack()
    return_freed_memory()


def _home(config: Config, size: tuple[int, int], scale: float) -> Viewport:
    home = config.view.home
    center, zoom = EVERYWHERE if home is None else (Position(home.longitude, home.latitude), home.zoom)
    return Viewport(center, zoom, size[0], size[1], scale)
