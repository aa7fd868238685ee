"""Killed at random moments and before every call, with the stores of the app.

The claims of `test_killed` hold for files, blobs and the Data service: no confirmed change is lost, none is sent twice,
and nothing else is touched.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.cloud import ROOT, LocalCloud
from tests.fences.outbox.killed import LASTING, UNTOUCHED, feature
from tests.fences.outbox.test_killed import check, lines
from tests.fences.stores.server import Answer, Asked, BlobService, Server, authority_in, serve
from tvapp.fences.geojson import reading
from tvapp.fences.stores.folder_writing import LOCK

KILLS = 100
KILLS_OF_THE_DATA_SERVICE = 60
LOST_ANSWERS = 0.1
FOREIGN = feature(f"{UNTOUCHED}1", "\\u00e9lan").replace(b", ", b",\r\n  ").replace(b"100", b"1e2")
FILES = {
    "Depots 2026.json": b'\xef\xbb\xbf{ "type" : "FeatureCollection", "by":{"a":[1.0, 2e0]}, "features": [\r\n'
    + b"%s,\r\n\t%s , "
    + FOREIGN
    + b",%s ]\n}\n\n",
    "one.geojson": b'{"type": "FeatureCollection", "features": [%s], "last": {"features": [1]}}',
}
"""Files of other tools, with places for geofences."""
SITES = {"Depots 2026.json": ("site-a", "site-b", "site-c"), "one.geojson": ("site-d",)}


def command(place: Path, store: str, *how: object) -> list[str]:
    return [sys.executable, "-m", "tests.fences.stores.killed_stores", str(place), store, *map(str, how)]


def play(place: Path, store: str, *how: object) -> None:
    """Run the killer in `place` until its last child has finished."""
    done = subprocess.run(command(place, store, *how), cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, f"{done.returncode} {done.stderr}"


def settle(place: Path, **settings: object) -> None:
    """Write the settings of the store for the child."""
    (place / "store.json").write_text(json.dumps({"losses": LOST_ANSWERS, **settings}))


def untroubled(place: Path) -> list[dict[str, str]]:
    """Return the diary of a viewer; asserts that nothing went wrong and nothing waits any more."""
    diary = lines(place / "diary")
    assert not [line for line in diary if line["what"] == "trouble"]
    assert not list((place / "outbox").iterdir())
    return diary


def features_of(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the fences in files by id; asserts that none is there twice."""
    fences = [fence for name, file in files.items() for fence in reading.read(file, name).fences]
    assert len({fence.geometry_id for fence in fences}) == len(fences), "a fence is there twice"
    return {fence.geometry_id: fence.raw for fence in fences if not fence.geometry_id.startswith(UNTOUCHED)}


def before_the_first_life() -> tuple[dict[str, bytes], list[dict[str, str]]]:
    """Return files of other tools, and the lines that a diary would have about their fences."""
    files, diary = {}, []
    for name, form in FILES.items():
        there = tuple(feature(site, "from another tool") for site in SITES[name])
        files[name] = form % there
        for site, text in zip(SITES[name], there, strict=True):
            assert site.startswith(LASTING)
            diary.append({"what": "meant", "change": site, "fence": site, "after": text.decode()})
            diary.append({"what": "confirmed", "change": site})
    return files, diary


def demand_others_unchanged(files: dict[str, bytes]) -> None:
    """Assert that in files of other tools only the edited fences have changed."""
    for name, form in FILES.items():
        there = features_of({name: files[name]})
        assert files[name] == form % tuple(there[site] for site in SITES[name])


def check_script(place: Path) -> int:
    """Check the runs that were killed at one point each; returns how many there were."""
    runs = sorted((each for each in place.iterdir() if each.name.isdecimal()), key=lambda each: int(each.name))
    for each in runs:
        confirmed: list[str] = []
        for line in untroubled(each):
            if line["what"] == "confirmed":
                confirmed.append(line["change"])
            else:
                assert line["change"] not in confirmed, f"run {each.name}: confirmed, and yet not there after the kill"
                last = max(confirmed, default=f"fence{each.name}-0")
                assert line["change"] > last, f"run {each.name}: back to before {last}"
        # A kill may come after a change was saved and before its event was logged.
        assert len(confirmed) >= 3, f"run {each.name}"
    return len(runs)


# -- files -------------------------------------------------------------------------------------------------------------


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".") and path.name != LOCK]


@pytest.mark.slow
def test_killed_while_it_writes_files_it_loses_nothing_and_leaves_the_rest_of_them_as_it_was(tmp_path: Path) -> None:
    files, diary = before_the_first_life()
    folder = tmp_path / "fences"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    settle(tmp_path)
    play(tmp_path, "folder", KILLS, 4)
    left = {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}
    confirmed = check(diary + untroubled(tmp_path), features_of(left))
    assert confirmed > KILLS / 5, "they did live long enough to edit"
    demand_others_unchanged(left)
    edited = features_of(left)
    assert [site for sites in SITES.values() for site in sites if b"from another tool" not in edited[site]]


@pytest.mark.slow
def test_killed_at_every_change_of_a_file_in_turn_it_goes_on_where_it_was(tmp_path: Path) -> None:
    settle(tmp_path)
    play(tmp_path, "folder", "files")
    assert check_script(tmp_path) > 30
    for run in (each for each in tmp_path.iterdir() if each.name.isdecimal()):
        assert [path.name for path in (run / "fences").iterdir()] in ([LOCK], []), "not even an unfinished file is left"


# -- blobs -------------------------------------------------------------------------------------------------------------


class CountingService(BlobService):
    """Blob Storage that remembers every version of each blob."""

    def __init__(self, blobs: dict[str, bytes]) -> None:
        super().__init__(blobs=blobs)
        self.writes: list[tuple[str, bytes]] = []

    def __call__(self, asked: Asked) -> Answer:
        answer = super().__call__(asked)
        if asked.method in ("PUT", "DELETE") and answer.status < 300:
            self.writes.append((asked.path, asked.body))
        return answer


def play_beside(place: Path, service: BlobService, *how: object) -> None:
    """Run the killer with Blob Storage."""

    async def main() -> None:
        authority = authority_in(place / "tls")
        async with serve(authority, service) as server:
            settle(place, **reach(server), ca_bundle=str(authority.ca_file))
            process = await asyncio.create_subprocess_exec(*command(place, "blob", *how), cwd=ROOT)
            assert await asyncio.wait_for(process.wait(), 110) == 0

    def reach(server: Server) -> dict[str, str]:
        return {"container_url": server.url + service.container, "token": service.token}

    (place / "tls").mkdir()
    asyncio.run(main())


@pytest.mark.slow
def test_killed_while_it_writes_blobs_it_loses_nothing_and_writes_nothing_twice(tmp_path: Path) -> None:
    files, diary = before_the_first_life()
    service = CountingService(dict(files))
    play_beside(tmp_path, service, KILLS, 5)
    confirmed = check(diary + untroubled(tmp_path), features_of(service.blobs))
    assert confirmed > KILLS / 5, "they did live long enough to edit"
    demand_others_unchanged(service.blobs)
    # Each version is another one, so that one written twice would be seen; a deletion leaves nothing to tell it by.
    versions = Counter(write for write in service.writes if write[1])
    assert [write for write, times in versions.items() if times > 1] == []


@pytest.mark.slow
def test_killed_at_every_request_for_a_blob_in_turn_it_goes_on_where_it_was(tmp_path: Path) -> None:
    service = CountingService({})
    play_beside(tmp_path, service, "requests")
    runs = check_script(tmp_path)
    assert runs > 10
    assert service.blobs == {}
    per_blob = Counter(path for path, _ in service.writes)
    assert set(per_blob.values()) == {4}, "added, edited twice and deleted: once each"


# -- the Data service --------------------------------------------------------------------------------------------------


def settle_for(place: Path, cloud: LocalCloud) -> None:
    cloud.clear_map_data()
    cloud.settings(operation_polls=0)
    settle(place, endpoint=cloud.endpoint, ca_bundle=cloud.ca_bundle, headers=cloud.bearer())


def uploads(record: dict[str, Any]) -> list[str]:
    """Return the marks of the changes that uploads were made for."""
    return [change["description"].split(" ")[0] for change in record["changes"] if change["method"] == "POST"]


@pytest.mark.slow
def test_killed_while_it_uploads_it_makes_one_dataset_of_each_fence(tmp_path: Path, cloud: LocalCloud) -> None:
    settle_for(tmp_path, cloud)
    files, diary = before_the_first_life()
    for content in files.values():
        cloud.add_map_data(content.decode())
    play(tmp_path, "map-data", KILLS_OF_THE_DATA_SERVICE, 6)
    record = cloud.map_data()
    left = {file["udid"]: file["content"].encode() for file in record["files"]}
    assert {file["upload_status"] for file in record["files"]} == {"Completed"}
    confirmed = check(diary + untroubled(tmp_path), features_of(left))
    assert confirmed > KILLS_OF_THE_DATA_SERVICE / 5, "they did live long enough to edit"
    marks = Counter(uploads(record))
    assert [mark for mark, times in marks.items() if times > 1] == []
    assert len(marks) > 1


@pytest.mark.slow
def test_killed_at_every_request_to_the_data_service_in_turn_it_goes_on_where_it_was(
    tmp_path: Path, cloud: LocalCloud
) -> None:
    settle_for(tmp_path, cloud)
    play(tmp_path, "map-data", "requests")
    runs = check_script(tmp_path)
    assert runs > 15
    record = cloud.map_data()
    assert record["files"] == []
    assert record["accepted"]["POST"] == record["accepted"]["DELETE"] == runs
    assert len(set(uploads(record))) == runs
