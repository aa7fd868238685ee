"""Stand-ins for the ports of screens: actions that record calls, a fixed session, font metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from tvapp.auth.problems import Problem
from tvapp.auth.view import Account, Phase, Prompt, SessionView, Status
from tvapp.core.assets import asset
from tvapp.fences.model.change import Change
from tvapp.fences.model.fence import Geofence
from tvapp.fences.outbox.outbox import Resolution
from tvapp.geo.position import Bounds
from tvapp.mapview.layers import LayerChoice
from tvapp.mapview.viewport import Viewport
from tvapp.remote.intents import Input, Intent
from tvapp.remote.intents import Phase as KeyPhase
from tvapp.remote.pattern import Pattern
from tvapp.tiles.tile import TileId
from tvapp.ui.canvas import TextStyle
from tvapp.ui.recording import LINE_PER_SIZE
from tvapp.ui.screen import Screen
from tvapp.ui.stack import ScreenStack
from tvapp.ui.theme import FONT_FILES

LONG_ADDRESS = "https://login.partner.example.com/device"
LONG_CODE = "WWMQ8B0O1IL5S2Z"
LONG_ORGANISATION = "Helsingin seudun pelastustoimi ja kunnossapito -liikelaitoskuntayhtymä"
LONG_UPN = "maximiliane.von-hohenlohe-schillingsfuerst@emergency.services.contoso.onmicrosoft.com"
CORRELATION = "5c1f0f2e-8a43-4a5b-9d0e-2f6f4f1f7a11"


@dataclass(slots=True)
class FakeOutbox:
    """Remembers the changes that were submitted and what was decided about them."""

    changes: list[Change] = field(default_factory=list)
    decided: list[tuple[str, object]] = field(default_factory=list)
    is_full: bool = False

    def submit(self, change: Change) -> None:
        self.changes.append(change)

    def retry(self, number: int) -> None:
        self.decided.append(("retry", number))

    def discard(self, number: int) -> None:
        self.decided.append(("discard", number))

    def resolve(self, number: int, how: Resolution) -> None:
        self.decided.append((how, number))

    def keep_both(self, number: int, geometry_id: str, feature: bytes) -> None:
        self.decided.append(("both", (number, geometry_id, feature)))


@dataclass(slots=True)
class FakeActions:
    """Remembers what screens asked for."""

    asked: list[tuple[str, object]] = field(default_factory=list)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)

    def try_pattern(self, pattern: Pattern, wrong_tries: int) -> None:
        self.asked.append(("try_pattern", (pattern.words, wrong_tries)))

    def want_tiles(self, tiles: Sequence[TileId]) -> None:
        self.asked.append(("want_tiles", tuple(tiles)))

    def request_labels(self, bounds: Bounds, zoom: int, selected: str | None) -> None:
        self.asked.append(("request_labels", (bounds, zoom, selected)))

    def view_rested(self, viewport: Viewport) -> None:
        self.asked.append(("view_rested", viewport))

    def choose_layers(self, choice: LayerChoice) -> None:
        self.asked.append(("choose_layers", choice))

    def fence_selected(self, fence: Geofence) -> None:
        self.asked.append(("fence_selected", fence.id))

    def load_usage(self, days: int, *, anew: bool = False) -> None:
        self.asked.append(("load_usage", (days, anew)))

    def sign_out(self) -> None:
        self.asked.append(("sign_out", None))

    def retry_sign_in(self) -> None:
        self.asked.append(("retry_sign_in", None))

    def allow_with_phone(self) -> None:
        self.asked.append(("allow_with_phone", None))

    def leave_sign_in(self) -> None:
        self.asked.append(("leave_sign_in", None))

    def leave(self) -> None:
        self.asked.append(("leave", None))

    def start_again(self) -> None:
        self.asked.append(("start_again", None))

    def names(self) -> list[str]:
        """Return what was asked for, without details."""
        return [name for name, _ in self.asked]


@dataclass(slots=True)
class FakeSession:
    """A session whose view a test sets; remaining times run down from `at`."""

    view: SessionView
    at: float = 0.0

    def __call__(self, now: float) -> SessionView:
        passed = now - self.at
        left = None if self.view.remaining_s is None else max(0.0, self.view.remaining_s - passed)
        retry = None if self.view.retry_in_s is None else max(0.0, self.view.retry_in_s - passed)
        return replace(self.view, remaining_s=left, retry_in_s=retry)


def prompting(
    code: str = "CB7F9OQX0",
    address: str = "https://login.microsoft.com/device",
    organisation: str = "Contoso Harbour",
    status: Status = "waiting",
    **changes: Any,
) -> SessionView:
    """Return the view of a session that waits for a phone."""
    prompt = Prompt(address, "", code, expires_at=900.0, expires_in=900.0)
    view = SessionView("prompting", status, prompt, 754.2, organisation=organisation, app_name="Geofence TV")
    return replace(view, **changes)


def waiting(phase: Phase, status: Status, **changes: Any) -> SessionView:
    """Return the view of a session without a code."""
    return replace(SessionView(phase, status, organisation="Contoso Harbour", app_name="Geofence TV"), **changes)


def problem(kind: str, aadsts: int = 0, correlation_id: str = CORRELATION) -> Problem:
    """Return a problem as the session names it."""
    return Problem(kind, "waits-for-ok", "invalid_grant", aadsts, correlation_id, timestamp="2026-11-23 06:50:11Z")


AINO = Account("Aino Virtanen", "aino.virtanen@contoso.com", "uid.utid", "contoso.com")
LONG_NAME = Account(
    "Maximiliane Freifrau von Hohenlohe-Schillingsfürst zu Kaunitz", LONG_UPN, "uid.utid", "contoso.com"
)


@dataclass(slots=True)
class Remote:
    """Presses keys on a stack of screens; the time moves with every press."""

    stack: ScreenStack
    now: float = 100.0

    @property
    def screen(self) -> Screen:
        return self.stack.top

    def press(self, *intents: Intent) -> None:
        """Press and let go, one after another, and let movements end."""
        for intent in intents:
            self.stack.handle(Input(intent, KeyPhase.PRESS), self.now)
            self.now += 0.05
            self.stack.handle(Input(intent, KeyPhase.RELEASE, 0.05), self.now)
            self.rest()

    def hold(self, intent: Intent, seconds: float = 0.7) -> None:
        """Hold a key down until it counts as long, and let go."""
        self.stack.handle(Input(intent, KeyPhase.PRESS), self.now)
        self.now += seconds
        self.stack.handle(Input(intent, KeyPhase.LONG, seconds), self.now)
        self.stack.handle(Input(intent, KeyPhase.RELEASE, seconds, was_long=True), self.now)
        self.rest()

    def rest(self, seconds: float = 2.0) -> None:
        """Let time pass in small steps."""
        for _ in range(10):
            self.now += seconds / 10
            self.stack.update(self.now)


@lru_cache(maxsize=256)
def _font(face: str, size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(str(asset(FONT_FILES[face])), size)  # type: ignore[index]


@lru_cache(maxsize=20_000)
def _width(text: str, face: str, size: int) -> float:
    return float(_font(face, size).getlength(text))


def font_metrics(text: str, style: TextStyle) -> tuple[float, float]:
    """Return what our fonts really measure."""
    return _width(text, style.face, style.size), style.size * LINE_PER_SIZE[style.face]
