"""The screen for drawing on the map: the map moves under the crosshair, OK places a corner, Back undoes a step."""

from __future__ import annotations

from collections.abc import Callable

from tvapp.fences.editing.reshape_sketch import ReshapeSketch
from tvapp.fences.editing.resize_sketch import ResizeSketch
from tvapp.fences.editing.sketch import Direction, Drawn, Reason, Refused, Sketch, Stage, Step
from tvapp.geo.position import Position
from tvapp.remote.intents import ARROWS, Input, Intent, Phase
from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.map_overlay.chrome import draw_crosshair
from tvapp.ui.map_overlay.notices import WIDTH as NOTICE_WIDTH
from tvapp.ui.map_overlay.notices import notices
from tvapp.ui.map_overlay.sketch_view import SketchView, size_parts
from tvapp.ui.map_state.state import MapState
from tvapp.ui.navigator import Navigator
from tvapp.ui.ok_key import OK_PHASES, OkKey
from tvapp.ui.screen import Binding, BoundScreen, bind
from tvapp.ui.screens.panels.option_panel import Option, OptionPanel
from tvapp.ui.widgets.label import draw_icon, fit, in_middle
from tvapp.ui.widgets.surface import glass

REFUSAL_S = 4.0
"""How long the reason for a refused press stays."""
SAME_M = 0.1
"""Corners of a rectangle that are nearer than this come from OK pressed twice at the same place."""
CHIP_HEIGHT = 64.0
ANY_PHASE = tuple(Phase)
_DIRECTIONS: dict[Intent, Direction] = {
    Intent.UP: "up",
    Intent.DOWN: "down",
    Intent.LEFT: "left",
    Intent.RIGHT: "right",
}


class SketchScreen(BoundScreen):
    """Feeds a sketch with keys and the crosshair, draws it, and hands over the result.

    It stays open below the sheet that asks for a name, so that Back leads to it again.
    """

    name = "sketch"
    is_overlay = True

    def __init__(
        self,
        state: MapState,
        navigator: Navigator,
        sketch: Sketch,
        done: Callable[[Drawn, float], None],
        title: str,
    ) -> None:
        self._state = state
        self._navigator = navigator
        self.sketch = sketch
        self._done = done
        self.title = title
        self._view = SketchView()
        self._refused: tuple[Reason, float] | None = None
        self._ok_key = OkKey()
        self._is_changed = True
        self._aimed_view: object = None
        self._picked_corner: Position | None = None

    # -- keys -----------------------------------------------------------------------------------------------------

    @property
    def focused(self) -> str:
        return "map"

    def focusables(self) -> tuple[str, ...]:
        return ("map",)

    def bindings(self) -> tuple[Binding, ...]:
        """Return the bindings of this stage."""
        pans = self.sketch.pans
        aim, place = self._words()
        ok = bind(Intent.SELECT, self._ok, ("ok", place), OK_PHASES)
        if pans:
            arrows = bind(ARROWS, self._state.moves.pan, ("arrows", aim), ANY_PHASE)
        else:
            arrows = bind(ARROWS, self._adjust, ("arrows", aim), (Phase.PRESS, Phase.REPEAT))
        back = "hint.take-back" if self._takes_back else "hint.cancel"
        return (
            ok,
            arrows,
            bind(Intent.BACK, self._back, ("back", back)),
            # Before the zoom keys, which many remotes lack: where the hint line has no room for both, this hint stays.
            bind(Intent.MENU, self._open_bar, ("hold-ok", "hint.more")),
            self._state.moves.zoom_keys(),
        )

    @property
    def _takes_back(self) -> bool:
        """Tell whether Back undoes a step; else it leaves."""
        match self.sketch.stage:
            case "carrying":
                return True
            case "moving":
                return False
        return self.sketch.is_changed

    def _words(self) -> tuple[str, str]:
        """Return the keys of the words for arrows and OK."""
        sketch = self.sketch
        aim, place = _HINTS[sketch.stage]
        if isinstance(sketch, ReshapeSketch) and sketch.ring_count > 1 and sketch.stage == "walking":
            aim = "sketch.arrows.rings"
        elif isinstance(sketch, ResizeSketch) and sketch.way == "sides":
            aim = "sketch.arrows.sides"
        return aim, "hint.more" if self._opens_bar else place

    # -- the life of a screen -------------------------------------------------------------------------------------

    def receive(self, message: object, now: float) -> None:
        """The map below takes every message."""

    def update(self, now: float) -> bool:
        self._state.model.camera.is_fine = self._navigator.top is self
        view = self._state.viewport
        if view != self._aimed_view:
            self._aimed_view = view
            self.sketch.aim(view.center, view.ground_resolution_m() * view.scale)
            self._is_changed = True
        if self._refused is not None and now >= self._refused[1]:
            self._refused = None
            self._is_changed = True
        changed, self._is_changed = self._is_changed, False
        return changed

    def next_wakeup(self, now: float) -> float | None:
        if self._is_changed:
            return now
        return self._refused[1] if self._refused is not None else None

    def draw(self, canvas: Canvas, now: float) -> None:
        outline = self.sketch.outline
        self._view.draw(canvas, outline, self._state.viewport)
        if self._navigator.top is not self:
            return
        if self.sketch.pans:
            draw_crosshair(canvas, on_fence=False, pressed=self._ok_key.is_down)
        self._draw_status(canvas)

    def _draw_status(self, canvas: Canvas) -> None:
        """Draw title and sizes at the top, and the problem, if any, below them."""
        parts = self._parts()
        title_style, part_style = theme.style(theme.BODY, face="bold"), theme.style(theme.BODY)
        widths = [canvas.measure(words, part_style)[0] + PART_EXTRA for _, words in parts]
        safe = layout.safe_area(canvas)
        room = Rect(safe.x, safe.y + CHIP_HEIGHT + theme.GAP, safe.w, CHIP_HEIGHT)
        if notices(self._state):
            room = Rect(room.x, room.y, room.w - NOTICE_WIDTH - theme.GAP, room.h)
        # A long title is cut before sizes are left out, because nothing else shows the sizes; the last sizes go first.
        while widths and sum(widths) + TITLE_LEAST + 2 * theme.PAD > room.w:
            widths.pop()
        title_room = room.w - sum(widths) - 2 * theme.PAD - TITLE_GAP
        title = fit(canvas, self.title, title_style, min(title_room, TITLE_MOST))
        title_width = canvas.measure(title, title_style)[0] + (TITLE_GAP if widths else 0.0)
        width = title_width + sum(widths) + 2 * theme.PAD
        box = Rect(room.center[0] - width / 2, room.y, width, room.h)
        glass(canvas, box, CHIP_HEIGHT / 2)
        x = box.x + theme.PAD
        in_middle(canvas, title, Rect(x, box.y, title_width + 1, box.h), title_style, "left")
        x += title_width
        for (icon, words), part_width in zip(parts, widths, strict=False):
            draw_icon(canvas, icon, x + 18, box.center[1], 32, theme.ACCENT)
            in_middle(canvas, words, Rect(x + 44, box.y, part_width - 44, box.h), part_style, "left")
            x += part_width
        if (problem := self._problem()) is not None:
            self._draw_problem(canvas, problem, box)

    def _problem(self) -> Reason | None:
        """Return why OK is refused; None when it is not, or not worth a word."""
        if self._refused is not None:
            return self._refused[0]
        problem = self.sketch.problem
        # Right after a corner was placed the crosshair is still on it: only a refused press is worth a word.
        return None if problem in ("same-place", "flat") else problem

    def _parts(self) -> list[tuple[str, str]]:
        """Return the parts of the status as icon and words, the most important first."""
        settings, sketch = self._state.settings, self.sketch
        parts: list[tuple[str, str]] = []
        if isinstance(sketch, ReshapeSketch):
            number, count = sketch.number
            parts.append(("circle-dot", settings.words("sketch.corner", number=number, count=count)))
        if (measures := sketch.measures) is not None:
            parts += size_parts(measures, sketch.stage, settings)
        return parts

    def _draw_problem(self, canvas: Canvas, problem: Reason, above: Rect) -> None:
        style = theme.style(theme.SMALL, theme.TEXT, "bold")
        words = self._state.settings.words(f"sketch.problem.{problem}")
        width = canvas.measure(words, style)[0] + 62 + theme.PAD
        box = Rect(above.center[0] - width / 2, above.bottom + 12, width, 60)
        glass(canvas, box, 30)
        draw_icon(canvas, "circle-alert", box.x + 34, box.center[1], 34, theme.BAD)
        in_middle(canvas, words, Rect(box.x + 60, box.y, box.w - 60, box.h), style, "left")

    # -- what keys do ---------------------------------------------------------------------------------------------

    def _adjust(self, input_: Input, now: float) -> bool:
        held_s = input_.held_s if input_.phase is Phase.REPEAT else 0.0
        if self.sketch.adjust(_DIRECTIONS[input_.intent], held_s):
            self._follow(now)
        elif isinstance(self.sketch, ReshapeSketch) and input_.phase is Phase.PRESS:
            # The sketch uses up and down itself only where there are several outlines.
            if input_.intent is Intent.UP:
                self.take(self.sketch.insert(), now)
            elif input_.intent is Intent.DOWN:
                self.take(self.sketch.remove(), now)
        self._is_changed = True
        return True

    def _ok(self, input_: Input, now: float) -> bool:
        self._is_changed = True
        match self._ok_key.take(input_):
            case "down":
                return True
            case "none":
                return False
            case "long":
                return self._open_bar(input_, now)
        # The map may still glide after a tap: the present place of the crosshair counts.
        view = self._state.viewport
        self.sketch.aim(view.center, view.ground_resolution_m() * view.scale)
        if self._opens_bar:
            if self.sketch.stage == "carrying":
                self.sketch.take_back()
            return self._open_bar(input_, now)
        was_walking = self.sketch.stage == "walking"
        self.take(self.sketch.place(), now)
        if was_walking and isinstance(self.sketch, ReshapeSketch):
            self._picked_corner = self.sketch.focus
        return True

    @property
    def _opens_bar(self) -> bool:
        """Tell whether OK has nothing to place, because it was pressed at this place before. Then it opens the bar."""
        sketch = self.sketch
        match sketch.stage:
            case "carrying":
                return isinstance(sketch, ReshapeSketch) and sketch.focus == self._picked_corner
            case "moving" | "resizing":
                return not sketch.is_changed
            case "opposite-corner":
                measures = sketch.measures
                sides = measures.sides_m if measures is not None else None
                return sketch.problem == "flat" and sides is not None and max(sides) < SAME_M
        return sketch.problem == "same-place"

    def take(self, step: Step, now: float) -> None:
        """Follow a step of the sketch: show a refusal, hand over the result, or go to the current corner."""
        if isinstance(step, Refused):
            self._refused = step.reason, now + REFUSAL_S
            return
        self._refused = None
        if isinstance(step, Drawn):
            self._state.model.camera.release_all(now)
            self._done(step, now)
        else:
            self._follow(now)

    def _follow(self, now: float) -> None:
        """Fly so that the corner that keys act on is under the crosshair."""
        if isinstance(self.sketch, ReshapeSketch):
            view = self._state.viewport
            self._state.model.camera.fly_to(view.at_place(self.sketch.focus), now)

    def _back(self, _input: Input, now: float) -> bool:
        self._is_changed = True
        self._refused = None
        if self.sketch.take_back():
            self._follow(now)
        else:
            self.leave(now)
        return True

    def finish(self, now: float) -> None:
        """Finish the sketch as it is."""
        self.take(self.sketch.finish(), now)
        self._is_changed = True

    def leave(self, now: float) -> None:
        """Leave without a result."""
        self._state.model.camera.release_all(now)
        self._state.is_changed = True
        self._navigator.pop()

    def _open_bar(self, _input: Input, now: float) -> bool:
        self._state.model.camera.release_all(now)
        self._ok_key.let_go()
        self._navigator.push(SketchBar(self._state, self._navigator, self))
        return True


class SketchBar(OptionPanel):
    """Zoom, finish and leave for remotes without keys for them. A single row leaves the crosshair free."""

    name = "sketch-bar"

    def __init__(self, state: MapState, navigator: Navigator, screen: SketchScreen) -> None:
        self._screen = screen
        keys = ["zoom-in", "zoom-out"]
        if isinstance(screen.sketch, ReshapeSketch):
            keys += ["insert", "remove"]
            if screen.sketch.can_remove_hole:
                keys.append("remove-hole")
        self._keys = (*keys, "keep", "drop")
        self.columns = len(self._keys)
        super().__init__(state, navigator)

    def title(self) -> str:
        return self._screen.title

    def options(self) -> tuple[Option, ...]:
        say = self._state.settings.words
        return tuple(Option(key, _BAR_ICONS[key], say(f"sketch.bar.{key}")) for key in self._keys)

    def choose(self, key: str, now: float) -> None:
        sketch, screen = self._screen.sketch, self._screen
        if key.startswith("zoom"):
            self._state.moves.zoom(1 if key == "zoom-in" else -1, now)
            return
        self._navigator.pop()
        if key == "keep":
            screen.finish(now)
        elif key == "drop":
            screen.leave(now)
        elif isinstance(sketch, ReshapeSketch):
            acts = {"insert": sketch.insert, "remove": sketch.remove, "remove-hole": sketch.remove_hole}
            screen.take(acts[key](), now)


TITLE_LEAST = 300.0
"""Least width of the title; below it, sizes are left out."""
TITLE_MOST = 620.0
TITLE_GAP = 24.0
PART_EXTRA = 46.0 + 28.0
"""Width of a size beside its words: the icon before and the gap after them."""

_BAR_ICONS: dict[str, str] = {
    "zoom-in": "zoom-in",
    "zoom-out": "zoom-out",
    "insert": "plus",
    "remove": "minus",
    "remove-hole": "delete",
    "keep": "check",
    "drop": "x",
}
"""Options of the bar and their icons."""

_HINTS: dict[Stage, tuple[str, str]] = {
    "centre": ("hint.aim", "sketch.ok.centre"),
    "radius": ("sketch.arrows.radius", "hint.done"),
    "first-corner": ("hint.aim", "sketch.ok.first-corner"),
    "next-corner": ("hint.aim", "sketch.ok.next-corner"),
    "closing": ("hint.aim", "sketch.ok.closing"),
    "opposite-corner": ("hint.aim", "sketch.ok.opposite-corner"),
    "moving": ("hint.aim", "sketch.ok.moving"),
    "resizing": ("sketch.arrows.resizing", "hint.done"),
    "walking": ("sketch.arrows.walking", "sketch.ok.walking"),
    "carrying": ("hint.aim", "sketch.ok.carrying"),
}
"""Words for arrows and OK at each stage."""
