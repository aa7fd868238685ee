"""A tile that the map does not take in is loaded again, but not because the map is slow."""

from __future__ import annotations

import pytest

from tvapp.tiles.deliveries import LONGEST_S, REVALIDATED_S, SETTLE_S, TOLERANCE, Deliveries
from tvapp.tiles.tile import TileId

TILE, OTHER = TileId("base", 3, 1, 2), TileId("base", 3, 1, 3)


def allowed_s(posted: Deliveries, tile: TileId, now: float) -> float:
    """Return how long a tile that is posted now may take."""
    posted.add(tile, 0, now)
    return posted.lost_at(tile) - now


def test_what_was_never_posted_is_not_on_its_way() -> None:
    posted = Deliveries()
    assert TILE not in posted
    assert not posted.is_on_its_way(TILE, 0, 0.0)


def test_a_tile_that_is_still_requested_after_a_while_is_lost() -> None:
    posted = Deliveries()
    posted.add(TILE, 0, 10.0)
    assert posted.lost_at(TILE) == 10.0 + SETTLE_S
    assert posted.is_on_its_way(TILE, 0, 10.0 + SETTLE_S - 0.1)
    assert not posted.is_on_its_way(TILE, 0, 10.0 + SETTLE_S)
    assert TILE not in posted


def test_a_revalidated_tile_is_lost_sooner() -> None:
    posted = Deliveries()
    posted.add_revalidated(TILE, 10.0)
    assert posted.lost_at(TILE) == 10.0 + REVALIDATED_S


def test_a_tile_of_a_former_revision_is_not_what_is_requested() -> None:
    posted = Deliveries()
    posted.add(TILE, 3, 10.0)
    assert posted.is_on_its_way(TILE, 3, 10.0)
    assert not posted.is_on_its_way(TILE, 4, 10.0)
    assert allowed_s(posted, TILE, 20.0) == SETTLE_S, "it was not lost"


def test_each_loss_doubles_the_time_that_the_tile_is_given() -> None:
    posted, now, given = Deliveries(), 0.0, []
    for _ in range(6):
        given.append(allowed_s(posted, TILE, now))
        now += given[-1]
        assert not posted.is_on_its_way(TILE, 0, now)
    assert given == [SETTLE_S, 2 * SETTLE_S, 4 * SETTLE_S, 8 * SETTLE_S, 16 * SETTLE_S, LONGEST_S]
    assert allowed_s(posted, OTHER, now) == SETTLE_S


def test_where_the_map_takes_long_every_tile_is_given_longer() -> None:
    posted = Deliveries()
    posted.add(TILE, 0, 0.0)
    posted.keep({OTHER}, 4.0)
    assert allowed_s(posted, OTHER, 4.0) == pytest.approx(TOLERANCE * 4.0)
    for _ in range(20):
        posted.keep({OTHER}, 5.0)
    assert allowed_s(posted, OTHER, 5.0) == SETTLE_S, "it is quick again"


def test_a_tile_that_was_taken_in_after_a_loss_starts_anew() -> None:
    posted = Deliveries()
    posted.add(TILE, 0, 0.0)
    posted.is_on_its_way(TILE, 0, SETTLE_S)
    posted.add(TILE, 0, SETTLE_S)
    posted.keep((), SETTLE_S)
    assert TILE not in posted
    assert allowed_s(posted, TILE, 10.0) == SETTLE_S


def test_after_clearing_everything_is_delivered_again() -> None:
    posted = Deliveries()
    posted.add(TILE, 0, 0.0)
    posted.clear()
    assert not posted.is_on_its_way(TILE, 0, 0.1)
