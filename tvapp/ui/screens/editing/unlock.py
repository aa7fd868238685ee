"""The lock before editing: a pattern of arrows, shown as dots only."""

from __future__ import annotations

import math
from collections.abc import Callable

from tvapp.remote.intents import ARROWS, Input, Intent
from tvapp.remote.pattern import LONGEST, SHORTEST, Pattern
from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.map_state.state import MapState
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import Binding, BoundScreen, bind
from tvapp.ui.widgets.label import draw_icon, in_middle, label, paragraph
from tvapp.ui.widgets.surface import card, focus_ring, scrim
from tvapp.ui.words import formats

WIDTH = 920.0
HEIGHT = 440.0
DOT = 26.0


def when_unlocked(state: MapState, navigator: Navigator, act: Callable[[], object]) -> None:
    """Run an action that the lock protects: at once where it is open, else once the right pattern was entered."""
    gate = state.lock
    now = state.clock.monotonic()
    if gate is None or gate.is_open(now):
        if gate is not None:
            state.lock = gate.edited(now)
        act()
    else:
        navigator.push(UnlockScreen(state, navigator, act))


class UnlockScreen(BoundScreen):
    """Arrows extend the pattern, OK tries it, Back removes the last arrow and then leaves."""

    name = "unlock"
    is_overlay = True

    def __init__(self, state: MapState, navigator: Navigator, act: Callable[[], object]) -> None:
        self._state = state
        self._navigator = navigator
        self._act = act
        self._arrows: list[Intent] = []
        self._tried = False
        self._is_short = False
        self._shown_wait = -1
        self._is_changed = True

    @property
    def focused(self) -> str:
        return "pattern"

    def focusables(self) -> tuple[str, ...]:
        return ("pattern",)

    def bindings(self) -> tuple[Binding, ...]:
        back = "hint.delete-arrow" if self._arrows else "hint.cancel"
        return (
            bind(ARROWS, self._add, ("arrows", "hint.pattern")),
            bind(Intent.SELECT, self._try, ("ok", "hint.unlock")),
            bind((Intent.BACK, Intent.MENU), self._back, ("back", back)),
        )

    def receive(self, message: object, now: float) -> None:
        """The map below takes the result of the check; `update` reads it."""

    def update(self, now: float) -> bool:
        gate = self._state.lock
        if gate is None or gate.is_open(now):
            self._navigator.pop()
            self._act()
            return True
        wait = math.ceil(min(gate.wait_s(now), 1e9))
        if wait != self._shown_wait:
            self._shown_wait = wait
            self._is_changed = True
        changed, self._is_changed = self._is_changed, False
        return changed

    def next_wakeup(self, now: float) -> float | None:
        gate = self._state.lock
        if self._is_changed:
            return now
        if gate is None or not 0 < gate.wait_s(now) < math.inf:
            return None
        return now + min(1.0, gate.wait_s(now))

    def draw(self, canvas: Canvas, now: float) -> None:
        say, gate = self._state.settings.words, self._state.lock
        scrim(canvas)
        box = layout.centred(layout.content(canvas), WIDTH, HEIGHT)
        card(canvas, box, theme.PANEL, 28)
        x, inner = box.x + 56, box.w - 112
        draw_icon(canvas, "lock", x + 26, box.y + 74, 52, theme.ACCENT)
        label(canvas, say("lock.title"), x + 76, box.y + 46, inner - 76, theme.style(theme.HEADING, face="bold"))
        paragraph(canvas, say("lock.advice"), x, box.y + 130, inner, theme.style(theme.BODY, theme.MUTED), 2)
        row = Rect(x, box.y + 214, inner, 92)
        canvas.panel(row, theme.RAISED, theme.RADIUS)
        focus_ring(canvas, row)
        step = min(48.0, inner / (LONGEST + 1))
        left = row.center[0] - (len(self._arrows) - 1) * step / 2
        for number in range(len(self._arrows)):
            canvas.panel(Rect(left + number * step - DOT / 2, row.center[1] - DOT / 2, DOT, DOT), theme.TEXT, DOT / 2)
        words, color = "", theme.WARN
        if gate is not None and (gate.is_checking or math.isinf(gate.wait_s(now))):
            words, color = say("lock.checking"), theme.MUTED
        elif gate is not None and gate.wait_s(now) > 0:
            words = say("lock.wait", time=formats.countdown(gate.wait_s(now)))
        elif self._is_short:
            words = say("lock.short", least=SHORTEST)
        elif self._tried:
            words = say("lock.wrong")
        in_middle(canvas, words, Rect(x, box.y + 330, inner, 60), theme.style(theme.BODY, color, "bold"))

    def _add(self, input_: Input, _now: float) -> bool:
        self._is_changed = True
        self._is_short = False
        if len(self._arrows) < LONGEST:
            self._arrows.append(input_.intent)
        return True

    def _try(self, _input: Input, now: float) -> bool:
        gate = self._state.lock
        self._is_changed = True
        if gate is None or not gate.takes_a_try(now):
            return True
        self._is_short = len(self._arrows) < SHORTEST
        if self._is_short:
            return True
        self._state.lock = gate = gate.take(now)
        pattern, self._arrows = Pattern(tuple(self._arrows)), []
        self._tried = True
        self._state.actions.try_pattern(pattern, gate.wrong_tries)
        return True

    def _back(self, _input: Input, _now: float) -> bool:
        self._is_changed = True
        if self._arrows:
            self._arrows.pop()
        else:
            self._navigator.pop()
        return True
