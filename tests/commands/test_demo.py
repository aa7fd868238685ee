"""`tvapp demo`: the local cloud, the app against it, and the journey that it makes where there is no display."""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import PIL.Image
import psutil
import pytest

from tests.cloud import ROOT
from tvapp.commands.demo import (
    NEEDED,
    CloudFailed,
    demo_environment,
    has_display,
    how_to_install,
    local_cloud,
    missing_modules,
)
from tvapp.commands.journey import AppProcess
from tvapp.commands.phone import Phone
from tvapp.core.exit_status import EXIT_NOT_INSTALLED

STEPS = [
    "sign-in",
    "map",
    "selected-geofence",
    "drawer",
    "layers",
    "draw",
    "uploaded",
    "usage",
    "sign-out",
    "signed-out",
]
CLOUD = {
    "authority": "https://l/t",
    "client_id": "c",
    "ca_bundle": "/ca",
    "maps_client_id": "m",
    "maps_resource_id": "/subscriptions/s",
    "endpoint": "https://l",
    "organisation": "o",
}


@contextmanager
def demo(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run `tvapp demo`; whatever it has started ends with it."""
    command = [sys.executable, "-m", "tvapp", "demo", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=dict(os.environ)) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def read_until(process: subprocess.Popen[str], text: str) -> None:
    """Read what the demo prints up to a line with a text in it."""
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"the demo never said {text!r}")


def started_by(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


@pytest.mark.process
def test_the_journey_leaves_a_picture_of_each_step(tmp_path: Path) -> None:
    with demo("--journey", str(tmp_path / "pictures")) as process:
        output, errors = process.communicate(timeout=110)
    assert process.returncode == 0, output + errors
    assert str(tmp_path / "pictures") in output
    pictures = sorted((tmp_path / "pictures").iterdir())
    assert [path.name for path in pictures] == [f"{number:02}-{name}.png" for number, name in enumerate(STEPS, 1)]
    seen = set()
    for path in pictures:
        with PIL.Image.open(path) as image:
            assert image.size == (1920, 1080)
            small = image.convert("RGB").resize((96, 54))
        assert len(small.getcolors(96 * 54) or []) > 30, f"{path.name} is blank"
        seen.add(small.tobytes())
    assert len(seen) == len(STEPS)


@pytest.mark.process
def test_a_journey_whose_app_dies_ends_with_status_1_and_leaves_nothing_running(tmp_path: Path) -> None:
    with demo("--journey", str(tmp_path / "pictures"), "--windowed", "640x360") as process:
        read_until(process, "01 sign-in")
        children = started_by(process)
        (app,) = [child for child in children if "tvapp" in child.cmdline()]
        app.kill()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "The journey ended early" in errors
    assert not psutil.wait_procs(children, timeout=20)[1]


@pytest.mark.process
def test_a_journey_that_is_ended_takes_the_app_and_the_cloud_with_it(tmp_path: Path) -> None:
    with demo("--journey", str(tmp_path / "pictures"), "--windowed", "640x360") as process:
        read_until(process, "01 sign-in")
        children = started_by(process)
        assert len(children) == 2
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 1
    assert not psutil.wait_procs(children, timeout=20)[1]


@pytest.mark.process
def test_on_a_display_the_same_app_runs_and_ends_with_status_0(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    arguments = ["demo", "--windowed", "640x360", "--data-dir", str(data_dir)]
    with AppProcess(arguments, os.environ) as app:
        prompted = app.wait_for("signin.prompted")
        (cloud,) = psutil.Process(app.pid).children()
        uri = str(prompted["verification_uri"])
        ready = {"ca_bundle": str(next(data_dir.rglob("ca.pem"))), "control": uri.replace("/device", "/_control")}
        with Phone(ready) as phone:
            phone.sign_in(uri, phone.waiting_code(), "aino")
        app.wait_for("signin.succeeded")
        assert app.wait_for("geofences.loaded")["store"] == "map-data"
        app.signal(signal.SIGTERM)
        assert app.wait() == 0
        assert not psutil.wait_procs([cloud], timeout=20)[1]


@pytest.mark.process
def test_a_cloud_that_cannot_start_is_an_error_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(CloudFailed) as failure, local_cloud(tmp_path, arguments=("--nonsense",)):
        pass
    assert "status 2" in failure.value.reason


def test_the_demo_s_settings_replace_those_of_the_real_account_and_keep_the_rest() -> None:
    own = {
        "TVAPP_IDENTITY_TENANT": "contoso.com",
        "TVAPP_MAPS_AUTH": "shared-key",
        "TVAPP_GEOFENCES_PATH": "/srv",
        "TVAPP_KIOSK_UNITS": "imperial",
        "TVAPP_VIEW_HOME": "{}",
        "PATH": "/bin",
    }
    found = demo_environment(CLOUD, own)
    assert not found.keys() & {"TVAPP_IDENTITY_TENANT", "TVAPP_MAPS_AUTH", "TVAPP_GEOFENCES_PATH"}
    assert (found["TVAPP_KIOSK_UNITS"], found["TVAPP_VIEW_HOME"], found["PATH"]) == ("imperial", "{}", "/bin")
    assert (found["TVAPP_MAPS_ENDPOINT"], found["TVAPP_CONFIG"]) == ("https://l", os.devnull)
    assert "TVAPP_CONFIG" not in demo_environment(CLOUD, own, has_config=True)
    assert found["TVAPP_MAPS_RESOURCE_ID"] == "/subscriptions/s"


def test_the_demo_has_a_sample_price_unless_the_settings_have_one() -> None:
    own = {"TVAPP_USAGE_PRICE_PER_THOUSAND": "2"}
    assert demo_environment(CLOUD, {})["TVAPP_USAGE_CURRENCY"] == "USD"
    assert "TVAPP_USAGE_CURRENCY" not in demo_environment(CLOUD, own)
    assert "TVAPP_USAGE_PRICE_PER_THOUSAND" not in demo_environment(CLOUD, {}, has_config=True)


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"])
def test_a_desktop_or_a_driver_named_by_hand_is_a_display(name: str) -> None:
    assert has_display({name: "x"})
    assert has_display({name: ""}) == any(Path("/dev/dri").glob("card*"))


@pytest.mark.process
@pytest.mark.parametrize("absent", [NEEDED[1:], NEEDED])
def test_without_its_packages_the_demo_says_how_to_get_them_and_ends_with_a_status_of_its_own(
    absent: tuple[str, ...], tmp_path: Path
) -> None:
    package = tmp_path / "tvapp"
    package.mkdir()
    for path in (ROOT / "tvapp").iterdir():
        if f"tvapp.{path.name}" not in absent:
            (package / path.name).symlink_to(path)
    # -S: no installed package can be found.
    code = "import sys; sys.path.insert(0, sys.argv[1]); from tvapp.commands.cli import run; sys.exit(run(['demo']))"
    command = [sys.executable, "-I", "-S", "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (EXIT_NOT_INSTALLED, "")
    assert done.stderr == how_to_install(absent) + "\n"


def test_a_demo_without_its_packages_names_them_and_the_command_and_one_without_its_cloud_the_clone() -> None:
    assert missing_modules(lambda name: name not in ("uvicorn", "starlette")) == ("starlette", "uvicorn")
    assert "starlette, uvicorn\nInstall them: pip install 'tvapp[demo]'" in how_to_install(("starlette", "uvicorn"))
    assert "./scripts/demo" in how_to_install(("tvapp.localcloud", "starlette"))
    assert missing_modules() == ()


def test_the_extra_of_the_demo_names_what_its_cloud_imports_beyond_the_app() -> None:
    imported = set()
    for path in (ROOT / "tvapp" / "localcloud").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    third_party = imported - set(sys.stdlib_module_names) - {"tvapp"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra, app = (
        {re.split(r"[\[><=;]", line)[0] for line in lines}
        for lines in (project["optional-dependencies"]["demo"], project["dependencies"])
    )
    names = {"pyjwt": "jwt", "python-multipart": "python_multipart"}
    assert set(NEEDED) - {"tvapp.localcloud"} == {names.get(name, name) for name in extra}
    # numpy comes with shapely; python-multipart is what starlette reads forms with.
    assert third_party - {"PIL", "numpy"} - app == set(NEEDED) - {"tvapp.localcloud", "python_multipart"}
