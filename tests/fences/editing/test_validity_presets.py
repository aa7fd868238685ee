"""Choices of when a geofence counts, and what they become in the file."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tvapp.fences.editing.validity_presets import PRESETS, Preset, UtcOffset, preset_of, validity_time
from tvapp.fences.geojson.validity_time import read_validity
from tvapp.fences.model.validity import State
from tvapp.localcloud.geofence_check import check_geofences

HOUR_S = 3600.0
ZONES = (
    "UTC", "Europe/Helsinki", "Europe/London", "America/New_York", "America/St_Johns", "America/Havana",
    "Asia/Kolkata", "Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Casablanca", "Asia/Beirut",
)  # fmt: skip

zones = st.sampled_from(ZONES)
moments = st.integers(1_104_537_600, 2_082_758_400)
"""Of the years 2005 to 2035."""


def offset_of(zone: str) -> UtcOffset:
    place = ZoneInfo(zone)

    def utc_offset(at: float) -> int:
        offset = datetime.fromtimestamp(at, place).utcoffset()
        assert offset is not None
        return int(offset.total_seconds())

    return utc_offset


def local(at: float, zone: str) -> datetime:
    return datetime.fromtimestamp(at, ZoneInfo(zone))


def at(text: str, zone: str = "Europe/Helsinki") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def made(preset: Preset, now: float, zone: str = "Europe/Helsinki") -> dict[str, object] | None:
    return validity_time(preset, now, offset_of(zone))


def state(value: object, now: float) -> State:
    validity, notes = read_validity(value)
    assert notes == ()
    return validity.state(now)


def test_always_is_no_validity_time_at_all() -> None:
    assert made("always", at("2026-11-23T12:00")) is None


def test_until_tonight_ends_with_the_day() -> None:
    assert made("tonight", at("2026-11-23T12:00")) == {"expiredTime": "2026-11-23T23:59:59+02:00"}
    # The clocks go forward in the night, and back in another one.
    assert made("tonight", at("2026-03-28T12:00")) == {"expiredTime": "2026-03-28T23:59:59+02:00"}
    assert made("tonight", at("2026-10-24T12:00")) == {"expiredTime": "2026-10-24T23:59:59+03:00"}
    assert made("tonight", at("2026-07-01T00:00")) == {"expiredTime": "2026-07-01T23:59:59+03:00"}


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2026-11-23T12:00", "2026-11-29T23:59:59+02:00"),  # Monday
        ("2026-11-28T23:00", "2026-11-29T23:59:59+02:00"),  # Saturday
        ("2026-11-29T00:00", "2026-11-29T23:59:59+02:00"),  # Sunday
        ("2026-11-29T23:59", "2026-11-29T23:59:59+02:00"),
        ("2026-11-30T00:00", "2026-12-06T23:59:59+02:00"),
        ("2026-12-28T09:00", "2027-01-03T23:59:59+02:00"),
        ("2026-03-27T12:00", "2026-03-29T23:59:59+03:00"),  # the clocks go forward on that Sunday
        ("2026-10-24T12:00", "2026-10-25T23:59:59+02:00"),  # and back on this one
    ],
)
def test_until_sunday_ends_with_the_coming_sunday(now: str, last: str) -> None:
    assert made("sunday", at(now)) == {"expiredTime": last}


def test_weekdays_are_written_as_azure_has_them() -> None:
    assert made("weekdays", at("2026-11-25T12:00")) == {
        "validityPeriod": [
            {
                "startTime": "2026-11-23T08:00:00+02:00",
                "endTime": "2026-11-23T18:00:00+02:00",
                "recurrenceType": "Daily",
                "recurrenceFrequency": 1,
                "businessDayOnly": True,
            }
        ]
    }


@pytest.mark.parametrize(
    ("now", "offset"),
    [
        ("2026-10-23T12:00", "+03:00"),  # Friday before the clocks go back
        ("2026-10-23T17:59:59", "+03:00"),
        ("2026-10-23T18:00", "+02:00"),
        ("2026-10-23T19:00", "+02:00"),  # after hours: the next are on Monday
        ("2026-10-25T01:00", "+02:00"),
        ("2026-10-25T12:00", "+02:00"),
        ("2026-03-29T01:00", "+03:00"),
    ],
)
def test_weekdays_have_the_offset_of_the_next_hours(now: str, offset: str) -> None:
    value = made("weekdays", at(now))
    assert f"08:00:00{offset}" in json.dumps(value)


@given(moments, zones)
def test_on_weekdays_a_fence_counts_from_8_to_18_local_time(now: int, zone: str) -> None:
    utc_offset = offset_of(zone)
    value = validity_time("weekdays", now, utc_offset)
    assert value is not None
    start = datetime.fromisoformat(json.loads(json.dumps(value))["validityPeriod"][0]["startTime"])
    offset = start.utcoffset()
    assert offset is not None
    for hours in range(24 * 7):
        moment = now + hours * HOUR_S
        if utc_offset(moment) == offset.total_seconds():
            clock = local(moment, zone)
            is_open = clock.weekday() < 5 and 8 <= clock.hour < 18
            assert (state(value, moment) == "active") is is_open, clock


@given(moments, zones)
def test_in_working_hours_weekdays_count_at_once(now: int, zone: str) -> None:
    clock = local(now, zone)
    assume(clock.weekday() < 5 and 8 <= clock.hour < 18)
    assert state(made("weekdays", now, zone), now) == "active"


@given(moments, zones, st.sampled_from(["tonight", "sunday"]))
def test_an_expiring_preset_counts_until_its_last_second(now: int, zone: str, preset: Preset) -> None:
    value = made(preset, now, zone)
    assert value is not None
    last = datetime.fromisoformat(str(value["expiredTime"]))
    assert last.replace(tzinfo=None) == local(last.timestamp(), zone).replace(tzinfo=None)
    assert (last.hour, last.minute, last.second) == (23, 59, 59)
    here = local(now + 1, zone).date()
    assert last.date() == here + timedelta(6 - here.weekday() if preset == "sunday" else 0)
    assert state(value, now) == "active"
    assert state(value, last.timestamp()) == "active"
    assert state(value, last.timestamp() + 1) == "expired"


def test_the_last_second_of_a_day_belongs_to_the_next() -> None:
    now = at("2026-11-23T23:59:59") + 0.5
    assert made("tonight", now) == {"expiredTime": "2026-11-24T23:59:59+02:00"}


def test_where_the_evening_comes_twice_the_second_one_is_the_end() -> None:
    # In Beirut clocks go back at midnight, from 24:00 to 23:00.
    value = made("tonight", at("2024-10-26T12:00", "Asia/Beirut"), "Asia/Beirut")
    assert value == {"expiredTime": "2024-10-26T23:59:59+02:00"}


@given(moments, zones, st.sampled_from(PRESETS))
def test_a_choice_is_recognised_again_at_once(now: int, zone: str, preset: Preset) -> None:
    value = made(preset, now, zone)
    found = preset_of(value, now, offset_of(zone))
    is_sunday = local(now + 1, zone).weekday() == 6
    assert found == ("tonight" if preset == "sunday" and is_sunday else preset)


def test_weekdays_that_begin_within_a_week_are_recognised() -> None:
    utc_offset = offset_of("Europe/Helsinki")
    value = {"validityPeriod": [WEEKDAYS]}
    assert preset_of(value, at("2026-11-23T07:59"), utc_offset) == "weekdays"
    assert preset_of(value, at("2026-11-16T08:00"), utc_offset) == "weekdays"
    assert preset_of(value, at("2026-11-16T07:59:59"), utc_offset) == "custom"


@given(moments, zones)
@example(int(at("2012-10-26T18:00")), "Europe/Helsinki")  # the last evening of the last week of summer time
@example(int(at("2026-10-25T02:00")), "Europe/Helsinki")
def test_weekdays_are_recognised_in_every_season(now: int, zone: str) -> None:
    value = made("weekdays", now, zone)
    for weeks in (1, 13, 26, 39, 52):
        assert preset_of(value, now + weeks * 7 * 24 * HOUR_S, offset_of(zone)) == "weekdays"


NOW = at("2026-11-25T12:00")
WEEKDAYS = {
    "startTime": "2026-11-23T08:00:00+02:00",
    "endTime": "2026-11-23T18:00:00+02:00",
    "recurrenceType": "Daily",
    "recurrenceFrequency": 1,
    "businessDayOnly": True,
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "always"),
        ({}, "always"),
        ({"expiredTime": None, "validityPeriod": []}, "always"),
        ({"validityPeriod": [WEEKDAYS]}, "weekdays"),
        ({"validityPeriod": WEEKDAYS}, "weekdays"),
        ({"validityPeriod": [{**WEEKDAYS, "endTime": "2026-11-23T17:00:00+02:00"}]}, "custom"),
        ({"validityPeriod": [{**WEEKDAYS, "businessDayOnly": False}]}, "custom"),
        ({"validityPeriod": [{**WEEKDAYS, "recurrenceType": "Weekly"}]}, "custom"),
        ({"validityPeriod": [{**WEEKDAYS, "recurrenceFrequency": 2}]}, "custom"),
        ({"validityPeriod": [WEEKDAYS, WEEKDAYS]}, "custom"),
        ({"validityPeriod": [WEEKDAYS], "expiredTime": "2027-01-01T00:00:00"}, "custom"),
        ({"validityPeriod": [WEEKDAYS], "note": "x"}, "custom"),
        # Eight to eighteen, but in UTC or in another zone.
        ({"validityPeriod": [{**WEEKDAYS, "startTime": "2026-11-23T08:00", "endTime": "2026-11-23T18:00"}]}, "custom"),
        (
            {
                "validityPeriod": [
                    {**WEEKDAYS, "startTime": "2026-11-23T08:00-05:00", "endTime": "2026-11-23T18:00-05:00"}
                ]
            },
            "custom",
        ),
        # It has not begun.
        (
            {
                "validityPeriod": [
                    {**WEEKDAYS, "startTime": "2027-11-22T08:00+02:00", "endTime": "2027-11-22T18:00+02:00"}
                ]
            },
            "custom",
        ),
        ({"expiredTime": "2026-11-25T23:59:59+02:00"}, "tonight"),
        ({"expiredTime": "2026-11-25T21:59:59Z"}, "tonight"),
        ({"expiredTime": "2026-11-25T21:59:59"}, "tonight"),  # without an offset it is UTC
        ({"expiredTime": "2026-11-29T23:59:59+02:00"}, "sunday"),
        ({"expiredTime": "2026-11-24T23:59:59+02:00"}, "custom"),
        ({"expiredTime": "2026-11-25T23:59:58+02:00"}, "custom"),
        ({"expiredTime": "soon"}, "custom"),
        ("always", "custom"),
        ([], "custom"),
    ],
)
def test_validity_times_of_other_tools_are_recognised_or_left_alone(value: object, expected: str) -> None:
    assert preset_of(value, NOW, offset_of("Europe/Helsinki")) == expected


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_have_the_same_meaning_in_an_independent_reading(preset: Preset) -> None:
    properties: dict[str, object] = {"geometryId": "1", "radius": 10, "subType": "Circle"}
    value = made(preset, NOW)
    if value is not None:
        properties["validityTime"] = value
    geometry = {"type": "Point", "coordinates": [24.9, 60.1]}
    check_geofences(json.dumps({"type": "Feature", "geometry": geometry, "properties": properties}).encode())
