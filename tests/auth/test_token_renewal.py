"""When access tokens are fetched, renewed, replaced and given up, with a gateway that is scripted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import pytest

from tests.auth.rig import problem
from tvapp.auth.gateway import Gateway, Grant
from tvapp.auth.messages import PersonNeeded, TokensChanged
from tvapp.auth.permission import MissingPermission
from tvapp.auth.problems import Refused
from tvapp.auth.tokens import AccessToken, TokenProvider
from tvapp.core.clock import ManualClock
from tvapp.core.errors import NetworkError, ServiceDown, SignInError, Unreachable
from tvapp.core.jobs import Jobs
from tvapp.core.log import RecordingLog

T = TypeVar("T")

MAPS = "https://atlas.microsoft.com/user_impersonation"
STORAGE = "https://storage.azure.com/user_impersonation"
OFFLINE = Unreachable("login.example", "refused")


class InlineJobs:
    """Does the work of a worker at once."""

    async def in_worker(self, work: Callable[[], T]) -> T:
        await asyncio.sleep(0)
        return work()


@dataclass
class Script:
    """A gateway that grants a token of an hour, or raises what `error` holds."""

    error: Exception | None = None
    is_new: bool = True
    calls: list[tuple[tuple[str, ...], bool, str]] = field(default_factory=list)

    def acquire(self, scopes: Sequence[str], home_id: str, *, fresh: bool, claims: str = "") -> Grant:
        self.calls.append((tuple(scopes), fresh, claims))
        if self.error is not None:
            raise self.error
        return Grant(f"token-{len(self.calls)}", 3600.0, 3300.0, is_new=self.is_new)


class Bench:
    def __init__(self) -> None:
        self.gateway, self.clock, self.log = Script(), ManualClock(1000.0), RecordingLog()
        self.posted: list[PersonNeeded | TokensChanged] = []
        self.tokens = TokenProvider(
            cast(Gateway, self.gateway),
            cast(Jobs, InlineJobs()),
            self.clock,
            self.log,
            primary=MAPS,
            post=self.posted.append,
        )
        self.tokens.use_account("aino")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    def get(self, scope: str = MAPS, *, rejected: str | None = None, claims: str = "") -> str:
        async def fetch() -> str:
            token = await self.tokens.get(scope, rejected=rejected, claims=claims)
            await asyncio.sleep(0.0)
            await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))
            return token.secret

        return self.run(fetch())

    def refused(self, scope: str = MAPS) -> Exception:
        with pytest.raises((SignInError, NetworkError)) as caught:
            self.get(scope)
        return caught.value

    def renew_due(self) -> tuple[str, ...]:
        due = self.tokens.renew_due(self.clock.now)
        for scope in due:
            self.run(self.tokens.renew(scope))
        return due


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_token_is_used_until_its_last_moment(bench: Bench) -> None:
    assert bench.get() == "token-1"
    assert bench.gateway.calls == [((MAPS,), False, "")]
    bench.clock.advance(3299.0)
    assert bench.get() == "token-1"
    assert len(bench.gateway.calls) == 1
    bench.clock.advance(1.0)
    assert bench.get() == "token-1", "nobody waits for a renewal ahead of expiry"
    assert bench.gateway.calls[1:] == [((MAPS,), True, "")]
    assert bench.get() == "token-2"


def test_a_token_that_would_expire_on_the_way_is_not_used(bench: Bench) -> None:
    bench.get()
    bench.gateway.error = OFFLINE
    bench.clock.advance(3594.9)
    assert bench.get() == "token-1"
    bench.clock.advance(0.1)
    assert isinstance(bench.refused(), Unreachable)


def test_renewals_are_due_ahead_of_expiry_and_once_each(bench: Bench) -> None:
    assert bench.tokens.next_renewal() is None
    bench.get()
    bench.get(STORAGE)
    assert bench.tokens.next_renewal() == 4300.0
    bench.clock.now = 4299.9
    assert bench.tokens.renew_due(bench.clock.now) == ()
    bench.clock.now = 4300.0
    assert bench.tokens.renew_due(bench.clock.now) == (MAPS, STORAGE)
    assert bench.tokens.renew_due(bench.clock.now) == ()
    assert bench.tokens.next_renewal() is None
    bench.run(bench.tokens.renew(MAPS))
    assert bench.tokens.next_renewal() == 7600.0
    assert [event["resource"] for event in bench.log.named("token.renewed")] == [
        "https://atlas.microsoft.com", "https://storage.azure.com", "https://atlas.microsoft.com",
    ]  # fmt: skip


def test_a_failed_renewal_is_tried_again_with_back_off_and_told_once(bench: Bench) -> None:
    bench.get()
    bench.gateway.error = OFFLINE
    bench.clock.now = 4300.0
    pauses = []
    for _ in range(8):
        assert bench.renew_due() == (MAPS,)
        due = bench.tokens.next_renewal()
        assert due is not None
        pauses.append(due - bench.clock.now)
        assert bench.get() == "token-1"
        bench.clock.now = due
    assert pauses == pytest.approx([2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0])
    assert len(bench.log.named("token.renewal_failed")) == 1
    assert bench.log.named("token.renewal_failed")[0]["retry_in"] == pytest.approx(2.0)
    bench.gateway.error = None
    bench.renew_due()
    bench.gateway.error = OFFLINE
    bench.clock.advance(3300.0)
    bench.renew_due()
    assert len(bench.log.named("token.renewal_failed")) == 2
    assert bench.tokens.next_renewal() == pytest.approx(bench.clock.now + 2.0)


def test_an_attempt_that_ends_in_an_unforeseen_way_is_tried_again_in_a_minute(bench: Bench) -> None:
    bench.get()
    bench.gateway.error = RuntimeError("a defect")
    bench.clock.now = 4300.0
    with pytest.raises(RuntimeError):
        bench.renew_due()
    assert bench.tokens.next_renewal() == 4360.0


def test_without_a_token_a_failure_is_told_again_until_its_pause_is_over(bench: Bench) -> None:
    bench.gateway.error = OFFLINE
    first = bench.refused()
    bench.clock.advance(1.9)
    assert bench.refused() is first
    assert len(bench.gateway.calls) == 1
    bench.clock.advance(0.1)
    bench.refused()
    assert len(bench.gateway.calls) == 2
    bench.tokens.network_restored()
    bench.gateway.error = None
    assert bench.get() == "token-3"


def test_the_networks_return_does_not_override_what_the_server_asked_for(bench: Bench) -> None:
    bench.gateway.error = Refused(problem("busy", retry_after_s=40.0))
    bench.refused()
    bench.tokens.network_restored()
    bench.clock.advance(39.0)
    bench.refused()
    assert len(bench.gateway.calls) == 1
    bench.clock.advance(10.0)
    bench.refused()
    assert len(bench.gateway.calls) == 2


def test_a_rejected_token_is_replaced_unless_it_is_new(bench: Bench) -> None:
    assert bench.get() == "token-1"
    bench.clock.advance(29.9)
    assert bench.get(rejected="token-1") == "token-1"
    bench.clock.advance(0.1)
    assert bench.get(rejected="token-1") == "token-2"
    assert bench.get(rejected="token-1") == "token-2", "it is another one already"
    assert [fresh for _, fresh, _ in bench.gateway.calls] == [False, True]


def test_a_rejected_token_of_the_cache_is_replaced_at_once(bench: Bench) -> None:
    bench.gateway.is_new = False
    bench.get()
    assert bench.log.named("token.renewed") == []
    assert bench.get(rejected="token-1") == "token-2"


def test_a_challenge_is_answered_at_once_and_then_less_and_less_often(bench: Bench) -> None:
    bench.get()
    assert bench.get(rejected="token-1", claims="{1}") == "token-2"
    assert bench.gateway.calls[-1] == ((MAPS,), True, "{1}")
    assert bench.get(rejected="token-2", claims="{1}") == "token-2"
    bench.clock.advance(30.0)
    assert bench.get(rejected="token-2", claims="{1}") == "token-3"
    bench.clock.advance(59.9)
    assert bench.get(rejected="token-3", claims="{1}") == "token-3"
    bench.clock.advance(0.1)
    assert bench.get(rejected="token-3", claims="{1}") == "token-4"
    assert len(bench.log.named("token.challenged")) == 3


def test_another_challenge_is_answered_at_once_but_not_for_ever(bench: Bench) -> None:
    bench.get()
    assert bench.get(rejected="token-1", claims="{1}") == "token-2"
    assert bench.get(rejected="token-2", claims="{2}") == "token-3"
    assert bench.get(rejected="token-3", claims="{3}") == "token-3"
    bench.clock.advance(30.0)
    assert bench.get(rejected="token-3", claims="{3}") == "token-4"


def test_a_session_that_has_ended_asks_for_a_person_and_leaves_the_token_until_it_expires(bench: Bench) -> None:
    bench.get()
    bench.gateway.error = Refused(problem("session-ended"))
    bench.clock.now = 4300.0
    bench.renew_due()
    assert [message for message in bench.posted if isinstance(message, PersonNeeded)] == [
        PersonNeeded(problem("session-ended"))
    ]
    (event,) = bench.log.named("token.renewal_failed")
    assert event["needs_person"]
    assert "retry_in" not in event
    assert bench.tokens.next_renewal() is None
    assert bench.get() == "token-1"
    with pytest.raises(SignInError):
        bench.get(rejected="token-1")
    bench.clock.now = 4595.0
    assert isinstance(bench.refused(), SignInError)
    assert len(bench.gateway.calls) == 2


def test_a_challenge_that_a_person_has_to_meet_carries_its_claims_whatever_the_resource(bench: Bench) -> None:
    bench.get(STORAGE)
    bench.gateway.error = Refused(problem("more-proof"))
    with pytest.raises(SignInError):
        bench.get(STORAGE, rejected="token-1", claims="{1}")
    assert PersonNeeded(problem("more-proof"), "{1}") in bench.posted


def test_an_extra_resource_without_consent_is_offered_and_asks_nobody(bench: Bench) -> None:
    bench.gateway.error = Refused(problem("consent-needed"))
    bench.refused(STORAGE)
    assert not any(isinstance(message, PersonNeeded) for message in bench.posted)
    assert bench.tokens.missing() == (MissingPermission(STORAGE, problem("consent-needed")),)
    bench.clock.advance(1.9)
    bench.refused(STORAGE)
    assert len(bench.gateway.calls) == 1
    bench.clock.advance(0.1)
    bench.refused(STORAGE)
    assert len(bench.gateway.calls) == 2
    bench.gateway.error = None
    bench.tokens.permitted(STORAGE)
    assert bench.tokens.missing() == ()
    assert bench.get(STORAGE) == "token-3"


@pytest.mark.parametrize(
    ("kind", "scope", "is_offered", "asks"),
    [
        ("consent-needed", MAPS, False, True),
        ("blocked-by-policy", STORAGE, False, False),
        ("more-proof", STORAGE, True, False),
        ("session-ended", STORAGE, False, True),
        ("offline", STORAGE, False, False),
    ],
)
def test_a_refusal_concerns_one_resource_or_the_sign_in(
    bench: Bench, kind: str, scope: str, is_offered: bool, asks: bool
) -> None:
    bench.gateway.error = Refused(problem(kind))
    bench.refused(scope)
    assert bool(bench.tokens.missing()) is is_offered
    assert any(isinstance(message, PersonNeeded) for message in bench.posted) is asks


@pytest.mark.parametrize("kind", ["offline", "session-ended"])
def test_a_failed_renewal_is_logged_with_all_an_administrator_needs(bench: Bench, kind: str) -> None:
    bench.gateway.error = Refused(problem(kind, aadsts=50173, correlation_id="c-1"))
    bench.refused()
    about = {
        "resource": "https://atlas.microsoft.com",
        "error": kind.replace("-", "_"),
        "kind": kind,
        "aadsts": 50173,
        "correlation_id": "c-1",
    }
    outlook = {"retry_in": 2.0} if kind == "offline" else {"needs_person": True}
    assert bench.log.events == [("token.renewal_failed", about | outlook)]
    assert bench.log.at_level("warning") == ["token.renewal_failed"]


def test_a_failure_of_another_kind_is_told_too(bench: Bench) -> None:
    for kind, count in (("offline", 1), ("offline", 1), ("busy", 2), ("offline", 3)):
        bench.gateway.error = Refused(problem(kind))
        bench.refused()
        bench.clock.advance(120.0)
        assert len(bench.log.named("token.renewal_failed")) == count


def test_an_error_that_is_neither_of_the_network_nor_of_the_sign_in_is_told_as_one_of_the_latter(bench: Bench) -> None:
    bench.gateway.error = ServiceDown("login.example", 503, "server_error")
    error = bench.refused()
    assert isinstance(error, SignInError)
    assert error.error == "server_error"


def test_every_end_of_a_renewal_is_told(bench: Bench) -> None:
    bench.get(STORAGE)
    bench.gateway.error = OFFLINE
    bench.refused()
    assert bench.posted == [TokensChanged("https://storage.azure.com"), TokensChanged("https://atlas.microsoft.com")]


def test_requests_at_the_same_time_share_one_attempt(bench: Bench) -> None:
    async def volley() -> list[AccessToken]:
        return await asyncio.gather(*(bench.tokens.get(MAPS) for _ in range(5)))

    assert {token.secret for token in bench.run(volley())} == {"token-1"}
    assert len(bench.gateway.calls) == 1
    assert bench.posted == [TokensChanged("https://atlas.microsoft.com")]


def test_nobody_has_tokens_before_signing_in(bench: Bench) -> None:
    bench.get()
    bench.tokens.use_account(None)
    assert isinstance(bench.refused(), SignInError)
    bench.run(bench.tokens.renew(MAPS))
    bench.tokens.permitted(MAPS)
    assert bench.tokens.next_renewal() is None
