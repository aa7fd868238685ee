"""The short journey: from power-on to a map that moves, by what the screen shows and what the log says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import PIL.Image

from scripts.tvbox_rig import pictures
from scripts.tvbox_rig.steps import NotMetError, Step
from scripts.tvbox_rig.tv import BOOT_WITHIN_S, Tv
from tvapp.commands.phone import Phone

LEAST_COLOURS = 16
"""A map that is there has more; an empty one has its background and the crosshair."""
LEAST_VIVID = 0.002
LEAST_MOVED = 0.05
"""Share of the map's pixels that a step of an arrow changes, at least."""


def short_steps(tv: Tv, gpu: str) -> list[Step]:
    """Return the steps of the short journey, on a machine with this graphics card."""
    return [
        Step("power on", "a picture, and frame.first in the log", partial(power_on, tv, gpu), needed=True),
        Step("sign-in screen", "a QR code with the address of the log", partial(sign_in_screen, tv), needed=True),
        Step("sign-in", "approved on a phone, the map complete with geofences", partial(sign_in, tv), needed=True),
        Step("one start", "the unit is active and was started once", partial(started_once, tv)),
        Step("arrow", "an arrow of the keyboard moves the map", partial(arrow, tv)),
    ]


def power_on(tv: Tv, gpu: str = "virtio") -> str:
    """Switch the TV on and wait for its first picture."""
    mark = tv.mark()
    tv.machine.power_on(gpu)
    first = tv.event("frame.first", mark, within_s=BOOT_WITHIN_S)
    started = tv.journal.find(mark, lambda entry: entry.event == "app.started")
    tv.picture_with("more than a console's text", is_drawn, 60.0)
    renderer = f"{started.fields['driver']}, {started.fields['renderer']}" if started else "unknown"
    return f"frame.first {tv.after_power_on(first):.0f} s after power-on ({renderer})"


def is_drawn(image: PIL.Image.Image) -> bool:
    """Tell whether a picture is neither black nor the text of a console, which has two colours."""
    return not pictures.is_black(image) and pictures.colours(image, (0, 0, *image.size)) > LEAST_COLOURS


def sign_in_screen(tv: Tv) -> str:
    """Read the QR code from the screen and compare it with the log."""
    address = tv.scan()
    seen_s = tv.now_after_power_on()
    prompted = tv.event("signin.prompted", 0)
    if address != prompted.fields["verification_uri"]:
        raise NotMetError(f"the QR code says {address}, the log {prompted.fields['verification_uri']}")
    return (
        f"{address} in the picture {seen_s:.0f} s after power-on, signin.prompted "
        f"{tv.after_power_on(prompted):.0f} s after it"
    )


def sign_in(tv: Tv) -> str:
    """Open the address of the QR code as a phone does, type the code, and wait for the map."""
    mark = tv.mark()
    address = tv.scan()
    with Phone(tv.cloud) as phone:
        page = phone.sign_in(address, phone.waiting_code(), "aino")
    if "Signed in" not in page:
        raise NotMetError("the phone's page does not say that it is signed in")
    tv.event("signin.succeeded", mark)
    loaded = tv.event("geofences.loaded", mark, within_s=BOOT_WITHIN_S)
    settled_s = tv.after_power_on(tv.settled(mark, BOOT_WITHIN_S))
    tv.picture_with("geofences", shows_geofences)
    return (
        f"{map_seen(tv)}; map.settled {settled_s:.0f} s after power-on, "
        f"{loaded.fields['count']} geofences loaded {tv.after_power_on(loaded):.0f} s after it"
    )


def shows_geofences(image: PIL.Image.Image) -> bool:
    """Tell whether there are geofences on the map."""
    return pictures.vivid_share(image, pictures.map_box(image.size)) > LEAST_VIVID


def started_once(tv: Tv) -> str:
    """See that systemd has not had to start the app again, and what the app tells it."""
    restarts, state = int(tv.unit("NRestarts")), tv.unit("ActiveState")
    if restarts or state != "active":
        reasons = [entry.message for entry in tv.journal.entries if "Failed with result" in entry.message]
        raise NotMetError(f"NRestarts {restarts}, {state}; {'; '.join(reasons)}")
    return f"active, “{tv.unit('StatusText')}”"


def arrow(tv: Tv) -> str:
    """Press an arrow of the virtual keyboard."""
    before = tv.steady_picture()
    seen = moves_map(tv, partial(tv.machine.qmp.press, "right"))
    after = tv.steady_picture()
    shift = pictures.shift_px(before, after, pictures.map_box(before.size))
    if shift is None or shift <= 0:
        raise NotMetError(f"the picture changed, but the map did not go to the left ({shift})")
    return f"the map went {shift} px to the left; {seen}"


def moves_map(tv: Tv, act: Callable[[], object]) -> str:
    """Do what has to move the map, and see that it does, in the picture and in the log."""
    before = tv.steady_picture()
    mark = tv.mark()
    act()
    box = pictures.map_box(before.size)
    tv.picture_with("another part of the map", lambda image: pictures.changed_share(before, image, box) > LEAST_MOVED)
    settled = tv.settled(mark)
    share = pictures.changed_share(before, tv.steady_picture(), box)
    if share < LEAST_MOVED:
        raise NotMetError(f"the map went back to where it was: {share:.1%} of its pixels differ")
    return f"{share:.0%} of the map's pixels differ; map.settled with {_tiles(settled.fields)}"


def map_seen(tv: Tv) -> str:
    """See that there is a map in the picture; returns how much of one."""
    image = tv.steady_picture()
    number = pictures.colours(image, pictures.map_box(image.size))
    if number < LEAST_COLOURS:
        raise NotMetError(f"the log says that the map is complete, its picture has {number} colours")
    return f"a map with {number} colours"


def _tiles(fields: Mapping[str, Any]) -> str:
    return f"{fields['tiles']} tiles, {fields['requests']} requests"
