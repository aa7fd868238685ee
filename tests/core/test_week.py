"""Hours of the week as an installer writes them, on clocks that are moved twice a year."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.week import DAYS, LocalTime, Week, is_entry

ZONES = ["UTC", "Europe/Helsinki", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]


def local_in(zone: str) -> LocalTime:
    """Return what `time.localtime` would be in a time zone."""
    place = ZoneInfo(zone)

    def local(epoch_s: float) -> time.struct_time:
        return datetime.fromtimestamp(epoch_s, place).timetuple()

    return local


def at(text: str, zone: str = "UTC") -> float:
    """Return the moment when a clock on the wall shows a date and time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("entry", "moment", "is_covered"),
    [
        ("mon-fri 07:00-19:00", "2026-11-25T07:00", True),  # a Wednesday
        ("mon-fri 07:00-19:00", "2026-11-25T06:59:59", False),
        ("mon-fri 07:00-19:00", "2026-11-25T18:59:59", True),
        ("mon-fri 07:00-19:00", "2026-11-25T19:00", False),
        ("mon-fri 07:00-19:00", "2026-11-28T12:00", False),
        ("sat,sun 10:00-16:00", "2026-11-29T12:00", True),
        ("fri-mon 10:00-16:00", "2026-11-30T12:00", True),
        ("daily 00:00-24:00", "2026-11-25T23:59:59", True),
        ("fri 22:00-02:00", "2026-11-28T01:59", True),
        ("fri 22:00-02:00", "2026-11-28T02:00", False),
        ("fri 22:00-02:00", "2026-11-27T01:00", False),
        ("sun 22:00-02:00", "2026-11-30T01:00", True),  # into the next week
        ("Mon 7:00-8:00", "2026-11-30T07:30", True),
        ("mon 07:00 - 08:00", "2026-11-30T07:30", True),
    ],
)
def test_an_entry_covers_its_hours_and_no_other(entry: str, moment: str, is_covered: bool) -> None:
    assert Week.parse([entry]).covers(at(moment), time.gmtime) == is_covered


@pytest.mark.parametrize(
    "entry",
    ["", "mon", "07:00-19:00", "mon 7-19", "mon 07:60-19:00", "mon 24:00-02:00", "mon 07:00-07:00", "mon 07:00-24:30",
     "moon 07:00-08:00", "mon- 07:00-08:00", "mon-fri-sun 07:00-08:00", "mo 07:00-08:00", "mon 07:00-19:00 x"],
)  # fmt: skip
def test_what_is_no_entry_is_refused(entry: str) -> None:
    assert not is_entry(entry)


@given(st.text(max_size=30))
def test_no_text_upsets_it(text: str) -> None:
    assert is_entry(text) in (True, False)


@given(
    zone=st.sampled_from(ZONES),
    seconds=st.integers(1_735_689_600, 1_893_456_000),
    day=st.integers(0, 6),
    start=st.integers(0, 1439),
    length=st.integers(1, 1440),
)
def test_what_counts_is_the_clock_on_the_wall_in_every_zone(
    zone: str, seconds: int, day: int, start: int, length: int
) -> None:
    end = (start + length) % 1440
    if end == start:
        return
    entry = f"{DAYS[day]} {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
    wall = datetime.fromtimestamp(seconds, ZoneInfo(zone)).replace(tzinfo=None)
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=wall.weekday())
    begins = [midnight + timedelta(days=day - 7 * week, minutes=start) for week in (0, 1)]
    expected = any(begin <= wall < begin + timedelta(minutes=(end - start) % 1440) for begin in begins)
    assert Week.parse([entry]).covers(seconds, local_in(zone)) == expected


def test_the_hour_that_comes_twice_counts_twice_and_the_one_that_is_skipped_never() -> None:
    helsinki = local_in("Europe/Helsinki")
    autumn = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # 03:00 in summer time, then 03:00 in winter time
    night = Week.parse(["sun 03:00-04:00"])
    covered = [night.covers((autumn + timedelta(minutes=30 * step)).timestamp(), helsinki) for step in range(5)]
    assert covered == [True, True, True, True, False]
    spring = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # 02:30, then 04:00
    assert not any(night.covers((spring + timedelta(minutes=step)).timestamp(), helsinki) for step in range(60))
    until = Week.parse(["sun 02:00-03:30"])
    assert until.covers((spring + timedelta(minutes=29)).timestamp(), helsinki)
    assert not until.covers((spring + timedelta(minutes=30)).timestamp(), helsinki), "it is four o'clock already"
