"""Words for `systemctl status`: turns the state of the app into one line for an operator."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Situation:
    """The state of the app. `account` is shortened; `offline_since` is wall time; `fences` None: not loaded."""

    phase: str = "starting"
    """Of the sign-in (auth.view.Phase); "" where none is needed."""
    broken: str = ""
    """Why the app shows errors instead of a map: "config" or "fatal"; "" if it does not."""
    has_display: bool = True
    is_off: bool = False
    """The screen is off on purpose, outside of its hours; the TV may be in standby."""
    has_map: bool = False
    is_again: bool = False
    """The account has to sign in again, in a panel over the map."""
    account: str = ""
    fences: int | None = None
    offline_since: float | None = None
    failing: str = ""
    """What keeps the app from reaching the sign-in service, in words; "" if nothing does."""
    crash: str = ""
    """The reference of the crash after which the app is about to start again; "" without one."""


_WAITS = {
    "starting": "Starting",
    "offline": "Waiting for the network to sign somebody in",
    "requesting": "Asking for a sign-in code",
    "prompting": "Waiting for somebody to sign in",
    "succeeded": "Signed in, opening the map",
    "signed-in": "Signed in, opening the map",
    "failed": "Waiting for OK on the remote: the sign-in was refused",
    "paused": "Waiting for OK on the remote: nobody signed in for a long time",
    "signed-out": "Waiting for OK on the remote: somebody signed out",
}


def words(situation: Situation, local_time: Callable[[float], time.struct_time] = time.localtime) -> str:
    """Say what the app waits for or does; no secrets, no full address.

    >>> words(Situation("prompting"))
    'Waiting for somebody to sign in'
    """
    if situation.crash:
        return f"Met a problem ({situation.crash}), about to start again"
    if situation.is_off:
        return "Off on purpose: outside of the hours of [kiosk] awake; any key wakes the screen"
    if not situation.has_display:
        return "Waiting for a display"
    if situation.broken:
        which = "the configuration is wrong" if situation.broken == "config" else "something is broken"
        return f"Waiting for somebody to look: {which}"
    said = _doing(situation)
    if situation.failing and not situation.has_map:
        said += f": {situation.failing}"
    if situation.offline_since is not None:
        since = local_time(situation.offline_since)
        said += f", no network since {since.tm_hour:02}:{since.tm_min:02}"
    return said[0].upper() + said[1:]


def _doing(situation: Situation) -> str:
    if not situation.has_map:
        return _WAITS.get(situation.phase, "Opening the map" if situation.phase == "" else situation.phase)
    said = "Showing the map" + (f" as {situation.account}" if situation.account else "")
    if situation.fences is not None:
        said += f", {situation.fences} geofence" + ("" if situation.fences == 1 else "s")
    if situation.is_again:
        said += ", waiting for somebody to sign in again"
    return said
