"""Makes the sample journey off-screen: signs in on the real page, presses remote keys, saves numbered screenshots.

The app is a process of its own under SDL's dummy driver. Its remote is a named pipe that carries Linux input events,
its phone is an HTTP client that fills in the sign-in page, and its log tells what happened.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tvapp.commands.phone import Phone
from tvapp.core.exit_status import EXIT_FAILED, EXIT_OK

STEP_WITHIN_S = 60.0
PAUSE_S = 0.12
KEYS = {
    "up": 103,
    "down": 108,
    "left": 105,
    "right": 106,
    "ok": 352,
    "back": 158,
    "menu": 139,
    "zoom-in": 402,
    "zoom-out": 403,
}
_EV_SYN, _EV_KEY = 0, 1
_RECORD = struct.Struct("llHHi")

Fields = Mapping[str, object]


class StepFailed(Exception):
    """An event that the journey waited for did not come."""


class RemoteControl:
    """Presses keys by writing input events (linux/input.h) into a named pipe."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path, 0o600)
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def press(self, *keys: str) -> None:
        """Press and release the keys one after another, as fast as a thumb."""
        for key in keys:
            self.tap(key)
            time.sleep(PAUSE_S)

    def hold(self, key: str, seconds: float) -> None:
        """Keep a key down for a while."""
        os.write(self._fd, _event(key, 1))
        time.sleep(seconds)
        os.write(self._fd, _event(key, 0))

    def tap(self, key: str) -> None:
        """Press and release a key at once: however busy the machine is, this is not a long press."""
        os.write(self._fd, _event(key, 1) + _event(key, 0))

    def close(self) -> None:
        os.close(self._fd)


def _event(key: str, value: int) -> bytes:
    seconds, fraction = divmod(time.time_ns() // 1000, 1_000_000)
    record = _RECORD.pack(seconds, fraction, _EV_KEY, KEYS[key], value)
    return record + _RECORD.pack(seconds, fraction, _EV_SYN, 0, 0)


class AppProcess:
    """The app as a child process whose log is read event by event."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        module: Sequence[str] = ("tvapp",),
        prefix: Sequence[str] = (),
    ) -> None:
        """`prefix` is a command that runs the one after it in its own process, such as `nice`."""
        command = [*prefix, sys.executable, "-m", *module, *arguments, "--log-format", "json"]
        self._process = subprocess.Popen(command, env=dict(environment), stderr=subprocess.PIPE)
        assert self._process.stderr is not None
        self._pipe = self._process.stderr
        os.set_blocking(self._pipe.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pipe, selectors.EVENT_READ)
        self._rest = b""
        self._waiting: list[tuple[str, Fields]] = []
        self.seen: list[str] = []

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._selector.close()
        self._pipe.close()

    def wait_for(
        self, event: str, test: Callable[[Fields], bool] = lambda _fields: True, within_s: float = STEP_WITHIN_S
    ) -> Fields:
        """Return the fields of the next such event, and forget the events before it.

        Raises:
            StepFailed: it did not come in time, or the app ended.
        """
        until = time.monotonic() + within_s
        while True:
            while self._waiting:
                name, fields = self._waiting.pop(0)
                if name == event and test(fields):
                    return fields
            has_ended = not self._read(until)
            if has_ended or (time.monotonic() > until and not self._waiting):
                last = ", ".join(self.seen[-8:])
                why = "before the app ended" if has_ended else f"within {within_s:.0f} s"
                raise StepFailed(f"{event} did not come {why}; the last events were {last}")

    def drain(self) -> None:
        """Forget the events so far."""
        while self._selector.select(0) and self._read(time.monotonic()):
            pass
        self._waiting.clear()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self, within_s: float = 10.0) -> int:
        """Return the exit status.

        Raises:
            StepFailed: the app is still running.
        """
        until = time.monotonic() + within_s
        while self._process.poll() is None and time.monotonic() < until:
            self._read(min(until, time.monotonic() + 0.1))
        if self._process.poll() is None:
            raise StepFailed(f"the app did not end within {within_s:.0f} s")
        return int(self._process.returncode)

    def _read(self, until: float) -> bool:
        if not self._selector.select(max(0.0, until - time.monotonic())):
            return True
        data = self._pipe.read()
        if not data:
            return False
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            try:
                fields = json.loads(line)
                name = str(fields["event"])
            except (ValueError, KeyError, TypeError):
                sys.stderr.write(line.decode(errors="replace") + "\n")
                continue
            self._waiting.append((name, fields))
            self.seen.append(name)
        return True


class Journey:
    """The steps, each of which either happens or raises StepFailed."""

    def __init__(self, app: AppProcess, remote: RemoteControl, phone: Phone, data_dir: Path, target: Path) -> None:
        self._app = app
        self._remote = remote
        self._phone = phone
        self._data_dir = data_dir
        self._target = target
        self._number = 0

    def run(self) -> None:
        """Make the whole journey."""
        app, remote = self._app, self._remote
        prompted = app.wait_for("signin.prompted")
        self._picture("sign-in")

        self._phone.sign_in(str(prompted["verification_uri"]), self._phone.waiting_code(), "aino")
        app.wait_for("signin.succeeded")
        app.wait_for("geofences.loaded", lambda fields: fields["count"] != 0)
        self._settled("map")

        remote.press("ok")
        app.wait_for("geofence.selected")
        self._picture("selected-geofence")

        remote.press("back", "menu")
        self._opened("action-bar")
        remote.press("ok")
        self._opened("drawer")
        remote.press("down", "down", "down")
        self._settled("drawer")

        remote.press("back", "menu")
        self._opened("action-bar")
        remote.press("right", "right", "ok")
        self._opened("layers")
        self._picture("layers")

        remote.press("back")
        self._draw()

        remote.press("menu")
        self._opened("action-bar")
        remote.press("left", "ok")
        self._opened("account")
        remote.press("down", "ok")
        app.wait_for("usage.loaded", lambda fields: fields["requests"] != 0)
        self._picture("usage")

        remote.press("back", "menu")
        self._opened("action-bar")
        remote.press("left", "ok")
        self._opened("account")
        self._picture("sign-out")
        remote.press("right", "ok")
        app.wait_for("signin.signed_out")
        self._picture("signed-out")
        if any((self._data_dir / "auth").glob("*.json")):
            raise StepFailed("the token cache is still there after signing out")

        app.signal(signal.SIGTERM)
        if (status := app.wait()) != 0:
            raise StepFailed(f"the app ended with status {status}")

    def _draw(self) -> None:
        """Draw a circle, give it a name, and have it uploaded; then take it back."""
        remote = self._remote
        remote.press("menu")
        self._opened("action-bar")
        remote.press("right", "ok")
        self._opened("draw")
        remote.press("ok")
        self._opened("sketch")
        remote.press("ok", "right", "up")
        self._picture("draw")
        for panel in ("kinds", "times", "map"):
            remote.press("ok")
            self._opened(panel)
        self._app.wait_for("geofence.uploaded", lambda fields: fields["kind"] == "add")
        self._settled("uploaded")
        remote.press("back", "menu", "right", "ok", "down", "ok", "back")
        self._app.wait_for("geofence.uploaded", lambda fields: fields["kind"] == "delete")

    def _opened(self, panel: str) -> None:
        self._app.wait_for("screen.changed", lambda fields: fields["panel"] == panel)

    def _settled(self, name: str) -> None:
        self._app.wait_for("map.settled", lambda fields: fields["missing"] == 0)
        self._picture(name)

    def _picture(self, name: str) -> None:
        # Two pictures: what moved in the first one (a fade, a focus ring) is at rest in the second.
        for _ in range(2):
            self._app.signal(signal.SIGUSR1)
            saved = self._app.wait_for("screenshot.saved")
            time.sleep(0.3)
        self._number += 1
        shutil.copyfile(str(saved["path"]), self._target / f"{self._number:02}-{name}.png")
        sys.stdout.write(f"  {self._number:02} {name}\n")
        sys.stdout.flush()


def run_journey(
    cloud: Mapping[str, str], environment: Mapping[str, str], folder: Path, target: Path, size: tuple[int, int]
) -> int:
    """Make the journey and leave its screenshots in `target`; returns the exit status."""
    target.mkdir(parents=True, exist_ok=True)
    data_dir = folder / "app"
    pipe = folder / "remote"
    pipe.unlink(missing_ok=True)
    remote = RemoteControl(pipe)
    # When the journey is ended, the app ends with it: it has no screen on which a person could notice it.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _give_up)
    own = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "TVAPP_REMOTE_DEVICES": str(pipe)}
    arguments = ["run", "--data-dir", str(data_dir), "--windowed", f"{size[0]}x{size[1]}"]
    try:
        with AppProcess(arguments, dict(environment) | own) as app, Phone(cloud) as phone:
            Journey(app, remote, phone, data_dir, target).run()
    except StepFailed as failure:
        sys.stderr.write(f"The journey ended early: {failure}\n")
        return EXIT_FAILED
    finally:
        remote.close()
        sys.stdout.write(f"Screenshots: {target}\n")
    return EXIT_OK


def _give_up(number: int, _frame: object) -> None:
    raise StepFailed(f"{signal.Signals(number).name} came")
