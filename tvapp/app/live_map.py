"""The map while somebody may look at it: its model, tiles, geofences and attribution, and what the log says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tvapp.config.model import Config
from tvapp.core.clock import Clock
from tvapp.core.image import BYTES_A_PIXEL
from tvapp.core.jobs import Jobs
from tvapp.core.log import Log
from tvapp.fences.service.messages import FencesUnavailable, IndexBuilt
from tvapp.fences.stores.base import StoreRetired
from tvapp.geo.mercator import project
from tvapp.geo.position import Bounds, Position
from tvapp.host.process import keep_what_is_there, return_freed_memory
from tvapp.mapview.last_view import LastView
from tvapp.mapview.layer_picture import tile_px
from tvapp.mapview.layers import ALL, FENCES, BaseStyle, LayerChoice, Overlay, background, choice_for, layers
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.tiles.cache_key import CacheScope
from tvapp.tiles.tile import Origin, Preview, PreviewArrived, TileArrived, TileId, TileImage
from tvapp.ui.map_overlay.readout import preload_distances
from tvapp.ui.messages import PreviewReady, TroubleChanged

if TYPE_CHECKING:
    from tvapp.app.backend import Edges
    from tvapp.app.tile_backend import TileEdges
    from tvapp.fences.outbox.service import OutboxService
    from tvapp.fences.service.fence_service import FenceService
    from tvapp.tiles.loader import TileLoader

OVERLAY_REFRESH_S = 300.0
"""How often weather and traffic on the screen are looked at again; whether that costs a request, HTTP decides."""
TIDY_EVERY_S = 60.0
"""Memory that was freed goes back to the system when the map comes to rest, but not all the time: it takes some ms."""
SCREENS_OF_TILES = 5
"""Decoded tiles are kept for this many screens' worth of pixels: every layer in view, what is put together of them, and
their surroundings. With less than what is in view, tiles would drive each other out for ever."""
WEATHER = "microsoft.weather."
WEATHER_ZOOM = 5
"""Rain and clouds are seen at the scale of a country."""
EVERYWHERE = (Position(0.0, 20.0), 2.0)


class LiveMap:
    """Belongs to the main thread. Tell it of every message; it asks the edges, and tells the screens through `tell`."""

    def __init__(
        self,
        config: Config,
        size: tuple[int, int],
        scale: float,
        *,
        jobs: Jobs,
        clock: Clock,
        log: Log,
        since_start: Callable[[], float],
        tell: Callable[[object], None],
        last: LastView | None = None,
    ) -> None:
        """`last` is what to start with; None: at home, with the configured layers."""
        self._config = config
        self._jobs = jobs
        self._clock = clock
        self._log = log
        self._since_start = since_start
        self._tell = tell
        self._edges: Edges | None = None
        self._tiles: TileEdges | None = None
        self._loader: TileLoader | None = None
        self._wanted: tuple[TileId, ...] = ()
        self._is_wish_new = False
        self._rested: Viewport | None = None
        self._requests_before = 0
        self._refresh_at: float | None = None
        self._refreshes = 0
        self._tidy_at = 0.0
        self._has_previews = False
        self._first_tile: Origin | None = None
        self._is_first_told = False
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
            flat=True,
        )

    def connect_tiles(self, tiles: TileEdges, account: str) -> None:
        """Show what the disk has, for the account of that stable id; everything else comes with `connect`."""
        self._tiles, self._loader = tiles, tiles.loader
        tiles.use_account(account)
        tiles.loader.set_sizes(_sizes(self.model.viewport.scale))
        tiles.loader.want(self._wanted)

    def connect(self, edges: Edges, account: str) -> None:
        """Use the edges from now on, for the account of that stable id ("" where a key opens the map)."""
        self._edges, self._loader = edges, edges.loader
        if edges.outbox is not None:
            edges.outbox.tell = self._tell
        self._scope = edges.use_account(account)
        edges.loader.set_rasteriser(NO_FENCES)
        edges.loader.set_sizes(_sizes(self.model.viewport.scale))
        edges.loader.want(self._wanted)
        if edges.fences is not None:
            edges.fences.load()
        elif self._config.geofences.store == "":
            self._tell(TroubleChanged("store", state="undecided"))
        if self._rested is not None:
            self.view_rested(self._rested)

    def disconnect(self) -> None:
        """Ask for nothing more, and have the edges forget what they know of the account."""
        if self._loader is not None:
            self._loader.want(())
            self._loader.set_rasteriser(NO_FENCES)
        if self._edges is not None:
            self._edges.use_account(None)
        elif self._tiles is not None:
            self._tiles.use_account(None)
        self._edges = self._tiles = self._loader = None

    def receive(self, message: object, now: float) -> bool:
        """Take note of a message; True when the screens have been told of it in other words."""
        edges = self._edges
        if edges is not None and edges.outbox is not None and edges.outbox.receive(message, now):
            return True
        if edges is not None and edges.kept is not None and edges.kept.receive(message, now):
            return True
        if edges is not None and edges.fences is not None:
            edges.fences.receive(message, now)
        match message:
            case IndexBuilt():
                self._draw_fences()
                keep_what_is_there()
                self._tidy_at = now
                self._jobs.run("readout.prepare", preload_distances)
            case TileArrived(origin=origin) if self._first_tile is None:
                self._first_tile = origin
            case PreviewArrived(name, image):
                self._tell(PreviewReady(name, image))
                return True
            case FencesUnavailable(_, error) if isinstance(error, StoreRetired):
                self._tell(TroubleChanged("store", state="retired"))
                return True
        return False

    def tick(self, now: float, *, frame_follows: bool) -> None:
        """Do what is due, and report a map that has come to rest; wishes wait for the end of a frame that follows."""
        if not frame_follows:
            self.pass_on_wishes()
        edges = self._edges
        if edges is None:
            return
        for each in (edges.outbox, edges.kept):
            if each is not None:
                each.tick(now)
        if edges.fences is not None and (restated := edges.fences.tick(now)) is not None:
            self._draw_fences()
            self.model.invalidate_bounds(FENCES, restated.changed, restated.revision)
        settled = self.model.take_settled(now)
        if settled is not None:
            sent = edges.loader.requests_sent
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
            if now >= self._tidy_at:
                self._tidy_at = now + TIDY_EVERY_S
                self._jobs.run("memory.tidy", partial(_tidy, edges.fences))
        self._refresh_overlays(now)

    def next_wakeup(self) -> float | None:
        """Tell when `tick` has something to do."""
        times = [self._refresh_at]
        if self._edges is not None:
            edges = (self._edges.fences, self._edges.outbox, self._edges.kept)
            times += [each.next_wakeup() for each in edges if each is not None]
        return min((at for at in times if at is not None), default=None)

    def rescale(self, width: int, height: int, scale: float) -> None:
        """Go on with another screen size."""
        self.model.memory.budget_bytes = _budget_bytes(width, height)
        if self._loader is not None:
            self._loader.set_sizes(_sizes(scale))
        if self._edges is not None and self._edges.fences is not None:
            revision = self._edges.fences.rescale(scale)
            self._draw_fences()
            self.model.invalidate_bounds(FENCES, None, revision)

    def show(self, is_seen: bool) -> None:
        """Hear whether the map is to be seen: wish for nothing where not, and for everything anew once it is."""
        if is_seen:
            self.model.retry_unavailable()
        else:
            # The loader would bring again and again what nobody takes.
            self.want_tiles(())
            self.pass_on_wishes()

    def retry(self) -> None:
        """Ask again for what was refused: somebody signed in, or the network is back."""
        if self._edges is None:
            return
        self.model.retry_unavailable()
        self._edges.loader.resume()
        self._edges.attribution.retry()
        if self._edges.fences is not None:
            self._edges.fences.load()
        if self._edges.outbox is not None:
            self._edges.outbox.hurry()

    # -- what screens ask for -------------------------------------------------------------------------------------

    def want_tiles(self, tiles: Sequence[TileId]) -> None:
        """Load these tiles, once the frame is out; replaces the former list."""
        # No list is left out: a tile that is on the first, not on the second and on the third is wished for anew.
        self.pass_on_wishes()
        self._wanted = tuple(tiles)
        self._is_wish_new = True

    def presented(self) -> None:
        """A frame is on the screen: tell of the first tile on one, and pass on what the frame wished for."""
        if self._first_tile is not None and not self._is_first_told:
            self._is_first_told = True
            self._log.event("tile.first", origin=self._first_tile, ms=round(self._since_start() * 1000))
        self.pass_on_wishes()

    def pass_on_wishes(self) -> None:
        """Tell the loader. Between frames: waking the io thread hands it the interpreter for some milliseconds."""
        if self._is_wish_new and self._loader is not None:
            self._is_wish_new = False
            self._loader.want(self._wanted)

    def request_labels(self, bounds: Bounds, zoom: int, selected: str | None) -> None:
        """Place the names of geofences."""
        if self._edges is not None and self._edges.fences is not None:
            from tvapp.fences.drawing.messages import LabelRequest

            self._edges.fences.request_labels(LabelRequest(bounds, zoom, selected))

    @property
    def outbox(self) -> OutboxService | None:
        """Takes changes of geofences; None where nothing may be changed, and before the edges are there."""
        return None if self._edges is None else self._edges.outbox

    def view_rested(self, viewport: Viewport) -> None:
        """The map came to rest here."""
        self._rested = viewport
        if self._edges is not None:
            shown = tuple(layer.tileset for layer in self.model.layers if layer.tileset != FENCES)
            self._edges.attribution.show(shown, viewport.zoom, viewport.bounds())

    def load_previews(self) -> None:
        """Somebody looks at the layers to choose from: bring real pictures of them, once."""
        edges, scope = self._edges, self._scope
        if edges is None or scope is None or self._has_previews:
            return
        self._has_previews = True
        previews, ground = self._previews(), background(layers(LayerChoice(BaseStyle.DARK)))
        self._jobs.spawn("previews", lambda: edges.previews.load(previews, scope, ground))

    def choose_layers(self, choice: LayerChoice) -> None:
        """Remember which layers the map shows now."""
        self.choice = choice
        self._log.event("layers.chosen", base=choice.base.value, overlays=sorted(o.value for o in choice.overlays))

    def _previews(self) -> list[Preview]:
        """Return which tiles show what each layer looks like, at the place where the map started."""
        bases = {base.value: LayerChoice(base) for base in BaseStyle}
        overlays = {overlay.value: LayerChoice(BaseStyle.DARK, frozenset({overlay})) for overlay in Overlay}
        return [Preview(name, self._preview_tiles(choice)) for name, choice in (bases | overlays).items()]

    def _preview_tiles(self, choice: LayerChoice) -> tuple[TileId, ...]:
        shown = [layer for layer in layers(choice) if layer.role != "fences"]
        weather = any(layer.tileset.startswith(WEATHER) for layer in shown)
        zoom = WEATHER_ZOOM if weather else round(self._start.zoom)
        z = min([zoom, *(layer.max_zoom for layer in shown)])
        u, v = project(self._start.center)
        return tuple(TileId(layer.tileset, z, int(u * 2**z), int(v * 2**z)).wrapped() for layer in shown)

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
        if self._edges is not None and self._edges.fences is not None:
            self._edges.loader.set_rasteriser(self._edges.fences.rasteriser() or NO_FENCES)


@dataclass(frozen=True, slots=True)
class _NoFences:
    """Draws nothing, until there is something to draw: the map can come to rest without it."""

    revision: int = 0

    def rasterise(self, tile: TileId, size: int) -> TileImage:
        return TileImage(None, size=size)


NO_FENCES = _NoFences()


def _budget_bytes(width: int, height: int) -> int:
    return width * height * BYTES_A_PIXEL * SCREENS_OF_TILES


def _sizes(scale: float) -> dict[str, int]:
    """Return how large in pixels the tiles of each tileset are to be on such a screen."""
    return {layer.tileset: tile_px(layer, scale) for layer in ALL}


def _tidy(fences: FenceService | None) -> None:
    """Take less memory from now on; for a worker."""
    if fences is not None:
        fences.pack()
    return_freed_memory()


def _home(config: Config, size: tuple[int, int], scale: float) -> Viewport:
    home = config.view.home
    center, zoom = EVERYWHERE if home is None else (Position(home.longitude, home.latitude), home.zoom)
    return Viewport(center, zoom, size[0], size[1], scale)
