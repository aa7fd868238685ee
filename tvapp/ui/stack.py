"""The stack of screens: keys go to the topmost, messages to all, Back goes one level up."""

from __future__ import annotations

from collections.abc import Callable

from tvapp.remote.intents import Input, Intent, Phase
from tvapp.ui import theme
from tvapp.ui.canvas import Canvas
from tvapp.ui.screen import BoundScreen, Hint, Screen
from tvapp.ui.widgets.hint_line import draw_hints, hint_box


class ScreenStack:
    """A base screen and the panels over it; call `show` first.

    `on_change` is called with the name of the topmost screen whenever it changes.
    """

    def __init__(self, language: str = "en", on_change: Callable[[str], None] = lambda _name: None) -> None:
        self._screens: list[Screen] = []
        self._language = language
        self._on_change = on_change
        self._changed = True
        self._pressed_on: dict[Intent, Screen] = {}

    @property
    def base(self) -> Screen:
        return self._screens[0]

    @property
    def top(self) -> Screen:
        return self._screens[-1]

    @property
    def depth(self) -> int:
        return len(self._screens)

    def contains(self, name: str) -> bool:
        """Tell whether a screen of that name is in the stack."""
        return any(screen.name == name for screen in self._screens)

    def show(self, screen: Screen) -> None:
        """Replace the whole stack by a screen."""
        self._screens = [screen]
        self._changed_top()

    def push(self, screen: Screen) -> None:
        """Put a panel or dialog on top."""
        self._screens.append(screen)
        self._changed_top()

    def pop(self) -> None:
        """Remove the topmost panel; the base stays."""
        if len(self._screens) > 1:
            self._screens.pop()
            self._changed_top()

    def remove(self, name: str) -> None:
        """Remove the panels of that name from anywhere in the stack; panels over them stay open."""
        left = [self._screens[0], *(screen for screen in self._screens[1:] if screen.name != name)]
        if len(left) < len(self._screens):
            self._screens = left
            self._changed_top()

    def pop_to_base(self) -> None:
        """Remove every panel."""
        if len(self._screens) > 1:
            del self._screens[1:]
            self._changed_top()

    def handle(self, input_: Input, now: float) -> bool:
        """Offer an input to the topmost screen. Back that it does not handle closes a panel; on the base, nothing.

        The end of a key press goes only to the screen that saw its beginning: a panel must not take the release of the
        key that opened it for its own.
        """
        if not self._screens:
            return False
        top = self.top
        if input_.phase is Phase.PRESS:
            self._pressed_on[input_.intent] = top
        else:
            owner = self._pressed_on.get(input_.intent)
            if input_.phase is Phase.RELEASE:
                self._pressed_on.pop(input_.intent, None)
            if owner is not top:
                # A release still reaches the lower screen that saw the press: else a held arrow would keep panning.
                if owner is not None and input_.phase is Phase.RELEASE and owner in self._screens:
                    owner.handle(input_, now)
                return False
        if top.handle(input_, now):
            return True
        if input_.intent is Intent.BACK and input_.phase is Phase.PRESS and len(self._screens) > 1:
            self.pop()
            return True
        return False

    def receive(self, message: object, now: float) -> None:
        """Pass a message to every screen."""
        for screen in tuple(self._screens):
            screen.receive(message, now)

    def update(self, now: float) -> bool:
        """Advance every screen; True when a frame is needed."""
        needed = self._changed
        self._changed = False
        for screen in tuple(self._screens):
            needed = screen.update(now) or needed
        return needed

    def draw(self, canvas: Canvas, now: float) -> None:
        """Draw from the last full page upwards, then the hint line of the topmost screen."""
        if not self._screens:
            return
        first = max(index for index, screen in enumerate(self._screens) if index == 0 or not screen.is_overlay)
        shown = self._screens[first:]
        if isinstance(self.top, BoundScreen) and self.top.hides_panels and len(shown) > 2:
            shown = [shown[0], shown[-1]]
        for screen in shown:
            screen.draw(canvas, now)
        over_map = self._screens[first].name == "map"
        box = hint_box(canvas, over_map=over_map)
        if over_map:
            dx, dy = theme.drift(now)
            box = box.moved(max(0.0, dx), min(0.0, dy))
        draw_hints(canvas, box, self.hints(), self._language, over_map=over_map)

    def next_wakeup(self, now: float) -> float | None:
        times = [at for screen in self._screens if (at := screen.next_wakeup(now)) is not None]
        return min(times, default=None)

    def hints(self) -> tuple[Hint, ...]:
        """Return the hints of the topmost screen."""
        return self.top.hints() if self._screens else ()

    def _changed_top(self) -> None:
        self._changed = True
        self._on_change(self.top.name)
