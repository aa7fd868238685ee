import asyncio
import json
from email.utils import formatdate

import pytest

from tests.azure.fakes import ENDPOINT, FakeSender, PlainAuthorizer, reply
from tvapp.azure.maps import MapsClient, TilesetInfo, split_at_date_line
from tvapp.core.clock import ManualClock
from tvapp.core.errors import (
    Forbidden,
    NotFound,
    ServiceDown,
    ServiceError,
    Throttled,
    TvappError,
    Unauthorized,
    UnexpectedReply,
    Unreachable,
)
from tvapp.core.log import RecordingLog
from tvapp.geo.position import Bounds
from tvapp.net.request import Request, Response
from tvapp.tiles.ports import TileReply, TileRequest
from tvapp.tiles.tile import TileId
from tvapp.usage.billing import Meter

TILE = TileId("microsoft.imagery", 3, 1, 2)
PNG = b"\x89PNG\r\n\x1a\nrest"


def client(answer: Response) -> tuple[MapsClient, FakeSender]:
    sender = FakeSender(lambda request: answer)
    return MapsClient(sender, ENDPOINT + "/", PlainAuthorizer(), RecordingLog(), clock=ManualClock()), sender


def tile(answer: Response, etag: str | None = None) -> tuple[TileReply, dict[str, str]]:
    maps, sender = client(answer)
    got = asyncio.run(maps.tile(TileRequest(TILE, "fi", "Unified", etag)))
    return got, sender.queries[0]


def test_a_tile_is_asked_for_as_the_service_wants_it() -> None:
    maps, sender = client(reply(200, PNG, "image/png", ETag='"1"'))
    got = asyncio.run(maps.tile(TileRequest(TILE, "fi", "Unified", etag='"0"')))
    assert (got.status, got.body, got.headers["etag"]) == (200, PNG, '"1"')
    request = sender.requests[0]
    assert request.url.startswith(ENDPOINT + "/map/tile?")
    assert request.headers["if-none-match"] == '"0"'
    assert sender.queries[0] == {
        "api-version": "2024-04-01",
        "tilesetId": "microsoft.imagery",
        "zoom": "3",
        "x": "1",
        "y": "2",
        "tileSize": "512",
        "language": "fi",
        "view": "Unified",
    }


def test_every_request_counts_with_its_meter_and_its_status() -> None:
    counted: list[tuple[Meter, int]] = []
    answers = iter(
        [
            reply(200, PNG, "image/png"),
            reply(429),
            reply(304),
            reply(200, b'{"copyrights":[]}', "application/json"),
            reply(200, b"{}", "application/json"),
        ]
    )
    sender = FakeSender(lambda request: next(answers))
    maps = MapsClient(
        sender,
        ENDPOINT,
        PlainAuthorizer(),
        RecordingLog(),
        clock=ManualClock(),
        count=lambda meter, status: counted.append((meter, status)),
    )
    asyncio.run(maps.tile(TileRequest(TILE, "fi", "Unified")))
    with pytest.raises(Throttled):
        asyncio.run(maps.tile(TileRequest(TileId("microsoft.base.road", 3, 1, 2), "fi", "Unified")))
    asyncio.run(maps.tile(TileRequest(TileId("microsoft.weather.radar.main", 3, 1, 2), "fi", "Unified", etag='"0"')))
    asyncio.run(maps.attribution("microsoft.imagery", 3, Bounds(0, 0, 1, 1)))
    asyncio.run(maps.tileset("microsoft.imagery"))
    assert counted == [("imagery", 200), ("base", 429), ("weather", 304), ("free", 200), ("metadata", 200)]


@pytest.mark.parametrize(("was_sent", "statuses"), [(True, [0]), (False, [])])
def test_a_request_without_an_answer_counts_if_it_was_sent(was_sent: bool, statuses: list[int]) -> None:
    def fail(request: Request) -> Response:
        raise Unreachable(request.host, "refused", was_sent=was_sent)

    counted: list[int] = []
    maps = MapsClient(
        FakeSender(fail),
        ENDPOINT,
        PlainAuthorizer(),
        RecordingLog(),
        clock=ManualClock(),
        count=lambda _meter, status: counted.append(status),
    )
    with pytest.raises(Unreachable):
        asyncio.run(maps.tile(TileRequest(TILE, "fi", "Unified")))
    assert counted == statuses


def test_a_tile_that_was_asked_for_in_vain_is_given_more_time_but_not_without_limit() -> None:
    maps, sender = client(reply(200, PNG, "image/png"))
    for failures in (0, 1, 2, 9):
        asyncio.run(maps.tile(TileRequest(TILE, "fi", "Unified", failures=failures)))
    assert [(request.timeout_s, request.silence_s) for request in sender.requests] == [
        (20.0, 15.0),
        (40.0, 30.0),
        (80.0, 60.0),
        (80.0, 60.0),
    ]


def test_not_modified_is_only_an_answer_to_a_validator() -> None:
    got, _ = tile(reply(304, ETag='"1"'), etag='"1"')
    assert got.status == 304
    with pytest.raises(UnexpectedReply):
        tile(reply(304))


JSON_401 = json.dumps({"error": {"code": "Unauthorized", "message": "see\x1b[31m WWW-Authenticate"}}).encode()


@pytest.mark.parametrize(
    ("answer", "expected", "code"),
    [
        (reply(401, JSON_401, "application/json"), Unauthorized, "Unauthorized"),
        (
            reply(401, JSON_401, "application/json", WWW_Authenticate='Bearer realm="x", error="InvalidClientId'),
            Unauthorized,
            "InvalidClientId",
        ),
        (reply(403, b'{"error":{"code":"403 Forbidden"}}', "application/json"), Forbidden, "403 Forbidden"),
        (reply(403, b'{"error":{"code":"x"}}', "text/plain"), Forbidden, ""),
        (reply(403, b"<html>Blocked by your company", "text/html"), UnexpectedReply, "html"),
        (reply(404), NotFound, ""),
        (reply(400, b'{"error":{"code":"400 BadRequest"}}', "application/json"), NotFound, "400 BadRequest"),
        (reply(204), NotFound, ""),
        (reply(429), Throttled, ""),
        (reply(429, b"<html>", "text/html"), Throttled, ""),
        (reply(500, b"{broken", "application/json"), ServiceDown, ""),
        (reply(503, b"<html>", "text/html"), ServiceDown, ""),
        (reply(302, location="https://portal.example"), UnexpectedReply, "html"),
        (reply(200, b"<!DOCTYPE html><p>Sign in to the Wi-Fi", "image/png"), UnexpectedReply, "html"),
        (reply(200, b"{}", "application/json"), UnexpectedReply, ""),
        (reply(418, b"[" * 100000, "application/json"), ServiceError, ""),
        (reply(403, b'{"error":{"code":5,"message":[]}}', "application/json"), Forbidden, ""),
    ],
)
def test_each_refusal_means_something(answer: Response, expected: type[TvappError], code: str) -> None:
    with pytest.raises(ServiceError) as caught:
        tile(answer)
    assert type(caught.value) is expected
    assert caught.value.code == code
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "seconds"), [("7", 7.0), (formatdate(ManualClock().wall() + 90, usegmt=True), 90.0), ("soon", None)]
)
def test_retry_after_comes_in_two_forms(field: str, seconds: float | None) -> None:
    with pytest.raises(Throttled) as caught:
        tile(reply(429, Retry_After=field))
    assert caught.value.retry_after_s == seconds


def test_attribution_becomes_plain_lines() -> None:
    body = json.dumps({"copyrights": ["<a href='x'>&copy;2026 TomTom</a>", "&copy;2026 TomTom", 5, ""]}).encode()
    maps, sender = client(reply(200, body, "application/json; charset=utf-8"))
    lines = asyncio.run(maps.attribution("microsoft.base.road", 5, Bounds(24.0, 60.0, 25.0, 61.0)))
    assert lines == ("©2026 TomTom",)
    assert sender.queries[0]["bounds"] == "24.0000,60.0000,25.0000,61.0000"


def test_attribution_across_the_date_line_asks_for_both_sides() -> None:
    assert split_at_date_line(Bounds(170.0, -90.0, -170.0, 90.0)) == (
        "170.0000,-85.0511,180.0000,85.0511",
        "-180.0000,-85.0511,-170.0000,85.0511",
    )


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"copyrights":"x"}', b"nonsense"])
def test_attribution_that_is_none_is_an_unexpected_reply(body: bytes) -> None:
    maps, _ = client(reply(200, body, "application/json"))
    with pytest.raises(UnexpectedReply):
        asyncio.run(maps.attribution("t", 5, Bounds(0, 0, 1, 1)))


def test_a_tileset_tells_its_zooms() -> None:
    maps, _ = client(reply(200, b'{"minzoom":1,"maxzoom":19}', "application/json"))
    assert asyncio.run(maps.tileset("microsoft.imagery")) == TilesetInfo("microsoft.imagery", 1, 19)
    maps, _ = client(reply(200, b'{"minzoom":9,"maxzoom":"a"}', "application/json"))
    with pytest.raises(UnexpectedReply):
        asyncio.run(maps.tileset("microsoft.imagery"))


@pytest.mark.parametrize(
    ("bounds", "boxes"),
    [
        (Bounds(-180.0, -90.0, 180.0, 90.0), ("-180.0000,-85.0511,180.0000,85.0511",)),
        (Bounds(24.5, 59.5, 25.5, 60.5), ("24.5000,59.5000,25.5000,60.5000",)),
        (
            Bounds(170.0, -10.0, -170.0, 10.0),
            ("170.0000,-10.0000,180.0000,10.0000", "-180.0000,-10.0000,-170.0000,10.0000"),
        ),
    ],
)
def test_bounds_stay_within_what_the_service_takes(bounds: Bounds, boxes: tuple[str, ...]) -> None:
    assert split_at_date_line(bounds) == boxes


@pytest.mark.parametrize(
    ("low", "high", "is_fine"), [(0, 30, True), (5, 5, True), (0, 31, False), (-1, 5, False), (6, 5, False)]
)
def test_zooms_that_make_no_sense_are_refused(low: int, high: int, is_fine: bool) -> None:
    maps, _ = client(reply(200, json.dumps({"minzoom": low, "maxzoom": high}).encode(), "application/json"))
    if is_fine:
        assert asyncio.run(maps.tileset("t")) == TilesetInfo("t", low, high)
    else:
        with pytest.raises(UnexpectedReply):
            asyncio.run(maps.tileset("t"))
