"""What SDL lacks for a video driver is named with its remedy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

import tvapp.display.libraries as libraries
from scripts.tvbox_rig.base import DEPENDENCIES
from tests.cloud import ROOT
from tvapp.display.libraries import LIBRARIES, MESA, built_in_drivers, can_load, has_gpu_drivers, missing_for
from tvapp.display.sdl import pygame

BUILT_IN = ("x11", "wayland", "kmsdrm", "dummy")


def lack(driver: str, *absent: str, built_in: Sequence[str] = BUILT_IN, drives_cards: bool = True) -> str:
    """Return what is missing on a machine without some libraries."""
    return missing_for(
        driver, built_in=lambda: built_in, loads=lambda name: name not in absent, drives_cards=lambda: drives_cards
    )


def test_sdl_tells_what_it_was_built_with() -> None:
    drivers = built_in_drivers()
    assert {"x11", "dummy"} <= set(drivers)
    # The wheels of pygame have no KMS/DRM, those of pygame-ce have.
    assert ("kmsdrm" in drivers) == bool(getattr(pygame, "IS_CE", False))


def test_a_pygame_without_the_driver_names_the_one_that_has_it() -> None:
    found, _, remedy = lack("kmsdrm", built_in=("x11", "dummy")).partition(": ")
    assert found == "pygame draws only on x11, dummy here, not on kmsdrm"
    assert remedy == "install pygame-ce in the place of pygame"
    assert lack("nonsense").endswith("change SDL_VIDEODRIVER")


def test_an_sdl_that_cannot_be_asked_is_not_accused() -> None:
    assert lack("kmsdrm", built_in=()) == ""


@pytest.mark.parametrize("driver", sorted(LIBRARIES))
def test_each_missing_library_is_named_with_its_package(driver: str) -> None:
    assert lack(driver) == ""
    for library in LIBRARIES[driver]:
        assert lack(driver, library.name) == (
            f"libraries of the system are missing ({library.name}): apt-get install {library.package}"
        )


def test_all_packages_that_are_missing_are_named_at_once() -> None:
    assert lack("kmsdrm", "libgbm.so.1", "libEGL.so.1").endswith("apt-get install libgbm1 libegl1")


def test_the_console_needs_drivers_for_graphics_cards_too() -> None:
    assert lack("kmsdrm", drives_cards=False).endswith("apt-get install libgl1-mesa-dri")
    assert lack("x11", drives_cards=False) == ""


def test_a_library_is_tried() -> None:
    assert can_load("libc.so.6")
    assert not can_load("libno-such-thing.so.1")


@pytest.mark.parametrize(
    ("file", "is_there"),
    [("dri/swrast_dri.so", True), ("gbm/nvidia-drm_gbm.so", True), ("dri/readme.txt", False), ("swrast_dri.so", False)],
)
def test_drivers_for_graphics_cards_lie_beside_libgbm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, *, is_there: bool
) -> None:
    for name in ("LIBGL_DRIVERS_PATH", "GBM_BACKENDS_PATH"):
        monkeypatch.delenv(name, raising=False)
    maps = tmp_path / "maps"
    monkeypatch.setattr(libraries, "MAPS", maps)
    maps.write_text("7f1-7f2 r-xp 00000000 08:01 42 /usr/lib/libc.so.6\n")
    assert has_gpu_drivers(), "libgbm is not loaded, so nothing is known"
    maps.write_text(f"7f1-7f2 r-xp 00000000 08:01 42     {tmp_path}/libgbm.so.1.0.0\n7f3-7f4 rw-p 00000000 00:00 0\n")
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    assert has_gpu_drivers() is is_there


def test_what_a_console_needs_is_installed_in_every_way_that_is_described() -> None:
    wanted = {MESA, *(library.package for library in LIBRARIES["kmsdrm"])}
    kiosk = ROOT / "scripts" / "kiosk"
    depends = re.search(r"^Depends:(.*?)^\S", (kiosk / "debian" / "control").read_text(), re.MULTILINE | re.DOTALL)
    assert depends is not None
    by_package = {entry.split()[0] for entry in depends[1].split(",")}
    (by_hand,) = [
        line for line in (kiosk / "README.md").read_text().splitlines() if "apt-get install" in line and MESA in line
    ]
    in_the_box = set(DEPENDENCIES.split(","))
    assert wanted <= by_package
    assert wanted <= set(by_hand.split())
    assert wanted <= in_the_box <= by_package
