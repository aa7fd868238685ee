"""GeoJSON files from servers, and why one could not be read."""

from __future__ import annotations

import pytest

from tests.fences.stores.changes import feature
from tvapp.core.errors import (
    ConnectionBroken,
    DataError,
    ServiceDown,
    SignInError,
    TimedOut,
    TlsFailed,
    TvappError,
    UnexpectedReply,
    Unreachable,
    service_error,
)
from tvapp.core.headers import Headers
from tvapp.fences.stores.document import failure_reason, read_blob, read_document
from tvapp.fences.stores.file_reader import FileReader, is_web_page
from tvapp.net.request import Response

FILE = b'{"type":"FeatureCollection","features":[' + feature("a") + b"]}"


READER = FileReader()


def response(body: bytes, **headers: str) -> Response:
    return Response(200, Headers({name.replace("_", "-"): value for name, value in headers.items()}), body)


def test_a_document_has_the_validators_and_the_size_of_its_response() -> None:
    document = read_document("a.json", response(FILE, etag='"7"', last_modified="Mon"), None, READER)
    assert (document.etag, document.last_modified, document.size) == ('"7"', "Mon", len(FILE))
    assert [fence.geometry_id for fence in document.result.fences] == ["a"]
    assert read_document("a.json", response(FILE), None, READER).etag == ""


def test_the_same_bytes_are_not_parsed_again_but_have_their_new_validators() -> None:
    known = read_document("a.json", response(FILE, etag='"1"'), None, READER)
    same = read_document("a.json", response(FILE, etag='"2"'), known, READER)
    assert same.result is known.result
    assert same.etag == '"2"'
    other = read_document("a.json", response(FILE + b" "), known, READER)
    assert other.result is not known.result
    assert other.digest != known.digest


def test_a_web_page_is_named_as_such_and_a_blob_that_is_none_of_ours_has_no_fences() -> None:
    with pytest.raises(DataError, match=r"a web page, not GeoJSON$"):
        read_document("a.json", response(b"<!DOCTYPE html><p>"), None, READER)
    document = read_blob("a.json", response(b"<html>", etag='"3"'), None, READER)
    assert document.result.fences == ()
    assert [(skip.source, skip.reason) for skip in document.content.skipped("a.json")] == [
        ("a.json", "a web page, not GeoJSON")
    ]
    assert (document.digest, document.etag, document.size) == (b"", '"3"', 6)
    assert read_blob("a.json", response(FILE), None, READER).result.fences


@pytest.mark.parametrize(
    ("body", "is_page"),
    [
        (b"<!DOCTYPE HTML>", True),
        (b"\xef\xbb\xbf \r\n\t<html lang=en>", True),
        (b"<head>", True),
        (b"<script>", True),
        (b" " * 256 + b"<html>", False),
        (b"<kml>", False),
        (b'{"a": "<html>"}', False),
        (b"", False),
    ],
)
def test_a_web_page_is_known_by_its_beginning(body: bytes, is_page: bool) -> None:
    assert is_web_page(body) == is_page


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DataError("a.json", "not GeoJSON"), "not GeoJSON"),
        (UnexpectedReply("host", 302, "redirect", "it leads on"), "the answer cannot be used: it leads on"),
        (service_error("host", 400, "Odd"), "the server answers 400 Odd"),
        (ServiceDown("host", 503), "the server answers 503 "),
        (TimedOut("host"), "no whole answer in time"),
        (ConnectionBroken("host"), "the connection broke off"),
        (TlsFailed("host"), "the server's certificate is not trusted"),
        (Unreachable("host"), "the server cannot be reached"),
        (SignInError("invalid_grant"), "SignInError"),
    ],
)
def test_each_error_has_its_own_reason(error: TvappError, reason: str) -> None:
    assert failure_reason(error).strip() == reason.strip()
    assert failure_reason(error) == failure_reason(error)
