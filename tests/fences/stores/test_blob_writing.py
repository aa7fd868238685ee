"""Writing changes to Blob Storage, against an imitation of the service that can be made to fail or to race."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fences.stores.blob_rig import store_at
from tests.fences.stores.changes import OTHERS, add, delete, edit, feature, note
from tests.fences.stores.server import (
    Answer,
    Asked,
    BlobService,
    Server,
    authority_in,
    client,
    error,
    etag,
    serve,
)
from tests.net.raw import Authority
from tvapp.core.clock import ManualClock
from tvapp.core.errors import (
    Conflict,
    DataError,
    Forbidden,
    NotFound,
    ServiceDown,
    ServiceError,
    Throttled,
    TvappError,
    Unauthorized,
    UnexpectedReply,
)
from tvapp.fences.model.change import Change, Conflicting, Outcome, Stored
from tvapp.fences.stores.base import Loaded, WritableStore
from tvapp.fences.stores.blob import BlobStore
from tvapp.net.transport import HttpClient


@dataclass
class Rig:
    service: BlobService
    server: Server
    http: HttpClient
    authority: Authority
    store: BlobStore = field(init=False)

    def __post_init__(self) -> None:
        self.store = self.another()

    def another(self, path: str = "/account1/fences") -> BlobStore:
        return store_at(self.http, self.server.url + path, "token-1")

    async def send(self, change: Change) -> Outcome:
        return await self.store.send(change, note=note)

    def asked(self) -> list[Asked]:
        """Return the requests since the last call."""
        asked, self.server.asked[:] = list(self.server.asked), []
        return asked


Work = Callable[[Rig], Awaitable[None]]
With = Callable[[Work], None]


@pytest.fixture
def with_service(tmp_path: Path) -> With:
    """Return a function that runs a coroutine with an empty service."""

    def run(work: Work) -> None:
        async def main() -> None:
            service = BlobService()
            authority = authority_in(tmp_path / "tls")
            async with serve(authority, service) as server, client(authority) as http:
                await work(Rig(service, server, http, authority))

        asyncio.run(main())

    return run


def radii(loaded: Loaded) -> dict[str, object]:
    return {fence.id: fence.properties["radius"] for fence in loaded.fences}


def methods(asked: list[Asked]) -> list[str]:
    return [each.method for each in asked]


def test_a_new_fence_is_a_blob_of_its_own_below_the_prefix(with_service: With) -> None:
    async def work(rig: Rig) -> None:
        store = rig.another("/account1/fences/harbour")
        assert isinstance(store, WritableStore)
        assert await store.send(add("depot-1"), note=note) == Stored("harbour/depot-1.geojson")
        read, put = rig.asked()
        assert methods([read, put]) == ["GET", "PUT"]
        assert put.headers["if-none-match"] == "*"
        assert put.headers["x-ms-blob-content-type"] == "application/geo+json"
        assert put.headers["x-ms-blob-type"] == "BlockBlob"
        assert put.headers["x-ms-version"] == "2021-12-02"
        assert "if-match" not in put.headers

    with_service(work)


def test_an_edit_is_guarded_by_the_etag_and_keeps_what_put_blob_would_forget(with_service: With) -> None:
    async def work(rig: Rig) -> None:
        before = OTHERS % (feature("a"), feature("b"))
        rig.service.blobs["a b.json"] = before
        rig.service.fields["a b.json"] = {
            "content-type": "application/json; charset=utf-8",
            "content-language": "fi",
            "content-disposition": "attachment",
            "cache-control": "no-cache",
            "x-ms-encryption-scope": "scope1",
            "x-ms-meta-owner": "gis",
            "x-ms-access-tier": "Cool",
        }
        assert await rig.send(edit("a b.json", "b", 50, 75)) == Stored("a b.json")
        assert rig.service.blobs["a b.json"] == OTHERS % (feature("a"), feature("b", 75))
        put = rig.asked()[-1].headers
        assert put["if-match"] == f'"{etag(before)}"'
        assert "if-none-match" not in put
        assert put["x-ms-blob-content-type"] == "application/json; charset=utf-8"
        assert put["x-ms-blob-content-language"] == "fi"
        assert put["x-ms-blob-content-disposition"] == "attachment"
        assert put["x-ms-blob-cache-control"] == "no-cache"
        assert put["x-ms-encryption-scope"] == "scope1"
        assert put["x-ms-meta-owner"] == "gis"
        assert put["x-ms-access-tier"] == "Cool"

    with_service(work)


def test_a_compressed_blob_stays_compressed(with_service: With) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs["a.json"] = gzip.compress(OTHERS % (feature("a"), feature("b")))
        rig.service.fields["a.json"] = {"content-encoding": "gzip"}
        assert await rig.send(edit("a.json", "b", 50, 75)) == Stored("a.json")
        assert rig.asked()[-1].headers["x-ms-blob-content-encoding"] == "gzip"
        assert gzip.decompress(rig.service.blobs["a.json"]) == OTHERS % (feature("a"), feature("b", 75))

    with_service(work)


def test_the_access_tier_of_the_account_is_not_made_the_blobs_own(with_service: With) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs["a.json"] = OTHERS % (feature("a"), feature("b"))
        rig.service.fields["a.json"] = {"x-ms-access-tier": "Hot", "x-ms-access-tier-inferred": "true"}
        await rig.send(edit("a.json", "b", 50, 75))
        assert "x-ms-access-tier" not in rig.asked()[-1].headers

    with_service(work)


def test_the_last_fence_of_a_blob_takes_it_with_it_and_its_snapshots(with_service: With) -> None:
    async def work(rig: Rig) -> None:
        await rig.send(add("a"))
        body = rig.service.blobs["a.geojson"]
        assert await rig.send(delete("a.geojson", "a")) == Stored("a.geojson")
        assert rig.service.blobs == {}
        asked = rig.asked()[-1]
        assert asked.method == "DELETE"
        assert asked.headers["if-match"] == f'"{etag(body)}"'
        assert asked.headers["x-ms-delete-snapshots"] == "include"

    with_service(work)


@pytest.mark.parametrize("change", [add("a"), edit("b.json", "b", 50, 60), delete("c.json", "c")])
def test_the_same_change_once_more_writes_nothing(with_service: With, change: Change) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {
            "b.json": OTHERS % (feature("b"), feature("other")),
            "c.json": b'{"type":"FeatureCollection","features":[%s]}' % feature("c"),
        }
        first = await rig.send(change)
        assert isinstance(first, Stored)
        rig.asked()
        assert await rig.another().send(change, note=note) == first
        assert methods(rig.asked()) == ["GET"]

    with_service(work)


# -- the next load ----------------------------------------------------------------------------------------------------


def test_the_next_load_shows_a_sent_change_without_reading_its_blob(with_service: With) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": OTHERS % (feature("a"), feature("b"))}
        await rig.store.load()
        await rig.send(edit("a.json", "a", 50, 60))
        await rig.send(add("c"))
        rig.asked()
        assert radii(await rig.store.load()) == {"a": 60, "b": 50, "c": 50}
        assert methods(rig.asked()) == ["GET"]
        assert (await rig.store.load()).unchanged
        await rig.send(delete("c.geojson", "c"))
        assert radii(await rig.store.load()) == {"a": 60, "b": 50}

    with_service(work)


def test_a_blob_that_is_not_listed_any_more_goes_although_it_was_just_sent(with_service: With) -> None:
    async def work(rig: Rig) -> None:
        await rig.send(add("a"))
        await rig.send(add("b"))
        del rig.service.blobs["a.geojson"]
        assert radii(await rig.store.load()) == {"b": 50}

    with_service(work)


def test_a_collision_shows_the_others_version_at_the_next_load(with_service: With) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": OTHERS % (feature("a"), feature("b"))}
        await rig.store.load()
        rig.service.blobs = {"a.json": OTHERS % (feature("a", 99), feature("b"))}
        assert await rig.send(edit("a.json", "a", 50, 60)) == Conflicting(feature("a", 99), "a.json")
        assert await rig.send(delete("a.json", "a")) == Conflicting(feature("a", 99), "a.json")
        assert await rig.send(edit("gone.json", "a", 50, 60)) == Conflicting(b"", "gone.json")
        assert "PUT" not in methods(rig.asked())
        assert radii(await rig.store.load()) == {"a": 99, "b": 50}

    with_service(work)


@pytest.mark.parametrize("change", [edit("a.json", "a", 50, 60), delete("a.json", "a"), add("c")])
def test_a_load_that_began_before_does_not_bring_back_the_old(with_service: With, change: Change) -> None:
    async def work(rig: Rig) -> None:
        old = b'{"type":"FeatureCollection","features":[%s]}' % feature("a")
        rig.service.blobs = {"a.json": old, "b.json": OTHERS % (feature("b"), feature("other"))}
        listed, go_on = asyncio.Event(), asyncio.Event()

        async def hold(asked: Asked) -> Answer:
            answer = rig.service(asked)
            if asked.path == "/account1/fences" and not listed.is_set():
                listed.set()
                await go_on.wait()
            return answer

        async with serve(rig.authority, hold) as slow:
            store = store_at(rig.http, slow.url + "/account1/fences", "token-1")
            load = asyncio.ensure_future(store.load())
            await listed.wait()
            assert isinstance(await store.send(change, note=note), Stored)
            go_on.set()
            shown = radii(await load)
            expected = {"a": 50, "b": 50, "other": 50}
            if change.kind == "add":
                expected["c"] = 50
            elif change.kind == "edit":
                expected["a"] = 60
            else:
                del expected["a"]
            assert shown == expected
            assert (await store.load()).unchanged

    with_service(work)


# -- others write too -------------------------------------------------------------------------------------------------


def test_others_edits_of_the_same_file_meanwhile_are_kept(with_service: With) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": OTHERS % (feature("a"), feature("b"))}
        others = iter([61, 62, 63])

        def first(asked: Asked) -> None:
            if asked.method == "PUT" and (radius := next(others, None)) is not None:
                rig.service.blobs["a.json"] = OTHERS % (feature("a"), feature("b", radius))

        rig.service.instead = first
        assert await rig.send(edit("a.json", "a", 50, 75)) == Stored("a.json")
        assert rig.service.blobs["a.json"] == OTHERS % (feature("a", 75), feature("b", 63))

    with_service(work)


def test_a_client_that_adds_the_same_name_first_is_noticed(with_service: With) -> None:
    async def work(rig: Rig) -> None:
        theirs = b'{"type":"FeatureCollection","features":[%s]}' % feature("a", 99)

        def first(asked: Asked) -> None:
            if asked.method == "PUT":
                rig.service.blobs.setdefault("a.geojson", theirs)

        rig.service.instead = first
        assert await rig.send(add("a")) == Conflicting(feature("a", 99), "a.geojson")
        assert rig.service.blobs == {"a.geojson": theirs}

    with_service(work)


@pytest.mark.parametrize("answer", [error(404, "BlobNotFound"), error(412, "ConditionNotMet")])
def test_a_blob_that_another_client_deleted_first_counts_as_deleted(with_service: With, answer: Answer) -> None:
    async def work(rig: Rig) -> None:
        await rig.send(add("a"))

        def first(asked: Asked) -> Answer | None:
            if asked.method == "DELETE":
                rig.service.blobs.clear()
                return answer
            return None

        rig.service.instead = first
        assert await rig.send(delete("a.geojson", "a")) == Stored("a.geojson")

    with_service(work)


def test_others_who_never_stop_are_given_way_for_now(with_service: With) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": OTHERS % (feature("a"), feature("b"))}
        rig.service.instead = lambda asked: error(412, "ConditionNotMet") if asked.method == "PUT" else None
        with pytest.raises(Throttled, match="others keep changing"):
            await rig.send(edit("a.json", "a", 50, 75))

    with_service(work)


# -- what the service refuses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (error(412, "LeaseIdMissing"), Conflict, "LeaseIdMissing"),
        (error(409, "BlobImmutableDueToPolicy"), Conflict, "BlobImmutableDueToPolicy"),
        (error(409, "ContainerBeingDeleted"), Conflict, "ContainerBeingDeleted"),
        (error(404, "ContainerNotFound"), NotFound, "ContainerNotFound"),
        (error(403, "AuthorizationPermissionMismatch"), Forbidden, "AuthorizationPermissionMismatch"),
        (error(413, "RequestBodyTooLarge"), ServiceError, "RequestBodyTooLarge"),
        (error(400, "InvalidHeaderValue"), ServiceError, "InvalidHeaderValue"),
        (error(401, "InvalidAuthenticationInfo"), Unauthorized, "InvalidAuthenticationInfo"),
        (error(503, "ServerBusy", **{"retry-after": "7"}), ServiceDown, "ServerBusy"),
        (error(429, "TooManyRequests", **{"retry-after": "7"}), Throttled, "TooManyRequests"),
        (Answer(200, b"<html>welcome</html>", {"content-type": "text/html"}), UnexpectedReply, "html"),
        (Answer(403, b"<html>blocked</html>", {"content-type": "text/html"}), UnexpectedReply, "html"),
        (Answer(307, b"", {"location": "https://elsewhere.example/"}), UnexpectedReply, "html"),
        (Answer(200, b""), UnexpectedReply, ""),
    ],
)
@pytest.mark.parametrize("change", [add("new"), edit("a.json", "a", 50, 75), delete("c.json", "c")])
def test_a_refusal_has_its_reason_and_is_tried_once(
    with_service: With, change: Change, answer: Answer, kind: type[TvappError], code: str
) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {
            "a.json": OTHERS % (feature("a"), feature("b")),
            "c.json": b'{"type":"FeatureCollection","features":[%s]}' % feature("c"),
        }
        before = dict(rig.service.blobs)
        rig.service.instead = lambda asked: answer if asked.method in ("PUT", "DELETE") else None
        with pytest.raises(kind) as raised:
            await rig.send(change)
        assert type(raised.value) is kind
        assert getattr(raised.value, "code", None) == code
        assert rig.service.blobs == before
        # After a 401 too: there is no other token than the one that was refused.
        assert len(methods(rig.asked())) == 2
        if "retry-after" in answer.headers:
            assert getattr(raised.value, "retry_after_s", None) == 7

    with_service(work)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(404, "ContainerNotFound"), NotFound),
        (Answer(404, b"<html>no such page</html>"), UnexpectedReply),
        (Answer(404), NotFound),
        (Answer(200, b"<html>welcome</html>"), UnexpectedReply),
        (Answer(200, OTHERS % (feature("a"), feature("b"))), UnexpectedReply),
        (Answer(200, b"[]", {"etag": '"1"'}), DataError),
        (Answer(200, b'{"type":', {"etag": '"1"'}), DataError),
    ],
)
def test_what_cannot_be_read_is_not_written(with_service: With, answer: Answer, kind: type[TvappError]) -> None:
    async def work(rig: Rig) -> None:
        rig.service.instead = lambda asked: answer if asked.method == "GET" else None
        with pytest.raises(kind) as raised:
            await rig.send(edit("a.json", "a", 50, 75))
        assert type(raised.value) is kind
        assert methods(rig.asked()) == ["GET"]

    with_service(work)


def test_a_weak_etag_of_a_proxy_is_made_the_services_own(with_service: With) -> None:
    async def work(rig: Rig) -> None:
        body = OTHERS % (feature("a"), feature("b"))
        rig.service.blobs = {"a.json": body}
        weak = Answer(200, body, {"etag": f'W/"{etag(body)}"'})
        rig.service.instead = lambda asked: weak if asked.method == "GET" else None
        assert await rig.send(edit("a.json", "a", 50, 75)) == Stored("a.json")

    with_service(work)


def test_metadata_that_cannot_be_sent_again_is_not_dropped(with_service: With) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": OTHERS % (feature("a"), feature("b"))}
        rig.service.fields["a.json"] = {"x-ms-meta-owner": "Mäkinen"}
        with pytest.raises(DataError, match="metadata"):
            await rig.send(edit("a.json", "a", 50, 75))
        assert methods(rig.asked()) == ["GET"]

    with_service(work)


def test_a_file_that_would_become_too_large_is_not_written(with_service: With, monkeypatch: pytest.MonkeyPatch) -> None:
    body = OTHERS % (feature("a"), feature("b"))
    monkeypatch.setattr("tvapp.fences.stores.blob_sending.MAX_BYTES", len(body) + 10)

    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": body}
        with pytest.raises(DataError, match="larger"):
            await rig.send(add("c", source="a.json"))
        assert rig.service.blobs == {"a.json": body}

    with_service(work)


@pytest.mark.parametrize("source", ["elsewhere/a.json", "harbour/../a.json", "harbour/./a.json"])
def test_a_change_for_another_place_than_the_container_is_refused(with_service: With, source: str) -> None:
    async def work(rig: Rig) -> None:
        with pytest.raises(DataError):
            await rig.another("/account1/fences/harbour").send(add("a", source=source), note=note)
        assert rig.asked() == []

    with_service(work)


# -- the age of what is shown -----------------------------------------------------------------------------------------


def test_a_blob_that_cannot_be_read_again_is_shown_with_its_age(with_service: With) -> None:
    async def work(rig: Rig) -> None:
        clock = ManualClock()
        store = store_at(rig.http, rig.server.url + "/account1/fences", "token-1", clock=clock)
        rig.service.blobs = {"a.json": OTHERS % (feature("a"), feature("b"))}
        assert (await store.load()).as_of is None
        clock.advance(60)
        assert (await store.load()).unchanged
        was_right = clock.wall()
        clock.advance(60)
        rig.service.blobs = {"a.json": OTHERS % (feature("a", 60), feature("b"))}
        rig.service.instead = lambda asked: error(503, "ServerBusy") if asked.path.endswith("a.json") else None
        loaded = await store.load()
        assert loaded.as_of == was_right
        assert radii(loaded) == {"a": 50, "b": 50}
        clock.advance(60)
        assert (await store.load()).unchanged
        rig.service.blobs["a.json"] = OTHERS % (feature("a"), feature("b"))
        loaded = await store.load()
        assert not loaded.unchanged
        assert loaded.as_of is None

    with_service(work)
