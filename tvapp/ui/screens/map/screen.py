"""The map screen: panning, selecting geofences, the tour. Panels lie over it and share its state."""

from __future__ import annotations

import math

from tvapp.fences.model import measures
from tvapp.fences.model.fence import Geofence
from tvapp.geo.position import Bounds
from tvapp.mapview.viewport import Viewport
from tvapp.remote.intents import ARROWS, Input, Intent, Phase
from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Color, Rect
from tvapp.ui.map_overlay.chrome import (
    draw_attribution,
    draw_chips,
    draw_crosshair,
    draw_readout,
    draw_scale,
    draw_toast,
)
from tvapp.ui.map_overlay.label_layer import LabelLayer
from tvapp.ui.map_overlay.notices import draw_notices, notices
from tvapp.ui.map_overlay.readout import readout
from tvapp.ui.map_state.state import MapState
from tvapp.ui.motion import Motion
from tvapp.ui.navigator import Navigator
from tvapp.ui.ok_key import OK_PHASES, OkKey
from tvapp.ui.outline import draw_outline
from tvapp.ui.screen import Binding, BoundScreen, Hint, bind, hint_only, hints_of
from tvapp.ui.screens.map.action_bar import ActionBar
from tvapp.ui.screens.map.details import DetailsScreen
from tvapp.ui.screens.map.fence_card import FenceCard, lay_out
from tvapp.ui.widgets.surface import glass

TOUR_STEP_S = 12.0
LOOKUP_EVERY_S = 0.15
"""While the map moves, geofences under the crosshair are looked up only this often."""
LABEL_MARGIN = 0.5
"""Names are requested this far beyond the screen, in screen sizes, so that a step of the map needs no new request."""
CARD_WIDTH = 560.0
ANY_PHASE = tuple(Phase)


class MapScreen(BoundScreen):
    """The base screen once a viewer is signed in."""

    name = "map"

    def __init__(self, state: MapState, navigator: Navigator) -> None:
        self.state = state
        self._navigator = navigator
        self._motion = Motion(state.settings.motion)
        self._overlapping: tuple[Geofence, ...] = ()
        self._under: tuple[Geofence, ...] = ()
        self._ok_key = OkKey()
        self._tour_at: float | None = None
        self._tour_index = -1
        self._seen_view: Viewport | None = None
        self._lookup_due = True
        self._looked_up_at = -math.inf
        self._rested_view: Viewport | None = None
        self._asked_labels: tuple[int, int, str | None] | None = None
        self._asked_bounds: Bounds | None = None
        self._minute = -1
        self._card: tuple[object, FenceCard] | None = None
        self._readout = ""
        self._labels = LabelLayer()
        self._hints: tuple[object, tuple[Hint, ...]] | None = None

    # -- keys ----------------------------------------------------------------------------------------------------

    @property
    def focused(self) -> str:
        return "map"

    def focusables(self) -> tuple[str, ...]:
        return ("map",)

    @property
    def is_touring(self) -> bool:
        return self._tour_at is not None

    def bindings(self) -> tuple[Binding, ...]:
        """Return the bindings, which depend on the geofences under the crosshair and on the selection."""
        if self.is_touring:
            return (bind(tuple(Intent), self._stop_tour, ("any", "hint.stop-tour"), (Phase.PRESS,)),)
        selected = self.state.selection.fence
        look = bind(ARROWS, self.state.moves.pan, ("arrows", "hint.look-around"), ANY_PHASE)
        bindings = [look, bind(Intent.SELECT, self._ok, ("ok", self._ok_hint()), OK_PHASES)]
        # Where OK opens the action bar too, one mention is enough.
        actions = None if self._ok_hint() == "hint.actions" else "hint.actions"
        if selected is not None:
            bindings.append(bind(Intent.BACK, self._deselect, ("back", "hint.deselect")))
            if len(self._under) > 1:
                bindings.append(hint_only("hold-ok", "hint.details"))
            bindings.append(bind(Intent.MENU, self._open_bar, ("menu", actions) if actions else None))
        else:
            # Inside a geofence that fills the screen, OK never opens the bar, and many remotes have no Menu key.
            bindings.append(bind((Intent.BACK, Intent.MENU), self._open_bar, ("back", actions) if actions else None))
        bindings.append(self.state.moves.zoom_keys())
        if selected is None and self.state.settings.can_edit:
            bindings.append(hint_only("hold-ok", "hint.draw"))
        if len(self.state.book):
            bindings.append(bind(Intent.PLAY_PAUSE, self._start_tour, ("play", "hint.tour")))
        return tuple(bindings)

    def hints(self) -> tuple[Hint, ...]:
        # Cached: the line is drawn in every frame and rarely changes.
        selected = self.state.selection.fence
        now = (self.is_touring, selected, len(self._under) > 1, self._ok_hint(), len(self.state.book) > 0)
        if self._hints is None or self._hints[0] != now:
            self._hints = now, hints_of(self.bindings())
        return self._hints[1]

    def release_all(self, now: float) -> None:
        """Take every key as released, because another screen receives keys from now on."""
        self._ok_key.let_go()
        self.state.model.camera.release_all(now)

    def start_tour(self, now: float) -> None:
        """Fly from geofence to geofence until a key is pressed."""
        if len(self.state.book):
            self._tour_at = now
            self.state.is_changed = True

    def stop_tour(self) -> None:
        """Stay where the tour is."""
        self._tour_at = None
        self.state.is_changed = True

    # -- the life of a screen ------------------------------------------------------------------------------------

    def receive(self, message: object, now: float) -> None:
        self.state.receive(message, now)

    def update(self, now: float) -> bool:
        state, model = self.state, self.state.model
        if self._navigator.top is self:
            model.camera.is_fine = False
        if self._tour_at is not None and now >= self._tour_at:
            self._next_on_tour(now)
        uploads = state.update(now)
        moved = model.update(now)
        requests = model.request_list()
        if requests is not None:
            state.actions.want_tiles(requests)
        is_moving = model.camera.is_moving(now)
        self._lookup_due = self._lookup_due or state.is_changed or state.viewport != self._seen_view
        self._seen_view = state.viewport
        if self._lookup_due and not (is_moving and now - self._looked_up_at < LOOKUP_EVERY_S):
            self._look_up_crosshair(now)
        self._ask_for_labels()
        if not is_moving and self._rested_view != state.viewport:
            self._rested_view = state.viewport
            state.actions.view_rested(state.viewport)
        minute = int(state.wall() // 60)
        ticked, self._minute = minute != self._minute, minute
        changed, state.is_changed = state.is_changed, False
        waiting = self._labels.is_waiting
        return self._motion.advance(now) or moved or uploads or ticked or changed or waiting

    def next_wakeup(self, now: float) -> float | None:
        state = self.state
        is_pending = state.tiles.queue or state.is_changed or self._labels.is_waiting
        if is_pending or self._motion.is_running or state.model.is_animating(now):
            return now
        wall = self.state.wall()
        minute = now + 60 - wall % 60 + 0.01
        toast_at = None if self.state.toast is None else self.state.toast.until
        return min(at for at in (minute, self._tour_at, self.state.troubles.clears_at, toast_at) if at is not None)

    def draw(self, canvas: Canvas, now: float) -> None:
        state, model = self.state, self.state.model
        for key in model.evictions():
            canvas.release(key)
        for released in state.pictures.released:
            canvas.release(released)
        state.pictures.released.clear()
        for upload in state.tiles.uploads:
            canvas.upload(upload.key, upload.image)
        state.tiles.uploads.clear()
        for made in model.compositions(now):
            canvas.compose(made.key, made.size, Color(*made.background), made.quads)
        quads = model.quads(now)
        if model.is_covered:
            canvas.cover()
        else:
            canvas.fill(Rect(0, 0, canvas.width, canvas.height), Color(*model.background))
        for quad in quads:
            canvas.quad(*quad)
        self._draw_selection(canvas)
        self._labels.draw(canvas, state.pictures.labels, state.viewport)
        on_top = self._navigator.top is self
        if on_top and not self.is_touring:
            draw_crosshair(canvas, on_fence=bool(self._under), pressed=self._ok_key.is_down)
        self._draw_chrome(canvas, on_top)
        if on_top:
            if not self.is_touring:
                draw_readout(canvas, self._readout, state.wall())
            draw_toast(canvas, state)

    # -- drawing -------------------------------------------------------------------------------------------------

    def _draw_selection(self, canvas: Canvas) -> None:
        for outline in self.state.selection.look(self.state.viewport):
            is_zooming = self.state.model.camera.is_zooming
            draw_outline(canvas, outline, self.state.viewport, is_zooming=is_zooming)

    def _draw_chrome(self, canvas: Canvas, on_top: bool) -> None:
        state = self.state
        box = draw_attribution(canvas, state)
        draw_scale(canvas, state, box)
        below = draw_chips(canvas, state)
        safe_right = canvas.width * (1 - theme.SAFE) + min(0.0, theme.drift(state.wall())[0])
        draw_notices(canvas, safe_right, below, notices(state))
        if state.selection.fence is not None and on_top:
            left, top = canvas.width * theme.SAFE, below
            room = Rect(left, top, CARD_WIDTH, canvas.height * (1 - theme.SAFE) - theme.HINT_HEIGHT - 84 - top)
            self._draw_card(canvas, room, state.selection.fence)

    def _draw_card(self, canvas: Canvas, room: Rect, fence: Geofence) -> None:
        footer = ""
        if len(self._overlapping) > 1 and fence in self._overlapping:
            index = self._overlapping.index(fence) + 1
            footer = self.state.settings.words("map.pile", index=index, total=len(self._overlapping))
        elif self.is_touring:
            fields = {"index": self._tour_index + 1, "total": len(self.state.book)}
            footer = self.state.settings.words("map.tour.next", **fields)
        wall, settings = self.state.wall(), self.state.settings
        warning = self.state.warning(fence)
        key = (fence, int(wall // 60), room, footer, warning, measures.known(fence.shapes) is not None, canvas.scale)
        if self._card is None or self._card[0] != key:
            self._card = key, lay_out(canvas, fence, room.inset(28, 24), wall, settings, footer, warning)
        canvas.draw_cached(_paint_card, self._card[1], room)

    # -- what keys do --------------------------------------------------------------------------------------------

    def _ok_hint(self) -> str:
        selected = self.state.selection.fence
        if not self._under:
            return "hint.actions"
        if selected is None or selected not in self._under:
            return "hint.select-fence"
        return "hint.next-in-pile" if len(self._under) > 1 else "hint.details"

    def _ok(self, input_: Input, now: float) -> bool:
        self.state.is_changed = True
        self._look_up_crosshair(now)
        match self._ok_key.take(input_):
            case "down":
                return True
            case "none":
                return False
            case "long":
                return self._long_ok(input_, now)
            case "short" if not self._under:
                return self._open_bar(input_, now)
        self._select_next(now)
        return True

    def _select_next(self, now: float) -> None:
        selected, self._overlapping = self.state.selection.fence, self._under
        if selected in self._overlapping and len(self._overlapping) == 1:
            self.state.model.camera.release_all(now)
            self._navigator.push(DetailsScreen(self.state, self._navigator, self._overlapping[0]))
            return
        index = (self._overlapping.index(selected) + 1) % len(self._overlapping) if selected in self._overlapping else 0
        fence = self._overlapping[index]
        self.state.select(fence)
        self.state.actions.fence_selected(fence)

    def _deselect(self, _input: Input, _now: float) -> bool:
        self.state.select(None)
        self._overlapping = ()
        return True

    def _open_bar(self, _input: Input, now: float) -> bool:
        self.release_all(now)
        self._navigator.push(ActionBar(self.state, self._navigator, self.start_tour))
        return True

    def _long_ok(self, input_: Input, now: float) -> bool:
        """Open the details of the selection; without one, the draw panel, or the action bar where nothing is edited."""
        selected = self.state.selection.fence
        if selected is not None:
            self.release_all(now)
            self._navigator.push(DetailsScreen(self.state, self._navigator, selected))
            return True
        return self._open_draw(now) if self.state.settings.can_edit else self._open_bar(input_, now)

    def _open_draw(self, now: float) -> bool:
        from tvapp.ui.screens.editing.draw_panel import DrawPanel

        self.release_all(now)
        self._navigator.push(DrawPanel(self.state, self._navigator))
        return True

    def _start_tour(self, _input: Input, now: float) -> bool:
        self.start_tour(now)
        return True

    def _stop_tour(self, _input: Input, _now: float) -> bool:
        self.stop_tour()
        return True

    # -- by itself -----------------------------------------------------------------------------------------------

    def _next_on_tour(self, now: float) -> None:
        fences = self.state.book.listed
        if not fences:
            self._tour_at = None
            return
        self._tour_index = (self._tour_index + 1) % len(fences)
        self._tour_at = now + TOUR_STEP_S
        fence = fences[self._tour_index]
        self.state.select(fence)
        self.state.moves.fly_to(fence, now)

    def _look_up_crosshair(self, now: float) -> None:
        self._lookup_due, self._looked_up_at = False, now
        found = self.state.fences.under_crosshair(self.state.viewport, self.state.wall())
        under = tuple(fence for fence, _ in found)
        shown = readout(self.state.viewport.center, found, self.state.selection.fence, self.state.settings)
        if under != self._under or shown != self._readout:
            self._under, self._readout = under, shown
            self.state.is_changed = True

    def _ask_for_labels(self) -> None:
        state = self.state
        if state.fences.index is None:
            return
        camera = state.model.camera
        view = camera.target if camera.is_zooming else state.viewport
        selected = state.selection.fence.id if state.selection.fence else None
        wanted = (round(view.zoom), state.fences.revision, selected)
        if wanted == self._asked_labels and self._asked_bounds is not None and _covers(self._asked_bounds, view):
            return
        self._asked_labels = wanted
        self._asked_bounds = _with_margin(view)
        state.actions.request_labels(self._asked_bounds, wanted[0], selected)


def _paint_card(canvas: Canvas, card: FenceCard, room: Rect) -> Rect:
    box = Rect(room.x, room.y, room.w, card.height + 48)
    glass(canvas, box, 24)
    card.draw(canvas)
    return box


def _with_margin(view: Viewport) -> Bounds:
    larger = Viewport(
        view.center,
        view.zoom,
        math.ceil(view.width * (1 + 2 * LABEL_MARGIN)),
        math.ceil(view.height * (1 + 2 * LABEL_MARGIN)),
        view.scale,
    )
    return larger.bounds()


def _covers(bounds: Bounds, view: Viewport) -> bool:
    seen = view.bounds()
    if bounds.lon_span >= 360.0:
        return bounds.south <= seen.south + 1e-6 and bounds.north >= seen.north - 1e-6
    inside = bounds.south <= seen.south + 1e-6 and bounds.north >= seen.north - 1e-6
    return inside and (seen.west - bounds.west) % 360.0 + seen.lon_span <= bounds.lon_span + 1e-6
