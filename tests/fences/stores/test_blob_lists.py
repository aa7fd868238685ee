"""How a blob store takes lists and answers: with prepared ones, without a network."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from tests.fences.outbox.killed import feature
from tests.fences.stores.test_map_data_lists import CountingWorkers
from tvapp.core.clock import ManualClock
from tvapp.core.errors import DataError, Throttled, TvappError, UnexpectedReply
from tvapp.core.headers import Headers
from tvapp.core.log import RecordingLog
from tvapp.fences.model.change import Change, Step
from tvapp.fences.model.fence import Skipped
from tvapp.fences.stores.base import UNCHANGED, Loaded
from tvapp.fences.stores.blob import BlobStore
from tvapp.net.request import Request, Response, Sender

CONTAINER = "https://acme.blob.core.windows.net/fences"


def page(*blobs: tuple[str, str, int], marker: str = "") -> bytes:
    rows = "".join(
        f"<Blob><Name>{name}</Name><Properties><Etag>{etag}</Etag><Content-Length>{size}</Content-Length>"
        "<BlobType>BlockBlob</BlobType></Properties></Blob>"
        for name, etag, size in blobs
    )
    text = f"<EnumerationResults><Blobs>{rows}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>"
    return text.encode()


def collection(*names: str) -> bytes:
    return b'{"type":"FeatureCollection","features":[' + b",".join(feature(name, "1") for name in names) + b"]}"


class NoNetwork:
    async def send(self, request: Request) -> Response:
        raise NotImplementedError


@dataclass
class Account:
    """Answers lists in their order, and serves blobs by their names."""

    pages: list[bytes]
    blobs: dict[str, bytes] = field(default_factory=dict)
    got: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def send(self, http: Sender, request: Request) -> Response:
        if "comp=list" in request.url:
            return Response(200, Headers(), self.pages.pop(0), request.url)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        for _ in range(5):
            await asyncio.sleep(0)
        self.at_once -= 1
        name = request.url.rpartition("/")[2]
        if request.method != "GET":
            return Response(412, Headers({"x-ms-error-code": "ConditionNotMet"}), b"", request.url)
        self.got.append(name)
        return Response(200, Headers({"etag": f'"{name}"'}), self.blobs[name], request.url)


def store_of(account: Account, url: str = CONTAINER) -> BlobStore:
    return BlobStore(NoNetwork(), url, account, RecordingLog(), clock=ManualClock())


def load(store: BlobStore) -> Loaded:
    return asyncio.run(store.load())


def names(loaded: Loaded) -> list[str]:
    return [fence.geometry_id for fence in loaded.fences]


def test_blobs_are_read_in_the_order_of_their_names_and_those_whose_etag_is_known_not_again() -> None:
    listed = page(("b.json", "b.json", 9), ("a.GEOJSON", "a.GEOJSON", 9), ("notes.txt", "n", 9))
    account = Account([listed, listed], {"a.GEOJSON": collection("one"), "b.json": collection("two")})
    store = store_of(account)
    assert names(load(store)) == ["one", "two"]
    assert sorted(account.got) == ["a.GEOJSON", "b.json"]
    assert load(store) == UNCHANGED
    assert len(account.got) == 2


def test_at_most_four_blobs_are_read_at_the_same_time() -> None:
    blobs = {f"{number}.json": collection(f"f{number}") for number in range(9)}
    account = Account([page(*((name, name, 9) for name in blobs))], blobs)
    assert len(load(store_of(account)).fences) == 9
    assert account.most_at_once == 4


def test_a_list_of_several_pages_is_read_to_its_end() -> None:
    pages = [page(("a.json", "a", 9), marker="next"), page(("b.json", "b", 9), marker="last"), page(("c.json", "c", 9))]
    account = Account(pages, {f"{name}.json": collection(name) for name in "abc"})
    assert names(load(store_of(account))) == ["a", "b", "c"]


def test_a_list_that_goes_round_in_circles_is_no_list() -> None:
    account = Account([page(("a.json", "a", 9), marker="next"), page(("b.json", "b", 9), marker="next")])
    with pytest.raises(UnexpectedReply) as caught:
        load(store_of(account))
    assert caught.value.message == "the list goes round in circles"


def test_of_a_long_list_the_first_blobs_are_read_and_the_rest_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvapp.fences.stores.blob.MAX_BLOBS", 2)
    blobs = {f"{name}.json": collection(name) for name in "abc"}
    account = Account([page(*((name, name, 9) for name in blobs), marker="more")], blobs)
    loaded = load(store_of(account))
    assert names(loaded) == ["a", "b"]
    assert set(loaded.skipped) == {
        Skipped(CONTAINER, "a long list: not all files after the first 3 are read"),
        Skipped(CONTAINER, "there are more than 2 files"),
    }
    exact = Account([page(("a.json", "a", 9), ("b.json", "b", 9), marker="more"), page()], blobs)
    loaded = load(store_of(exact))
    assert (names(loaded), loaded.skipped) == (["a", "b"], ())


def test_blobs_that_are_too_large_alone_or_together_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvapp.fences.stores.blob.MAX_BYTES", 1_000)
    monkeypatch.setattr("tvapp.fences.stores.blob.MAX_TOTAL_BYTES", 1_500)
    blobs = {f"{name}.json": collection(name) for name in "abcd"}
    sizes = (("a.json", "a", 1_000), ("b.json", "b", 1_001), ("c.json", "c", 501), ("d.json", "d", 500))
    loaded = load(store_of(Account([page(*sizes)], blobs)))
    assert names(loaded) == ["a", "d"]
    assert loaded.skipped == (Skipped("b.json", "too large (1001 bytes)"), Skipped("c.json", "too large (501 bytes)"))


def test_an_address_without_a_container_and_a_file_elsewhere_are_refused_in_two_hundred_characters() -> None:
    with pytest.raises(DataError) as raised:
        load(store_of(Account([]), url="nonsense" * 40))
    assert raised.value.source == ("nonsense" * 40)[:200]
    assert raised.value.reason == "the address names no container of a storage account"

    elsewhere = "a/../" + "x" * 300
    with pytest.raises(DataError) as raised:
        asyncio.run(store_of(Account([])).send(Change("1", elsewhere, "a", b"", b"{}"), note=note))
    assert (raised.value.source, raised.value.reason) == (elsewhere[:200], "it cannot be in this container")


async def note(_step: Step) -> None:
    """Ignore the progress."""


def refused(content: bytes, change: Change) -> TvappError:
    """Return why a change of a blob with this content is not taken; whatever is written was overtaken."""
    with pytest.raises(TvappError) as raised:
        asyncio.run(store_of(Account([], {"a.json": content})).send(change, note=note))
    return raised.value


def test_a_change_of_a_web_page_or_of_no_geojson_or_into_something_too_large_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change = Change("1", "a.json", "a", b"", feature("a", "1"))
    page_error = refused(b"<!doctype html><title>Sign in</title>", change)
    assert isinstance(page_error, UnexpectedReply)
    assert (page_error.host, page_error.status) == ("acme.blob.core.windows.net", 200)
    assert (page_error.code, page_error.message) == ("html", "a web page, not GeoJSON")
    data_error = refused(b"no JSON", change)
    assert isinstance(data_error, DataError)
    monkeypatch.setattr("tvapp.fences.stores.blob_sending.MAX_BYTES", 3 << 20)
    large = Change("1", "a.json", "a", b"", feature("a", "x" * (3 << 20)))
    size_error = refused(collection("b"), large)
    assert str(size_error) == "a.json: it would be larger than 3 MB"


def test_where_others_keep_writing_to_a_blob_the_change_waits() -> None:
    error = refused(collection("b"), Change("1", "a.json", "a", b"", feature("a", "1")))
    assert isinstance(error, Throttled)
    assert (error.host, error.status, error.code) == ("acme.blob.core.windows.net", 412, "ConditionNotMet")
    assert error.message == "others keep changing this file"


def test_lists_and_blobs_are_parsed_on_workers() -> None:
    workers = CountingWorkers()
    account = Account([page(("a.json", "a", 9), ("b.json", "b", 9))], {"a.json": b"no JSON", "b.json": collection("b")})
    store = BlobStore(NoNetwork(), CONTAINER, account, RecordingLog(), workers=workers)
    loaded = load(store)
    assert names(loaded) == ["b"]
    assert [skip.source for skip in loaded.skipped] == ["a.json"]
    assert workers.runs == 3
