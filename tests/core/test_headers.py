"""Header fields: names in any case, hidden secrets, dates, pauses and directives."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.headers import (
    Headers,
    is_json,
    media_type,
    parse_directives,
    parse_http_date,
    parse_retry_after,
    retry_after_s,
)


def test_names_are_case_insensitive_and_repeats_are_joined() -> None:
    headers = Headers([("Via", "a"), ("VIA", "b"), ("X", "1")])
    assert headers["via"] == "a, b"
    assert "vIa" in headers
    assert headers.replaced({"x": "2", "Y": "3"}) == Headers({"via": "a, b", "x": "2", "y": "3"})


def test_secrets_are_hidden_from_repr() -> None:
    shown = repr(Headers({"Authorization": "s", "Subscription-Key": "s", "Cookie": "s", "Accept": "image/png"}))
    assert "'s'" not in shown
    assert "image/png" in shown


def test_headers_are_a_mapping_that_compares_and_hashes_by_value() -> None:
    headers = Headers({"A": "1", "B": "2"})
    assert (list(headers), len(headers)) == (["a", "b"], 2)
    assert hash(headers) == hash(Headers([("b", "2"), ("a", "1")]))
    assert "c" not in headers
    with pytest.raises(KeyError):
        headers["c"]


@pytest.mark.parametrize("kind", ["application/json", "Text/JSON; charset=utf-8", "application/geo+json"])
def test_json_is_known_by_its_media_type(kind: str) -> None:
    assert is_json({"content-type": kind})
    assert not is_json({"content-type": f"{kind.partition(';')[0]}x"})


def test_a_date_without_a_zone_is_in_utc() -> None:
    assert parse_http_date("Sun, 06 Nov 1994 08:49:37") == 784_111_777.0


def test_media_types_are_read_without_parameters() -> None:
    assert media_type(Headers({"Content-Type": "Image/PNG; q=1"})) == "image/png"
    assert is_json(Headers({"Content-Type": "application/problem+json; charset=utf-8"}))
    assert not is_json(Headers({"Content-Type": "text/html"}))
    assert not is_json(Headers())


@given(st.integers(0, 4_000_000_000), st.integers(0, 4_000_000_000))
def test_a_date_in_retry_after_counts_from_now(moment: int, now: int) -> None:
    assert parse_retry_after(formatdate(moment, usegmt=True), float(now)) == max(0.0, moment - now)


@given(st.integers(0, 999_999_999))
def test_seconds_in_retry_after_are_seconds(seconds: int) -> None:
    assert parse_retry_after(f" {seconds} ", 0.0) == seconds


@given(st.text(max_size=60))
def test_nothing_in_a_field_raises(text: str) -> None:
    parse_http_date(text)
    wait = parse_retry_after(text, 0.0)
    assert wait is None or wait >= 0
    for name, value in parse_directives(text).items():
        assert name == name.lower()
        assert isinstance(value, str)


def test_directives_with_quotes_commas_and_repeats() -> None:
    assert parse_directives('max-age="60", no-store , x="a,b", max-age=9') == {
        "max-age": "60",
        "no-store": "",
        "x": "a,b",
    }


@given(st.integers(0, 4_000_000_000), st.integers(0, 100_000), st.integers(0, 4_000_000_000))
def test_a_date_in_retry_after_counts_from_the_servers_own(sent: int, pause_s: int, ours: int) -> None:
    fields = {"retry-after": formatdate(sent + pause_s, usegmt=True), "date": formatdate(sent, usegmt=True)}
    assert retry_after_s(fields, float(ours)) == pause_s


@pytest.mark.parametrize("text", ["soon", "-5", ""])
def test_what_is_neither_seconds_nor_a_date_asks_for_nothing(text: str) -> None:
    assert retry_after_s({"retry-after": text}, 0.0) is None
    assert retry_after_s({}, 0.0) is None
