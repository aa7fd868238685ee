"""What happens to the display, as values that the app handles beside key events."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resized:
    """The window has another size now, in real pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Exposed:
    """The picture has to be drawn again."""


@dataclass(frozen=True, slots=True)
class FocusLost:
    """Keys go elsewhere from now on: none of ours is held any more."""


@dataclass(frozen=True, slots=True)
class CloseRequested:
    """Somebody closed the window."""


@dataclass(frozen=True, slots=True)
class ResourcesLost:
    """Every texture is gone; upload the pictures again."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Nobody can see the window until it is `Exposed` again."""


@dataclass(frozen=True, slots=True)
class DisplayLost:
    """There is nothing to draw on any more; it is opened again as soon as that can be."""

    reason: str


@dataclass(frozen=True, slots=True)
class DisplayRestored:
    """There is something to draw on again, `after_s` seconds after it was lost: a new, empty canvas."""

    after_s: float
