"""The base of panels and dialogs: focus among rectangles, a table of bindings, and sliding in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tvapp.remote.intents import Input
from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.focus import Focus, Group, Leaf
from tvapp.ui.motion import Motion
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import Binding, BoundScreen
from tvapp.ui.widgets.surface import Button


class Panel(BoundScreen):
    """A panel over another screen. Subclasses set `_bindings`, place the focus, and draw.

    `slides`: the panel slides in; not where it replaces a panel that is open already.
    """

    is_overlay = True

    def __init__(self, navigator: Navigator, *, motion: bool, focus: str = "", slides: bool = True) -> None:
        self._navigator = navigator
        self._motion = Motion(motion)
        self._focus = Focus(focus)
        self._bindings: tuple[Binding, ...] = ()
        self._slides = slides
        self._is_new = True
        self._is_moved = False

    @property
    def focused(self) -> str:
        return self._focus.focused

    def focusables(self) -> tuple[str, ...]:
        return self._focus.leaf_keys()

    def bindings(self) -> tuple[Binding, ...]:
        return self._bindings

    def receive(self, message: object, now: float) -> None:
        """The screen below takes every message."""

    def update(self, now: float) -> bool:
        if self._is_new and self._slides:
            self._motion.start("open", now, theme.SLIDE_S)
        changed = self._is_new or self._is_moved
        self._is_new = self._is_moved = False
        return self._motion.advance(now) or changed

    def next_wakeup(self, now: float) -> float | None:
        return now if self._motion.is_running or self._is_new or self._is_moved else None

    def _place_row(self, buttons: Sequence[Button], row: Rect) -> None:
        """Place the focus among the buttons of a row."""
        boxes = layout.spread(row, len(buttons), 20)
        leaves = tuple(Leaf(button.key, box) for button, box in zip(buttons, boxes, strict=True))
        self._focus.place(Group("row", leaves, wraps_x=True, modal=True))

    def _draw_buttons(self, canvas: Canvas, buttons: Iterable[Button], now: float) -> None:
        """Draw buttons where they were placed."""
        growth = self._motion.value("focus", now)
        for button in buttons:
            rect = self._focus.rect(button.key)
            if rect is not None:
                button.draw(canvas, rect, button.key == self.focused, growth)

    def _move(self, input_: Input, now: float) -> bool:
        if self._focus.move(input_.intent):
            self._motion.start("focus", now, theme.FOCUS_S)
            self._is_moved = True
        return True

    def _close(self, _input: Input, _now: float) -> bool:
        self._navigator.pop()
        return True
