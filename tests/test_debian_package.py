"""The Debian package: its pins, units, user and launcher. `scripts/kiosk/try-deb` tries the built package itself."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts.kiosk.private_tree import compile_tree, is_pruned, pins_for
from tests.cloud import ROOT

KIOSK = ROOT / "scripts" / "kiosk"
DEBIAN = KIOSK / "debian"
PINS = ROOT / "scripts" / "requirements"
DEMO_ONLY = {"starlette", "uvicorn", "python-multipart", "click"}


def pinned(file: str) -> dict[str, str]:
    """Return the blocks of a file of pins, with versions, markers and hashes, by package."""
    text = (PINS / file).read_text(encoding="utf-8").strip()
    return {block.partition("==")[0]: block for block in re.split(r"\n(?=[a-z])", text)}


def settings(unit: Path) -> dict[str, list[str]]:
    """Return the values of each setting of a unit, in their order, without its section."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def needs(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    """Yield what an installed package needs on a TV."""
    for line in importlib.metadata.requires(name) or ():
        requirement = Requirement(line)
        wanted = [{"extra": extra} for extra in ("", *extras)]
        if requirement.marker is None or any(requirement.marker.evaluate(environment) for environment in wanted):
            yield requirement


def test_the_pins_of_a_tv_are_those_of_the_app_with_pygame_ce_and_without_the_demo() -> None:
    kiosk, app = pinned("kiosk.txt"), pinned("app.txt")
    assert set(app) - set(kiosk) == DEMO_ONLY | {"pygame"}
    assert set(kiosk) <= set(app)
    assert kiosk.pop("pygame-ce") == pinned("pygame-ce.txt")["pygame-ce"]
    assert {name: block for name, block in kiosk.items() if app[name] != block} == {}


def test_the_pins_of_a_tv_are_all_that_the_app_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    kiosk = set(pinned("kiosk.txt"))
    lines = [*project["dependencies"], *project["optional-dependencies"]["metrics"]]
    waiting = [Requirement(line) for line in lines if not line.startswith("pygame")]
    seen: set[str] = {"pygame-ce"}
    while waiting:
        requirement = waiting.pop()
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if name not in seen:
            seen.add(name)
            waiting += needs(name, frozenset(requirement.extras))
    # What other systems and older Pythons need is pinned, but not installed here.
    assert seen <= kiosk
    assert kiosk - seen <= {"colorama", "typing-extensions"}


def test_pins_are_chosen_for_the_python_of_the_package_whatever_python_chooses_them() -> None:
    text = (PINS / "kiosk.txt").read_text(encoding="utf-8")
    for python, numpy in (("3.11", "2.4"), ("3.13", "2.5")):
        chosen = {pin.name: pin for pin in pins_for(text, python)}
        assert chosen["numpy"].requirement.startswith(f"numpy=={numpy}.")
        assert len(chosen["numpy"].hashes) > 10
        assert "colorama" not in chosen
        assert {"typing-extensions", "pygame-ce", "cffi"} <= set(chosen)


def test_the_tree_has_no_tests_and_headers_but_every_module() -> None:
    for name in (
        "numpy/tests/test_lazyloading.py",
        "numpy/_core/include/numpy/arrayobject.h",
        "numpy/__init__.pyi",
        "pygame/examples/data/alien1.gif",
        "PIL/_avif.cpython-311-x86_64-linux-gnu.so",
    ):
        assert is_pruned(name), name
    for name in (
        "numpy/testing/__init__.py",
        "pygame/font.cpython-311-x86_64-linux-gnu.so",
        "pygame_ce.libs/libSDL2-2-50d19f93.0.so.0.3200.10",
        "PIL/_webp.cpython-311-x86_64-linux-gnu.so",
        "certifi/cacert.pem",
        "shapely-2.2.0.dist-info/licenses/LICENSE.txt",
    ):
        assert not is_pruned(name), name


@pytest.mark.process
def test_byte_code_of_the_tree_is_taken_without_a_look_at_its_source(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("VALUE = 1\n", encoding="utf-8")
    compile_tree(tmp_path, "/usr/lib/tvapp")
    (tmp_path / "module.py").write_text("VALUE = 2\n", encoding="utf-8")
    code = "import module; print(module.VALUE, module.__loader__.get_code('module').co_filename)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "1"


def test_the_service_keeps_keys_from_the_console_and_is_never_given_up() -> None:
    unit = settings(KIOSK / "tvapp.service")
    wanted = {
        "Type": "notify",
        "User": "tv",
        "StandardInput": "tty-force",
        "StandardOutput": "journal",
        "StandardError": "journal",
        "TTYPath": "/dev/tty7",
        "TTYReset": "yes",
        "TTYVHangup": "yes",
        "TTYVTDisallocate": "yes",
        "Restart": "always",
        "StartLimitIntervalSec": "0",
        "WatchdogSec": "60",
        "MemoryMax": "1G",
        "LimitCORE": "0",
        "CapabilityBoundingSet": "",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "LoadCredential": "tvapp:/etc/tvapp/credentials",
        "WantedBy": "multi-user.target",
    }
    assert {name: unit.get(name) for name in wanted} == {name: [value] for name, value in wanted.items()}
    assert "RestartPreventExitStatus" not in unit
    assert "chvt 7" in unit["ExecStartPre"][0]
    assert "tvapp-console@%p.service" in unit["Wants"]
    assert {"plymouth-quit.service", "systemd-user-sessions.service"} <= set(unit["After"][0].split())
    assert "Conflicts" not in unit, (
        "a conflict with a display manager would stop it before the conditions are looked at"
    )


def test_under_wayland_the_service_differs_in_how_it_gets_the_screen_and_in_nothing_else() -> None:
    console, wayland = settings(KIOSK / "tvapp.service"), settings(DEBIAN / "tvapp-cage.service")
    screen = {"Description", "After", "Conflicts", "NotifyAccess", "Environment", "ExecStart", "Wants"}
    seat = {"ConditionFileIsExecutable", "RuntimeDirectory", "RuntimeDirectoryMode"}
    assert set(console) | screen | seat == set(wayland)
    assert {name for name in set(console) - screen if console[name] != wayland[name]} == set()
    command = console["ExecStart"][0].partition(" -m tvapp ")[2]
    # The watchdog is the app's, not the compositor's, although it is the latter that systemd started.
    assert wayland["ExecStart"] == [f"/usr/bin/cage -- /usr/bin/env -u WATCHDOG_PID /usr/bin/tvapp {command}"]


def test_a_stop_gives_the_screen_back_by_a_unit_that_is_stopped_with_the_service_whatever_state_that_is_in() -> None:
    wayland, unit = settings(DEBIAN / "tvapp-cage.service"), settings(DEBIAN / "tvapp-console@.service")
    assert set(wayland["Wants"]) == {"seatd.service", *settings(KIOSK / "tvapp.service")["Wants"]}
    assert unit["PartOf"] == ["%i.service"]
    assert unit["Before"] == ["tvapp.service tvapp-cage.service"]
    assert unit["RemainAfterExit"] == ["yes"]
    assert "chvt 1" in unit["ExecStop"][0]
    conditions = [name for name in wayland if name.startswith("ConditionPath")]
    assert {name: unit[name] for name in conditions} == {name: wayland[name] for name in conditions}


@pytest.mark.parametrize("unit", [KIOSK / "tvapp.service", DEBIAN / "tvapp-cage.service"], ids=lambda unit: unit.name)
def test_devices_whose_driver_is_loaded_after_the_service_has_started_may_be_opened(unit: Path) -> None:
    # systemd looks the numbers of a kind of devices up when it starts a service; these two kinds come with a module.
    loaded = "modprobe@drm.service modprobe@cec.service"
    assert loaded in settings(unit)["Wants"]
    assert loaded in settings(unit)["After"]
    assert {"char-drm rw", "char-cec rw"} <= set(settings(unit)["DeviceAllow"])


def test_the_user_of_the_service_has_no_shell_and_the_groups_of_screen_and_remote() -> None:
    lines = (DEBIAN / "tvapp.sysusers").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if not line.startswith("#")]
    assert rules[0].startswith("u tv - ")
    assert rules[0].endswith(" /var/lib/tvapp /usr/sbin/nologin")
    assert set(rules[1:]) == {
        f"m tv {group}" for group in settings(KIOSK / "tvapp.service")["SupplementaryGroups"][0].split()
    }


def test_the_configuration_is_made_once_and_is_private() -> None:
    rules = [line.split() for line in (DEBIAN / "tvapp.tmpfiles").read_text(encoding="utf-8").splitlines()]
    by_path = {rule[1]: (rule[0], *rule[2:5]) for rule in rules if rule[0] != "#"}
    # "C" copies only where there is no such file.
    assert by_path["/etc/tvapp/config.toml"] == ("C", "0640", "root", "tv")
    assert by_path["/etc/tvapp/credentials"] == ("d", "0700", "root", "root")
    assert by_path["/var/lib/tvapp"] == ("d", "0700", "tv", "tv")


@pytest.mark.process
def test_the_launcher_sees_no_module_of_the_user_or_of_the_environment(tmp_path: Path) -> None:
    for name in ("tvapp.py", "argparse.py", "sitecustomize.py"):
        (tmp_path / name).write_text("raise SystemExit('another module')\n", encoding="utf-8")
    launcher = (DEBIAN / "launcher").read_text(encoding="utf-8")
    assert launcher.startswith("#!/usr/bin/python3 -IS\n")
    script = tmp_path / "launcher"
    script.write_text(launcher.replace("/usr/lib/tvapp", str(ROOT)), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "tvapp.py")}
    command = [sys.executable, "-IS", str(script), "version"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("tvapp "), done.stderr
