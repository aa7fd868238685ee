"""What the map screen and its panels share: the map, the geofences, the selection, and what does not work just now."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tvapp.auth.view import Account
from tvapp.core.clock import Clock, ClockSkewed
from tvapp.core.errors import NetworkError, NotFound, ServiceError, SignInError, TimedOut
from tvapp.core.image import Image
from tvapp.fences.drawing.messages import LabelsPlaced
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Geofence
from tvapp.fences.outbox.messages import OutboxChanged
from tvapp.fences.service.messages import (
    FencesKept,
    FencesLoaded,
    FencesUnavailable,
    FencesUnchanged,
    Index,
    IndexBuilt,
)
from tvapp.geo.position import Bounds, Position
from tvapp.mapview.composition import Upload
from tvapp.mapview.last_view import LastView
from tvapp.mapview.layers import LayerChoice, layers
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.remote.intents import Input, Intent, Phase
from tvapp.tiles.tile import DRAWN_TILESET, TileArrived, TileRevalidated, TileUnavailable
from tvapp.ui import theme
from tvapp.ui.actions import Actions
from tvapp.ui.messages import (
    AccountChanged,
    Area,
    AttributionChanged,
    ConnectionChanged,
    LockKnown,
    PatternChecked,
    PicturesLost,
    PreviewReady,
    ScreenResized,
    TroubleChanged,
)
from tvapp.ui.outline import Outline, outlines
from tvapp.ui.screen import Binding, bind
from tvapp.ui.screens.fence_edits import FenceEdits
from tvapp.ui.screens.kept_tiles import KeptTiles
from tvapp.ui.settings import UiSettings

if TYPE_CHECKING:
    from tvapp.remote.pattern import LockGate

UPLOAD_BYTES_PER_FRAME = 3 << 20
"""What one frame may send to the renderer: three tiles without transparency, 180 a second."""
NEAREST_ZOOM = 17.0
"""Flying to a small fence goes no nearer than this."""
REFUSAL_LASTS_S = 3.0
"""A refusal stays on the screen at least this long, or it would flicker while some tiles arrive and others do not."""
AGAIN_AND_AGAIN_S = 5.0
"""A tile that has to wait so long for its next try was lost several times in a row; one loss is nobody's concern."""
REFUSAL_FORGOTTEN_S = 60.0
"""After this long a map that lacks nothing speaks of it no more: it asks for nothing, so no answer would end it."""
TOAST_S = 6.0
"""How long a sentence about what was just done stays."""
SHEET_WIDTH = 640.0
"""Width of the panels at the left, without the unsafe edge."""


@dataclass(frozen=True, slots=True)
class Toast:
    """A sentence about what was just done; `until` is monotonic."""

    icon: str
    words: str
    until: float


@dataclass(slots=True)
class MapState:
    """Plain data with the few moves that several panels make."""

    settings: UiSettings
    actions: Actions
    clock: Clock
    model: MapModel
    choice: LayerChoice
    new_id: Callable[[], str] = lambda: "0" * 32
    """Gives an id that nothing else has."""
    book: FenceBook = field(default_factory=FenceBook)
    index: Index | None = None
    fences_loaded: bool = False
    revision: int = 0
    selected: Geofence | None = None
    selected_outlines: tuple[Outline, ...] = ()
    awaited: str = ""
    """The id of a geofence that was selected last time, and is again as soon as it is there; "" for none."""
    labels: LabelsPlaced | None = None
    attribution: tuple[str, ...] = ()
    account: Account | None = None
    offline_since: float | None = None
    skew_s: float = 0.0
    """How far the clock of this TV is behind (`core.clock.ClockSkewed`); 0 while it is right."""
    troubles: dict[Area, TroubleChanged] = field(default_factory=dict)
    previews: dict[str, Image] = field(default_factory=dict)
    arrived: deque[TileArrived | TileRevalidated] = field(default_factory=deque)
    uploads: list[Upload] = field(default_factory=list)
    released: list[object] = field(default_factory=list)
    is_changed: bool = True
    """Something that is drawn is different since the last frame."""
    _refused_at: float = -math.inf
    mends_at: float | None = None
    """When the map service's refusal goes from the screen, because tiles arrive again."""
    fresh_at: float | None = None
    """When the geofences were last known to be as the store has them (wall time)."""
    stale_since: float | None = None
    """Since when some of them could not be looked at again (wall time); None: all of them are fresh."""
    kept_tiles: KeptTiles = field(default_factory=KeptTiles)
    toast: Toast | None = None
    lock: LockGate | None = None
    """None where nothing is locked."""
    edits: FenceEdits = field(init=False)

    def __post_init__(self) -> None:
        self.edits = FenceEdits(self, self.new_id)
        if self.settings.has_lock:
            from tvapp.remote.pattern import LockGate

            self.lock = LockGate(wait_until=math.inf)  # until it is known how many tries were wrong

    @property
    def viewport(self) -> Viewport:
        return self.model.viewport

    def last_view(self) -> LastView:
        """Return what to show again after the next start."""
        view = self.viewport
        selected = self.selected.id if self.selected is not None else self.awaited
        return LastView(view.center, view.zoom, self.choice, selected)

    def wall(self) -> float:
        """Return the time of day in seconds since 1970."""
        return self.clock.wall()

    # -- messages ------------------------------------------------------------------------------------------------

    def receive(self, message: object, now: float) -> None:
        """Take a message in."""
        match message:
            case TileArrived() | TileRevalidated():
                self.kept_tiles.take(message, self.wall())
                self.arrived.append(message)
                return
            case TileUnavailable():
                self.model.receive(message, now)
                self._take_refusal(message, now)
            case IndexBuilt():
                self._take_fences(message)
            case FencesLoaded(as_of=as_of):
                self.stale_since, self.fresh_at = as_of, self.wall()
            case FencesKept(as_of=as_of) if self.fresh_at is None:
                self.fresh_at = as_of
            case FencesUnavailable(error=error):
                self.troubles["store"] = TroubleChanged("store", error)
            case FencesUnchanged():
                self.troubles.pop("store", None)
                self.fresh_at = self.wall()
            case LockKnown(wrong_tries=wrong_tries) if self.lock is not None:
                self.lock = self.lock.begin(wrong_tries, now)
            case PatternChecked(right=right) if self.lock is not None:
                self.lock = self.lock.answer(right=right, now=now)
            case OutboxChanged():
                self.edits.take_outbox(message)
            case LabelsPlaced():
                self._take_labels(message)
            case AttributionChanged(lines=lines):
                self.attribution = lines
            case AccountChanged(account=account):
                self.account = account
            case ClockSkewed(skew_s=skew_s):
                self.skew_s = skew_s
            case ConnectionChanged(since=since):
                self.offline_since = since
                if "map" in self.troubles and isinstance(self.troubles["map"].error, NetworkError):
                    del self.troubles["map"]
                if since is None:
                    self.model.retry_unavailable()
            case TroubleChanged():
                self._take_trouble(message)
            case PreviewReady(name=name, image=image):
                self.previews[name] = image
                self.released.append(("preview", name))
            case ScreenResized(width=width, height=height, scale=scale):
                self.model.resize(width, height, scale)
            case PicturesLost():
                self.uploads.clear()
                self.model.forget_all()
            case _:
                return
        self.is_changed = True

    def take_tiles(self, now: float) -> bool:
        """Hand over tiles that arrived, as many as a frame may upload; True when there were any."""
        spent = 0
        while self.arrived and spent < UPLOAD_BYTES_PER_FRAME:
            message = self.arrived.popleft()
            if isinstance(message, TileRevalidated):
                self.model.revalidated(message)
                continue
            if message.origin == "network" and self.mends_at is None and "map" in self.troubles:
                self.mends_at = max(now, self._refused_at + REFUSAL_LASTS_S)
            upload = self.model.receive(message, now)
            if upload is not None:
                self.uploads.append(upload)
                spent += upload.image.size_bytes
        is_old = REFUSAL_FORGOTTEN_S <= now - self._refused_at < math.inf
        if is_old and "map" in self.troubles and self._lacks_nothing(now):
            self.mends_at = now
        if self.mends_at is not None and now >= self.mends_at:
            self.mends_at = None
            self.troubles.pop("map", None)
            self.is_changed = True
        return spent > 0

    def _lacks_nothing(self, now: float) -> bool:
        return self.model.is_settled(now) and self.model.progress().missing == 0

    def _take_refusal(self, message: TileUnavailable, now: float) -> None:
        """Remember why there are no tiles; that one tile does not exist is nothing to speak of.

        What the service says counts at once, and so does a time-out, which has been waited for long enough. What got
        lost in another way, or a sign-in that could not be renewed, counts when it happens again and again. Without a
        network, or where somebody has to sign in, another notice says it.
        """
        error = message.error
        if isinstance(error, NotFound) or (isinstance(error, SignInError) and error.needs_person):
            return
        if isinstance(error, NetworkError) and self.offline_since is not None:
            return
        if isinstance(error, ServiceError | TimedOut) or (message.retry_in_s or 0.0) >= AGAIN_AND_AGAIN_S:
            self.troubles["map"] = TroubleChanged("map", error)
            self._refused_at = now
            self.mends_at = None

    def _take_fences(self, message: IndexBuilt) -> None:
        self.index, self.book, self.revision = message.index, message.book, message.revision
        self.fences_loaded = True
        self.troubles.pop("store", None)
        self.model.invalidate_bounds(DRAWN_TILESET, message.changed, message.revision)
        self.edits.take_book(message.book)
        if self.selected is not None:
            # One that was just drawn may not be among them yet.
            shown = self.book.get(self.selected.id)
            self.select(shown if shown is not None or self.edits.entry(self.selected) is None else self.selected)
        elif self.awaited and (found := self.book.get(self.awaited)) is not None:
            self.select(found)

    def _take_labels(self, message: LabelsPlaced) -> None:
        if self.labels is not None:
            kept = {label.key for label in message.labels}
            self.released += [("label", label.key) for label in self.labels.labels if label.key not in kept]
        self.labels = message

    def _take_trouble(self, message: TroubleChanged) -> None:
        if message.error is None and not message.state:
            self.troubles.pop(message.area, None)
        else:
            self.troubles[message.area] = message

    def say(self, key: str, icon: str, **fields: object) -> None:
        """Show a sentence about what was just done, for a while."""
        self.toast = Toast(icon, self.settings.words(key, **fields), self.clock.monotonic() + TOAST_S)
        self.is_changed = True

    # -- moves ---------------------------------------------------------------------------------------------------

    def select(self, fence: Geofence | None) -> None:
        """Mark a fence, or none."""
        self.selected = fence
        self.awaited = ""
        self.selected_outlines = ()
        if fence is not None and self.index is not None:
            self.selected_outlines = outlines(self.index.outline(fence))
        self.is_changed = True

    def under_crosshair(self) -> tuple[Geofence, ...]:
        """Return the fences in the middle of the screen, the smallest first."""
        if self.index is None:
            return ()
        view = self.viewport
        tolerance = 14 * view.scale * view.ground_resolution_m()
        return self.index.at(view.center, self.wall(), tolerance)

    def fly_to(self, fence: Geofence, now: float, *, beside_sheet: bool = True) -> None:
        """Fly so that a fence fills what the panels leave free."""
        self.model.camera.fly_to(self._fitting(fence.bounds, beside_sheet), now)
        self.is_changed = True

    def fly_above(self, bounds: Bounds, covered_px: float, now: float) -> None:
        """Fly so that a box fills what a panel at the bottom, `covered_px` design pixels high, leaves free."""
        view = self.viewport
        side, scale = view.width * theme.SAFE, view.scale
        bottom = view.height * theme.SAFE + (covered_px + theme.HINT_HEIGHT) * scale
        padding = (side, view.height * theme.SAFE + 80 * scale, side, bottom)
        self.model.camera.fly_to(view.fitting(bounds, padding, NEAREST_ZOOM), now)
        self.is_changed = True

    def fit_all(self, now: float) -> None:
        """Show every fence."""
        if self.book.bounds is not None:
            self.model.camera.fly_to(self._fitting(self.book.bounds, beside_sheet=False), now)
            self.is_changed = True

    def go_home(self, now: float) -> None:
        """Fly to the configured home, or to all fences where there is none."""
        home, view = self.settings.home, self.viewport
        if home is None:
            self.fit_all(now)
            return
        place = Position(home.longitude, home.latitude)
        self.model.camera.fly_to(Viewport(place, home.zoom, view.width, view.height, view.scale), now)
        self.is_changed = True

    def pan(self, input_: Input, now: float) -> bool:
        """Move the map with an arrow, for as long as it is held; wants presses and releases."""
        camera = self.model.camera
        if input_.phase is Phase.PRESS:
            camera.press(input_.intent, now)
        elif input_.phase is Phase.RELEASE:
            camera.release(input_.intent, now)
        return True

    def zoom_keys(self, *, mentioned: bool = True) -> Binding:
        """Return what the zoom keys do wherever the map is to be seen: one level a press."""

        def zoom(input_: Input, now: float) -> bool:
            self.zoom(1 if input_.intent is Intent.ZOOM_IN else -1, now)
            return True

        return bind((Intent.ZOOM_IN, Intent.ZOOM_OUT), zoom, ("zoom", "hint.zoom") if mentioned else None)

    def zoom(self, levels: int, now: float) -> None:
        self.model.camera.zoom_by(levels, now)
        self.is_changed = True

    def choose(self, choice: LayerChoice) -> None:
        """Show other layers at once."""
        self.choice = choice
        self.model.set_layers(layers(choice))
        self.actions.choose_layers(choice)
        self.is_changed = True

    def _fitting(self, bounds: Bounds, beside_sheet: bool) -> Viewport:
        view = self.viewport
        scale, side = view.scale, view.width * theme.SAFE
        left = side + (SHEET_WIDTH * scale if beside_sheet else 0)
        padding = (left + 40 * scale, 150 * scale, side + 40 * scale, 170 * scale)
        return view.fitting(bounds, padding, NEAREST_ZOOM)
