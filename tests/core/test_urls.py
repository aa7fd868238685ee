"""URLs, taken apart and put together."""

from __future__ import annotations

import pytest

from tvapp.core.urls import host_of, is_loopback, origin_of, with_query


@pytest.mark.parametrize(
    ("url", "host", "origin"),
    [
        ("https://example.com:8443/x?y", "example.com", "https://example.com:8443"),
        ("HTTPS://Example.com:443/map?x=1", "example.com", "https://example.com"),
        ("http://example.com:80", "example.com", "http://example.com"),
        ("http://example.com:443/", "example.com", "http://example.com:443"),
        ("https://example.com:80/", "example.com", "https://example.com:80"),
        ("https://[::1]:1/", "::1", "https://[::1]:1"),
        ("https://aino:secret@example.com/", "example.com", "https://example.com"),
        ("ftp://example.com/", "example.com", "ftp://example.com"),
        ("//example.com/x", "example.com", ""),
        ("https://exa:mple", "exa", ""),
        ("https://[::1", "", ""),
        ("nothing", "", ""),
        ("", "", ""),
    ],
)
def test_a_url_has_a_host_and_an_origin(url: str, host: str, origin: str) -> None:
    assert host_of(url) == host
    assert origin_of(url) == origin


def test_a_query_is_added_to_a_url_with_or_without_one() -> None:
    assert with_query("https://e/x", {"a": 1, "b": None}) == "https://e/x?a=1"
    assert with_query("https://e/x?a=1", {"b": "ä b", "c": None}) == "https://e/x?a=1&b=%C3%A4+b"
    assert with_query("https://e/x?a=1", {"c": None}) == "https://e/x?a=1"
    assert with_query("https://e/x", {"zero": 0, "empty": ""}) == "https://e/x?zero=0&empty="


@pytest.mark.parametrize("host", ["localhost", "maps.localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_is_told(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["example.com", "localhost.example.com", "mylocalhost", "10.0.0.1", "::2", ""])
def test_another_machine_is_told(host: str) -> None:
    assert not is_loopback(host)
