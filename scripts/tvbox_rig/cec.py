"""Steps with HDMI-CEC: the TV goes to standby at the end of the hours, and a key switches it on again.

The kernel's test driver vivid is both ends of the cable: one adapter is the app's, the other that of a TV.
"""

from __future__ import annotations

from functools import partial

from scripts.tvbox_rig import pictures
from scripts.tvbox_rig.journal import Entry
from scripts.tvbox_rig.steps import CannotDoError, NotMetError, Step
from scripts.tvbox_rig.tv import BOOT_WITHIN_S, WITHIN_S, Tv

HOURS = "/etc/tvapp/conf.d/60-hours.toml"
AWAKE_FOR_MIN = 4
"""Long enough for an emulated machine to start the app again before the hours end."""
HDMI_CABLE = "modprobe vivid n_devs=1 num_inputs=1 input_types=3 num_outputs=1 output_types=1"
SCREEN_END = "/dev/tvbox-tv"
"""The adapter at the TV's end, where the app does not look for one."""
HEARD = "/run/tvbox-tv.log"


def cec_steps(tv: Tv) -> list[Step]:
    """Return the steps; the TV is signed in and shows the map."""
    return [
        Step("set the hours", "the app runs with [kiosk] awake, and shows the map", partial(set_hours, tv)),
        Step("plug in CEC", "udev makes the adapter a player", partial(plug_in, tv)),
        Step("end of the hours", "black, “Off on purpose”, and the TV hears standby", partial(hours_end, tv)),
        Step("a key wakes the TV", "the map, and the TV hears that it is to switch on", partial(wake, tv)),
        Step("without hours", "the app runs without [kiosk] awake, and shows the map", partial(unset_hours, tv)),
    ]


def set_hours(tv: Tv) -> str:
    """Have the hours end some minutes from now."""
    now, end = tv.guest.check(f"date +%H:%M; date -d '{AWAKE_FOR_MIN} min' +%H:%M").split()
    if end < now:
        raise CannotDoError("midnight is near")
    _restart(tv, f"printf '[kiosk]\\nawake = [\"{now}-{end}\"]\\n' >{HOURS} && chmod 644 {HOURS}")
    return f"awake until {end}"


def plug_in(tv: Tv) -> str:
    """Connect the app's machine with a TV, while the app runs."""
    if tv.guest.run(HDMI_CABLE).status != 0:
        raise CannotDoError("this kernel has no vivid")
    names = "for cec in /dev/cec*; do cec-ctl -d $cec | grep -q 'vid-cap' && echo $cec; done; ls /dev/cec*"
    screen, *ends = tv.until("adapters of CEC", names, 30.0).split()
    (ours,) = (end for end in ends if end != screen)
    unit = f"tvapp-cec@{ours.rpartition('/')[2]}.service"
    tv.until(f"{unit} is active", f"systemctl is-active {unit}", WITHIN_S)
    # What the TV's end was made by udev, it is no more: it is the TV.
    tv.guest.check(
        f"mv {screen} {SCREEN_END} && cec-ctl -d {SCREEN_END} --clear && cec-ctl -d {SCREEN_END} --tv", 120.0
    )
    tv.guest.check(
        f"systemd-run --quiet --unit=tvbox-tv sh -c 'exec stdbuf -oL cec-ctl -d {SCREEN_END} -M >{HEARD} 2>&1'"
    )
    return tv.guest.check(f"cec-ctl -d {ours} | grep -E 'OSD Name|Physical Address' | tr -s ' \\n' ' '")


def hours_end(tv: Tv) -> str:
    """Wait for the end of the hours."""
    blank = tv.event("screen.blanked", 0, within_s=AWAKE_FOR_MIN * 60.0 + WITHIN_S)
    switched = _switched(tv, "standby")
    tv.picture_with("nothing", pictures.is_black)
    tv.until("the TV hears standby", f"grep -m1 STANDBY {HEARD}", 30.0)
    status = tv.unit("StatusText")
    if "Off on purpose" not in status:
        raise NotMetError(f"the picture is black, and systemd says {status}")
    return f"black, “{status}”; standby after {switched.at - blank.at:.1f} s"


def wake(tv: Tv) -> str:
    """Press a key, which does nothing but wake."""
    mark = tv.mark()
    tv.machine.qmp.press("right")
    tv.event("screen.woken", mark)
    switched = _switched(tv, "on")
    tv.picture_with("the map", lambda image: not pictures.is_black(image))
    tv.until("the TV hears that it is to switch on", f"grep -m1 IMAGE_VIEW_ON {HEARD}", 30.0)
    return f"the map; {switched.fields['device']} told the TV to switch on"


def unset_hours(tv: Tv) -> str:
    """Go back to a TV that is on day and night."""
    tv.guest.run("systemctl stop tvbox-tv; modprobe -r vivid", 60.0)
    _restart(tv, f"rm {HOURS}")
    return "the map"


def _restart(tv: Tv, change: str) -> None:
    mark = tv.mark()
    tv.guest.check(f"{change}; systemctl restart tvapp.service", BOOT_WITHIN_S)
    tv.settled(mark, BOOT_WITHIN_S)


def _switched(tv: Tv, power: str) -> Entry:
    def told(entry: Entry) -> bool:
        return entry.event in ("tv.switched", "tv.not_switched") and entry.fields["power"] == power

    found = tv.journal.wait(0, told, WITHIN_S)
    if found is None:
        raise NotMetError(f"nothing in the log about switching to {power}")
    if found.event == "tv.not_switched":
        raise NotMetError(f"not switched to {power}: {found.fields['reason']}")
    return found
