"""How every new sketch begins."""

from __future__ import annotations

import pytest

from tvapp.fences.editing.new_sketch import new_sketch
from tvapp.geo.position import Position

HELSINKI = Position(24.94, 60.17)


@pytest.mark.parametrize("kind", ["circle", "polygon", "rectangle"])
def test_every_sketch_begins_under_the_crosshair_with_nothing_to_lose(kind: str) -> None:
    sketch = new_sketch(kind, HELSINKI, 1.0)  # type: ignore[arg-type]
    assert sketch.pans
    assert not sketch.is_changed
    assert sketch.problem is None
    assert not sketch.take_back()
