"""The conflict screen: both versions are shown in words and on the map, and no key loses one."""

from __future__ import annotations

import pytest

from tests.ui.editing import BACK, HERE, MENU, OK, Editing, entry, point, properties
from tvapp.fences.geojson.feature import altered
from tvapp.fences.outbox.outbox import Entry
from tvapp.geo.position import Position
from tvapp.remote.intents import Intent

DEPOT = point()
MINE = altered(DEPOT.raw, properties={"radius": 250.0})
THEIRS = point("Depot north", at=Position(HERE.lon + 0.003, HERE.lat)).raw


def conflict(after: bytes = MINE, theirs: bytes = THEIRS) -> Entry:
    return entry(1, DEPOT, after, state="conflict", theirs=theirs)


def opened(one: Entry) -> Editing:
    tv = Editing(DEPOT)
    tv.waiting(one)
    tv.press(MENU)
    tv.choose("draw", "changes", "1")
    assert tv.screen == "conflict"
    return tv


def test_before_yours_and_theirs_stand_side_by_side() -> None:
    tv = opened(conflict())
    said = tv.draw().sentences()
    assert {"Before", "Yours", "Theirs"} <= set(said)
    assert said.count("Circle · Radius 100 m") == 2  # theirs has it too
    assert "Circle · Radius 250 m" in said
    assert "Depot north" in said
    assert "167 m away" in said


def test_values_that_differ_from_the_former_version_stand_out() -> None:
    tv = opened(conflict())
    bold = {drawn.text for drawn in tv.draw().texts if drawn.style.face == "bold"}
    assert {"Circle · Radius 250 m", "Depot north", "167 m away"} <= bold
    assert "Circle · Radius 100 m" not in bold


def test_the_three_versions_lie_on_the_map_each_with_its_own_dashes() -> None:
    tv = opened(conflict())
    tv.draw()
    long = [line for line in tv.canvas.lines if len(line) > 50]
    dashes = [line for line in tv.canvas.lines if len(line) <= 50]
    assert len(long) >= 2  # yours: a whole line and the dark one below it
    assert len(dashes) > 20
    screen = {(x, y) for line in tv.canvas.lines for x, y in line}
    assert all(0 <= x <= 1920 and 0 <= y <= 1080 for x, y in screen)


@pytest.mark.parametrize(("key", "decided"), [("later", []), ("theirs", [("theirs", 1)]), ("mine", [("mine", 1)])])
def test_each_button_does_what_it_says_and_leads_to_the_map(key: str, decided: list[tuple[str, object]]) -> None:
    tv = opened(conflict())
    assert tv.focused == "later"
    tv.choose(key)
    assert tv.outbox.decided == decided
    assert tv.screen == "map"


def test_keeping_both_gives_yours_another_id_and_name() -> None:
    tv = opened(conflict())
    tv.choose("both")
    ((how, what),) = tv.outbox.decided
    assert how == "both"
    assert isinstance(what, tuple)
    number, geometry_id, feature = what
    assert number == 1
    assert geometry_id != "depot"
    assert properties(feature)["geometryId"] == geometry_id
    assert properties(feature)["name"] == "Depot 1 (2)"
    assert properties(feature)["radius"] == 250


@pytest.mark.parametrize("intent", [BACK, MENU])
def test_leaving_decides_nothing(intent: Intent) -> None:
    tv = opened(conflict())
    tv.press(intent)
    assert tv.screen == "map"
    assert tv.outbox.decided == []


def test_keeping_both_is_not_offered_where_theirs_is_deleted() -> None:
    tv = opened(conflict(theirs=b""))
    assert tv.stack.top.focusables() == ("later", "theirs", "mine")
    said = tv.draw().sentences()
    assert "Somebody else deleted it while your change was on its way." in said
    assert said.count("Deleted") == 1
    tv.choose("mine")
    assert tv.outbox.decided == [("mine", 1)]


def test_where_yours_is_a_deletion_theirs_can_be_kept_or_deleted() -> None:
    tv = opened(conflict(after=b""))
    assert tv.stack.top.focusables() == ("later", "theirs", "mine")
    assert tv.draw().sentences().count("Deleted") == 1
    tv.choose("theirs")
    assert tv.outbox.decided == [("theirs", 1)]


def test_the_next_edit_builds_on_the_resolved_version() -> None:
    tv = opened(conflict())
    tv.choose("theirs")
    assert tv.state.edits.current(DEPOT).name == "Depot north"


def test_a_conflict_can_be_decided_from_its_fence() -> None:
    tv = Editing(DEPOT)
    tv.waiting(conflict())
    tv.open_edits()
    assert tv.shows("Two versions")
    tv.choose("decide")
    assert tv.screen == "conflict"


def test_the_map_shows_all_versions_above_the_panel_and_can_be_zoomed() -> None:
    tv = opened(conflict())
    xs_ys = [tv.state.viewport.to_screen(place) for place in (HERE, Position(HERE.lon + 0.003, HERE.lat))]
    assert all(0 < y < 400 for _, y in xs_ys)
    zoom = tv.state.viewport.zoom
    tv.press(Intent.ZOOM_IN)
    assert tv.state.viewport.zoom == zoom + 1
    tv.press(OK)
    assert tv.screen == "map"
