"""The panel with the edits of a geofence."""

from __future__ import annotations

from typing import Literal

from tvapp.fences.editing.abilities import abilities, can_restate, edit_sketch
from tvapp.fences.editing.move_sketch import MoveSketch
from tvapp.fences.editing.sketch import Drawn
from tvapp.fences.model.fence import Geofence
from tvapp.fences.model.kinds import Kind
from tvapp.fences.service.overlay import geometry_of
from tvapp.ui.map_state.fence_edits import COLLECTION
from tvapp.ui.map_state.state import MapState
from tvapp.ui.navigator import Navigator
from tvapp.ui.screens.editing.changes import open_change
from tvapp.ui.screens.editing.property_sheets import KindSheet, TimesSheet, Validity
from tvapp.ui.screens.editing.sketch import SketchScreen
from tvapp.ui.screens.panels.dialog import Choice, DialogScreen, Question
from tvapp.ui.screens.panels.option_panel import Option, OptionPanel
from tvapp.ui.widgets.surface import Button

_OPTIONS = {
    "move": "move",
    "resize": "expand",
    "reshape": "spline",
    "duplicate": "copy",
    "rename": "tag",
    "times": "clock",
    "delete": "trash-2",
}


class EditPanel(OptionPanel):
    """Edits of the shape above, the others below. A stuck change adds an option that decides about it."""

    name = "edit"
    columns = 4

    def __init__(self, state: MapState, navigator: Navigator, fence: Geofence) -> None:
        self._fence = fence
        self._abilities: frozenset[str] = abilities(fence)
        if can_restate(fence):
            self._abilities |= {"rename", "times"}
        super().__init__(state, navigator)

    def title(self) -> str:
        return self._state.settings.words("edit.title", name=self._fence.name)

    def options(self) -> tuple[Option, ...]:
        say, entry = self._state.settings.words, self._state.edits.entry(self._fence)
        options = []
        for key, icon in _OPTIONS.items():
            can = self._fence.is_editable if key == "delete" else key in self._abilities
            detail = "" if can else say("edit.cannot" if self._fence.is_editable else "edit.not_in_its_file")
            options.append(Option(key, icon, say(f"edit.{key}"), detail, enabled=can, danger=key == "delete"))
        if entry is not None and entry.is_stuck:
            words = say(f"edit.decide.{entry.state}")
            options.append(Option("decide", "circle-alert", say("edit.decide"), words))
        return tuple(options)

    def choose(self, key: str, now: float) -> None:
        state, navigator, fence = self._state, self._navigator, self._state.edits.current(self._fence)
        match key:
            case "decide":
                entry = state.edits.entry(fence)
                if entry is not None:
                    open_change(state, navigator, entry, now)
            case "rename":

                def rename(kind: Kind) -> None:
                    navigator.pop_to_base()
                    state.edits.rename(fence, kind)

                navigator.push(KindSheet(state, navigator, rename, fence=fence))
            case "times":

                def set_times(validity: Validity) -> None:
                    navigator.pop_to_base()
                    state.edits.set_times(fence, validity)

                navigator.push(TimesSheet(state, navigator, set_times, fence=fence))
            case "delete":
                navigator.push(_delete_dialog(state, navigator, fence))
            case "duplicate":
                navigator.pop_to_base()
                state.edits.duplicate(fence)
            case "move" | "resize" | "reshape":
                self._sketch(fence, key, now)

    def _sketch(self, fence: Geofence, edit: Literal["move", "resize", "reshape"], now: float) -> None:
        state, navigator = self._state, self._navigator
        navigator.pop_to_base()
        state.select(None)
        state.moves.fly_to(fence, now, beside_sheet=False)
        goal = state.model.camera.target
        resolution_m = goal.ground_resolution_m() * goal.scale
        geometry = geometry_of(fence)
        sketch = edit_sketch(edit, fence, geometry, goal.center, resolution_m)

        def done(drawn: Drawn, _now: float) -> None:
            navigator.pop_to_base()
            if geometry.get("type") == COLLECTION and isinstance(sketch, MoveSketch):
                state.edits.move_by(fence, *sketch.shift)
            else:
                state.edits.redraw(fence, drawn, edit)

        words = {"move": "sketch.moving", "resize": "sketch.resizing", "reshape": "sketch.reshaping"}
        title = state.settings.words(words[edit], name=fence.name)
        navigator.push(SketchScreen(state, navigator, sketch, done, title))


def _delete_dialog(state: MapState, navigator: Navigator, fence: Geofence) -> DialogScreen:
    say = state.settings.words
    question = Question("delete", say("delete.title", name=fence.name), say("delete.advice"), "trash-2")

    def delete() -> None:
        navigator.pop_to_base()
        state.edits.delete(fence)

    keep = Choice(Button("keep", say("delete.keep")), lambda: None)
    gone = Choice(Button("delete", say("delete.delete"), "trash-2", danger=True), delete)
    return DialogScreen(state.settings, navigator, question, (keep, gone))
