"""The blob store against Azurite, Microsoft's emulator: the real protocol, and several screens at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from tests.azurite import Azurite, Fences, mint_token
from tests.fences.stores.blob_rig import Tokens, store_at
from tests.fences.stores.changes import OTHERS, add, delete, edit, feature, note
from tests.fences.stores.server import client
from tvapp.azure.authorizer import StorageAuthorizer
from tvapp.azure.blobs import BlobClient, Container
from tvapp.core.clock import ManualClock
from tvapp.core.errors import Conflict, Forbidden, NotFound
from tvapp.fences.model.change import Change, Conflicting, Outcome, Stored
from tvapp.fences.stores.base import Loaded
from tvapp.fences.stores.blob import BlobStore
from tvapp.net.request import Response
from tvapp.net.transport import HttpClient

ODD_NAMES = [
    "a b.json", "a+b.json", "a%20b.json", "50% off #1?.geojson", "räume & höfe/日本.json", "~tilde;(x)='y'.json",
    "q?x=1&y=2.json", "c#d.json", '"quoted".json',
]  # fmt: skip


@dataclass
class Rig:
    azurite: Azurite
    fences: Fences
    http: HttpClient

    def store(self, *, page_size: int = 1000, prefix: str = "", secrets: tuple[str, ...] = ()) -> BlobStore:
        """Return the store of one more TV."""
        secrets = secrets or (self.azurite.token,)
        return store_at(self.http, f"{self.fences.url}{prefix}", *secrets, page_size=page_size)

    def client(self) -> BlobClient:
        """Return the client of the store."""
        authorizer = StorageAuthorizer(Tokens([self.azurite.token]), endpoint=self.fences.url)
        return BlobClient(self.http, Container(self.fences.url), authorizer, clock=ManualClock())


Work = Callable[[Rig], Awaitable[None]]
With = Callable[[Work], None]


@pytest.fixture
def with_azurite(azurite: Azurite) -> With:
    """Return a function that runs a coroutine with an empty container."""

    def run(work: Work) -> None:
        async def main() -> None:
            async with client(azurite.authority) as http:
                await work(Rig(azurite, azurite.container(), http))

        asyncio.run(main())

    return run


async def send(store: BlobStore, change: Change) -> Outcome:
    return await store.send(change, note=note)


def radii(loaded: Loaded) -> dict[str, object]:
    return {fence.id: fence.properties["radius"] for fence in loaded.fences}


def one(*features: bytes) -> bytes:
    return b'{"type":"FeatureCollection","features":[%s]}' % b",".join(features)


async def held(client: BlobClient, name: str) -> Response:
    response = await client.find(name, limit_bytes=1 << 20)
    assert response is not None
    return response


# -- the requests -----------------------------------------------------------------------------------------------------


def test_get_put_and_delete_are_guarded_by_etags(with_azurite: With) -> None:
    async def work(rig: Rig) -> None:
        client = rig.client()
        assert await client.find("a.json", limit_bytes=10_000) is None
        first_etag = await client.put("a.json", b"first", replacing=None)
        with pytest.raises(Conflict) as raised:
            await client.put("a.json", b"another", replacing=None)
        assert (raised.value.status, raised.value.code) == (409, "BlobAlreadyExists")
        first = await held(client, "a.json")
        assert (first.body, first.headers["etag"]) == (b"first", first_etag)
        assert first.headers["content-type"] == "application/geo+json"
        assert await client.get("a.json", etag=first_etag, limit_bytes=10_000) is None
        second_etag = await client.put("a.json", b"second", replacing=first)
        assert second_etag != first_etag
        for late in (client.put("a.json", b"late", replacing=first), client.delete("a.json", replacing=first)):
            with pytest.raises(Conflict) as raised:
                await late
            assert (raised.value.status, raised.value.code) == (412, "ConditionNotMet")
        assert rig.fences.get("a.json") == b"second"
        await client.delete("a.json", replacing=await held(client, "a.json"))
        assert rig.fences.names() == []

    with_azurite(work)


def test_a_list_comes_in_pages(with_azurite: With) -> None:
    async def work(rig: Rig) -> None:
        for number in range(5):
            rig.fences.put(f"{number}.json", one(feature(f"f{number}")))
        store = rig.store(page_size=2)
        assert list(radii(await store.load())) == [f"f{number}" for number in range(5)]
        assert (await store.load()).unchanged
        rig.fences.delete("2.json")
        rig.fences.put("4.json", one(feature("f4", 60)))
        assert radii(await store.load()) == {"f0": 50, "f1": 50, "f3": 50, "f4": 60}

    with_azurite(work)


def test_blobs_with_odd_names_are_read_edited_and_deleted(with_azurite: With) -> None:
    async def work(rig: Rig) -> None:
        for number, name in enumerate(ODD_NAMES):
            rig.fences.put(name, OTHERS % (feature(f"f{number}"), feature(f"g{number}")))
        store = rig.store()
        fences = {fence.id: fence for fence in (await store.load()).fences}
        for number, name in enumerate(ODD_NAMES):
            assert fences[f"f{number}"].source == name
            assert await send(store, edit(name, f"f{number}", 50, 60)) == Stored(name)
            assert rig.fences.get(name) == OTHERS % (feature(f"f{number}", 60), feature(f"g{number}"))
        assert sorted(rig.fences.names()) == sorted(ODD_NAMES)
        loaded = await store.load()
        assert radii(loaded) == {
            f"{letter}{number}": radius for letter, radius in (("f", 60), ("g", 50)) for number in range(len(ODD_NAMES))
        }
        assert (await store.load()).unchanged

    with_azurite(work)


def test_a_store_of_a_folder_in_the_container_stays_in_it(with_azurite: With) -> None:
    async def work(rig: Rig) -> None:
        rig.fences.put("outside.json", one(feature("outside")))
        store = rig.store(prefix="/harbour/päivä")
        assert await send(store, add("depot-1")) == Stored("harbour/päivä/depot-1.geojson")
        assert radii(await store.load()) == {"depot-1": 50}
        assert await send(store, delete("harbour/päivä/depot-1.geojson", "depot-1")) == Stored(
            "harbour/päivä/depot-1.geojson"
        )
        assert rig.fences.names() == ["outside.json"]

    with_azurite(work)


def test_another_tools_file_keeps_everything_that_is_not_edited(with_azurite: With) -> None:
    async def work(rig: Rig) -> None:
        odd = b'{"type":"Feature","id": 7.0,"geometry":null, "x:style":{"fill":"#f00"},"properties":{"z":1e400}}'
        rig.fences.put(
            "sites.json", OTHERS % (odd, feature("b")), x_ms_meta_owner="gis", content_type="application/json",
            x_ms_blob_cache_control="max-age=60", x_ms_blob_content_language="fi",
        )  # fmt: skip
        assert await send(rig.store(), edit("sites.json", "b", 50, 75)) == Stored("sites.json")
        assert rig.fences.get("sites.json") == OTHERS % (odd, feature("b", 75))
        headers = rig.fences.ask("GET", "sites.json").headers
        assert headers["content-type"] == "application/json"
        assert headers["x-ms-meta-owner"] == "gis"
        assert headers["cache-control"] == "max-age=60"
        assert headers["content-language"] == "fi"

    with_azurite(work)


def test_a_sent_change_is_shown_by_the_next_load(with_azurite: With) -> None:
    async def work(rig: Rig) -> None:
        tv, other_tv = rig.store(), rig.store()
        rig.fences.put("sites.json", OTHERS % (feature("a"), feature("b")))
        await tv.load()
        await other_tv.load()
        await send(tv, edit("sites.json", "b", 50, 75))
        await send(tv, add("c"))
        assert radii(await tv.load()) == {"a": 50, "b": 75, "c": 50}
        assert radii(await other_tv.load()) == {"a": 50, "b": 75, "c": 50}
        assert (await tv.load()).unchanged

    with_azurite(work)


def test_a_leased_blob_is_an_error_and_not_tried_for_ever(with_azurite: With) -> None:
    async def work(rig: Rig) -> None:
        rig.fences.put("a.json", OTHERS % (feature("a"), feature("b")))
        lease = rig.fences.http.put(
            f"{rig.fences.url}/a.json?comp=lease",
            headers={"x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1"},
        )
        assert lease.status_code == 201
        for change in (edit("a.json", "a", 50, 60), add("c", source="a.json")):
            with pytest.raises(Conflict) as raised:
                await send(rig.store(), change)
            assert raised.value.code == "LeaseIdMissing"

    with_azurite(work)


def test_a_missing_container_is_an_error(with_azurite: With) -> None:
    async def work(rig: Rig) -> None:
        rig.fences.url = rig.fences.url + "-none"
        with pytest.raises(NotFound) as raised:
            await send(rig.store(), add("a"))
        assert raised.value.code == "ContainerNotFound"

    with_azurite(work)


def test_a_token_that_has_run_out_is_replaced_for_a_write_too(with_azurite: With) -> None:
    async def work(rig: Rig) -> None:
        old = mint_token(lifetime_s=-60)
        with pytest.raises(Forbidden):
            await send(rig.store(secrets=(old,)), add("a"))
        assert await send(rig.store(secrets=(old, rig.azurite.token)), add("a")) == Stored("a.geojson")
        elsewhere = mint_token(audience="https://atlas.microsoft.com")
        with pytest.raises(Forbidden) as raised:
            await send(rig.store(secrets=(elsewhere,)), add("b"))
        assert raised.value.code == "AuthenticationFailed"
        assert elsewhere not in str(raised.value)

    with_azurite(work)


# -- several screens --------------------------------------------------------------------------------------------------


def test_two_screens_that_edit_the_same_fence_one_collides_and_nothing_is_lost(with_azurite: With) -> None:
    async def work(rig: Rig) -> None:
        rig.fences.put("a.json", OTHERS % (feature("a"), feature("b")))
        radiuses = (60, 70)
        outcomes = await asyncio.gather(*(send(rig.store(), edit("a.json", "a", 50, radius)) for radius in radiuses))
        assert {type(outcome) for outcome in outcomes} == {Stored, Conflicting}
        won = radiuses[[isinstance(outcome, Stored) for outcome in outcomes].index(True)]
        assert Conflicting(feature("a", won), "a.json") in outcomes
        assert rig.fences.get("a.json") == OTHERS % (feature("a", won), feature("b"))

    with_azurite(work)


def test_many_screens_that_edit_one_file_at_once_all_come_through(with_azurite: With) -> None:
    async def work(rig: Rig) -> None:
        ids = [f"f{number}" for number in range(12)]
        rig.fences.put("all.json", one(*map(feature, ids)))
        changes = [edit("all.json", each, 50, 75) for each in ids[:8]]
        changes += [delete("all.json", each) for each in ids[8:10]]
        changes += [add("new-1", source="all.json"), add("new-2", source="all.json")]
        outcomes = await asyncio.gather(*(send(rig.store(), change) for change in changes))
        assert outcomes == [Stored("all.json")] * len(changes)
        expected = dict.fromkeys(ids[:8], 75) | dict.fromkeys([*ids[10:], "new-1", "new-2"], 50)
        assert radii(await rig.store().load()) == expected

    with_azurite(work)


def test_screens_that_add_at_once_never_collide_unless_it_is_the_same_name(with_azurite: With) -> None:
    async def work(rig: Rig) -> None:
        outcomes = await asyncio.gather(*(send(rig.store(), add(f"new-{number}")) for number in range(6)))
        assert outcomes == [Stored(f"new-{number}.geojson") for number in range(6)]
        outcomes = await asyncio.gather(*(send(rig.store(), add("same", radius)) for radius in (60, 70)))
        assert {type(outcome) for outcome in outcomes} == {Stored, Conflicting}
        assert len((await rig.store().load()).fences) == 7

    with_azurite(work)


def test_a_deletion_and_an_edit_of_the_same_fence_collide(with_azurite: With) -> None:
    async def work(rig: Rig) -> None:
        for first, second, theirs in (
            (edit("a.geojson", "a", 50, 60), delete("a.geojson", "a"), feature("a", 60)),
            (delete("a.geojson", "a"), edit("a.geojson", "a", 50, 60), b""),
        ):
            rig.fences.put("a.geojson", one(feature("a")))
            assert await send(rig.store(), first) == Stored("a.geojson")
            assert await send(rig.store(), second) == Conflicting(theirs, "a.geojson")
        assert rig.fences.names() == []

    with_azurite(work)


def test_two_screens_that_delete_the_same_fence_agree(with_azurite: With) -> None:
    async def work(rig: Rig) -> None:
        rig.fences.put("a.geojson", one(feature("a")))
        outcomes = await asyncio.gather(*(send(rig.store(), delete("a.geojson", "a")) for _ in range(2)))
        assert outcomes == [Stored("a.geojson")] * 2
        assert rig.fences.names() == []

    with_azurite(work)


@pytest.mark.parametrize("change", [add("new"), edit("b.json", "b", 50, 60), delete("c.json", "c")])
def test_a_change_that_was_stored_already_is_not_written_again(with_azurite: With, change: Change) -> None:
    async def work(rig: Rig) -> None:
        rig.fences.put("b.json", OTHERS % (feature("b"), feature("other")))
        rig.fences.put("c.json", OTHERS % (feature("c"), feature("other-2")))
        first = await send(rig.store(), change)
        assert isinstance(first, Stored)
        etag = rig.fences.ask("GET", first.source).headers["etag"]
        assert await send(rig.store(), change) == first
        assert rig.fences.ask("GET", first.source).headers["etag"] == etag

    with_azurite(work)
