"""Which geofence a Feature is, and its properties as clean text."""

from __future__ import annotations

from tvapp.fences.geojson.identity import MAX_NAME, clean, identity


def test_text_is_one_line_without_characters_that_mislead() -> None:
    assert clean("  Depot \t 9\n") == "Depot 9"
    assert clean("a\u202eb\u0000c") == "abc"
    assert clean("क\u200dष\u200c!") == "क\u200dष\u200c!"
    assert clean("Ä\u00a0B") == "Ä B"
    assert clean("\ue000\ud800x") == "x"


def test_whole_numbers_are_text_and_other_values_are_none() -> None:
    assert clean(7) == "7"
    assert clean(-7) == "-7"
    others: tuple[object, ...] = (True, False, 7.5, None, [], {})
    for value in others:
        assert clean(value) == ""


def test_names_are_cut_after_two_hundred_characters() -> None:
    for letter in ("x", "ä"):
        assert clean(letter * 201) == letter * MAX_NAME
        assert clean(letter * 199) == letter * 199
    # What misleads is left out before the name is cut.
    assert clean("\u202e" * 600 + "ä" * 200) == "ä" * 200
    assert clean("\u202e" * 601 + "ä" * 200) == "ä" * 199


def test_a_geometry_id_that_is_text_is_taken_as_it_is() -> None:
    assert identity(5, {"geometryId": " a  b "}, 0) == (" a  b ", "")
    assert identity(None, {"geometryId": "x" * 201}, 0) == ("x" * 200, "")


def test_something_else_stands_in_for_a_missing_geometry_id() -> None:
    note = "no geometryId as text; {} stands in for it"
    assert identity(5, {"geometryId": 7, "name": "n"}, 0) == ("7", note.format("a number"))
    assert identity(5, {"geometryId": "", "name": "n"}, 0) == ("5", note.format("its Feature id"))
    assert identity(None, {"name": " n "}, 0) == ("n", note.format("its name"))
    assert identity(None, {"name": "\u0000"}, 3) == ("feature 4", "no geometryId; its number stands in for it")
