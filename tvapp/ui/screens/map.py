"""The map: look around, select geofences, open the action bar; panels lie over it and share its state."""

from __future__ import annotations

import math

from tvapp.fences.model.fence import Geofence
from tvapp.geo.position import Bounds
from tvapp.mapview.viewport import Viewport
from tvapp.remote.intents import ARROWS, Input, Intent, Phase
from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Color, Rect
from tvapp.ui.motion import Motion
from tvapp.ui.navigator import Navigator
from tvapp.ui.outline import draw_outline
from tvapp.ui.screen import Binding, Hint, bind, dispatch, hint_only, hints_of
from tvapp.ui.screens.action_bar import ActionBar
from tvapp.ui.screens.details import DetailsScreen
from tvapp.ui.screens.fence_card import FenceCard, lay_out
from tvapp.ui.screens.label_layer import LabelLayer
from tvapp.ui.screens.map_chrome import (
    draw_attribution,
    draw_chips,
    draw_crosshair,
    draw_readout,
    draw_scale,
    draw_toast,
)
from tvapp.ui.screens.map_notices import draw_notices, notices
from tvapp.ui.screens.map_state import MapState
from tvapp.ui.screens.readout import readout
from tvapp.ui.widgets.surface import glass

TOUR_STEP_S = 12.0
LOOK_EVERY_S = 0.15
"""While the map moves, what is under the crosshair is looked up only this often."""
LABEL_MARGIN = 0.5
"""Names are asked for this far beyond the screen, in screen sizes, so that a step of the map needs no new ones."""
CARD_WIDTH = 560.0
ANY_PHASE = tuple(Phase)


class MapScreen:
    """The base screen once somebody is signed in."""

    name = "map"
    is_overlay = False

    def __init__(self, state: MapState, navigator: Navigator) -> None:
        self.state = state
        self._navigator = navigator
        self._motion = Motion(state.settings.motion)
        self._pile: tuple[Geofence, ...] = ()
        self._under: tuple[Geofence, ...] = ()
        self._is_pressed = False
        self._tour_at: float | None = None
        self._tour_index = -1
        self._seen_view: Viewport | None = None
        self._look_due = True
        self._looked_at = -math.inf
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
        """Return what keys do now: it depends on what is under the crosshair and on what is selected."""
        if self.is_touring:
            return (bind(tuple(Intent), self._stop_tour, ("any", "hint.stop-tour"), (Phase.PRESS,)),)
        selected = self.state.selected
        look = bind(ARROWS, self.state.pan, ("arrows", "hint.look-around"), ANY_PHASE)
        ok_phases = (Phase.PRESS, Phase.LONG, Phase.RELEASE)
        bindings = [look, bind(Intent.SELECT, self._ok, ("ok", self._ok_hint()), ok_phases)]
        # Where OK opens the same, one mention is enough.
        actions = None if self._ok_hint() == "hint.actions" else "hint.actions"
        if selected is not None:
            bindings.append(bind(Intent.BACK, self._deselect, ("back", "hint.deselect")))
            if len(self._under) > 1:
                bindings.append(hint_only("hold-ok", "hint.details"))
            bindings.append(bind(Intent.MENU, self._open_bar, ("menu", actions) if actions else None))
        else:
            # Inside a geofence that fills the screen, OK never opens the bar, and many remotes have no Menu key.
            bindings.append(bind((Intent.BACK, Intent.MENU), self._open_bar, ("back", actions) if actions else None))
        bindings.append(self.state.zoom_keys())
        if selected is None and self.state.settings.can_edit:
            bindings.append(hint_only("hold-ok", "hint.draw"))
        if len(self.state.book):
            bindings.append(bind(Intent.PLAY_PAUSE, self._start_tour, ("play", "hint.tour")))
        return tuple(bindings)

    def hints(self) -> tuple[Hint, ...]:
        # The line is drawn in every frame, and hardly ever says anything else.
        selected = self.state.selected
        now = (self.is_touring, selected, len(self._under) > 1, self._ok_hint(), len(self.state.book) > 0)
        if self._hints is None or self._hints[0] != now:
            self._hints = now, hints_of(self.bindings())
        return self._hints[1]

    def handle(self, input_: Input, now: float) -> bool:
        return dispatch(self.bindings(), input_, now)

    def release_all(self, now: float) -> None:
        """Take every key as released: keys go elsewhere from now on."""
        self._is_pressed = False
        self.state.model.camera.release_all(now)

    def start_tour(self, now: float) -> None:
        """Fly from fence to fence until a key is pressed."""
        if len(self.state.book):
            self._tour_at = now
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
        if state.toast is not None and now >= state.toast.until:
            state.toast = None
            state.is_changed = True
        uploads = state.take_tiles(now)
        moved = model.update(now)
        requests = model.request_list()
        if requests is not None:
            state.actions.want_tiles(requests)
        is_moving = model.camera.is_moving(now)
        self._look_due = self._look_due or state.is_changed or state.viewport != self._seen_view
        self._seen_view = state.viewport
        if self._look_due and not (is_moving and now - self._looked_at < LOOK_EVERY_S):
            self._look_under(now)
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
        is_pending = state.arrived or state.is_changed or self._labels.is_waiting
        if is_pending or self._motion.is_running or state.model.is_animating(now):
            return now
        wall = self.state.wall()
        minute = now + 60 - wall % 60 + 0.01
        toast_at = None if self.state.toast is None else self.state.toast.until
        return min(at for at in (minute, self._tour_at, self.state.mends_at, toast_at) if at is not None)

    def draw(self, canvas: Canvas, now: float) -> None:
        state, model = self.state, self.state.model
        for key in model.evictions():
            canvas.release(key)
        for released in state.released:
            canvas.release(released)
        state.released.clear()
        for upload in state.uploads:
            canvas.upload(upload.key, upload.image)
        state.uploads.clear()
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
        self._labels.draw(canvas, state.labels, state.viewport)
        on_top = self._navigator.top is self
        if on_top and not self.is_touring:
            draw_crosshair(canvas, on_fence=bool(self._under), pressed=self._is_pressed)
        self._draw_chrome(canvas, on_top)
        if on_top:
            if not self.is_touring:
                draw_readout(canvas, self._readout, state.wall())
            draw_toast(canvas, state)

    # -- drawing -------------------------------------------------------------------------------------------------

    def _draw_selection(self, canvas: Canvas) -> None:
        for outline in self.state.selected_outlines:
            is_zooming = self.state.model.camera.is_zooming
            draw_outline(canvas, outline, self.state.viewport, is_zooming=is_zooming)

    def _draw_chrome(self, canvas: Canvas, on_top: bool) -> None:
        state = self.state
        box = draw_attribution(canvas, state)
        draw_scale(canvas, state, box)
        below = draw_chips(canvas, state)
        safe_right = canvas.width * (1 - theme.SAFE) + min(0.0, theme.drift(state.wall())[0])
        draw_notices(canvas, safe_right, below, notices(state))
        if state.selected is not None and on_top:
            left, top = canvas.width * theme.SAFE, below
            room = Rect(left, top, CARD_WIDTH, canvas.height * (1 - theme.SAFE) - theme.HINT_HEIGHT - 84 - top)
            self._draw_card(canvas, room, state.selected)

    def _draw_card(self, canvas: Canvas, room: Rect, fence: Geofence) -> None:
        footer = ""
        if len(self._pile) > 1 and fence in self._pile:
            index = self._pile.index(fence) + 1
            footer = self.state.settings.words("map.pile", index=index, total=len(self._pile))
        elif self.is_touring:
            fields = {"index": self._tour_index + 1, "total": len(self.state.book)}
            footer = self.state.settings.words("map.tour.next", **fields)
        wall, settings = self.state.wall(), self.state.settings
        key = (fence, int(wall // 60), room, footer, canvas.scale)
        if self._card is None or self._card[0] != key:
            self._card = key, lay_out(canvas, fence, room.inset(28, 24), wall, settings, footer)
        canvas.sheet(_paint_card, self._card[1], room)

    # -- what keys do --------------------------------------------------------------------------------------------

    def _ok_hint(self) -> str:
        selected = self.state.selected
        if not self._under:
            return "hint.actions"
        if selected is None or selected not in self._under:
            return "hint.select-fence"
        return "hint.next-in-pile" if len(self._under) > 1 else "hint.details"

    def _ok(self, input_: Input, now: float) -> bool:
        self.state.is_changed = True
        self._look_under(now)
        if input_.phase is Phase.PRESS:
            self._is_pressed = True
            return True
        was_pressed, self._is_pressed = self._is_pressed, False
        if input_.phase is Phase.LONG:
            return self._long_ok(input_, now)
        # A short press acts when the key comes up, or else the long one could never be told from it.
        if not was_pressed or input_.was_long:
            return False
        if not self._under:
            return self._open_bar(input_, now)
        self._select_next(now)
        return True

    def _select_next(self, now: float) -> None:
        selected, self._pile = self.state.selected, self._under
        if selected in self._pile and len(self._pile) == 1:
            self.state.model.camera.release_all(now)
            self._navigator.push(DetailsScreen(self.state, self._navigator, self._pile[0]))
            return
        index = (self._pile.index(selected) + 1) % len(self._pile) if selected in self._pile else 0
        fence = self._pile[index]
        self.state.select(fence)
        self.state.actions.fence_selected(fence)

    def _deselect(self, _input: Input, _now: float) -> bool:
        self.state.select(None)
        self._pile = ()
        return True

    def _open_bar(self, _input: Input, now: float) -> bool:
        self.release_all(now)
        self._navigator.push(ActionBar(self.state, self._navigator, self.start_tour))
        return True

    def _long_ok(self, input_: Input, now: float) -> bool:
        """Details of what is selected, in a pile too; else drawing, where that may be done."""
        selected = self.state.selected
        if selected is not None:
            self.release_all(now)
            self._navigator.push(DetailsScreen(self.state, self._navigator, selected))
            return True
        return self._open_draw(now) if self.state.settings.can_edit else self._open_bar(input_, now)

    def _open_draw(self, now: float) -> bool:
        from tvapp.ui.screens.draw_panel import DrawPanel

        self.release_all(now)
        self._navigator.push(DrawPanel(self.state, self._navigator))
        return True

    def _start_tour(self, _input: Input, now: float) -> bool:
        self.start_tour(now)
        return True

    def _stop_tour(self, _input: Input, _now: float) -> bool:
        self._tour_at = None
        self.state.is_changed = True
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
        self.state.fly_to(fence, now)

    def _look_under(self, now: float) -> None:
        self._look_due, self._looked_at = False, now
        under = self.state.under_crosshair()
        said = readout(self.state.viewport.center, under, self.state.selected, self.state.settings)
        if under != self._under or said != self._readout:
            self._under, self._readout = under, said
            self.state.is_changed = True

    def _ask_for_labels(self) -> None:
        state = self.state
        if state.index is None:
            return
        camera = state.model.camera
        view = camera.target if camera.is_zooming else state.viewport
        selected = state.selected.id if state.selected else None
        wanted = (round(view.zoom), state.revision, selected)
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
