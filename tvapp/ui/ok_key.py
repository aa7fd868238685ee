"""Tells short presses of OK from long ones. A short one acts when the key comes up, a long one at its length."""

from __future__ import annotations

from typing import Literal

from tvapp.remote.intents import Input, Phase

OK_PHASES = (Phase.PRESS, Phase.LONG, Phase.RELEASE)
"""The phases that `OkKey` has to see."""
Press = Literal["down", "short", "long", "none"]


class OkKey:
    """Remembers whether the key went down on this screen: a release after a press elsewhere means nothing."""

    def __init__(self) -> None:
        self.is_down = False

    def take(self, input_: Input) -> Press:
        """Return what an input of OK means: it went down, it was a short or a long press, or nothing."""
        if input_.phase is Phase.PRESS:
            self.is_down = True
            return "down"
        was_down, self.is_down = self.is_down, False
        if input_.phase is Phase.LONG:
            return "long"
        # Only the release tells a short press from a long one.
        return "short" if was_down and not input_.was_long else "none"

    def let_go(self) -> None:
        """Take the key as released: keys go elsewhere from now on."""
        self.is_down = False
