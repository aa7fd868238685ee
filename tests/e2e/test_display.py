"""A display that comes late, goes away and returns: the app waits for it, and shows again what it showed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import PIL.ImageStat
import pytest

from tests.cloud import LocalCloud
from tests.conftest import require_tool
from tests.e2e.rig import Tv, count, difference, running, until, with_account, with_key
from tvapp.core.exit_status import EXIT_DISPLAY
from tvapp.core.week import DAYS
from tvapp.ui import theme
from tvapp.ui.dimming import BLACK_OPACITY

ATTRIBUTION = (400, 318, 612, 344)
"""Its place at the lower right of a picture."""
LOST_DISPLAY = "tests.e2e.lost_display_app"
BLACK_SCREEN = "tests.e2e.black_screen_app"
NEW_TILES = 20
Used = tuple[int, int, int]
PAGE = os.sysconf("SC_PAGE_SIZE")
needs_x = pytest.mark.on_screen


def free_number() -> int:
    """Return a number that no X server has."""
    return next(number for number in range(60 + os.getpid() % 400, 1000) if not socket_of(number).exists())


def socket_of(number: int) -> Path:
    return Path(f"/tmp/.X11-unix/X{number}")


@contextlib.contextmanager
def server(number: int, size: str = "640x360") -> Iterator[subprocess.Popen[bytes]]:
    """Run an X server at a number until the context ends, and remove the files of a killed one."""
    require_tool("Xvfb")
    command = ["Xvfb", f":{number}", "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        until(lambda: socket_of(number).exists())
        yield process
    finally:
        process.kill()
        process.wait(10)
        for left in (socket_of(number), Path(f"/tmp/.X{number}-lock")):
            left.unlink(missing_ok=True)


def on(number: int, environment: dict[str, str]) -> dict[str, str]:
    """Return settings with which a program draws on that X server."""
    kept = {name: value for name, value in environment.items() if not name.startswith("SDL_VIDEO")}
    return {**kept, "DISPLAY": f":{number}"}


@needs_x
def test_an_app_that_is_there_before_its_x_server_opens_as_soon_as_it_comes(cloud: LocalCloud, tmp_path: Path) -> None:
    number = free_number()
    with running(on(number, with_key(cloud)), tmp_path, size=None) as tv:
        assert f":{number}" in str(tv.wait_for("display.waiting")["reason"])
        with contextlib.suppress(subprocess.TimeoutExpired):
            tv.app._process.wait(3)
        with server(number):
            started = tv.wait_for("app.started")
            assert (started["driver"], started["size"]) == ("x11", "640x360")
            tv.settled()
            assert [fields["event"] for fields in tv.logged()].count("display.waiting") == 1
            assert tv.end() == 0


@needs_x
def test_while_it_waits_for_a_display_it_ends_at_once_when_it_is_told_to(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(on(free_number(), with_key(cloud)), tmp_path, size=None) as tv:
        tv.wait_for("display.waiting")
        assert tv.end(signal.SIGTERM) == 0
        assert tv.logged()[-1]["reason"] == "SIGTERM"


@needs_x
def test_the_x_server_may_die_and_return_with_another_size(cloud: LocalCloud, tmp_path: Path) -> None:
    number = free_number()
    with running(on(number, with_key(cloud)), tmp_path, size=None) as tv:
        with server(number):
            tv.settled()
            tv.press("zoom-in")
            tv.settled(zoom=14)
            pid = tv.app.pid
        lost = tv.wait_for("display.lost")
        assert lost["restart"] is True
        tv.wait_for("display.waiting")
        cloud.reset()
        with server(number, "1280x720"):
            assert tv.wait_for("app.started")["size"] == "1280x720"
            tv.wait_for("display.restored")
            assert tv.settled()["zoom"] == 14
            assert cloud.count("tile") <= NEW_TILES, "a larger screen shows more of the map, the rest is on disk"
            assert tv.app.pid == pid
            assert tv.end() == 0
    names = [fields["event"] for fields in tv.logged()]
    assert (names.count("display.lost"), names.count("display.restored")) == (1, 1)


MAP = (60, 60, 580, 300)
"""The part of the picture without the clock, which may have moved on."""


def test_a_lost_display_keeps_the_view_and_asks_for_no_tile_that_it_has(cloud: LocalCloud, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with running(with_key(cloud, DISPLAY_GONE=str(gone)), tmp_path, module=LOST_DISPLAY) as tv:
        tv.wait_for("geofences.loaded")
        tv.settled()
        tv.press("zoom-in")
        tv.settled()
        # The account chip comes a little later.
        tv.picture_with(lambda image: count(image, theme.GLASS[:3], ATTRIBUTION) > 1000)
        before = still(tv)
        cloud.reset()
        attempts = gone.with_suffix(".attempts")
        attempts.touch()
        lose(tv, gone)
        tv.press("zoom-in", "ok")  # their effect is not visible, so they do nothing
        before_keys = attempts.stat().st_size
        until(lambda: attempts.stat().st_size > before_keys + 1)  # by then the keys have been taken
        gone.unlink()
        tv.wait_for("display.restored")
        settled = tv.settled()
        assert (settled["zoom"], settled["requests"]) == (14, 0)
        assert cloud.count("tile") == 0
        again = tv.picture_with(lambda image: difference(before, image, MAP) < 500)
        assert difference(before, again, MAP) < 500
        tv.press("zoom-in")
        tv.settled(zoom=15)
        assert tv.end() == 0
    names = [fields["event"] for fields in tv.logged()]
    assert (names.count("display.lost"), names.count("display.restored")) == (1, 1)
    assert "frame.failed" not in names


def test_while_there_is_no_display_it_still_ends_when_it_is_told_to(cloud: LocalCloud, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with running(with_key(cloud, DISPLAY_GONE=str(gone)), tmp_path, module=LOST_DISPLAY) as tv:
        tv.settled()
        lose(tv, gone)
        assert tv.end() == 0


def test_where_nothing_reaches_the_screen_it_says_so_in_the_log_and_ends(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_key(cloud), tmp_path, module=BLACK_SCREEN) as tv:
        reason = str(tv.wait_for("display.failed")["reason"])
        assert "software: its frames are not on the screen, which stays black" in reason
        assert tv.wait_for("app.stopped")["reason"] == "black screen"
        assert tv.app.wait(10.0) == EXIT_DISPLAY


@pytest.mark.parametrize(("rounds", "driver"), [(16, "dummy"), pytest.param(6, "x11", marks=needs_x)])
def test_losing_the_display_again_and_again_leaves_nothing_behind(
    cloud: LocalCloud, tmp_path: Path, rounds: int, driver: str
) -> None:
    gone = tmp_path / "gone"
    environment = with_key(cloud, DISPLAY_GONE=str(gone))
    with contextlib.ExitStack() as stack:
        if driver == "x11":
            number = free_number()
            stack.enter_context(server(number))
            environment = on(number, environment)
        tv = stack.enter_context(running(environment, tmp_path, module=LOST_DISPLAY))
        tv.wait_for("geofences.loaded")
        tv.settled()
        used: list[Used] = []
        for _ in range(rounds):
            lose(tv, gone)
            gone.unlink()
            tv.wait_for("display.restored")
            assert tv.settled()["requests"] == 0
            used.append(resources(tv.app.pid))
        most = [max(each[at] for each in used[: rounds // 2]) for at in range(3)]

        def is_as_before() -> bool:
            descriptors, threads, memory = resources(tv.app.pid)
            return descriptors <= most[0] and threads <= most[1] and memory - most[2] < 8 << 20

        # A file that is being written holds a descriptor for a moment; a leak holds it for good.
        until(is_as_before)
        assert tv.end() == 0


def test_outside_its_hours_the_screen_is_black_and_the_key_that_wakes_it_does_nothing_else(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    environment = with_key(
        cloud, DISPLAY_GONE=str(tmp_path / "never"), TVAPP_KIOSK_AWAKE=f'["{other_day()} 10:00-11:00"]'
    )
    with running(environment, tmp_path, module=LOST_DISPLAY) as tv:
        tv.settled()
        assert tv.wait_for("screen.blanked")["by"] == "hours"
        assert tv.picture_with(lambda image: image.getbbox() is None).getbbox() is None, "not one pixel is lit"
        cloud.forget_requests()
        tv.press("menu")
        assert tv.wait_for("screen.woken")["by"] == "key"
        assert tv.picture_with(lambda image: image.getbbox() is not None).getbbox() is not None
        assert cloud.count("tile") == 0
        tv.press("menu")
        tv.opened("action-bar")
        panels = [fields["panel"] for fields in tv.logged() if fields["event"] == "screen.changed"]
        assert panels == ["start", "map", "action-bar"]
        assert tv.end() == 0


def test_an_idle_screen_is_dimmed_and_a_key_acts_on_what_can_still_be_seen(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(with_key(cloud, TVAPP_KIOSK_DIM_AFTER_MIN="0.25"), tmp_path) as tv:
        tv.settled()
        tv.wait_for("screen.dimmed")
        dim = brightness(still(tv))  # a lit screen would not stay as it is for long
        tv.press("zoom-in")
        tv.wait_for("screen.woken")
        tv.settled(zoom=14)
        tv.press("zoom-out")
        tv.settled(zoom=13)
        part = pytest.approx(1 - BLACK_OPACITY["dimmed"] / 255, abs=0.03)
        assert dim / brightness(tv.picture_with(lambda image: dim / brightness(image) == part)) == part
        assert tv.end() == 0


def test_a_sign_in_code_is_never_dimmed_but_what_follows_it_is(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.settings(code_lifetime_s=8)  # renewed after 6.4 s, in which the screen would be dimmed five times
    with running(with_account(cloud, TVAPP_KIOSK_DIM_AFTER_MIN="0.02"), tmp_path) as tv:
        for renewal in (0, 1):
            assert tv.wait_for("signin.prompted")["renewal"] == renewal
        names = [str(fields["event"]) for fields in tv.logged()]
        assert "screen.dimmed" not in names[names.index("signin.prompted") :]
        cloud.approve(cloud.pending()[-1]["user_code"])
        tv.wait_for("signin.succeeded")
        tv.wait_for("screen.dimmed")
        assert tv.end() == 0


def brightness(image: PIL.Image.Image) -> float:
    return PIL.ImageStat.Stat(image).mean[0]


def still(tv: Tv) -> PIL.Image.Image:
    """Return the picture once nothing fades in any more: three equal ones, because two may show the same frame."""
    before, alike = tv.picture(), 0
    while alike < 2:
        time.sleep(0.3)
        after = tv.picture()
        alike = 0 if difference(before, after) else alike + 1
        before = after
    return before


def lose(tv: Tv, gone: Path) -> None:
    """Remove the display: the next frame fails."""
    gone.touch()
    tv.app.signal(signal.SIGUSR1)
    assert tv.wait_for("display.lost")["reason"] == "unplugged"


def resources(pid: int) -> Used:
    """Return how many descriptors and threads a process has, and the bytes of it that are in memory."""
    proc = Path(f"/proc/{pid}")
    memory = int((proc / "statm").read_text().split()[1]) * PAGE
    return len(list((proc / "fd").iterdir())), len(list((proc / "task").iterdir())), memory


def other_day() -> str:
    """Return a day that is neither today nor next to it."""
    return DAYS[(time.gmtime().tm_wday + 3) % 7]
