"""Indexed colours: the palette, and how an indexed image becomes pixels."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as Pillow

from tvapp.core.image import Image
from tvapp.fences.drawing.color_index import (
    CASING,
    FILL,
    LINE,
    SUBPIXELS,
    SUBPIXELS_IN_CROWDS,
    color_index,
    resolve,
)
from tvapp.fences.index.fence_index import STATES
from tvapp.fences.model import style
from tvapp.fences.model.validity import State
from tvapp.tiles.tile import TileImage

ACTIVE = STATES.index("active")


def resolved(indexed: np.ndarray, subpixels: int, size: int, scale: float = 1.0) -> TileImage:
    return resolve(Pillow.fromarray(indexed.astype(np.uint8)), subpixels, size, scale, lambda: None)


def rows(content: TileImage) -> np.ndarray:
    """Return the pixels as rows of R, G, B, A."""
    image = content.image
    assert isinstance(image, Image)
    found = np.frombuffer(bytes(image.pixels), dtype=np.uint8).reshape(image.height, image.width, 4)
    return found[..., [2, 1, 0, 3]].astype(int)


def plain_slot(state: State) -> int:
    return next(slot for slot in range(len(style.PALETTE)) if style.style_of_index(slot, state).pattern == "plain")


def test_every_colour_state_and_role_has_an_index_of_its_own_and_none_is_nothing() -> None:
    indices = {
        color_index(slot, state, role)
        for slot in range(len(style.PALETTE))
        for state in range(len(STATES))
        for role in (FILL, CASING, LINE)
    }
    assert len(indices) == len(style.PALETTE) * len(STATES) * 3
    assert min(indices) == 1
    assert max(indices) < 256


@pytest.mark.parametrize("subpixels", [SUBPIXELS, SUBPIXELS_IN_CROWDS])
@pytest.mark.parametrize("state", STATES)
def test_a_pixel_of_one_colour_has_that_colour(subpixels: int, state: State) -> None:
    for slot in range(len(style.PALETTE)):
        look = style.style_of_index(slot, state)
        for role, color in ((CASING, look.casing), (LINE, look.line)):
            indexed = np.full((4 * subpixels, 4 * subpixels), color_index(slot, STATES.index(state), role))
            pixels = rows(resolved(indexed, subpixels, 4))
            assert pixels.shape == (4, 4, 4)
            assert np.abs(pixels - np.array(color)).max() <= 2, "a translucent colour is rounded twice"
            assert (pixels[..., 3] == color.a).all()
            assert color.a < 255 or (pixels == np.array(color)).all()


@pytest.mark.parametrize("subpixels", [SUBPIXELS, SUBPIXELS_IN_CROWDS])
def test_a_pixel_is_as_opaque_as_it_is_covered(subpixels: int) -> None:
    line = style.style_of_index(0, "active").line
    for count in range(1, subpixels**2 + 1):
        indexed = np.zeros((subpixels, subpixels))
        indexed.flat[:count] = color_index(0, ACTIVE, LINE)
        (pixel,) = rows(resolved(indexed, subpixels, 1))[0]
        assert pixel[3] == pytest.approx(line.a * count / subpixels**2, abs=0.51)
        assert np.abs(pixel[:3] - np.array(line)[:3]).max() <= 255 / pixel[3] + 1


def test_margins_are_cut_off_to_whole_pixels() -> None:
    indexed = np.zeros((60, 60))
    indexed[10, 7] = indexed[31, 14] = color_index(0, ACTIVE, LINE)
    content = resolved(indexed, 3, 20)
    assert (content.left, content.top, content.size) == (2, 3, 20)
    assert rows(content).shape == (8, 3, 4)
    opaque = np.argwhere(rows(content)[..., 3])
    assert opaque.tolist() == [[0, 0], [7, 2]]


def test_nothing_drawn_is_no_image() -> None:
    content = resolved(np.zeros((30, 30)), 3, 10)
    assert (content.image, content.size) == (None, 10)


def test_strips_meet_without_a_seam_and_empty_ones_stay_empty() -> None:
    indexed = np.zeros((300, 30))
    rows_drawn = [*range(40), *range(200, 290)]
    indexed[rows_drawn] = color_index(0, ACTIVE, LINE)
    alpha = rows(resolved(indexed, 2, 150))[:, 0, 3]
    assert alpha.shape == (145,)
    assert (np.flatnonzero(alpha) == [*range(20), *range(100, 145)]).all()


def test_it_yields_before_every_strip() -> None:
    calls: list[bool] = []
    indexed = Pillow.fromarray(np.full((96, 96), color_index(0, ACTIVE, LINE), dtype=np.uint8))
    resolve(indexed, 2, 48, 1.0, lambda: calls.append(True))
    assert len(calls) == 3


@pytest.mark.parametrize(("scale", "period"), [(0.5, 8), (1.0, 16), (1.5, 16), (2.0, 32), (4.0, 64)])
def test_patterns_repeat_with_a_period_that_follows_the_scale(scale: float, period: int) -> None:
    side = 3 * period
    for slot in range(len(style.PALETTE)):
        if style.style_of_index(slot, "active").pattern == "stripes":
            indexed = np.full((side * 3, side * 3), color_index(slot, ACTIVE, FILL))
            alpha = rows(resolved(indexed, 3, side, scale))[..., 3]
            assert (alpha[:, period:] == alpha[:, :-period]).all()
            assert (alpha[period:] == alpha[:-period]).all()
            assert not (alpha[:, period // 2 :] == alpha[:, : -(period // 2)]).all()
            marked = alpha > (alpha.max() + alpha.min()) / 2
            assert marked.mean() == pytest.approx(0.3, abs=0.08)
            return
    pytest.fail("no kind has stripes")


def test_dots_stand_in_the_gaps_of_the_row_before_and_cover_their_share() -> None:
    slot = next(each for each in range(len(style.PALETTE)) if style.style_of_index(each, "active").pattern == "dots")
    indexed = np.full((64 * 3, 64 * 3), color_index(slot, ACTIVE, FILL))
    alpha = rows(resolved(indexed, 3, 64))[..., 3]
    assert (alpha[16:, 8:] == alpha[:-16, :-8]).mean() > 0.98, "the next row is half a period further"
    assert not (alpha[16:] == alpha[:-16]).all()
    assert (alpha[32:] == alpha[:-32]).all()
    marked = alpha > (alpha.max() + alpha.min()) / 2
    assert marked.mean() == pytest.approx(np.pi * 0.22**2, abs=0.03)


def test_a_pattern_marks_fills_alone() -> None:
    for slot in range(len(style.PALETTE)):
        indexed = np.full((96, 96), color_index(slot, ACTIVE, LINE))
        alpha = rows(resolved(indexed, 3, 32))[..., 3]
        assert alpha.min() == alpha.max()


@pytest.mark.parametrize("subpixels", [SUBPIXELS, SUBPIXELS_IN_CROWDS])
def test_a_plain_fill_is_the_same_everywhere_and_a_translucent_colour_is_rounded_not_cut_off(subpixels: int) -> None:
    errors: list[np.ndarray] = []
    for slot in range(len(style.PALETTE)):
        look = style.style_of_index(slot, "active")
        if look.pattern == "plain":
            indexed = np.full((32 * subpixels, 32 * subpixels), color_index(slot, ACTIVE, FILL))
            pixels = rows(resolved(indexed, subpixels, 32))
            assert (pixels == pixels[0, 0]).all()
            errors.append(pixels[0, 0] - np.array(look.fill))
    assert np.abs(errors).max() <= 255 / 72 / 2 + 1
    assert abs(np.mean(errors)) < 0.4


def test_the_mark_of_a_pattern_has_its_colour() -> None:
    for slot in range(len(style.PALETTE)):
        look = style.style_of_index(slot, "active")
        if look.pattern != "plain":
            pixels = rows(resolved(np.full((192, 192), color_index(slot, ACTIVE, FILL)), 3, 64)).reshape(-1, 4)
            for wanted in (look.fill, look.mark):
                found = pixels[pixels[:, 3] == wanted.a]
                assert len(found) > 100
                assert np.abs(found - np.array(wanted)).max() <= 3
