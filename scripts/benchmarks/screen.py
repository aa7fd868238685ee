"""A virtual screen: Xvfb, keys through XTest, and its framebuffer, read from a mapped file."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

NAMES = {"right": "Right", "left": "Left", "up": "Up", "down": "Down", "zoom-in": "plus", "zoom-out": "minus"}
PATIENCE_S = 2.0
STILL_S = 0.05
LOOK_EVERY_S = 0.0005


class ToolMissing(Exception):
    """A program that a row needs is not installed."""


class Screen:
    """Xvfb of one size, with its framebuffer in a file."""

    def __init__(self, size: tuple[int, int], folder: Path) -> None:
        for tool in ("Xvfb", "xdotool"):
            if shutil.which(tool) is None:
                raise ToolMissing(f"this needs {tool} (Debian packages xvfb, xdotool)")
        self._size = size
        self._folder = folder / f"framebuffer-{time.monotonic_ns()}"
        self._folder.mkdir()

    def __enter__(self) -> Self:
        read, write = os.pipe()
        width, height = self._size
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-noreset"]
        command += ["-fbdir", str(self._folder)]
        self._server = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as pipe:
            self.display = f":{pipe.readline().strip()}"
        self._keys = subprocess.Popen(
            ["xdotool", "-"], stdin=subprocess.PIPE, env=os.environ | self.environment, text=True, bufsize=1
        )
        # XWD's header is big-endian.
        file = self._folder / "Xvfb_screen0"
        with file.open("rb") as handle:
            self._pixels = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        header_size, colours = (
            struct.unpack_from(">I", self._pixels, 0)[0],
            struct.unpack_from(">I", self._pixels, 76)[0],
        )
        self._stride = struct.unpack_from(">I", self._pixels, 48)[0]
        self._offset = header_size + colours * 12
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (self._keys, self._server):
            process.terminate()
            process.wait()
        if self._keys.stdin is not None:
            self._keys.stdin.close()
        self._pixels.close()

    @property
    def pid(self) -> int:
        return self._server.pid

    @property
    def environment(self) -> dict[str, str]:
        return {"DISPLAY": self.display}

    def hold(self, key: str, seconds: float) -> None:
        """Keep a key down for a while."""
        self._say(f"keydown {NAMES[key]}")
        time.sleep(seconds)
        self._say(f"keyup {NAMES[key]}")

    def press_until_changed(self, key: str) -> float | None:
        """Press a key on a still picture; returns the seconds until a pixel differs, None if none does."""
        before = self._wait_still()
        command = f"key --delay 0 {NAMES[key]}"
        began = time.perf_counter()
        self._say(command)
        while self._sample() == before:
            if time.perf_counter() - began > PATIENCE_S:
                return None
            time.sleep(LOOK_EVERY_S)
        return time.perf_counter() - began

    def _wait_still(self) -> bytes:
        until = time.monotonic() + PATIENCE_S
        last = self._sample()
        while time.monotonic() < until:
            time.sleep(STILL_S)
            now = self._sample()
            if now == last:
                return now
            last = now
        return last

    def _sample(self) -> bytes:
        """Return every 16th row below the clock: a map that moves changes some of them."""
        _, height = self._size
        starts = (self._offset + row * self._stride for row in range(height // 5, height, 16))
        return b"".join(self._pixels[start : start + self._stride] for start in starts)

    def _say(self, command: str) -> None:
        assert self._keys.stdin is not None
        self._keys.stdin.write(command + "\n")
        self._keys.stdin.flush()
