"""Names without a keyboard."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.fences.model import style
from tvapp.fences.model.kinds import LANGUAGES, Kind, TakenNames, is_numbered, kinds_for

DEFAULT = ["depot", "site", "customer", "parking", "school", "construction", "restricted", "event"]


@pytest.mark.parametrize(
    ("base", "existing", "expected"),
    [
        ("Depot", [], "Depot 1"),
        ("Depot", ["Depot"], "Depot 1"),
        ("Depot", ["Depot 1", "Depot 2"], "Depot 3"),
        ("Depot", ["Depot 3", "Depot 1"], "Depot 2"),
        ("Depot", ["Depot 2"], "Depot 1"),
        ("Depot", ["DEPOT  1 ", "depot 02"], "Depot 3"),
        ("Depot", ["Depot 1a", "Depot1", "Old Depot 1", "Depot -1", "Depot 0", "Depot 1 north"], "Depot 1"),
        ("Depot", ["Depot 1" + "0" * 5000], "Depot 1"),
        ("Depå", ["Depa\u030a 1"], "Depå 2"),
        ("Sperrzone", ["SPERRZONE 1"], "Sperrzone 2"),
        ("Zone 5", ["Zone 5 1", "Zone 51"], "Zone 5 2"),
        ("C++ (old)", ["C++ (old) 1"], "C++ (old) 2"),
        ("倉庫", ["倉庫 1"], "倉庫 2"),
    ],
)
def test_the_lowest_free_number_is_taken(base: str, existing: list[str], expected: str) -> None:
    assert TakenNames(existing).next(base) == expected


@given(st.lists(st.integers(1, 30)))
def test_a_new_name_is_new_and_all_lower_numbers_are_taken(numbers: list[int]) -> None:
    existing = {f"Depot {number}" for number in numbers}
    name = TakenNames(existing).next("Depot")
    assert name not in existing
    assert {f"Depot {number}" for number in range(1, int(name.rpartition(" ")[2]))} <= existing


def test_without_a_setting_there_are_eight_kinds() -> None:
    assert [kind.key for kind in kinds_for({}, "en")] == DEFAULT
    assert kinds_for({}, "en")[0] == Kind("depot", "Depot")
    assert kinds_for({}, "fi")[0] == Kind("depot", "Varikko")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_built_in_kind_has_a_name_of_its_own_in_every_language(language: str) -> None:
    kinds = kinds_for({}, language)
    assert len({kind.name for kind in kinds}) == len(DEFAULT)
    assert all(kind.name and kind.name.isprintable() and len(kind.name) <= 40 for kind in kinds)
    assert all(kind.name[0].isupper() for kind in kinds)


def test_the_languages_differ_from_each_other() -> None:
    named = {language: [kind.name for kind in kinds_for({}, language)] for language in LANGUAGES}
    assert not [pair for pair in combinations(LANGUAGES, 2) if named[pair[0]] == named[pair[1]]]


def test_every_built_in_kind_has_a_colour_of_its_own() -> None:
    assert len({style.palette_index(kind.key) for kind in kinds_for({}, "en")}) == len(DEFAULT)


def test_a_construction_site_has_the_colour_of_construction() -> None:
    assert style.palette_index("Construction site") == style.palette_index("construction")


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("de", "Lagerplatz"),
        ("de-AT", "Lagerplatz"),
        ("de-CH", "Areal"),
        ("DE-ch", "Areal"),
        ("fi", "Yard"),
        ("en-GB", "Yard"),
        ("x-unknown", "Yard"),
    ],
)
def test_a_name_is_looked_for_in_the_language_then_without_its_region_then_in_english(language: str, name: str) -> None:
    names = {"yard": {"en": "Yard", "de": "Lagerplatz", "de-CH": "Areal"}}
    assert kinds_for(names, language) == (Kind("yard", name),)


@pytest.mark.parametrize("language", ["no", "nb", "nb-NO", "nn-NO"])
def test_norwegian_goes_by_several_names(language: str) -> None:
    assert kinds_for({"construction": {}}, language) == (Kind("construction", "Byggeplass"),)


def test_one_name_counts_for_all_languages() -> None:
    for language in ("en", "fi", "zh"):
        assert kinds_for({"depot": {"": "Lager"}}, language) == (Kind("depot", "Lager"),)


def test_a_kind_without_a_name_in_the_language_takes_the_built_in_one_then_any_other() -> None:
    assert kinds_for({"depot": {"fi": "Halli"}}, "sv") == (Kind("depot", "Depå"),)
    assert kinds_for({"berth": {"fi": "Laituri"}}, "sv") == (Kind("berth", "Laituri"),)
    assert kinds_for({"berth": {}}, "sv") == (Kind("berth", "berth"),)


def test_the_order_is_the_installers() -> None:
    assert [kind.key for kind in kinds_for({"school": {}, "depot": {}}, "en")] == ["school", "depot"]


def test_names_that_are_not_in_the_list_yet_count_too() -> None:
    assert TakenNames(["Depot 1"]).next("Depot", also=["Depot 2", "Yard 3"]) == "Depot 3"


@pytest.mark.parametrize(
    ("name", "base", "expected"),
    [
        ("Depot 3", "Depot", True),
        ("depot  03", "Depot", True),
        ("Depot", "Depot", False),
        ("Depot north 3", "Depot", False),
    ],
)
def test_a_numbered_name_is_recognised(name: str, base: str, expected: bool) -> None:
    assert is_numbered(name, base) is expected
