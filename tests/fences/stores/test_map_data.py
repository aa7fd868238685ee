"""Reading geofences from the Data service: the local cloud, and answers that it never gives."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from tests.cloud import LocalCloud
from tests.fences.stores.map_data_desk import Desk, WithHeaders, at_desk
from tvapp.core.clock import SystemClock
from tvapp.core.errors import (
    ConnectionBroken,
    Forbidden,
    NetworkError,
    ServiceDown,
    Throttled,
    TvappError,
    Unauthorized,
    UnexpectedReply,
    Unreachable,
)
from tvapp.core.headers import Headers
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.fences.stores.base import Loaded, StoreRetired
from tvapp.fences.stores.map_data import MapDataStore
from tvapp.net.request import Request, Response
from tvapp.net.transport import HttpClient

GOOD = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [-122.126986, 47.639754]},
            "properties": {"geometryId": "001", "subType": "Circle", "radius": 500},
        },
        {"type": "Feature", "geometry": None, "properties": {"geometryId": "nowhere"}},
    ],
}


def in_cloud(cloud: LocalCloud, work: Callable[[MapDataStore], Awaitable[None]], person: str = "aino") -> None:
    async def run() -> None:
        http = HttpClient(outbound=Outbound.trusting(cloud.ca_bundle), clock=SystemClock(), log=RecordingLog())
        try:
            await work(MapDataStore(http, cloud.endpoint, WithHeaders(cloud.bearer(person)), RecordingLog()))
        finally:
            await http.aclose()

    asyncio.run(run())


def test_every_file_of_the_account_is_read(cloud: LocalCloud) -> None:
    cloud.clear_map_data()
    udid = cloud.add_map_data(json.dumps(GOOD))
    broken = cloud.add_map_data("{nonsense")

    async def work(store: MapDataStore) -> None:
        loaded = await store.load()
        assert [(fence.id, fence.source) for fence in loaded.fences] == [("001", udid)]
        assert {(skip.source, skip.feature) for skip in loaded.skipped} == {(udid, "nowhere"), (broken, "")}
        assert (await store.load()).unchanged
        cloud.add_map_data(json.dumps(GOOD))
        assert [fence.id for fence in (await store.load()).fences] == ["001", "001"]

    in_cloud(cloud, work)


def test_the_samples_are_all_fit_to_be_shown(cloud: LocalCloud) -> None:
    async def work(store: MapDataStore) -> None:
        loaded = await store.load()
        assert len(loaded.fences) > 5
        assert "001" in {fence.id for fence in loaded.fences}

    in_cloud(cloud, work)


def test_a_missing_role_is_named_as_such(cloud: LocalCloud) -> None:
    async def work(store: MapDataStore) -> None:
        with pytest.raises(Forbidden):
            await store.load()

    in_cloud(cloud, work, "carla")


def test_a_throttled_list_says_when_to_come_back(cloud: LocalCloud) -> None:
    async def work(store: MapDataStore) -> None:
        cloud.fault("map-data", status=429, retry_after=7, times=1)
        with pytest.raises(Throttled) as raised:
            await store.load()
        assert raised.value.retry_after_s == 7
        assert (await store.load()).fences

    in_cloud(cloud, work)


def test_a_file_that_fails_for_now_stays_as_it_was_and_tells_its_age(cloud: LocalCloud) -> None:
    cloud.clear_map_data()
    udid = cloud.add_map_data(json.dumps(GOOD))
    cloud.add_map_data(json.dumps(GOOD))

    async def work(desk: Desk) -> None:
        first = await desk.store.load()
        assert first.as_of is None
        read_at = desk.clock.wall()
        desk.clock.advance(60)
        cloud.fault("map-data", path=f"/mapData/{udid}", status=500)

        stale = await desk.store.load()
        assert (stale.fences, stale.as_of) == (first.fences, read_at)
        desk.clock.advance(60)
        assert (await desk.store.load()).unchanged

        cloud.clear("map-data")
        fresh = await desk.store.load()
        assert (fresh.unchanged, fresh.as_of) == (False, None)

    at_desk(cloud, work)


class Script:
    """Answers by the beginning of the path; raises answers that are errors."""

    def __init__(self, answers: dict[str, tuple[int, bytes] | TvappError]) -> None:
        self.answers = answers
        self.urls: list[str] = []

    async def send(self, request: Request) -> Response:
        self.urls.append(request.url)
        path = request.url.split("/", 3)[3]
        answer = next(answer for start, answer in self.answers.items() if f"/{path}".startswith(start))
        if isinstance(answer, TvappError):
            raise answer
        return Response(answer[0], Headers({}), answer[1], request.url)


def load(endpoint: str, answers: dict[str, tuple[int, bytes] | TvappError]) -> Loaded:
    return asyncio.run(MapDataStore(Script(answers), endpoint, WithHeaders({}), RecordingLog()).load())


@pytest.mark.parametrize(
    "answer",
    [(404, b""), (410, b""), (403, b"{}"), (400, b""), (200, b"<!DOCTYPE html>"), Unreachable("h", "no such host")],
)
@pytest.mark.parametrize("host", ["atlas.microsoft.com", "us.atlas.microsoft.com"])
def test_public_azure_no_longer_has_the_service(host: str, answer: tuple[int, bytes] | TvappError) -> None:
    answers: dict[str, tuple[int, bytes] | TvappError] = {"/mapData": answer}
    if answer == (200, b"<!DOCTYPE html>"):
        with pytest.raises(UnexpectedReply):
            load(f"https://{host}", answers)
        return
    with pytest.raises(StoreRetired) as raised:
        load(f"https://{host}", answers)
    assert raised.value.host == host


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((401, b""), Unauthorized),
        ((503, b"<html>"), ServiceDown),
        ((200, b"[]"), UnexpectedReply),
        ((200, b'{"mapDataList":7}'), UnexpectedReply),
        (ConnectionBroken("h"), NetworkError),
    ],
)
def test_any_other_failure_is_passed_on(answer: tuple[int, bytes] | TvappError, kind: type[TvappError]) -> None:
    with pytest.raises(kind):
        load("https://maps.example", {"/mapData": answer})


def test_files_deleted_meanwhile_and_other_formats_are_left_out() -> None:
    entries = [
        {"udid": "gone"},
        {"udid": "zipped", "dataFormat": "zip"},
        {"udid": "coming", "uploadStatus": "Pending"},
        {"udid": "../evil"},
        {"udid": "huge", "sizeInBytes": 10**10},
        {"nothing": 1},
        {"udid": "here", "dataFormat": "geojson", "uploadStatus": "Completed", "sizeInBytes": 5, "description": None},
    ]
    loaded = load(
        "https://maps.example",
        {
            "/mapData?": (200, json.dumps({"mapDataList": entries}).encode()),
            "/mapData/gone": (400, b'{"error":{"code":"BadRequest","message":"no"}}'),
            "/mapData/here": (200, json.dumps(GOOD).encode()),
        },
    )
    assert [fence.id for fence in loaded.fences] == ["001"]
    assert {skip.source for skip in loaded.skipped} == {"../evil", "huge", "here"}


def test_a_broken_connection_in_a_file_keeps_what_is_shown() -> None:
    listing = json.dumps({"mapDataList": [{"udid": "a"}, {"udid": "b"}]}).encode()
    with pytest.raises(ConnectionBroken):
        load(
            "https://maps.example",
            {
                "/mapData?": (200, listing),
                "/mapData/a": (200, json.dumps(GOOD).encode()),
                "/mapData/b": ConnectionBroken("h"),
            },
        )
