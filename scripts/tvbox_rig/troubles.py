"""Steps in which something goes wrong, or an operator intervenes: plug, display, network, signals, systemd."""

from __future__ import annotations

import time
from functools import partial

import PIL.Image

from scripts.tvbox_rig import pictures
from scripts.tvbox_rig.journey import is_drawn, map_seen
from scripts.tvbox_rig.journey import power_on as switch_on
from scripts.tvbox_rig.keys import REACHED, log_in
from scripts.tvbox_rig.steps import CannotDoError, NotMetError, Step
from scripts.tvbox_rig.tv import BOOT_WITHIN_S, Tv

SAME = 0.02
"""Share of the map's pixels that may differ between two pictures of the same view: a notice, a cursor."""
WATCHDOG_S = 60.0
IN_FRONT = "/sys/class/tty/tty0/active"
APP_CONSOLE = "tty7"
CONNECTORS = "/sys/class/drm/card0-*/status"


def trouble_steps(tv: Tv) -> list[Step]:
    """Return the steps; the TV is signed in and shows the map, and does so again after each."""
    return [
        Step("own picture", "SIGUSR1 saves the picture that is seen from outside", partial(own_picture, tv)),
        Step("unplug the display", "display.lost; plugged in again, the same map", partial(unplug_display, tv)),
        Step("cut the network", "the map stays; plugged in again, it goes on", partial(cut_network, tv)),
        Step("kill -9", "systemd starts it again: signed in, same view", partial(kill, tv)),
        Step("SIGSTOP", "the watchdog ends it, systemd starts it again", partial(stop_process, tv)),
        Step("main thread hangs", "the watchdog ends it, systemd starts it again", partial(hang, tv)),
        Step("pull the plug", "after the next power-on signed in, same view", partial(pull_plug, tv), needed=True),
        Step(
            "power on without a network",
            "a picture; then, with the cable, the map",
            partial(offline_boot, tv),
            needed=True,
        ),
        Step("systemctl stop", "status 0, and a login prompt that works", partial(stop_unit, tv)),
        Step("systemctl start", "the map comes back, signed in", partial(start_unit, tv), needed=True),
        Step(
            "systemctl stop while it waits",
            "killed and stopped before it is started again, a login prompt; then the map again",
            partial(stop_waiting_unit, tv),
            needed=True,
        ),
    ]


def own_picture(tv: Tv) -> str:
    """Have the app save its picture, and compare it with the one from outside."""
    outside = tv.steady_picture()
    mark = tv.mark()
    tv.guest.check("systemctl kill --signal=USR1 --kill-who=main tvapp.service")
    path = tv.event("screenshot.saved", mark).fields["path"]
    tv.guest.check(f"cp {path} /run/tvbox/share/own.png")
    own = pictures.load(tv.machine.parts.share / "own.png")
    share = pictures.changed_share(outside, own)
    if share > SAME:
        raise NotMetError(f"{share:.1%} of the pixels differ")
    return f"{share:.1%} of the pixels differ"


def unplug_display(tv: Tv) -> str:
    """Make the connector of the graphics card say that nothing is plugged in, then look again."""
    before = tv.steady_picture()
    (*_, status) = tv.guest.check(f"ls {CONNECTORS}").split()
    mark = tv.mark()
    # A cable that is pulled out also makes the kernel send this event.
    event = "udevadm trigger --action=change --subsystem-match=drm"
    tv.guest.check(f"echo off >{status} && {event}")
    if (state := tv.guest.check(f"cat {status}")) != "disconnected":
        tv.guest.run(f"echo detect >{status}")
        raise CannotDoError(f"this graphics card's connector stays {state}")
    try:
        lost = tv.event("display.lost", mark, within_s=45.0)
    finally:
        mark = tv.mark()
        tv.guest.check(f"echo detect >{status} && {event}")
    tv.event("display.restored", mark)
    return f"{lost.fields.get('reason')}; then display.restored, {same_map(tv, before)}"


def cut_network(tv: Tv) -> str:
    """Pull the network cable, move the map to where it has not been, and plug the cable in again."""
    mark = tv.mark()
    _link(tv, up=False)
    try:
        for _ in range(4):
            tv.machine.qmp.press("up", hold_ms=600)
        tv.event("network.lost", mark)
        tv.picture_with("a picture", is_drawn)
        tv.keep_picture("while-the-network-is-cut")
    finally:
        mark = tv.mark()
        _link(tv, up=True)
    restored = tv.event("network.restored", mark)
    tv.settled(mark)
    return f"network.lost, then network.restored after {restored.fields.get('after_s')} s, {map_seen(tv)}"


def kill(tv: Tv) -> str:
    """Kill the app as the kernel does when memory is short."""
    keep_view(tv)
    return _restarts(tv, "kill -9 $(systemctl show --value --property=MainPID tvapp.service)", 0.0)


def stop_process(tv: Tv) -> str:
    """Stop all of the app's threads."""
    return _restarts(tv, "kill -STOP $(systemctl show --value --property=MainPID tvapp.service)", WATCHDOG_S)


def hang(tv: Tv) -> str:
    """Stop the app's main thread alone: the others could go on telling systemd that all is well."""
    script = "python3 /usr/local/lib/tvbox/hang.py $(systemctl show --value --property=MainPID tvapp.service) 300"
    return _restarts(tv, f"({script}) >/run/hang.log 2>&1 &", WATCHDOG_S)


def pull_plug(tv: Tv) -> str:
    """Move the map, wait until the place is kept, pull the plug in the middle of the next move, and boot again."""
    keep_view(tv)
    before = tv.steady_picture()
    tv.machine.qmp.press("left")
    time.sleep(0.3)
    tv.machine.pull_plug()
    return boot_again(tv, before)


def keep_view(tv: Tv) -> None:
    """Move the map and wait until the app has written where it is, which it does at most once a minute."""
    tv.guest.check("touch /run/tvbox/moved")
    tv.machine.qmp.press("left", hold_ms=400)
    tv.until("the view was written", "find /var/lib/tvapp/views -type f -newer /run/tvbox/moved | grep -q .")


def boot_again(tv: Tv, before: PIL.Image.Image, gpu: str = "virtio") -> str:
    """Switch the TV on and see the map of before without a sign-in."""
    mark = tv.mark()
    seen = switch_on(tv, gpu)
    tv.wait_for_shell()
    return f"{seen}; {_comes_back(tv, mark, before)}"


def offline_boot(tv: Tv) -> str:
    """Switch the TV on with the network cable out, and plug it in once there is a picture."""
    keep_view(tv)
    before = tv.steady_picture()
    tv.machine.pull_plug()
    mark = tv.mark()
    tv.machine.power_on()
    _link(tv, up=False)
    first = tv.event("frame.first", mark, within_s=BOOT_WITHIN_S)
    tv.picture_with("more than a console's text", is_drawn)
    tv.keep_picture("before-there-is-a-network")
    tv.wait_for_shell()
    panel = [entry.fields["panel"] for entry in tv.journal.entries[mark:] if entry.event == "screen.changed"]
    _link(tv, up=True)
    seen = _comes_back(tv, mark, before)
    return f"frame.first {tv.after_power_on(first):.0f} s after power-on, screens: {', '.join(panel)}; then {seen}"


def stop_unit(tv: Tv) -> str:
    """Stop the app; a person logs in on the console that comes back."""
    mark = tv.mark()
    tv.guest.check("systemctl stop tvapp.service", 90.0)
    tv.event("app.stopped", mark, within_s=10.0)
    status = tv.unit("ExecMainStatus")
    terminal = tv.until("another console in front", f"grep -vx {APP_CONSOLE} {IN_FRONT}", 60.0)
    number = terminal.removeprefix("tty")
    tv.until(f"a login prompt on {terminal}", f"grep -aq 'login:' /dev/vcs{number}", 60.0)
    image = tv.picture_with("a console's text", lambda image: 0.0005 < pictures.console_share(image) < 0.2, 60.0)
    if is_drawn(image):
        raise NotMetError("the picture is not that of a console")
    log_in(tv, "")
    tv.until("a login on the console makes a file", f"test -e {REACHED}", 30.0)
    tv.guest.check(f"rm {REACHED}")
    if status != "0":
        raise NotMetError(f"exit status {status}")
    return f"exit status 0, a login prompt on {terminal}, and a login there works"


def start_unit(tv: Tv) -> str:
    """Start the app again after a stop."""
    mark = tv.mark()
    tv.guest.check("systemctl start tvapp.service", BOOT_WITHIN_S)
    tv.event("view.restored", mark)
    tv.settled(mark)
    return map_seen(tv)


def stop_waiting_unit(tv: Tv) -> str:
    """Kill the app and stop the unit in the ten seconds before systemd starts it again."""
    tv.guest.check("systemctl kill --signal=KILL --kill-who=main tvapp.service")
    waits = "test $(systemctl show --value --property=SubState tvapp.service) = auto-restart"
    # In one script, because each request of the host takes a part of the ten seconds.
    tv.guest.check(f"until {waits}; do sleep 0.2; done; systemctl stop tvapp.service", 60.0)
    terminal = tv.until("another console in front", f"grep -vx {APP_CONSOLE} {IN_FRONT}", 60.0)
    tv.picture_with("a console's text", lambda image: 0.0005 < pictures.console_share(image) < 0.2, 60.0)
    tv.keep_picture("stopped-while-it-waits")
    return f"a login prompt on {terminal}; then {start_unit(tv)}"


def same_map(tv: Tv, before: PIL.Image.Image) -> str:
    """See that the map is the one of an earlier picture.

    Raises:
        NotMetError: it is another one.
    """
    box = pictures.map_box(before.size)
    image = tv.picture_with(
        "the map of before", lambda image: pictures.changed_share(before, image, box) < SAME, within_s=90.0
    )
    return f"same map ({pictures.changed_share(before, image, box):.1%} of its pixels differ)"


def _link(tv: Tv, *, up: bool) -> None:
    tv.machine.qmp.command("set_link", name="nic", up=up)


def _restarts(tv: Tv, script: str, watchdog_s: float) -> str:
    before = tv.steady_picture()
    restarts = int(tv.unit("NRestarts"))
    old = tv.unit("MainPID")
    began = time.monotonic()
    mark = tv.mark()
    tv.guest.check(script)
    tv.event("app.started", mark, within_s=BOOT_WITHIN_S + watchdog_s)
    started_s = time.monotonic() - began
    seen = _comes_back(tv, mark, before)
    now, pid = int(tv.unit("NRestarts")), tv.unit("MainPID")
    if now != restarts + 1 or pid == old:
        raise NotMetError(f"NRestarts {restarts}, then {now}; process {old}, then {pid}")
    killed_by = tv.journal.find(mark, lambda entry: "atchdog" in entry.message and entry.unit == "tvapp.service")
    if watchdog_s and killed_by is None:
        raise NotMetError("it was started again, but not because of the watchdog")
    return f"started again after {started_s:.0f} s, {seen}"


def _comes_back(tv: Tv, mark: int, before: PIL.Image.Image) -> str:
    tv.event("view.restored", mark)
    succeeded = tv.event("signin.succeeded", mark)
    tv.settled(mark)
    if not succeeded.fields.get("restored"):
        raise NotMetError("signed in anew, not from the last time")
    return f"signed in as before, {same_map(tv, before)}"
