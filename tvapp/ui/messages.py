"""Messages of the app to the screens, beside those of `tiles` and `fences`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tvapp.auth.view import Account
from tvapp.core.errors import TvappError
from tvapp.core.image import Image

if TYPE_CHECKING:
    from tvapp.usage.report import UsageReport

Area = Literal["map", "store", "disk", "session", "permission"]


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """The network was lost at `since` (wall time), or is back (None)."""

    since: float | None


@dataclass(frozen=True, slots=True)
class TroubleChanged:
    """An area does not work at the moment; without error and state it works (again).

    States of `store`, without an error: "retired" (Azure Maps Data) and "undecided" (none is set).
    State of `session`: the viewer has to sign in "again". States of `permission`: the one that a phone could give.
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
    """Another account is signed in; None: no account."""

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
    """The renderer lost every uploaded picture."""


@dataclass(frozen=True, slots=True)
class UsageChanged:
    """An answer to `Actions.load_usage`: this TV's usage, and the account's as far as it is known."""

    report: UsageReport


@dataclass(frozen=True, slots=True)
class LockKnown:
    """The number of wrong tries to open the lock so far is known."""

    wrong_tries: int


@dataclass(frozen=True, slots=True)
class PatternChecked:
    """The answer to `Actions.try_pattern`; a wrong try costs at least the wait after `least_tries`."""

    right: bool
    least_tries: int = 0
