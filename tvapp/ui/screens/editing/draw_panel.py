"""The panel that leads into editing: shapes to draw, undo and redo, and the list of changes."""

from __future__ import annotations

from tvapp.fences.editing.new_sketch import SketchKind, new_sketch
from tvapp.fences.editing.sketch import Drawn
from tvapp.fences.model.kinds import Kind
from tvapp.ui.map_state.state import MapState
from tvapp.ui.navigator import Navigator
from tvapp.ui.screens.editing.changes import ChangesSheet
from tvapp.ui.screens.editing.property_sheets import KindSheet, TimesSheet, Validity
from tvapp.ui.screens.editing.sketch import SketchScreen
from tvapp.ui.screens.editing.unlock import when_unlocked
from tvapp.ui.screens.panels.option_panel import Option, OptionPanel

_SHAPES: dict[SketchKind, str] = {"circle": "circle", "rectangle": "square", "polygon": "pentagon"}


class DrawPanel(OptionPanel):
    """Three shapes above; undo, redo and the list of changes below."""

    name = "draw"
    columns = 3

    def title(self) -> str:
        return self._state.settings.words("draw.title")

    def options(self) -> tuple[Option, ...]:
        say, edits = self._state.settings.words, self._state.edits
        options = [
            Option(kind, icon, say(f"draw.{kind}"), say(f"draw.{kind}.detail")) for kind, icon in _SHAPES.items()
        ]
        for key, icon, offer in (("undo", "undo-2", edits.next_undo()), ("redo", "redo-2", edits.next_redo())):
            detail = say("draw.nothing") if offer is None else say(offer.label_key, name=offer.name)
            if offer is not None and offer.is_stale:
                detail = say("draw.stale", what=detail)
            options.append(Option(key, icon, say(f"draw.{key}"), detail, enabled=offer is not None))
        options.append(Option("changes", "cloud-upload", say("draw.changes"), self._changes_words()))
        return tuple(options)

    def choose(self, key: str, now: float) -> None:
        state, navigator = self._state, self._navigator
        if key == "changes":
            navigator.pop()
            navigator.push(ChangesSheet(state, navigator))
        elif key in ("undo", "redo"):
            when_unlocked(state, navigator, lambda: state.edits.undo() if key == "undo" else state.edits.redo())
        else:
            kind = next(kind for kind in _SHAPES if kind == key)
            navigator.pop()
            when_unlocked(state, navigator, lambda: draw(state, navigator, kind))

    def _changes_words(self) -> str:
        settings, entries = self._state.settings, self._state.edits.outbox.entries
        stuck = sum(entry.is_stuck for entry in entries)
        if stuck:
            return settings.counted("draw.changes.stuck", stuck)
        return (
            settings.counted("draw.changes.waiting", len(entries)) if entries else settings.words("draw.changes.none")
        )


def draw(state: MapState, navigator: Navigator, kind: SketchKind) -> None:
    """Draw a new geofence, then ask what it is and when it counts."""
    view = state.viewport
    sketch = new_sketch(kind, view.center, view.ground_resolution_m() * view.scale)
    state.select(None)

    def name_it(drawn: Drawn, _now: float) -> None:
        def time_it(chosen: Kind) -> None:
            def save(validity: Validity) -> None:
                navigator.pop_to_base()
                state.edits.add(drawn, chosen, validity)

            navigator.push(TimesSheet(state, navigator, save))

        navigator.push(KindSheet(state, navigator, time_it))

    navigator.push(SketchScreen(state, navigator, sketch, name_it, state.settings.words(f"sketch.new.{kind}")))
