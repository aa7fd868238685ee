"""Every way to draw, looked at on SDL's dummy driver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pygame
import pytest

from tests.display.pixels import at, near, opened, plain, shot
from tvapp.core.image import Image, PixelRect
from tvapp.display import textures
from tvapp.display.sdl import Renderer, Texture
from tvapp.display.window import Display
from tvapp.ui.canvas import Canvas, Color, Rect, TextStyle

WHITE = Color(255, 255, 255)
RED = Color(255, 0, 0)


@pytest.fixture
def display() -> Iterator[Display]:
    with opened() as display:
        yield display


def test_it_is_the_canvas_that_screens_draw_on(display: Display) -> None:
    canvas: Canvas = display.canvas
    assert (canvas.width, canvas.height, canvas.scale) == (1920, 1080, 1)


@pytest.mark.parametrize(
    ("size", "design", "scale"),
    [((1280, 720), (1920, 1080), 2 / 3), ((3840, 2160), (1920, 1080), 2), ((1920, 1200), (1920, 1200), 1)],
)
def test_the_canvas_is_at_least_1920_by_1080_design_pixels(
    size: tuple[int, int], design: tuple[int, int], scale: float
) -> None:
    with opened(*size) as display:
        canvas = display.canvas
        assert (canvas.width, canvas.height, canvas.scale) == pytest.approx((*design, scale))


def test_a_frame_starts_black(display: Display) -> None:
    assert at(display, 5, 5) == (0, 0, 0)


@pytest.mark.parametrize(
    "first", [Rect(0, 0, 1920, 1080), Rect(0, 0, 1919, 1080), Rect(1, 0, 1919, 1080), Rect(-9, -9, 1940, 1100)]
)
@pytest.mark.parametrize("clip", [None, Rect(0, 0, 1000, 1000), Rect(5, 5, 4000, 4000)])
@pytest.mark.parametrize("color", [RED, Color(255, 0, 0, 0)])
def test_nothing_of_the_last_frame_is_left(display: Display, first: Rect, clip: Rect | None, color: Color) -> None:
    canvas = display.canvas
    for _ in range(2):
        canvas.begin()
        canvas.fill(Rect(0, 0, 1920, 1080), Color(0, 255, 0))
    canvas.begin()
    canvas.clip(clip)
    canvas.fill(first, color)
    canvas.clip(None)
    picture = shot(display)
    colors = {picture.rgb((x, y)) for x in (0, 3, 960, 1919) for y in (0, 3, 540, 1079)}
    assert colors <= {(0, 0, 0), (255, 0, 0)}


def test_a_box_is_filled_up_to_its_edges_and_no_further(display: Display) -> None:
    display.canvas.fill(Rect(100, 200, 50, 60), RED)
    picture = shot(display)
    inside = [picture.rgb(point) for point in ((100, 200), (149, 259))]
    outside = [picture.rgb(point) for point in ((99, 200), (150, 230), (120, 199), (120, 260))]
    assert inside == [(255, 0, 0)] * 2
    assert outside == [(0, 0, 0)] * 4


@pytest.mark.parametrize("side", [40, 900])
def test_a_translucent_box_blends_whether_small_or_large(display: Display, side: int) -> None:
    display.canvas.fill(Rect(0, 0, 1920, 1080), Color(0, 0, 200))
    display.canvas.fill(Rect(10, 10, side, side), Color(255, 255, 255, 128))
    for point in ((10, 10), (10 + side - 1, 10 + side - 1)):
        assert near(at(display, *point), (128, 128, 227), 4)
    assert at(display, 10 + side, 10) == (0, 0, 200)


def test_boxes_that_touch_in_design_pixels_touch_on_a_small_screen() -> None:
    with opened(1280, 720) as display:
        for index in range(300):
            display.canvas.fill(Rect(index * 6.4, 0, 6.4, 100), WHITE)
        picture = shot(display)
        assert all(picture.rgb((x, 10)) == (255, 255, 255) for x in range(1280))


def test_a_panel_has_smooth_round_corners(display: Display) -> None:
    display.canvas.panel(Rect(100, 100, 400, 300), WHITE, 40)
    assert at(display, 100, 100) == (0, 0, 0)
    assert at(display, 300, 100) == (255, 255, 255)
    assert at(display, 100, 250) == (255, 255, 255)
    assert at(display, 499, 399) == (0, 0, 0)
    picture = shot(display)
    row = [picture.rgb((x, 105))[0] for x in range(100, 140)]
    assert any(20 < value < 235 for value in row)
    assert row == sorted(row)


def test_the_four_corners_of_a_panel_are_mirror_images(display: Display) -> None:
    display.canvas.panel(Rect(100, 100, 200, 200), WHITE, 50)
    picture = shot(display)
    for x, y in ((3, 20), (10, 14), (25, 4)):
        values = {picture.rgb((a, b))[0] for a in (100 + x, 299 - x) for b in (100 + y, 299 - y)}
        assert len(values) == 1


def test_a_translucent_panel_is_even_from_its_corners_to_its_middle(display: Display) -> None:
    display.canvas.fill(Rect(0, 0, 1920, 1080), Color(0, 100, 0))
    display.canvas.panel(Rect(100, 100, 800, 600), Color(200, 200, 200, 180), 40)
    middle = at(display, 500, 400)
    assert near(middle, (141, 171, 141), 4)
    for point in ((125, 125), (141, 101), (101, 141), (870, 670)):
        assert near(at(display, *point), middle, 4)


def test_a_ring_leaves_its_inside_alone(display: Display) -> None:
    display.canvas.ring(Rect(100, 100, 300, 200), Color(255, 200, 0), 6, 24)
    for point in ((250, 100), (250, 105), (100, 200), (105, 200), (399, 200), (250, 299)):
        assert near(at(display, *point), (255, 200, 0))
    for point in ((250, 106), (106, 200), (250, 200), (100, 100)):
        assert at(display, *point) == (0, 0, 0)


def test_a_ring_around_hardly_anything_is_a_box(display: Display) -> None:
    display.canvas.ring(Rect(10, 10, 6, 6), WHITE, 4, 2)
    assert at(display, 12, 12) == (255, 255, 255)


def test_text_is_where_its_anchor_says(display: Display) -> None:
    style = TextStyle(40, WHITE, "bold")
    width, height = display.canvas.measure("Harbour", style)
    display.canvas.text("Harbour", 500, 100, style)
    display.canvas.text("Harbour", 500, 200, style, "center")
    display.canvas.text("Harbour", 500, 300, style, "right")
    picture = shot(display)
    left, center, right = (picture.lit((0, y, 1920, 90)) for y in (100, 200, 300))
    assert 500 <= left.left <= 508
    assert left.right <= 500 + width + 1
    assert abs(center.centerx - 500) <= 4
    assert 490 <= right.right <= 501
    assert left.top >= 100
    assert left.bottom <= 100 + height


def test_text_is_as_wide_as_measured_on_every_screen() -> None:
    for size in ((1280, 720), (1920, 1080), (3840, 2160)):
        with opened(*size) as display:
            width, _ = display.canvas.measure("Construction site 12", TextStyle(30, WHITE))
            assert width == pytest.approx(268, rel=0.03)


def test_fading_text_is_drawn_once_and_made_transparent(display: Display) -> None:
    for opacity in range(5, 255, 10):
        display.canvas.text("Depot", 100, 100, TextStyle(60, WHITE.faded(opacity / 255)))
    assert display.canvas._text_cache.lines == 1


def test_a_halo_surrounds_the_letters(display: Display) -> None:
    display.canvas.fill(Rect(0, 0, 1920, 1080), Color(60, 60, 60))
    display.canvas.text("I", 500, 500, TextStyle(80, Color(0, 0, 0), "bold", halo=WHITE))
    picture = shot(display)
    row = [picture.rgb((x, 550))[0] for x in range(480, 560)]
    letter = row.index(min(row))
    assert min(row) < 10
    assert max(row[:letter]) > 240
    assert max(row[letter:]) > 240


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\0",
        "a\0b",
        "two\nlines",
        "\ud800",
        "\u202eabc",
        "x" * 100_000,
        "漢字",
        "🚀",
        "e\u0301",
        "שלום",
        "\ufffe",
    ],
)
def test_no_text_is_too_odd_to_be_drawn(display: Display, text: str) -> None:
    style = TextStyle(30, WHITE, halo=Color(0, 0, 0))
    display.canvas.text(text, 10, 10, style)
    width, height = display.canvas.measure(text, style)
    assert width >= 0
    assert height > 0


def test_kept_text_is_bounded(display: Display) -> None:
    for number in range(400):
        display.canvas.text(f"Geofence number {number} with a rather long name", 0, 0, TextStyle(96, WHITE))
    width, height = display.size
    assert 0 < display.canvas._text_cache.size_bytes <= max(2 << 20, 3 * width * height)
    assert display.canvas._text_cache.lines < 400


def test_a_tile_is_drawn_pixel_by_pixel(display: Display) -> None:
    pixels = bytes(byte for y in range(64) for x in range(64) for byte in (x * 4, y * 4, 7, 255))
    display.canvas.upload("t", Image(64, 64, pixels, opaque=True))
    display.canvas.quad("t", PixelRect(100, 50, 64, 64))
    assert at(display, 100, 50) == (7, 0, 0)
    assert at(display, 163, 113) == (7, 252, 252)
    assert at(display, 110, 70) == (7, 80, 40)


def test_a_part_of_a_tile_is_stretched(display: Display) -> None:
    left_half = bytes((0, 0, 255, 255)) * 32 + bytes((255, 0, 0, 255)) * 32
    display.canvas.upload("t", Image(64, 64, left_half * 64, opaque=True))
    display.canvas.quad("t", PixelRect(0, 0, 512, 512), PixelRect(32, 0, 16, 16))
    assert {at(display, x, y) for x in (0, 256, 511) for y in (0, 511)} == {(0, 0, 255)}


@pytest.mark.parametrize("size", [64, 512])
@pytest.mark.parametrize("alpha", [255, 128, 0])
@pytest.mark.parametrize("opaque", [True, False])
def test_tiles_fade(display: Display, size: int, alpha: int, opaque: bool) -> None:
    display.canvas.fill(Rect(0, 0, 1920, 1080), Color(0, 0, 255))
    image = plain(size, size, (255, 0, 0, 255))
    display.canvas.upload("t", Image(size, size, image.pixels, opaque=opaque))
    display.canvas.quad("t", PixelRect(0, 0, size, size), alpha=alpha)
    assert near(at(display, size // 2, size // 2), (alpha, 0, 255 - alpha), 3)
    display.canvas.quad("t", PixelRect(0, 0, size, size))
    assert at(display, size // 2, size // 2) == (255, 0, 0)


def test_a_transparent_tile_shows_what_is_below(display: Display) -> None:
    display.canvas.fill(Rect(0, 0, 1920, 1080), Color(0, 0, 200))
    display.canvas.upload("t", plain(512, 512, (200, 0, 0, 0)))
    display.canvas.quad("t", PixelRect(0, 0, 512, 512))
    assert at(display, 100, 100) == (0, 0, 200)


def test_a_picture_is_replaced_and_released(display: Display) -> None:
    canvas = display.canvas
    for number in range(20):
        canvas.upload("t", plain(512, 512, (number * 10, 0, 0, 255)))
        canvas.quad("t", PixelRect(0, 0, 512, 512))
        assert at(display, 0, 0) == (number * 10, 0, 0)
    assert canvas.textures.size_bytes == 512 * 512 * 4
    canvas.release("t")
    canvas.release("t")
    assert not canvas.has("t")
    assert canvas.textures.size_bytes == 0


@pytest.mark.parametrize("size", [512, 341])
def test_a_texture_that_is_used_again_forgets_how_it_was_drawn(display: Display, size: int) -> None:
    canvas = display.canvas
    canvas.compose("cell", size, Color(0, 0, 0), ())
    canvas.upload("a", plain(size, size, (255, 0, 0, 255)))
    canvas.quad("a", PixelRect(0, 0, size, size), alpha=30)
    canvas.release("a")
    canvas.upload("b", plain(size, size, (0, 255, 0, 255)))
    canvas.quad("b", PixelRect(0, 0, size, size))
    assert at(display, 9, 9) == (0, 255, 0)


def test_cells_and_tiles_of_any_size_that_come_and_go_use_the_same_textures(
    display: Display, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas = display.canvas
    made: list[tuple[int, int]] = []
    make = Texture.from_surface

    class Counting:
        def __call__(self, *arguments: Any, **named: Any) -> object:
            return Texture(*arguments, **named)

        def from_surface(self, renderer: Renderer, surface: pygame.Surface) -> object:
            made.append(surface.get_size())
            return make(renderer, surface)

    monkeypatch.setattr(textures, "Texture", Counting())
    for number in range(8):
        for size in (341, 512):
            canvas.upload(size, plain(size, size, (number, 0, 0, 255)))
        canvas.compose("cell", 341, Color(0, 0, 0), ((341, PixelRect(0, 0, 341, 341), None, 255),))
    assert sorted(set(made)) == [(341, 341), (512, 512)]
    before = len(made)
    for number in range(8):
        canvas.upload(341, plain(341, 341, (number, 0, 0, 255)))
        canvas.compose("cell", 341, Color(0, 0, 0), ((341, PixelRect(0, 0, 341, 341), None, 255),))
    assert len(made) == before


def test_what_is_not_there_is_not_drawn(display: Display) -> None:
    display.canvas.quad("nothing", PixelRect(0, 0, 512, 512))
    assert at(display, 9, 9) == (0, 0, 0)


def test_a_clip_cuts_everything_and_moves_nothing(display: Display) -> None:
    canvas = display.canvas
    canvas.upload("t", plain(512, 512, (0, 0, 255, 255)))
    canvas.clip(Rect(100, 100, 200, 100))
    canvas.fill(Rect(0, 0, 1920, 1080), RED)
    canvas.quad("t", PixelRect(250, 150, 512, 512))
    canvas.clip(None)
    picture = shot(display)
    expected = {
        (99, 100): (0, 0, 0),
        (100, 100): (255, 0, 0),
        (249, 149): (255, 0, 0),
        (250, 150): (0, 0, 255),
        (299, 199): (0, 0, 255),
        (300, 199): (0, 0, 0),
        (299, 200): (0, 0, 0),
    }
    assert {point: picture.rgb(point) for point in expected} == expected


def test_a_clip_of_nothing_hides_everything_until_it_is_taken_away(display: Display) -> None:
    canvas = display.canvas
    for box in (Rect(100, 100, 0, 0), Rect(-50, 0, 20, 20), Rect(3000, 0, 10, 10)):
        canvas.clip(box)
        canvas.fill(Rect(0, 0, 1920, 1080), RED)
        canvas.panel(Rect(0, 0, 500, 500), RED, 30)
        canvas.text("hidden", 100, 100, TextStyle(40, WHITE))
        canvas.polyline([(0, 0), (1900, 1000)], RED, 4)
    assert shot(display).lit((0, 0, 1920, 1080), 10).size == (0, 0)
    canvas.clip(None)
    canvas.fill(Rect(0, 0, 10, 10), RED)
    assert at(display, 0, 0) == (255, 0, 0)


@pytest.mark.parametrize("end", [(500, 100), (100, 500), (400, 400), (500, 130), (130, 500)])
def test_a_thick_line_is_as_thick_as_asked_in_every_direction(display: Display, end: tuple[int, int]) -> None:
    display.canvas.polyline([(100, 100), end], WHITE, 8)
    picture = shot(display)
    dx, dy = end[0] - 100, end[1] - 100
    length = (dx * dx + dy * dy) ** 0.5
    middle = (100 + dx / 2, 100 + dy / 2)
    cover = sum(
        picture.rgb((round(middle[0] - dy / length * step / 4), round(middle[1] + dx / length * step / 4)))[0] / 255
        for step in range(-60, 61)
    )
    assert 7 <= cover / 4 <= 9.5


@pytest.mark.parametrize("scale", [0.667, 1.0, 2.0])
@pytest.mark.parametrize("end", [(500, 100), (100, 500), (400, 400), (500, 130), (130, 500), (333, 277)])
def test_the_part_of_a_casing_that_the_line_on_it_hides_is_not_missed(
    display: Display, end: tuple[int, int], scale: float
) -> None:
    pictures = []
    for core in (0.0, 5 * scale):
        display.begin()
        display.canvas.polyline([(100, 100), end], RED, 9 * scale, core)
        display.canvas.polyline([(100, 100), end], WHITE, 5 * scale)
        pictures.append(display.screenshot())
    assert pictures[0] == pictures[1]


def test_a_line_far_outside_costs_nothing_and_a_line_across_is_seen(display: Display) -> None:
    display.canvas.polyline([(-1e7, 540), (1e7, 540)], WHITE, 4)
    display.canvas.polyline([(-1e9, -1e9), (-1e9, 1e9)], WHITE, 4)
    assert at(display, 0, 540) == (255, 255, 255)
    assert at(display, 1919, 540) == (255, 255, 255)
    assert at(display, 960, 560) == (0, 0, 0)


@pytest.mark.parametrize("side", [480, 500, 700])
def test_a_qr_code_has_whole_modules_and_a_quiet_zone(display: Display, side: int) -> None:
    modules = [[(x * y + x) % 3 == 0 for x in range(29)] for y in range(29)]
    used = display.canvas.qr(modules, Rect(100, 100, side, side))
    module = used.w / 37
    assert module == int(module)
    assert used.w <= side < used.w + 37
    picture = shot(display)
    for row in range(-4, 33):
        for column in range(-4, 33):
            is_dark = 0 <= row < 29 and 0 <= column < 29 and modules[row][column]
            for offset in (0.01, 0.99):
                point = (int(used.x + (column + 4 + offset) * module), int(used.y + (row + 4 + offset) * module))
                assert picture.rgb(point) == ((0, 0, 0) if is_dark else (255, 255, 255))


def test_everything_can_be_drawn_again_after_the_textures_were_lost(display: Display) -> None:
    canvas = display.canvas
    for _ in range(2):
        canvas.upload("t", plain(512, 512, (0, 90, 0, 255)))
        canvas.quad("t", PixelRect(0, 0, 512, 512))
        canvas.panel(Rect(50, 50, 300, 200), Color(255, 255, 255, 128), 20)
        canvas.text("Depot", 60, 60, TextStyle(40, RED))
        assert canvas.has("t")
        canvas.forget()
        assert not canvas.has("t")


@pytest.mark.parametrize("size", [512, 200])
def test_pictures_are_put_together_into_one_that_is_opaque(display: Display, size: int) -> None:
    canvas = display.canvas
    canvas.upload("left", plain(100, 100, (10, 20, 30, 255)))
    canvas.upload("veil", plain(50, 50, (255, 0, 0, 128)))
    for _ in range(2):
        drawn = [
            ("left", PixelRect(0, 0, 100, 100), None, 255),
            ("veil", PixelRect(25, 25, 50, 50), None, 255),
            ("gone", PixelRect(0, 0, 9, 9), None, 255),
        ]
        canvas.compose("both", size, Color(0, 0, 255), drawn)
    canvas.begin()
    canvas.quad("both", PixelRect(1000, 500, size, size))
    picture = shot(display)
    assert picture.rgb((1005, 505)) == (10, 20, 30)
    assert near(picture.rgb((1050, 550)), (133, 10, 15))
    assert picture.rgb((1150, 650)) == (0, 0, 255)
    assert picture.rgb((5, 5)) == (0, 0, 0)
    assert picture.rgb((990, 490)) == (0, 0, 0)
    before = canvas.textures.size_bytes
    canvas.release("both")
    assert before - canvas.textures.size_bytes == size * size * 4


def test_what_is_promised_to_be_covered_is_not_cleared(display: Display) -> None:
    canvas = display.canvas
    canvas.upload("t", plain(512, 512, (0, 200, 0, 255)))
    canvas.begin()
    canvas.fill(Rect(0, 0, 1920, 1080), RED)
    canvas.begin()
    canvas.cover()
    canvas.quad("t", PixelRect(0, 0, 512, 512))
    assert at(display, 100, 100) == (0, 200, 0)
    assert at(display, 1000, 1000) == (255, 0, 0)


def test_fonts_of_a_former_screen_size_are_closed() -> None:
    def open_fonts() -> int:
        links = [entry for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
        return sum(str(link.readlink()).endswith(".ttf") for link in links)

    with opened(1280, 720) as display:
        canvas = display.canvas
        before = open_fonts()
        for width in range(400, 1300, 60):
            canvas.resize((width, width * 9 // 16))
            canvas.text("Depot", 0, 0, TextStyle(30, WHITE))
        assert open_fonts() <= before + 1
