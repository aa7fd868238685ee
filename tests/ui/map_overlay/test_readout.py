"""The read-out: the place of the crosshair, the geofences under it, and the distance to the selected one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ui.editing import BACK, EDITABLE, HERE, MENU, OK, RIGHT, SQUARE, Editing, area, point
from tvapp.fences.model.fence import Geofence, Polygon
from tvapp.geo.geodesy import circle_ring
from tvapp.geo.position import Position
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
    assert "330 ft inside Depot 1" in readout(HERE, (point(),), point(), imperial)


@pytest.mark.parametrize(("corners", "is_told"), [(MOST_VERTICES // 2, True), (MOST_VERTICES * 2, False)])
def test_the_distance_to_a_huge_outline_is_left_out_because_it_takes_longer_than_a_frame(
    corners: int, is_told: bool
) -> None:
    ring = circle_ring(FAR, 200.0, corners)
    fence = Geofence("coast", "Coast", (Polygon((ring,)),))
    assert ("Coast" in readout(HERE, (), fence, EDITABLE)) == is_told


def test_an_area_is_as_far_as_its_nearest_edge() -> None:
    yard = area("Yard", SQUARE)
    assert "111 m inside Yard" in readout(HERE, (yard,), yard, EDITABLE)


def test_the_line_gives_way_to_panels_and_comes_back() -> None:
    tv = Editing(point())
    tv.press(MENU)
    assert not tv.shows(WHERE)
    tv.press(BACK)
    assert tv.shows(WHERE)


def test_a_place_south_and_west_is_told_as_people_write_it() -> None:
    assert readout(Position(-70.5, -33.25), (), None, EDITABLE) == "33.2500° S 70.5000° W"
