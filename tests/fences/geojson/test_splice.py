"""GeoJSON text is edited in place: what is not edited stays byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.core.errors import DataError
from tvapp.fences.geojson.splice import checked, collection, drop, member, open_file, put

ODD = b"""\xef\xbb\xbf{ "name" : "x}{", "type": "FeatureCollection",\r
\t"features" : [
    {"type":"Feature","n":1.50e1, "n":2},
    {"type": "Feature", "properties": {"a\\"}":"{[\\\\"}} ,
    null
  ] , "crs":{"a": [ 1 ]}}
 """


def with_features(*features: bytes) -> bytes:
    return b'{"type":"FeatureCollection","features":[' + b",".join(features) + b"]}"


def test_features_are_found_byte_for_byte() -> None:
    file = open_file(ODD, "x")
    assert [file.feature(number) for number in range(len(file))] == [
        b'{"type":"Feature","n":1.50e1, "n":2}',
        b'{"type": "Feature", "properties": {"a\\"}":"{[\\\\"}}',
        b"null",
    ]


def test_replacing_a_feature_leaves_every_other_byte() -> None:
    assert open_file(ODD, "x").replaced(1, b"{}") == ODD.replace(
        b'{"type": "Feature", "properties": {"a\\"}":"{[\\\\"}}', b"{}"
    )


def test_removing_a_feature_takes_one_comma_with_it() -> None:
    file = open_file(ODD, "x")
    assert b'[\n    {"type": "Feature", "properties"' in (file.without(0) or b"")
    assert b'"n":2},\n    null\n  ]' in (file.without(1) or b"")
    assert b'{[\\\\"}}\n  ] , "crs"' in (file.without(2) or b"")


def test_the_file_goes_with_its_last_feature_unless_its_root_says_more() -> None:
    assert open_file(with_features(b"{}"), "x").without(0) is None
    assert open_file(b' {"type":"Feature"}\n', "x").without(0) is None
    said = b'{"type":"FeatureCollection","name":"n","features":[\n {} ]}'
    assert open_file(said, "x").without(0) == b'{"type":"FeatureCollection","name":"n","features":[]}'


def test_a_new_feature_is_set_apart_as_its_siblings_are() -> None:
    assert open_file(with_features(), "x").appended(b"{}") == with_features(b"{}")
    assert open_file(with_features(b"{}"), "x").appended(b"[]") == with_features(b"{}", b"[]")
    pretty = b'{"type":"FeatureCollection","features":[\n  {},\n  {}\n]}'
    assert open_file(pretty, "x").appended(b"5") == pretty.replace(b"\n]", b",\n  5\n]")
    single = b'{"type":"FeatureCollection","features":[\n  {}\n]}'
    assert open_file(single, "x").appended(b"5") == single.replace(b"\n]", b",\n  5\n]")


def test_a_root_feature_becomes_the_first_of_a_collection() -> None:
    root = b'{"type":"Feature", "n": 1.0}'
    file = open_file(open_file(b"  " + root + b"\n", "x").appended(b"{}"), "x")
    assert [file.feature(number) for number in range(len(file))] == [root, b"{}"]
    assert open_file(root, "x").replaced(0, b"{}") == b"{}"


def test_of_several_lists_of_features_the_last_counts() -> None:
    twice = b'{"features":[{"a":1}],"type":"FeatureCollection","f\\u0065atures":[{"a":2}]}'
    assert open_file(twice, "x").replaced(0, b"3") == twice.replace(b'{"a":2}', b"3")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_stays_in_it(codec: str) -> None:
    mark = "\ufeff".encode(codec)
    text = '{"type":"FeatureCollection","features":[{"n":"ä😀"}, {}]}'
    file = open_file(mark + text.encode(codec), "x")
    assert file.feature(0).decode() == '{"n":"ä😀"}'
    assert file.replaced(1, '{"ö":1}'.encode()) == mark + text.replace("{}", '{"ö":1}').encode(codec)


@pytest.mark.parametrize("shift", range(4))
def test_a_long_text_is_encoded_as_it_was(shift: int) -> None:
    text = '{"type":"FeatureCollection","x":"' + " " * shift + "é😀€" * 100_000 + '","features":[{}]}'
    for codec in ("utf-8", "utf-8-sig", "utf-16"):
        changed = open_file(text.encode(codec), "x").replaced(0, b"[5]")
        assert changed == text.replace("{}", "[5]").encode(codec)


def test_a_new_file_is_a_collection_of_its_one_feature() -> None:
    assert json.loads(collection(b'{"a":1}')) == {"type": "FeatureCollection", "features": [{"a": 1}]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (with_features(b'{"a":01}'), "invalid number (line 1, column 47)"),
        (b'{"type":"FeatureCollection","features":[{}],"crs":{"a":tru}}', "invalid character"),
        (with_features(b'{"a":"'), "truncated"),
        (with_features(b"{}}"), "column 43"),
        (b"\xff\xfe\x00\xd8", "not UTF-16"),
        (b"[]", "root is not"),
    ],
)
def test_invalid_geojson_is_not_edited(content: bytes, words: str) -> None:
    with pytest.raises(DataError, match="x: ") as raised:
        open_file(content, "x")
    assert words in raised.value.reason


def test_a_member_is_replaced_or_added_in_the_style_of_the_others() -> None:
    assert put(b"{}", "a", b"1") == b'{"a":1}'
    assert put(b'{\n  "a" : 1\n}', "b", b"2") == b'{\n  "a" : 1,\n  "b" : 2\n}'
    assert put(b'{"a": 1.50, "b": {"c":1}}', "c", b"[]") == b'{"a": 1.50, "b": {"c":1}, "c": []}'
    assert put(b'{"a": 1, "\\u0061" :2, "b":3}', "a", b"9") == b'{"\\u0061" :9, "b":3}'
    assert put(b'{":": 1}', 'a"', b"2") == b'{":": 1,"a\\"": 2}'


def test_a_member_is_removed_however_often_it_is_there() -> None:
    assert drop(b'{"a":1, "b" : 2, "a":3}', "a") == b'{"b" : 2}'
    assert drop(b'{"a":1}', "b") == b'{"a":1}'
    assert drop(b'{ "a" : 1 }', "a") == b"{}"
    assert member(b'{"a":1, "a": [2.0]}', "a") == b"[2.0]"
    assert member(b"{}", "a") is None


@pytest.mark.parametrize("text", [b"", b"[]", b'{"a":}', b"\xff", b"{" * 5, b'{"a":' * 5000, b'{"a":"\xff"}'])
def test_text_that_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(DataError):
        checked(text, "x")


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text('{}[]",:\\aé\n', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('{"\\ab', max_size=3), inner, max_size=3),
    max_leaves=6,
)
DRESS = st.sampled_from([None, 0, 2, "\t"])


@settings(max_examples=150, deadline=None)
@given(st.lists(JSON, max_size=4), JSON, DRESS, st.booleans(), st.data())
def test_a_spliced_file_equals_a_rewritten_one(
    features: list[Any], new: Any, indent: Any, ascii_only: bool, data: st.DataObject
) -> None:
    root = {"x": {"a": ["}"]}, "type": "FeatureCollection", "features": features, "y": "["}
    file = open_file(json.dumps(root, indent=indent, ensure_ascii=ascii_only).encode(), "x")
    raw = json.dumps(new).encode()
    assert [json.loads(file.feature(number)) for number in range(len(file))] == features
    assert json.loads(file.appended(raw)) == {**root, "features": [*features, new]}
    if features:
        number = data.draw(st.integers(0, len(features) - 1))
        before, after = features[:number], features[number + 1 :]
        assert json.loads(file.replaced(number, raw)) == {**root, "features": [*before, new, *after]}
        assert json.loads(file.without(number) or b"") == {**root, "features": [*before, *after]}


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text('{"\\ab', max_size=3), JSON, max_size=4), st.text('{"\\ab', max_size=3), JSON, DRESS)
def test_an_edited_object_equals_a_rewritten_one(there: dict[str, Any], key: str, new: Any, indent: Any) -> None:
    text = json.dumps(there, indent=indent).encode()
    assert json.loads(put(text, key, json.dumps(new).encode())) == {**there, key: new}
    assert list(json.loads(drop(text, key)).items()) == [item for item in there.items() if item[0] != key]
    assert (member(text, key) is None) == (key not in there)


def test_what_is_no_object_in_utf_8_is_refused_with_its_name() -> None:
    assert checked(b" \t\r\n{} \t\r\n", "it") == b"{}"
    for text, reason in (
        (b'{"a":"\xff"}', "the text is not UTF-8"),
        (b"[1]", "it is not an object"),
        (b"", "not JSON: input data was truncated"),
        (b"X{}", "not JSON: invalid character (line 1, column 1)"),
        (b"{}\nX", "not JSON: trailing characters (line 2, column 2)"),
        (b"[" * 100_000, "it is nested too deep"),
    ):
        with pytest.raises(DataError) as raised:
            checked(text, "it")
        assert (raised.value.source, raised.value.reason) == ("it", reason)
