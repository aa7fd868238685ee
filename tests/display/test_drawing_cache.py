"""A drawing that stays the same is shown as textures with the same pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.ui.gallery import SCENES
from tests.ui.pictures import FRAMES, NAMES, display
from tvapp.display import drawing_cache
from tvapp.display.drawing_cache import FRAMES_BEFORE, Box, DrawingCache, opaque_columns
from tvapp.display.window import Display
from tvapp.ui.canvas import Canvas, Color, Paint, Rect, TextStyle
from tvapp.ui.recording import DrawnShape, DrawnText, RecordingCanvas

TOLERANCE = 3
"""Colours of smooth edges are rounded once more in a picture."""

UNTIL_ALL_ARE_MADE = 40
"""Frames until a drawing is cached: one is begun every other frame, and a large outline takes some ten."""

SIZE = (1280, 720)
"""Two thirds of the design: nothing stands on whole pixels by itself, as it does at 1920 x 1080."""

WHITE = Color(255, 255, 255)


@pytest.mark.parametrize("name", NAMES)
def test_a_screen_looks_the_same_when_parts_of_it_are_pictures(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Hashable] = []
    make = DrawingCache.make

    def noted(self: DrawingCache, key: Hashable, box: Box, rect: Rect, draw: Callable[[], object]) -> None:
        made.append(key)
        make(self, key, box, rect, draw)

    monkeypatch.setattr(DrawingCache, "make", noted)
    monkeypatch.setattr(drawing_cache, "FRAMES_BEFORE", FRAMES)
    with display(SIZE) as on:
        scene = SCENES[name](*on.size)
        scene.loads()
        for number in range(FRAMES + UNTIL_ALL_ARE_MADE):
            on.begin()
            scene.draw(on.canvas)
            if number == FRAMES - 1:
                first = _pixels(on)
            on.present()
        last = _pixels(on)
    assert made
    assert np.abs(last - first).max() <= TOLERANCE


def _pixels(on: Display) -> npt.NDArray[np.int16]:
    with Image.open(BytesIO(on.screenshot())) as picture:
        return np.asarray(picture.convert("RGB")).astype(np.int16)


class _Watching(RecordingCanvas):
    """Notes what a painter draws outside of the box that it returns."""

    strays: list[tuple[Paint, object]]

    def draw_cached(self, paint: Paint, *inputs: Hashable, at: tuple[int, int] = (0, 0)) -> Rect:
        before = len(self.items)
        rect = super().draw_cached(paint, *inputs)
        for item in self.items[before:]:
            if not _is_within(item, rect):
                self.strays.append((paint, item))
        return rect


def _is_within(item: DrawnText | DrawnShape, rect: Rect) -> bool:
    box = item.rect
    # The line height of a text is more than its letters are high.
    slack = 6.0 if isinstance(item, DrawnText) else 0.5
    inside = rect.inset(-slack)
    return box.x >= inside.x and box.y >= inside.y and box.right <= inside.right and box.bottom <= inside.bottom


@pytest.mark.parametrize("name", NAMES)
def test_painters_keep_to_the_box_that_they_return(name: str) -> None:
    scene = SCENES[name](1920, 1080)
    scene.loads()
    canvas = _Watching()
    canvas.strays = []
    scene.draw(canvas)
    assert canvas.strays == []


def _paint_square(canvas: Canvas, left: float, color: Color) -> Rect:
    calls.append(left)
    canvas.panel(Rect(left, 100, 80, 80), color, 20)
    canvas.text("Aa", left + 10, 110, TextStyle(30, WHITE))
    return Rect(left, 100, 80, 80)


calls: list[float] = []


def test_what_is_painted_with_the_same_inputs_is_painted_a_few_times_only() -> None:
    calls.clear()
    with display((640, 360)) as on:
        for _ in range(FRAMES_BEFORE + 9):
            on.begin()
            assert on.canvas.draw_cached(_paint_square, 40.0, WHITE) == Rect(40.0, 100, 80, 80)
            on.present()
    assert FRAMES_BEFORE < len(calls) <= FRAMES_BEFORE + 4  # one of them for the picture


def test_other_inputs_are_another_picture() -> None:
    with display((640, 360)) as on:
        for color in (WHITE, Color(255, 0, 0)):
            for _ in range(FRAMES_BEFORE + 2):
                on.begin()
                on.canvas.draw_cached(_paint_square, 40.0, color)
                middle = _pixels(on)[55, 36]
                on.present()
            assert middle.tolist() == list(color[:3])


def test_what_changes_all_the_time_is_never_made_a_picture() -> None:
    calls.clear()
    with display((640, 360)) as on:
        for number in range(2 * FRAMES_BEFORE):
            on.begin()
            on.canvas.draw_cached(_paint_square, number / 4, WHITE)
            on.present()
    assert len(calls) == 2 * FRAMES_BEFORE


def test_pictures_are_made_anew_for_another_size_of_the_screen() -> None:
    with display((640, 360)) as on:
        for _ in range(FRAMES_BEFORE + 2):
            on.begin()
            on.canvas.draw_cached(_paint_square, 40.0, WHITE)
            on.present()
        calls.clear()
        on.canvas.resize((640, 400))
        on.begin()
        on.canvas.draw_cached(_paint_square, 40.0, WHITE)
    assert calls == [40.0]


def test_nothing_is_a_picture_within_a_clip() -> None:
    calls.clear()
    with display((640, 360)) as on:
        for _ in range(FRAMES_BEFORE + 9):
            on.begin()
            on.canvas.clip(Rect(0, 0, 200, 200))
            on.canvas.draw_cached(_paint_square, 40.0, WHITE)
            on.present()
    assert len(calls) == FRAMES_BEFORE + 9


def test_the_opaque_columns_of_a_picture_are_the_longest_run_without_transparency() -> None:
    def picture(alphas: str) -> bytes:
        return b"".join(bytes((1, 2, 3, 255 if a == "#" else 7)) for a in alphas)

    assert opaque_columns(picture("..####.##.######"), 8) == (2, 6)
    assert opaque_columns(picture("########"), 8) == (0, 8)
    assert opaque_columns(picture("...."), 4) == (0, 0)


def _paint_ring(canvas: Canvas, radius: float) -> Rect:
    calls.append(radius)
    points = [(radius + radius * math.cos(a / 20), radius + radius * math.sin(a / 20)) for a in range(127)]
    canvas.polyline(points, WHITE, 5)
    side = 2 * radius / canvas.scale
    return Rect(0, 0, side, side).inset(-8)


@pytest.mark.parametrize("radius", [30.0, 200.0, 230.0])
def test_a_large_outline_that_moves_is_a_picture_as_well_and_stands_where_it_would_be_drawn(radius: float) -> None:
    calls.clear()
    with display((1920, 1080)) as on:
        for number in range(FRAMES_BEFORE + UNTIL_ALL_ARE_MADE):
            on.begin()
            on.canvas.draw_cached(_paint_ring, radius, at=(500 + number, 200))
            on.present()
        assert len(calls) < FRAMES_BEFORE + UNTIL_ALL_ARE_MADE
        shown = []
        for forget in (False, True):
            if forget:
                on.canvas.forget()
            on.begin()
            on.canvas.draw_cached(_paint_ring, radius, at=(400, 333))
            shown.append(_pixels(on))
            on.present()
    assert shown[0].max() == 255
    assert np.abs(shown[1] - shown[0]).max() <= TOLERANCE
