"""The state that the map screen and its panels share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tvapp.auth.view import Account
from tvapp.core.clock import Clock, ClockSkewed
from tvapp.core.errors import DataError
from tvapp.fences.drawing.messages import LabelsPlaced
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Geofence, Skipped
from tvapp.fences.outbox.messages import OutboxChanged
from tvapp.fences.service.messages import (
    FencesLoaded,
    FencesMeasured,
    FencesUnavailable,
    FencesUnchanged,
    IndexBuilt,
    SnapshotRestored,
)
from tvapp.geo.position import Position
from tvapp.mapview.last_view import LastView
from tvapp.mapview.layers import LayerChoice, layers
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.tiles.tile import DRAWN_TILESET, TileArrived, TileRevalidated, TileUnavailable
from tvapp.ui.actions import Actions
from tvapp.ui.map_state.arriving_tiles import ArrivingTiles
from tvapp.ui.map_state.fence_edits import FenceEdits
from tvapp.ui.map_state.moves import MapMoves
from tvapp.ui.map_state.pictures import MapPictures
from tvapp.ui.map_state.selection import Selection
from tvapp.ui.map_state.shown_fences import ShownFences
from tvapp.ui.map_state.stale_tiles import StaleTiles
from tvapp.ui.map_state.troubles import Troubles
from tvapp.ui.messages import (
    AccountChanged,
    AttributionChanged,
    ConnectionChanged,
    LockKnown,
    PatternChecked,
    PicturesLost,
    PreviewReady,
    ScreenResized,
    TroubleChanged,
)
from tvapp.ui.settings import UiSettings

if TYPE_CHECKING:
    from tvapp.remote.pattern import LockGate

TOAST_S = 6.0
"""How long a toast stays."""


@dataclass(frozen=True, slots=True)
class Toast:
    """A short report of what was just done; `until` is monotonic."""

    icon: str
    words: str
    until: float


@dataclass(slots=True)
class MapState:
    """Composes the parts and dispatches each message to the parts that it concerns."""

    settings: UiSettings
    actions: Actions
    clock: Clock
    model: MapModel
    choice: LayerChoice
    new_id: Callable[[], str] = lambda: "0" * 32
    """Returns a unique id."""
    selection: Selection = field(default_factory=Selection)
    fences: ShownFences = field(default_factory=ShownFences)
    troubles: Troubles = field(default_factory=Troubles)
    tiles: ArrivingTiles = field(default_factory=ArrivingTiles)
    stale_tiles: StaleTiles = field(default_factory=StaleTiles)
    pictures: MapPictures = field(default_factory=MapPictures)
    attribution: tuple[str, ...] = ()
    account: Account | None = None
    toast: Toast | None = None
    lock: LockGate | None = None
    """None where nothing is locked."""
    is_changed: bool = True
    """The drawing differs from the last frame."""
    moves: MapMoves = field(init=False)
    edits: FenceEdits = field(init=False)

    def __post_init__(self) -> None:
        self.moves = MapMoves(self.model, self.fences, self.settings.home, self.mark_changed)
        self.edits = FenceEdits(self, self.new_id)
        if self.settings.has_lock:
            from tvapp.remote.pattern import LockGate

            self.lock = LockGate(wait_until=math.inf)  # until `LockKnown` tells how many tries were wrong

    @property
    def viewport(self) -> Viewport:
        return self.model.viewport

    @property
    def book(self) -> FenceBook:
        return self.fences.book

    @property
    def is_offline(self) -> bool:
        return self.troubles.is_offline

    def last_view(self) -> LastView:
        """Return what to show again after the next start."""
        view = self.viewport
        return LastView(view.center, view.zoom, self.choice, self.selection.id)

    def wall(self) -> float:
        """Return the time of day in seconds since 1970."""
        return self.clock.wall()

    def mark_changed(self) -> None:
        """Ask for a frame."""
        self.is_changed = True

    def receive(self, message: object, now: float) -> None:
        """Take a message in."""
        match message:
            case TileArrived() | TileRevalidated():
                self.stale_tiles.take(message, self.wall())
                self.tiles.queue.append(message)
                return
            case TileUnavailable():
                self.model.receive(message, now)
                self.troubles.take_refusal(message, now)
            case IndexBuilt():
                self._take_fences(message)
            case FencesLoaded(as_of=as_of, skipped=skipped):
                self.fences.loaded(as_of, skipped, self.wall())
            case SnapshotRestored(as_of=as_of) if self.fences.confirmed_at is None:
                self.fences.confirmed_at = as_of
            case FencesUnavailable(error=error):
                self.troubles.take(TroubleChanged("store", error))
                if isinstance(error, DataError):
                    self.fences.refusal = (Skipped(error.source, error.reason),)
            case FencesMeasured():
                pass  # sizes that were not known before are shown
            case FencesUnchanged():
                self.troubles.clear("store")
                self.fences.unchanged(self.wall())
            case LockKnown(wrong_tries=wrong_tries) if self.lock is not None:
                self.lock = self.lock.begin(wrong_tries, now)
            case PatternChecked(right=right, least_tries=least_tries) if self.lock is not None:
                self.lock = self.lock.answer(right=right, now=now, least_tries=least_tries)
            case OutboxChanged():
                self.edits.take_outbox(message)
            case LabelsPlaced():
                self.pictures.take_labels(message)
            case AttributionChanged(lines=lines):
                self.attribution = lines
            case AccountChanged(account=account):
                self.account = account
            case ClockSkewed(skew_s=skew_s):
                self.troubles.clock_skew_s = skew_s
            case ConnectionChanged(since=since):
                self.troubles.take_connection(since)
                if since is None:
                    self.model.retry_unavailable()
            case TroubleChanged():
                self.troubles.take(message)
            case PreviewReady(name=name, image=image):
                self.pictures.take_preview(name, image)
            case ScreenResized(width=width, height=height, scale=scale):
                self.model.resize(width, height, scale)
            case PicturesLost():
                self.tiles.uploads.clear()
                self.model.forget_all()
            case _:
                return
        self.is_changed = True

    def update(self, now: float) -> bool:
        """Hand over tiles that arrived, and let troubles end; True when there is something to upload."""
        handover = self.tiles.hand_over(self.model, now)
        if handover.from_network:
            self.troubles.take_arrival(now)
        if self.troubles.update(now, lambda: self.model.is_settled(now) and self.model.progress().missing == 0):
            self.is_changed = True
        if self.toast is not None and now >= self.toast.until:
            self.toast = None
            self.is_changed = True
        return handover.uploads

    def say(self, key: str, icon: str, **fields: object) -> None:
        """Show a toast."""
        self.toast = Toast(icon, self.settings.words(key, **fields), self.clock.monotonic() + TOAST_S)
        self.is_changed = True

    def select(self, fence: Geofence | None) -> None:
        """Select a geofence, or none."""
        self.selection.select(fence, self.fences.index)
        self.is_changed = True

    def warning(self, fence: Geofence) -> str:
        """Return what is to be said of a geofence before anything else; "" for most."""
        if fence.id not in self.fences.seem_swapped or self.fences.told_by is None:
            return ""
        from tvapp.ui.words.fence_descriptions import swapped_words

        return swapped_words(fence, self.fences.told_by, self.settings)

    def choose(self, choice: LayerChoice) -> None:
        """Show other layers at once."""
        self.choice = choice
        self.model.set_layers(layers(choice))
        self.actions.choose_layers(choice)
        self.is_changed = True

    def _take_fences(self, message: IndexBuilt) -> None:
        home = self.settings.home
        self.fences.take(message, None if home is None else Position(home.longitude, home.latitude))
        self.troubles.clear("store")
        self.model.invalidate_bounds(DRAWN_TILESET, message.changed, message.revision)
        self.edits.forget_sent()
        selected = self.selection.fence
        self.selection.follow(self.fences, is_unsent=selected is not None and self.edits.entry(selected) is not None)
