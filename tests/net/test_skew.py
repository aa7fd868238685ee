"""Is the clock wrong: what servers say, what certificates say, and one odd server."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.azure.fakes import FakeSender, reply
from tvapp.core.clock import RELEASED_AT, ClockSkewed, ManualClock
from tvapp.core.errors import TlsFailed
from tvapp.core.log import RecordingLog
from tvapp.net.request import Request, Response
from tvapp.net.skew import LATEST, SkewEstimator, SkewMonitor, SkewObserver

HOUR = 3600.0
RIGHT = RELEASED_AT + 100 * 24 * HOUR


@dataclass
class Bench:
    """A monitor with a clock that is `off` by so much (positive: behind) and servers that answer at `tell`."""

    off: float = 0.0
    clock: ManualClock = field(init=False)
    log: RecordingLog = field(default_factory=RecordingLog)
    posted: list[ClockSkewed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = ManualClock(now=50.0, epoch=RIGHT - self.off)
        self.monitor = SkewMonitor(self.clock, self.log, self.posted.append)

    def tell(
        self, host: str = "login.example", wrong_by: float = 0.0, fields: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Let an answer come whose server's clock is ahead by `wrong_by`."""
        self.clock.advance(1)
        right = RIGHT + self.clock.now
        headers = {"date": formatdate(right + wrong_by, usegmt=True), **fields}
        self.monitor.observe_response(host, headers)

    @property
    def told(self) -> list[float]:
        return [message.skew_s for message in self.posted]


@pytest.mark.parametrize("off", [3 * HOUR, -3 * HOUR, 56 * 365 * 24 * HOUR, 150.0, -150.0])
def test_a_second_answer_makes_a_wrong_clock_news_once(off: float) -> None:
    bench = Bench(off)
    bench.tell()
    assert bench.told == []
    for _ in range(5):
        bench.tell()
    assert bench.told == [pytest.approx(off, abs=2)]
    assert bench.monitor.skew_s == pytest.approx(off, abs=2)
    (event,) = bench.log.named("clock.skewed")
    assert event["direction"] == ("behind" if off > 0 else "ahead")
    assert event["skew_s"] == round(bench.told[0], 1)
    assert bench.log.at_level("warning") == ["clock.skewed"]


def test_the_second_answer_may_come_from_somebody_else() -> None:
    bench = Bench(HOUR)
    bench.tell("login.example")
    bench.tell("maps.example", wrong_by=3)
    assert bench.told == [pytest.approx(HOUR, abs=5)]


@pytest.mark.parametrize("off", [0.0, 119.0, -119.0])
def test_a_clock_that_is_right_enough_is_no_news(off: float) -> None:
    bench = Bench(off)
    for host in ("login.example", "maps.example") * 3:
        bench.tell(host)
    assert bench.told == []
    assert bench.monitor.skew_s is None


def test_one_odd_server_is_not_believed_against_ours_and_another_one() -> None:
    bench = Bench()
    bench.tell("maps.example")
    for _ in range(5):
        bench.tell("odd.example", wrong_by=HOUR)
        bench.tell("maps.example")
    assert bench.told == []


def test_one_odd_server_does_not_make_a_wrong_clock_right() -> None:
    bench = Bench(HOUR)
    for _ in range(5):
        bench.tell("login.example")
        bench.tell("maps.example")
        bench.tell("odd.example", wrong_by=-HOUR)
    assert bench.told == [pytest.approx(HOUR, abs=2)]


def test_a_server_whose_answers_contradict_each_other_says_nothing() -> None:
    bench = Bench()
    for times in range(20):
        bench.tell("odd.example", wrong_by=times * HOUR)
    assert bench.told == []


@pytest.mark.parametrize("fields", [{"age": "3"}, {"x-cache": "TCP_HIT"}, {"date": "soon"}, {"date": ""}])
def test_what_comes_from_a_cache_or_without_a_date_is_not_taken(fields: dict[str, str]) -> None:
    bench = Bench(HOUR)
    for _ in range(5):
        bench.tell(fields=fields)
    assert bench.told == []


@pytest.mark.parametrize("date", [0.0, RELEASED_AT - 1, LATEST + 10])
def test_a_date_that_cannot_be_is_not_taken(date: float) -> None:
    bench = Bench()
    for _ in range(5):
        bench.monitor.observe_response("odd.example", {"date": formatdate(date, usegmt=True)})
    assert bench.told == []


def test_a_clock_that_is_set_right_is_told_without_another_answer() -> None:
    bench = Bench(3 * HOUR)
    bench.tell()
    bench.tell()
    bench.clock.set_wall(3 * HOUR)
    bench.monitor.check()
    assert bench.told == [pytest.approx(3 * HOUR, abs=2), 0.0]
    assert [event["direction"] for event in bench.log.named("clock.skewed")] == ["behind", "right"]
    assert bench.log.named("clock.skewed")[1] == {"direction": "right", "skew_s": 0.0}
    assert bench.log.at_level("info") == bench.log.at_level("warning") == ["clock.skewed"]
    bench.clock.set_wall(-5 * HOUR)
    bench.monitor.check()
    assert bench.told[2:] == [pytest.approx(5 * HOUR, abs=2)]


def test_another_difference_is_news_but_not_a_small_one() -> None:
    bench = Bench(3 * HOUR)
    bench.tell()
    bench.tell()
    for by in (60.0, -100.0, 500.0):
        bench.clock.set_wall(by)
        bench.monitor.check()
    assert bench.told == [pytest.approx(3 * HOUR, abs=2), pytest.approx(3 * HOUR - 460, abs=2)]


def test_at_the_edge_it_does_not_go_back_and_forth() -> None:
    bench = Bench(125.0)
    bench.tell()
    bench.tell()
    for by in (10.0, -10.0) * 5:
        bench.clock.set_wall(by)
        bench.monitor.check()
    assert bench.told == [pytest.approx(125, abs=2)]


@pytest.mark.parametrize("reason", ["certificate not valid yet", "certificate is not yet valid"])
def test_certificates_that_are_not_valid_yet_say_that_it_is_behind(reason: str) -> None:
    bench = Bench(10_000 * HOUR)
    bench.monitor.observe_failure(TlsFailed("login.example", reason))
    assert bench.told == []
    bench.monitor.observe_failure(TlsFailed("maps.example", reason))
    assert bench.told == [math.inf]
    assert bench.log.named("clock.skewed") == [{"direction": "behind"}]
    bench.clock.set_wall(10_000 * HOUR)
    bench.tell("login.example")
    bench.tell("maps.example")
    assert bench.told == [math.inf, 0.0]


def test_one_odd_certificate_is_not_believed_against_a_date() -> None:
    bench = Bench()
    bench.tell("login.example")
    for _ in range(5):
        bench.monitor.observe_failure(TlsFailed("odd.example", "certificate not valid yet"))
    assert bench.told == []


def test_an_expired_certificate_alone_says_nothing() -> None:
    bench = Bench(-10_000 * HOUR)
    for _ in range(5):
        bench.monitor.observe_failure(TlsFailed("login.example", "certificate expired"))
    assert bench.told == []


def test_summer_time_is_none_of_its_business(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    bench = Bench()
    for zone in ("Europe/Helsinki", "America/Los_Angeles", "UTC"):  # the last one is the tests' own
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        bench.tell()
    assert bench.told == []


@given(
    st.lists(
        st.tuples(st.sampled_from([f"{number}.example" for number in range(12)]), st.floats(-1e10, 1e11)), max_size=40
    ),
    st.floats(0, 4e9),
)
def test_whatever_servers_say_the_verdict_is_ours_or_one_of_theirs(said: list[tuple[str, float]], wall: float) -> None:
    estimator = SkewEstimator()
    for host, date in said:
        estimator.add_date(host, date, 5.0)
    verdict = estimator.skew_s(5.0, wall)
    assert verdict == 0.0 or any(verdict == pytest.approx(date - wall, abs=1e-3) for _, date in said)


@pytest.mark.parametrize("date", [RELEASED_AT, LATEST])
def test_the_first_and_the_last_date_that_can_be_are_taken(date: float) -> None:
    estimator = SkewEstimator()
    for host in ("a.example", "b.example"):
        estimator.add_date(host, date, 5.0)
    assert estimator.skew_s(5.0, date - HOUR) == HOUR


def test_eight_hosts_are_remembered_and_the_one_not_heard_of_for_longest_is_forgotten() -> None:
    estimator = SkewEstimator()
    for number in range(8):
        estimator.add_date(f"{number}.example", RIGHT + number * HOUR, 5.0)
    estimator.add_date("0.example", RIGHT, 5.0)  # twice in a row: two votes
    assert estimator.skew_s(5.0, RIGHT - HOUR) == HOUR
    estimator.add_date("8.example", RIGHT + 9 * HOUR, 5.0)  # forgets 1.example, not the first
    assert estimator.skew_s(5.0, RIGHT - HOUR) == HOUR
    for number in range(9, 17):
        estimator.add_date(f"{number}.example", RIGHT + 2 * number * HOUR, 5.0)
    assert estimator.skew_s(5.0, RIGHT - HOUR) == 0.0


def test_eight_failed_handshakes_are_remembered() -> None:
    estimator = SkewEstimator()
    for number in range(8):
        estimator.add_too_early(f"{number}.example")
    for number in range(1, 7):
        estimator.add_date(f"{number}.example", 0.0, 5.0)
    assert estimator.skew_s(5.0, RIGHT) == math.inf
    estimator.add_date("0.example", 0.0, 5.0)
    assert estimator.skew_s(5.0, RIGHT) == 0.0, "one handshake proves nothing"


def test_times_that_differ_by_a_minute_agree() -> None:
    for apart, skew in ((60.0, HOUR), (61.0, 0.0)):
        estimator = SkewEstimator()
        estimator.add_date("a.example", RIGHT + HOUR, 5.0)
        estimator.add_date("b.example", RIGHT + HOUR + apart, 5.0)
        assert estimator.skew_s(5.0, RIGHT) == skew


def test_of_skews_with_the_same_votes_the_one_that_is_believed_is_taken() -> None:
    estimator = SkewEstimator()
    for host, skew in (("a.example", 2 * HOUR), ("b.example", 5 * HOUR)):
        for _ in range(2):
            estimator.add_date(host, RIGHT + skew, 5.0)
    assert estimator.skew_s(5.0, RIGHT) == 2 * HOUR
    assert estimator.skew_s(5.0, RIGHT, 4 * HOUR) == 5 * HOUR


def test_a_handshake_that_succeeds_takes_back_those_that_failed() -> None:
    estimator = SkewEstimator()
    estimator.add_too_early("maps.example")
    estimator.add_too_early("maps.example")
    assert estimator.skew_s(5.0, RIGHT) == math.inf
    estimator.add_date("maps.example", 0.0, 5.0)  # no Date that can be right, but an answer
    assert estimator.skew_s(5.0, RIGHT) == 0.0


def sent(answer: Callable[[Request], Response], url: str) -> Bench:
    bench = Bench()
    sender = SkewObserver(FakeSender(answer), bench.monitor)
    for _ in range(3):
        assert asyncio.run(sender.send(Request("GET", url))).status == 404
    return bench


def test_every_answer_over_tls_counts_whatever_its_status_and_none_without() -> None:
    def answer(_request: Request) -> Response:
        return reply(404, date=formatdate(RIGHT + 50 + HOUR, usegmt=True))

    assert sent(answer, "https://maps.example/x").told == [pytest.approx(HOUR, abs=2)]
    assert sent(answer, "http://maps.example/x").told == []


def test_each_host_has_a_voice_of_its_own() -> None:
    ahead = {"a.example": HOUR, "b.example": 3 * HOUR}

    def answer(request: Request) -> Response:
        answer = reply(404, date=formatdate(RIGHT + 50 + ahead[request.host], usegmt=True))
        return replace(answer, url=request.url)

    bench = Bench()
    sender = SkewObserver(FakeSender(answer), bench.monitor)
    for host in [*ahead, *ahead]:
        asyncio.run(sender.send(Request("GET", f"https://{host}/")))
    assert bench.told == [pytest.approx(HOUR, abs=2)]


def test_a_failed_handshake_is_heard_of_and_passed_on() -> None:
    def fail(request: Request) -> Response:
        raise TlsFailed(request.host, "certificate not valid yet")

    bench = Bench()
    sender = SkewObserver(FakeSender(fail), bench.monitor)
    for _ in range(2):
        with pytest.raises(TlsFailed):
            asyncio.run(sender.send(Request("GET", "https://maps.example/x")))
    assert bench.told == [math.inf]
