"""Undo and redo across uploads, versions that are not in the store yet, and edits that are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ui.editing import BACK, EDITABLE, HERE, MENU, OK, UP, Editing, point, properties, read
from tvapp.fences.geojson.feature import altered
from tvapp.fences.outbox.outbox import Arrived, Entry
from tvapp.geo.position import Position

DEPOT = point()


def draw_circle(tv: Editing, kind: str = "depot") -> None:
    tv.start_drawing("circle")
    tv.press(OK, OK)
    tv.choose(kind, "always")


def undo(tv: Editing, key: str = "undo") -> None:
    """Open the shapes, undo or redo, and go back to the map."""
    tv.press(BACK)
    if tv.screen == "map":
        tv.press(MENU)
    tv.choose("draw", key)
    tv.press(BACK)


def test_a_new_geofence_can_be_undone_and_redone() -> None:
    tv = Editing()
    draw_circle(tv)
    undo(tv)
    undo(tv, "redo")
    drawn, back, again = tv.changes
    assert (drawn.kind, back.kind, again.kind) == ("add", "delete", "add")
    assert back.before == drawn.after
    assert again.after == drawn.after
    assert len({change.id for change in tv.changes}) == 3


@pytest.mark.parametrize("edit", ["resize", "rename", "times", "delete"])
def test_every_edit_is_taken_back_byte_for_byte(edit: str) -> None:
    tv = Editing(DEPOT)
    tv.edit(edit)
    if edit == "resize":
        tv.press(UP, OK)
    else:
        tv.choose({"rename": "school", "times": "tonight", "delete": "delete"}[edit])
    undo(tv)
    done, back = tv.changes
    assert done.before == DEPOT.raw
    assert back.before == done.after
    assert back.after == DEPOT.raw


def test_the_panel_says_what_undo_would_take_back_and_that_it_did() -> None:
    tv = Editing(DEPOT)
    tv.edit("rename")
    tv.choose("school")
    tv.press(BACK, MENU)
    tv.choose("draw")
    assert tv.shows("Rename School 1")
    tv.choose("undo")
    assert tv.shows("Undone: Rename School 1")
    assert tv.shows("Nothing yet")
    assert tv.screen == "draw"


def test_undo_says_that_there_is_nothing_to_undo_and_ok_does_nothing() -> None:
    tv = Editing(DEPOT)
    tv.press(MENU)
    tv.choose("draw", "undo", "redo")
    assert tv.screen == "draw"
    assert tv.draw().sentences().count("Nothing yet") == 2
    assert not tv.changes


def test_a_new_edit_drops_what_could_be_redone() -> None:
    tv = Editing(DEPOT)
    tv.edit("rename")
    tv.choose("school")
    undo(tv)
    draw_circle(tv)
    assert tv.state.edits.next_redo() is None


def test_undo_works_across_an_upload_that_gave_the_fence_a_file() -> None:
    tv = Editing()
    draw_circle(tv)
    drawn = tv.change
    tv.waiting(Entry(1, drawn))
    tv.waiting(arrived=(Arrived(drawn, "tv-1.geojson"),))
    tv.load(read(drawn.after, "tv-1.geojson"))
    undo(tv)
    assert (tv.changes[-1].kind, tv.changes[-1].source) == ("delete", "tv-1.geojson")
    assert tv.changes[-1].before == drawn.after


def test_undo_says_when_another_person_has_changed_the_geofence_since() -> None:
    tv = Editing(DEPOT)
    tv.edit("rename")
    tv.choose("school")
    renamed = tv.change
    tv.waiting(arrived=(Arrived(renamed, "a.geojson"),))
    theirs = altered(renamed.after, properties={"owner": "Harbour"})
    tv.load(read(theirs))
    tv.press(BACK, MENU)
    tv.choose("draw")
    assert tv.shows("Changed since:")
    tv.choose("undo")
    assert tv.changes[-1].before == theirs


def test_an_edit_without_an_effect_is_not_sent() -> None:
    tv = Editing(DEPOT)
    tv.edit("rename")
    tv.choose("school")
    tv.waiting(arrived=(Arrived(tv.change, "a.geojson"),))
    tv.load(DEPOT)
    assert tv.state.edits.next_undo() is None


def test_the_map_without_the_fence_yet_does_not_lose_the_selection() -> None:
    tv = Editing()
    draw_circle(tv)
    tv.waiting(Entry(1, tv.change))
    tv.load(DEPOT)
    assert tv.state.selection.fence is not None
    assert tv.state.selection.fence.geometry_id == tv.change.geometry_id


def test_unknown_properties_survive_every_edit() -> None:
    fence = read(altered(DEPOT.raw, properties={"owner": {"team": [1, 2.50, "x"]}, "note": "ä"}))
    tv = Editing(fence)
    tv.edit("resize")
    tv.press(UP, OK)
    after = properties(tv.change.after)
    assert after["owner"] == {"team": [1, 2.5, "x"]}
    assert after["note"] == "ä"


def test_without_an_outbox_no_change_is_made() -> None:
    tv = Editing(DEPOT, settings=replace(EDITABLE, can_edit=False))
    tv.press(OK, OK)
    assert "edit" not in tv.stack.top.focusables()
    tv.press(BACK, BACK, MENU)
    assert "draw" not in tv.stack.top.focusables()


def test_a_full_outbox_leaves_undo_where_it_was() -> None:
    tv = Editing(DEPOT)
    tv.edit("rename")
    tv.choose("school")
    tv.outbox.is_full = True
    tv.edit("times")
    tv.choose("tonight")
    assert len(tv.changes) == 1
    assert "Too many changes" in tv.toast
    offer = tv.state.edits.next_undo()
    assert offer is not None
    assert offer.label_key == "step.rename"


def test_a_fence_of_another_file_with_the_same_name_is_not_touched() -> None:
    tv = Editing(DEPOT, point("Depot 1", "other", Position(HERE.lon + 0.01, HERE.lat)))
    tv.edit("delete")
    tv.choose("delete")
    assert tv.change.geometry_id == "depot"
