"""This TV's counts by day: adding, leaving out the oldest, and the file that survives a restart."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.errors import DataError
from tvapp.usage.billing import METERS, Counts, Tally
from tvapp.usage.days import FORMAT, MAX_BYTES, MOST_DAYS, MOST_REQUESTS, UsageDays, pack, unpack
from tvapp.usage.span import DAY_S, day_of, span_of

WALL = 1_796_040_000.0
TODAY, YESTERDAY = day_of(WALL), day_of(WALL - DAY_S)

tallies = st.integers(0, MOST_REQUESTS).flatmap(lambda sent: st.builds(Tally, st.just(sent), st.integers(0, sent)))
days = st.dictionaries(
    st.integers(0, 20_000).map(lambda number: day_of(number * DAY_S)),
    st.dictionaries(st.sampled_from(METERS), tallies, max_size=6),
    max_size=20,
).map(UsageDays)


@given(days)
def test_what_is_written_is_read(counted: UsageDays) -> None:
    assert unpack(pack(counted)) == counted


def test_the_fullest_file_is_within_its_limit() -> None:
    full = {meter: Tally(MOST_REQUESTS, MOST_REQUESTS) for meter in METERS}
    file = pack(UsageDays({day_of(WALL + number * DAY_S): full for number in range(MOST_DAYS)}))
    assert len(file) <= MAX_BYTES
    assert len(unpack(file).days) == MOST_DAYS


@pytest.mark.parametrize(
    "content",
    [
        [], 3, None, {"2026-11-30": []}, {"2026-11-30": {"steam": [1, 1]}}, {"2026-11-30": {"base": [1, 2]}},
        {"2026-11-30": {"base": [1]}}, {"2026-11-30": {"base": [-1, -1]}}, {"2026-11-30": {"base": [1.5, 1]}},
        {"2026-11-30": {"base": [MOST_REQUESTS + 1, 0]}}, {"tomorrow": {"base": [1, 1]}}, {"2026-99-30": {}},
        {day_of(number * DAY_S): {} for number in range(MOST_DAYS + 1)},
    ],
)  # fmt: skip
def test_anything_else_is_refused(content: object) -> None:
    with pytest.raises(DataError):
        unpack(FORMAT.pack(json.dumps(content).encode()))


@pytest.mark.parametrize("payload", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"9" * 20_000])
def test_what_is_no_json_is_refused(payload: bytes) -> None:
    with pytest.raises(DataError):
        unpack(FORMAT.pack(payload))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(DataError):
        unpack(data)


def test_days_are_added_and_the_oldest_are_dropped() -> None:
    one: Counts = {"base": Tally(1, 1)}
    many = UsageDays({day_of(WALL - number * DAY_S): one for number in range(MOST_DAYS)})
    more = many.plus(UsageDays({TODAY: one, day_of(WALL + DAY_S): one}))
    assert len(more.days) == MOST_DAYS
    assert more.of(TODAY) == {"base": Tally(2, 2)}
    assert more.of(YESTERDAY) == one
    assert many.since not in more.days


def test_a_span_counts_its_own_days_alone() -> None:
    one: Counts = {"base": Tally(1, 1)}
    counted = UsageDays({day_of(WALL + number * DAY_S): one for number in (-40, -29, -7, -6, -1, 0, 1)})
    assert [counted.within(span_of(length, WALL)) for length in (1, 7, 30)] == [
        {"base": Tally(1, 1)},
        {"base": Tally(3, 3)},
        {"base": Tally(5, 5)},
    ]
