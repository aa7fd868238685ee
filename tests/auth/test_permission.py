"""One more permission beside the sign-in: offered, asked for by a key press, left, given, refused."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.auth.rig import AINO, BERT, code, problem
from tvapp.auth.messages import (
    CodeRefused,
    Command,
    DropFlow,
    Event,
    ForgetAccount,
    Poll,
    PollPending,
    PollRefused,
    PollSucceeded,
    Report,
    RequestCode,
    UsePermission,
)
from tvapp.auth.permission import MissingPermission, Permission
from tvapp.auth.view import Account, SessionView

C = TypeVar("C", bound=Command)

STORAGE = "https://storage.azure.com/user_impersonation"
NO_CONSENT = MissingPermission(STORAGE, problem("consent-needed", aadsts=65001))
BLANK = SessionView("starting", "starting", organisation="Contoso", app_name="tvapp")


@dataclass
class Bench:
    """A permission with a clock; `commands` holds what came out since `take` was called last."""

    permission: Permission = field(default_factory=lambda: Permission(BLANK, lambda: 0.5, count(1)))
    now: float = 1000.0
    commands: list[Command] = field(default_factory=list)
    log: list[Command] = field(default_factory=list)

    def keep(self, commands: list[Command]) -> None:
        self.commands += commands
        self.log += commands

    def follow(self, *missing: MissingPermission, account: Account | None = AINO, is_signed_in: bool = True) -> None:
        self.keep(self.permission.follow(account, is_signed_in, missing))

    def ask(self) -> None:
        self.keep(self.permission.ask(self.now))

    def leave(self) -> None:
        self.keep(self.permission.leave())

    def send(self, event: Event) -> None:
        assert self.permission.owns(event)
        self.keep(self.permission.handle(event, self.now))

    def prompted(self) -> int:
        (request,) = self.take(RequestCode)
        self.send(code(request.flow))
        return request.flow

    def wait_pending(self, seconds: float) -> None:
        """Let time pass while every poll is answered "pending" at once."""
        end = self.now + seconds
        while (wakeup := self.permission.next_wakeup()) is not None and wakeup <= end:
            self.now = max(self.now, wakeup)
            self.keep(self.permission.tick(self.now))
            for poll in self.take(Poll):
                self.send(PollPending(poll.flow))
        self.now = end

    def take(self, kind: type[C]) -> list[C]:
        found: list[C] = [command for command in self.commands if isinstance(command, kind)]
        self.commands = [command for command in self.commands if not isinstance(command, kind)]
        return found

    def reports(self, name: str) -> list[dict[str, object]]:
        return [dict(c.fields) for c in self.log if isinstance(c, Report) and c.name == name]

    @property
    def phase(self) -> str:
        return self.view.phase

    @property
    def view(self) -> SessionView:
        return self.permission.view(self.now)


def prompting() -> tuple[Bench, int]:
    bench = Bench()
    bench.follow(NO_CONSENT)
    bench.ask()
    return bench, bench.prompted()


def test_what_is_missing_is_offered_and_no_code_is_asked_for_until_somebody_wants_one() -> None:
    bench = Bench()
    bench.follow(NO_CONSENT)
    assert bench.permission.offered == "https://storage.azure.com"
    assert bench.permission.next_wakeup() is None
    assert not bench.permission.tick(bench.now + 1e6)
    assert not bench.permission.is_open
    bench.ask()
    assert bench.take(RequestCode) == [RequestCode(1, (STORAGE,))]
    assert bench.phase == "requesting"


def test_nothing_is_asked_for_where_nothing_is_missing() -> None:
    bench = Bench()
    bench.follow()
    bench.ask()
    assert not bench.commands
    assert not bench.permission.is_open


def test_the_panel_says_who_is_to_allow_what() -> None:
    bench, _ = prompting()
    assert bench.phase == "prompting"
    assert bench.view.permission == "https://storage.azure.com"
    assert bench.view.account == AINO
    assert bench.view.organisation == "Contoso"
    (report,) = bench.reports("signin.prompted")
    assert report["resource"] == "https://storage.azure.com"
    assert "CODE1" not in repr(bench.log)


def test_the_same_account_opens_the_resource_at_once() -> None:
    bench, flow = prompting()
    bench.send(PollSucceeded(flow, AINO))
    assert bench.take(UsePermission) == [UsePermission(STORAGE)]
    assert bench.take(DropFlow) == [DropFlow(flow)]
    assert bench.permission.offered == ""
    assert bench.phase == "succeeded"
    (report,) = bench.reports("signin.succeeded")
    assert report == {"tenant": "tid-1", "account": "ai***@contoso.com", "resource": "https://storage.azure.com"}
    bench.wait_pending(2)
    assert not bench.permission.is_open


def test_another_account_is_forgotten_and_told_so() -> None:
    bench, flow = prompting()
    bench.send(PollSucceeded(flow, BERT))
    assert bench.take(ForgetAccount) == [ForgetAccount(BERT.home_id)]
    assert not bench.take(UsePermission)
    assert bench.phase == "failed"
    assert bench.view.problem is not None
    assert (bench.view.problem.kind, bench.view.problem.error) == ("another-account", "another_account")
    assert bench.permission.next_wakeup() is None
    (report,) = bench.reports("signin.failed")
    assert (report["kind"], report["resource"]) == ("another-account", "https://storage.azure.com")
    bench.ask()
    bench.send(PollSucceeded(bench.prompted(), AINO))
    assert bench.take(UsePermission)


def test_back_drops_the_code_and_keeps_the_offer() -> None:
    bench, flow = prompting()
    bench.leave()
    assert bench.take(DropFlow) == [DropFlow(flow)]
    assert not bench.permission.is_open
    assert bench.permission.next_wakeup() is None
    assert bench.permission.offered == "https://storage.azure.com"
    bench.ask()
    assert bench.prompted() != flow


def test_a_code_that_arrives_after_back_is_dropped_unseen() -> None:
    bench = Bench()
    bench.follow(NO_CONSENT)
    bench.ask()
    (request,) = bench.take(RequestCode)
    bench.leave()
    bench.send(code(request.flow))
    assert bench.take(DropFlow) == [DropFlow(request.flow)]
    assert not bench.reports("signin.prompted")
    assert bench.view.prompt is None


@pytest.mark.parametrize(("who", "taken"), [(AINO, [UsePermission(STORAGE)]), (BERT, [ForgetAccount(BERT.home_id)])])
def test_an_approval_that_crosses_back_counts_for_the_same_account_only(who: Account, taken: list[Command]) -> None:
    bench, flow = prompting()
    bench.leave()
    bench.commands.clear()
    bench.send(PollSucceeded(flow, who))
    assert [c for c in bench.commands if not isinstance(c, Report)] == taken
    assert not bench.permission.is_open
    assert (bench.permission.offered == "") == (who is AINO)


@pytest.mark.parametrize("kind", ["declined", "blocked-by-policy", "consent-needed"])
def test_a_decline_or_a_block_waits_for_ok_or_back(kind: str) -> None:
    bench, flow = prompting()
    bench.send(PollRefused(flow, problem(kind)))
    assert bench.phase == "failed"
    assert bench.permission.next_wakeup() is None
    bench.leave()
    assert not bench.permission.is_open


def test_a_refused_code_is_told_in_the_panel() -> None:
    bench = Bench()
    bench.follow(NO_CONSENT)
    bench.ask()
    bench.send(CodeRefused(1, problem("scope-unknown")))
    assert bench.phase == "failed"


def test_a_code_that_nobody_uses_makes_way_for_the_map() -> None:
    bench, _ = prompting()
    bench.wait_pending(845)
    bench.prompted()
    bench.wait_pending(2000)
    assert not bench.take(RequestCode)
    assert not bench.permission.is_open
    assert bench.reports("signin.paused") == [{"renewals": 1, "resource": "https://storage.azure.com"}]
    assert bench.permission.offered


def test_somebody_at_the_keys_keeps_the_codes_coming() -> None:
    bench, _ = prompting()
    for _ in range(6):
        bench.permission.person_present()
        bench.wait_pending(860)
        bench.prompted()
    assert bench.phase == "prompting"


def test_a_sign_in_that_needs_a_person_comes_first() -> None:
    bench, flow = prompting()
    bench.follow(NO_CONSENT, is_signed_in=False)
    assert bench.take(DropFlow) == [DropFlow(flow)]
    assert not bench.permission.is_open
    assert not bench.permission.offered
    bench.ask()
    assert not bench.take(RequestCode)


@pytest.mark.parametrize("account", [BERT, None])
def test_a_code_for_one_account_is_no_longer_shown_to_the_next(account: Account | None) -> None:
    bench, flow = prompting()
    bench.follow(NO_CONSENT, account=account, is_signed_in=account is not None)
    assert bench.take(DropFlow) == [DropFlow(flow)]
    assert not bench.permission.is_open
    bench.send(PollSucceeded(flow, AINO))
    assert not bench.take(UsePermission)


def test_what_was_allowed_elsewhere_meanwhile_needs_no_code_any_more() -> None:
    bench, flow = prompting()
    bench.follow()
    assert bench.take(DropFlow) == [DropFlow(flow)]
    assert not bench.permission.is_open


STEPS = st.sampled_from(
    ["ask", "leave", "code", "pending", "declined", "aino", "bert", "other", "gone", "back", "wait"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_whatever_happens_accounts_are_never_mixed_and_no_code_is_shown_unasked(steps: list[str]) -> None:
    bench, account, wanted = Bench(), AINO, False
    bench.follow(NO_CONSENT)
    flows: list[int] = []
    requests: list[int] = []
    for step in steps:
        match step:
            case "ask":
                wanted = True
                bench.ask()
            case "leave":
                wanted = False
                bench.leave()
            case "code" if requests:
                flows.append(requests.pop(0))
                bench.send(code(flows[-1]))
            case "pending" if flows:
                bench.send(PollPending(flows[-1]))
            case "declined" if flows:
                bench.send(PollRefused(flows[-1], problem("declined")))
            case "aino" | "bert" if flows:
                who = AINO if step == "aino" else BERT
                bench.send(PollSucceeded(flows[-1], who))
                assert bool(bench.take(UsePermission)) == (who is account)
                assert bool(bench.take(ForgetAccount)) == (who is not account)
            case "other":
                account, wanted = (BERT if account is AINO else AINO), False
                bench.follow(NO_CONSENT, account=account)
            case "gone":
                wanted = False
                bench.follow(NO_CONSENT, account=account, is_signed_in=False)
            case "back":
                bench.follow(NO_CONSENT, account=account)
            case "wait":
                bench.now += 300
                bench.keep(bench.permission.tick(bench.now))
        requests += [request.flow for request in bench.take(RequestCode)]
        assert wanted or not bench.permission.is_open or bench.phase == "succeeded"
        assert bench.view.prompt is None or wanted
        wakeup = bench.permission.next_wakeup()
        assert wakeup is None or wakeup > bench.now, "a wake-up that does nothing"


def test_a_network_that_comes_back_is_used_at_once() -> None:
    bench = Bench()
    bench.follow(NO_CONSENT)
    bench.ask()
    for _ in range(9):
        (request,) = bench.take(RequestCode)
        bench.send(CodeRefused(request.flow, problem("offline")))
        bench.now = bench.permission.next_wakeup() or bench.now
        bench.keep(bench.permission.tick(bench.now))
    bench.send(CodeRefused(bench.take(RequestCode)[0].flow, problem("offline")))
    assert bench.phase == "offline"
    bench.keep(bench.permission.network_restored(bench.now))
    assert len(bench.take(RequestCode)) == 1


def test_what_the_panel_shows_before_during_and_after_is_told_whole() -> None:
    bench, flow = prompting()
    bench.send(PollSucceeded(flow, AINO))
    shown = SessionView(
        "succeeded", "succeeded", account=AINO, permission="https://storage.azure.com",
        organisation="Contoso", app_name="tvapp",
    )  # fmt: skip
    assert bench.view == shown
    assert bench.permission.next_wakeup() == bench.now + 1.5
    bench.now += 1.5
    bench.keep(bench.permission.tick(bench.now))
    assert bench.view == replace(shown, phase="signed-in", status="signed-in")
    assert bench.permission.next_wakeup() is None


def test_going_back_to_the_map_is_reported_only_where_a_code_was_shown() -> None:
    bench, flow = prompting()
    bench.leave()
    assert bench.commands[-2:] == [
        DropFlow(flow),
        Report("signin.postponed", {"resource": "https://storage.azure.com"}),
    ]
    bench.leave()
    assert len(bench.reports("signin.postponed")) == 1
