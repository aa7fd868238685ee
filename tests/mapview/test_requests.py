"""The list of tiles that the map requests."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.mapview.world import HELSINKI
from tvapp.geo.position import Position
from tvapp.mapview.layer_picture import Texture, TileKey
from tvapp.mapview.layers import Layer
from tvapp.mapview.requests import Progress, TileRequests
from tvapp.mapview.viewport import Viewport
from tvapp.tiles.tile import DRAWN_TILESET, TileId

STILL = (0.0, 0.0)
BASE = Layer("base", "base", 0, 20)
DRAWN = Layer(DRAWN_TILESET, "fences", 0, 20)
SMALL = Viewport(Position(5.0, 5.0), 4.0, 64, 64)
"""Shows a part of one tile."""
TILE = TileId("base", 4, 8, 7)
KEY = ("base", 4, 8, 7)
FAR = ("base", 4, 0, 0)
FAR_DRAWN = (DRAWN_TILESET, 4, 0, 0)


@dataclass
class Textures:
    there: dict[TileKey, Texture] = field(default_factory=dict)

    def peek(self, key: TileKey) -> Texture | None:
        return self.there.get(key)

    def add(self, key: TileKey, *, is_stale: bool = False) -> None:
        self.there[key] = Texture(key, width=512, height=512, is_stale=is_stale)


class Rig:
    """Requests for one small view."""

    def __init__(self, *layers: Layer, view: Viewport = SMALL) -> None:
        self.textures = Textures()
        self.requests = TileRequests(self.textures)
        self.requests.set_layers(layers or (BASE,))
        self.view = view

    def take(self) -> tuple[TileId, ...] | None:
        return self.requests.take_changed(self.view, self.view, STILL)

    def has_recovered(self) -> bool:
        return self.requests.has_recovered

    def progress(self) -> Progress:
        return self.requests.progress(self.view, self.view, STILL)


def test_the_list_is_returned_once_and_again_when_it_is_to_be_sent_again() -> None:
    rig = Rig()
    assert rig.take() == (TILE,)
    assert rig.take() is None
    rig.requests.resend_all()
    assert rig.take() == (TILE,)
    rig.textures.add(KEY)
    assert rig.take() is None, "nothing told the list of it"
    rig.requests.arrived(KEY, resend_all=False)
    assert rig.take() == ()


def test_a_list_that_is_counted_anew_and_comes_out_the_same_is_not_returned() -> None:
    rig = Rig()
    rig.take()
    rig.requests.arrived(FAR, resend_all=False)
    assert rig.take() is None
    rig.requests.arrived(FAR, resend_all=True)
    assert rig.take() == (TILE,)


def test_other_layers_are_requested_at_once() -> None:
    rig = Rig()
    rig.take()
    rig.requests.set_layers((DRAWN,))
    assert rig.take() == (TileId(DRAWN_TILESET, 4, 8, 7),)


def test_an_unavailable_tile_is_missing_but_not_expected_and_stays_on_the_list_for_the_loader_to_retry() -> None:
    rig = Rig()
    assert rig.take() == (TILE,)
    rig.requests.unavailable(KEY, 5.0, 100.0)
    assert rig.requests.is_unavailable(KEY)
    assert rig.take() is None
    assert rig.progress() == (1, 1, 0)
    rig.requests.resend_all()
    assert rig.take() == (TILE,)


def test_a_stale_tile_is_not_missing_and_its_successor_is_expected() -> None:
    rig = Rig()
    rig.textures.add(KEY, is_stale=True)
    assert rig.take() == (TILE,)
    assert rig.progress() == (1, 0, 1)


def test_an_unavailable_tile_is_requested_again_when_the_view_changes_after_its_time() -> None:
    def after(seconds: float, retry_in_s: float) -> bool:
        rig = Rig()
        rig.take()
        rig.requests.unavailable(KEY, retry_in_s, 100.0)
        rig.requests.now = 100.0 + seconds
        rig.view = rig.view.at_place(Position(5.0, 25.0))
        rig.take()
        return rig.requests.is_unavailable(KEY)

    assert after(4.99, 5.0)
    assert not after(5.0, 5.0)


def test_forgetting_what_is_unavailable_requests_it_again_and_lets_the_map_settle_again() -> None:
    rig = Rig()
    rig.take()
    rig.requests.unavailable(KEY, 600.0, 0.0)
    rig.requests.forget_unavailable()
    assert not rig.requests.is_unavailable(KEY)
    assert rig.has_recovered()
    assert rig.take() == (TILE,)


def test_forgetting_is_for_one_tileset_and_reports_nothing_for_tiles_out_of_view() -> None:
    rig = Rig()
    rig.take()
    rig.requests.unavailable(KEY, 600.0, 0.0)
    rig.requests.unavailable(FAR_DRAWN, 600.0, 0.0)
    rig.requests.forget_unavailable(DRAWN_TILESET)
    assert rig.requests.is_unavailable(KEY)
    assert not rig.requests.is_unavailable(FAR_DRAWN)
    assert not rig.has_recovered()
    assert rig.take() == (TILE,), "the whole list is sent again, even if nothing was unavailable"
    rig.requests.forget_unavailable("base")
    assert rig.has_recovered()
    rig.requests.unavailable(FAR, 600.0, 0.0)
    rig.requests.forget_unavailable()
    assert rig.has_recovered(), "what had recovered before stays so"


def test_an_unavailable_tile_that_arrives_lets_the_map_settle_again_if_it_is_needed() -> None:
    rig = Rig()
    rig.take()
    rig.requests.arrived(KEY, resend_all=False)
    assert not rig.has_recovered()
    rig.requests.unavailable(FAR, 600.0, 0.0)
    rig.requests.arrived(FAR, resend_all=False)
    assert not rig.has_recovered()
    rig.requests.unavailable(KEY, 600.0, 0.0)
    rig.requests.arrived(KEY, resend_all=False)
    assert rig.has_recovered()
    assert not rig.requests.is_unavailable(KEY)


def test_extra_tiles_come_last_and_do_not_count_as_in_view() -> None:
    rig = Rig(BASE, DRAWN)
    rig.requests.set_extra((FAR_DRAWN, FAR))
    assert rig.take() == (TILE, TileId(DRAWN_TILESET, 4, 8, 7), TileId(*FAR_DRAWN), TileId(*FAR))
    assert rig.progress() == (2, 2, 2)
    assert rig.requests.needs(FAR)
    assert rig.requests.needs(KEY)
    assert not rig.requests.needs(("base", 4, 1, 0))
    rig.requests.set_extra(())
    assert rig.take() == (TILE, TileId(DRAWN_TILESET, 4, 8, 7))
    assert not rig.requests.needs(FAR)


def test_an_extra_tile_that_is_in_view_is_requested_once() -> None:
    rig = Rig()
    rig.requests.set_extra((KEY,))
    assert rig.take() == (TILE,)


def test_of_extra_tiles_only_stale_geofences_are_requested_anew() -> None:
    rig = Rig(BASE, DRAWN)
    rig.take()
    rig.textures.add(FAR, is_stale=True)
    rig.textures.add(FAR_DRAWN, is_stale=False)
    rig.requests.set_extra((FAR, FAR_DRAWN))
    assert rig.take() is None
    rig.textures.add(FAR_DRAWN, is_stale=True)
    rig.requests.arrived(FAR_DRAWN, resend_all=False)
    assert rig.take() == (TILE, TileId(DRAWN_TILESET, 4, 8, 7), TileId(*FAR_DRAWN))


def test_a_tile_that_becomes_extra_is_requested_even_if_it_was_unavailable_before() -> None:
    rig = Rig()
    rig.take()
    rig.requests.unavailable(FAR, 600.0, 0.0)
    rig.requests.unavailable(KEY, 600.0, 0.0)
    rig.requests.set_extra((FAR, KEY))
    assert not rig.requests.is_unavailable(FAR)
    assert rig.requests.is_unavailable(KEY), "it was needed before"
    assert rig.take() == (TILE, TileId(*FAR))
    rig.requests.unavailable(FAR, 600.0, 0.0)
    rig.requests.set_extra((FAR, KEY, ("base", 4, 1, 0)))
    assert rig.requests.is_unavailable(FAR), "it was extra before"


def test_tiles_are_counted_in_view_and_not_ahead() -> None:
    rig = Rig(view=Viewport(HELSINKI, 4.0, 64, 64))
    rig.requests.take_changed(rig.view, rig.view, (1.0, 0.0))
    (seen,) = (key for key in [("base", 4, 9, 4), ("base", 4, 10, 4)] if rig.requests.count_in_view({key}))
    ahead = ("base", 4, seen[2] + 1, 4)
    assert rig.requests.needs(ahead)
    assert rig.requests.count_in_view({ahead}) == 0
    assert rig.progress().in_view == 1


def test_the_nearest_tile_comes_first_and_of_one_place_the_lowest_layer() -> None:
    view = Viewport(Position(5.0, 5.0), 4.0, 600, 64)
    rig = Rig(BASE, DRAWN, view=view)
    assert rig.take() == (
        TileId("base", 4, 8, 7),
        TileId(DRAWN_TILESET, 4, 8, 7),
        TileId("base", 4, 7, 7),
        TileId(DRAWN_TILESET, 4, 7, 7),
    )


def test_tiles_on_the_way_to_the_target_are_requested_after_those_in_view() -> None:
    rig = Rig()
    target = SMALL.at_place(Position(5.0 + 2 * 22.5, 5.0))
    assert rig.requests.take_changed(SMALL, target, STILL) == (TILE, TileId("base", 4, 9, 7), TileId("base", 4, 10, 7))
    assert rig.requests.take_changed(SMALL, SMALL, STILL) == (TILE,)
    assert rig.requests.take_changed(SMALL, SMALL, (0.0, -1.0)) == (TILE, TileId("base", 4, 8, 6))
