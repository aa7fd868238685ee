"""A display that comes late, goes away and returns: the app waits for it, and shows again what it showed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.conftest import require_tool
from tests.e2e.rig import running, until, with_key

pytestmark = pytest.mark.on_screen


def free_number() -> int:
    """Return a number that no X server has."""
    return next(number for number in range(60 + os.getpid() % 400, 1000) if not socket_of(number).exists())


def socket_of(number: int) -> Path:
    return Path(f"/tmp/.X11-unix/X{number}")


@contextlib.contextmanager
def server(number: int, size: str = "640x360") -> Iterator[subprocess.Popen[bytes]]:
    """Run an X server at a number until the context ends, and take away what a killed one leaves."""
    require_tool("Xvfb")
    command = ["Xvfb", f":{number}", "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
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


def test_while_it_waits_for_a_display_it_ends_at_once_when_it_is_told_to(cloud: LocalCloud, tmp_path: Path) -> None:
    with running(on(free_number(), with_key(cloud)), tmp_path, size=None) as tv:
        tv.wait_for("display.waiting")
        assert tv.end(signal.SIGTERM) == 0
        assert tv.logged()[-1]["reason"] == "SIGTERM"


def test_the_x_server_may_die_and_return_with_another_size(cloud: LocalCloud, tmp_path: Path) -> None:
    number = free_number()
    with running(on(number, with_key(cloud)), tmp_path, size=None) as tv:
        with server(number):
            tv.settled()
            tv.press("zoom-in")
            assert tv.settled()["zoom"] == 14
            pid = tv.app.pid
        lost = tv.wait_for("display.lost")
        assert lost["restart"] is True
        tv.wait_for("display.waiting")
        cloud.reset()
        with server(number, "1280x720"):
            assert tv.wait_for("app.started")["size"] == "1280x720"
            tv.wait_for("display.restored")
            assert tv.settled()["zoom"] == 14
            assert tv.app.pid == pid
            assert tv.end() == 0
    names = [fields["event"] for fields in tv.logged()]
    assert (names.count("display.lost"), names.count("display.restored")) == (1, 1)
