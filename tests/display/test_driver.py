"""Which renderer is chosen, and the parts of drawing that are plain arithmetic."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tvapp.core.assets import asset
from tvapp.display.cmap import coverage
from tvapp.display.driver import choose_renderer, expected_driver, has_gpu
from tvapp.display.glyphs import FONT_FILES, SURELY_COVERED
from tvapp.display.lines import TOLERANCE_PX, clip_segment, strokes, thin_out
from tvapp.display.lru_cache import LruCache
from tvapp.display.shapes import corner_pixels

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


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 60)), max_size=60))
def test_a_bounded_store_never_grows_beyond_its_limit(asked: list[tuple[int, int]]) -> None:
    kept: LruCache[int, str] = LruCache(100)
    sizes: dict[int, int] = {}
    for key, size in asked:
        size = sizes.setdefault(key, size)
        assert kept.get(key, lambda key=key, size=size: (str(key), size)) == str(key)  # type: ignore[misc]
        assert kept.size_bytes <= 100
    assert kept.hits + kept.misses == len(asked)


def test_the_least_recently_used_goes_first() -> None:
    kept: LruCache[str, str] = LruCache(2)
    for key in "abac":
        kept.get(key, lambda key=key: (key, 1))  # type: ignore[misc]
    kept.get("a", lambda: ("made again", 1))
    assert (kept.hits, kept.misses) == (2, 3)


@pytest.mark.parametrize("face", ["sans", "bold", "mono"])
def test_our_fonts_have_the_letters_that_are_never_looked_up(face: str) -> None:
    path = asset(FONT_FILES[face])  # type: ignore[index]
    covered = coverage(path)
    printable = [chr(code) for code in range(0x20, ord(SURELY_COVERED) + 1) if chr(code).isprintable()]
    missing = [character for character in printable if character not in covered]
    assert missing == []
    assert "漢" not in covered


def test_a_file_that_is_no_font_covers_nothing(tmp_path: Path) -> None:
    for content in (b"", b"not a font", b"\0\1\0\0\xff\xff" + b"\0" * 6 + b"cmap" * 40, b"ttcf\0\0\0\0"):
        path = tmp_path / "font.ttf"
        path.write_bytes(content)
        assert "a" not in coverage(path)
    assert "a" not in coverage(tmp_path / "missing.ttf")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=400))
def test_no_bytes_upset_the_font_reader(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "font.ttf"
    path.write_bytes(b"\0\1\0\0\0\1" + b"\0" * 6 + b"cmap" + b"\0" * 7 + b"\x1c\0\0\0\0" + content)
    assert isinstance("a" in coverage(path), bool)


@pytest.mark.parametrize("radius", [1, 2, 5, 24, 80])
def test_a_corner_covers_a_quarter_of_a_disc(radius: int) -> None:
    opacity = corner_pixels(radius)[3::4]
    assert sum(opacity) / 255 == pytest.approx(3.14159 / 4 * radius * radius, rel=0.05, abs=0.6)


def test_the_colour_of_a_corner_is_white_everywhere() -> None:
    pixels = corner_pixels(12, 3)
    assert set(pixels[0::4]) | set(pixels[1::4]) | set(pixels[2::4]) == {255}


points = st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000))


@given(points, points)
def test_a_clipped_line_stays_on_the_screen_and_on_the_line(a: tuple[float, float], b: tuple[float, float]) -> None:
    cut = clip_segment((*a, *b), 1920, 1080, 10)
    if cut is None:
        return
    for x, y in (cut[:2], cut[2:]):
        assert -10.01 <= x <= 1930.01
        assert -10.01 <= y <= 1090.01
        across = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
        assert abs(across) <= 1e-3 * (1 + abs(b[0] - a[0]) + abs(b[1] - a[1]))


@given(points, points, st.floats(1, 20))
def test_a_thick_line_is_a_bounded_number_of_thin_ones(
    a: tuple[float, float], b: tuple[float, float], thickness: float
) -> None:
    full, edges = strokes((*a, *b), thickness)
    assert 1 <= len(full) <= thickness * 1.5 + 1
    assert len(edges) in (0, 2)


@given(st.floats(20, 3000), st.integers(30, 2000))
def test_a_circle_of_many_points_is_drawn_with_few_and_looks_the_same(radius: float, count: int) -> None:
    circle = [
        (radius * math.cos(math.tau * k / count), radius * math.sin(math.tau * k / count)) for k in range(count + 1)
    ]
    kept = thin_out(circle)
    assert len(kept) <= min(count + 1, 7 * math.sqrt(radius) + 8)
    for (x0, y0), (x1, y1) in pairwise(kept):
        middle = math.hypot((x0 + x1) / 2, (y0 + y1) / 2)
        assert radius - middle <= TOLERANCE_PX + radius * (1 - math.cos(math.pi / count))


def test_corners_stay() -> None:
    square = [(0.0, 0.0), (50.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0), (0.0, 0.0)]
    assert thin_out(square) == [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0), (0.0, 0.0)]


@given(st.lists(points, max_size=40))
def test_thinning_keeps_the_ends(line: list[tuple[float, float]]) -> None:
    kept = thin_out(line)
    assert len(kept) <= max(len(line), 0)
    if line:
        assert kept[0] == line[0]
        assert kept[-1] == line[-1] or len(line) == 1
