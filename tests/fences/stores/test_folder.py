"""Reading geofences from a folder."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from pathlib import Path

import pytest

from tests.fences.stores.test_map_data_lists import CountingWorkers
from tvapp.core.errors import DataError, StorageError
from tvapp.core.log import RecordingLog
from tvapp.fences.geojson.limits import Limits
from tvapp.fences.model.change import Change, Step
from tvapp.fences.model.fence import Skipped
from tvapp.fences.stores.base import Loaded
from tvapp.fences.stores.file_reader import FileReader
from tvapp.fences.stores.folder import FolderStore


def write(folder: Path, name: str, *ids: str) -> None:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [24.9, 60.1]},
            "properties": {"geometryId": each, "radius": 50},
        }
        for each in ids
    ]
    (folder / name).write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def load(store: FolderStore) -> Loaded:
    return asyncio.run(store.load())


def test_all_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, "b.geojson", "two")
    write(tmp_path, "a.JSON", "one")
    write(tmp_path, ".hidden.geojson", "no")
    write(tmp_path, "notes.txt", "no")
    (tmp_path / "folder.geojson").mkdir()
    store = FolderStore(tmp_path, RecordingLog())
    loaded = load(store)
    assert store.name == "folder"
    assert [(fence.id, fence.source) for fence in loaded.fences] == [("one", "a.JSON"), ("two", "b.geojson")]
    assert [(skip.source, skip.reason) for skip in loaded.skipped] == [
        ("folder.geojson/", "a folder; files in it are not read"),
        ("notes.txt", "its name does not end in .geojson or .json; it is not read"),
    ]
    assert not loaded.unchanged


def test_nothing_in_a_folder_is_passed_over_in_silence(tmp_path: Path) -> None:
    write(tmp_path, "a.geojson", "one")
    write(tmp_path, "lines.GeoJSONL", "two")
    write(tmp_path, "old.geojson", "three")
    (tmp_path / "old.geojson.gz").write_bytes(gzip.compress((tmp_path / "old.geojson").read_bytes()))
    (tmp_path / "old.geojson").unlink()
    for name in ("plan.kml", "plan.shp", "README", ".hidden", "~$plan.xlsx", ".tvapp.lock"):
        (tmp_path / name).write_text("x")
    os.mkfifo(tmp_path / "pipe.geojson")
    store = FolderStore(tmp_path, RecordingLog())
    loaded = load(store)
    assert sorted(fence.id for fence in loaded.fences) == ["one", "three", "two"]
    assert [skip.source for skip in loaded.skipped] == ["README", "pipe.geojson", "plan.kml", "plan.shp"]
    assert "KML" in loaded.skipped[2].reason
    assert load(store).unchanged
    (tmp_path / "plan.kml").unlink()
    assert [skip.source for skip in load(store).skipped] == ["README", "pipe.geojson", "plan.shp"]


def test_many_files_of_other_kinds_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvapp.fences.stores.naming.MOST_TOLD", 2)
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("x")
    skipped = load(FolderStore(tmp_path, RecordingLog())).skipped
    assert len(skipped) == 3
    assert skipped[2].reason == "3 more files that are not read"


def test_a_store_holds_no_more_than_its_budget_and_reads_on_when_there_is_room(tmp_path: Path) -> None:
    for name in "abc":
        write(tmp_path, f"{name}.geojson", *(f"{name}{number}" for number in range(4)))
    store = FolderStore(tmp_path, RecordingLog())
    store.reader = FileReader(budget=Limits(10, 100, 100, 1 << 20))
    loaded = load(store)
    assert len(loaded.fences) == 10
    assert loaded.skipped == (Skipped("c.geojson", "more features than this screen holds; the rest is left out"),)
    assert load(store).unchanged
    (tmp_path / "a.geojson").unlink()
    loaded = load(store)
    assert len(loaded.fences) == 8
    assert loaded.skipped == ()


def test_a_bad_file_is_skipped_and_the_others_shown(tmp_path: Path) -> None:
    write(tmp_path, "good.geojson", "one")
    (tmp_path / "bad.geojson").write_text('{"type":\n nonsense}')
    (tmp_path / "gone.geojson").symlink_to(tmp_path / "nowhere")
    loaded = load(FolderStore(tmp_path, RecordingLog()))
    assert [fence.id for fence in loaded.fences] == ["one"]
    (skip,) = loaded.skipped
    assert skip.source == "bad.geojson"
    assert "line 2, column" in skip.reason


def test_an_unchanged_folder_is_not_read_again(tmp_path: Path) -> None:
    write(tmp_path, "a.geojson", "one")
    store = FolderStore(tmp_path, RecordingLog())
    first = load(store)
    assert load(store).unchanged
    write(tmp_path, "b.geojson", "two")
    second = load(store)
    assert [fence.id for fence in second.fences] == ["one", "two"]
    assert second.fences[0] is first.fences[0]
    write(tmp_path, "a.geojson", "longer id")
    assert [fence.id for fence in load(store).fences] == ["longer id", "two"]
    (tmp_path / "a.geojson").unlink()
    assert [fence.id for fence in load(store).fences] == ["two"]
    assert load(store).unchanged


def test_an_empty_folder_has_no_fences(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, RecordingLog())
    assert load(store) == Loaded((), ())
    assert load(store).unchanged


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as raised:
        load(FolderStore(tmp_path / "none", RecordingLog()))
    assert raised.value.path == str(tmp_path / "none")


def test_names_that_are_no_text_do_not_hurt(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff.geojson"
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(b"[]")
    (skip,) = load(FolderStore(tmp_path, RecordingLog())).skipped
    skip.source.encode()


def test_five_thousand_files_are_read_and_the_others_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvapp.fences.stores.folder.MAX_FILES", 3)
    for name in "cadb":
        write(tmp_path, f"{name}.json", name)
    store = FolderStore(tmp_path, RecordingLog())
    loaded = load(store)
    assert [fence.id for fence in loaded.fences] == ["a", "b", "c"]
    assert loaded.skipped == (Skipped(str(tmp_path), "1 files beyond the first 3"),)
    (tmp_path / "d.json").unlink()
    write(tmp_path, "a.json", "a", "a2")
    loaded = load(store)
    assert ([fence.id for fence in loaded.fences], loaded.skipped) == (["a", "a2", "b", "c"], ())


def test_a_file_that_was_not_touched_is_not_read_again_beside_one_that_was(tmp_path: Path) -> None:
    write(tmp_path, "a.json", "a")
    write(tmp_path, "b.json", "b")
    store = FolderStore(tmp_path, RecordingLog())
    before = load(store).fences
    write(tmp_path, "b.json", "b", "b2")
    after = load(store).fences
    assert [fence.id for fence in after] == ["a", "b", "b2"]
    assert after[0] is before[0]


def test_why_a_folder_cannot_be_read_is_said_with_its_path(tmp_path: Path) -> None:
    for name, reason in (("none", "No such file or directory"), ("file", "Not a directory")):
        path = tmp_path / name
        if name == "file":
            path.write_text("")
        with pytest.raises(StorageError) as raised:
            load(FolderStore(path, RecordingLog()))
        assert (raised.value.path, raised.value.reason) == (str(path), reason)


@pytest.mark.parametrize("source", ["x/y.geojson", ".a.geojson", "a.txt", "a\0.json", "y" * 300])
def test_the_name_of_a_file_that_cannot_be_is_cut_in_what_is_said_of_it(tmp_path: Path, source: str) -> None:
    async def note(_step: Step) -> None: ...

    change = Change("1", source, "a", b"", b"{}")
    with pytest.raises(DataError) as raised:
        asyncio.run(FolderStore(tmp_path, RecordingLog()).send(change, note=note))
    assert (raised.value.source, raised.value.reason) == (source[:200], "not a file of this folder")


def test_the_home_folder_may_be_written_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "fences").mkdir()
    write(tmp_path / "fences", "a.json", "a")
    assert [fence.id for fence in load(FolderStore("~/fences", RecordingLog())).fences] == ["a"]


def test_a_folder_is_read_on_a_worker(tmp_path: Path) -> None:
    write(tmp_path, "a.json", "a")
    workers = CountingWorkers()
    assert len(load(FolderStore(tmp_path, RecordingLog(), workers=workers)).fences) == 1
    assert workers.runs == 1
