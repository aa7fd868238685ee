"""Screens look like the stored pictures (tests/ui/pictures.py stores them)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.ui.pictures import NAMES, SIZES, display, draw, stored
from tvapp.display.window import Display

MEAN = 2.0
"""How far the whole picture may be off, of 255: fonts are drawn a little differently by each version of SDL."""
BLOCK = 20
BLOCK_MEAN = 30.0
"""How far a block of 20 x 20 (60 x 60 design pixels) may be off: something moved, came or went."""


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[1]}")
def screen(request: pytest.FixtureRequest) -> Iterator[Display]:
    with display(request.param) as opened:
        yield opened


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_equals_the_stored_one(name: str, screen: Display) -> None:
    picture = draw(name, screen)
    with Image.open(stored(name, screen.size)) as known:
        difference = ImageChops.difference(picture, known.convert("RGB")).convert("L")
    assert ImageStat.Stat(difference).mean[0] < MEAN
    blocks = difference.resize((difference.width // BLOCK, difference.height // BLOCK), Image.Resampling.BOX)
    low, high = blocks.getextrema()
    assert isinstance(high, int | float)
    assert high < BLOCK_MEAN, f"somewhere {high} (elsewhere {low})"
