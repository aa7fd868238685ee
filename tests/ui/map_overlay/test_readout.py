"""The read-out: the place of the crosshair, the geofences under it, and the distance to the selected one."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from tests.ui.editing import BACK, EDITABLE, HERE, MENU, OK, RIGHT, SQUARE, Editing, area, point
from tvapp.fences.model.fence import Geofence, Polygon
from tvapp.geo.geodesy import circle_ring
from tvapp.geo.position import Position
from tvapp.remote.intents import Intent
from tvapp.ui.map_overlay.readout import MOST_VERTICES, readout

FAR = Position(HERE.lon + 0.02, HERE.lat)
WHERE = "60.1700° N 24.9500° E"


def test_the_place_under_the_crosshair_is_shown_and_follows_the_map() -> None:
    tv = Editing()
    assert WHERE in tv.draw().sentences()
    tv.press(RIGHT)
    assert not tv.shows(WHERE)
    assert tv.shows("60.1700° N 24.9")


def test_a_fence_under_the_crosshair_is_named() -> None:
    tv = Editing(point(), point("Depot 2", "far", FAR))
    assert f"{WHERE}  ·  in Depot 1" in tv.draw().sentences()


def test_of_several_geofences_the_smallest_is_named_and_the_others_are_counted() -> None:
    tv = Editing(point(), point("Large", "large", radius_m=500.0), point("Larger", "larger", radius_m=900.0))
    assert tv.shows("in Depot 1 and 2 more")


def test_in_means_inside_and_near_is_said_with_its_distance() -> None:
    near, far, around = point("School", "s"), point("Yard", "y"), point("City", "c")
    assert readout(HERE, ((near, 120.0),), None, EDITABLE) == f"{WHERE}  ·  near School, 120 m"
    assert readout(HERE, ((near, 120.0), (far, 900.0)), None, EDITABLE).endswith("near School, 120 m, and 1 more")
    assert readout(HERE, ((around, 0.0), (near, 120.0), (far, 900.0)), None, EDITABLE).endswith("·  in City")


def test_a_zoomed_out_map_is_near_a_fence_and_not_in_it() -> None:
    tv = Editing(point(radius_m=100.0))
    tv.press(*[Intent.ZOOM_OUT] * 4, RIGHT, Intent.ZOOM_IN, Intent.ZOOM_IN)
    assert not tv.shows("in Depot 1")
    tv = Editing(point("Depot 2", "far", Position(HERE.lon + 0.004, HERE.lat), radius_m=100.0))
    tv.press(*[Intent.ZOOM_OUT] * 3)
    assert tv.shows("near Depot 2, 122 m")


def test_the_selected_geofence_is_told_once_whatever_object_it_is() -> None:
    shown, selected = point(), msgspec.structs.replace(point(), notes=("another object",))
    assert shown is not selected
    assert readout(HERE, ((shown, 0.0),), selected, EDITABLE) == f"{WHERE}  ·  100 m inside Depot 1"


def test_inside_the_selected_geofence_near_ones_are_not_told() -> None:
    selected, near = point(), point("School", "s")
    assert readout(HERE, ((selected, 0.0), (near, 61.0)), selected, EDITABLE) == f"{WHERE}  ·  100 m inside Depot 1"


def test_inside_the_selected_geofence_the_distance_to_its_border_is_shown() -> None:
    tv = Editing(point())
    tv.press(OK)
    assert tv.shows("100 m inside Depot 1")
    assert not tv.shows("in Depot 1 and")


def test_outside_the_selected_geofence_the_distance_to_it_is_shown() -> None:
    fence = point("Depot 2", "far", FAR, radius_m=100.0)
    assert "1.01 km to Depot 2" in readout(HERE, (), fence, EDITABLE)


def test_feet_and_miles_where_people_use_them() -> None:
    fence = point("Depot 2", "far", FAR, radius_m=100.0)
    imperial = replace(EDITABLE, units="imperial")
    assert "0.63 mi to Depot 2" in readout(HERE, (), fence, imperial)
    assert "330 ft inside Depot 1" in readout(HERE, ((point(), 0.0),), point(), imperial)


@pytest.mark.parametrize(("corners", "is_told"), [(MOST_VERTICES // 2, True), (MOST_VERTICES * 2, False)])
def test_the_distance_to_a_huge_outline_is_left_out_because_it_takes_longer_than_a_frame(
    corners: int, is_told: bool
) -> None:
    ring = circle_ring(FAR, 200.0, corners)
    fence = Geofence("coast", "Coast", (Polygon((ring,)),))
    assert ("Coast" in readout(HERE, (), fence, EDITABLE)) == is_told


def test_an_area_is_as_far_as_its_nearest_edge() -> None:
    yard = area("Yard", SQUARE)
    assert "111 m inside Yard" in readout(HERE, ((yard, 0.0),), yard, EDITABLE)


def test_the_line_gives_way_to_panels_and_comes_back() -> None:
    tv = Editing(point())
    tv.press(MENU)
    assert not tv.shows(WHERE)
    tv.press(BACK)
    assert tv.shows(WHERE)


def test_a_place_south_and_west_is_told_as_people_write_it() -> None:
    assert readout(Position(-70.5, -33.25), (), None, EDITABLE) == "33.2500° S 70.5000° W"
