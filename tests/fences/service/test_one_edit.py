"""One edit among many geofences: only what it touches is done again, from the change to the tiles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from tests.fences.service.test_fence_service import Rig
from tests.geo.tiles import tile_bounds
from tests.mapview.world import BASE, HELSINKI, World, world
from tvapp.fences.geojson import reading
from tvapp.fences.geojson.feature import altered, new_feature
from tvapp.fences.index import shape_arrays
from tvapp.fences.index.shape_arrays import ShapeArrays
from tvapp.fences.model import book
from tvapp.fences.model.change import Change
from tvapp.fences.model.fence import Geofence
from tvapp.fences.service.messages import IndexBuilt
from tvapp.fences.stores.base import Loaded
from tvapp.mapview.layers import Layer
from tvapp.tiles.tile import TileId

FENCES = "geofences"
COUNT = 400


def feature(number: int, radius_m: float = 60.0) -> bytes:
    """Return a circle. Together they cover the screen, except the first one, which is far away."""
    place = [HELSINKI.lon + (0.008 * (number % 20 - 10) if number else 1.0), HELSINKI.lat + 0.002 * (number // 20 - 10)]
    geometry = {"type": "Point", "coordinates": place}
    return new_feature(f"f{number}", f"Fence {number}", "depot", geometry, subtype="Circle", radius_m=radius_m)


class Screen:
    """The service and the map, joined as the app joins them."""

    def __init__(self) -> None:
        text = b'{"type":"FeatureCollection","features":[' + b",".join(map(feature, range(COUNT))) + b"]}"
        self.fences = reading.read(text, "file").fences
        self.rig = Rig(Loaded(self.fences, ()))
        self.map: World = world(layers=(BASE, Layer(FENCES, "fences", 0, 20)))
        self.rig.service.load()
        self.built = self.take()
        self.drawn: list[TileId] = []
        self.show()

    def take(self) -> IndexBuilt:
        (message,) = [each for each in self.rig.messages() if isinstance(each, IndexBuilt)]
        self.map.model.invalidate_bounds(FENCES, message.changed, message.revision)
        return message

    def show(self) -> list[TileId]:
        """Draw the requested tiles; returns those of geofences."""
        rasteriser = self.rig.service.rasteriser()
        assert rasteriser is not None
        self.map.frame()
        drawn = [tile for tile in self.map.requested if tile.tileset == FENCES]
        for tile in self.map.requested:
            if tile in drawn:
                self.map.arrive(tile, rasteriser.rasterise(tile, 512), "worker", rasteriser.revision)
            else:
                self.map.arrive(tile)
        self.map.frame(1.0)
        return drawn

    def edit(self, number: int) -> Change:
        fence = self.fences[number]
        after = altered(fence.raw, properties={"radius": 90.0})
        return Change(f"c{number}", fence.source, fence.geometry_id, fence.raw, after, fence.number)


@pytest.fixture
def screen() -> Screen:
    return Screen()


def test_only_the_tiles_that_it_touches_are_drawn_again(screen: Screen) -> None:
    change = screen.edit(COUNT // 2 + 10)
    screen.rig.service.set_pending([change])
    built = screen.take()
    drawn = screen.show()
    assert 1 <= len(drawn) <= 4
    assert built.changed is not None
    for tile in drawn:
        ground = tile_bounds(tile.z, tile.x, tile.y)
        assert any(ground.intersects(box) for box in built.changed)
    assert screen.show() == []


def test_an_edit_out_of_sight_draws_nothing(screen: Screen) -> None:
    screen.rig.service.set_pending([screen.edit(0)])
    screen.take()
    assert screen.show() == []


def test_however_many_changes_wait_each_is_indexed_and_listed_once(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexed: list[str] = []
    real = shape_arrays.arrays_of

    def counted(fences: Sequence[Geofence], numbers: Iterable[int]) -> ShapeArrays:
        chosen = list(numbers)
        indexed.extend(fences[number].id for number in chosen)
        return real(fences, chosen)

    monkeypatch.setattr(shape_arrays, "arrays_of", counted)
    monkeypatch.setattr(book, "_by_name", lambda fences: pytest.fail("all of them are listed anew"))
    changes = [screen.edit(number) for number in range(0, 200, 10)]
    for count in range(1, len(changes) + 1):
        screen.rig.service.set_pending(changes[:count])
        screen.take()
    assert indexed == [change.geometry_id for change in changes]
