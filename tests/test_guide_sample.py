"""The guide's own request, to the letter, and the request that the app sends."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.azure.fakes import FakeToken
from tests.cloud import LocalCloud
from tvapp.azure.authorizer import EntraAuthorizer
from tvapp.core.clock import SystemClock
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.fences.editing.validity_presets import PRESETS, Preset, validity_time
from tvapp.fences.geojson.amend import Amended, amend
from tvapp.fences.geojson.feature import new_feature
from tvapp.fences.model.change import Change, Outcome, Step, Stored
from tvapp.fences.model.fence import Geofence
from tvapp.fences.stores.map_data import MapDataStore
from tvapp.fences.stores.map_data_sending import PollPacer
from tvapp.localcloud.geofence_check import check_geofences
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
"""The sample body of the guide, with the closing brackets that its web page lacks."""

GEOMETRY: dict[str, object] = {"type": "Point", "coordinates": [-122.126986, 47.639754]}
SQUARE = [[24.9, 60.1], [25.0, 60.1], [25.0, 60.2], [24.9, 60.2], [24.9, 60.1]]
ACROSS = [[179.5, -17.0], [180.5, -17.0], [180.5, -16.0], [179.5, -16.0], [179.5, -17.0]]
"""A square in Fiji, across the date line."""

SHAPES: dict[str, tuple[dict[str, object], str, float | None]] = {
    "circle": (GEOMETRY, "Circle", 500),
    "smallest circle": (GEOMETRY, "Circle", 1),
    "largest circle": (GEOMETRY, "Circle", 10_000),
    "spot": (GEOMETRY, "", 12.5),
    "line": ({"type": "LineString", "coordinates": SQUARE[:3]}, "", 40),
    "rectangle": ({"type": "Polygon", "coordinates": [SQUARE]}, "Rectangle", None),
    "triangle": ({"type": "Polygon", "coordinates": [[*SQUARE[:3], SQUARE[0]]]}, "", None),
    "open ring": ({"type": "Polygon", "coordinates": [SQUARE[:3]]}, "", None),
    "clockwise ring": ({"type": "Polygon", "coordinates": [SQUARE[::-1]]}, "", None),
    "rectangle across the date line": ({"type": "Polygon", "coordinates": [ACROSS]}, "Rectangle", None),
}
"""Geometry, subtype and radius in metres of each shape that can be drawn."""


@pytest.fixture
def headers(cloud: LocalCloud) -> dict[str, str]:
    token = cloud.sign_in(scope=SCOPE)["access_token"]
    return {"x-ms-client-id": cloud.maps_client_id, "Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Tokens:
    """Gives the same token each time, for the scope that the guide names."""

    token: FakeToken

    async def get(self, scope: str, *, rejected: str | None = None, claims: str = "") -> FakeToken:
        assert scope == SCOPE
        return self.token


def upload(cloud: LocalCloud, headers: dict[str, str], change: Change) -> tuple[Outcome, tuple[Geofence, ...]]:
    """Send a change as the app does; returns the outcome, and the geofences that another screen reads afterwards."""

    async def note(step: Step) -> None:
        pass

    async def no_wait(_seconds: float) -> None:
        pass

    async def send() -> tuple[Outcome, tuple[Geofence, ...]]:
        http = HttpClient(outbound=Outbound.trusting(cloud.ca_bundle), clock=SystemClock(), log=RecordingLog())
        tokens = Tokens(FakeToken(headers["Authorization"].removeprefix("Bearer ")))
        authorizer = EntraAuthorizer(tokens, SCOPE, cloud.maps_client_id, endpoint=cloud.endpoint)
        try:
            pacer = partial(PollPacer, sleep=no_wait)
            store = MapDataStore(http, cloud.endpoint, authorizer, RecordingLog(), new_pacer=pacer)
            outcome = await store.send(change, note=note)
            other = MapDataStore(http, cloud.endpoint, authorizer, RecordingLog())
            return outcome, (await other.load()).fences
        finally:
            await http.aclose()

    return asyncio.run(send())


def test_the_guides_request_is_accepted_and_succeeds(cloud: LocalCloud, headers: dict[str, str]) -> None:
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
def test_the_request_is_refused_without_one_of_the_guides_headers(
    cloud: LocalCloud, headers: dict[str, str], missing: str
) -> None:
    del headers[missing]

    assert cloud.send("POST", PATH, BODY, {**headers, "Content-Type": "application/json"})[0] == 401


def test_the_app_sends_what_the_guide_sends(cloud: LocalCloud, headers: dict[str, str]) -> None:
    cloud.clear_map_data()
    made = new_feature("001", "", "", GEOMETRY, radius_m=500)

    outcome, _ = upload(cloud, headers, Change("change-1", "", "001", b"", made))

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


@pytest.mark.parametrize("hours_ahead", [-9.5, 0, 5.75, 14])
@pytest.mark.parametrize("preset", PRESETS)
def test_an_independent_reader_accepts_every_time_that_can_be_chosen(preset: Preset, hours_ahead: float) -> None:
    validity = validity_time(preset, 1_790_000_000.0, lambda _: round(hours_ahead * 3600))
    made = new_feature("a-1", "Depot 1", "depot", GEOMETRY, subtype="Circle", radius_m=500, validity=validity)

    amended = amend(None, Change("change-1", "", "a-1", b"", made))

    assert isinstance(amended, Amended)
    assert amended.content is not None
    check_geofences(amended.content)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_stored_as_the_app_writes_it_and_read_again(
    cloud: LocalCloud, headers: dict[str, str], shape: str
) -> None:
    cloud.clear_map_data()
    geometry, subtype, radius_m = SHAPES[shape]
    validity = validity_time("weekdays", 1_790_000_000.0, lambda _: 7200)
    made = new_feature("a-1", "Depot 1", "depot", geometry, subtype=subtype, radius_m=radius_m, validity=validity)

    outcome, fences = upload(cloud, headers, Change("change-1", "", "a-1", b"", made))

    (file,) = cloud.map_data()["files"]
    assert (outcome, file["upload_status"]) == (Stored(file["udid"]), "Completed")
    (fence,) = fences
    assert (fence.geometry_id, fence.name, fence.kind, fence.raw, fence.notes) == ("a-1", "Depot 1", "depot", made, ())
