"""Tokens of one account are never given out for another, whatever arrives late."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import cast

import pytest

from tvapp.auth.gateway import Gateway, Grant
from tvapp.auth.messages import PersonNeeded, TokensChanged
from tvapp.auth.problems import KINDS, Problem, Refused
from tvapp.auth.tokens import AccessToken, TokenProvider
from tvapp.core.clock import ManualClock
from tvapp.core.errors import SignInError
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog

MAPS = "https://atlas.microsoft.com/user_impersonation"
WITHIN_S = 20.0


class HeldGateway:
    """Answers an account's requests once they are let go, with its name or with a refusal."""

    def __init__(self) -> None:
        self.begun: dict[str, threading.Event] = {name: threading.Event() for name in ("aino", "ben")}
        self.let_go: dict[str, threading.Event] = {name: threading.Event() for name in ("aino", "ben")}
        self.refuses = False

    def acquire(self, scopes: Sequence[str], home_id: str, *, fresh: bool, claims: str = "") -> Grant:
        self.begun[home_id].set()
        assert self.let_go[home_id].wait(WITHIN_S)
        if self.refuses:
            raise Refused(Problem("session-ended", KINDS["session-ended"], "invalid_grant"))
        return Grant(f"token of {home_id}", 3600, 3300, is_new=True)


class Bench:
    """A provider on real threads, at first for Aino."""

    def __init__(self) -> None:
        self.log, self.gateway, self.clock = RecordingLog(), HeldGateway(), ManualClock(100.0)
        self.jobs = Jobs(Inbox(), self.log)
        self.posted: list[PersonNeeded | TokensChanged] = []
        self.tokens = TokenProvider(
            cast(Gateway, self.gateway), self.jobs, self.clock, self.log, primary=MAPS, post=self.posted.append
        )
        self.tokens.use_account("aino")

    def ask(self) -> Future[AccessToken]:
        return asyncio.run_coroutine_threadsafe(self.tokens.get(MAPS), self.jobs.io_loop())

    def asked(self, who: str) -> Future[AccessToken]:
        """Ask, and return once the request is under way."""
        future = self.ask()
        assert self.gateway.begun[who].wait(WITHIN_S)
        return future


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    for event in made.gateway.let_go.values():
        event.set()
    made.jobs.stop()


def test_whoever_asked_for_the_former_account_gets_neither_ones_token(bench: Bench) -> None:
    asked = bench.asked("aino")
    bench.tokens.use_account("ben")
    bench.gateway.let_go["aino"].set()
    with pytest.raises(SignInError):
        asked.result(WITHIN_S)
    bench.gateway.let_go["ben"].set()
    assert bench.ask().result(WITHIN_S).secret == "token of ben"


def test_a_late_answer_does_not_replace_the_new_accounts_token(bench: Bench) -> None:
    former = bench.asked("aino")
    bench.tokens.use_account("ben")
    bench.gateway.let_go["ben"].set()
    assert bench.ask().result(WITHIN_S).secret == "token of ben"
    bench.gateway.let_go["aino"].set()
    with pytest.raises(SignInError):
        former.result(WITHIN_S)
    assert bench.ask().result(WITHIN_S).secret == "token of ben"


def test_a_late_refusal_asks_nobody_to_sign_in_again(bench: Bench) -> None:
    bench.gateway.refuses = True
    former = bench.asked("aino")
    bench.tokens.use_account("ben")
    bench.gateway.let_go["aino"].set()
    with pytest.raises(SignInError):
        former.result(WITHIN_S)
    assert bench.posted == []
    assert bench.log.named("token.renewal_failed") == []


def test_after_signing_out_a_token_on_its_way_is_nobodys(bench: Bench) -> None:
    asked = bench.asked("aino")
    bench.tokens.use_account(None)
    bench.gateway.let_go["aino"].set()
    with pytest.raises(SignInError):
        asked.result(WITHIN_S)
    assert bench.tokens.next_renewal() is None


def test_the_same_account_that_signs_in_again_starts_afresh(bench: Bench) -> None:
    bench.asked("aino")
    bench.tokens.use_account("aino")
    bench.gateway.let_go["aino"].set()
    assert bench.ask().result(WITHIN_S).secret == "token of aino"
