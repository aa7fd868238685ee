"""The XML of Blob Storage."""

from __future__ import annotations

import pytest

from tvapp.azure.blob_xml import MAX_DEPTH, MAX_TEXT, Entry, Page, parse_error, parse_page
from tvapp.core.errors import DataError


def page(blobs: str, rest: str = "") -> bytes:
    return f"<EnumerationResults><Blobs>{blobs}</Blobs>{rest}</EnumerationResults>".encode()


def blob(name: str, properties: str = "", attributes: str = "") -> str:
    return f"<Blob><Name{attributes}>{name}</Name><Properties>{properties}</Properties></Blob>"


@pytest.mark.parametrize(
    ("xml", "entry"),
    [
        (blob("a"), Entry("a")),
        (blob("a b ", '<Etag> "0x1" </Etag><Content-Length> 12 </Content-Length>'), Entry("a b ", "0x1", 12)),
        (blob("a", "<Etag>0x1</Etag>"), Entry("a", "0x1")),
        (blob("a", "<Content-Length>-1</Content-Length>"), Entry("a")),
        (blob("a", "<Content-Length>٣</Content-Length>"), Entry("a")),
        (blob("a", f"<Content-Length>{'9' * 30}</Content-Length>"), Entry("a", size=10**18 - 1)),
        (blob("dir", "<ResourceType>directory</ResourceType>"), Entry("dir", is_folder=True)),
        (blob("a", "<ResourceType>file</ResourceType>"), Entry("a")),
        (blob("a%20b"), Entry("a%20b")),
        (blob("a%20b", attributes=' Encoded="true"'), Entry("a b")),
        (blob("a%20b", attributes=' Encoded="false"'), Entry("a%20b")),
        (blob("a&lt;&#228;"), Entry("a<ä")),
    ],
)
def test_a_blob_is_read_with_its_properties(xml: str, entry: Entry) -> None:
    assert parse_page(page(xml)) == Page((entry,))


def test_what_one_blob_has_is_not_the_next_ones() -> None:
    listed = parse_page(page(blob("a", "<Etag>1</Etag>") + "<Blob><Properties/></Blob>" + blob("b")))
    assert listed.entries == (Entry("a", "1"), Entry("b"))


def test_only_elements_in_their_place_count() -> None:
    stray = "<Name>stray</Name><Blob><Other><Name>deep</Name></Other><Name>a</Name></Blob>"
    assert parse_page(page(stray, "<Other><NextMarker>no</NextMarker></Other>")) == Page((Entry("a"),))


def test_a_marker_leads_on() -> None:
    assert parse_page(page("", "<NextMarker> 2!7 </NextMarker>")) == Page((), "2!7")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<Error><Code>x</Code></Error>", "not a list of blobs"),
        (b"", "not XML"),
        (b"<EnumerationResults>", "not XML"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><EnumerationResults/>", "document type"),
        (b'<?xml version="1.0" encoding="klingon"?><EnumerationResults/>', "not XML"),
        (page("<a>" * 11 + "</a>" * 11), "nested too deep"),
        (page(blob("x" * (MAX_TEXT + 1))), "too long"),
        (page(blob("x" * 5_000 + "<!-- -->" + "y" * 5_000)), "too long"),
    ],
)
def test_what_is_no_list_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        parse_page(body)


def test_what_is_just_allowed_is_read() -> None:
    depth = MAX_DEPTH - 2
    assert parse_page(page("<a>" * depth + "</a>" * depth)) == Page(())
    assert parse_page(page(blob("x" * MAX_TEXT))).entries[0].name == "x" * MAX_TEXT
    assert parse_page(page(" " * (3 * MAX_TEXT) + blob("a"))).entries == (Entry("a"),)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<Error><Code>BlobNotFound</Code><Message>It is\n gone.</Message></Error>", ("BlobNotFound", "It is gone.")),
        (
            "<Error><Code>A</Code><Message>B</Message><AuthenticationErrorDetail>C</AuthenticationErrorDetail></Error>",
            ("A", "B C"),
        ),
        ("<Error><Code>first</Code><Code>second</Code></Error>", ("first", "")),
        ("<Error><Inner><Code>deep</Code></Inner></Error>", ("", "")),
        ("<Other><Code>x</Code></Other>", ("", "")),
        ("no XML", ("", "")),
    ],
)
def test_an_error_has_a_code_and_a_message(body: str, expected: tuple[str, str]) -> None:
    assert parse_error(body.encode()) == expected
