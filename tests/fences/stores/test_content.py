"""A file of a store that is broken: what stays of it, in a folder, in a container and in the Data service."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fences.stores.blob_rig import store_at
from tvapp.core.clock import ManualClock
from tvapp.core.headers import Headers
from tvapp.core.log import RecordingLog
from tvapp.fences.stores.base import Loaded, Store
from tvapp.fences.stores.folder import FolderStore
from tvapp.fences.stores.map_data import MapDataStore
from tvapp.net.request import Request, Response

UDID = "11111111-2222-4333-8444-555555555555"
HALF = '{"type": "FeatureCollection", "features": [\n{"type": "Feature", "properties": {"name": "A"}, "geometry": {"t'


def collection(*ids: str, place: object = (24.9, 60.1)) -> str:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": place},
            "properties": {"geometryId": each, "radius": 50},
        }
        for each in ids
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


class Place:
    """One file called `a.geojson` (or a UDID), in a store of one kind; the clock is at `clock`."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.clock = ManualClock()
        self.versions = 0
        self.store = self.opened()

    def opened(self) -> Store:
        """Return the store as a new start of the program opens it."""
        match self.kind:
            case "folder":
                return FolderStore(self.folder, RecordingLog(), clock=self.clock)
            case "blob":
                return store_at(self, "https://acct.blob.core.windows.net/fences", "secret", clock=self.clock)
        return MapDataStore(self, "https://maps.example.com", self, RecordingLog(), clock=self.clock)

    def write(self, content: str) -> None:
        self.versions += 1
        (self.folder / "a.geojson").write_text(content)
        # Two writes may fall into one tick of the file system's clock.
        os.utime(self.folder / "a.geojson", ns=(self.versions, self.versions))

    def load(self) -> Loaded:
        self.clock.advance(60.0)
        return asyncio.run(self.store.load())

    async def send(self, *parts: object) -> Response:
        """Answer as the service does (`net.request.Sender`, and `Authorizer` for the Data service)."""
        request = parts[-1]
        assert isinstance(request, Request)
        file = self.folder / "a.geojson"
        body = file.read_bytes() if file.exists() else b""
        etag = f'"{self.versions}"'
        if "comp=list" in request.url:
            properties = f"<Etag>{self.versions}</Etag><Content-Length>{len(body)}</Content-Length>"
            entry = f"<Name>a.geojson</Name><Properties>{properties}</Properties>"
            page = f"<EnumerationResults><Blobs><Blob>{entry}</Blob></Blobs><NextMarker/></EnumerationResults>"
            return Response(200, Headers({"content-type": "application/xml"}), page.encode())
        if "/mapData?" in request.url:
            data = [{"udid": UDID, "sizeInBytes": len(body), "uploadStatus": "Completed", "dataFormat": "geojson"}]
            return Response(
                200, Headers({"content-type": "application/json"}), json.dumps({"mapDataList": data}).encode()
            )
        if request.headers.get("if-none-match", "") == etag:
            return Response(304, Headers({"etag": etag}), b"")
        return Response(200, Headers({"etag": etag, "content-type": "application/json"}), body)


@pytest.fixture(params=["folder", "blob", "map-data"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(request.param, tmp_path)


def ids(loaded: Loaded) -> list[str]:
    return [fence.geometry_id for fence in loaded.fences]


BROKEN: list[tuple[str, Callable[[str], bool]]] = [
    (HALF, lambda reason: "truncated" in reason),
    ("", lambda reason: reason == "the file is empty"),
    (" \n", lambda reason: reason == "the file is empty"),
    ("<!DOCTYPE html><p>Sign in</p>", lambda reason: reason == "a web page, not GeoJSON"),
    ("{}", bool),
    ("\0" * 300, bool),
    (collection("a", place="nowhere"), bool),
]


@pytest.mark.parametrize(("broken", "is_said"), BROKEN)
def test_the_last_good_content_stays_with_its_age_and_goes_back_to_normal_by_itself(
    place: Place, broken: str, is_said: Callable[[str], bool]
) -> None:
    place.write(collection("a", "b"))
    good = place.load()
    assert (ids(good), good.as_of, good.refused) == (["a", "b"], None, ())
    assert place.load().unchanged
    right_at = place.clock.wall()
    place.write(broken)
    kept = place.load()
    assert ids(kept) == ["a", "b"]
    assert kept.as_of == right_at
    assert kept.refused == ()
    (skip,) = kept.skipped
    assert skip.reason.startswith("shown as it was before: ")
    assert is_said(skip.reason.removeprefix("shown as it was before: "))
    assert place.load().unchanged
    place.write(broken + " ")
    assert place.load().as_of in (right_at, None)  # None: the same breakage is no change
    place.write(collection("c"))
    mended = place.load()
    assert (ids(mended), mended.as_of, mended.skipped) == (["c"], None, ())


def test_the_same_good_content_again_is_back_to_normal(place: Place) -> None:
    place.write(collection("a"))
    place.load()
    place.write(HALF)
    assert place.load().as_of is not None
    place.write(collection("a"))
    again = place.load()
    assert (ids(again), again.as_of, again.skipped) == (["a"], None, ())


def test_a_file_that_lists_nothing_is_empty_on_purpose(place: Place) -> None:
    place.write(collection("a"))
    place.load()
    place.write(collection())
    emptied = place.load()
    assert (ids(emptied), emptied.as_of, emptied.skipped) == ([], None, ())


def test_a_file_that_was_never_read_in_this_run_is_named(place: Place) -> None:
    place.write(HALF)
    loaded = place.load()
    assert (ids(loaded), loaded.as_of) == ([], None)
    assert loaded.refused == ((UDID if place.kind == "map-data" else "a.geojson"),)
    (skip,) = loaded.skipped
    assert not skip.reason.startswith("shown")
