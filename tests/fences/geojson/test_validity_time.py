"""Azure Maps' `validityTime`: what is read, and what is noted and left out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tvapp.fences.geojson.validity_time import read_validity
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
    """Return what is said of a period that is left out."""
    item: dict[str, object] = {"startTime": START, "endTime": END, **more}
    validity, notes = read_validity({"validityPeriod": [{k: v for k, v in item.items() if v is not ...}]})
    assert validity is ALWAYS
    (text,) = notes
    assert text.startswith("validity period 1: ")
    assert text.endswith("; left out")
    return text[len("validity period 1: ") : -len("; left out")]


def test_no_validity_time_means_always() -> None:
    assert read_validity(None) == (ALWAYS, ())
    assert read_validity({}) == (ALWAYS, ())
    assert read_validity({"expiredTime": None, "validityPeriod": None}) == (ALWAYS, ())
    assert read_validity({"validityPeriod": []}) == (ALWAYS, ())
    assert read_validity([1]) == (ALWAYS, ("validityTime is not an object; shown as always valid",))


def test_an_expiry_is_utc_unless_it_says_otherwise() -> None:
    assert read_validity({"expiredTime": START}) == (Validity(at(START)), ())
    assert read_validity({"expiredTime": f" {START}Z "}) == (Validity(at(START)), ())
    assert read_validity({"expiredTime": f"{START}+02:00"}) == (Validity(at(START) - 7200), ())
    bad = (ALWAYS, ("expiredTime is not a date and time; shown as never expiring",))
    for value in ("soon", 5, "2024-13-01T00:00:00Z", "9" * 41):
        assert read_validity({"expiredTime": value}) == bad


def test_a_time_has_up_to_forty_characters() -> None:
    text = f"{START}.123456+00:00"
    padded = text + " " * (40 - len(text))
    assert read_validity({"expiredTime": padded})[0].expires == pytest.approx(at(START) + 0.123456)
    assert read_validity({"expiredTime": padded + " "})[0] is ALWAYS


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
    for often in (0, 10_001, -1, 1.5, True, "2"):
        assert note(recurrenceFrequency=often) == "recurrenceFrequency is not a whole number from 1 to 10000"
    assert period(recurrenceFrequency=10_000).frequency == 10_000
    for value in (0, 1, "yes"):
        assert note(businessDayOnly=value) == "businessDayOnly is neither true nor false"
    assert read_validity({"validityPeriod": [7]})[1] == ("validity period 1: it is not an object; left out",)
    assert read_validity({"validityPeriod": "x"}) == (ALWAYS, ("validityPeriod is not a list; left out",))


def test_good_periods_stay_beside_bad_ones_and_an_expiry_that_cannot_be_read() -> None:
    item = {"startTime": START, "endTime": END}
    validity, notes = read_validity({"expiredTime": "x", "validityPeriod": [7, item]})
    assert validity == Validity(None, (period(),))
    assert [text.split(":")[0] for text in notes] == [
        "expiredTime is not a date and time; shown as never expiring",
        "validity period 1",
    ]


def test_two_hundred_periods_are_read_and_no_more() -> None:
    item = {"startTime": START, "endTime": END}
    assert read_validity({"validityPeriod": [item] * 200})[1] == ()
    validity, notes = read_validity({"validityPeriod": [item] * 201})
    assert len(validity.periods) == 200
    assert notes == ("more than 200 validity periods; the rest is left out",)
