"""The blob store with Azurite behind a proxy that refuses, is busy or slow, or breaks off, as Azurite never does."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx
import pytest

from tests.azurite import Azurite, Fences
from tests.fences.stores.blob_rig import store_at
from tests.fences.stores.changes import OTHERS, add, delete, edit, feature, note
from tests.fences.stores.server import RESET, Answer, Asked, Server, client, error, serve
from tvapp.core.errors import (
    ConnectionBroken,
    Forbidden,
    ServiceDown,
    Throttled,
    TimedOut,
    TvappError,
    Unauthorized,
    UnexpectedReply,
)
from tvapp.fences.model.change import Change, Conflicting, Outcome, Stored
from tvapp.fences.stores.blob import BlobStore
from tvapp.net.transport import HttpClient

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Front:
    """Forwards every request to Azurite, except those that `instead` answers; `after` may change an answer."""

    back: httpx.AsyncClient
    origin: str
    instead: Callable[[Asked], Answer | None] = lambda asked: None
    after: Callable[[Asked, Answer], Answer] = lambda asked, answer: answer
    is_cut_off: Callable[[Asked], bool] = lambda asked: False
    gate: Callable[[Asked], asyncio.Event | None] = lambda asked: None
    written: list[str] = field(default_factory=list)

    async def __call__(self, asked: Asked) -> Answer:
        answer = self.instead(asked)
        if answer is not None:
            return answer
        response = await self.back.request(
            asked.method, self.origin + asked.target, headers=dict(asked.headers), content=asked.body
        )
        if asked.method != "GET" and response.is_success:
            self.written.append(asked.method)
        fields = {name: value for name, value in response.headers.items() if name.lower() not in HOP_BY_HOP}
        event = self.gate(asked)
        if event is not None:
            await event.wait()
        return self.after(asked, Answer(response.status_code, response.content, fields))


@dataclass
class Rig:
    azurite: Azurite
    fences: Fences
    front: Front
    server: Server
    http: HttpClient
    url: str

    def store(self, *secrets: str) -> BlobStore:
        return store_at(self.http, self.url, *(secrets or (self.azurite.token,)))

    async def send(self, change: Change) -> Outcome:
        return await self.store().send(change, note=note)


Work = Callable[[Rig], Awaitable[None]]
With = Callable[[Work], None]


@pytest.fixture
def with_front(azurite: Azurite) -> With:
    """Return a function that runs a coroutine with the proxy of a container with two files."""

    def run(work: Work) -> None:
        async def main() -> None:
            fences = azurite.container()
            fences.put("a.json", OTHERS % (feature("a"), feature("b")))
            fences.put("c.json", b'{"type":"FeatureCollection","features":[%s]}' % feature("c"))
            context = ssl.create_default_context(cafile=str(azurite.authority.ca_file))
            async with httpx.AsyncClient(verify=context, trust_env=False) as back:
                front = Front(back, azurite.url)
                async with (
                    serve(azurite.authority, front, is_cut_off=lambda asked: front.is_cut_off(asked)) as server,
                    client(azurite.authority) as http,
                ):
                    url = fences.url.replace(azurite.url, server.url)
                    await work(Rig(azurite, fences, front, server, http, url))

        asyncio.run(main())

    return run


CHANGES = [add("new"), edit("a.json", "a", 50, 60), delete("c.json", "c")]


def is_write(asked: Asked) -> bool:
    return asked.method in ("PUT", "DELETE")


def is_done(fences: Fences) -> list[bool]:
    """Tell which of CHANGES Azurite has."""
    names = fences.names()
    edited = fences.get("a.json") == OTHERS % (feature("a", 60), feature("b"))
    return ["new.geojson" in names, edited, "c.json" not in names]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("how", ["no answer", "half an answer", "server error"])
def test_a_change_whose_answer_was_lost_is_not_written_twice(with_front: With, change: Change, how: str) -> None:
    async def work(rig: Rig) -> None:
        lost = {"no answer": RESET, "half an answer": Answer(200, b"x" * 9, cut=5), "server error": Answer(500)}[how]
        rig.front.after = lambda asked, answer: lost if is_write(asked) else answer
        with pytest.raises(ServiceDown if how == "server error" else ConnectionBroken):
            await rig.send(change)
        assert is_done(rig.fences) == [each is change for each in CHANGES]
        rig.front.after = lambda asked, answer: answer
        assert isinstance(await rig.send(change), Stored)
        assert len(rig.front.written) == 1
        assert is_done(rig.fences) == [each is change for each in CHANGES]

    with_front(work)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_never_arrived_is_written_the_next_time(with_front: With, change: Change) -> None:
    async def work(rig: Rig) -> None:
        rig.front.is_cut_off = is_write
        with pytest.raises(ConnectionBroken):
            await rig.send(change)
        assert is_done(rig.fences) == [False, False, False]
        rig.front.is_cut_off = lambda asked: False
        assert isinstance(await rig.send(change), Stored)
        assert is_done(rig.fences) == [each is change for each in CHANGES]

    with_front(work)


def test_an_answer_that_takes_too_long_is_not_waited_for(with_front: With, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(rig: Rig) -> None:
        never = asyncio.Event()
        rig.front.gate = lambda asked: never if is_write(asked) else None
        monkeypatch.setattr("tvapp.azure.blobs._BLOB_TIMEOUT_S", 0.5)
        with pytest.raises(TimedOut):
            await rig.send(CHANGES[1])
        assert is_done(rig.fences) == [False, True, False]
        rig.front.gate = lambda asked: None
        assert await rig.send(CHANGES[1]) == Stored("a.json")
        assert rig.front.written == ["PUT"]

    with_front(work)


def test_a_lost_edit_that_another_client_has_changed_since_is_a_conflict(with_front: With) -> None:
    async def work(rig: Rig) -> None:
        rig.front.after = lambda asked, answer: RESET if is_write(asked) else answer
        with pytest.raises(ConnectionBroken):
            await rig.send(CHANGES[1])
        theirs = OTHERS % (feature("a", 99), feature("b"))
        rig.fences.put("a.json", theirs)
        assert await rig.send(CHANGES[1]) == Conflicting(feature("a", 99), "a.json")
        assert rig.fences.get("a.json") == theirs

    with_front(work)


def test_half_a_file_is_never_amended(with_front: With) -> None:
    async def work(rig: Rig) -> None:
        rig.front.after = lambda asked, answer: Answer(answer.status, answer.body, answer.headers, cut=20)
        with pytest.raises(ConnectionBroken):
            await rig.send(CHANGES[1])
        assert rig.front.written == []

    with_front(work)


CHALLENGE = (
    "Bearer authorization_uri=https://login.microsoftonline.com/7a11ce55-0000-4000-8000-00000000beef"
    "/oauth2/authorize resource_id=https://storage.azure.com"
)


@pytest.mark.parametrize("change", CHANGES)
def test_a_challenge_in_the_middle_gets_another_token(with_front: With, change: Change) -> None:
    async def work(rig: Rig) -> None:
        def challenge(asked: Asked) -> Answer | None:
            is_old = asked.headers["authorization"] == "Bearer revoked"
            return error(401, "InvalidAuthenticationInfo", **{"www-authenticate": CHALLENGE}) if is_old else None

        rig.front.instead = challenge
        assert isinstance(await rig.store("revoked", rig.azurite.token).send(change, note=note), Stored)
        assert is_done(rig.fences) == [each is change for each in CHANGES]
        with pytest.raises(Unauthorized, match="tenant 7a11ce55"):
            await rig.store("revoked").send(change, note=note)

    with_front(work)


@pytest.mark.parametrize(
    ("answer", "kind", "retry_after_s"),
    [
        (error(403, "AuthorizationPermissionMismatch"), Forbidden, None),
        (error(503, "ServerBusy", **{"retry-after": "9"}), ServiceDown, 9.0),
        (error(429, "TooManyRequests", **{"retry-after": "9"}), Throttled, 9.0),
        (Answer(200, b"<!DOCTYPE html><title>Welcome</title>", {"content-type": "text/html"}), UnexpectedReply, None),
        (Answer(511, b"<html>sign in to the hotel</html>", {"content-type": "text/html"}), ServiceDown, None),
    ],
)
@pytest.mark.parametrize("when", ["GET", "PUT"])
def test_an_error_of_the_service_is_raised_and_nothing_is_written(
    with_front: With, when: str, answer: Answer, kind: type[TvappError], retry_after_s: float | None
) -> None:
    async def work(rig: Rig) -> None:
        rig.front.instead = lambda asked: answer if asked.method == when else None
        with pytest.raises(kind) as raised:
            await rig.send(CHANGES[1])
        assert type(raised.value) is kind
        assert getattr(raised.value, "retry_after_s", None) == retry_after_s
        assert rig.azurite.token not in str(raised.value)
        assert is_done(rig.fences) == [False, False, False]
        rig.front.instead = lambda asked: None
        assert await rig.send(CHANGES[1]) == Stored("a.json")

    with_front(work)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("when", ["GET", "PUT", "DELETE"])
def test_no_redirect_is_followed_and_no_token_goes_elsewhere(with_front: With, when: str, status: int) -> None:
    async def work(rig: Rig) -> None:
        async with serve(rig.azurite.authority, lambda asked: Answer(201, headers={"etag": '"1"'})) as elsewhere:
            target = Answer(status, headers={"location": f"{elsewhere.url}/devstoreaccount1/x/a.json"})
            rig.front.instead = lambda asked: target if asked.method == when else None
            with pytest.raises(UnexpectedReply):
                await rig.send(CHANGES[2] if when == "DELETE" else CHANGES[1])
            assert elsewhere.asked == []
        assert is_done(rig.fences) == [False, False, False]

    with_front(work)


def test_with_a_busy_service_the_known_fences_stay_and_their_age_is_reported(with_front: With) -> None:
    async def work(rig: Rig) -> None:
        store = rig.store()
        assert (await store.load()).as_of is None
        await rig.send(CHANGES[1])
        busy = error(503, "ServerBusy")
        rig.front.instead = lambda asked: busy if asked.path.endswith("a.json") else None
        loaded = await store.load()
        assert loaded.as_of is not None
        assert {fence.id: fence.properties["radius"] for fence in loaded.fences} == {"a": 50, "b": 50, "c": 50}
        rig.front.instead = lambda asked: None
        loaded = await store.load()
        assert loaded.as_of is None
        assert {fence.id: fence.properties["radius"] for fence in loaded.fences} == {"a": 60, "b": 50, "c": 50}

    with_front(work)
