"""The whole way of a tile over a real socket: loader, cache, credentials, transport, and a service that misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.tiles.rig import SCOPE, Rig, Tokens
from tvapp.azure.authorizer import EntraAuthorizer, SharedKeyAuthorizer
from tvapp.core.log import RecordingLog
from tvapp.geo.position import Bounds
from tvapp.net.messages import NetworkLost
from tvapp.net.monitor import NetworkMonitor
from tvapp.net.request import Request
from tvapp.tiles.congestion_window import INITIAL_LIMIT
from tvapp.tiles.tile import TileArrived, TileId, TileRevalidated, TileUnavailable

TILE = TileId("microsoft.base.road", 9, 291, 148)


@pytest.fixture
def rig(cloud: LocalCloud, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(cloud, tmp_path)
    yield made
    made.close()


def test_a_tile_comes_from_the_service_and_then_from_disk(rig: Rig, cloud: LocalCloud) -> None:
    rig.loader.request([TILE])
    first = rig.next(TileArrived)
    assert isinstance(first, TileArrived)
    assert (first.tile, first.origin) == (TILE, "network")
    assert first.content.image is not None
    assert (first.content.image.width, first.content.image.opaque) == (512, True)
    rig.loader.request([])
    rig.loader.request([TILE])
    second = rig.next(TileArrived)
    assert isinstance(second, TileArrived)
    assert second.origin == "disk"
    assert cloud.count("tile") == 1


def test_what_is_left_behind_before_it_was_sent_never_reaches_the_service(rig: Rig, cloud: LocalCloud) -> None:
    cloud.fault("tile", delay_s=2.0)
    behind = [TileId("microsoft.base.road", 9, x, 148) for x in range(40)]
    rig.loader.request(behind)
    while rig.loader.requests_sent < INITIAL_LIMIT:
        rig.posted.wait(0.01)
    rig.loader.request([TILE])
    rig.next(TileArrived)
    # Which ones had been sent depends on the order of the disk lookups.
    columns = {int(request["query"]["x"]) for request in cloud.requests("tile")}
    sent = [tile for tile in behind if tile.x in columns]
    assert columns == {TILE.x, *(tile.x for tile in sent)}
    assert len(sent) == INITIAL_LIMIT
    rig.loader.request(sent)  # they come to their end, and are on disk
    for _ in sent:
        rig.next(TileArrived)
    assert rig.loader.requests_sent == cloud.count("tile") == INITIAL_LIMIT + 1


def test_a_stale_tile_is_revalidated_by_the_service(rig: Rig, cloud: LocalCloud) -> None:
    rig.loader.request([TILE])
    rig.next(TileArrived)
    rig.loader.request([])
    rig.clock.advance(100 * 86400)
    rig.loader.request([TILE])
    first = rig.next(TileArrived)
    assert isinstance(first, TileArrived)
    assert first.origin == "stale"
    rig.clock.advance(0.3)
    rig.next(TileRevalidated)
    assert [request["status"] for request in cloud.requests("tile")] == [200, 304]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"reset": "before"}, {"ConnectionBroken"}),
        ({"reset": "headers"}, {"ConnectionBroken"}),
        ({"reset": "after"}, {"ConnectionBroken"}),
        ({"truncate": 0.5}, {"ConnectionBroken"}),
        ({"html": True}, {"UnexpectedReply"}),
        ({"bad_bytes": True}, {"DataError"}),
        ({"oversized_bytes": 6 << 20}, {"UnexpectedReply"}),
        ({"status": 401}, {"Unauthorized"}),
        ({"status": 403}, {"Forbidden"}),
        ({"status": 404}, {"NotFound"}),
        ({"status": 400}, {"NotFound"}),
        ({"status": 409}, {"Conflict"}),
        ({"status": 412}, {"Conflict"}),
        ({"status": 429}, {"Throttled"}),
        ({"status": 429, "retry_after": 7}, {"Throttled"}),
        ({"status": 429, "retry_after": "date:7"}, {"Throttled"}),
        ({"status": 500}, {"ServiceDown"}),
        ({"status": 503, "html": True}, {"ServiceDown"}),
    ],
    ids=lambda value: "-".join(f"{name}={item}" for name, item in value.items()) if isinstance(value, dict) else "",
)
def test_each_fault_has_its_name_and_is_over_when_it_is_lifted(
    rig: Rig, cloud: LocalCloud, fault: dict[str, object], expected: set[str]
) -> None:
    cloud.fault("tile", **fault)
    rig.loader.request([TILE])
    told = rig.next(TileUnavailable)
    assert isinstance(told, TileUnavailable)
    assert type(told.error).__name__ in expected
    assert (told.retry_in_s > 400.0) == (expected == {"NotFound"})
    cloud.clear()
    rig.loader.retry()
    came = rig.next(TileArrived)
    assert isinstance(came, TileArrived)
    assert came.origin == "network"


@pytest.mark.parametrize("fault", [{"delay_s": 5.0}, {"drip_s": 60.0}], ids=["slow", "drip"])
def test_a_service_that_takes_too_long_is_given_up(cloud: LocalCloud, tmp_path: Path, fault: dict[str, object]) -> None:
    cloud.fault("tile", **fault)
    rig = Rig(cloud, tmp_path, timeout_s=0.3)
    rig.loader.request([TILE])
    told = rig.next(TileUnavailable)
    assert isinstance(told, TileUnavailable)
    assert type(told.error).__name__ == "TimedOut"
    rig.close()


def test_a_person_without_the_role_is_informed(cloud: LocalCloud, tmp_path: Path) -> None:
    secret = cloud.bearer("carla")["Authorization"].removeprefix("Bearer ")
    authorizer = EntraAuthorizer(Tokens(secret), SCOPE, cloud.maps_client_id, endpoint=cloud.endpoint)
    rig = Rig(cloud, tmp_path, authorizer)
    rig.loader.request([TILE])
    told = rig.next(TileUnavailable)
    assert isinstance(told, TileUnavailable)
    assert type(told.error).__name__ == "Forbidden"
    rig.close()


def test_the_other_subscription_key_takes_over(cloud: LocalCloud, tmp_path: Path) -> None:
    log = RecordingLog()
    keys = ("outdated-key", cloud.subscription_keys[1])
    rig = Rig(cloud, tmp_path, SharedKeyAuthorizer(keys, endpoint=cloud.endpoint, log=log))
    rig.loader.request([TILE])
    assert isinstance(rig.next(TileArrived), TileArrived)
    assert len(log.named("maps.key_failover")) == 1
    assert keys[1] not in str(log.events) + str(rig.log.events)
    rig.close()


def test_attribution_and_zooms_come_from_the_service(rig: Rig, cloud: LocalCloud) -> None:
    async def ask() -> tuple[tuple[str, ...], int]:
        lines = await rig.maps.attribution("microsoft.base.road", 9, Bounds(24.5, 60.0, 25.3, 60.4))
        return lines, (await rig.maps.tileset("microsoft.imagery")).min_zoom

    lines, min_zoom = asyncio.run_coroutine_threadsafe(ask(), rig.jobs.io_loop()).result(20)
    assert lines
    assert not any("<" in line or "&" in line for line in lines)
    assert min_zoom == 1


@pytest.mark.process
def test_a_service_that_went_away_is_noticed_and_nothing_else_is_asked(tmp_path: Path) -> None:
    cloud = LocalCloud()
    try:
        rig = Rig(cloud, tmp_path)
        ping = rig.http.send(Request("HEAD", cloud.endpoint + "/"))
        asyncio.run_coroutine_threadsafe(ping, rig.jobs.io_loop()).result(10)
    finally:
        cloud.stop()
    monitor = NetworkMonitor(rig.jobs, rig.http, [cloud.endpoint], clock=rig.clock, log=rig.log, random=lambda: 0.5)
    rig.http.listen(monitor.observe)
    monitor.subscribe(rig.loader.network_changed)
    rig.loader.request([TileId("microsoft.base.road", 9, x, 148) for x in range(40)])
    lost = rig.next(NetworkLost)
    assert isinstance(lost, NetworkLost)
    assert (lost.what, lost.kind) == ("localhost", "Unreachable")
    assert rig.loader.requests_sent <= 16
    monitor.stop()
    rig.close()
