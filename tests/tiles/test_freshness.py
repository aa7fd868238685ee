from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.headers import Headers
from tvapp.tiles.freshness import (
    DEFAULT_LIFETIME_S,
    MAX_LIFETIME_S,
    fresh_until_s,
    initial_age_s,
    is_fresh,
    lifetime_s,
    may_store,
    may_use_stale,
    refreshed,
    relevant,
)

NOW = 1_790_000_000.0


def at(offset: float) -> str:
    return formatdate(NOW + offset, usegmt=True)


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({}, DEFAULT_LIFETIME_S),
        ({"cache-control": "max-age=60"}, 60),
        ({"cache-control": 'max-age="60"'}, 60),
        ({"cache-control": "private, MAX-AGE=60"}, 60),
        ({"cache-control": "max-age=60, max-age=5"}, 60),
        ({"cache-control": "max-age=-1"}, 0),
        ({"cache-control": "max-age=soon"}, 0),
        ({"cache-control": "max-age"}, 0),
        ({"cache-control": "max-age=999999999999999"}, MAX_LIFETIME_S),
        ({"cache-control": "no-cache, max-age=60"}, 0),
        ({"cache-control": "s-maxage=9, max-age=60"}, 60),
        ({"cache-control": "public"}, DEFAULT_LIFETIME_S),
        ({"expires": at(100), "date": at(0)}, 100),
        ({"expires": at(100), "date": at(90)}, 10),
        ({"expires": at(-100), "date": at(0)}, 0),
        ({"expires": at(100)}, 100),
        ({"expires": "0", "date": at(0)}, 0),
        ({"expires": "-1"}, 0),
        ({"expires": at(100), "date": at(0), "cache-control": "max-age=7"}, 7),
    ],
)
def test_lifetimes_are_what_rfc_9111_says(fields: dict[str, str], seconds: float) -> None:
    assert lifetime_s(Headers(fields), NOW) == seconds


@pytest.mark.parametrize(
    ("status", "fields", "stored"),
    [
        (200, {}, True),
        (200, {"cache-control": "private"}, True),
        (200, {"cache-control": "no-cache"}, True),
        (200, {"cache-control": "no-store"}, False),
        (200, {"cache-control": "max-age=60, No-Store"}, False),
        (200, {"vary": "Accept"}, True),
        (200, {"vary": "*"}, False),
        (404, {}, False),
    ],
)
def test_what_may_be_stored(status: int, fields: dict[str, str], stored: bool) -> None:
    assert may_store(status, Headers(fields)) is stored


def test_age_and_delay_make_an_answer_older() -> None:
    headers = Headers({"age": "30", "cache-control": "max-age=60"})
    assert initial_age_s(headers, 2.0) == 32.0
    until = fresh_until_s(headers, NOW, 2.0)
    assert is_fresh(NOW + 27, NOW, until)
    assert not is_fresh(NOW + 28, NOW, until)


def test_a_clock_that_was_set_back_makes_things_stale_not_eternal() -> None:
    assert not is_fresh(NOW - 86400, NOW, NOW + 60)


def test_nothing_is_fresh_after_six_months() -> None:
    assert not is_fresh(NOW + MAX_LIFETIME_S, NOW, NOW + 10 * MAX_LIFETIME_S)


def test_a_304_replaces_what_it_carries_and_keeps_the_rest() -> None:
    stored = Headers({"etag": '"1"', "cache-control": "max-age=1", "age": "9"})
    assert refreshed(stored, Headers({"cache-control": "max-age=5", "server": "x"})) == Headers(
        {"etag": '"1"', "cache-control": "max-age=5"}
    )


@given(
    st.dictionaries(st.sampled_from(["cache-control", "expires", "date", "age", "vary"]), st.text(max_size=50)),
    st.floats(0, 1e10),
)
def test_no_header_is_too_strange(fields: dict[str, str], now: float) -> None:
    headers = Headers(fields)
    assert 0 <= lifetime_s(headers, now) <= MAX_LIFETIME_S
    assert initial_age_s(headers, 0.0) >= 0
    assert fresh_until_s(headers, now, 0.0) <= now + MAX_LIFETIME_S


@pytest.mark.parametrize(
    ("offset", "fresh"),
    [(-301, False), (-300, True), (0, True), (59, True), (60, False)],
)
def test_a_reply_is_fresh_until_its_time_even_if_the_clock_is_five_minutes_off(offset: float, fresh: bool) -> None:
    assert is_fresh(NOW + offset, NOW, NOW + 60) is fresh


def test_six_months_are_182_days_and_the_default_is_an_hour() -> None:
    assert MAX_LIFETIME_S == 182 * 24 * 3600
    assert DEFAULT_LIFETIME_S == 3600
    assert is_fresh(NOW + MAX_LIFETIME_S - 1, NOW, NOW + 10 * MAX_LIFETIME_S)
    assert lifetime_s(Headers({"expires": at(MAX_LIFETIME_S + 10), "date": at(0)}), NOW) == MAX_LIFETIME_S


@pytest.mark.parametrize(
    ("control", "usable"),
    [("", True), ("max-age=1", True), ("must-revalidate", False), ("max-age=1, no-cache", False), ("private", True)],
)
def test_what_must_be_revalidated_is_not_shown_stale(control: str, usable: bool) -> None:
    assert may_use_stale(Headers({"cache-control": control} if control else {})) is usable


@pytest.mark.parametrize(
    ("age", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("7, 8", 7),
        ("", 0),
        ("x", 0),
        ("-7", 0),
        ("٧", 0),
        ("2147483649", 2**31),
        ("9" * 40, 2**31),
    ],
)
def test_ages_are_whole_seconds_of_at_most_2_to_the_31(age: str, seconds: float) -> None:
    assert initial_age_s(Headers({"age": age}), 0.0) == seconds


def test_a_negative_delay_makes_nothing_younger() -> None:
    assert initial_age_s(Headers({"age": "7"}), -5.0) == 7
    assert initial_age_s(Headers({}), 3.0) == 3


def test_a_list_of_fields_with_a_star_is_never_stored() -> None:
    assert not may_store(200, Headers({"vary": "Accept, *"}))
    assert may_store(200, Headers({"vary": "Accept, Accept-Language"}))


def test_only_the_fields_of_freshness_are_stored_cut_at_a_thousand_characters() -> None:
    names = ("cache-control", "expires", "date", "age", "etag", "last-modified")
    fields = Headers(dict.fromkeys((*names, "set-cookie"), "x" * 2000))
    assert relevant(fields) == Headers(dict.fromkeys(names, "x" * 1024))
