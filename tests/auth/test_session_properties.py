"""Whatever happens in whatever order, the sign-in screen keeps its promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.auth.rig import AINO, BERT, Rig, code, problem
from tvapp.auth.messages import (
    AccountLoaded,
    CodeRefused,
    Command,
    DropFlow,
    Event,
    PersonNeeded,
    Poll,
    PollPending,
    PollRefused,
    PollSlowDown,
    PollSucceeded,
    RequestCode,
)
from tvapp.auth.problems import KINDS, Problem

KIND = st.sampled_from(sorted(KINDS))
WAIT = st.floats(0.0, 400.0)


@dataclass
class World:
    """Answers commands in any order, and checks each promise as time goes by."""

    rig: Rig = field(default_factory=Rig)
    requests: list[int] = field(default_factory=list)
    asked: dict[int, float] = field(default_factory=dict)
    polls: list[int] = field(default_factory=list)
    expires: dict[int, float] = field(default_factory=dict)
    interval: dict[int, float] = field(default_factory=dict)
    last_answer: dict[int, float] = field(default_factory=dict)
    seen: int = 0

    def look(self) -> None:
        for at, command in self.rig.log[self.seen :]:
            self._check(at, command)
        self.seen = len(self.rig.log)
        wakeup = self.rig.session.next_wakeup()
        view = self.rig.view
        assert wakeup is None or wakeup > self.rig.now, "a wake-up that does nothing"
        waiting = bool(self.requests or self.polls) or wakeup is not None
        settled = view.phase in ("signed-in", "starting")
        assert settled or view.waits_for_ok or waiting, "no way forward"
        assert (view.prompt is not None) == (view.phase == "prompting")
        if view.prompt is not None:
            assert view.remaining_s is not None
            assert 0 < view.remaining_s <= view.prompt.expires_in
        if view.phase == "failed":
            assert view.problem is not None
            assert view.problem.next == "waits-for-ok"
        if view.phase == "signed-in":
            assert view.account is not None

    def _check(self, at: float, command: Command) -> None:
        match command:
            case RequestCode(flow):
                assert len(self.requests) == 0 or self.rig.phase() != "prompting"
                assert sum(1 for end in self.expires.values() if end > at) <= 1, "a third code that counts"
                self.requests = [flow]
                self.asked[flow] = at
            case Poll(flow):
                assert flow not in self.polls, "two polls at once"
                assert at < self.expires[flow], "polled after its end"
                assert at >= self.last_answer[flow] + self.interval[flow] - 1e-6, "polled too soon"
                self.polls.append(flow)
            case DropFlow(flow):
                self.expires.pop(flow, None)
            case _:
                pass

    def answer_request(self, expires_in: float, interval: float) -> None:
        if self.requests:
            number = self.requests.pop()
            # A code's life counts from the request: nobody knows when on its way the answer was made.
            self.expires[number] = self.asked[number] + expires_in
            self.interval[number] = interval
            self.last_answer[number] = self.rig.now
            self.rig.send(code(number, expires_in=expires_in, interval=interval))

    def answer_poll(self, make: Callable[[int], Event], slower: float = 0.0) -> None:
        if self.polls:
            number = self.polls.pop(0)
            self.interval[number] += slower
            self.last_answer[number] = self.rig.now
            self.rig.send(make(number))


def refused(kind: str, retry_after_s: float | None) -> Problem:
    return problem(kind, retry_after_s=retry_after_s)


Step = Callable[[World], None]
RETRY = st.none() | st.floats(0, 100)

STEPS = st.one_of(
    WAIT.map(lambda s: lambda w: w.rig.advance(s)),
    st.tuples(st.sampled_from([30.0, 300.0, 900.0]), st.sampled_from([1.0, 5.0])).map(
        lambda a: lambda w: w.answer_request(*a)
    ),
    st.tuples(KIND, RETRY).map(
        lambda a: lambda w: w.rig.send(CodeRefused(w.requests.pop(), refused(*a))) if w.requests else None
    ),
    st.just(lambda w: w.answer_poll(PollPending)),
    st.just(lambda w: w.answer_poll(PollSlowDown, 5.0)),
    st.sampled_from([AINO, BERT]).map(lambda who: lambda w: w.answer_poll(lambda n: PollSucceeded(n, who))),
    st.tuples(KIND, RETRY).map(lambda a: lambda w: w.answer_poll(lambda n: PollRefused(n, refused(*a)))),
    st.just(lambda w: w.rig.ok()),
    st.just(lambda w: w.rig.sign_out()),
    st.just(lambda w: w.rig.postpone()),
    st.just(lambda w: w.rig.restore_network()),
    st.just(lambda w: w.rig.session.person_present()),
    KIND.map(lambda kind: lambda w: w.rig.send(PersonNeeded(problem(kind)))),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from([None, None, AINO]), st.lists(STEPS, max_size=60))
def test_any_course_of_events_keeps_the_promises(account: object, steps: list[Step]) -> None:
    world = World()
    world.rig.start(AINO if account else None)
    world.look()
    for step in steps:
        step(world)
        world.look()
    # From anywhere, OK and an approval lead to the map.
    for _ in range(200):
        if world.rig.phase() in ("signed-in", "succeeded"):
            break
        world.rig.ok()
        world.look()
        world.answer_request(900, 5)
        world.look()
        world.answer_poll(lambda n: PollSucceeded(n, AINO))
        world.look()
        world.rig.advance(30)
        world.look()
    assert world.rig.phase() in ("signed-in", "succeeded")


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(KIND, RETRY), min_size=1, max_size=30))
def test_a_storm_of_failures_never_makes_it_hurry(failures: list[tuple[str, float | None]]) -> None:
    rig = Rig()
    rig._keep(rig.session.start(rig.now))
    rig.send(AccountLoaded(None))
    began = rig.now
    sent = 0
    for kind, retry_after_s in failures:
        for request in rig.take(RequestCode):
            sent += 1
            rig.send(CodeRefused(request.flow, problem(kind, retry_after_s=retry_after_s)))
        rig.advance(1)
    # One at once, then 0.7 s, 1.4 s, 2.8 s ... apart at the soonest.
    assert sent <= 2 + (rig.now - began) / 0.7
