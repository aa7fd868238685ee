"""What an unexpected answer of Azure Maps is called."""

from __future__ import annotations

import json

import pytest

from tests.azure.fakes import reply
from tvapp.azure.errors import failure, failure_by_id, is_page, parse_challenge, parse_json, plain, refuse_page
from tvapp.core.errors import (
    Forbidden,
    NotFound,
    ServiceDown,
    ServiceError,
    Throttled,
    Unauthorized,
    UnexpectedReply,
)
from tvapp.net.request import Response

HTML = b"<html><body>Welcome to our hotel</body></html>"
JSON = "application/json"


def body(code: object = "InvalidKey", message: object = "The key is bad.") -> bytes:
    return json.dumps({"error": {"code": code, "message": message}}).encode()


@pytest.mark.parametrize(
    ("response", "kind", "code", "message"),
    [
        (reply(401, body(), JSON), Unauthorized, "InvalidKey", "The key is bad."),
        (reply(403, body(), JSON), Forbidden, "InvalidKey", "The key is bad."),
        (reply(429, body("Busy", "Later"), JSON), Throttled, "Busy", "Later"),
        (reply(500, body("Oops", ""), JSON), ServiceDown, "Oops", ""),
        (reply(400, body(), JSON), ServiceError, "InvalidKey", "The key is bad."),
        (reply(400, body(5, None), JSON), ServiceError, "", ""),
        (reply(400, body(), "text/plain"), ServiceError, "", ""),
        (reply(400, b"{", JSON), ServiceError, "", ""),
        (reply(400, b'{"error": "plain"}', JSON), ServiceError, "", ""),
        (reply(400, b"[]", JSON), ServiceError, "", ""),
        (reply(400, body(message="x" * (64 << 10)), JSON), ServiceError, "", ""),
        (reply(500, HTML, "text/html"), ServiceDown, "", ""),
        (reply(429, HTML, "text/html"), Throttled, "", ""),
        (reply(499, HTML, "text/html"), UnexpectedReply, "html", "a page instead of an answer"),
        (reply(200, HTML), UnexpectedReply, "html", "a page instead of an answer"),
        (reply(200, b"x", "text/plain"), UnexpectedReply, "", "unexpected text/plain"),
        (reply(204), UnexpectedReply, "", "unexpected nothing"),
        (
            reply(302, location="https://portal.example/x"),
            UnexpectedReply,
            "html",
            "leads to portal.example; redirects are not followed",
        ),
        (reply(300), UnexpectedReply, "html", "leads to another place; redirects are not followed"),
        (reply(399), UnexpectedReply, "html", "leads to another place; redirects are not followed"),
    ],
)
def test_a_failure_has_the_code_and_the_message_of_its_answer(
    response: Response, kind: type[ServiceError], code: str, message: str
) -> None:
    error = failure(response, 0.0)
    assert (type(error), error.status, error.code, error.message) == (kind, response.status, code, message)
    assert error.host == "maps.example"


def test_a_challenge_says_more_than_the_body_but_of_a_401_alone() -> None:
    challenge = 'Bearer realm="r", error="invalid_token", error_description="It is too old."'
    told = failure(reply(401, body(), JSON, www_authenticate=challenge), 0.0)
    assert (told.code, told.message) == ("invalid_token", "It is too old.")
    half = failure(reply(401, body(), JSON, www_authenticate='Bearer error="invalid_token"'), 0.0)
    assert (half.code, half.message) == ("invalid_token", "The key is bad.")
    other = failure(reply(403, body(), JSON, www_authenticate=challenge), 0.0)
    assert other.code == "InvalidKey"


def test_challenges_are_read_as_far_as_they_go() -> None:
    assert parse_challenge('Bearer error = "a", ERROR_DESCRIPTION=b c') == {"error": "a", "error_description": "b c"}
    assert parse_challenge("Bearer xerror=a") == {}
    assert parse_challenge(" " * 4096 + 'error="late"') == {}


def test_the_first_request_id_is_kept_and_the_time_that_was_asked_for() -> None:
    error = failure(reply(503, x_correlation_id="second", x_ms_request_id="first", retry_after="7"), 0.0)
    assert (error.request_id, error.retry_after_s) == ("first", 7.0)
    page = failure(reply(200, HTML, x_ms_client_request_id="i" * 90), 0.0)
    assert page.request_id == "i" * 79 + "…"


def test_a_400_for_one_item_means_that_there_is_none() -> None:
    missing = failure_by_id(reply(400, body(), JSON, x_ms_request_id="7"), 0.0)
    assert (type(missing), missing.code, missing.message, missing.request_id) == (
        NotFound, "InvalidKey", "The key is bad.", "7",
    )  # fmt: skip
    assert type(failure_by_id(reply(400, HTML), 0.0)) is UnexpectedReply
    assert type(failure_by_id(reply(403), 0.0)) is Forbidden


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (reply(200, b"", "text/html; charset=utf-8"), True),
        (reply(200, b"", "application/xhtml+xml"), True),
        (reply(200, b"\xef\xbb\xbf \r\n<!DOCTYPE HTML>", "image/png"), True),
        (reply(200, b"<HTML lang=en>"), True),
        (reply(200, b" " * 251 + b"<html>"), True),
        (reply(200, b" " * 252 + b"<html>"), False),
        (reply(200, b"<svg><html>", "image/svg+xml"), False),
        (reply(200, b"{}", JSON), False),
    ],
)
def test_a_page_is_known_by_its_type_or_its_beginning(response: Response, expected: bool) -> None:
    assert is_page(response) is expected
    if expected:
        with pytest.raises(UnexpectedReply) as caught:
            refuse_page(response)
        assert caught.value.code == "html"
    else:
        refuse_page(response)


def test_json_is_only_what_says_so() -> None:
    assert parse_json(reply(200, b'{"a": 1}', JSON)) == {"a": 1}
    for response, code, message in (
        (reply(200, b'{"a": 1}', "text/plain"), "", "not JSON"),
        (reply(200, b"{", JSON), "json", "broken JSON"),
        (reply(200, b"[" * 100_000, JSON), "json", "broken JSON"),
        (reply(200, HTML, JSON), "html", "a page instead of an answer"),
    ):
        with pytest.raises(UnexpectedReply) as caught:
            parse_json(response)
        assert (caught.value.code, caught.value.message) == (code, message)


def test_text_of_strangers_becomes_one_short_line() -> None:
    assert plain("a\x00b \n c\u202e", 10) == "ab c"
    assert plain("x" * 10, 10) == "x" * 10
    assert plain("x" * 11, 10) == "x" * 9 + "…"
    assert plain("12345678 90", 10) == "12345678…"
    assert plain(" " * 80 + "far", 10) == ""
