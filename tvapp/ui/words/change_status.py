"""The status of a change of a geofence, in words."""

from __future__ import annotations

from tvapp.core.errors import NetworkError, SignInError
from tvapp.fences.model.change import Change
from tvapp.fences.outbox.messages import OutboxChanged
from tvapp.fences.outbox.outbox import Entry, Refusal
from tvapp.fences.service import overlay
from tvapp.ui import theme
from tvapp.ui.canvas import Color
from tvapp.ui.settings import UiSettings
from tvapp.ui.words.lookup import knows

_LOOKS: dict[str, tuple[str, Color]] = {
    "conflict": ("git-compare-arrows", theme.WARN),
    "refused": ("circle-x", theme.BAD),
    "unsaved": ("hourglass", theme.WARN),
    "offline": ("wifi-off", theme.WARN),
    "sign-in": ("key-round", theme.WARN),
    "waiting": ("cloud-upload", theme.MUTED),
}


def status_key(entry: Entry, outbox: OutboxChanged) -> str:
    """Return the status of a change as part of the keys of sentences."""
    if entry.is_stuck:
        return entry.state
    if entry.number in outbox.unsaved:
        return "unsaved"
    if entry.number == outbox.sending:
        return outbox.step.status if outbox.step is not None else "sending"
    if isinstance(outbox.error, SignInError):
        return "sign-in"
    return "offline" if isinstance(outbox.error, NetworkError) else "waiting"


def status_words(entry: Entry, outbox: OutboxChanged, settings: UiSettings) -> str:
    """Return the status of a change in words."""
    return settings.words(f"change.state.{status_key(entry, outbox)}")


def status_look(entry: Entry, outbox: OutboxChanged) -> tuple[str, Color]:
    """Return icon and colour for the status of a change."""
    return _LOOKS.get(status_key(entry, outbox), ("cloud-upload", theme.ACCENT))


def name_of(change: Change, settings: UiSettings) -> str:
    """Return the name of the geofence that a change concerns."""
    return overlay.name_of(change.after or change.before) or settings.words("fence.unnamed")


def refusal_words(refusal: Refusal, settings: UiSettings) -> tuple[str, ...]:
    """Return why a change was refused: our sentence, the service's message, and the code for an administrator."""
    kind = "TooLarge" if refusal.status == 413 else refusal.error
    key = f"refused.{kind}"
    lines = [settings.words(key if knows(key) else "refused.other")]
    if refusal.message and refusal.error not in ("StoreRetired", "NotFound"):
        lines.append(settings.words("refused.said", message=refusal.message))
    status = str(refusal.status or "")
    # Azure Maps' own code for it is "403 Forbidden".
    code = refusal.code if refusal.code.startswith(status) else f"{status} {refusal.code}".strip()
    if code:
        lines.append(settings.words("refused.code", code=code))
    return tuple(lines)
