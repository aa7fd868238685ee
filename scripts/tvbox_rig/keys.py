"""Steps with keys: those of a remote that SDL drops, and those that must not reach a shell behind the map."""

from __future__ import annotations

import time
from functools import partial

from scripts.tvbox_rig import pictures
from scripts.tvbox_rig.guest_files import USER
from scripts.tvbox_rig.journey import moves_map
from scripts.tvbox_rig.steps import NotMetError, Step
from scripts.tvbox_rig.tv import Tv

OK, SELECT, EXIT, CHANNEL_UP, CHANNEL_DOWN, RED, GREEN, YELLOW, BLUE = 352, 353, 174, 402, 403, 398, 399, 400, 401
REMOTE_KEYS = [OK, SELECT, EXIT, CHANNEL_UP, CHANNEL_DOWN, RED, GREEN, YELLOW, BLUE]
REACHED = "/home/installer/reached"
LOGIN_S = 8.0
"""How long a login takes to ask for the password, and a shell to start, in an emulated machine."""


def key_steps(tv: Tv) -> list[Step]:
    """Return the steps with keys; the map is on the screen, and nothing else."""
    return [
        Step("plug in a remote", "the log opens the device", partial(plug_in, tv)),
        Step("OK and Exit of the remote", "352 opens the action bar, 174 closes it", partial(opens, tv, OK, EXIT)),
        Step("Select of the remote", "353 opens the action bar, 174 closes it", partial(opens, tv, SELECT, EXIT)),
        Step(
            "red and blue keys",
            "by the configuration, red opens the action bar, blue closes it",
            partial(opens, tv, RED, BLUE),
        ),
        Step("channel keys", "402 is one zoom level in, 403 one out", partial(zooms, tv, CHANNEL_UP, CHANNEL_DOWN)),
        Step(
            "green and yellow keys",
            "by the configuration, one zoom level in, one out",
            partial(zooms, tv, GREEN, YELLOW),
        ),
        Step("no key reaches a shell", "Alt+F2, a login and a command have no effect", partial(no_shell, tv)),
    ]


def plug_in(tv: Tv) -> str:
    """Make an input device with the keys of a remote."""
    mark = tv.mark()
    tv.guest.plug_remote(REMOTE_KEYS)
    opened = tv.event("remote.device_opened", mark)
    return f"remote.device_opened {opened.fields['device']}"


def opens(tv: Tv, opening: int, closing: int) -> str:
    """Press a key that opens the action bar and one that closes it."""
    before = tv.steady_picture()
    mark = tv.mark()
    tv.guest.press_remote(opening)
    panel = tv.event("screen.changed", mark).fields["panel"]
    tv.picture_with("the action bar", lambda image: pictures.changed_share(before, image) > 0.01)
    mark = tv.mark()
    tv.guest.press_remote(closing)
    bare = tv.event("screen.changed", mark).fields["panel"]
    tv.picture_with("the bare map", lambda image: pictures.changed_share(before, image) < 0.01)
    if panel == "map" or bare != "map":
        raise NotMetError(f"the panels were {panel}, then {bare}")
    return f"panel {panel}, then {bare}"


def zooms(tv: Tv, closer: int, farther: int) -> str:
    """Press a key that zooms in and one that zooms out; each once."""
    levels = []
    for code in (closer, farther):
        mark = tv.mark()
        moves_map(tv, partial(tv.guest.press_remote, code))
        levels.append(float(tv.settled(mark).fields["zoom"]))
    if round(levels[0] - levels[1], 3) != 1.0:
        raise NotMetError(f"zoom {levels[0]}, then {levels[1]}")
    return f"zoom {levels[0]}, then {levels[1]}"


def no_shell(tv: Tv) -> str:
    """Type what would log a person in on another console and run a command there."""
    terminal = tv.guest.check("cat /sys/class/tty/tty0/active")
    mark = tv.mark()
    log_in(tv, "alt-f2")
    now = tv.guest.check("cat /sys/class/tty/tty0/active")
    sessions = tv.guest.check("loginctl list-sessions --no-legend")
    made = tv.guest.run(f"test -e {REACHED}").status == 0
    bare_map(tv, mark)
    if now != terminal:
        raise NotMetError(f"Alt+F2 leads from {terminal} to {now}")
    if sessions or made:
        raise NotMetError(f"the keys reached a shell: sessions {sessions or 'none'}, the file is there: {made}")
    typed = [entry for entry in tv.journal.entries[mark:] if entry.event == "screen.changed"]
    if not typed:
        raise NotMetError("the keys reached no shell, and not the app either")
    return f"still on {terminal}, no session, no file; the app took the keys ({len(typed)} screens changed)"


def bare_map(tv: Tv, mark: int) -> None:
    """Go back to the map with nothing selected, after keys that were pressed since a mark."""
    for _ in range(8):
        entries = tv.journal.entries[: tv.mark()]
        changes = [entry for entry in entries if entry.event == "screen.changed"]
        if changes[-1].fields["panel"] == "map":
            break
        now = tv.mark()
        tv.machine.qmp.press("esc")
        tv.event("screen.changed", now)
    if tv.journal.find(mark, lambda entry: entry.event == "geofence.selected"):
        tv.machine.qmp.press("esc")
    tv.steady_picture()


def log_in(tv: Tv, console: str) -> None:
    """Go to another console by its keys (if named), log in there and make a file."""
    if console:
        tv.machine.qmp.press(*console.split("-"))
        time.sleep(3.0)
    tv.type(f"{USER}\n")
    time.sleep(LOGIN_S)
    tv.type(f"{USER}\n")
    time.sleep(LOGIN_S)
    tv.type("touch reached\n")
    time.sleep(LOGIN_S / 2)
