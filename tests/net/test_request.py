"""Requests as values."""

from __future__ import annotations

from tvapp.core.headers import Headers
from tvapp.net.request import Request


def test_a_request_with_more_fields_is_a_copy_that_differs_in_them_alone() -> None:
    request = Request("GET", "https://a.example/b", Headers({"accept": "*/*", "if-match": "1"}), limit_bytes=7)
    changed = request.with_headers({"If-Match": "2", "x-more": "3"})
    assert dict(changed.headers) == {"accept": "*/*", "if-match": "2", "x-more": "3"}
    assert (changed.method, changed.url, changed.limit_bytes) == ("GET", "https://a.example/b", 7)
    assert dict(request.headers) == {"accept": "*/*", "if-match": "1"}
