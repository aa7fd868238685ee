"""Intents: what the viewer wants, whatever device it came from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Intent(Enum):
    """One intent; the value is its name in the config file and in the log."""

    UP = "up"
    DOWN = "down"
    LEFT = "left"
    RIGHT = "right"
    SELECT = "select"
    BACK = "back"
    MENU = "menu"
    ZOOM_IN = "zoom-in"
    ZOOM_OUT = "zoom-out"
    PLAY_PAUSE = "play-pause"


ARROWS = frozenset({Intent.UP, Intent.DOWN, Intent.LEFT, Intent.RIGHT})


class Phase(Enum):
    """The phase of a key press."""

    PRESS = "press"
    """The key went down."""
    REPEAT = "repeat"
    """The key is still down; sent again and again, at a rate set in `remote.hold`."""
    LONG = "long"
    """Select was held for the long-press time; sent once."""
    RELEASE = "release"
    """The key went up."""


@dataclass(frozen=True, slots=True)
class Input:
    """An intent in one phase, held for `held_s` seconds so far. `was_long`: a LONG came before this RELEASE."""

    intent: Intent
    phase: Phase = Phase.PRESS
    held_s: float = 0.0
    was_long: bool = False
