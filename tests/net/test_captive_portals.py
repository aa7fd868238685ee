"""What a captive portal or a proxy says in place of a service is named as such, whoever had asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from tests.azure.fakes import ENDPOINT, FakeSender, PlainAuthorizer, reply
from tvapp.auth.http_client import Failed, HttpClient
from tvapp.auth.problems import from_error
from tvapp.azure.maps import MapsClient
from tvapp.core.clock import ManualClock
from tvapp.core.errors import TvappError, UnexpectedReply, Unreachable
from tvapp.core.log import RecordingLog
from tvapp.fences.outbox.failure_policy import next_step
from tvapp.fences.stores.blob import BlobStore
from tvapp.fences.stores.map_data import MapDataStore
from tvapp.fences.stores.url import UrlStore
from tvapp.geo.position import Bounds
from tvapp.net.captive_portals import PortalDetector
from tvapp.net.request import Request, Response, Sender
from tvapp.tiles.ports import TileRequest
from tvapp.tiles.tile import TileId

PAGE = b"<!DOCTYPE html><title>Welcome to our hotel</title>"
ANSWERS = {
    "page": reply(200, PAGE, "text/html"),
    "page-in-disguise": reply(200, PAGE, "image/png"),
    "redirect": reply(302, b"", location="https://portal.example/"),
    "redirect-with-page": reply(307, PAGE, "text/html", location="https://portal.example/"),
    "refusal": reply(403, PAGE, "text/html"),
    "511": reply(511, PAGE, "text/html"),
    "407": reply(407, PAGE, "text/html"),
}
Ask = Callable[[Sender], Coroutine[object, object, object]]


def maps(http: Sender) -> MapsClient:
    return MapsClient(http, ENDPOINT, PlainAuthorizer(), RecordingLog(), clock=ManualClock())


def tile(http: Sender) -> Coroutine[object, object, object]:
    return maps(http).tile(TileRequest(TileId("microsoft.base.road", 3, 1, 2), "en", "Auto"))


def attribution(http: Sender) -> Coroutine[object, object, object]:
    return maps(http).attribution("microsoft.base.road", 3, Bounds(24.0, 60.0, 25.0, 61.0))


def blob(http: Sender) -> Coroutine[object, object, object]:
    url = "https://acct.blob.core.windows.net/fences"
    return BlobStore(http, url, PlainAuthorizer(), RecordingLog(), clock=ManualClock()).load()


def map_data(http: Sender) -> Coroutine[object, object, object]:
    return MapDataStore(http, ENDPOINT, PlainAuthorizer(), RecordingLog(), clock=ManualClock()).load()


def url(http: Sender) -> Coroutine[object, object, object]:
    return UrlStore(http, [ENDPOINT + "/fences.geojson"], RecordingLog(), clock=ManualClock()).load()


@pytest.mark.parametrize("ask", [tile, attribution, blob, map_data, url], ids=lambda ask: ask.__name__)
@pytest.mark.parametrize("name", ANSWERS)
def test_a_portal_is_named(ask: Ask, name: str) -> None:
    with pytest.raises(TvappError) as caught:
        asyncio.run(ask(PortalDetector(FakeSender(lambda _request: ANSWERS[name]))))
    error = caught.value
    if name == "407":
        assert isinstance(error, Unreachable)
        assert error.reason.startswith("proxy")
    else:
        assert isinstance(error, UnexpectedReply), repr(error)
        assert error.code in ("html", "redirect")
    assert next_step(error) == "retry"


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", ANSWERS)
def test_a_portal_is_named_to_whoever_signs_in(method: str, name: str) -> None:
    watch = PortalDetector(FakeSender(lambda _request: ANSWERS[name]))

    def send_and_wait(request: Request) -> Response:
        return asyncio.run(watch.send(request))

    client = HttpClient(send_and_wait, ManualClock())
    with pytest.raises(Failed) as caught:
        getattr(client, method)("https://login.example/x")
    assert from_error(caught.value.error).kind == ("proxy-login" if name == "407" else "captive-portal")
