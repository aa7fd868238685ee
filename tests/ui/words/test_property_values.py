"""Properties of a Feature in words."""

from __future__ import annotations

import json
import math

import pytest

from tvapp.ui.words.fence_descriptions import LONGEST_NAME, MOST_PROPERTIES, property_rows
from tvapp.ui.words.property_values import ELLIPSIS, LONGEST_VALUE, MOST_ITEMS, MOST_LINES, property_lines

FIELD = """{"geometryId": "o", "name": "Quay", "rules": [{"ride_start_allowed": false, "maximum_speed_kph": 15}],
"description": "<p><b>Quay</b> area<br>plan &amp; map</p>"}"""


def test_nested_values_and_html_become_words() -> None:
    assert list(property_rows(json.loads(FIELD))) == [
        ("Rules", "ride start allowed: no"),
        ("", "maximum speed kph: 15"),
        ("Description", "Quay area"),
        ("", "plan & map"),
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"),
        (12, "12"),
        (12.0, "12"),
        (0.1, "0.1"),
        (math.nan, ""),
        (None, ""),
        ([], ""),
        ({}, ""),
        ([None, ""], ""),
        (["a", 2, False], "a, 2, no"),
        ([{"a": 1}, {"b": None, "c": [2, 3]}], "a: 1 | c: 2, 3"),
        ({"day-of-week": {"from": "08:00"}}, "day of week: from: 08:00"),
        ({"": "only"}, "only"),
        ("a < b & c", "a < b & c"),
        ("5 <6 and 7> 4", "5 <6 and 7> 4"),
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("<script>alert('x')</script>Quay", "Quay"),
        ("<style>p{}</style><!-- no --><a href='https://example.com'>Plan</a>", "Plan"),
        ("<ul><li>one</li><li>two</li></ul>", "one | two"),
        ("<table><tr><td>Owner</td><td>Port</td></tr></table>", "Owner | Port"),
        ("&lt;b&gt;", "<b>"),
        ("one\n two", "one | two"),
        ("<script>never closed", ""),
    ],
)
def test_each_kind_of_value_has_its_words(value: object, words: str) -> None:
    assert " | ".join(property_lines(value)) == words


def test_values_are_bounded_in_length_lines_items_depth_and_work() -> None:
    assert [len(line) for line in property_lines("x" * 10_000)] == [LONGEST_VALUE]
    assert property_lines(["a"] * 1_000) == (", ".join(["a"] * MOST_ITEMS + [ELLIPSIS]),)
    deep: object = "x"
    for _ in range(500):
        deep = [deep]
    assert property_lines(deep) == (ELLIPSIS,)
    many = property_lines([{f"key {n}": list(range(9_999)) for n in range(9_999)}] * 9_999)
    assert len(many) == MOST_LINES
    assert many[-1] == ELLIPSIS
    assert max(map(len, many)) <= LONGEST_VALUE
    for hard in ("<" * 50_000, "<script>" * 9_000, "<script " * 9_000, "<!--" * 20_000, "&" * 50_000, "<p" * 30_000):
        assert sum(map(len, property_lines(hard))) <= LONGEST_VALUE
    assert property_lines(10**5_000) == (ELLIPSIS,)
    rows = list(property_rows({f"name{n}" * 60: "x" for n in range(1_000)}))
    assert len(rows) == MOST_PROPERTIES
    assert all(len(name) <= LONGEST_NAME for name, _ in rows)
