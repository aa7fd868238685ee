"""Which renderer is chosen, for the hardware and the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from tvapp.display.driver import choose_renderer, expected_driver, has_gpu

X11 = {"DISPLAY": ":0"}


def test_x11_without_a_gpu_uses_plain_software_drawing() -> None:
    choice = choose_renderer("auto", X11, gpu=False)
    assert choice.environment == {"SDL_FRAMEBUFFER_ACCELERATION": "0"}
    assert not choice.accelerated


def test_a_gpu_is_used_where_there_is_one() -> None:
    choice = choose_renderer("auto", X11, gpu=True)
    assert choice.environment == {"SDL_RENDER_SCALE_QUALITY": "linear", "SDL_FRAMEBUFFER_ACCELERATION": "0"}
    assert (choice.accelerated, choice.reason) == (True, "GPU found")


def test_the_configuration_wins_over_what_is_there() -> None:
    assert not choose_renderer("software", X11, gpu=True).accelerated
    assert choose_renderer("accelerated", X11, gpu=False).accelerated


def test_the_environment_wins_over_the_configuration() -> None:
    choice = choose_renderer("software", {**X11, "SDL_RENDER_DRIVER": "opengles2"}, gpu=False)
    assert (choice.accelerated, choice.reason) == (True, "SDL_RENDER_DRIVER is opengles2")
    assert not choose_renderer("accelerated", {**X11, "SDL_RENDER_DRIVER": "software"}, gpu=True).accelerated


def test_the_dummy_driver_never_asks_for_a_gpu() -> None:
    assert not choose_renderer("auto", {"SDL_VIDEODRIVER": "dummy"}, gpu=True).accelerated


def test_wayland_keeps_its_only_way_to_show_a_picture() -> None:
    choice = choose_renderer("auto", {"WAYLAND_DISPLAY": "wayland-0"}, gpu=False)
    assert "SDL_FRAMEBUFFER_ACCELERATION" not in choice.environment


@pytest.mark.parametrize(
    ("environ", "driver"),
    [
        (X11, "x11"),
        ({**X11, "WAYLAND_DISPLAY": "w"}, "x11"),
        ({"WAYLAND_DISPLAY": "w"}, "wayland"),
        ({}, "kmsdrm"),
        ({"SDL_VIDEODRIVER": "wayland,x11", **X11}, "wayland"),
    ],
)
def test_the_video_driver_is_guessed_as_sdl_chooses_it(environ: dict[str, str], driver: str) -> None:
    assert expected_driver(environ) == driver


def test_on_the_console_frames_go_through_opengl_es_also_without_a_gpu() -> None:
    choice = choose_renderer("auto", {}, gpu=False)
    assert choice.accelerated
    assert choice.reason == "no GPU, and kmsdrm draws through opengles2"
    software = choose_renderer("software", {}, gpu=True)
    assert not software.accelerated
    assert software.environment == {"SDL_FRAMEBUFFER_ACCELERATION": "opengles2"}


def test_the_case_of_a_driver_s_name_does_not_matter() -> None:
    assert expected_driver({"SDL_VIDEODRIVER": "KMSDRM"}) == "kmsdrm"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    (tmp_path / "dri").mkdir()
    return tmp_path


def add_card(machine: Path, driver: str, features: str | None = None, node: str = "renderD128") -> None:
    """Add a render node of a driver of the kernel, with the feature bits of a virtio device."""
    (machine / "dri" / node).touch()
    device = machine / "drm" / node / "device"
    device.mkdir(parents=True)
    drivers = machine / "drivers" / driver
    drivers.mkdir(parents=True, exist_ok=True)
    (device / "driver").symlink_to(drivers)
    if features is not None:  # as below a card on a PCI bus
        (device / "virtio0").mkdir()
        (device / "virtio0" / "features").write_text(features + "\n")


def found(machine: Path) -> bool:
    return has_gpu(machine / "dri", machine / "drm")


def test_a_gpu_is_a_render_node(machine: Path) -> None:
    assert not has_gpu(machine / "missing")
    (machine / "dri" / "card0").touch()
    assert not found(machine)
    add_card(machine, "i915")
    assert found(machine)


@pytest.mark.parametrize(("features", "is_gpu"), [("01" + "0" * 62, False), ("11" + "0" * 62, True)])
def test_a_virtio_card_is_a_gpu_only_where_its_host_draws_in_3d(machine: Path, features: str, *, is_gpu: bool) -> None:
    add_card(machine, "virtio_gpu", features)
    assert found(machine) is is_gpu


def test_a_render_node_without_hardware_is_no_gpu_and_hides_none(machine: Path) -> None:
    add_card(machine, "vgem")
    assert not found(machine)
    add_card(machine, "amdgpu", node="renderD129")
    assert found(machine)
