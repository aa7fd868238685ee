"""The byte spans of the Features in a file, whatever stands between them, and what is said of a malformed file."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.errors import DataError
from tvapp.fences.geojson.layout import (
    MAX_FEATURE_BYTES,
    MAX_OUTLINE_BYTES,
    Layout,
    byte_of,
    check,
    lay_out,
    malformed,
    refusal,
)

HEAD = b'{"type":"FeatureCollection","features":['


def texts(data: bytes, layout: Layout) -> list[bytes]:
    return [data[start:end] for start, end in layout.features]


def reason(data: bytes, start: int = 0) -> str:
    with pytest.raises(DataError) as raised:
        lay_out(data, "a.geojson", start)
    assert raised.value.source == "a.geojson"
    return raised.value.reason


NESTED = st.recursive(
    st.integers(0, 9) | st.text('"\\{}[],:é', max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('"\\{}', max_size=2), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.lists(NESTED, max_size=6),
    st.dictionaries(st.sampled_from(["a", "bbox", "{", '"']), NESTED, max_size=3),
    st.sampled_from([None, 1]),
    st.sampled_from([b"", b"\xef\xbb\xbf", b"12345"]),
)
def test_each_element_is_found_byte_for_byte(
    values: list[object], more: dict[str, object], indent: int | None, before: bytes
) -> None:
    root = {"type": "FeatureCollection", **more, "features": values, "last": {"x": [{}]}}
    data = before + b" " + json.dumps(root, indent=indent).encode() + b"\n"
    layout = lay_out(data, "x", len(before))
    assert [json.loads(each) for each in texts(data, layout)] == values
    assert all(each == each.strip() for each in texts(data, layout))
    assert layout.listed is not None
    start, end = layout.listed
    assert data[start : start + 1] + data[end - 1 : end] == b"[]"
    assert json.loads(data[start:end]) == values


def test_objects_and_other_values_are_found_side_by_side() -> None:
    values = [b"{}", b"5", b'{"a":{"b":{"c":{}}}}', b'"{"', b"[{},{}]", b'{"a":"\\"}"}', b"null", b"[]"]
    for between in (b",", b" ,\n\t"):
        data = HEAD + b" " + between.join(values) + b" ]}"
        layout = lay_out(data, "x")
        assert texts(data, layout) == values
        assert layout.listed == (len(HEAD) - 1, len(data) - 1)


def test_a_feature_as_the_root_is_found_without_the_blanks_around_it() -> None:
    feature = b'{"a":{"b":[{}]},"type":"Feature","x":{}}'
    layout = lay_out(b"?? " + feature + b" \t\r\n", "x", 2)
    assert layout == Layout(((3, 3 + len(feature)),), None, is_bare=False)
    assert lay_out(b'{"type":"Feature"}', "x").features == ((0, 18),)


def test_boxes_of_the_root_are_found_with_their_commas() -> None:
    assert lay_out(HEAD + b"]}", "x").boxes == ()
    for data in (
        b'{"bbox":[1], "type":"FeatureCollection","features":[{"bbox":[2]}]}',
        b'{"type":"FeatureCollection" , "bbox":[{}] ,"features":[{"bbox":[2]}]}',
        b'{"type":"FeatureCollection","features":[{"bbox":[2]}, {}], "bbox": [1]}',
        b'{"bbox":1,"type":"FeatureCollection","features":[{"bbox":[2]}],"x":{"bbox":3},"bbox":{}}',
    ):
        left = data
        for start, end in reversed(lay_out(data, "x").boxes):
            left = left[:start] + left[end:]
        there = json.loads(data)
        del there["bbox"]
        assert json.loads(left) == there
        assert left.count(b"bbox") == left.count(b'{"bbox"') == data.count(b'{"bbox":[2]') + data.count(b'"x":{"bbox"')


@pytest.mark.parametrize(
    ("more", "is_bare"), [(b"", True), (b',"bbox":[1]', True), (b',"x":1', False), (b',"bbox":1,"name":{}', False)]
)
def test_a_root_is_bare_with_only_the_members_that_a_collection_has(more: bytes, is_bare: bool) -> None:
    assert lay_out(HEAD + b"]" + more + b"}", "x").is_bare is is_bare


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b" \t\r\n\0 ", "the file is empty"),
        (b"[]", "the root is not a Feature or FeatureCollection object"),
        (b' "{}"', "the root is not a Feature or FeatureCollection object"),
        (b"{}", "the root's type is missing, not Feature or FeatureCollection"),
        (b'{"type":null}', "the root's type is missing, not Feature or FeatureCollection"),
        (b'{"type":5}', "the root's type is no text, not Feature or FeatureCollection"),
        (b'{"type":["Feature"]}', "the root's type is no text, not Feature or FeatureCollection"),
        (b'{"type":1e999}', "the root's type is no text, not Feature or FeatureCollection"),
        (b'{"type":"%b"}' % (b"x" * 41), f"the root's type is '{'x' * 40}', not Feature or FeatureCollection"),
        (b'{"type":"FeatureCollection"}', "the FeatureCollection has no features"),
        (b'{"type":"FeatureCollection","features":7}', "the FeatureCollection's features are not a list"),
        (b'{"type":"FeatureCollection","features":{}}', "the FeatureCollection's features are not a list"),
        (b'{"type":"Blob","features":[]}', "the root's type is 'Blob', not Feature or FeatureCollection"),
    ],
)
def test_a_root_that_is_no_geojson_is_refused(data: bytes, words: str) -> None:
    assert reason(data) == words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{\n5", "not JSON: expected '\"' (line 2, column 1)"),
        (b'{"a":1\n,}', "(line 2, column 2)"),
        (HEAD + b"{},\n{}\n 5]}", "(line 3, column 2)"),
        (HEAD + b'{"a":1},\n{"b":2}x]}', "(line 2, column 8)"),
        (HEAD + b'{"a":1},\n{"b":}]x}', "(line 2, column 6)"),
        (HEAD + b'\n{"a":NaN},\n{"b":2}]x}', "(line 2, column 6)"),
        (b'{"x":{"a":\nNaN},"type":"FeatureCollection","features":[]}', "(line 2, column 1)"),
        (b'{"type":"FeatureCollection","features":[],"x":[{"a":\nNaN}]}', "(line 2, column 1)"),
        (b'{"type":"Blob","x":{"a":\nNaN}}', "(line 2, column 1)"),
        (HEAD + b"{}", "not JSON: input data was truncated"),
        (HEAD + b'{"a":{"b":1}', "not JSON: input data was truncated"),
        (HEAD + b'{"a":\n{"b":x}', "(line 2, column 6)"),
        (b"[" * 100_000, "it is nested too deep"),
    ],
)
@pytest.mark.parametrize("before", [b"", b"xyz"])
def test_a_malformed_file_is_refused_where_it_first_goes_wrong(data: bytes, words: str, before: bytes) -> None:
    assert reason(before + data, len(before)).endswith(words)


def test_a_long_string_ends_where_it_ends_even_where_it_begins_with_an_escape() -> None:
    for text in (b'\\"', b"\\\\", b"a", b'{\\"'):
        for long in (text + b"x" * 600_000 + b"{", text + b"}" * 600_000, text * 300_000):
            values = [b'"%b"' % long, b'{"a":1}', b'{"%b":{}}' % long, b"{}"]
            data = HEAD + b",".join(values) + b"]}"
            assert texts(data, lay_out(data, "x")) == values


def test_a_root_feature_is_checked_by_its_reader() -> None:
    data = b'{"type":"Feature","x":{"a":NaN}}'
    assert lay_out(data, "x").features == ((0, len(data)),)
    with pytest.raises(DataError, match=r"line 1, column 28\)"):
        check(data, (0, len(data)), "x")


def test_what_stands_beside_the_features_has_a_limit() -> None:
    head, tail = b'{"x":"', b'","type":"FeatureCollection","features":[]}'
    fits = head + b"y" * (MAX_OUTLINE_BYTES - len(head) - len(tail)) + tail
    assert lay_out(fits, "x").features == ()
    assert reason(fits.replace(b"y", b"yy", 1)) == "too much stands beside its features"
    # Features count two bytes each, however large they are.
    some = b'{"a":"%b"}' % (b"y" * 1000)
    assert len(lay_out(HEAD + b",".join([some] * 5000) + b"]}", "x").features) == 5000


def test_a_span_is_checked_unless_it_is_larger_than_any_feature_may_be() -> None:
    for size, is_checked in ((MAX_FEATURE_BYTES, True), (MAX_FEATURE_BYTES + 1, False)):
        data = b"  [" + b"x" * (size - 1)
        if is_checked:
            with pytest.raises(DataError, match=r"line 1, column 4\)") as raised:
                check(data, (2, len(data)), "a.geojson")
            assert raised.value.source == "a.geojson"
        else:
            check(data, (2, len(data)), "a.geojson")


@pytest.mark.parametrize(
    "text",
    [
        b'"\\ud800"',
        b"[" * 3000 + b"]" * 3000,
        b"1e999",
        b"1" * 5000,
        b'["\\ud800",%b]' % (b"1" * 5000),
        b'{"a":[1.50,true]}',
    ],
)
def test_json_that_the_parser_cannot_hold_is_no_mistake_of_the_file(text: bytes) -> None:
    check(text, (0, len(text)), "x")


@pytest.mark.parametrize("text", [b"Infinity", b'{"a":\\ud800}', b'["\\ud800", NaN]', b""])
def test_text_that_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(DataError):
        check(text, (0, len(text)), "x")


def failure(text: bytes, type_: object = msgspec.Raw) -> Exception:
    with pytest.raises((msgspec.DecodeError, RecursionError)) as raised:
        msgspec.json.decode(text, type=type_)
    return raised.value


def test_the_parsers_errors_are_said_with_line_and_column_where_it_says_a_byte() -> None:
    wrong = failure(b'{"a":\n  x}')
    assert byte_of(wrong) == 8
    assert malformed(wrong) == "not JSON: invalid character"
    assert malformed(wrong, b'{"a":\n  x}') == "not JSON: invalid character (line 2, column 3)"
    assert malformed(wrong, b'??\n{"a":\n  x}', 3) == "not JSON: invalid character (line 3, column 3)"
    cut = failure(b'{"a":')
    assert byte_of(cut) is None
    assert malformed(cut, b'{"a":') == "not JSON: input data was truncated"
    assert malformed(RecursionError(), b"[[") == "it is nested too deep"


def test_json_that_cannot_be_decoded_has_its_reason() -> None:
    assert refusal(failure(b"1e999", float)) == "it has a number too large to hold"
    assert refusal(failure(b'"\\ud800"', str)) == "it has half a character (a lone surrogate)"
    assert refusal(RecursionError()) == "it is nested too deep"
