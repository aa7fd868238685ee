"""Looks at the service of a container as an administrator does: with `tvapp ctl`, and in the journal."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol

from scripts.kiosk.container import Container
from scripts.kiosk.unit_state import Unit

SHOWN = "Showing the map, 1 geofence"


class Check(Protocol):
    """Tells whether a claim holds, and if not what was found instead."""

    def __call__(self, claim: str, holds: bool, found: object = "") -> None: ...


def look_from_desk(
    box: Container, tv: Unit, check: Check, within: Callable[[float, str, Callable[[], bool]], None]
) -> None:
    """Ask the service, take its picture, restart it, and read its journal by priority and by field."""
    for who, command in (("its user", ("runuser", "-u", "tv", "--", "tvapp")), ("root", ("tvapp",))):
        done = box.tries(*command, "ctl", "status")
        says = json.loads(done.stdout)["says"] if done.returncode == 0 else done.stderr
        check(f"{who} is told what it shows", says.startswith(SHOWN), says)
    picture = box.tries("tvapp", "ctl", "screenshot", "/root/screen.png")
    size = (box.root / "root/screen.png").stat().st_size if picture.returncode == 0 else 0
    check(f"root gets a picture of {size} bytes", size > 1000, picture.stderr)
    refused = box.tries("runuser", "-u", "nobody", "--", "tvapp", "ctl", "status")
    check("another user is not let in", refused.returncode == 8, refused.stdout + refused.stderr)
    found = box.run("journalctl", "-u", "tvapp", "TVAPP_EVENT=geofences.loaded", "-o", "json", "-n", "1")
    entry = json.loads(found)
    told = (entry["PRIORITY"], entry["TVAPP_COUNT"], entry["MESSAGE"].split(" ")[0])
    check("the journal has priorities and fields", told == ("6", "1", "geofences.loaded"), found)
    former = tv.main_pid()
    box.run("tvapp", "ctl", "restart")
    within(30, "a restart from the desk starts it again", lambda: tv.was_started_again(former))
    check("which is no failure", "Failed with result" not in tv.log()[-2000:])
    within(30, "and it shows the map again", lambda: tv.shows("StatusText").startswith(SHOWN))
