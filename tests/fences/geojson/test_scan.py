"""Where members and elements stand in JSON text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.fences.geojson.scan import after_blanks, elements, members, value_end, with_comma

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('"\\{}[],: äx'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('"\\{}[],: äx', max_size=3), inner, max_size=3),
    max_leaves=8,
)
INDENTS = st.sampled_from((None, 0, 2))


@given(st.dictionaries(st.text('"\\{}[],ab', max_size=4), VALUES, max_size=4), INDENTS)
def test_every_member_is_found_with_its_key_and_its_value(value: dict[str, object], indent: int | None) -> None:
    text = b"12 " + json.dumps(value, indent=indent).encode() + b"  "
    found = members(text, 3)
    assert {each.key: json.loads(text[slice(*each.value)]) for each in found} == value
    for each in found:
        assert json.loads(text[each.start : each.value[0]].rstrip(b" \n:")) == each.key
        assert not text[slice(*each.value)].endswith((b" ", b"\n", b","))


@given(st.lists(VALUES, max_size=5), INDENTS)
def test_every_element_is_found(value: list[object], indent: int | None) -> None:
    text = b"[" + json.dumps(value, indent=indent).encode() + b"]"
    found = elements(text, 1)
    assert [json.loads(text[start:end]) for start, end in found] == value
    assert value_end(text, 1) == len(text) - 1


def test_members_of_one_name_are_all_found_in_order() -> None:
    assert [(each.key, each.value) for each in members(b'{"a":1,"b":2,"a":3}')] == [
        ("a", (5, 6)), ("b", (11, 12)), ("a", (17, 18)),
    ]  # fmt: skip


def test_blanks_are_passed_over() -> None:
    assert after_blanks(b" \t\r\n x", 0) == 5
    assert after_blanks(b"x", 0) == 0
    assert after_blanks(b"  ", 1) == 2


def test_text_that_is_not_valid_is_noticed() -> None:
    with pytest.raises(ValueError, match=r"not valid JSON$"):
        value_end(b'{"a": [1, 2}', 6)


def test_an_item_goes_with_the_comma_after_it_and_the_last_with_the_one_before() -> None:
    text = b"[ 1 , 2 , 3 ]"
    spans = elements(text)
    rest = []
    for number in range(3):
        start, end = with_comma(spans, (0, len(text)), number)
        rest.append(text[:start] + text[end:])
    assert rest == [b"[ 2 , 3 ]", b"[ 1 , 3 ]", b"[ 1 , 2 ]"]
    start, end = with_comma([(2, 3)], (0, 5), 0)
    assert b"[ 1 ]"[:start] + b"[ 1 ]"[end:] == b"[]"
