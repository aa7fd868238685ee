"""The full screen under a real window manager, which takes it away in every way that it has."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import require_tool
from tests.e2e.xserver import XServer, x_server

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 30.0

pytestmark = pytest.mark.on_screen


@dataclass
class Shown:
    """The program in `on_x11` under a window manager."""

    server: XServer
    program: subprocess.Popen[str]
    environ: dict[str, str]

    def run(self, *command: str) -> str:
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, timeout=30)
        return done.stdout.strip()

    @property
    def active(self) -> str:
        """The window that has the focus."""
        return self.run("xprop", "-root", "_NET_ACTIVE_WINDOW").rpartition(" ")[2]

    def fills_the_screen(self) -> bool:
        """Tell whether a full-screen window of this program has the focus."""
        window = self.active
        if window in ("", "0x0") or "FULLSCREEN" not in self.run("xprop", "-id", window, "_NET_WM_STATE"):
            return False
        return self.run("xprop", "-id", window, "_NET_WM_PID").endswith(f" {self.program.pid}")

    def taken(self) -> dict[str, Any]:
        """Return what the program says next about full screen."""
        assert self.program.stdout is not None
        until = time.monotonic() + WITHIN_S
        while time.monotonic() < until:
            if select.select([self.program.stdout], [], [], 0.5)[0]:
                said: dict[str, Any] = json.loads(self.program.stdout.readline())
                if said["event"] == "taken":
                    return said
        raise AssertionError("full screen was not taken again")

    def eventually_fills_the_screen(self) -> bool:
        until = time.monotonic() + WITHIN_S
        while not self.fills_the_screen():
            if time.monotonic() > until:
                return False
            time.sleep(0.1)
        return True


def managed(environ: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a window manager on a screen, and wait until it manages it."""
    with log.open("wb") as output:
        manager = subprocess.Popen(["openbox", "--sm-disable"], env=environ, stdout=output, stderr=output)
    until = time.monotonic() + WITHIN_S
    check = ["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"]
    while "window id" not in subprocess.run(check, env=environ, capture_output=True, text=True).stdout:
        assert manager.poll() is None, f"the window manager ended: {log.read_text()}"
        assert time.monotonic() < until, f"the window manager did not start: {log.read_text()}"
        time.sleep(0.1)
    return manager


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Shown]:
    for tool in ("openbox", "wmctrl", "xprop", "xmessage"):
        require_tool(tool)
    with x_server("1280x720", tmp_path) as server:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SDL_")}
        environ |= {"DISPLAY": server.display, "HOME": str(tmp_path)}
        manager = managed(environ, tmp_path / "openbox.log")
        command = [sys.executable, "-m", "tests.display.on_x11"]
        program = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, bufsize=1)
        assert program.stdout is not None
        json.loads(program.stdout.readline())
        shown = Shown(server, program, environ)
        assert shown.eventually_fills_the_screen()
        yield shown
        for process in (program, manager):
            process.kill()
            process.wait(10)
        program.stdout.close()


def minimise(shown: Shown) -> None:
    shown.run("xdotool", "windowminimize", shown.active)


def take_the_state_away(shown: Shown) -> None:
    shown.run("wmctrl", "-i", "-r", shown.active, "-b", "remove,fullscreen")


def switch_the_workspace(shown: Shown) -> None:
    shown.run("wmctrl", "-s", "1")


@pytest.mark.parametrize(
    ("take_away", "missing"),
    [(minimise, "hidden"), (take_the_state_away, "place"), (switch_the_workspace, "hidden")],
    ids=["minimised", "framed", "workspace"],
)
def test_full_screen_that_was_taken_away_is_taken_again(shown: Shown, take_away: Any, missing: str) -> None:
    take_away(shown)
    assert missing in shown.taken()["missing"]
    assert shown.eventually_fills_the_screen()


def test_another_window_is_covered_again(shown: Shown) -> None:
    other = subprocess.Popen(
        ["xmessage", "-center", "Updates are available"], env=shown.environ, stderr=subprocess.DEVNULL
    )
    try:
        assert shown.taken()["missing"] == "focus"
        assert shown.eventually_fills_the_screen()
    finally:
        other.kill()
        other.wait(10)
