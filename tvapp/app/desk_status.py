"""The state of the app as plain data for a desk: what the screen shows, since when, and what went wrong last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tvapp.core.version import full_version
from tvapp.host.event_log import LoggedEvent, timestamp
from tvapp.host.systemd.status import words
from tvapp.ui.screens.map.screen import MapScreen

if TYPE_CHECKING:
    from tvapp.app.app import App

DIGITS = 6
"""Of coordinates: a tenth of a metre."""


def status_of(
    app: App,
    wall: float,
    screen_since: float,
    frames: Mapping[str, float | None],
    uptime_s: float,
    troubles: Sequence[LoggedEvent],
) -> dict[str, object]:
    """Return the state; times are ISO 8601 in UTC. No token, no code, and no full address is in it."""
    situation, stack, visibility = app.situation(), app.stack, app.visibility
    session = app.session
    last_at = frames["last_at"]
    return {
        "says": words(situation),
        "screen": {
            "name": stack.top.name,
            "base": stack.base.name,
            "since": timestamp(screen_since),
            "seen": visibility.is_seen,
            "off_on_purpose": visibility.is_off,
            "display": visibility.has_display,
        },
        "map": _map(stack.base),
        "signed_in": session.is_signed_in,
        "needs_sign_in": session.needs_sign_in,
        "account": situation.account,
        "tenant": session.account.tenant if session.account is not None else "",
        "sign_in_phase": situation.phase,
        "connection": [
            {
                "step": step.name,
                "state": step.state,
                "reason": step.failure.reason if step.failure is not None else "",
                "host": step.failure.host if step.failure is not None else "",
                "tries": step.tries,
            }
            for step in session.connection_steps()
        ],
        "offline_since": timestamp(situation.offline_since) if situation.offline_since is not None else None,
        "geofences": situation.fences,
        "errors": [
            {"at": each.stamp, "level": each.level, "event": each.name, **_others(each.fields)} for each in troubles
        ],
        "frames": {"shown": frames["shown"], "last_at": timestamp(last_at) if last_at is not None else None},
        "version": full_version(),
        "uptime_s": round(uptime_s, 1),
        "time": timestamp(wall),
    }


def _others(fields: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in fields.items() if key not in ("at", "level", "event")}


def _map(screen: object) -> dict[str, object] | None:
    if not isinstance(screen, MapScreen):
        return None
    state = screen.state
    view, selected = state.viewport, state.selection.fence
    return {
        "center": [round(view.center.lon, DIGITS), round(view.center.lat, DIGITS)],
        "zoom": round(view.zoom, 2),
        "base": state.choice.base.value,
        "overlays": sorted(each.value for each in state.choice.overlays),
        "tour": screen.is_touring,
        "selected": {"id": selected.id, "name": selected.name} if selected is not None else None,
    }
