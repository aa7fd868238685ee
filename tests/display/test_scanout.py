"""What a card sends to the screen; the ioctls themselves need a console, which `scripts/tvbox` has."""

from __future__ import annotations

import pytest

from tvapp.display.scanout import (
    CLOSE_BUFFER,
    COLUMNS,
    GET_CRTC,
    GET_FRAMEBUFFER,
    GET_MAP,
    GET_RESOURCES,
    ROWS,
    looks_black,
    read_scanout,
)


def test_the_requests_are_those_of_the_kernel() -> None:
    # DRM_IOCTL_MODE_GETRESOURCES, _GETCRTC, _GETFB2, _MAP_DUMB and DRM_IOCTL_GEM_CLOSE of linux/drm.h, 64 bits.
    assert (GET_RESOURCES, GET_CRTC, GET_FRAMEBUFFER) == (0xC04064A0, 0xC06864A1, 0xC06864CE)
    assert (GET_MAP, CLOSE_BUFFER) == (0xC01064B3, 0x40086409)


def test_without_a_card_of_its_own_nothing_is_known() -> None:
    assert read_scanout() is None


@pytest.mark.parametrize(
    ("width", "height", "pitch"), [(COLUMNS, ROWS, 4 * COLUMNS), (1366, 768, 5504), (320, 180, 1280)]
)
def test_light_is_seen_in_each_corner_whatever_the_pitch(width: int, height: int, pitch: int) -> None:
    dark = bytearray(pitch * height)
    dark[3::4] = b"\xff" * len(dark[3::4])  # the fourth byte of a pixel means nothing
    assert looks_black(bytes(dark), pitch, width, height)
    for left in (0, width - width // COLUMNS - 1):
        for top in (0, height - height // ROWS - 1):
            lit = bytearray(dark)
            for y in range(top, top + height // ROWS + 1):
                for x in range(left, left + width // COLUMNS + 1):
                    lit[y * pitch + 4 * x + 2] = 1
            assert not looks_black(bytes(lit), pitch, width, height)


def test_what_lies_between_the_rows_is_not_on_the_screen() -> None:
    width, height, pitch = 64, 36, 512
    dark = bytearray(pitch * height)
    for row in range(height):
        dark[row * pitch + 4 * width : (row + 1) * pitch] = b"\xff" * (pitch - 4 * width)
    assert looks_black(bytes(dark), pitch, width, height)
