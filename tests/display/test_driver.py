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
    assert choice.environment == {"SDL_RENDER_SCALE_QUALITY": "linear"}
    assert (choice.accelerated, choice.reason) == (True, "GPU found")


def test_the_configuration_wins_over_what_is_there() -> None:
    assert not choose_renderer("software", X11, gpu=True).accelerated
    assert choose_renderer("accelerated", X11, gpu=False).accelerated


def test_the_environment_wins_over_the_configuration() -> None:
    choice = choose_renderer("software", {**X11, "SDL_RENDER_DRIVER": "opengles2"}, gpu=False)
    assert (choice.environment, choice.accelerated) == ({}, True)


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


def test_a_gpu_is_a_render_node(tmp_path: Path) -> None:
    assert not has_gpu(tmp_path / "missing")
    (tmp_path / "card0").touch()
    assert not has_gpu(tmp_path)
    (tmp_path / "renderD128").touch()
    assert has_gpu(tmp_path)
