"""How the map data store takes lists and files: with prepared answers, without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from tests.fences.outbox.killed import feature
from tvapp.core.clock import ManualClock
from tvapp.core.errors import DataError
from tvapp.core.headers import Headers
from tvapp.core.log import RecordingLog
from tvapp.fences.model.change import Change, Step
from tvapp.fences.model.fence import Skipped
from tvapp.fences.stores.base import UNCHANGED, Loaded
from tvapp.fences.stores.map_data import MapDataStore
from tvapp.net.request import Request, Response, Sender

T = TypeVar("T")


def udid(number: int) -> str:
    return f"{number:08}-0000-4000-8000-000000000000"


def collection(*names: str) -> bytes:
    return b'{"type":"FeatureCollection","features":[' + b",".join(feature(name, "1") for name in names) + b"]}"


def row(number: int, size: int = 9, **more: object) -> dict[str, object]:
    return {"udid": udid(number), "sizeInBytes": size, **more}


class NoNetwork:
    async def send(self, request: Request) -> Response:
        raise NotImplementedError


class CountingWorkers:
    """Runs the work at once, and counts it."""

    def __init__(self) -> None:
        self.runs = 0

    async def in_worker(self, work: Callable[[], T]) -> T:
        self.runs += 1
        return work()


@dataclass
class Account:
    """Answers with its list, and serves files by their ids; a status in the place of a file is answered as it is."""

    rows: list[object] = field(default_factory=list)
    files: dict[str, bytes | int] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def send(self, http: Sender, request: Request) -> Response:
        name = request.url.partition("?")[0].rpartition("/")[2]
        if name == "mapData":
            return Response(200, Headers(), json.dumps({"mapDataList": self.rows}).encode(), request.url)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        for _ in range(5):
            await asyncio.sleep(0)
        self.at_once -= 1
        self.asked.append((name, request.headers.get("if-none-match", "")))
        found = self.files[name]
        if isinstance(found, int):
            return Response(found, Headers(), b"{}", request.url)
        return Response(200, Headers({"etag": f'"{name[:8]}"'}), found, request.url)


class Rig:
    def __init__(self, account: Account) -> None:
        self.account = account
        self.clock = ManualClock()
        self.log = RecordingLog()
        self.workers = CountingWorkers()
        self.store = MapDataStore(
            NoNetwork(), "https://maps.example", account, self.log, workers=self.workers, clock=self.clock
        )

    def load(self) -> Loaded:
        return asyncio.run(self.store.load())


def names(loaded: Loaded) -> list[str]:
    return [fence.geometry_id for fence in loaded.fences]


def test_files_are_read_in_the_order_of_their_ids_on_workers_and_asked_for_again_by_their_etags() -> None:
    rig = Rig(Account([row(2), row(1)], {udid(1): collection("one"), udid(2): collection("two")}))
    assert names(rig.load()) == ["one", "two"]
    assert rig.workers.runs == 2
    assert rig.load() == UNCHANGED
    assert sorted(rig.account.asked[:2]) == [(udid(1), ""), (udid(2), "")]
    assert sorted(rig.account.asked[2:]) == [(udid(1), '"00000001"'), (udid(2), '"00000002"')]


def test_other_files_and_uploads_under_way_are_left_alone_and_odd_entries_reported() -> None:
    rows: list[object] = [
        row(1),
        row(2, dataFormat="dwgzippackage"),
        row(3, uploadStatus="Pending"),
        row(4, uploadStatus="Failed"),
        {"udid": "x" * 100, "sizeInBytes": 9},
        "no entry",
        {"sizeInBytes": 9},
    ]
    rig = Rig(Account(rows, {udid(1): collection("one")}))
    loaded = rig.load()
    assert names(loaded) == ["one"]
    assert loaded.skipped == (Skipped("x" * 64, "its id is not one"),)
    assert rig.log.named("geofences.entry_ignored") == [{"store": "map-data"}] * 2
    assert rig.log.at_level("warning") == ["geofences.entry_ignored"] * 2


def test_files_that_are_too_large_alone_or_together_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvapp.fences.stores.map_data.MAX_BYTES", 1_000)
    monkeypatch.setattr("tvapp.fences.stores.map_data.MAX_TOTAL_BYTES", 2_500)
    rows: list[object] = [row(1, 1_000), row(2, 1_001), row(3, 499), row(4, 1)]
    rig = Rig(Account(rows, {udid(1): collection("one"), udid(3): collection("three")}))
    loaded = rig.load()
    assert names(loaded) == ["one", "three"]
    assert loaded.skipped == (
        Skipped(udid(2), "too large (1001 bytes)"),
        Skipped(udid(4), "too large (1 bytes)"),
    )


def test_at_most_four_files_are_read_at_the_same_time() -> None:
    files: dict[str, bytes | int] = {udid(number): collection(f"f{number}") for number in range(9)}
    rig = Rig(Account([row(number) for number in range(9)], files))
    assert len(rig.load().fences) == 9
    assert rig.account.most_at_once == 4


def test_a_file_that_cannot_be_read_now_is_as_it_was_with_its_age_or_skipped_where_it_never_was() -> None:
    rig = Rig(Account([row(1), row(2)], {udid(1): collection("one"), udid(2): 503}))
    loaded = rig.load()
    assert (names(loaded), loaded.as_of) == (["one"], None)
    assert loaded.skipped == (Skipped(udid(2), "the service answers 503"),)
    right_at = rig.clock.wall()
    rig.clock.advance(60.0)
    rig.account.files |= {udid(1): 503, udid(2): collection("two")}
    loaded = rig.load()
    kept = Skipped(udid(1), "shown as it was before: the service answers 503")
    assert (names(loaded), loaded.skipped, loaded.as_of) == (["one", "two"], (kept,), right_at)


def test_a_file_being_replaced_stays_as_it_was_and_one_that_is_no_geojson_is_named() -> None:
    rig = Rig(Account([row(1), row(2)], {udid(1): collection("one"), udid(2): b"no JSON"}))
    loaded = rig.load()
    assert names(loaded) == ["one"]
    assert [skip.source for skip in loaded.skipped] == [udid(2)]
    rig.account.rows = [row(1, uploadStatus="Pending"), row(2)]
    rig.account.asked.clear()
    assert rig.load() == UNCHANGED
    assert [name for name, _ in rig.account.asked] == [udid(2)]


def test_a_change_of_a_file_that_cannot_be_here_is_refused() -> None:
    async def note(_step: Step) -> None: ...

    with pytest.raises(DataError) as raised:
        asyncio.run(Rig(Account()).store.send(Change("1", "x" * 100, "a", b"", b"{}"), note=note))
    assert raised.value.reason == "not the id of a file of this store"
    assert len(raised.value.source) == 64
