"""Runs the real program as a process against the local cloud: its settings, its keys, its log, its pictures."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import PIL.Image
import PIL.ImageChops

from tests.cloud import ROOT, LocalCloud
from tvapp.commands.demo import demo_environment
from tvapp.commands.journey import AppProcess, Fields, RemoteControl
from tvapp.commands.phone import Phone

SMALL = "640x360"
"""Most tests are about behaviour, not about pictures: few pixels cost little time."""
SAMPLES = ROOT / "assets" / "samples"
QUICK_S = 0.035
"""A little longer than the time within which two presses count as one bouncing key."""
Box = tuple[int, int, int, int]


def ready(cloud: LocalCloud) -> dict[str, str]:
    """Return the addresses of the cloud as `tvapp.commands.demo` and `tvapp.commands.phone` expect them."""
    return {key: str(value) for key, value in cloud.ready.items()}


def with_account(cloud: LocalCloud, **extra: str) -> dict[str, str]:
    """Return the environment for an app that signs in and reads the sample geofences from the cloud."""
    return demo_environment(ready(cloud), os.environ) | {"TVAPP_GEOFENCES_REFRESH_S": "3600"} | extra


def with_key(cloud: LocalCloud, folder: Path = SAMPLES, **extra: str) -> dict[str, str]:
    """Return the environment for an app that needs no account: a subscription key and a folder."""
    own = {
        "TVAPP_MAPS_AUTH": "shared-key",
        "TVAPP_MAPS_SUBSCRIPTION_KEYS": ",".join(cloud.subscription_keys),
        "TVAPP_GEOFENCES_STORE": "folder",
        "TVAPP_GEOFENCES_PATH": str(folder),
    }
    return with_account(cloud) | own | extra


@dataclass
class Tv:
    """A running app with its remote and its log."""

    app: AppProcess
    remote: RemoteControl
    data_dir: Path
    log_file: Path

    def wait_for(self, event: str, test: Callable[[Fields], bool] = lambda _fields: True) -> Fields:
        """Return the fields of the next such event."""
        return self.app.wait_for(event, test)

    def settled(self, *, missing: bool = False, zoom: float | None = None) -> Fields:
        """Wait until the map has come to rest, complete or (`missing`) with gaps, after a key at the zoom it leads to.

        Geofences that arrive late let the map settle once more, so that the next event may be of a moment before a key.
        """
        return self.app.wait_for(
            "map.settled",
            lambda fields: bool(fields["missing"]) == missing and (zoom is None or fields["zoom"] == zoom),
        )

    def opened(self, panel: str) -> None:
        """Wait until a screen or panel is the topmost."""
        self.app.wait_for("screen.changed", lambda fields: fields["panel"] == panel)

    def press(self, *keys: str) -> None:
        """Press and release keys one after another, faster than a thumb."""
        for key in keys:
            self.remote.tap(key)
            time.sleep(2 * QUICK_S)

    def sign_in(self, cloud: LocalCloud, person: str = "aino") -> str:
        """Wait for the code, and let a person type it into the sign-in page; returns the code."""
        prompted = self.wait_for("signin.prompted")
        with Phone(ready(cloud)) as phone:
            code = phone.waiting_code()
            phone.sign_in(str(prompted["verification_uri"]), code, person)
        self.wait_for("signin.succeeded")
        return code

    def picture(self) -> PIL.Image.Image:
        """Return what is on the screen, by SIGUSR1."""
        self.app.signal(signal.SIGUSR1)
        saved = self.wait_for("screenshot.saved")
        with PIL.Image.open(str(saved["path"])) as image:
            return image.convert("RGB")

    def picture_with(self, test: Callable[[PIL.Image.Image], bool], within_s: float = 20.0) -> PIL.Image.Image:
        """Return the first picture that passes the test (or the last one): what fades in takes a moment."""
        until = time.monotonic() + within_s
        while not test(image := self.picture()) and time.monotonic() < until:
            time.sleep(0.1)
        return image

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; returns the exit status, which must come within the 5 s of product.md."""
        self.app.signal(number)
        return self.app.wait(5.0)

    def kill(self) -> None:
        """End the app as a power cut does."""
        self.app.signal(signal.SIGKILL)
        self.app.wait(5.0)

    def logged(self) -> list[dict[str, object]]:
        """Return everything in the log file."""
        return [json.loads(line) for line in self.log_file.read_text(encoding="utf-8").splitlines()]


@contextlib.contextmanager
def running(
    environment: Mapping[str, str],
    folder: Path,
    *arguments: str,
    size: str | None = SMALL,
    module: str = "tvapp",
    prefix: Sequence[str] = (),
) -> Iterator[Tv]:
    """Run the app until the context ends; `folder` is for its data dir, its log and its remote.

    `prefix` is a command that runs the one after it in its own process.
    """
    number = len(list(folder.glob("remote-*")))
    data_dir = folder / "data"
    log_file = folder / f"log-{number}.jsonl"
    pipe = folder / f"remote-{number}"
    remote = RemoteControl(pipe)
    window = ["--windowed", size] if size is not None else []
    command = ["run", "--data-dir", str(data_dir), "--log-file", str(log_file), *window, *arguments]
    try:
        with AppProcess(command, {**environment, "TVAPP_REMOTE_DEVICES": str(pipe)}, [module], prefix) as app:
            yield Tv(app, remote, data_dir, log_file)
    finally:
        remote.close()


def until(true: Callable[[], object], within_s: float = 20.0) -> None:
    """Wait for a condition that no log event reports.

    Raises:
        AssertionError: it does not come true.
    """
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)


def difference(one: PIL.Image.Image, other: PIL.Image.Image, box: Box | None = None) -> int:
    """Return how many pixels differ clearly, in a box or everywhere."""
    if box is not None:
        one, other = one.crop(box), other.crop(box)
    changed = PIL.ImageChops.difference(one, other).convert("L").point(lambda value: 255 if value > 24 else 0)
    return changed.histogram()[255]


def count(image: PIL.Image.Image, color: tuple[int, int, int], box: Box) -> int:
    """Return how many pixels in a box have a colour, almost."""
    part = image.crop(box)
    flat = PIL.Image.new("RGB", part.size, color)
    off = PIL.ImageChops.difference(part, flat).convert("L").point(lambda value: 255 if value < 6 else 0)
    return off.histogram()[255]
