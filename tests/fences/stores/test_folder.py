"""Reading geofences from a folder."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from tvapp.core.errors import StorageError
from tvapp.core.log import RecordingLog
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
