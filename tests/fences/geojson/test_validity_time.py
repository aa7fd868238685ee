"""Azure Maps' `validityTime`: what is read, in which forms, and what is unknown."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tvapp.fences.geojson.validity_time import MAX_TEXT, read_validity, stated_validity
from tvapp.fences.model.validity import ALWAYS, Period, Validity

START, END = "2024-01-08T01:00:00", "2024-01-08T17:00:00"


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def period(**more: object) -> Period:
    validity, notes = read_validity({"validityPeriod": [{"startTime": START, "endTime": END, **more}]})
    assert notes == ()
    assert validity.expires is None
    return validity.periods[0]


def note(**more: object) -> str:
    """Return what is said of a period that cannot be read."""
    item: dict[str, object] = {"startTime": START, "endTime": END, **more}
    validity, notes = read_validity({"validityPeriod": [{k: v for k, v in item.items() if v is not ...}]})
    assert validity == Validity(are_periods_known=False)
    (text,) = notes
    assert text.startswith("validity period 1: ")
    assert text.endswith("; its times are unknown")
    return text[len("validity period 1: ") : -len("; its times are unknown")]


def test_no_validity_time_means_always() -> None:
    assert read_validity(None) == (ALWAYS, ())
    assert read_validity({}) == (ALWAYS, ())
    assert read_validity({"expiredTime": None, "validityPeriod": None}) == (ALWAYS, ())
    assert read_validity({"validityPeriod": []}) == (ALWAYS, ())
    assert read_validity(" ") == read_validity("null") == read_validity("{}") == (ALWAYS, ())
    assert read_validity({"expiredTime": "", "validityPeriod": ""}) == (ALWAYS, ())


@pytest.mark.parametrize("value", [[1], 5, True, "weekdays", "[1]", {"from": START}, {"validityPeriods": []}])
def test_what_is_no_validity_time_is_unknown(value: object) -> None:
    validity, (note,) = read_validity(value)
    assert (validity.state(0.0), validity.is_known, validity.next_change(0.0)) == ("unknown", False, None)
    assert note.endswith("its times are unknown")


def test_midnight_at_the_end_of_a_day_is_read_as_24_00() -> None:
    (end,) = {
        period(endTime=f"2024-01-08{text}").end
        for text in ("T24:00:00", "T24:00", " 24:00", "T24:00:00.000Z", "t24:00:00z", "T24:00:00+00:00", "T24:00Z")
    } | {period(endTime="2024-01-09T00:00:00").end}
    assert end == at("2024-01-09T00:00:00")
    assert note(endTime="2024-01-08T24:01:00") == note(endTime="2024-01-08T25:00") == "endTime is not a date and time"
    assert read_validity({"expiredTime": "9999-12-31T24:00:00"})[0].is_known


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-01-08T16:59:60", "2024-01-08T17:00:00"),
        ("2024-01-08T17:00:00.0000000Z", "2024-01-08T17:00:00"),
        ("2024-01-08T17:00:00,5", "2024-01-08T17:00:00.500000"),
        ("2024-01-08 9:05", "2024-01-08T09:05:00"),
        ("2024-01-08T17:00:00 +0200", "2024-01-08T15:00:00"),
        ("2024-01-08T17:00+02", "2024-01-08T15:00:00"),
        ("2024-01-08", "2024-01-08T00:00:00"),
    ],
)
def test_a_time_is_read_in_the_forms_that_programs_write(text: str, seconds: str) -> None:
    assert read_validity({"expiredTime": text}) == (Validity(at(seconds)), ())


def test_text_stands_for_numbers_booleans_and_json() -> None:
    plain = period(recurrenceType="Weekly", recurrenceFrequency=2, businessDayOnly=True)
    for frequency in ("2", " 2 ", "2.0"):
        for business in ("true", "True", "yes", "1", 1):
            assert period(recurrenceType=" weekly", recurrenceFrequency=frequency, businessDayOnly=business) == plain
    assert period(recurrenceType="", recurrenceFrequency="", businessDayOnly="") == period()
    assert period(businessDayOnly="false") == period(businessDayOnly=0) == period()
    item = {"startTime": START, "endTime": END}
    right = read_validity({"validityPeriod": [item]})
    others: list[object] = [
        json.dumps({"validityPeriod": [item]}),
        {"validityPeriod": json.dumps([item])},
        {"validityPeriod": json.dumps(item)},
        {"validityPeriod": [json.dumps(item)]},
        {"ValidityPeriod": [{"STARTTIME": START, "endtime": END}]},
    ]
    for other in others:
        assert read_validity(other) == right
    assert stated_validity({"validitytime": 7}) == stated_validity({"validityTime": 7, "ValidityTime": 8}) == 7
    assert stated_validity({"validity": 7}) is None


def test_a_text_of_brackets_costs_no_time_and_is_unknown() -> None:
    assert not read_validity("[" * 100_000)[0].is_known
    assert not read_validity("[" * (MAX_TEXT + 1))[0].is_known


def test_an_expiry_is_utc_unless_it_says_otherwise() -> None:
    assert read_validity({"expiredTime": START}) == (Validity(at(START)), ())
    assert read_validity({"expiredTime": f" {START}Z "}) == (Validity(at(START)), ())
    assert read_validity({"expiredTime": f"{START}+02:00"}) == (Validity(at(START) - 7200), ())
    bad = (Validity(is_expiry_known=False), ("expiredTime is not a date and time; when it expires is unknown",))
    for value in ("soon", 5, "2024-13-01T00:00:00Z", "9" * 65):
        assert read_validity({"expiredTime": value}) == bad


def test_a_time_has_up_to_sixty_four_characters() -> None:
    text = f"{START}.123456+00:00"
    padded = text + " " * (64 - len(text))
    assert read_validity({"expiredTime": padded})[0].expires == pytest.approx(at(START) + 0.123456)
    assert read_validity({"expiredTime": padded + " "})[0].is_expiry_known is False


def test_a_period_is_daily_each_time_unless_it_says_otherwise() -> None:
    assert period() == Period(at(START), at(END), "Daily", 1, False, 0)
    assert period(recurrenceType=None, recurrenceFrequency=None, businessDayOnly=None) == period()
    assert period(recurrenceType="WEEKLY", recurrenceFrequency=2, businessDayOnly=True) == Period(
        at(START), at(END), "Weekly", 2, True
    )
    assert period(recurrenceType="monthly", recurrenceFrequency=3.0, businessDayOnly=False).frequency == 3
    there = period(startTime=f"{START}-08:00")
    assert (there.start, there.utc_offset_s) == (at(START) + 8 * 3600, -8 * 3600)


def test_a_period_may_stand_alone() -> None:
    assert read_validity({"validityPeriod": {"startTime": START, "endTime": END}})[0].periods == (period(),)


def test_a_period_that_cannot_be_read_says_why() -> None:
    assert note(startTime=...) == "startTime is not a date and time"
    assert note(endTime="late") == "endTime is not a date and time"
    assert note(startTime=..., endTime=...) == "startTime is not a date and time"
    assert note(endTime=START) == note(endTime="2024-01-07T00:00:00") == "it ends before it starts"
    for kind in ("Hourly", 5):
        assert note(recurrenceType=kind) == "recurrenceType is none of Daily, Weekly, Monthly, Yearly"
    for often in (0, 10_001, -1, 1.5, True, "two", "1e3", "0", "1.5", float("inf")):
        assert note(recurrenceFrequency=often) == "recurrenceFrequency is not a whole number from 1 to 10000"
    assert period(recurrenceFrequency=10_000).frequency == 10_000
    for unreadable in (2, "perhaps", 0.5):
        assert note(businessDayOnly=unreadable) == "businessDayOnly is neither true nor false"
    assert read_validity({"validityPeriod": [7]})[1] == (
        "validity period 1: it is not an object; its times are unknown",
    )
    unread = Validity(are_periods_known=False)
    assert read_validity({"validityPeriod": "x"}) == (unread, ("validityPeriod is not a list; its times are unknown",))


def test_good_periods_stay_beside_bad_ones_and_an_expiry_that_cannot_be_read() -> None:
    item = {"startTime": START, "endTime": END}
    validity, notes = read_validity({"expiredTime": "x", "validityPeriod": [7, item]})
    assert validity == Validity(None, (period(),), is_expiry_known=False, are_periods_known=False)
    assert [text.split(":")[0] for text in notes] == [
        "expiredTime is not a date and time; when it expires is unknown",
        "validity period 1",
    ]


def test_two_hundred_periods_are_read_and_no_more() -> None:
    item = {"startTime": START, "endTime": END}
    assert read_validity({"validityPeriod": [item] * 200})[1] == ()
    validity, notes = read_validity({"validityPeriod": [item] * 201})
    assert len(validity.periods) == 200
    assert not validity.are_periods_known
    assert notes == ("more than 200 validity periods; those of the rest are unknown",)
