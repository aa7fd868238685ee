"""Geofences in words."""

from __future__ import annotations

import time

import msgspec
import pytest

from tvapp.fences.model.fence import Circle, Geofence, Line, Polygon, Spot
from tvapp.fences.model.summary import summarise
from tvapp.fences.model.validity import DAY_S, Period, Validity
from tvapp.geo.position import Position
from tvapp.ui.settings import UiSettings
from tvapp.ui.words.fence_descriptions import detail_rows, shape_words, size_words, state_words, validity_words
from tvapp.ui.words.property_values import LONGEST_VALUE

HERE = Position(25.0, 60.0)
UTC = UiSettings(local_time=time.gmtime)
MONDAY = 1_789_948_800.0
"""Midnight before Monday, 21 September 2026, UTC."""
RING = tuple(Position(25.0 + x, 60.0 + y) for x, y in ((0, 0), (0.01, 0), (0.01, 0.01), (0, 0.01), (0, 0)))
HOLE = tuple(Position(25.004 + x, 60.004 + y) for x, y in ((0, 0), (0, 0.001), (0.001, 0.001), (0.001, 0), (0, 0)))


def fence(*shapes: Circle | Polygon | Line | Spot, validity: Validity | None = None, **properties: object) -> Geofence:
    return Geofence(
        "id", "Name", shapes, validity=validity or Validity(), stored=msgspec.json.encode({"properties": properties})
    )


@pytest.mark.parametrize(
    ("it", "expected"),
    [
        (fence(Circle(HERE, 500)), "Circle"),
        (fence(Spot(HERE, 20)), "Around a point"),
        (fence(Line((HERE, Position(25.1, 60.0)), 10)), "Strip along a line"),
        (fence(Polygon((RING,))), "Area"),
        (fence(Polygon((RING,), is_rectangle=True)), "Rectangle"),
        (fence(Polygon((RING, HOLE))), "Area with a part left out"),
        (fence(Polygon((RING, HOLE, HOLE))), "Area with 2 parts left out"),
        (fence(Circle(HERE, 1), Circle(HERE, 2)), "2 areas"),
    ],
)
def test_shapes_have_plain_names(it: Geofence, expected: str) -> None:
    assert shape_words(summarise(it, MONDAY), UTC) == expected


def test_sizes_say_what_matters_most() -> None:
    assert size_words(fence(Circle(HERE, 500)), MONDAY, UTC) == "Radius 500 m"
    assert size_words(fence(Polygon((RING,))), MONDAY, UTC).endswith("ha")


WORKDAYS = Validity(
    expires=MONDAY + 300 * DAY_S,
    periods=(Period(MONDAY + 7 * 3600, MONDAY + 17 * 3600, "Daily", business_days_only=True),),
)


def test_working_hours_have_words() -> None:
    assert validity_words(fence(Circle(HERE, 1), validity=WORKDAYS), UTC) == (
        "Monday to Friday 07:00–17:00 until 18 July 2027"
    )


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period(MONDAY + 3600, MONDAY + 7200, "Daily"), "Daily 01:00–02:00"),
        (Period(MONDAY + 3600, MONDAY + 7200, "Weekly"), "Every Monday 01:00–02:00"),
        (Period(MONDAY + 3600, MONDAY + 7200, "Monthly"), "On day 21 of each month 01:00–02:00"),
        (Period(MONDAY + 3600, MONDAY + 7200, "Yearly"), "Every year on 21 September 01:00–02:00"),
        (Period(MONDAY, MONDAY + DAY_S - 1, "Weekly", 2), "Every Monday 00:00–24:00, every 2 weeks"),
        (Period(MONDAY, MONDAY + 3 * DAY_S, "Yearly"), "From 21 September 2026 to 24 September 2026"),
    ],
)
def test_recurring_periods_have_words(period: Period, expected: str) -> None:
    assert validity_words(fence(Circle(HERE, 1), validity=Validity(periods=(period,))), UTC) == expected


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        (8, "Active until 17:00"),
        (18, "Outside its hours · active from Tuesday 07:00"),
        (6, "Not started yet · active from 07:00"),
        (24 * 301, "Expired since 18 July 2027"),
    ],
)
def test_the_state_says_until_when(hour: int, expected: str) -> None:
    assert state_words(fence(Circle(HERE, 1), validity=WORKDAYS), MONDAY + hour * 3600, UTC) == expected


def test_a_geofence_without_an_end_is_always_active() -> None:
    assert state_words(fence(Circle(HERE, 1)), MONDAY, UTC) == "Always active"


def test_unknown_properties_are_shown_and_known_ones_are_not_said_twice() -> None:
    it = fence(
        Circle(HERE, 1), name="Name", radius=1, contactPhone="+358 9 1234", tags=["a", "b"], empty="", nothing=None
    )
    rows = dict(detail_rows(it, MONDAY, UTC))
    assert rows["Contact phone"] == "+358 9 1234"
    assert rows["Tags"] == "a, b"
    assert not {"name", "radius", "Empty", "Nothing"} & set(rows)


def test_a_very_long_property_is_cut() -> None:
    rows = dict(detail_rows(fence(Circle(HERE, 1), note="x" * 5000), MONDAY, UTC))
    assert len(rows["Note"]) <= LONGEST_VALUE


def test_imperial_units_are_used_everywhere_or_nowhere() -> None:
    imperial = UiSettings(units="imperial", local_time=time.gmtime)
    said = " ".join(value for _, value in detail_rows(fence(Circle(HERE, 500)), MONDAY, imperial))
    assert "ft" in said
    assert " km" not in said
    assert " ha" not in said
