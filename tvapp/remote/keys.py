"""The event that key sources post: a key went down or up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A key went down (`pressed`) or up.

    `key` is SDL's name in small letters ("return", "left"), a gamepad's ("pad:a"), or a Linux key code ("key:402").
    `at` is in monotonic seconds. `device` tells devices apart: "keyboard", "pad:0", "/dev/input/event3".
    """

    key: str
    pressed: bool
    at: float
    device: str
