"""What each policy of the chain does, one by one and together, on a network that is scripted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import formatdate

import pytest

from tvapp.core.circuit import FAILURES_TO_OPEN
from tvapp.core.clock import ManualClock
from tvapp.core.errors import (
    ConnectionBroken,
    DataError,
    NetworkError,
    ServiceDown,
    Throttled,
    TimedOut,
    TlsFailed,
    TvappError,
    UnexpectedReply,
    Unreachable,
)
from tvapp.core.headers import Headers
from tvapp.core.log import RecordingLog
from tvapp.core.retry_budget import MIN_RETRIES
from tvapp.net.captive_portals import PortalDetector
from tvapp.net.circuits import CircuitBreaker
from tvapp.net.request import Request, Response, Sender
from tvapp.net.retries import ATTEMPTS, RetryPolicy

MAPS = "https://maps.example/tile"
ENTRA = "https://login.example/token"
HEAD_START = 1_790_000_000.0


def answer(status: int = 200, **fields: str) -> Response:
    return Response(status, Headers({name.replace("_", "-"): text for name, text in fields.items()}), b"", MAPS)


@dataclass
class Wire:
    """Answers each request with what `outcomes` has next, and the last of it for ever; sleeping moves the clock."""

    outcomes: list[Response | TvappError]
    takes_s: float = 0.0
    clock: ManualClock = field(default_factory=ManualClock)
    log: RecordingLog = field(default_factory=RecordingLog)
    sent: list[Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    async def send(self, request: Request) -> Response:
        self.sent.append(request)
        self.clock.advance(self.takes_s)
        await asyncio.sleep(0)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, TvappError):
            raise outcome
        return outcome

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds)

    def circuits(self) -> CircuitBreaker:
        return CircuitBreaker(self, clock=self.clock, log=self.log, random=lambda: 0.5)

    def retries(self, inner: Sender | None = None) -> RetryPolicy:
        return RetryPolicy(inner or self, clock=self.clock, log=self.log, random=lambda: 0.5, sleep=self.sleep)


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await work()

    asyncio.run(main())


async def outcome(sender: Sender, request: Request | None = None) -> Response | TvappError:
    try:
        return await sender.send(request or Request("GET", MAPS))
    except TvappError as error:
        return error


async def open_up(circuits: CircuitBreaker) -> None:
    for _ in range(FAILURES_TO_OPEN):
        await outcome(circuits)


# -- the circuit ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (Unreachable("maps.example", "refused"), Unreachable),
        (TimedOut("maps.example", "no answer"), TimedOut),
        (TlsFailed("maps.example", "certificate expired"), TlsFailed),
        (ConnectionBroken("maps.example", "reset"), ConnectionBroken),
        (answer(500), ServiceDown),
        (answer(503), ServiceDown),
        (answer(429), Throttled),
    ],
)
def test_a_host_in_trouble_is_left_alone_with_the_troubles_own_error(
    trouble: Response | TvappError, kind: type[TvappError]
) -> None:
    async def work() -> None:
        wire = Wire([trouble])
        circuits = wire.circuits()
        await open_up(circuits)
        refused = await outcome(circuits)
        assert type(refused) is kind
        assert isinstance(refused, NetworkError | ServiceDown | Throttled)
        assert not refused.was_sent
        assert refused.retry_after_s
        assert len(wire.sent) == FAILURES_TO_OPEN
        (event,) = wire.log.named("circuit.opened")
        assert (event["host"], event["error"]) == ("maps.example", kind.__name__)

    run(work)


def test_a_refusal_and_the_log_say_what_the_trouble_is_and_for_how_long() -> None:
    async def work() -> None:
        wire = Wire([Unreachable("maps.example", "refused")])
        circuits = wire.circuits()
        await open_up(circuits)
        wire.clock.advance(0.5)
        refused = await outcome(circuits)
        assert isinstance(refused, Unreachable)
        assert (refused.host, refused.reason, refused.was_sent) == ("maps.example", "refused", False)
        (opened,) = wire.log.named("circuit.opened")
        assert opened == {
            "host": "maps.example", "error": "Unreachable", "reason": "refused", "retry_in": opened["retry_in"]
        }  # fmt: skip
        assert refused.retry_after_s == pytest.approx(opened["retry_in"], abs=0.55)
        assert isinstance(opened["retry_in"], float)
        assert 1.0 <= opened["retry_in"] == round(opened["retry_in"], 1)
        circuits.network_restored()
        assert wire.log.named("circuit.closed") == [{"host": "maps.example"}]
        assert wire.log.at_level("warning") == ["circuit.opened"]
        assert wire.log.at_level("info") == ["circuit.closed"]

    run(work)


def test_a_service_that_refuses_is_quoted_with_its_status() -> None:
    async def work() -> None:
        wire = Wire([answer(503, retry_after="40")])
        circuits = wire.circuits()
        await open_up(circuits)
        refused = await outcome(circuits)
        assert isinstance(refused, ServiceDown)
        assert (refused.host, refused.status, refused.message) == ("maps.example", 503, "not asked again yet")
        assert (refused.retry_after_s, refused.was_sent) == (40.0, False)
        assert wire.log.named("circuit.opened") == [
            {"host": "maps.example", "error": "ServiceDown", "status": 503, "retry_in": 40.0}
        ]

    run(work)


@pytest.mark.parametrize(
    "outcome_", [answer(400), answer(401), answer(403), answer(404), answer(409), answer(412), answer(499), answer(304)]
)
def test_what_is_somebodys_own_fault_never_opens_it(outcome_: Response) -> None:
    async def work() -> None:
        wire = Wire([outcome_])
        circuits = wire.circuits()
        for _ in range(4 * FAILURES_TO_OPEN):
            assert await outcome(circuits) is outcome_

    run(work)


@pytest.mark.parametrize("error", [UnexpectedReply("maps.example", 200, "html"), DataError("url", "no URL")])
def test_a_page_or_an_impossible_address_never_opens_it(error: TvappError) -> None:
    async def work() -> None:
        circuits = Wire([error]).circuits()
        for _ in range(4 * FAILURES_TO_OPEN):
            assert await outcome(circuits) is error

    run(work)


def test_a_page_of_somebody_shows_that_the_host_can_be_reached() -> None:
    page = UnexpectedReply("maps.example", 200, "html")

    async def work() -> None:
        almost = [answer(503)] * (FAILURES_TO_OPEN - 1)
        wire = Wire([*almost, page, *almost, page])
        circuits = wire.circuits()
        for _ in range(2 * FAILURES_TO_OPEN):
            await outcome(circuits)
        assert len(wire.sent) == 2 * FAILURES_TO_OPEN, "the count of troubles in a row did not begin anew"
        wire.outcomes = [answer(503)]
        await open_up(circuits)
        wire.clock.advance(60.0)
        wire.outcomes = [page]
        assert [await outcome(circuits) for _ in range(3)] == [page] * 3
        assert wire.log.named("circuit.closed") == [{"host": "maps.example"}]

    run(work)


def test_an_address_that_cannot_be_asked_for_says_nothing_of_its_host() -> None:
    async def work() -> None:
        wire = Wire([answer(503)])
        circuits = wire.circuits()
        await open_up(circuits)
        wire.clock.advance(60.0)
        wire.outcomes = [DataError("url", "no URL")]
        assert isinstance(await outcome(circuits), DataError)
        assert wire.log.named("circuit.closed") == []

    run(work)


def test_one_host_in_trouble_is_not_another_ones() -> None:
    async def work() -> None:
        wire = Wire([answer(503)])
        circuits = wire.circuits()
        await open_up(circuits)
        wire.outcomes = [answer(200)]
        assert isinstance(await outcome(circuits, Request("POST", ENTRA)), Response)

    run(work)


@pytest.mark.parametrize("wrong_by_s", [-86_400.0, 0.0, 86_400.0])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_counts_in_both_forms_whatever_our_clock_says(form: str, wrong_by_s: float) -> None:
    async def work() -> None:
        asked = "40" if form == "seconds" else formatdate(HEAD_START + 40, usegmt=True)
        wire = Wire([answer(429, retry_after=asked, date=formatdate(HEAD_START, usegmt=True))])
        wire.clock.epoch = HEAD_START + wrong_by_s
        circuits = wire.circuits()
        await open_up(circuits)
        refused = await outcome(circuits)
        assert isinstance(refused, Throttled)
        assert refused.retry_after_s == 40.0
        wire.clock.advance(40.0)
        await outcome(circuits)
        assert len(wire.sent) == FAILURES_TO_OPEN + 1

    run(work)


def test_half_open_a_volley_sends_a_single_request() -> None:
    async def work() -> None:
        wire = Wire([answer(503)])
        circuits = wire.circuits()
        await open_up(circuits)
        wire.clock.advance(60.0)
        wire.outcomes = [answer(200)]
        volley = await asyncio.gather(*(outcome(circuits) for _ in range(8)))
        assert [type(each) for each in volley] == [Response, *[ServiceDown] * 7]
        assert all([isinstance(await outcome(circuits), Response) for _ in range(8)])
        assert wire.log.named("circuit.closed") == [{"host": "maps.example"}]

    run(work)


def test_a_trial_that_is_cancelled_does_not_keep_the_host_closed_for_ever() -> None:
    async def work() -> None:
        wire = Wire([answer(503)])
        circuits = wire.circuits()
        await open_up(circuits)
        wire.clock.advance(60.0)
        trial = asyncio.create_task(outcome(circuits))
        await asyncio.sleep(0)
        trial.cancel()
        await asyncio.gather(trial, return_exceptions=True)
        wire.outcomes = [answer(200)]
        assert isinstance(await outcome(circuits), Response)

    run(work)


def test_a_probe_passes_and_proves_nothing() -> None:
    async def work() -> None:
        wire = Wire([answer(503)])
        circuits = wire.circuits()
        await open_up(circuits)
        wire.outcomes = [answer(200)]
        assert isinstance(await outcome(circuits, Request("HEAD", MAPS, is_probe=True)), Response)
        assert isinstance(await outcome(circuits), ServiceDown)

    run(work)


def test_an_explicit_retry_and_the_networks_return_let_requests_pass() -> None:
    async def work() -> None:
        wire = Wire([Unreachable("maps.example", "refused")])
        circuits = wire.circuits()
        await open_up(circuits)
        circuits.hurry()
        await outcome(circuits)
        assert len(wire.sent) == FAILURES_TO_OPEN + 1
        circuits.network_restored()
        wire.outcomes = [answer(200)]
        assert all([isinstance(await outcome(circuits), Response) for _ in range(8)])

    run(work)


def test_the_networks_return_does_not_close_what_the_host_has_opened() -> None:
    async def work() -> None:
        wire = Wire([answer(503)])
        circuits = wire.circuits()
        await open_up(circuits)
        circuits.hurry()
        assert isinstance(await outcome(circuits), ServiceDown | Response)
        circuits.network_restored()  # the host had opened it, not the network
        assert isinstance(await outcome(circuits), ServiceDown)
        assert wire.log.named("circuit.closed") == []

    run(work)


# -- repeating --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        Unreachable("h"), ConnectionBroken("h"), answer(500), answer(502), answer(503), answer(504),
        answer(503, retry_after="1"), answer(429, retry_after="1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_short_trouble_of_a_get_is_nobodys_business(trouble: Response | TvappError, method: str) -> None:
    async def work() -> None:
        wire = Wire([trouble, trouble, answer(200)])
        got = await outcome(wire.retries(), Request(method, MAPS))
        assert isinstance(got, Response)
        assert got.status == 200
        assert len(wire.slept) == 2
        assert wire.log.named("http.repeated") == [
            {"host": "maps.example", "attempt": 1}, {"host": "maps.example", "attempt": 2}
        ]  # fmt: skip
        assert set(wire.log.at_level("debug")) == {"http.repeated"}

    run(work)


def test_retry_after_is_a_floor_and_a_long_one_is_for_whoever_asked() -> None:
    async def work() -> None:
        short, long = Wire([answer(503, retry_after="1")]), Wire([answer(503, retry_after="30")])
        await outcome(short.retries())
        await outcome(long.retries())
        assert short.slept == [1.0, 1.0]
        assert long.slept == []

    run(work)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("trouble", [ConnectionBroken("h"), Unreachable("h"), answer(503), TimedOut("h")])
def test_what_may_have_arrived_is_never_sent_again(method: str, trouble: Response | TvappError) -> None:
    async def work() -> None:
        wire = Wire([trouble])
        await outcome(wire.retries(), Request(method, MAPS))
        assert len(wire.sent) == 1

    run(work)


@pytest.mark.parametrize(
    "final",
    [
        answer(200),
        answer(404),
        answer(401),
        answer(429),
        answer(501),
        TlsFailed("h", "expired"),
        UnexpectedReply("h", 200, "html"),
        ServiceDown("h", 503, retry_after_s=1.0, was_sent=False),
        Unreachable("h", retry_after_s=1.0, was_sent=False),
    ],
)
def test_what_another_try_would_not_change_is_not_repeated(final: Response | TvappError) -> None:
    async def work() -> None:
        wire = Wire([final])
        assert await outcome(wire.retries()) is final
        assert len(wire.sent) == 1

    run(work)


def test_all_attempts_together_take_no_longer_than_the_request_may() -> None:
    async def work() -> None:
        slow = Wire([TimedOut("h")], takes_s=11.0)
        await outcome(slow.retries(), Request("GET", MAPS, timeout_s=20.0))
        assert len(slow.sent) == 1
        quick = Wire([ConnectionBroken("h")], takes_s=2.0)
        await outcome(quick.retries(), Request("GET", MAPS, timeout_s=20.0))
        assert len(quick.sent) == ATTEMPTS
        assert [request.timeout_s for request in quick.sent] == pytest.approx([20.0, 17.75, 15.25])

    run(work)


@pytest.mark.parametrize(("takes_s", "attempts"), [(9.75, 2), (9.76, 1)])
def test_an_attempt_that_would_have_less_than_half_of_the_time_is_not_made(takes_s: float, attempts: int) -> None:
    async def work() -> None:
        wire = Wire([ConnectionBroken("h")], takes_s=takes_s)
        await outcome(wire.retries(), Request("GET", MAPS, timeout_s=20.0))
        assert len(wire.sent) == attempts

    run(work)


def test_the_first_attempt_is_the_request_itself_and_a_probe_is_sent_once() -> None:
    async def work() -> None:
        wire = Wire([ConnectionBroken("h")])
        request = Request("GET", MAPS)
        await outcome(wire.retries(), request)
        assert wire.sent[0] is request
        probe = Request("HEAD", MAPS, is_probe=True)
        wire.sent.clear()
        await outcome(wire.retries(), probe)
        assert wire.sent == [probe]

    run(work)


def test_each_host_has_a_budget_of_its_own() -> None:
    async def work() -> None:
        wire = Wire([answer(503)])
        retries = wire.retries()
        await asyncio.gather(*(outcome(retries) for _ in range(40)))
        wire.sent.clear()
        await outcome(retries, Request("GET", ENTRA))
        assert len(wire.sent) == ATTEMPTS

    run(work)


def test_a_screen_full_of_tiles_in_trouble_is_no_storm() -> None:
    async def work() -> None:
        wire = Wire([answer(503)])
        retries = wire.retries()
        await asyncio.gather(*(outcome(retries) for _ in range(40)))
        assert len(wire.sent) == 40 + MIN_RETRIES + 40 // 5

    run(work)


def test_together_they_ask_a_host_that_is_down_hardly_at_all() -> None:
    async def work() -> None:
        wire = Wire([answer(503)])
        chain = wire.retries(wire.circuits())
        results = [await outcome(chain) for _ in range(40)]
        assert len(wire.sent) <= FAILURES_TO_OPEN + 2
        assert isinstance(results[-1], ServiceDown)

    run(work)


# -- what is in between ------------------------------------------------------------------------------------------------


def test_a_proxy_that_wants_a_name_and_a_portal_are_named() -> None:
    async def work() -> None:
        proxy = await outcome(PortalDetector(Wire([answer(407)])))
        portal = await outcome(PortalDetector(Wire([answer(511)])))
        assert isinstance(proxy, Unreachable)
        assert (proxy.host, proxy.reason) == ("maps.example", "proxy: 407 Proxy Authentication Required")
        assert isinstance(portal, UnexpectedReply)
        assert (portal.host, portal.status, portal.code) == ("maps.example", 511, "html")
        assert portal.message == "the network asks for a sign-in of its own"

    run(work)
