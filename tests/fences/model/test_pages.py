"""Features of large files: kept by the page, compressed when there is time, the same bytes each time."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.fences.geojson import reading
from tvapp.fences.model import pages
from tvapp.fences.model.fence import Geofence
from tvapp.fences.model.pages import PAGE_BYTES, Excerpt, Pages

COUNT = 3_000


def at_once() -> None:
    """No frame is due."""


@given(st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=PAGE_BYTES + 10)), max_size=40), st.booleans())
def test_every_text_comes_back_and_numbers_may_be_skipped(steps: list[tuple[int, bytes]], is_packed: bool) -> None:
    holder = Pages()
    number = -1
    added: list[tuple[Excerpt, bytes]] = []
    for left_out, text in steps:
        number += 1 + left_out
        added.append((holder.add(number, text), text))
    holder.close()
    if is_packed:
        holder.pack(at_once)
    for excerpt, text in [*added, *reversed(added)]:
        assert bytes(excerpt) == text
        assert excerpt == text


def large_file() -> bytes:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [24.9 + number / 1e5, 60.1]} if number % 5 else None,
            "properties": {"geometryId": f"g{number}", "subType": "Circle", "radius": 50, "note": "ä" * 40},
        }
        for number in range(COUNT)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def fences() -> tuple[Geofence, ...]:
    return reading.read(large_file(), "large.geojson").fences


@pytest.mark.slow
def test_the_features_of_a_large_file_stay_byte_for_byte_when_they_are_packed(fences: tuple[Geofence, ...]) -> None:
    before = [fence.raw for fence in fences]
    assert len(before) == COUNT * 4 // 5
    assert all(raw in large_file() for raw in before[:50])
    passes = 0

    def yield_to_frame() -> None:
        nonlocal passes
        passes += 1

    pages.pack((fence.stored for fence in fences), yield_to_frame)
    assert passes > sum(map(len, before)) // PAGE_BYTES / 2
    assert [fence.raw for fence in fences] == before
    assert fences[0].properties["note"] == "ä" * 40
    once = passes
    pages.pack((fence.stored for fence in fences), yield_to_frame)
    assert passes == once


def test_the_same_feature_of_two_readings_is_the_same_geofence(fences: tuple[Geofence, ...]) -> None:
    again = reading.read(large_file(), "large.geojson").fences
    assert fences[7] == again[7]
    assert fences[7] != fences[8]
    assert hash(fences[7]) == hash(again[7])
