"""An X server without a monitor: takes real keys and gives pictures of the screen."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import PIL.Image

from tests.conftest import require_tool

QR_WITHIN_S = 20.0
SHOWN_WITHIN_S = 20.0


@dataclass(frozen=True)
class XServer:
    """Programs find it at `display`; pictures are saved in `folder`."""

    display: str
    folder: Path

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return settings with which a program draws here and nowhere else."""
        kept = {name: value for name, value in settings.items() if not name.startswith("SDL_VIDEO")}
        return {**kept, "DISPLAY": self.display}

    def press(self, *keys: str) -> None:
        """Press and release keys, by their X names."""
        for key in keys:
            self._xdotool("key", "--delay", "60", key)

    def hold(self, key: str, seconds: float) -> None:
        """Keep a key down for a while."""
        self._xdotool("keydown", key, "sleep", str(seconds), "keyup", key)

    def screenshot(self, name: str = "screen") -> PIL.Image.Image:
        """Return the picture of the whole screen, and keep it as a file."""
        path = self.folder / f"{name}.png"
        command = ["import", "-silent", "-window", "root", str(path)]
        subprocess.run(command, check=True, env={**os.environ, "DISPLAY": self.display}, timeout=30)
        with PIL.Image.open(path) as image:
            return image.convert("RGB")

    def screenshot_with(self, test: Callable[[PIL.Image.Image], bool], name: str = "screen") -> PIL.Image.Image:
        """Return the first picture that passes the test, or the last one; a log event comes before its frame."""
        until = time.monotonic() + SHOWN_WITHIN_S
        while not test(image := self.screenshot(name)) and time.monotonic() < until:
            pass
        return image

    def scan(self, name: str = "screen") -> str:
        """Hold a phone's camera to the screen until it sees a QR code; returns what is in it."""
        until = time.monotonic() + QR_WITHIN_S
        while True:
            self.screenshot(name)
            command = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(self.folder / f"{name}.png")]
            seen = subprocess.run(command, capture_output=True, text=True, timeout=30)
            if seen.stdout.strip() or time.monotonic() > until:
                return seen.stdout.strip()

    def _xdotool(self, *arguments: str) -> None:
        command = ["xdotool", *arguments]
        subprocess.run(command, check=True, env={**os.environ, "DISPLAY": self.display}, timeout=30)


@contextlib.contextmanager
def x_server(size: str, folder: Path) -> Iterator[XServer]:
    """Run an X server of a size such as "1920x1080" while the context lasts."""
    for tool in ("Xvfb", "xdotool", "zbarimg", "import"):
        require_tool(tool)
    read, write = os.pipe()
    # Without -noreset, the server starts anew when its last client leaves, and refuses whoever connects meanwhile.
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as number:
            display = number.readline().strip()
        assert display, "Xvfb did not start"
        yield XServer(f":{display}", folder)
    finally:
        server.terminate()
        server.wait(10)
