"""A picture has as many bytes as its pixels need."""

from __future__ import annotations

import pytest

from tvapp.core.image import Image


def test_a_picture_takes_four_bytes_a_pixel() -> None:
    assert Image(3, 2, bytes(24)).size_bytes == 24


@pytest.mark.parametrize("size", [23, 25, 18])
def test_another_number_of_bytes_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="3x2 needs 24 bytes"):
        Image(3, 2, bytes(size))
