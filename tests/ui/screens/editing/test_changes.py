"""The progress of changes: chip, list, refusals, and toasts on arrival."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ui.editing import BACK, HERE, MENU, OK, Editing, entry, point
from tvapp.core.errors import SignInError, Unreachable
from tvapp.fences.model.change import Step
from tvapp.fences.outbox.outbox import Arrived, Entry, Refusal
from tvapp.geo.position import Position

DEPOT = point()
FORBIDDEN = Refusal("Forbidden", 403, "AuthorizationPermissionMismatch", "This request is not authorized.")


def open_changes(tv: Editing) -> None:
    tv.press(MENU)
    tv.choose("draw", "changes")


@pytest.mark.parametrize(
    ("entries", "fields", "words"),
    [
        ((entry(1, DEPOT),), {}, "1 change waits"),
        ((entry(1, DEPOT), entry(2, DEPOT)), {}, "2 changes wait"),
        ((entry(1, DEPOT),), {"sending": 1, "step": Step("sending")}, "Saving"),
        ((entry(1, DEPOT),), {"sending": 1, "step": Step("processing")}, "Azure is working"),
        ((entry(1, DEPOT, state="refused"), entry(2, DEPOT)), {"sending": 2}, "1 change needs you"),
        ((entry(1, DEPOT, state="refused"), entry(2, DEPOT, state="conflict")), {}, "2 changes need you"),
    ],
)
def test_a_chip_shows_the_progress_of_changes(entries: tuple[Entry, ...], fields: dict[str, Any], words: str) -> None:
    tv = Editing(DEPOT)
    tv.waiting(*entries, **fields)
    assert words in tv.draw().sentences()


def test_the_chip_goes_when_everything_is_in_the_store() -> None:
    tv = Editing(DEPOT)
    tv.waiting(entry(1, DEPOT))
    tv.waiting()
    assert not tv.shows("change")


@pytest.mark.parametrize(
    ("one", "fields", "words"),
    [
        (entry(1, DEPOT), {}, "Changed · Waits to be saved"),
        (entry(1, DEPOT), {"error": Unreachable("host")}, "Changed · Waits for the network"),
        (entry(1, DEPOT), {"error": SignInError("expired")}, "Changed · Waits for a sign-in"),
        (entry(1, DEPOT), {"unsaved": frozenset({1})}, "Changed · Not on the disk of this TV yet"),
        (entry(1, DEPOT), {"sending": 1, "step": Step("checking")}, "Changed · Looking whether it arrived"),
        (entry(1, DEPOT, after=b""), {"sending": 1, "step": Step("sending")}, "Deleted · Being saved"),
        (entry(1, DEPOT, state="refused"), {}, "Changed · Not accepted"),
        (entry(1, DEPOT, state="conflict", theirs=b""), {}, "Changed · Somebody else changed it too"),
    ],
)
def test_the_list_names_each_change_and_its_progress(one: Entry, fields: dict[str, Any], words: str) -> None:
    tv = Editing(DEPOT)
    tv.waiting(one, **fields)
    open_changes(tv)
    sentences = tv.draw().sentences()
    assert "Depot 1" in sentences
    assert words in sentences


def test_an_empty_list_says_that_nothing_waits_and_back_leads_out() -> None:
    tv = Editing()
    open_changes(tv)
    assert tv.shows("Nothing is waiting")
    tv.press(OK, BACK)
    assert tv.screen == "map"


def test_ok_on_a_change_that_waits_shows_its_fence_on_the_map() -> None:
    far = point("Depot 9", "far", Position(26.0, 61.0))
    tv = Editing(DEPOT, far)
    tv.waiting(entry(1, far))
    open_changes(tv)
    tv.press(OK)
    assert tv.state.selection.fence is not None
    assert tv.state.selection.fence.geometry_id == "far"
    bounds = tv.state.viewport.bounds()
    assert bounds.west < 26.0 < bounds.east or bounds.east < bounds.west
    assert abs(tv.center.lat - 61.0) < 0.1
    assert tv.screen == "changes"


def test_a_refused_change_says_why_in_our_words_then_the_code_then_the_service() -> None:
    tv = Editing(DEPOT)
    tv.waiting(entry(1, DEPOT, state="refused", refusal=FORBIDDEN))
    open_changes(tv)
    tv.press(OK)
    said = " ".join(tv.draw().sentences())
    assert "Not accepted: Depot 1" in said
    ours = said.index("This account may look at geofences")
    code = said.index("403 AuthorizationPermissionMismatch")
    assert ours < code < said.index("This request is not authorized.")


@pytest.mark.parametrize(("key", "decided"), [("later", []), ("retry", [("retry", 1)]), ("discard", [("discard", 1)])])
def test_a_refused_change_can_wait_be_retried_or_be_discarded(key: str, decided: list[tuple[str, object]]) -> None:
    tv = Editing(DEPOT)
    tv.waiting(entry(1, DEPOT, state="refused", refusal=FORBIDDEN))
    open_changes(tv)
    tv.press(OK)
    assert tv.focused == "later"
    tv.choose(key)
    assert tv.outbox.decided == decided
    assert tv.screen == "changes"


def test_back_decides_nothing_about_a_refused_change() -> None:
    tv = Editing(DEPOT)
    tv.waiting(entry(1, DEPOT, state="refused", refusal=FORBIDDEN))
    open_changes(tv)
    tv.press(OK, BACK)
    assert tv.outbox.decided == []


def test_the_refusal_of_a_too_large_change_says_that_it_is_too_large() -> None:
    tv = Editing(DEPOT)
    tv.waiting(entry(1, DEPOT, state="refused", refusal=Refusal("UnexpectedReply", 413)))
    open_changes(tv)
    tv.press(OK)
    assert tv.shows("no file as large")


def test_a_stuck_change_can_be_decided_from_its_fence_too() -> None:
    tv = Editing(DEPOT)
    tv.waiting(entry(1, DEPOT, state="refused", refusal=FORBIDDEN))
    tv.open_edits()
    tv.choose("decide")
    assert tv.screen == "refused"
    tv.choose("retry")
    assert tv.outbox.decided == [("retry", 1)]


def test_when_the_focused_row_goes_its_neighbour_has_the_focus() -> None:
    tv = Editing(DEPOT)
    tv.waiting(entry(1, DEPOT), entry(2, point("Depot 2", "two")))
    open_changes(tv)
    tv.go_to("2")
    tv.waiting(entry(1, DEPOT))
    tv.draw()
    assert tv.focused == "1"


@pytest.mark.parametrize(
    ("after", "words"), [(None, "Saved for everyone: Depot 1"), (b"", "Deleted for everyone: Depot 1")]
)
def test_a_toast_reports_a_change_that_is_in_the_store(after: bytes | None, words: str) -> None:
    tv = Editing(DEPOT)
    one = entry(1, DEPOT, after)
    tv.waiting(one)
    tv.waiting(arrived=(Arrived(one.change, "a.geojson"),))
    assert tv.shows(words)


def test_the_draw_panel_counts_changes_that_are_on_their_way_or_stuck() -> None:
    tv = Editing(DEPOT, at=Position(HERE.lon + 1, HERE.lat))
    tv.press(MENU)
    tv.choose("draw")
    assert tv.shows("All saved")
    tv.waiting(entry(1, DEPOT), entry(2, DEPOT))
    assert tv.shows("2 on their way")
    tv.waiting(entry(1, DEPOT, state="conflict", theirs=b""), entry(2, DEPOT))
    assert tv.shows("1 needs you")
