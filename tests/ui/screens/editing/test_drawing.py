"""Drawing with six keys: circles, rectangles and areas, refused presses, kind and validity."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from tests.ui.editing import (
    BACK,
    DOWN,
    EDITABLE,
    HERE,
    LEFT,
    MENU,
    OK,
    RIGHT,
    UP,
    Editing,
    decoded,
    point,
    properties,
    ring,
)
from tvapp.fences.model.kinds import kinds_for
from tvapp.geo.geodesy import distance_m
from tvapp.geo.position import Position
from tvapp.remote.intents import Input, Intent, Phase
from tvapp.ui.map_state.state import TOAST_S
from tvapp.ui.messages import ConnectionChanged
from tvapp.ui.screens.editing.sketch import REFUSAL_S, SketchScreen


def sketch_of(tv: Editing) -> SketchScreen:
    found = tv.stack.top
    assert isinstance(found, SketchScreen)
    return found


def drop_square(tv: Editing) -> None:
    """Drop the four corners of a square, and stand on its first corner."""
    for arrow in (RIGHT, DOWN, LEFT):
        tv.press(OK, *(arrow,) * 6)
    tv.press(OK, *(UP,) * 6)


def turn_to_the_end(tv: Editing, intent: Intent) -> None:
    """Hold an arrow for long."""
    tv.stack.handle(Input(intent, Phase.PRESS), tv.remote.now)
    for step in range(1, 250):
        tv.stack.handle(Input(intent, Phase.REPEAT, step * 0.05), tv.remote.now)
    tv.stack.handle(Input(intent, Phase.RELEASE, 12.5, was_long=True), tv.remote.now)


# -- circles ---------------------------------------------------------------------------------------------------------


def test_a_circle_takes_a_middle_a_radius_a_kind_and_a_validity() -> None:
    tv = Editing()
    tv.start_drawing("circle")
    tv.press(OK, RIGHT, RIGHT, OK)
    assert tv.screen == "kinds"
    tv.choose("school", "always")
    assert tv.screen == "map"
    change = tv.change
    assert (change.kind, change.source, change.before) == ("add", "", b"")
    made = decoded(change.after)
    assert made["geometry"] == {"type": "Point", "coordinates": [pytest.approx(HERE.lon), pytest.approx(HERE.lat)]}
    radius_m = made["properties"].pop("radius")
    assert radius_m == 102
    assert made["properties"] == {
        "geometryId": change.geometry_id,
        "name": "School 1",
        "kind": "school",
        "subType": "Circle",
    }


def test_the_radius_is_shown_with_the_area_while_it_changes() -> None:
    tv = Editing()
    tv.start_drawing("circle")
    tv.press(OK)
    before = tv.draw().sentences()
    assert {"New circle", "Radius 100 m", "3.14 ha"} <= set(before)
    tv.press(UP)
    assert tv.shows("Radius 110 m")


def test_the_radius_is_shown_in_feet_with_imperial_units() -> None:
    tv = Editing(settings=replace(EDITABLE, units="imperial"))
    tv.start_drawing("circle")
    tv.press(OK)
    assert tv.shows("Radius 328 ft")
    assert tv.shows("7.76 acres")


def test_a_circle_grows_to_ten_kilometres_and_no_further_and_shrinks_to_one_metre() -> None:
    tv = Editing()
    tv.start_drawing("circle")
    tv.press(OK)
    for intent, shown in ((RIGHT, "Radius 10 000 m"), (LEFT, "Radius 1 m")):
        turn_to_the_end(tv, intent)
        assert tv.shows(shown.replace(" 000", "\u202f000"))


def test_back_frees_the_middle_of_a_circle_and_then_leaves() -> None:
    tv = Editing()
    tv.start_drawing("circle")
    tv.press(OK)
    assert "Undo" in tv.hints()
    tv.press(BACK)
    assert tv.screen == "sketch"
    assert "Cancel" in tv.hints()
    tv.press(BACK)
    assert tv.screen == "map"
    assert not tv.changes


def test_a_circle_that_would_leave_the_map_near_the_pole_is_refused_with_a_sentence() -> None:
    tv = Editing(at=Position(10.0, 85.0), zoom=12)
    tv.start_drawing("circle")
    tv.press(OK)
    turn_to_the_end(tv, RIGHT)
    tv.press(OK)
    assert tv.screen == "sketch"
    assert tv.shows("It would reach beyond the edge of the map")
    assert not tv.changes


def test_a_circle_can_lie_on_the_date_line() -> None:
    tv = Editing(at=Position(180.0, 10.0))
    tv.start_drawing("circle")
    tv.press(OK, OK)
    tv.choose("depot", "always")
    lon, lat = decoded(tv.change.after)["geometry"]["coordinates"]
    assert abs(lon) == pytest.approx(180.0)
    assert lat == pytest.approx(10.0)


def test_the_crosshair_counts_at_the_release_of_ok() -> None:
    tv = Editing(motion=True)
    tv.start_drawing("circle")
    stack, now = tv.stack, tv.remote.now
    stack.handle(Input(RIGHT, Phase.PRESS), now)
    stack.update(now + 0.01)
    stack.handle(Input(RIGHT, Phase.RELEASE, 0.01), now + 0.02)
    stack.handle(Input(OK, Phase.PRESS), now + 0.03)
    pressed_at = tv.center
    tv.state.model.update(now + 0.15)  # the map glides on, and the sketch has not heard of it yet
    released_at = tv.center
    assert released_at != pressed_at
    stack.handle(Input(OK, Phase.RELEASE, 0.12), now + 0.15)
    assert sketch_of(tv).sketch.outline.vertices == (released_at.normalised(),)


# -- rectangles ------------------------------------------------------------------------------------------------------


def test_a_rectangle_is_two_corners() -> None:
    tv = Editing()
    tv.start_drawing("rectangle")
    tv.press(OK, *(RIGHT,) * 5, *(DOWN,) * 3)
    assert tv.shows("×")
    opposite = tv.center
    tv.press(OK)
    tv.choose("parking", "always")
    corners = ring(tv.change.after)
    assert properties(tv.change.after)["subType"] == "Rectangle"
    assert len(corners) == 5
    assert sorted({x for x, _ in corners}) == pytest.approx([HERE.lon, opposite.lon])
    assert sorted({y for _, y in corners}) == pytest.approx([opposite.lat, HERE.lat])


def test_a_rectangle_without_a_height_is_refused_only_when_ok_is_pressed() -> None:
    tv = Editing()
    tv.start_drawing("rectangle")
    tv.press(OK, RIGHT)
    assert not tv.shows("It would enclose nothing")
    tv.press(OK)
    assert tv.shows("It would enclose nothing")
    assert tv.screen == "sketch"
    tv.wait(REFUSAL_S + 0.5)
    assert not tv.shows("It would enclose nothing")


def test_a_second_ok_on_the_first_corner_of_a_rectangle_leads_to_zoom_and_done() -> None:
    tv = Editing()
    tv.start_drawing("rectangle")
    tv.press(OK, OK)
    assert tv.screen == "sketch-bar"


def test_back_takes_the_first_corner_of_a_rectangle_away() -> None:
    tv = Editing()
    tv.start_drawing("rectangle")
    tv.press(OK, RIGHT, BACK)
    assert tv.hints()[0] == "First corner here"


# -- areas -----------------------------------------------------------------------------------------------------------


def test_an_area_is_drawn_corner_by_corner_and_closed_on_its_first_one() -> None:
    tv = Editing()
    tv.start_drawing("polygon")
    drop_square(tv)
    assert tv.hints()[0] == "Close the area"
    tv.press(OK)
    tv.choose("site", "always")
    corners = ring(tv.change.after)
    assert len(corners) == 5
    assert corners[0] == corners[-1]
    assert "subType" not in properties(tv.change.after)
    doubled = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in itertools.pairwise(corners))
    assert doubled > 0  # RFC 7946, 3.1.6: counter-clockwise


def test_back_takes_the_corners_away_one_by_one_and_then_leaves() -> None:
    tv = Editing()
    tv.start_drawing("polygon")
    tv.press(OK, RIGHT, OK, DOWN, OK)
    counts = []
    for _ in range(3):
        counts.append(len(sketch_of(tv).sketch.outline.vertices))
        tv.press(BACK)
    assert counts == [3, 2, 1]
    assert tv.screen == "sketch"
    tv.press(BACK)
    assert tv.screen == "map"


def test_a_crossing_edge_is_marked_while_aiming_and_refused_when_placed() -> None:
    tv = Editing()
    tv.start_drawing("polygon")
    for arrow in (RIGHT, DOWN, LEFT):
        tv.press(OK, *(arrow,) * 6)
    tv.press(RIGHT, RIGHT, OK, *(UP,) * 8)
    sketch = sketch_of(tv).sketch
    assert tv.shows("Edges must not cross")
    assert len(sketch.outline.crossings) == 1
    corners = sketch.outline.vertices
    tv.press(OK)
    assert sketch.outline.vertices == corners
    tv.press(*(DOWN,) * 4)
    assert not tv.shows("Edges must not cross")


def test_a_second_ok_on_the_same_place_drops_no_second_corner_but_leads_to_zoom_and_done() -> None:
    tv = Editing()
    tv.start_drawing("polygon")
    tv.press(OK)
    assert tv.hints()[0] == "More"
    tv.press(OK)
    assert tv.screen == "sketch-bar"
    tv.press(BACK)
    assert len(sketch_of(tv).sketch.outline.vertices) == 1


def test_an_area_of_two_corners_cannot_be_finished() -> None:
    tv = Editing()
    tv.start_drawing("polygon")
    tv.press(OK, RIGHT, OK)
    tv.hold_ok()
    tv.choose("keep")
    assert tv.screen == "sketch"
    assert tv.shows("It needs more corners")


# -- the bar ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["held", "menu"])
def test_a_remote_with_few_keys_zooms_and_finishes_through_the_bar(how: str) -> None:
    tv = Editing()
    tv.start_drawing("polygon")
    tv.press(OK, RIGHT, OK, DOWN, OK)
    if how == "held":
        tv.hold_ok()
    else:
        tv.press(MENU)
    assert tv.screen == "sketch-bar"
    zoom = tv.state.viewport.zoom
    tv.choose("zoom-in", "zoom-in")
    assert tv.state.viewport.zoom == zoom + 2
    tv.choose("zoom-out")
    assert tv.state.viewport.zoom == zoom + 1
    assert len(sketch_of_below(tv).sketch.outline.vertices) == 3
    tv.choose("keep")
    assert tv.screen == "kinds"


def sketch_of_below(tv: Editing) -> SketchScreen:
    tv.press(BACK)
    found = sketch_of(tv)
    tv.press(MENU)
    return found


def test_discarding_a_sketch_leads_to_the_map_and_changes_nothing() -> None:
    tv = Editing()
    tv.start_drawing("polygon")
    tv.press(OK, RIGHT, OK)
    tv.hold_ok()
    tv.choose("drop")
    assert tv.screen == "map"
    assert not tv.changes


def test_zoom_keys_zoom_while_drawing() -> None:
    tv = Editing()
    tv.start_drawing("rectangle")
    zoom = tv.state.viewport.zoom
    tv.press(Intent.ZOOM_IN)
    assert tv.state.viewport.zoom == zoom + 1


@pytest.mark.parametrize("kind", ["circle", "rectangle", "polygon"])
def test_every_drawing_screen_mentions_holding_ok(kind: str) -> None:
    tv = Editing()
    tv.start_drawing(kind)
    assert tv.shows("Hold OK")
    tv.press(OK)
    assert tv.shows("Hold OK")


def test_holding_ok_on_the_map_opens_the_shapes_where_fences_may_be_changed() -> None:
    tv = Editing()
    tv.hold_ok()
    assert tv.screen == "draw"
    reader = Editing(settings=replace(EDITABLE, can_edit=False))
    reader.hold_ok()
    assert reader.screen == "action-bar"
    assert "draw" not in reader.stack.top.focusables()


# -- names and times -------------------------------------------------------------------------------------------------


def test_a_name_has_the_lowest_number_that_is_free() -> None:
    tv = Editing(point("Depot 1", "a"), point("depot  3", "b"), at=Position(10.0, 10.0))
    tv.start_drawing("circle")
    tv.press(OK, OK)
    assert tv.shows("Depot 2")
    assert tv.shows("School 1")


def test_a_name_is_not_given_twice_before_the_map_shows_the_first() -> None:
    tv = Editing()
    for expected in ("Depot 1", "Depot 2"):
        tv.start_drawing("circle")
        tv.press(OK, OK)
        tv.choose("depot", "always")
        assert properties(tv.changes[-1].after)["name"] == expected
        tv.press(BACK)


def test_kinds_come_from_the_settings_in_the_language_of_the_tv() -> None:
    kinds = kinds_for({"berth": {"en": "Berth", "fi": "Laituri"}, "depot": {}}, "fi")
    tv = Editing(settings=replace(EDITABLE, kinds=kinds))
    tv.start_drawing("circle")
    tv.press(OK, OK)
    assert tv.stack.top.focusables() == ("berth", "depot")
    tv.choose("berth", "always")
    assert properties(tv.change.after)["name"] == "Laituri 1"
    assert properties(tv.change.after)["kind"] == "berth"


def test_back_leads_from_times_to_kinds_and_from_kinds_to_the_sketch_as_it_was() -> None:
    tv = Editing()
    tv.start_drawing("circle")
    tv.press(OK, RIGHT, OK)
    tv.choose("site")
    assert tv.screen == "times"
    tv.press(BACK)
    assert tv.screen == "kinds"
    assert tv.focused == "site"
    tv.press(BACK)
    assert tv.screen == "sketch"
    assert tv.shows("Radius 101 m")
    tv.press(RIGHT, OK)
    tv.choose("site", "always")
    assert properties(tv.change.after)["radius"] == 102


@pytest.mark.parametrize(
    ("preset", "stated"),
    [
        ("always", None),
        ("tonight", {"expiredTime"}),
        ("sunday", {"expiredTime"}),
        ("weekdays", {"validityPeriod"}),
    ],
)
def test_when_a_fence_counts_is_stored_as_azure_has_it(preset: str, stated: set[str] | None) -> None:
    tv = Editing()
    tv.start_drawing("circle")
    tv.press(OK, OK)
    tv.choose("depot", preset)
    found: Any = properties(tv.change.after).get("validityTime")
    assert (None if found is None else set(found)) == stated
    if preset == "weekdays":
        (period,) = found["validityPeriod"]
        assert period["businessDayOnly"] is True
        assert (period["startTime"][11:16], period["endTime"][11:16]) == ("08:00", "18:00")


# -- afterwards ------------------------------------------------------------------------------------------------------


def test_a_new_geofence_is_selected_at_once_and_a_toast_says_that_it_is_on_its_way() -> None:
    tv = Editing()
    tv.start_drawing("circle")
    tv.press(OK, OK)
    tv.choose("depot", "always")
    assert tv.state.selection.fence is not None
    assert tv.state.selection.fence.name == "Depot 1"
    assert tv.state.selection.outlines
    assert tv.toast == "Saved on this TV and on its way: Depot 1"
    assert tv.shows("Saved on this TV and on its way")


def test_without_a_network_the_toast_says_that_the_change_waits() -> None:
    tv = Editing()
    tv.send(ConnectionChanged(tv.state.wall()))
    tv.start_drawing("circle")
    tv.press(OK, OK)
    tv.choose("depot", "always")
    assert "when the network is back" in tv.toast


def test_a_toast_goes_away_by_itself() -> None:
    tv = Editing()
    tv.start_drawing("circle")
    tv.press(OK, OK)
    tv.choose("depot", "always")
    tv.wait(TOAST_S + 0.5)
    assert not tv.toast
    assert not tv.shows("on its way")


def test_a_full_outbox_takes_nothing_and_says_where_to_look() -> None:
    tv = Editing()
    tv.outbox.is_full = True
    tv.start_drawing("circle")
    tv.press(OK, OK)
    tv.choose("depot", "always")
    assert not tv.changes
    assert "Too many changes" in tv.toast
    assert tv.state.edits.next_undo() is None


def test_the_way_between_corners_is_measured_on_the_ground() -> None:
    tv = Editing()
    tv.start_drawing("polygon")
    tv.press(OK, *(RIGHT,) * 4)
    metres = distance_m(HERE, tv.center)
    assert tv.shows(f"Edge {round(metres)} m")
