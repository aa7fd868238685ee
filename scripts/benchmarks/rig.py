"""Provides what every benchmark needs: a local cloud, a signed-in data folder, the app as a process, keys."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from scripts.benchmarks import fences
from scripts.benchmarks.figures import cpu_seconds, number
from scripts.benchmarks.options import Where
from scripts.benchmarks.quota import Quota
from scripts.benchmarks.screen import Screen
from tvapp.commands.demo import demo_environment, local_cloud
from tvapp.commands.journey import AppProcess, RemoteControl, StepFailed
from tvapp.commands.phone import Phone

HOME = "{ longitude = 24.9525, latitude = 60.1672, zoom = 13 }"
READY_WITHIN_S = 180.0
QUIET_S = 1.5
STATUS_WITHIN_S = 10.0
FEW_FENCES = 10

Line = Mapping[str, object]


@dataclass(slots=True)
class Rig:
    """One local cloud for all benchmarks; each run of the app gets a copy of a signed-in data folder."""

    cloud: Mapping[str, str]
    folder: Path
    size: tuple[int, int]
    fences: int
    phone: Phone
    where: Where | None = None
    """The display of rows that can run on both; None: the usual one of each."""
    quota: Quota | None = None
    apps_cpu_s: float = 0.0
    """CPU seconds of the apps of this row so far."""
    counter: int = 0
    signed_in: Path | None = field(default=None)

    def settings(self, **values: object) -> None:
        """Change the local cloud's settings, e.g. `tile_latency_ms`."""
        self.phone.control("POST", "/settings", values)

    @contextlib.contextmanager
    def latency(self, tile_ms: int) -> Iterator[None]:
        """Delay each tile while the context lasts."""
        self.settings(tile_latency_ms=tile_ms)
        try:
            yield
        finally:
            self.settings(tile_latency_ms=0)

    def requests(self, endpoint: str) -> Mapping[str, object]:
        """Return the number of requests to an endpoint, and the last of them."""
        answer = self.phone.control("GET", f"/requests?endpoint={endpoint}")
        assert isinstance(answer, dict)
        entry = answer[endpoint]
        assert isinstance(entry, dict)
        return entry

    def forget_requests(self) -> None:
        self.phone.control("DELETE", "/requests")

    def fence_folder(self, count: int) -> Path:
        """Return a folder with `count` geofences in one file, the same ones each time."""
        folder = self.folder / f"fences-{count}"
        if not folder.exists():
            fences.write(folder, count)
        return folder

    def environment(self, fence_folder: Path | None = None, **extra: str) -> dict[str, str]:
        """Return the environment for a run under the dummy driver; the geofences come from a folder (None: a few)."""
        base = {name: value for name, value in os.environ.items() if not name.startswith("TVAPP_")}
        found = demo_environment(self.cloud, base | {"TVAPP_VIEW_HOME": HOME})
        found |= {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}
        found |= {
            "TVAPP_GEOFENCES_STORE": "folder",
            "TVAPP_GEOFENCES_PATH": str(fence_folder or self.fence_folder(FEW_FENCES)),
        }
        return found | extra

    @contextlib.contextmanager
    def stage(self, usual: Where = "dummy", size: tuple[int, int] | None = None) -> Iterator[Stage]:
        """Yield a stage for the app: the display that was asked for, else the row's usual one."""
        size = size or self.size
        where = self.where or usual
        if where == "dummy":
            yield Stage(self, where, size, None)
            return
        with Screen(size, self.folder) as screen:
            yield Stage(self, where, size, screen)

    def data_dir(self, *, warm: bool) -> Path:
        """Return a new signed-in data folder, with or without the tiles of the home view."""
        if self.signed_in is None:
            self.signed_in = self._sign_in()
        target = self.new_folder("run")
        shutil.copytree(self.signed_in, target)
        if not warm:
            for name in ("tiles", "view.json"):
                path = target / name
                if path.is_dir():
                    shutil.rmtree(path)
                path.unlink(missing_ok=True)
        return target

    def new_folder(self, name: str) -> Path:
        """Return a path that does not exist yet."""
        self.counter += 1
        return self.folder / f"{name}-{self.counter}"

    @property
    def prefix(self) -> tuple[str, ...]:
        """The start of every command line that is measured."""
        return () if self.quota is None else self.quota.prefix

    @contextlib.contextmanager
    def remote(self) -> Iterator[tuple[RemoteControl, str]]:
        """Yield a remote, and the path that `TVAPP_REMOTE_DEVICES` has to name."""
        path = self.new_folder("remote")
        remote = RemoteControl(path)
        try:
            yield remote, str(path)
        finally:
            remote.close()

    def child(self, module: str, *arguments: str, within_s: float, environment: Mapping[str, str]) -> Line:
        """Run a measuring module in a process of its own, and return the JSON object that it prints.

        Raises:
            StepFailed: it failed; subprocess.TimeoutExpired: it took too long.
        """
        command = [*self.prefix, sys.executable, "-m", module, *arguments]
        done = subprocess.run(
            command, env=dict(environment), stdout=subprocess.PIPE, text=True, timeout=within_s, check=False
        )
        if done.returncode != 0:
            raise StepFailed(f"{module} ended with status {done.returncode}")
        found = json.loads(done.stdout)
        assert isinstance(found, dict)
        return found

    def _sign_in(self) -> Path:
        target = self.folder / "signed-in"
        arguments = ["run", "--data-dir", str(target), "--windowed", f"{self.size[0]}x{self.size[1]}"]
        with AppProcess(arguments, self.environment()) as app:
            prompted = app.wait_for("signin.prompted")
            self.phone.sign_in(str(prompted["verification_uri"]), self.phone.waiting_code(), "aino")
            app.wait_for("signin.succeeded")
            app.wait_for("geofences.loaded")
            app.wait_for("map.settled", lambda fields: fields["missing"] == 0)
            app.signal(signal.SIGTERM)
            app.wait()
        return target


@dataclass(frozen=True, slots=True)
class Stage:
    """A display that the app runs on."""

    rig: Rig
    where: Where
    size: tuple[int, int]
    screen: Screen | None

    def environment(self, fence_folder: Path | None = None, **extra: str) -> dict[str, str]:
        """Return the environment for a run on this display."""
        found = self.rig.environment(fence_folder, **extra)
        if self.screen is not None:
            found |= self.screen.environment
            del found["SDL_VIDEODRIVER"]
        return found

    @contextlib.contextmanager
    def app(self, data_dir: Path, environment: Mapping[str, str], *arguments: str) -> Iterator[AppProcess]:
        """Run the app until the context ends."""
        with self._run(("tvapp",), data_dir, environment, *arguments) as app:
            yield app

    @contextlib.contextmanager
    def measured(
        self, probes: Sequence[str], data_dir: Path, environment: Mapping[str, str]
    ) -> Iterator[tuple[AppProcess, Probe]]:
        """Run the app with probes (see `measured_app`) until the context ends."""
        probe = Probe(self.rig.new_folder("probe"))
        module = ("scripts.benchmarks.measured_app", str(probe.path), ",".join(probes))
        with self._run(module, data_dir, environment) as app:
            yield app, probe

    @contextlib.contextmanager
    def _run(
        self, module: Sequence[str], data_dir: Path, environment: Mapping[str, str], *arguments: str
    ) -> Iterator[AppProcess]:
        size = f"{self.size[0]}x{self.size[1]}"
        line = ["run", "--data-dir", str(data_dir), "--windowed", size, *arguments]
        with AppProcess(line, environment, module, self.rig.prefix) as app:
            yield app
            with contextlib.suppress(psutil.NoSuchProcess):
                self.rig.apps_cpu_s += cpu_seconds(app.pid)
            app.signal(signal.SIGTERM)
            app.wait()


@dataclass(frozen=True, slots=True)
class Frame:
    """When a frame was presented (the clock's seconds), and the main thread's wall and CPU time for it."""

    at: float
    work_ms: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Probe:
    """The records that the probes of a run have written."""

    path: Path

    def frames(self, since: float = 0.0, until: float = math.inf) -> list[Frame]:
        """Return the frames of a span of time."""
        bursts = self.lines("burst")
        frames = [
            Frame(*values)
            for burst in bursts
            for values in zip(*(_numbers(burst[name]) for name in ("times", "work_ms", "cpu_ms")), strict=True)
        ]
        return [frame for frame in frames if since <= frame.at < until]

    def lines(self, kind: str, since: float = 0.0) -> list[Line]:
        """Return the records of one kind; of those with a time, the ones since `since`."""
        if not self.path.exists():
            return []
        found = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [line for line in found if line["kind"] == kind and line.get("at", since) >= since]

    def status(self, app: AppProcess) -> dict[str, float]:
        """Ask for sizes and counters.

        Raises:
            StepFailed: no answer came.
        """
        before = len(self.lines("status"))
        app.signal(signal.SIGUSR2)
        until = time.monotonic() + STATUS_WITHIN_S
        while time.monotonic() < until:
            found = self.lines("status")
            if len(found) > before:
                return {name: number(value) for name, value in found[-1].items() if name != "kind"}
            time.sleep(0.05)
        raise StepFailed("the app's probe did not answer")


def _numbers(values: object) -> list[float]:
    assert isinstance(values, list)
    return [number(value) for value in values]


@contextlib.contextmanager
def rig(size: tuple[int, int], fence_count: int, where: Where | None, quota: Quota | None) -> Iterator[Rig]:
    """Start a local cloud and yield the rig; everything is removed at the end."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tvapp-bench-")))
        cloud = stack.enter_context(local_cloud(folder))
        phone = stack.enter_context(Phone(cloud))
        yield Rig(cloud, folder, size, fence_count, phone, where, quota)


def wait_ready(app: AppProcess) -> None:
    """Wait until the geofences are on a settled map."""
    app.wait_for("geofences.loaded", within_s=READY_WITHIN_S)
    app.wait_for("map.settled", within_s=READY_WITHIN_S)
    wait_quiet(app)


def wait_quiet(app: AppProcess) -> None:
    """Wait until the frames of the last motion have been written down."""
    time.sleep(QUIET_S)
    app.drain()


def say(text: str) -> None:
    """Print progress to the terminal (standard error); figures go to standard output."""
    sys.stderr.write(text + "\n")
