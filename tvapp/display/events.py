"""Events of the display, which the app handles beside key events."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resized:
    """The window has a new size, in real pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Exposed:
    """The window has to be drawn again."""


@dataclass(frozen=True, slots=True)
class FocusLost:
    """The window lost the keyboard focus: no key counts as held any more."""


@dataclass(frozen=True, slots=True)
class CloseRequested:
    """The user closed the window."""


@dataclass(frozen=True, slots=True)
class ResourcesLost:
    """Every texture is gone and has to be uploaded again."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """The window is not visible until it is `Exposed` again."""


@dataclass(frozen=True, slots=True)
class FullScreenTaken:
    """The window is to fill the screen again, because the desktop took something of that: `missing`."""

    missing: str
    needs_window: bool = False
    """Whether a new window is opened for it."""


@dataclass(frozen=True, slots=True)
class DisplayLost:
    """The display is gone; it is opened again as soon as possible."""

    reason: str


@dataclass(frozen=True, slots=True)
class DisplayRestored:
    """The display is open again, `after_s` seconds after it was lost, with a new, empty canvas."""

    after_s: float
