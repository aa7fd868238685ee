"""Scaled pictures are cropped at the edges of the screen and look the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.image import PixelRect
from tvapp.display.scaling import visible_part

SCREEN = (1920, 1080)
PICTURE = PixelRect(0, 0, 512, 512)

_sides = st.integers(1, 3000)
_places = st.integers(-3000, 3000)
_sources = st.builds(PixelRect, st.integers(0, 200), st.integers(0, 200), st.integers(1, 312), st.integers(1, 312))


def test_what_lies_on_the_screen_stays_as_it_is() -> None:
    dst = PixelRect(100, 100, 700, 700)
    assert visible_part(PICTURE, dst, SCREEN) == (PICTURE, dst)


def test_what_is_not_scaled_stays_as_it_is() -> None:
    dst = PixelRect(-100, 900, 512, 512)
    assert visible_part(PICTURE, dst, SCREEN) == (PICTURE, dst)


def test_half_of_a_picture_beyond_the_edge_is_left_out() -> None:
    src, dst = visible_part(PICTURE, PixelRect(-512, 0, 1024, 1024), SCREEN)
    assert (src, dst) == (PixelRect(256, 0, 256, 512), PixelRect(0, 0, 512, 1024))


@given(_sources, st.builds(PixelRect, _places, _places, _sides, _sides))
def test_what_is_seen_is_where_it_was_to_within_a_pixel_of_the_picture(src: PixelRect, dst: PixelRect) -> None:
    new_src, new_dst = visible_part(src, dst, SCREEN)
    assert src.x <= new_src.x
    assert new_src.x + new_src.w <= src.x + src.w
    seen = (max(dst.x, 0), min(dst.x + dst.w, SCREEN[0]))
    is_seen = seen[0] < seen[1]
    if (new_src, new_dst) != (src, dst) and is_seen:
        assert (new_dst.x, new_dst.x + new_dst.w) == seen
        for new, edge in ((new_src.x, seen[0]), (new_src.x + new_src.w, seen[1])):
            assert abs(new - (src.x + (edge - dst.x) * src.w / dst.w)) < 1
    assert new_src.w >= 1
    assert new_src.h >= 1
