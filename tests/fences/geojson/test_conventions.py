"""Names, kinds and radii are found under the keys that people use."""

from __future__ import annotations

import pytest

from tvapp.fences.geojson.conventions import (
    LARGEST_RADIUS_M,
    Conventions,
    conventions_for,
    key_of,
    radius_of,
)


@pytest.mark.parametrize(
    ("properties", "name"),
    [
        ({"name": "A", "title": "B"}, "A"),
        ({"title": "B", "Label": "C"}, "B"),
        ({"NAME": "A"}, "A"),
        ({"shapeName": "A"}, "A"),
        ({"zone_name": "A"}, "A"),
        ({"Display Name": "A"}, "A"),
        ({"name": "", "title": None, "label": " A "}, "A"),
        ({"name": 7}, "7"),
        ({"name": True, "title": "A"}, "A"),
        ({"surname": "A"}, ""),
        ({}, ""),
        ({"name": [{"text": "Harbour", "language": "en"}, {"text": "Satama", "language": "fi"}]}, "Satama"),
        ({"name": {"en": "Harbour", "fi": "Satama"}}, "Satama"),
        ({"name": {"en-GB": "Harbour", "sv": "Hamn"}}, "Harbour"),
        ({"name": {"sv": "Hamn", "de": "Hafen"}}, "Hamn"),
        ({"name": {"translation": [{"text": "Satama", "language": "fi"}]}}, "Satama"),
        ({"name": [{"@value": "Satama", "@language": "fi-FI"}]}, "Satama"),
        ({"name": ["first", "second"]}, "first"),
        ({"name": [{}, 5, None], "title": "A"}, "A"),
        ({"name": {"a": {"b": "c"}}, "title": "A"}, "A"),
    ],
)
def test_a_name_is_found_in_the_viewers_language(properties: dict[str, object], name: str) -> None:
    assert Conventions(languages=("fi",)).name_of(properties) == name


def test_configured_keys_come_first_and_alone() -> None:
    configured = conventions_for(("Bezeichnung",), ("Klasse",), "de")
    both = {"name": "n", "bezeichnung": "b", "title": "t", "klasse": "k", "kind": "x"}
    assert (configured.name_of(both), configured.kind_of(both)) == ("b", "k")
    # What is drawn on the screen has its name and kind under the usual keys.
    assert (configured.name_of({"name": "n", "title": "t"}), configured.kind_of({"kind": "x"})) == ("n", "x")
    assert configured.name_of({"title": "t"}) == ""
    assert conventions_for((), (), "en") == Conventions()


def test_a_kind_is_found_likewise() -> None:
    usual = Conventions()
    assert usual.kind_of({"category": "depot"}) == "depot"
    assert usual.kind_of({"Kind": "depot", "type": "x"}) == "depot"


def test_many_kinds_of_features_do_not_fill_the_memory() -> None:
    usual = Conventions()
    for number in range(1_000):
        assert usual.name_of({f"x{number}": 1, "Title": "T"}) == "T"
    assert usual.name_of({f"key {number}": number for number in range(10_000)}) == ""


def test_a_new_name_goes_where_the_old_one_stood() -> None:
    assert key_of({"Name": "A", "x": "B"}, "A", "name") == "Name"
    assert key_of({"name": "A", "Name": "A"}, "A", "name") == "name"
    assert key_of({"x": "B"}, "A", "name") == "name"
    assert key_of({"x": ""}, "", "kind") == "kind"


@pytest.mark.parametrize(
    ("properties", "metres"),
    [
        ({"radius": 500}, 500.0),
        ({"radius": 0.25}, 0.25),
        ({"radius": "250"}, 250.0),
        ({"radius": " 2.5 km "}, 2_500.0),
        ({"radius": "100ft"}, 30.48),
        ({"Radius": 5}, 5.0),
        ({"RADIUS": "5"}, 5.0),
        ({"radiusMeters": 5}, 5.0),
        ({"radius_m": 5}, 5.0),
        ({"radius_in_meters": 5}, 5.0),
        ({"radiusKm": 5}, 5_000.0),
        ({"radius_miles": 1}, 1_609.344),
        ({"rad": 5}, 5.0),
        ({"radius": 25_186}, 25_186.0),
        ({"radius": 1e12}, LARGEST_RADIUS_M),
        ({"radius": 10**400}, LARGEST_RADIUS_M),
    ],
)
def test_any_radius_is_read(properties: dict[str, object], metres: float) -> None:
    found, note = radius_of(properties)
    assert found == pytest.approx(metres)
    assert bool(note) == (list(properties) != ["radius"] or not 0 < _number(properties["radius"]) < LARGEST_RADIUS_M)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and value < 1e300 else 0.0


@pytest.mark.parametrize("value", [0, -5, "wide", "5 parsecs", "1,5", True, [5], {}, "-3", "nan", "inf"])
def test_what_is_no_radius_makes_no_area_and_is_noted(value: object) -> None:
    metres, note = radius_of({"radius": value})
    assert metres == 0.0
    assert "without an area" in note


def test_no_radius_is_no_mistake() -> None:
    assert radius_of({"radiusX": 5, "gradient": 5, "name": "radius"}) == (0.0, "")
