"""The list of changes that are not in the store yet: the progress of each, and the choices for those that are stuck."""

from __future__ import annotations

from tvapp.fences.outbox.outbox import Entry
from tvapp.fences.service.overlay import fence_of
from tvapp.ui.map_state.state import MapState
from tvapp.ui.navigator import Navigator
from tvapp.ui.screens.editing.conflict import ConflictScreen
from tvapp.ui.screens.panels.dialog import Choice, DialogScreen, Question
from tvapp.ui.screens.panels.list_sheet import ListSheet, Row
from tvapp.ui.widgets.surface import Button
from tvapp.ui.words.change_status import name_of, refusal_words, status_look, status_words


class ChangesSheet(ListSheet):
    """Changes, the oldest first. OK shows a change on the map, or asks about it when it is stuck."""

    name = "changes"
    icon = "cloud-upload"

    def title(self) -> str:
        return self._state.settings.words("changes.title")

    def note(self) -> str:
        return self._state.settings.words("changes.note")

    def empty(self) -> str:
        return self._state.settings.words("changes.empty")

    def rows(self) -> tuple[Row, ...]:
        settings, outbox = self._state.settings, self._state.edits.outbox
        rows = []
        for entry in outbox.entries:
            icon, color = status_look(entry, outbox)
            kind = settings.words(f"change.{entry.change.kind}")
            detail = f"{kind} · {status_words(entry, outbox, settings)}"
            rows.append(Row(str(entry.number), name_of(entry.change, settings), detail, icon, color))
        return tuple(rows)

    def choose(self, row: Row, now: float) -> None:
        state = self._state
        entry = next(entry for entry in state.edits.outbox.entries if str(entry.number) == row.key)
        open_change(state, self._navigator, entry, now)


def open_change(state: MapState, navigator: Navigator, entry: Entry, now: float) -> None:
    """Show a waiting change on the map, or ask about one that is stuck."""
    if entry.state == "conflict":
        navigator.pop_to_base()
        navigator.push(ConflictScreen(state, navigator, entry))
    elif entry.state == "refused":
        navigator.push(refused_dialog(state, navigator, entry))
    else:
        fence = fence_of(entry.change.after or entry.change.before, entry.change.source)
        if fence is not None:
            state.select(state.edits.current(fence))
            state.moves.fly_to(fence, now)


def refused_dialog(state: MapState, navigator: Navigator, entry: Entry) -> DialogScreen:
    """Return the question about a change that the store refused."""
    settings = state.settings
    say = settings.words
    first, *more = refusal_words(entry.refusal, settings) if entry.refusal is not None else (say("refused.other"),)
    # The service's own words come last: they may be long, and are cut where there is no more room.
    more.reverse()
    title = say("refused.title", name=name_of(entry.change, settings))
    question = Question("refused", title, " ".join([first, *more]), "circle-x", most_lines=8)
    outbox = state.actions.outbox
    choices = [Choice(Button("later", say("refused.later")), lambda: None)]
    if outbox is not None:
        choices.append(Choice(Button("retry", say("refused.retry"), "refresh-cw"), lambda: outbox.retry(entry.number)))
        discard = Button("discard", say("refused.discard"), "trash-2", danger=True)
        choices.append(Choice(discard, lambda: state.edits.discard(entry)))
    return DialogScreen(settings, navigator, question, choices)
