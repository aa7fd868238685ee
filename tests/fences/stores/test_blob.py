"""Reading geofences from Blob Storage, against an imitation of the service over real TLS."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fences.stores.server import (
    Answer,
    BlobService,
    Server,
    authority_in,
    client,
    collection,
    error,
    etag,
    listing,
    serve,
)
from tvapp.azure.authorizer import STORAGE_SCOPE, StorageAuthorizer
from tvapp.azure.blob_xml import MAX_DEPTH, parse_error, parse_page
from tvapp.azure.blobs import Container, parse_container
from tvapp.core.clock import ManualClock
from tvapp.core.errors import (
    ConnectionBroken,
    DataError,
    Forbidden,
    NotFound,
    ServiceDown,
    ServiceError,
    SignInError,
    Throttled,
    TvappError,
    Unauthorized,
    UnexpectedReply,
    Unreachable,
)
from tvapp.core.log import RecordingLog
from tvapp.fences.stores.base import Loaded
from tvapp.fences.stores.blob import BlobStore
from tvapp.net.transport import HttpClient


@dataclass(frozen=True)
class Token:
    secret: str = field(repr=False)


@dataclass
class Tokens:
    """Returns the secrets in order, and the last one for ever."""

    secrets: list[str] = field(default_factory=lambda: ["token-1"])
    scopes: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    error: TvappError | None = None

    async def get(self, scope: str, *, rejected: str | None = None, claims: str = "") -> Token:
        self.scopes.append(scope)
        if self.error is not None:
            raise self.error
        if rejected is not None:
            self.rejected.append(rejected)
            if len(self.secrets) > 1:
                del self.secrets[0]
        return Token(self.secrets[0])


@dataclass
class Rig:
    service: BlobService
    server: Server
    tokens: Tokens
    http: HttpClient

    def store(self, container: str = "/account1/fences") -> BlobStore:
        url = self.server.url + container
        authorizer = StorageAuthorizer(self.tokens, endpoint=url)
        return BlobStore(self.http, url, authorizer, RecordingLog(), clock=ManualClock())


Work = Callable[[Rig], Awaitable[None]]


@pytest.fixture
def with_service(tmp_path: Path) -> Callable[[Work], None]:
    """Return a function that runs a coroutine with an empty service."""

    def run(work: Work) -> None:
        async def main() -> None:
            service = BlobService()
            authority = authority_in(tmp_path / "tls")
            async with serve(authority, service) as server, client(authority) as http:
                await work(Rig(service, server, Tokens(), http))

        asyncio.run(main())

    return run


def ids(loaded: Loaded) -> list[str]:
    return [fence.id for fence in loaded.fences]


def test_every_geojson_blob_is_read_with_the_token_for_storage(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {
            "b.geojson": collection("two"),
            "a/one.JSON": collection("one"),
            "räume & höfe/50% (x)+#1?.geojson": collection("odd"),
            "readme.txt": b"no",
        }
        store = rig.store()
        loaded = await store.load()
        assert store.name == "blob"
        assert ids(loaded) == ["one", "two", "odd"]
        assert [fence.source for fence in loaded.fences][:2] == ["a/one.JSON", "b.geojson"]
        assert [skip.source for skip in loaded.skipped] == ["readme.txt"]
        assert set(rig.tokens.scopes) == {STORAGE_SCOPE}
        for asked in rig.server.asked:
            assert asked.headers["x-ms-version"] == "2021-12-02"
            assert "x-ms-client-id" not in asked.headers

    with_service(work)


def test_an_unchanged_container_costs_one_request(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": collection("one"), "b.json": collection("two")}
        store = rig.store()
        first = await store.load()
        rig.server.paths()
        assert (await store.load()).unchanged
        assert rig.server.paths() == ["/account1/fences"]
        rig.service.blobs["b.json"] = collection("two", "three")
        second = await store.load()
        assert ids(second) == ["one", "two", "three"]
        assert second.fences[0] is first.fences[0]
        assert rig.server.paths() == ["/account1/fences", "/account1/fences/b.json"]
        del rig.service.blobs["a.json"]
        assert ids(await store.load()) == ["two", "three"]

    with_service(work)


def test_without_etags_in_the_list_blobs_are_asked_for_on_condition(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": collection("one")}
        rig.service.shows_etags = False
        store = rig.store()
        await store.load()
        rig.server.asked.clear()
        assert (await store.load()).unchanged
        assert rig.server.asked[1].headers["if-none-match"] == f'"{etag(collection("one"))}"'

    with_service(work)


def test_a_long_list_is_read_page_by_page(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.service.page_size = 2
        rig.service.blobs = {f"{number}.json": collection(f"f{number}") for number in range(5)}
        assert ids(await rig.store().load()) == [f"f{number}" for number in range(5)]
        markers = [asked.query.get("marker") for asked in rig.server.asked if asked.path == "/account1/fences"]
        assert markers == [None, "from 2", "from 4"]

    with_service(work)


def test_a_folder_of_the_container_is_a_folder_and_not_a_beginning(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        names = ("north side/a.json", "north side/deep/b.json", "north sides.json", "c.json")
        rig.service.blobs = {name: collection(name) for name in names}
        loaded = await rig.store("/account1/fences/north%20side").load()
        assert ids(loaded) == ["north side/a.json", "north side/deep/b.json"]

    with_service(work)


def test_a_bad_blob_is_skipped_by_name_and_the_rest_shown(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {
            "good.json": collection("one"),
            "half.json": collection("two")[:-9],
            "page.json": b"<!DOCTYPE html><html>",
            "../up.json": b"{}",
        }
        store = rig.store()
        loaded = await store.load()
        assert ids(loaded) == ["one"]
        reasons = {skip.source: skip.reason for skip in loaded.skipped}
        assert reasons.keys() == {"../up.json", "half.json", "page.json"}
        assert reasons["page.json"] == "a web page, not GeoJSON"
        rig.server.paths()
        assert (await store.load()).unchanged
        assert rig.server.paths() == ["/account1/fences"]

    with_service(work)


def test_a_blob_that_is_too_large_is_not_requested(
    with_service: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tvapp.fences.stores.blob.MAX_BYTES", 1000)

    async def work(rig: Rig) -> None:
        rig.service.blobs = {"huge.json": b" " * 1001, "small.json": collection("one")}
        loaded = await rig.store().load()
        assert ids(loaded) == ["one"]
        assert [(skip.source, skip.reason) for skip in loaded.skipped] == [("huge.json", "too large (1001 bytes)")]
        assert "/account1/fences/huge.json" not in rig.server.paths()

    with_service(work)


def test_a_blob_larger_than_listed_is_cut_off_and_skipped(
    with_service: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tvapp.fences.stores.blob.MAX_BYTES", 1000)

    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": b"", "b.json": collection("one")}
        rig.service.instead = lambda asked: Answer(200, b" " * 5000) if asked.path.endswith("a.json") else None
        loaded = await rig.store().load()
        assert ids(loaded) == ["one"]
        assert [skip.source for skip in loaded.skipped] == ["a.json"]

    with_service(work)


def test_more_blobs_than_a_screen_can_hold_are_left_out(
    with_service: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tvapp.fences.stores.blob.MAX_BLOBS", 2)

    async def work(rig: Rig) -> None:
        rig.service.blobs = {f"{number}.json": collection(f"f{number}") for number in range(4)}
        loaded = await rig.store().load()
        assert ids(loaded) == ["f0", "f1"]
        assert len(loaded.skipped) == 1

    with_service(work)


def test_a_401_gets_a_fresh_token_once(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": collection("one")}
        rig.service.token = "token-2"
        rig.tokens.secrets = ["token-1", "token-2"]
        assert ids(await rig.store().load()) == ["one"]
        assert rig.tokens.rejected == ["token-1"]

    with_service(work)


def test_an_account_of_another_tenant_is_an_error_that_names_the_tenant(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.service.token = "of another tenant"
        with pytest.raises(Unauthorized) as raised:
            await rig.store().load()
        assert raised.value.code == "InvalidAuthenticationInfo"
        assert "tenant 7a11ce55-0000-4000-8000-00000000beef" in raised.value.message
        assert raised.value.request_id == "request-7"
        assert len(rig.server.asked) == 1, "there is no other token than the one that was refused"
        assert "token-1" not in str(raised.value)

    with_service(work)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (error(403, "AuthorizationPermissionMismatch"), Forbidden, "AuthorizationPermissionMismatch"),
        (error(403, "AuthorizationFailure"), Forbidden, "AuthorizationFailure"),
        (error(404, "ContainerNotFound"), NotFound, "ContainerNotFound"),
        (Answer(404, b"", {"x-ms-error-code": "ResourceNotFound"}), NotFound, "ResourceNotFound"),
        (Answer(404, error(404, "ContainerNotFound").body), NotFound, "ContainerNotFound"),
        (error(400, "InvalidHeaderValue"), ServiceError, "InvalidHeaderValue"),
        (error(429, "TooManyRequests", **{"retry-after": "9"}), Throttled, "TooManyRequests"),
        (error(503, "ServerBusy", **{"retry-after": "9"}), ServiceDown, "ServerBusy"),
        (Answer(502, b"<html>bad gateway</html>", {"content-type": "text/html"}), ServiceDown, ""),
        (Answer(403, b"<html>blocked</html>", {"content-type": "text/html"}), UnexpectedReply, "html"),
        (Answer(302, b"", {"location": "https://elsewhere.example/"}), UnexpectedReply, "html"),
        (Answer(200, b"<html>welcome</html>", {"content-type": "text/html"}), UnexpectedReply, "html"),
        (Answer(200, b"<EnumerationResults><Blobs>"), UnexpectedReply, "xml"),
        (Answer(200, b"<Error/>"), UnexpectedReply, "xml"),
        (Answer(200, b""), UnexpectedReply, "xml"),
        (Answer(200, listing({"a.json": b""}).body, cut=20), ConnectionBroken, None),
        (Answer(500, b"<a>" * 50), ServiceDown, ""),
    ],
)
def test_a_list_that_cannot_be_had_says_why(
    with_service: Callable[[Work], None], answer: Answer, kind: type[TvappError], code: str | None
) -> None:
    async def work(rig: Rig) -> None:
        rig.service.instead = lambda asked: answer
        with pytest.raises(kind) as raised:
            await rig.store().load()
        assert type(raised.value) is kind
        assert getattr(raised.value, "code", None) == code
        assert "Time:" not in str(raised.value)
        if "retry-after" in answer.headers:
            assert getattr(raised.value, "retry_after_s", None) == 9

    with_service(work)


def test_a_list_that_goes_round_in_circles_ends(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.service.instead = lambda asked: listing({}, "again")
        with pytest.raises(UnexpectedReply, match=r"circles$"):
            await rig.store().load()
        assert len(rig.server.asked) == 2

    with_service(work)


def test_a_blob_that_fails_for_now_stays_as_it_was(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": collection("one"), "b.json": collection("two")}
        store = rig.store()
        await store.load()
        rig.service.blobs = {"a.json": collection("new"), "b.json": collection("two"), "c.json": collection("three")}
        rig.service.instead = lambda asked: (
            error(503, "ServerBusy") if asked.path.endswith(("a.json", "c.json")) else None
        )
        loaded = await store.load()
        assert ids(loaded) == ["one", "two"]
        assert [(skip.source, skip.reason) for skip in loaded.skipped] == [
            ("c.json", "the server answers 503 ServerBusy")
        ]
        rig.service.instead = lambda asked: None
        assert ids(await store.load()) == ["new", "two", "three"]

    with_service(work)


def test_blobs_that_may_not_be_read_one_and_all_are_the_stores_trouble(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": collection("one"), "b.json": collection("two")}
        refusal = error(403, "AuthorizationPermissionMismatch")
        rig.service.instead = lambda asked: refusal if asked.path.endswith(".json") else None
        with pytest.raises(Forbidden):
            await rig.store().load()
        rig.service.instead = lambda asked: refusal if asked.path.endswith("a.json") else None
        loaded = await rig.store().load()
        assert ids(loaded) == ["two"]
        assert [skip.source for skip in loaded.skipped] == ["a.json"]

    with_service(work)


def test_a_blob_deleted_since_it_was_listed_is_left_out(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": collection("one"), "b.json": collection("two")}
        rig.service.instead = lambda asked: error(404, "BlobNotFound") if asked.path.endswith("a.json") else None
        loaded = await rig.store().load()
        assert ids(loaded) == ["two"]
        assert loaded.skipped == ()

    with_service(work)


def test_a_container_deleted_since_it_was_listed_is_no_empty_one(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": collection("one")}
        rig.service.instead = lambda asked: error(404, "ContainerNotFound") if asked.path.endswith("a.json") else None
        with pytest.raises(NotFound):
            await rig.store().load()

    with_service(work)


def test_a_connection_that_breaks_in_a_blob_loses_nothing_that_was_read(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        rig.service.blobs = {"a.json": collection("one"), "b.json": collection("two")}
        cut = Answer(200, collection("two"), cut=10)
        rig.service.instead = lambda asked: cut if asked.path.endswith("b.json") else None
        store = rig.store()
        with pytest.raises(ConnectionBroken):
            await store.load()
        rig.service.instead = lambda asked: None
        rig.server.paths()
        assert ids(await store.load()) == ["one", "two"]
        assert "/account1/fences/a.json" not in rig.server.paths()

    with_service(work)


@pytest.mark.parametrize("failure", [SignInError("invalid_grant", aadsts=65001), Unreachable("login.example")])
def test_without_a_token_nothing_is_asked_for(with_service: Callable[[Work], None], failure: TvappError) -> None:
    async def work(rig: Rig) -> None:
        rig.tokens.error = failure
        with pytest.raises(type(failure)) as raised:
            await rig.store().load()
        assert raised.value is failure
        assert rig.server.asked == []

    with_service(work)


@pytest.mark.parametrize("path", ["", "/account1"])
def test_an_address_without_a_container_is_an_error(with_service: Callable[[Work], None], path: str) -> None:
    async def work(rig: Rig) -> None:
        with pytest.raises(DataError, match="names no container"):
            await rig.store(path).load()
        assert rig.server.asked == []

    with_service(work)


def test_the_token_goes_to_the_containers_host_alone(with_service: Callable[[Work], None]) -> None:
    async def work(rig: Rig) -> None:
        url = f"{rig.server.url}/account1/fences"
        elsewhere = StorageAuthorizer(rig.tokens, endpoint="https://acct.blob.core.windows.net/fences")
        with pytest.raises(DataError):
            await BlobStore(rig.http, url, elsewhere, RecordingLog()).load()
        assert rig.tokens.scopes == []
        assert rig.server.asked == []

    with_service(work)


@pytest.mark.parametrize(
    ("url", "container"),
    [
        ("https://acct.blob.core.windows.net/fences", Container("https://acct.blob.core.windows.net/fences")),
        ("https://acct.blob.core.windows.net/fences/", Container("https://acct.blob.core.windows.net/fences")),
        ("https://a.blob.core.windows.net/c/x/y%20z", Container("https://a.blob.core.windows.net/c", "x/y z/")),
        ("https://fences.contoso.com/c/x", Container("https://fences.contoso.com/c", "x/")),
        ("https://localhost:10000/acct/c", Container("https://localhost:10000/acct/c")),
        ("https://127.0.0.1:10000/acct/c/x", Container("https://127.0.0.1:10000/acct/c", "x/")),
        ("https://[::1]:10000/acct/c", Container("https://[::1]:10000/acct/c")),
        ("https://azurite/acct", None),
        ("https://acct.blob.core.windows.net/", None),
        ("https://acct.blob.core.windows.net/c/../d", None),
        ("https://acct.blob.core.windows.net/c?sig=1", None),
        ("http://acct.blob.core.windows.net/c", None),
        ("no url", None),
    ],
)
def test_both_forms_of_addresses_are_understood(url: str, container: Container | None) -> None:
    assert parse_container(url) == container


# -- XML --------------------------------------------------------------------------------------------------------------

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;&x;&x;">]>'
    b"<EnumerationResults><NextMarker>&y;</NextMarker></EnumerationResults>"
)
OUTSIDE = b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><EnumerationResults/>'


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        OUTSIDE,
        b"<EnumerationResults>&x;</EnumerationResults>",
        b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1),
        b"<EnumerationResults><NextMarker>" + b"x" * 100_000 + b"</NextMarker></EnumerationResults>",
        b'<?xml version="1.0" encoding="utf-7"?><EnumerationResults/>',
        b'<?xml version="1.0" encoding="nonsense"?><EnumerationResults/>',
        b"\xff\xfe<",
        b"",
    ],
)
def test_xml_that_could_hurt_is_refused(body: bytes) -> None:
    with pytest.raises(DataError):
        parse_page(body)
    assert parse_error(body) == ("", "")


def test_names_that_xml_cannot_hold_are_decoded_and_folders_known() -> None:
    page = parse_page(
        b'<EnumerationResults><Blobs><Blob><Name Encoded="true">a%EF%BF%BF.json</Name><Properties>'
        b"<Etag>&quot;0x1&quot;</Etag><Content-Length>nonsense</Content-Length></Properties></Blob>"
        b"<Blob><Name>a%20b</Name><Properties><ResourceType>directory</ResourceType></Properties></Blob>"
        b"<Blob><Properties/></Blob></Blobs><NextMarker/></EnumerationResults>"
    )
    odd, folder = page.entries
    assert (odd.name, odd.etag, odd.size) == ("a\uffff.json", "0x1", -1)
    assert (folder.name, folder.is_folder) == ("a%20b", True)
    assert page.next_marker == ""


PIECES = [
    b"<EnumerationResults>", b"</EnumerationResults>", b"<Blobs>", b"</Blobs>", b"<Blob>", b"</Blob>", b"<Name>",
    b'<Name Encoded="true">', b"</Name>", b"<Properties>", b"</Properties>", b"<Etag>", b"</Etag>", b"<Content-Length>",
    b"</Content-Length>", b"<NextMarker/>", b"<Error>", b"</Error>", b"<Code>", b"</Code>", b"<!DOCTYPE a>",
    b"<![CDATA[", b"]]>", b"&amp;", b"&#0;", b"&x;", b"%zz", b"1" * 30, b"\xef\xbb\xbf", b"\xff", b"\x00",
    b'<?xml version="1.0"?>',
]  # fmt: skip


@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(PIECES), max_size=25).map(b"".join)))
def test_any_answer_is_a_page_or_one_of_our_errors(body: bytes) -> None:
    try:
        page = parse_page(body)
    except DataError as refused:
        refused.reason.encode()
    else:
        assert all(entry.name for entry in page.entries)
    code, message = parse_error(body)
    assert isinstance(code + message, str)


NAMES = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1, max_size=40
)


@given(st.lists(NAMES, max_size=5, unique=True), st.text("abc/+= ", max_size=10))
def test_a_page_is_parsed_as_the_service_wrote_it(names: list[str], marker: str) -> None:
    blobs = {name: name.encode() for name in names}
    page = parse_page(listing(blobs, marker).body)
    assert [(entry.name, entry.etag, entry.size) for entry in page.entries] == [
        (name, etag(body), len(body)) for name, body in blobs.items()
    ]
    assert page.next_marker == marker.strip()


def test_an_asked_blob_is_the_one_that_was_listed(with_service: Callable[[Work], None]) -> None:
    names = [
        "a b.json",
        "a+b.json",
        "a%20b.json",
        "ä/ö.json",
        "~tilde.json",
        "semi;colon.json",
        "q?x=1.json",
        "c#d.json",
    ]

    async def work(rig: Rig) -> None:
        rig.service.blobs = {name: collection(name) for name in names}
        loaded = await rig.store().load()
        assert {(fence.id, fence.source) for fence in loaded.fences} == {(name, name) for name in names}

    with_service(work)
