"""What every benchmark needs: a local cloud, a data dir with somebody signed in, the app as a process, keys."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scripts.benchmarks import fences
from scripts.benchmarks.screen import Screen
from tvapp.demo import demo_environment, local_cloud
from tvapp.journey import AppProcess, RemoteControl
from tvapp.phone import Phone

HOME = "{ longitude = 24.9525, latitude = 60.1672, zoom = 13 }"


@dataclass(slots=True)
class Rig:
    """One local cloud for all benchmarks; each run of the app gets a copy of a signed-in data dir."""

    cloud: Mapping[str, str]
    folder: Path
    size: tuple[int, int]
    fences: int
    phone: Phone
    counter: int = 0
    signed_in: Path | None = field(default=None)

    def settings(self, **values: object) -> None:
        """Change the local cloud's settings, e.g. `tile_latency_ms`."""
        self.phone.control("POST", "/settings", values)

    def requests(self, endpoint: str) -> Mapping[str, object]:
        """Return how often an endpoint was asked, and the last requests."""
        answer = self.phone.control("GET", f"/requests?endpoint={endpoint}")
        assert isinstance(answer, dict)
        entry = answer[endpoint]
        assert isinstance(entry, dict)
        return entry

    def forget_requests(self) -> None:
        self.phone.control("DELETE", "/requests")

    def environment(self, *, fences_too: bool = True, **extra: str) -> dict[str, str]:
        """Return the environment for a run under the dummy driver; the fences come from a folder."""
        base = {name: value for name, value in os.environ.items() if not name.startswith("TVAPP_")}
        found = demo_environment(self.cloud, base | {"TVAPP_VIEW_HOME": HOME})
        found |= {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}
        count = self.fences if fences_too else 10
        folder = self.folder / f"fences-{count}"
        if not folder.exists():
            fences.write(folder, count)
        found |= {"TVAPP_GEOFENCES_STORE": "folder", "TVAPP_GEOFENCES_PATH": str(folder)}
        return found | extra

    def on(self, screen: Screen, *, fences_too: bool = True, **extra: str) -> dict[str, str]:
        """Return the environment for a run on a virtual screen."""
        found = self.environment(fences_too=fences_too, **extra) | screen.environment
        del found["SDL_VIDEODRIVER"]
        return found

    def data_dir(self, *, warm: bool) -> Path:
        """Return a new data dir with somebody signed in, with or without the tiles of the home view."""
        if self.signed_in is None:
            self.signed_in = self._sign_in()
        self.counter += 1
        target = self.folder / f"run-{self.counter}"
        shutil.copytree(self.signed_in, target)
        if not warm:
            for name in ("tiles", "view.json"):
                path = target / name
                if path.is_dir():
                    shutil.rmtree(path)
                path.unlink(missing_ok=True)
        return target

    @contextlib.contextmanager
    def app(self, data_dir: Path, environment: Mapping[str, str], *arguments: str) -> Iterator[AppProcess]:
        """Run the app until the context ends."""
        size = f"{self.size[0]}x{self.size[1]}"
        with AppProcess(["run", "--data-dir", str(data_dir), "--windowed", size, *arguments], environment) as app:
            yield app
            app.signal(signal.SIGTERM)
            app.wait()

    @contextlib.contextmanager
    def remote(self) -> Iterator[tuple[RemoteControl, str]]:
        """Yield a remote and the path that `TVAPP_REMOTE_DEVICES` must carry."""
        self.counter += 1
        path = self.folder / f"remote-{self.counter}"
        remote = RemoteControl(path)
        try:
            yield remote, str(path)
        finally:
            remote.close()

    def _sign_in(self) -> Path:
        target = self.folder / "signed-in"
        with self.app(target, self.environment(fences_too=False)) as app:
            prompted = app.wait_for("signin.prompted")
            self.phone.sign_in(str(prompted["verification_uri"]), self.phone.waiting_code(), "aino")
            app.wait_for("signin.succeeded")
            app.wait_for("geofences.loaded")
            app.wait_for("map.settled", lambda fields: fields["missing"] == 0)
        return target


@contextlib.contextmanager
def rig(size: tuple[int, int], fence_count: int) -> Iterator[Rig]:
    """Start a local cloud and yield the rig; everything is removed at the end."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tvapp-bench-")))
        cloud = stack.enter_context(local_cloud(folder))
        phone = stack.enter_context(Phone(cloud))
        yield Rig(cloud, folder, size, fence_count, phone)


def frames(path: Path) -> list[dict[str, object]]:
    """Read what `measured_app` wrote: one entry a motion."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def say(text: str) -> None:
    """Tell the person at the terminal what is going on; the figures go to standard output."""
    sys.stderr.write(text + "\n")
