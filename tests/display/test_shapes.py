"""Corners as pixels."""

from __future__ import annotations

import pytest

from tvapp.display.shapes import corner_pixels


@pytest.mark.parametrize("radius", [1, 2, 5, 24, 80])
def test_a_corner_covers_a_quarter_of_a_disc(radius: int) -> None:
    opacity = corner_pixels(radius)[3::4]
    assert sum(opacity) / 255 == pytest.approx(3.14159 / 4 * radius * radius, rel=0.05, abs=0.6)


def test_the_colour_of_a_corner_is_white_everywhere() -> None:
    pixels = corner_pixels(12, 3)
    assert set(pixels[0::4]) | set(pixels[1::4]) | set(pixels[2::4]) == {255}


def test_a_ring_is_empty_inside_and_opaque_in_its_line() -> None:
    radius, thickness = 20, 4
    opacity = corner_pixels(radius, thickness)[3::4]
    bottom_row = opacity[-radius:]
    assert bottom_row[0] >= 250
    assert set(bottom_row[1 : thickness - 1]) == {255}
    assert set(bottom_row[thickness + 2 :]) == {0}
