"""Editing: move, resize, reshape, rename, validity, duplicate, delete, and the bytes for the outbox."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ui.editing import (
    BACK,
    DOWN,
    EDITABLE,
    HERE,
    HOLE,
    LEFT,
    MENU,
    OK,
    RIGHT,
    SQUARE,
    UP,
    Editing,
    area,
    decoded,
    point,
    properties,
    read,
    ring,
)
from tvapp.fences.editing.reshape_sketch import ReshapeSketch
from tvapp.fences.model.fence import Geofence
from tvapp.geo.position import Position
from tvapp.remote.intents import Intent
from tvapp.ui.screens.editing.sketch import SketchScreen

COLLECTION = read(
    b'{"type":"Feature","geometry":{"type":"GeometryCollection","geometries":['
    b'{"type":"Polygon","coordinates":[[[24.948,60.169],[24.952,60.169],[24.952,60.171],[24.948,60.169]]]},'
    b'{"type":"Point","coordinates":[24.95,60.17]}]},'
    b'"properties":{"geometryId":"mixed","name":"Mixed","radius":60.0}}'
)


def sketch_of(tv: Editing) -> SketchScreen:
    found = tv.stack.top
    assert isinstance(found, SketchScreen)
    return found


def corner(tv: Editing) -> tuple[int, int]:
    sketch = sketch_of(tv).sketch
    assert isinstance(sketch, ReshapeSketch)
    return sketch.number


# -- the way in ------------------------------------------------------------------------------------------------------


def test_ok_twice_and_change_lead_to_the_edit_panel() -> None:
    tv = Editing(point())
    tv.open_edits()
    assert tv.screen == "edit"
    assert tv.shows("Change Depot 1")
    assert tv.stack.top.focusables() == ("move", "resize", "reshape", "duplicate", "rename", "times", "delete")


@pytest.mark.parametrize("how", ["details", "drawer"])
def test_without_editing_no_way_leads_to_an_edit(how: str) -> None:
    tv = Editing(point(), settings=replace(EDITABLE, can_edit=False))
    if how == "details":
        tv.press(OK, OK)
    else:
        tv.press(MENU, OK, OK)
    assert tv.screen == "details"
    assert tv.stack.top.focusables() == ("show", "back")


@pytest.mark.parametrize(
    ("fence", "cannot"),
    [
        (point(), {"reshape"}),
        (area("Yard", SQUARE), set()),
        (area("Box", SQUARE, subtype="Rectangle"), set()),
        (COLLECTION, {"resize", "reshape"}),
    ],
    ids=["circle", "area", "rectangle", "collection"],
)
def test_an_edit_that_the_shape_does_not_allow_says_so_and_does_nothing(fence: Geofence, cannot: set[str]) -> None:
    tv = Editing(fence)
    tv.open_edits()
    assert tv.draw().sentences().count("Not for this shape") == len(cannot)
    for key in cannot:
        tv.choose(key)
        assert tv.screen == "edit"
    assert not tv.changes


def test_back_leads_from_the_panel_to_the_map_with_the_fence_selected() -> None:
    tv = Editing(point())
    tv.open_edits()
    tv.press(BACK)
    assert tv.screen == "map"
    assert tv.state.selection.fence is not None


# -- move ------------------------------------------------------------------------------------------------------------


def test_a_moved_circle_keeps_all_but_its_place() -> None:
    fence = point()
    tv = Editing(fence)
    tv.edit("move")
    tv.press(*(RIGHT,) * 4)
    assert tv.shows("from where it was")
    tv.press(OK)
    change = tv.change
    assert (change.kind, change.source, change.geometry_id) == ("edit", "a.geojson", "depot")
    assert change.before == fence.raw
    before, after = decoded(change.before), decoded(change.after)
    assert after["geometry"]["coordinates"][0] > before["geometry"]["coordinates"][0]
    assert after["geometry"]["coordinates"][1] == pytest.approx(HERE.lat)
    assert after["properties"] == before["properties"]


def test_a_moved_geofence_shows_its_new_place_at_once() -> None:
    tv = Editing(point())
    tv.edit("move")
    tv.press(RIGHT, RIGHT, OK)
    assert tv.screen == "map"
    assert tv.state.selection.fence is not None
    assert tv.state.selection.fence.raw == tv.change.after


def test_a_fence_that_was_not_moved_is_not_sent_ok_leads_to_zoom_and_done_instead() -> None:
    tv = Editing(point())
    tv.edit("move")
    assert tv.hints()[0] == "More"
    tv.press(OK)
    assert tv.screen == "sketch-bar"
    tv.choose("keep")
    assert tv.screen == "sketch"
    assert tv.shows("Nothing has changed yet")
    assert not tv.changes


def test_back_while_moving_leaves_everything_as_it_was_and_the_hint_says_so() -> None:
    tv = Editing(point())
    tv.edit("move")
    tv.press(RIGHT)
    assert "Cancel" in tv.hints()
    tv.press(BACK)
    assert tv.screen == "map"
    assert not tv.changes


def test_a_collection_moves_as_a_whole() -> None:
    tv = Editing(COLLECTION)
    tv.edit("move")
    tv.press(*(RIGHT,) * 4, OK)
    before, after = decoded(tv.change.before), decoded(tv.change.after)
    assert [part["type"] for part in after["geometry"]["geometries"]] == ["Polygon", "Point"]
    was, now = (feature["geometry"]["geometries"] for feature in (before, after))
    east = now[1]["coordinates"][0] - was[1]["coordinates"][0]
    assert east > 0
    shifts = [b[0] - a[0] for a, b in zip(was[0]["coordinates"][0], now[0]["coordinates"][0], strict=True)]
    assert shifts == pytest.approx([east] * 4)
    assert after["properties"] == before["properties"]


def test_a_collection_that_would_reach_beyond_the_pole_stays_and_the_viewer_is_told() -> None:
    tv = Editing(COLLECTION)
    tv.state.edits.move_by(COLLECTION, 0.0, 40.0)
    assert not tv.changes
    assert tv.toast.startswith("That does not work here")


def test_a_fence_cannot_be_carried_beyond_the_edge_of_the_map() -> None:
    near_the_edge = Position(10.0, 85.02)
    tv = Editing(point(at=near_the_edge, radius_m=2_000.0), at=near_the_edge, zoom=13)
    tv.edit("move")
    tv.press(Intent.ZOOM_IN, *(UP,) * 60)
    assert tv.shows("It would reach beyond the edge of the map")
    tv.press(OK)
    assert tv.screen == "sketch"
    assert not tv.changes


# -- resize ----------------------------------------------------------------------------------------------------------


def test_a_circle_grows_by_a_metre_and_by_ten() -> None:
    tv = Editing(point())
    tv.edit("resize")
    tv.press(RIGHT, UP, OK)
    assert properties(tv.change.after)["radius"] == 110
    assert decoded(tv.change.after)["geometry"] == decoded(tv.change.before)["geometry"]


def test_back_gives_the_old_size_first_and_then_leaves() -> None:
    tv = Editing(point())
    tv.edit("resize")
    tv.press(UP)
    assert tv.shows("Radius 110 m")
    tv.press(BACK)
    assert tv.screen == "sketch"
    assert tv.shows("Radius 100 m")
    tv.press(BACK)
    assert tv.screen == "map"
    assert not tv.changes


def test_a_rectangle_changes_its_width_and_its_height_and_stays_a_rectangle() -> None:
    tv = Editing(area("Box", SQUARE, subtype="Rectangle"))
    tv.edit("resize")
    assert "← → width ↑ ↓ height" in tv.hints()
    tv.press(*(RIGHT,) * 3, *(UP,) * 2, OK)
    before, after = ring(tv.change.before), ring(tv.change.after)
    assert max(x for x, _ in after) > max(x for x, _ in before)
    assert max(y for _, y in after) > max(y for _, y in before)
    assert properties(tv.change.after)["subType"] == "Rectangle"


def test_an_area_is_scaled_in_per_cent() -> None:
    tv = Editing(area("Yard", SQUARE))
    tv.edit("resize")
    tv.press(UP, UP)
    assert tv.shows("120 %")
    tv.press(OK)
    before, after = ring(tv.change.before), ring(tv.change.after)
    assert max(x for x, _ in after) - HERE.lon == pytest.approx(1.2 * (max(x for x, _ in before) - HERE.lon), rel=1e-3)


# -- reshape ---------------------------------------------------------------------------------------------------------


def test_the_screen_says_which_corner_of_how_many_it_is_on() -> None:
    tv = Editing(area("Yard", SQUARE))
    tv.edit("reshape")
    number, count = corner(tv)
    assert tv.shows(f"Corner {number} of {count}")
    tv.press(RIGHT)
    assert tv.shows(f"Corner {number % count + 1} of {count}")
    tv.press(LEFT, LEFT)
    assert tv.shows(f"Corner {(number - 2) % count + 1} of {count}")


def test_the_map_follows_from_corner_to_corner() -> None:
    tv = Editing(area("Yard", SQUARE))
    tv.edit("reshape")
    seen = set()
    for _ in range(4):
        tv.press(RIGHT)
        seen.add((round(tv.center.lon, 4), round(tv.center.lat, 4)))
    assert seen == {(round(HERE.lon + x / 1000, 4), round(HERE.lat + y / 1000, 4)) for x, y in SQUARE}


def test_a_corner_can_be_picked_up_moved_and_dropped() -> None:
    tv = Editing(area("Yard", SQUARE))
    tv.edit("reshape")
    at = tv_corner = sketch_focus(tv)
    tv.press(OK)
    assert tv.hints()[:2] == ["More", "Aim"]
    tv.press(*(UP,) * 3)
    assert tv.hints()[:2] == ["Put it here", "Aim"]
    tv.press(OK)
    assert sketch_focus(tv).lat > at.lat
    tv.press(MENU)
    tv.choose("keep")
    before, after = ring(tv.change.before), ring(tv.change.after)
    moved = [old for old in before[:-1] if not any(near(old, new) for new in after)]
    assert len(moved) == 1
    assert near(moved[0], (tv_corner.lon, tv_corner.lat))
    assert len(after) == len(before)


def test_ok_twice_on_a_corner_leads_to_zoom_and_done_without_holding_a_key() -> None:
    tv = Editing(area("Yard", SQUARE))
    tv.edit("reshape")
    tv.press(OK, OK)
    assert tv.screen == "sketch-bar"
    tv.press(BACK)
    assert tv.hints()[0] != "Put it here", "the corner is not carried any more"
    tv.press(DOWN, OK, OK)
    tv.choose("keep")
    assert len(ring(tv.change.after)) == len(ring(tv.change.before)) - 1


def test_back_puts_a_carried_corner_back_then_undoes_step_by_step_then_leaves() -> None:
    tv = Editing(area("Yard", SQUARE))
    tv.edit("reshape")
    at = sketch_focus(tv)
    tv.press(OK)
    assert "Undo" in tv.hints()
    tv.press(*(UP,) * 3, BACK)
    assert sketch_focus(tv) == at
    assert "Cancel" in tv.hints()
    tv.press(OK, *(UP,) * 3, OK)
    assert sketch_focus(tv) != at
    tv.press(BACK)
    assert sketch_focus(tv) == at
    assert tv.screen == "sketch"
    tv.press(BACK)
    assert tv.screen == "map"
    assert not tv.changes


@pytest.mark.parametrize("how", ["key", "bar"])
def test_a_corner_can_be_inserted_and_another_removed(how: str) -> None:
    tv = Editing(area("Yard", SQUARE))
    tv.edit("reshape")
    if how == "key":
        tv.press(UP)
    else:
        tv.press(MENU)
        tv.choose("insert")
    assert tv.hints()[0] == "Put it here"
    tv.press(UP, UP, OK)
    assert corner(tv)[1] == 5
    tv.press(RIGHT)
    if how == "key":
        tv.press(DOWN)
    else:
        tv.press(MENU)
        tv.choose("remove")
    assert corner(tv)[1] == 4


def test_the_last_three_corners_stay() -> None:
    tv = Editing(area("Yard", SQUARE[:3]))
    tv.edit("reshape")
    tv.press(DOWN)
    assert tv.shows("It needs more corners")
    assert corner(tv)[1] == 3


def test_crossing_edges_are_reported_and_not_kept() -> None:
    tv = Editing(area("Yard", SQUARE), zoom=16)
    tv.edit("reshape")
    for _ in range(4):
        if near((sketch_focus(tv).lon, sketch_focus(tv).lat), (HERE.lon - 0.002, HERE.lat - 0.001)):
            break
        tv.press(RIGHT)
    tv.press(OK, UP, *(RIGHT,) * 60)
    assert tv.shows("Edges must not cross")
    assert sketch_of(tv).sketch.outline.crossings
    tv.press(OK)
    assert tv.hints()[0] == "Put it here"


def test_a_hole_is_walked_to_with_up_and_down_and_can_be_filled() -> None:
    tv = Editing(area("Yard", SQUARE, HOLE), at=Position(HERE.lon + 0.0015, HERE.lat))
    tv.edit("reshape")
    assert "← → next ↑ ↓ outlines" in tv.hints()
    assert corner(tv)[1] == len(HOLE)
    tv.press(DOWN, MENU)
    assert "remove-hole" not in tv.stack.top.focusables()
    tv.press(BACK, UP, MENU)
    tv.choose("remove-hole")
    tv.press(MENU)
    assert "remove-hole" not in tv.stack.top.focusables()
    tv.choose("keep")
    assert len(decoded(tv.change.before)["geometry"]["coordinates"]) == 2
    assert len(decoded(tv.change.after)["geometry"]["coordinates"]) == 1


def sketch_focus(tv: Editing) -> Position:
    sketch = sketch_of(tv).sketch
    assert isinstance(sketch, ReshapeSketch)
    return sketch.focus


def near(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return abs(a[0] - b[0]) < 1e-7 and abs(a[1] - b[1]) < 1e-7


# -- name, times, copy, delete ---------------------------------------------------------------------------------------


def test_a_fence_gets_another_kind_and_its_next_free_name() -> None:
    tv = Editing(point())
    tv.edit("rename")
    assert tv.focused == "depot"
    tv.choose("school")
    assert tv.screen == "map"
    before, after = properties(tv.change.before), properties(tv.change.after)
    assert (after["name"], after["kind"]) == ("School 1", "school")
    assert {**after, "name": before["name"], "kind": before["kind"]} == before


def test_times_are_chosen_from_presets_and_taken_away_again() -> None:
    tv = Editing(point())
    tv.edit("times")
    assert tv.focused == "always"
    tv.choose("weekdays")
    assert "validityPeriod" in properties(tv.change.after)["validityTime"]
    tv.edit("times")
    assert tv.focused == "weekdays"
    tv.choose("always")
    assert "validityTime" not in properties(tv.changes[-1].after)
    assert tv.changes[-1].before == tv.changes[0].after


def test_a_copy_has_an_id_and_a_name_of_its_own_and_lies_beside() -> None:
    tv = Editing(point())
    tv.edit("duplicate")
    change = tv.change
    assert (change.kind, change.source) == ("add", "")
    assert change.geometry_id != "depot"
    copy = decoded(change.after)
    assert copy["properties"]["geometryId"] == change.geometry_id
    assert copy["properties"]["name"] == "Depot 2"
    assert copy["geometry"]["coordinates"][0] > HERE.lon


def test_a_copy_of_a_collection_keeps_its_parts() -> None:
    tv = Editing(COLLECTION)
    tv.edit("duplicate")
    copy = decoded(tv.change.after)["geometry"]
    assert [part["type"] for part in copy["geometries"]] == ["Polygon", "Point"]


def test_deleting_asks_first_and_back_keeps_it() -> None:
    tv = Editing(point())
    tv.edit("delete")
    assert tv.shows("Delete Depot 1?")
    assert tv.focused == "keep"
    tv.press(BACK)
    assert tv.screen == "edit"
    tv.choose("delete", "keep")
    assert not tv.changes


def test_a_deleted_fence_goes_and_nothing_is_selected() -> None:
    fence = point()
    tv = Editing(fence)
    tv.edit("delete")
    tv.choose("delete")
    assert (tv.change.kind, tv.change.before, tv.change.after) == ("delete", fence.raw, b"")
    assert tv.screen == "map"
    assert tv.state.selection.fence is None


def test_a_second_edit_builds_on_the_first_before_the_map_shows_it() -> None:
    tv = Editing(point())
    tv.edit("resize")
    tv.press(UP, OK)
    tv.edit("resize")
    assert tv.shows("Radius 110 m")
    tv.press(UP, OK)
    first, second = tv.changes
    assert second.before == first.after
    assert properties(second.after)["radius"] == 120


def test_zoom_keys_zoom_behind_the_panel() -> None:
    tv = Editing(point())
    tv.open_edits()
    zoom = tv.state.viewport.zoom
    tv.press(Intent.ZOOM_OUT)
    assert tv.state.viewport.zoom == zoom - 1
    assert tv.screen == "edit"
