"""Real files of people who do this job, as the screen shows them."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.ui.screens.map.test_screen import MENU, OK, Bench
from tvapp.core.clock import ManualClock
from tvapp.core.log import RecordingLog
from tvapp.fences.geojson.reading import read
from tvapp.fences.model.fence import Geofence
from tvapp.fences.stores.folder import FolderStore
from tvapp.text.shaping import is_right_to_left, visual_runs
from tvapp.ui.settings import UiSettings
from tvapp.ui.words.fence_descriptions import property_rows, state_words, validity_words

FIELD = Path(__file__).parents[1] / "fences" / "field"
UTC_TIME = UiSettings(local_time=time.gmtime)


def field(name: str) -> tuple[Geofence, ...]:
    return read((FIELD / name).read_bytes(), name).fences


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("moment", "state", "words"),
    [
        ("2026-07-15T15:59:59", "upcoming", "Not started yet · active from 16:00"),
        ("2026-07-15T16:00:00", "active", "Active until Thursday 00:00"),
        ("2026-07-15T23:59:59", "active", "Active until Thursday 00:00"),
        ("2026-07-16T00:00:00", "out-of-hours", "Outside its hours · active from 16:00"),
        ("2026-07-18T20:00:00", "out-of-hours", "Outside its hours · active from Monday 16:00"),
        ("2099-01-02T00:00:00", "expired", "Expired since 1 January 2099"),
    ],
)
def test_hours_that_end_at_24_00_end_at_midnight(moment: str, state: str, words: str) -> None:
    (fence,) = field("validity-ends-at-24-00.geojson")
    assert fence.notes == ()
    assert (fence.state(at(moment)), state_words(fence, at(moment), UTC_TIME)) == (state, words)
    assert validity_words(fence, UTC_TIME) == "Monday to Friday 16:00–24:00 until 1 January 2099"


def test_a_half_written_replacement_changes_nothing_on_the_map(tmp_path: Path) -> None:
    clock = ManualClock()
    store = FolderStore(tmp_path, RecordingLog(), clock=clock)
    file = tmp_path / "zones.geojson"
    file.write_bytes((FIELD / "names-right-to-left.geojson").read_bytes())
    good = asyncio.run(store.load())
    clock.advance(60.0)
    file.write_bytes((FIELD / "half-written-replacement.geojson").read_bytes())
    kept = asyncio.run(store.load())
    assert kept.fences == good.fences
    assert kept.as_of == clock.wall() - 60.0
    assert kept.skipped[0].reason.startswith("shown as it was before: ")


def test_names_from_right_to_left_are_ordered_as_they_are_read() -> None:
    arabic, hebrew, mixed = (fence.name for fence in field("names-right-to-left.geojson"))
    assert all(map(is_right_to_left, (arabic, hebrew, mixed)))
    assert [run for run, _ in visual_runs(arabic)] == ["الرياض", " ", "مستودع"]
    assert [run for run, _ in visual_runs(hebrew)] == ["חיפה", " ", "הנמל"]
    assert [run for run, _ in visual_runs(mixed)] == ["Port 12 ", "الميناء"]


def test_objects_and_html_are_words() -> None:
    (fence,) = field("properties-with-objects-and-html.geojson")
    assert list(property_rows(fence.properties)) == [
        ("Rules", "ride start allowed: no"),
        ("", "maximum speed kph: 15"),
        ("Description", "Quay area"),
        ("", "plan & map"),
    ]
    bench = Bench((fence,))
    bench.remote.press(MENU, OK, OK)
    shown = " ".join(bench.draw().sentences())
    assert "maximum speed kph: 15" in shown
    assert not any(mark in shown for mark in ("<p>", "{", "[", "False", "&amp;"))


def test_latitude_first_stays_where_the_file_says() -> None:
    (fence,) = field("latitude-first-helsinki.geojson")
    assert (round(fence.bounds.west, 2), round(fence.bounds.south, 2)) == (60.16, 24.94)
