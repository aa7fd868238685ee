"""Decides whether the picture can be seen: panel care, a hidden window, a lost display; and logs the changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from tvapp.config.model import Kiosk
from tvapp.core.clock import Clock
from tvapp.core.log import Log
from tvapp.core.week import LocalTime, Week
from tvapp.display.events import DisplayLost, Hidden
from tvapp.remote.intents import Input
from tvapp.ui import layout
from tvapp.ui.canvas import Canvas, Color
from tvapp.ui.dimming import Dimmer, DimmingSettings, Mode

_EVENTS = {"dimmed": "screen.dimmed", "blank": "screen.blanked", "awake": "screen.woken"}


class ScreenVisibility:
    """Belongs to the main thread. Without `is_seen`, do no work for a picture."""

    def __init__(
        self,
        kiosk: Kiosk,
        local_time: LocalTime,
        clock: Clock,
        log: Log,
        switch_tv: Callable[[Literal["on", "standby"]], None] = lambda _power: None,
    ) -> None:
        """`switch_tv` is called when the hours of the screen end and begin, and when a key wakes it."""
        self._switch_tv = switch_tv
        self._mode: Mode = "awake"
        settings = DimmingSettings(kiosk.dim_after_min * 60.0, Week.parse(kiosk.awake), kiosk.motion, local_time)
        self._care = Dimmer(settings, clock.monotonic())
        self._clock = clock
        self._log = log
        self.is_hidden = False
        """Whether there is nothing to see a frame on; none is drawn."""
        self.has_display = True

    @property
    def is_seen(self) -> bool:
        """Tell whether a viewer in front of the screen sees the picture."""
        return not (self.is_hidden or self._care.is_off)

    @property
    def is_off(self) -> bool:
        """Tell whether the screen is off on purpose: outside of its hours."""
        return self._mode == "blank"

    def touch(self, now: float) -> None:
        """Note that a key was pressed, whether it means anything or not."""
        self._care.touch(now)

    def wake(self, now: float) -> None:
        """Show the picture for somebody at a desk, outside of the hours too, and switch the TV on."""
        self._care.touch(now, "desk")
        if self._mode != "blank":
            # Else `update` switches it on: the TV may be in standby although the app is awake.
            self._switch_tv("on")

    def passes(self, input_: Input, now: float) -> bool:
        """Tell whether an input may act: not if it only woke the screen, nor while its effect is not seen."""
        return self._care.passes(input_, now, seen=not self.is_hidden)

    def hide(self, event: Hidden | DisplayLost) -> None:
        """Draw nothing from now on."""
        self.is_hidden = True
        if isinstance(event, DisplayLost):
            self.has_display = False
            self._log.event("display.lost", level="warning", reason=event.reason)

    def show(self) -> None:
        """Draw again."""
        self.is_hidden = False

    def restored(self, after_s: float) -> None:
        """Draw again, on a new display."""
        self.has_display = True
        self._log.event("display.restored", after_s=round(after_s, 1))
        self.show()

    def update(self, now: float, is_busy: Callable[[], bool]) -> bool:
        """Advance; True when a frame is needed."""
        change = self._care.update(now, self._clock.wall(), is_busy)
        if change is not None:
            self._log.event(_EVENTS[change.mode], by=change.by)
            if "blank" in (change.mode, self._mode):
                self._switch_tv("standby" if change.mode == "blank" else "on")
            self._mode = change.mode
        return self._care.advance(now)

    def next_wakeup(self, now: float) -> float | None:
        """Tell when `update` has something to do."""
        return self._care.next_wakeup(now, self._clock.wall())

    def draw(self, canvas: Canvas, now: float) -> None:
        """Dim what was drawn."""
        if veil := self._care.black_opacity(now):
            canvas.fill(layout.screen(canvas), Color(0, 0, 0, veil))
