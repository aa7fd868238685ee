"""The selected geofence in new books and after a restart."""

from __future__ import annotations

import msgspec

from tests.ui.sample_fences import LARGE, SMALL, PlainIndex
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Geofence
from tvapp.ui.map_state.selection import Selection
from tvapp.ui.map_state.shown_fences import ShownFences


def shown(*fences: Geofence) -> ShownFences:
    return ShownFences(FenceBook(fences), PlainIndex(fences), is_loaded=True, revision=1)


def selected(fence: Geofence) -> Selection:
    selection = Selection()
    selection.select(fence, PlainIndex((fence,)))
    return selection


def test_a_selected_geofence_has_its_outlines_at_once_and_none_has_none() -> None:
    selection = selected(SMALL)
    assert len(selection.outlines) == 1
    selection.select(None, PlainIndex((SMALL,)))
    assert selection.fence is None
    assert not selection.outlines


def test_without_an_index_a_selection_has_no_outlines_yet() -> None:
    selection = Selection()
    selection.select(SMALL, None)
    assert selection.fence is SMALL
    assert not selection.outlines


def test_the_selection_follows_its_geofence_into_another_book() -> None:
    renamed = msgspec.structs.replace(SMALL, name="Other")
    selection = selected(SMALL)
    selection.follow(shown(LARGE, renamed), is_unsent=False)
    assert selection.fence is renamed


def test_the_selection_ends_with_its_geofence() -> None:
    selection = selected(SMALL)
    selection.follow(shown(LARGE), is_unsent=False)
    assert selection.fence is None
    assert selection.id == ""


def test_a_geofence_that_was_just_drawn_stays_selected_until_the_book_has_it() -> None:
    selection = selected(SMALL)
    selection.follow(shown(LARGE), is_unsent=True)
    assert selection.fence is SMALL
    assert len(selection.outlines) == 1
    stored = msgspec.structs.replace(SMALL, name="Other")
    selection.follow(shown(LARGE, stored), is_unsent=True)
    assert selection.fence is stored


def test_the_selection_of_last_time_waits_for_its_geofence() -> None:
    selection = Selection(awaited_id="large")
    selection.follow(shown(SMALL), is_unsent=False)
    assert selection.id == "large"
    selection.follow(shown(SMALL, LARGE), is_unsent=False)
    assert selection.fence is LARGE
    assert selection.awaited_id == ""
    assert selection.id == "large"


def test_a_selection_ends_the_wait_for_another_one() -> None:
    selection = Selection(awaited_id="large")
    selection.select(None, None)
    selection.follow(shown(LARGE), is_unsent=False)
    assert selection.fence is None
