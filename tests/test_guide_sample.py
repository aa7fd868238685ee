"""The guide's own request, to the letter, and what the app sends in its place."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.azure.fakes import FakeToken
from tests.cloud import LocalCloud
from tvapp.azure.authorizer import EntraAuthorizer
from tvapp.core.clock import SystemClock
from tvapp.core.log import RecordingLog
from tvapp.fences.change import Change, Step, Stored
from tvapp.fences.stores.map_data import MapDataStore
from tvapp.net.transport import HttpClient

SCOPE = "https://atlas.microsoft.com/user_impersonation"
PATH = "/mapData?api-version=2.0&dataFormat=geojson"

BODY = b"""{
    "type": "FeatureCollection",
    "features": [{
        "type": "Feature",
        "geometry": {
            "type": "Point",
            "coordinates": [-122.126986, 47.639754]
        },
        "properties": {
            "geometryId": "001",
            "radius": 500
        }
    }]
}"""
"""The sample body of the guide, with the closing brackets that its text has lost."""

FEATURE = b'{"type":"Feature","geometry":{"type":"Point","coordinates":[-122.126986,47.639754]},"properties":{"geometryId":"001","radius":500}}'  # noqa: E501 - one Feature, byte for byte


@pytest.fixture
def headers(cloud: LocalCloud) -> dict[str, str]:
    token = cloud.sign_in(scope=SCOPE)["access_token"]
    return {"x-ms-client-id": cloud.maps_client_id, "Authorization": f"Bearer {token}"}


def test_the_guides_request_is_accepted_and_ends_well(cloud: LocalCloud, headers: dict[str, str]) -> None:
    cloud.clear_map_data()

    status, answered, _ = cloud.send("POST", PATH, BODY, {**headers, "Content-Type": "application/json"})

    assert status == 202
    assert answered["access-control-expose-headers"] == "Operation-Location"
    operation = answered["operation-location"]
    states: list[str] = []
    while not states or states[-1] in ("NotStarted", "Running"):
        _, answered, body = cloud.send("GET", operation, headers=headers)
        states.append(json.loads(body)["status"])
    assert states == ["NotStarted", "Succeeded"]
    assert cloud.send("GET", answered["resource-location"], headers=headers)[2] == BODY


@pytest.mark.parametrize("missing", ["x-ms-client-id", "Authorization"])
def test_without_one_of_the_guides_headers_it_is_refused(
    cloud: LocalCloud, headers: dict[str, str], missing: str
) -> None:
    del headers[missing]

    assert cloud.send("POST", PATH, BODY, {**headers, "Content-Type": "application/json"})[0] == 401


def test_the_app_sends_what_the_guide_sends(cloud: LocalCloud, headers: dict[str, str]) -> None:
    cloud.clear_map_data()
    secret = headers["Authorization"].removeprefix("Bearer ")

    class Tokens:
        async def get(self, scope: str, *, rejected: str | None = None) -> FakeToken:
            assert scope == SCOPE
            return FakeToken(secret)

    async def note(step: Step) -> None:
        pass

    async def no_wait(_seconds: float) -> None:
        pass

    async def upload() -> object:
        http = HttpClient(ca_bundle=cloud.ca_bundle, clock=SystemClock(), log=RecordingLog())
        try:
            authorizer = EntraAuthorizer(Tokens(), SCOPE, cloud.maps_client_id, endpoint=cloud.endpoint)
            store = MapDataStore(http, cloud.endpoint, authorizer, RecordingLog(), sleep=no_wait)
            return await store.send(Change("change-1", "", "001", b"", FEATURE), note=note)
        finally:
            await http.aclose()

    outcome = asyncio.run(upload())

    first = cloud.requests("map-data")[0]
    guide = urlsplit(PATH)
    assert (first["method"], first["path"]) == ("POST", guide.path)
    assert {name: [first["query"][name]] for name in parse_qs(guide.query)} == parse_qs(guide.query)
    assert first["headers"]["x-ms-client-id"] == cloud.maps_client_id
    assert first["headers"]["authorization"].startswith("Bearer ")
    assert first["headers"]["content-type"] == "application/json"
    assert first["status"] == 202
    (file,) = cloud.map_data()["files"]
    assert outcome == Stored(file["udid"])
    assert json.loads(file["content"]) == json.loads(BODY)
