"""The geofences under the crosshair, and their freshness."""

from __future__ import annotations

import pytest

from tests.ui.sample_fences import HERE, LARGE, SMALL, PlainIndex
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Skipped
from tvapp.fences.service.messages import IndexBuilt
from tvapp.geo.geodesy import destination
from tvapp.mapview.viewport import Viewport
from tvapp.ui.map_state.shown_fences import CROSSHAIR_REACH, ShownFences

WALL = 1_800_000_000.0


def test_a_book_comes_with_its_index_and_revision() -> None:
    fences = ShownFences()
    assert not fences.is_loaded
    assert fences.under_crosshair(Viewport(HERE, 13, 1280, 720), WALL) == ()
    book, index = FenceBook((SMALL, LARGE)), PlainIndex((SMALL, LARGE))
    fences.take(IndexBuilt(index, book, 7))
    assert (fences.book, fences.index, fences.revision, fences.is_loaded) == (book, index, 7, True)
    assert fences.under_crosshair(Viewport(HERE, 13, 1280, 720), WALL) == ((SMALL, 0.0), (LARGE, 0.0))


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_geofence_near_the_crosshair_counts_as_hit(scale: float) -> None:
    fences = ShownFences(index=PlainIndex((SMALL,)))
    for reach, is_hit in ((CROSSHAIR_REACH - 1, True), (CROSSHAIR_REACH + 1, False)):
        near = Viewport(HERE, 13, 1280, 720, scale)
        away_m = 300.0 + reach * scale * near.ground_resolution_m()
        view = near.at_place(destination(HERE, 90.0, away_m))
        assert bool(fences.under_crosshair(view, WALL)) is is_hit


def test_an_answer_of_the_store_says_how_old_its_parts_are() -> None:
    fences = ShownFences()
    fences.loaded(50.0, (Skipped("a.geojson", "half"), Skipped("b.geojson", "no", "1")), 100.0)
    assert (fences.stale_since, fences.confirmed_at, fences.refused_files) == (50.0, 100.0, 1)
    fences.loaded(None, (), 110.0)
    assert (fences.stale_since, fences.confirmed_at) == (None, 110.0)


def test_nothing_new_confirms_what_is_there_and_keeps_what_is_stale() -> None:
    fences = ShownFences(stale_since=50.0)
    fences.unchanged(120.0)
    assert (fences.stale_since, fences.confirmed_at) == (50.0, 120.0)
