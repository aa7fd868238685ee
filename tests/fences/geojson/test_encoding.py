"""The text of files in UTF-8 and UTF-16, in slices."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.errors import DataError
from tvapp.fences.geojson import encoding
from tvapp.fences.geojson.encoding import as_utf8, place

FORMS = {
    "utf-8": b"",
    "utf-8-sig": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}


@given(st.text("aä€😀\n", max_size=12), st.sampled_from(sorted(FORMS)), st.integers(1, 3))
def test_text_is_the_same_in_every_encoding_and_goes_back_to_its_bytes(text: str, form: str, half: int) -> None:
    data = text.encode(form) if form == "utf-8-sig" else FORMS[form] + text.encode(form)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "_SLICE", 2 * half)  # a UTF-16 unit has two bytes
        found = as_utf8(data, "x")
        assert found.data[found.start :].decode() == text
        assert found.encoded(found.data[found.start :]) == data
        parts = found.data[found.start : found.start + 1], memoryview(found.data)[found.start + 1 :]
        assert found.encoded(*parts) == data


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
@pytest.mark.parametrize("at", range(6))
def test_a_byte_that_is_not_utf_8_is_found_where_it_stands(monkeypatch: pytest.MonkeyPatch, size: int, at: int) -> None:
    monkeypatch.setattr(encoding, "_SLICE", size)
    good = "a€\nb".encode()
    starts = (0, 1, 4, 5, 6, 6)
    data = good[: starts[at]] + b"\xff" + good[starts[at] :]
    with pytest.raises(DataError) as error:
        as_utf8(data, "x")
    line, column = ((1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 2))[at]
    assert f"the text is not UTF-8 (line {line}, column {column})" in str(error.value)


def test_half_a_character_at_the_end_is_not_utf_8() -> None:
    with pytest.raises(DataError, match=r"not UTF-8 \(line 1, column 2\)"):
        as_utf8("a€".encode()[:-1], "x")
    with pytest.raises(DataError, match="not UTF-16"):
        as_utf8(codecs.BOM_UTF16_LE + b"a", "x")


def test_columns_are_counted_as_an_editor_counts_them() -> None:
    assert place(b"ab\ncd", 0) == "line 1, column 1"
    assert place(b"ab\ncd", 2) == "line 1, column 3"
    assert place(b"ab\ncd", 3) == "line 2, column 1"
    assert place("ä€x".encode(), 5) == "line 1, column 3"
    marked = codecs.BOM_UTF8 + b"ab\ncd"
    assert place(marked, 4) == "line 1, column 2"
    assert place(marked, 7) == "line 2, column 2"
    assert place(marked, 1) == "line 1, column 1"
