"""Reading geofences from web addresses, over real TLS."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fences.stores.server import Answer, Asked, Server, authority_in, client, collection, etag, serve
from tvapp.core.clock import ManualClock
from tvapp.core.errors import (
    ConnectionBroken,
    DataError,
    Forbidden,
    NotFound,
    ServiceDown,
    Throttled,
    TvappError,
    UnexpectedReply,
    Unreachable,
)
from tvapp.core.log import RecordingLog
from tvapp.fences.stores.base import Loaded
from tvapp.fences.stores.url import UrlStore, label
from tvapp.net.transport import HttpClient

MODIFIED = "Mon, 23 Nov 2026 07:00:00 GMT"


@dataclass
class Site:
    """Serves files by path with an ETag and a date; sends an Answer as it is."""

    files: dict[str, bytes | Answer] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Answer:
        found = self.files.get(asked.path, Answer(404))
        if isinstance(found, Answer):
            return found
        validators = {"etag": f'"{etag(found)}"', "last-modified": MODIFIED}
        if asked.headers.get("if-none-match") == validators["etag"]:
            return Answer(304, headers=validators)
        return Answer(200, found, validators)


@dataclass
class Rig:
    site: Site
    server: Server
    http: HttpClient
    clock: ManualClock = field(default_factory=ManualClock)

    def store(self, *paths: str) -> UrlStore:
        urls = [path if "://" in path else self.server.url + path for path in paths]
        return UrlStore(self.http, urls, RecordingLog(), clock=self.clock)


Work = Callable[[Rig], Awaitable[None]]


@pytest.fixture
def with_site(tmp_path: Path) -> Callable[[Work], None]:
    """Return a function that runs a coroutine with a site without files."""

    def run(work: Work) -> None:
        async def main() -> None:
            site = Site()
            authority = authority_in(tmp_path / "tls")
            async with serve(authority, site) as server, client(authority) as http:
                await work(Rig(site, server, http))

        asyncio.run(main())

    return run


def ids(loaded: Loaded) -> list[str]:
    return [fence.id for fence in loaded.fences]


def test_all_addresses_are_read_in_their_order_and_without_credentials(with_site: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.site.files = {"/b.geojson": collection("two"), "/a": collection("one", "three")}
        store = rig.store("/b.geojson?sig=secret", "/a", "/a")
        loaded = await store.load()
        assert store.name == "url"
        assert [(fence.id, fence.source) for fence in loaded.fences] == [
            ("two", "localhost/b.geojson"),
            ("one", "localhost/a"),
            ("three", "localhost/a"),
        ]
        assert len(rig.server.asked) == 2
        for asked in rig.server.asked:
            assert not {"authorization", "cookie", "x-ms-client-id"} & asked.headers.keys()

    with_site(work)


def test_what_has_not_changed_is_not_sent_again(with_site: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.site.files = {"/a": collection("one"), "/b": Answer(200, collection("two"))}
        store = rig.store("/a", "/b")
        first = await store.load()
        rig.server.asked.clear()
        assert (await store.load()).unchanged
        by_path = {asked.path: asked.headers for asked in rig.server.asked}
        assert by_path["/a"]["if-none-match"] == f'"{etag(collection("one"))}"'
        assert by_path["/a"]["if-modified-since"] == MODIFIED
        assert "if-none-match" not in by_path["/b"]
        rig.site.files["/a"] = collection("new")
        second = await store.load()
        assert ids(second) == ["new", "two"]
        assert second.fences[1] is first.fences[1]

    with_site(work)


CUT = Answer(200, collection("new"), cut=9)
PAGE = Answer(200, b"\n<!DOCTYPE html><title>Welcome</title>", {"content-type": "application/json"})


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (Answer(404), NotFound, "the server answers 404"),
        (Answer(403), Forbidden, "the server answers 403"),
        (Answer(403, b"<html>blocked"), UnexpectedReply, "the server answers 403 html"),
        (Answer(500, b"<html>oh"), ServiceDown, "the server answers 500"),
        (Answer(429, headers={"retry-after": "60"}), Throttled, "the server answers 429"),
        (
            Answer(302, headers={"location": "https://login.example/?next=secret"}),
            UnexpectedReply,
            "the answer cannot be used: it leads on to login.example; redirects are not followed",
        ),
        (Answer(304), UnexpectedReply, "the answer cannot be used: not an answer to this"),
        (PAGE, UnexpectedReply, "the answer cannot be used: a web page, not GeoJSON"),
        (CUT, ConnectionBroken, "the connection broke off"),
        (Answer(200, collection("new")[:-9]), DataError, None),
        (Answer(200, b"[]"), DataError, "the root is not a Feature or FeatureCollection object"),
        (Answer(200, b""), DataError, "the file is empty"),
    ],
)
def test_one_address_that_fails_keeps_what_it_gave_and_the_others_go_on(
    with_site: Callable[[Work], None], answer: Answer, kind: type[TvappError], reason: str | None
) -> None:
    async def work(rig: Rig) -> None:
        rig.site.files = {"/a": Answer(200, collection("one")), "/b": collection("two")}
        store = rig.store("/a", "/b")
        await store.load()
        rig.site.files = {"/a": answer, "/b": collection("two", "three")}
        loaded = await store.load()
        if answer.status == 304:
            assert loaded.skipped == ()
        else:
            (skip,) = loaded.skipped
            assert skip.source == "localhost/a"
            assert skip.reason.startswith("shown as it was before: ")
        assert ids(loaded) == ["one", "two", "three"]
        rig.clock.advance(60)
        assert (await store.load()).unchanged
        fresh = rig.store("/a", "/b")
        loaded = await fresh.load()
        assert ids(loaded) == ["two", "three"]
        assert reason is None or [skip.reason for skip in loaded.skipped] == [reason]
        with pytest.raises(kind) as raised:
            await rig.store("/a").load()
        assert type(raised.value) is kind
        assert "secret" not in str(raised.value)

    with_site(work)


def test_a_server_that_asks_for_patience_gets_it(with_site: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.site.files = {"/a": Answer(503, headers={"retry-after": "90"}), "/b": collection("two")}
        store = rig.store("/a", "/b")
        await store.load()
        rig.clock.advance(89)
        rig.server.paths()
        assert (await store.load()).unchanged
        assert rig.server.paths() == ["/b"]
        rig.site.files["/a"] = collection("one")
        rig.clock.advance(2)
        assert ids(await store.load()) == ["one", "two"]

    with_site(work)


def test_a_body_that_is_too_large_is_cut_off(
    with_site: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tvapp.fences.stores.url.MAX_BYTES", 1000)

    async def work(rig: Rig) -> None:
        bomb = Answer(200, gzip.compress(b" " * 1_000_000, mtime=0), {"content-encoding": "gzip"})
        rig.site.files = {"/a": Answer(200, b" " * 1001), "/b": collection("two"), "/c": bomb}
        loaded = await rig.store("/a", "/b", "/c").load()
        assert ids(loaded) == ["two"]
        assert [skip.reason for skip in loaded.skipped] == ["the answer cannot be used: too large"] * 2

    with_site(work)


def test_all_together_have_a_limit_too(with_site: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvapp.fences.stores.url.MAX_TOTAL_BYTES", len(collection("one")) + 1)

    async def work(rig: Rig) -> None:
        rig.site.files = {"/a": collection("one"), "/b": collection("two")}
        loaded = await rig.store("/a", "/b").load()
        assert ids(loaded) == ["one"]
        assert [skip.source for skip in loaded.skipped] == ["localhost/b"]

    with_site(work)


@pytest.mark.parametrize("url", ["http://localhost/x", "https://me:secret@localhost/x", "ftp://localhost/x", "x"])
def test_only_plain_https_addresses_are_asked(with_site: Callable[[Work], None], url: str) -> None:
    async def work(rig: Rig) -> None:
        store = UrlStore(rig.http, [url], RecordingLog(), clock=rig.clock)
        with pytest.raises(DataError) as raised:
            await store.load()
        assert "secret" not in str(raised.value)

    with_site(work)


def test_a_host_that_cannot_be_reached_is_the_stores_trouble_only_when_all_are(
    with_site: Callable[[Work], None],
) -> None:
    async def work(rig: Rig) -> None:
        rig.site.files = {"/a": collection("one")}
        closed = "https://localhost:1/x"
        assert ids(await rig.store("/a", closed).load()) == ["one"]
        with pytest.raises(Unreachable):
            await rig.store(closed).load()

    with_site(work)


def test_an_address_is_called_without_its_query() -> None:
    assert label("https://example.com:8443/a/b.json?sig=secret") == "example.com/a/b.json"
    assert label("nonsense") == "url"


def test_what_could_not_be_asked_for_again_is_shown_with_its_age(with_site: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.site.files = {"/a": collection("one"), "/b": collection("two"), "/c": collection("three")}
        store = rig.store("/a", "/b", "/c")
        assert (await store.load()).as_of is None
        rig.clock.advance(60)
        a_was_right = rig.clock.wall()
        assert (await store.load()).unchanged

        rig.clock.advance(60)
        rig.site.files["/a"] = Answer(500)
        loaded = await store.load()
        assert (ids(loaded), loaded.as_of) == (["one", "two", "three"], a_was_right)

        rig.clock.advance(60)
        assert (await store.load()).unchanged
        b_was_right = rig.clock.wall()
        rig.clock.advance(60)
        rig.site.files["/b"] = Answer(500)
        loaded = await store.load()
        assert loaded.as_of == a_was_right

        rig.clock.advance(60)
        rig.site.files["/a"] = collection("one")
        loaded = await store.load()
        assert (ids(loaded), loaded.as_of) == (["one", "two", "three"], b_was_right)

        rig.site.files["/b"] = collection("two")
        loaded = await store.load()
        assert (ids(loaded), loaded.as_of, loaded.skipped) == (["one", "two", "three"], None, ())
        assert (await store.load()).unchanged

    with_site(work)


def test_a_source_that_was_never_read_has_no_age(with_site: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.site.files = {"/a": Answer(500), "/b": collection("two")}
        loaded = await rig.store("/a", "/b").load()
        assert loaded.as_of is None
        assert [skip.source for skip in loaded.skipped] == ["localhost/a"]

    with_site(work)


def test_an_age_survives_a_clock_that_is_set_meanwhile(with_site: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.site.files = {"/a": collection("one"), "/b": collection("two")}
        store = rig.store("/a", "/b")
        rig.clock.epoch = 0.0  # a box without a battery, before it has the time from the network
        await store.load()
        rig.clock.advance(120)
        rig.clock.epoch = 1_790_000_000.0
        rig.site.files["/a"] = Answer(500)
        assert (await store.load()).as_of == rig.clock.wall() - 120

    with_site(work)
