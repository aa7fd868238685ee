"""Reading geofences from a folder."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from tests.fences.stores.test_map_data_lists import CountingWorkers
from tvapp.core.errors import DataError, StorageError
from tvapp.core.log import RecordingLog
from tvapp.fences.model.change import Change, Step
from tvapp.fences.model.fence import Skipped
from tvapp.fences.stores.base import Loaded
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
    assert loaded.skipped == ()
    assert not loaded.unchanged


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
