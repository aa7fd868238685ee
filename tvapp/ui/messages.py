"""What the app tells the screens, beside the messages of the rooms (tiles, fences)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tvapp.auth.view import Account
from tvapp.core.errors import TvappError
from tvapp.core.image import Image

Area = Literal["map", "store", "disk", "session", "permission"]


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """The network was lost at `since` (wall time), or is back (None)."""

    since: float | None


@dataclass(frozen=True, slots=True)
class TroubleChanged:
    """Something does not work at the moment; None: it works (again).

    `store` troubles know two more, without an error: "retired" (Azure Maps Data) and "undecided" (none is set).
    `session`: somebody has to sign in "again". `permission`: which one the person signed in could give with a phone.
    """

    area: Area
    error: TvappError | None = None
    state: Literal["", "retired", "undecided", "again", "storage", "other"] = ""


@dataclass(frozen=True, slots=True)
class AttributionChanged:
    """The copyright lines that the map must show."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """Who is signed in; None: nobody."""

    account: Account | None


@dataclass(frozen=True, slots=True)
class PreviewReady:
    """A picture for the layers panel; `name` is the value of a BaseStyle or an Overlay."""

    name: str
    image: Image


@dataclass(frozen=True, slots=True)
class ScreenResized:
    """The screen has another size, in real pixels, and `scale` of them per design pixel."""

    width: int
    height: int
    scale: float


@dataclass(frozen=True, slots=True)
class PicturesLost:
    """Every uploaded picture is gone from the renderer."""


@dataclass(frozen=True, slots=True)
class LockKnown:
    """How many tries to open the lock were wrong so far."""

    wrong_tries: int


@dataclass(frozen=True, slots=True)
class PatternChecked:
    """Whether the pattern that was tried opens the lock."""

    right: bool
