"""Which edits a fence supports, and what comes out of each."""

from __future__ import annotations

import msgspec
import pytest

from tests.fences.editing.shapes import SOME, fence, made
from tvapp.fences.editing.abilities import MOST_BYTES, abilities, can_restate, edit_sketch
from tvapp.fences.editing.move_sketch import duplicated
from tvapp.fences.editing.reshape_sketch import ReshapeSketch
from tvapp.fences.editing.sketch import Drawn, Refused
from tvapp.fences.geojson.feature import altered
from tvapp.fences.model.fence import Circle, Geofence
from tvapp.fences.service.overlay import fence_of
from tvapp.geo.position import Position


def test_each_kind_of_fence_supports_its_edits() -> None:
    everything = {"move", "resize", "reshape", "duplicate"}
    assert abilities(fence(SOME["point"], "Circle")) == everything - {"reshape"}
    assert abilities(fence(SOME["points"])) == everything - {"reshape"}
    assert abilities(fence(SOME["line"])) == everything
    assert abilities(fence(SOME["polygons"])) == everything
    assert abilities(fence(SOME["mixture"])) == {"move", "duplicate"}
    pole = {"type": "Polygon", "coordinates": [[[0, 80], [90, 80], [180, 80], [-90, 80], [0, 80]]]}
    assert abilities(fence(pole)) == frozenset()
    wide = {"type": "Polygon", "coordinates": [[[-100, 0], [0, 0], [90, 0], [90, 10], [-100, 0]]]}
    assert abilities(fence(wide)) == frozenset()


@pytest.mark.parametrize("name", SOME)
def test_every_edit_a_fence_supports_can_begin_and_changes_nothing_by_itself(name: str) -> None:
    here = fence(SOME[name], "Circle" if name == "point" else "")
    for ability in ("move", "resize", "reshape"):
        if ability in abilities(here):
            sketch = edit_sketch(ability, here, SOME[name], here.center, 1.0)
            assert sketch.outline.traces or ability == "move"
            assert not sketch.is_changed
            assert sketch.problem is None
            assert not sketch.take_back()
            assert sketch.finish() == Refused("unchanged")
        else:
            with pytest.raises(ValueError, match="support"):
                edit_sketch(ability, here, SOME[name], here.center, 1.0)


def edited(name: str, ability: str) -> tuple[Geofence, Drawn]:
    """Change a fence a little; returns it and what comes out."""
    here = fence(SOME[name], "Circle" if name == "point" else "")
    if ability == "duplicate":
        return here, duplicated(here, SOME[name])
    sketch = edit_sketch(ability, here, SOME[name], here.bounds.center, 1.0)  # type: ignore[arg-type]
    if ability == "move":
        sketch.aim(Position(here.bounds.center.lon + 0.001, here.bounds.center.lat + 0.5), 1.0)
    elif ability == "resize":
        sketch.adjust("right")
    elif isinstance(sketch, ReshapeSketch):
        sketch.place()
        sketch.aim(Position(sketch.focus.lon - 0.0001, sketch.focus.lat - 0.0001), 1.0)
    result = sketch.finish()
    assert isinstance(result, Drawn)
    return here, result


@pytest.mark.parametrize(
    ("name", "ability"),
    [(name, ability) for name in SOME if name != "mixture" for ability in sorted(abilities(fence(SOME[name])))],
)
def test_the_result_of_an_edit_can_be_written_and_is_read_as_shown(name: str, ability: str) -> None:
    here, result = edited(name, ability)
    radius = {} if result.radius_m is None else {"radius": result.radius_m}
    after = fence_of(altered(here.raw, geometry=result.geometry, properties=radius), "s")
    assert after is not None
    shown = made(result)
    assert after.notes == here.notes
    for a, b in zip(after.shapes, shown.shapes, strict=True):
        assert type(a) is type(b)
        assert a.bounds.west == pytest.approx(b.bounds.west, abs=2e-7)
        assert a.bounds.north == pytest.approx(b.bounds.north, abs=2e-7)


def test_a_feature_of_many_bytes_keeps_its_name_and_times() -> None:
    small = Geofence("a", "A", (Circle(Position(0.0, 0.0), 10.0),), stored=b" " * MOST_BYTES)
    assert can_restate(small)
    assert not can_restate(msgspec.structs.replace(small, stored=b" " * (MOST_BYTES + 1)))
