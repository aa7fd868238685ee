import asyncio
import base64
from collections.abc import Callable

import pytest

from tests.azure.fakes import ENDPOINT, FakeSender, FakeToken, FakeTokens, reply
from tvapp.azure.authorizer import Authorizer, EntraAuthorizer, SharedKeyAuthorizer
from tvapp.core.errors import DataError
from tvapp.core.log import RecordingLog
from tvapp.net.request import Request, Response

SCOPE = "https://atlas.microsoft.com/user_impersonation"


def send(authorizer: Authorizer, sender: FakeSender, url: str = f"{ENDPOINT}/map/tile") -> Response:
    return asyncio.run(authorizer.send(sender, Request("GET", url)))


def entra(tokens: FakeTokens) -> EntraAuthorizer:
    return EntraAuthorizer(tokens, SCOPE, "account-id", endpoint=ENDPOINT)


def accepts(field: str, *values: str) -> Callable[[Request], Response]:
    return lambda request: reply(200 if request.headers.get(field) in values else 401)


def test_the_bearer_and_the_account_id_go_along() -> None:
    sender = FakeSender(accepts("authorization", "Bearer token-1"))
    assert send(entra(FakeTokens()), sender).status == 200
    assert sender.requests[0].headers["x-ms-client-id"] == "account-id"
    assert "token-1" not in repr(sender.requests)


def test_a_401_drops_the_token_and_the_request_is_sent_once_more() -> None:
    tokens, sender = FakeTokens(), FakeSender(accepts("authorization", "Bearer token-2"))
    assert send(entra(tokens), sender).status == 200
    assert tokens.rejected == ["token-1"]
    assert len(sender.requests) == 2


def test_a_second_401_is_the_answer() -> None:
    tokens, sender = FakeTokens(), FakeSender(accepts("authorization"))
    assert send(entra(tokens), sender).status == 401
    assert len(sender.requests) == 2


CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
CHALLENGE = f'Bearer error="insufficient_claims", claims="{base64.b64encode(CLAIMS.encode()).decode()}"'


def challenged(*refusals: str) -> FakeSender:
    """Refuse with these challenges, one after the other, then accept."""
    left = list(refusals)
    return FakeSender(lambda request: reply(401, www_authenticate=left.pop(0)) if left else reply(200))


def test_a_claims_challenge_has_the_next_token_asked_for_with_these_claims() -> None:
    tokens = FakeTokens()
    assert send(entra(tokens), challenged(CHALLENGE)).status == 200
    assert tokens.claims == [CLAIMS]


def test_a_token_that_is_too_old_and_then_challenged_is_replaced_twice() -> None:
    tokens = FakeTokens()
    assert send(entra(tokens), challenged('Bearer error="invalid_token"', CHALLENGE)).status == 200
    assert tokens.claims == ["", CLAIMS]


def test_a_challenge_that_comes_again_is_the_answer() -> None:
    tokens, sender = FakeTokens(), challenged(*[CHALLENGE] * 9)
    assert send(entra(tokens), sender).status == 401
    assert (tokens.claims, len(sender.requests)) == ([CLAIMS], 2)


def test_without_a_better_token_nothing_is_sent_again() -> None:
    class Stubborn(FakeTokens):
        async def get(self, scope: str, *, rejected: str | None = None, claims: str = "") -> FakeToken:
            return FakeToken("the only one")

    sender = challenged(CHALLENGE)
    assert send(entra(Stubborn()), sender).status == 401
    assert len(sender.requests) == 1


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "http://maps.example/", "https://maps.example:444/", "https://maps.example.evil/"]
)
def test_credentials_go_to_no_other_host_and_never_in_the_clear(url: str) -> None:
    sender = FakeSender(lambda request: reply())
    for authorizer in (
        entra(FakeTokens()),
        SharedKeyAuthorizer(("k",), endpoint=ENDPOINT, log=RecordingLog()),
        EntraAuthorizer(FakeTokens(), SCOPE, "id", endpoint="http://maps.example"),
    ):
        with pytest.raises(DataError):
            send(authorizer, sender, url)
    assert sender.requests == []


def test_the_other_key_takes_over_and_stays() -> None:
    log = RecordingLog()
    authorizer = SharedKeyAuthorizer(("old-key", "new-key"), endpoint=ENDPOINT, log=log)
    sender = FakeSender(accepts("subscription-key", "new-key"))
    assert [send(authorizer, sender).status for _ in range(3)] == [200, 200, 200]
    assert len(sender.requests) == 4
    assert len(log.named("maps.key_failover")) == 1
    assert "new-key" not in repr(authorizer) + repr(sender.requests) + str(log.events)


def test_with_both_keys_refused_the_first_refusal_is_the_answer_and_nothing_is_remembered() -> None:
    log = RecordingLog()
    sender = FakeSender(lambda request: reply(403))
    assert send(SharedKeyAuthorizer(("a", "b"), endpoint=ENDPOINT, log=log), sender).status == 403
    assert log.events == []


def test_two_requests_at_once_fail_over_once() -> None:
    log = RecordingLog()
    authorizer = SharedKeyAuthorizer(("old-key", "new-key"), endpoint=ENDPOINT, log=log)

    class Slow(FakeSender):
        async def send(self, request: Request) -> Response:
            await asyncio.sleep(0)
            return await super().send(request)

    async def both() -> list[Response]:
        http = Slow(accepts("subscription-key", "new-key"))
        return await asyncio.gather(*(authorizer.send(http, Request("GET", ENDPOINT + "/x")) for _ in range(2)))

    assert [response.status for response in asyncio.run(both())] == [200, 200]
    assert log.named("maps.key_failover") == [{"refused": 1, "now": 2}]


class Keys:
    """The keys as they are kept outside of the app."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys
        self.times_read = 0

    async def __call__(self) -> tuple[str, ...]:
        self.times_read += 1
        await asyncio.sleep(0)
        return self.keys


def test_when_both_keys_are_refused_new_ones_are_read_and_the_same_request_is_answered() -> None:
    log, keys = RecordingLog(), Keys("new-one", "new-two")
    authorizer = SharedKeyAuthorizer(("old-one", "old-two"), endpoint=ENDPOINT, log=log, read_again=keys)
    sender = FakeSender(accepts("subscription-key", "new-two"))
    assert [send(authorizer, sender).status for _ in range(2)] == [200, 200]
    assert [request.headers["subscription-key"] for request in sender.requests] == [
        "old-one", "old-two", "new-one", "new-two", "new-two",
    ]  # fmt: skip
    assert keys.times_read == 1
    assert [name for name, _ in log.events] == ["maps.keys_read", "maps.key_failover"]
    assert "new-" not in str(log.events) + repr(authorizer)


@pytest.mark.parametrize("kept", [(), ("old-one", "old-two"), ("old-two", "old-one")])
def test_without_other_keys_the_refusal_is_the_answer_and_the_next_request_looks_again(kept: tuple[str, ...]) -> None:
    log, keys = RecordingLog(), Keys(*kept)
    authorizer = SharedKeyAuthorizer(("old-one", "old-two"), endpoint=ENDPOINT, log=log, read_again=keys)
    sender = FakeSender(accepts("subscription-key", "new-one"))
    assert send(authorizer, sender).status == 401
    assert (len(sender.requests), log.events) == (2, [])
    keys.keys = ("new-one", "old-two")
    assert send(authorizer, sender).status == 200


def test_new_keys_that_are_refused_too_end_the_request() -> None:
    keys = Keys("new-one")
    authorizer = SharedKeyAuthorizer(("old-one",), endpoint=ENDPOINT, log=RecordingLog(), read_again=keys)
    sender = FakeSender(lambda request: reply(401))
    assert send(authorizer, sender).status == 401
    assert (len(sender.requests), keys.times_read) == (2, 1)


def test_requests_that_are_refused_at_once_read_the_keys_once() -> None:
    log, keys = RecordingLog(), Keys("new-one", "new-two")
    authorizer = SharedKeyAuthorizer(("old-one", "old-two"), endpoint=ENDPOINT, log=log, read_again=keys)

    class Slow(FakeSender):
        async def send(self, request: Request) -> Response:
            await asyncio.sleep(0)
            return await super().send(request)

    async def all_at_once() -> list[Response]:
        http = Slow(accepts("subscription-key", "new-one"))
        return await asyncio.gather(*(authorizer.send(http, Request("GET", ENDPOINT + "/x")) for _ in range(9)))

    assert {response.status for response in asyncio.run(all_at_once())} == {200}
    assert keys.times_read == 1
    assert [name for name, _ in log.events] == ["maps.keys_read"]
