"""`tvapp demo`: runs the local cloud as a process of its own, and the unchanged app against it."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tvapp.commands.console import complain
from tvapp.core.exit_status import EXIT_FAILED, EXIT_NOT_INSTALLED

NEEDED = ("tvapp.localcloud", "starlette", "uvicorn", "jwt", "python_multipart")
"""What the local cloud consists of: itself, which the Debian package leaves out, and the modules of `tvapp[demo]`."""
READY_WITHIN_S = 30
HOME = "{ longitude = 24.9525, latitude = 60.1672, zoom = 13 }"
SAMPLE_PRICE = "4.50"
"""Of a thousand transactions, so that the usage page has a cost to show."""
_OWN_SECTIONS = ("TVAPP_IDENTITY_", "TVAPP_MAPS_", "TVAPP_GEOFENCES_")


@dataclass(frozen=True, slots=True)
class CloudFailed(Exception):
    """The local cloud did not start; `reason` is its output."""

    reason: str


def run_demo(options: argparse.Namespace) -> int:
    """Start the local cloud and run the app against it; returns the exit status."""
    if missing := missing_modules():
        complain(how_to_install(missing))
        return EXIT_NOT_INSTALLED
    _say("Starting the local cloud ...")
    with contextlib.ExitStack() as stack:
        folder = options.data_dir
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tvapp-demo-")))
        try:
            cloud = stack.enter_context(local_cloud(folder, lan=options.lan))
        except CloudFailed as failure:
            _say(f"The local cloud did not start: {failure.reason}")
            return EXIT_FAILED
        environment = demo_environment(cloud, os.environ, has_config=options.config is not None)
        if options.journey is not None or not has_display(os.environ):
            from tvapp.commands.journey import run_journey

            if options.journey is None:
                _say("There is no display here: making the journey off-screen.")
            target = options.journey or Path(tempfile.mkdtemp(prefix="tvapp-journey-"))
            return run_journey(cloud, environment, folder, target, options.windowed or (1920, 1080))
        _say(f"Sign in at {cloud['page']} with the code on the screen, as one of the sample people. Escape goes back.")
        from tvapp.commands.run import run_app

        os.environ.clear()
        os.environ.update(environment)
        options.data_dir = folder
        return run_app(options)


@contextlib.contextmanager
def local_cloud(folder: Path, *, lan: bool = False, arguments: tuple[str, ...] = ()) -> Iterator[Mapping[str, str]]:
    """Run the local cloud while the context lasts; yields its addresses and ids when it is ready.

    Raises:
        CloudFailed: it ended, or wrote nothing within half a minute.
    """
    command = [sys.executable, "-m", "tvapp.localcloud", "--data-dir", str(folder / "local-cloud"), *arguments]
    if lan:
        command.append("--lan")
    # The cloud ends when this pipe is closed, in whatever way this process ends.
    process = subprocess.Popen(
        [*command, "--exit-with-parent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield _ready(process)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def missing_modules(is_there: Callable[[str], object] = importlib.util.find_spec) -> tuple[str, ...]:
    """Return which of the modules that only the demo needs are not installed; imports none of them."""
    return tuple(name for name in NEEDED if not is_there(name))


def how_to_install(missing: tuple[str, ...]) -> str:
    """Say in two lines what the demo lacks and how to get it."""
    if "tvapp.localcloud" in missing:
        return "tvapp: this installation has no demo.\nRun it in a clone of the repository: ./scripts/demo"
    lacks = ", ".join(missing)
    return f"tvapp: the demo needs packages that are not installed: {lacks}\nInstall them: pip install 'tvapp[demo]'"


def demo_environment(
    cloud: Mapping[str, str], environment: Mapping[str, str], *, has_config: bool = False
) -> dict[str, str]:
    """Return the environment that makes the app use the local cloud; other settings stay as they are."""
    kept = {name: value for name, value in environment.items() if not name.startswith(_OWN_SECTIONS)}
    if not has_config:
        kept["TVAPP_CONFIG"] = os.devnull
    kept.setdefault("TVAPP_VIEW_HOME", HOME)
    if "TVAPP_USAGE_PRICE_PER_THOUSAND" not in kept and not has_config:
        kept |= {"TVAPP_USAGE_PRICE_PER_THOUSAND": SAMPLE_PRICE, "TVAPP_USAGE_CURRENCY": "USD"}
    return kept | {
        "TVAPP_IDENTITY_AUTHORITY": cloud["authority"],
        "TVAPP_IDENTITY_CLIENT_ID": cloud["client_id"],
        "TVAPP_IDENTITY_CA_BUNDLE": cloud["ca_bundle"],
        "TVAPP_IDENTITY_ORGANISATION": cloud["organisation"],
        "TVAPP_MAPS_CLIENT_ID": cloud["maps_client_id"],
        "TVAPP_MAPS_ENDPOINT": cloud["endpoint"],
        "TVAPP_MAPS_RESOURCE_ID": cloud["maps_resource_id"],
        "TVAPP_USAGE_ENDPOINT": cloud["endpoint"],
        "TVAPP_GEOFENCES_STORE": "map-data",
    }


def has_display(environment: Mapping[str, str]) -> bool:
    """Tell whether there is a screen to draw on: a desktop, a console with graphics, or a driver named by hand."""
    if any(environment.get(name) for name in ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY")):
        return True
    return any(Path("/dev/dri").glob("card*"))


def _ready(process: subprocess.Popen[str]) -> Mapping[str, str]:
    import selectors

    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(READY_WITHIN_S):
            raise CloudFailed(f"it said nothing within {READY_WITHIN_S} s")
    line = process.stdout.readline()
    try:
        said = json.loads(line)
    except ValueError as error:
        raise CloudFailed(f"it ended with status {process.wait(5)}" if not line else line.strip()) from error
    return {key: str(value) for key, value in said.items()}


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
