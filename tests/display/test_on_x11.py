"""The window on a real X server without a GPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from tests.conftest import require_tool

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.on_screen


@dataclass
class Shown:
    """The program in `on_x11` on an X server of its own."""

    display: str
    ready: dict[str, Any]
    output: IO[str]

    def press(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], check=True, env={**os.environ, "DISPLAY": self.display})

    def next(self) -> dict[str, Any]:
        return dict(json.loads(self.output.readline()))

    def keys_until(self, last: str) -> list[tuple[str, bool]]:
        """Return the keys pressed and released, up to the release of `last`."""
        seen: list[tuple[str, bool]] = []
        while not seen or seen[-1] != (last, False):
            event = self.next()
            if event["event"] == "key":
                seen.append((event["key"], event["pressed"]))
        return seen

    def cpu_s(self) -> float:
        self.press("key", "c")
        while (event := self.next())["event"] != "cpu":
            pass
        assert self.next()["key"] == "c"
        return float(event["seconds"])


@pytest.fixture(scope="module")
def x_server() -> Iterator[str]:
    require_tool("Xvfb")
    require_tool("xdotool")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as number:
        display = f":{number.readline().strip()}"
    yield display
    server.terminate()
    server.wait(10)


@pytest.fixture
def shown(x_server: str) -> Iterator[Shown]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SDL_")}
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.display.on_x11"],
        cwd=ROOT,
        env={**environ, "DISPLAY": x_server},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    with program.stdout as output:
        yield Shown(x_server, json.loads(output.readline()), output)
        program.kill()
        program.wait(10)


def test_it_fills_the_screen_and_draws_without_opengl(shown: Shown) -> None:
    assert shown.ready["driver"] == "x11"
    assert shown.ready["size"] == [1920, 1080]
    if not list(Path("/dev").glob("dri/renderD*")):
        assert (shown.ready["renderer"], shown.ready["reason"]) == ("software", "no GPU")


def test_what_is_drawn_is_on_the_screen(shown: Shown, tmp_path: Path) -> None:
    require_tool("import")
    picture = tmp_path / "screen.png"
    subprocess.run(
        ["import", "-window", "root", str(picture)], check=True, env={**os.environ, "DISPLAY": shown.display}
    )
    import PIL.Image

    with PIL.Image.open(picture) as image:
        colors = {image.convert("RGB").getpixel(point) for point in ((0, 0), (960, 540), (1919, 1079))}
    assert colors == {(10, 200, 30)}


def test_keys_arrive_in_order_and_at_once(shown: Shown) -> None:
    shown.press("key", "Return", "Left", "Prior", "Menu", "BackSpace")
    keys = shown.keys_until("backspace")
    assert [key for key, pressed in keys if pressed] == ["return", "left", "pageup", "menu", "backspace"]
    assert len(keys) == 10


def test_a_held_key_is_pressed_once_however_long_the_server_repeats_it(shown: Shown) -> None:
    shown.press("keydown", "Right", "sleep", "1.2", "keyup", "Right")
    assert shown.keys_until("right") == [("right", True), ("right", False)]


def test_waiting_uses_no_cpu(shown: Shown) -> None:
    before = shown.cpu_s()
    time.sleep(3)  # the CPU time of an idle wait in real time is measured
    assert shown.cpu_s() - before < 0.05
