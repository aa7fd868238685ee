"""The names of the files of geofences."""

from __future__ import annotations

import pytest

from tvapp.fences.stores.naming import file_name


@pytest.mark.parametrize("name", ["a", "depot-3", "Depot_3.old", "0" * 100, "-x", "_x"])
def test_an_id_that_can_be_a_file_name_is_one(name: str) -> None:
    assert file_name(name) == f"{name}.geojson"


@pytest.mark.parametrize(
    ("geometry_id", "name"),
    [
        ("../Höfe", "H-fe-8ac7638fe70e.geojson"),
        (".hidden", "hidden-1692419006a8.geojson"),
        ("", "e3b0c44298fc.geojson"),
        ("東京", "130016b2599b.geojson"),
        ("a/b\\c d", "a-b-c-d-d43012b60446.geojson"),
    ],
)
def test_any_other_id_is_made_readable_and_told_apart_by_its_digest(geometry_id: str, name: str) -> None:
    assert file_name(geometry_id) == name


def test_a_long_id_is_cut_and_one_that_is_not_unicode_has_a_name_too() -> None:
    long = file_name("x" * 101)
    assert long.startswith("x" * 60 + "-")
    assert len(long) == 60 + 1 + 12 + len(".geojson")
    assert file_name("x" * 102) != long
    assert file_name("\ud800").endswith(".geojson")
