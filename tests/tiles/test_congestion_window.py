import heapq
import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.tiles.congestion_window import (
    INITIAL_LIMIT,
    MAX_CONNECTIONS,
    MAX_LIMIT,
    MIN_LIMIT,
    CongestionWindow,
    SentRequest,
    Timing,
)


@dataclass
class Connection:
    """A connection to a service in simulated time.

    The first byte takes `latency_s`; then a link carries one tile at a time. The service works on at most `at_once`
    tiles at a time, each `latency_s` long.
    """

    latency_s: float
    tile_s: float = 0.0
    at_once: int = 1000
    is_multiplexed: bool = True

    def __post_init__(self) -> None:
        self.window = CongestionWindow()
        self.now = 0.0
        self.link_free = 0.0
        self.busy: list[float] = []
        self.numbers = itertools.count()
        self.under_way = 0
        self.waits: list[float] = []

    def fetch(self, tiles: int) -> float:
        """Fetch so many tiles, as many at a time as the window allows; return how long it took."""
        began, left = self.now, tiles
        events: list[tuple[float, int, SentRequest, float]] = []
        while left or events:
            while left and self.under_way < self.window.limit:
                left -= 1
                self.under_way += 1
                sent = SentRequest(self.now, self.under_way)
                self.busy = sorted(at for at in self.busy if at > self.now)
                starts = self.now if len(self.busy) < self.at_once else self.busy[-self.at_once]
                head = starts + self.latency_s
                self.busy.append(head)
                self.link_free = max(self.link_free, head) + self.tile_s
                heapq.heappush(events, (self.link_free, next(self.numbers), sent, head - sent.at))
            self.now, _, sent, head_s = heapq.heappop(events)
            self.under_way -= 1
            self.waits.append(self.now - sent.at)
            self.window.succeeded(sent, self.under_way, Timing(head_s, self.is_multiplexed), self.now)
        return self.now - began


@pytest.mark.parametrize("latency_s", [0.15, 0.4, 1.0])
def test_over_a_long_path_as_many_are_under_way_as_may_be_after_two_rounds(latency_s: float) -> None:
    connection = Connection(latency_s)
    assert connection.fetch(INITIAL_LIMIT + 2 * INITIAL_LIMIT + 1) == pytest.approx(3 * latency_s)
    connection.fetch(2 * MAX_LIMIT)
    assert connection.fetch(2 * MAX_LIMIT) == pytest.approx(2 * latency_s)
    assert connection.window.limit == MAX_LIMIT


@pytest.mark.parametrize(("latency_s", "tile_s"), [(0.04, 0.08), (0.1, 0.1), (0.04, 0.5), (0.4, 0.4)])
def test_over_a_slow_link_few_are_under_way_so_that_none_waits_long_and_the_link_is_never_idle(
    latency_s: float, tile_s: float
) -> None:
    connection = Connection(latency_s, tile_s)
    connection.fetch(60)
    assert MIN_LIMIT <= connection.window.limit <= 6
    connection.waits.clear()
    assert connection.fetch(40) <= latency_s + 40 * tile_s * 1.05
    assert max(connection.waits) <= latency_s + 6 * tile_s


def test_over_a_long_path_with_a_link_that_fills_up_the_link_is_kept_busy() -> None:
    connection = Connection(0.4, 0.03)
    connection.fetch(100)
    assert connection.fetch(100) <= 0.4 + 100 * 0.03 * 1.1
    assert connection.window.limit < MAX_LIMIT


def test_a_service_that_works_on_few_at_a_time_is_not_swamped() -> None:
    connection = Connection(0.2, at_once=2)
    connection.fetch(60)
    assert connection.window.limit <= 6
    assert connection.fetch(40) <= 40 * 0.2 / 2 * 1.05


def test_a_path_that_grew_long_is_noticed_within_a_few_minutes() -> None:
    connection = Connection(0.01, 0.1)
    connection.fetch(40)
    few = connection.window.limit
    connection.latency_s, connection.tile_s = 0.5, 0.0
    for _ in range(20):
        connection.now += 10.0
        connection.fetch(40)
    assert few <= 6 < MAX_LIMIT == connection.window.limit


def test_with_a_connection_for_each_request_there_are_no_more_than_before() -> None:
    connection = Connection(0.4, is_multiplexed=False)
    connection.fetch(100)
    assert connection.window.limit == MAX_CONNECTIONS


def test_a_viewer_who_needs_few_tiles_does_not_earn_a_large_burst() -> None:
    window = CongestionWindow()
    for second in range(100):
        window.succeeded(SentRequest(second, 1), 0, Timing(0.2, True), second + 0.2)
    assert window.limit == INITIAL_LIMIT


def test_a_complaint_halves_the_number_once_for_all_that_was_under_way() -> None:
    window = CongestionWindow()
    for count in range(INITIAL_LIMIT):
        window.congested(SentRequest(1.0, count + 1), 1.5)
    assert window.limit == INITIAL_LIMIT // 2
    window.congested(SentRequest(1.6, 1), 2.0)
    assert window.limit == INITIAL_LIMIT // 4
    window.congested(SentRequest(2.1, 1), 2.5)
    window.congested(SentRequest(2.6, 1), 3.0)
    assert window.limit == MIN_LIMIT


EVENTS = st.lists(
    st.tuples(st.booleans(), st.floats(0, 100), st.integers(0, 60), st.floats(0, 30), st.booleans()), max_size=60
)


@settings(max_examples=60)
@given(EVENTS)
def test_whatever_happens_the_number_stays_within_its_bounds(
    events: list[tuple[bool, float, int, float, bool]],
) -> None:
    window, now = CongestionWindow(), 0.0
    for is_answer, took_s, others, head_s, is_multiplexed in events:
        now += took_s
        sent = SentRequest(now - took_s, others + 1)
        if is_answer:
            window.succeeded(sent, others, Timing(head_s, is_multiplexed), now)
        else:
            window.congested(sent, now)
        assert MIN_LIMIT <= window.limit <= MAX_LIMIT


def grown(window: CongestionWindow, at: float, took_s: float, head_s: float, *, count: int, others: int = 0) -> float:
    """Take in one reply and return the exact limit."""
    window.succeeded(SentRequest(at, count), others, Timing(head_s, True), at + took_s)
    return window._limit


def test_the_limit_grows_by_one_a_reply_at_first_and_by_one_a_round_after_congestion() -> None:
    window = CongestionWindow()
    assert (window.limit, MIN_LIMIT, MAX_CONNECTIONS, MAX_LIMIT) == (8, 2, 8, 24)
    assert grown(window, 0.0, 0.4, 0.4, count=8) == 9.0
    assert grown(window, 0.0, 0.4, 0.4, count=8) == 10.0, "one less than the limit is enough"
    assert grown(window, 0.0, 0.4, 0.4, count=8) == 10.0, "two less is not"
    assert grown(window, 0.0, 0.4, 0.4, count=1, others=8) == 11.0, "those still under way count, with this one"
    window.congested(SentRequest(1.0, 1), 1.0)
    assert grown(window, 1.0, 0.4, 0.4, count=5) == pytest.approx(5.5 + 1 / 5.5)


@pytest.mark.parametrize(
    ("took_s", "limit"),
    [
        # With 0.4 s alone and 0.05 s tolerated, 8 requests that take t have 8 (1 - 0.45 / t) of them queued.
        (0.59, 9.0),  # 1.9
        (0.61, 8.0),  # 2.1
        (0.89, 8.0),  # 3.96
        (0.91, 7.5),  # 4.04
    ],
)
def test_the_limit_follows_the_number_of_queued_requests(took_s: float, limit: float) -> None:
    window = CongestionWindow()
    window.succeeded(SentRequest(0.0, 1), 0, Timing(0.4, True), 0.4)
    assert grown(window, 1.0, took_s, 0.4, count=8) == limit


def test_after_queueing_the_limit_grows_slowly_and_never_shrinks_below_two() -> None:
    window = CongestionWindow()
    window.succeeded(SentRequest(0.0, 1), 0, Timing(0.1, True), 0.1)
    assert grown(window, 1.0, 9.0, 0.1, count=8) == 7.5
    assert grown(window, 20.0, 0.1, 0.1, count=8) == pytest.approx(7.5 + 1 / 7.5)
    for second in range(30):
        grown(window, 100.0 + second, 9.0, 0.1, count=8)
    assert window.limit == 2


def test_the_shortest_time_is_forgotten_after_one_to_two_minutes() -> None:
    window = CongestionWindow()
    window.succeeded(SentRequest(0.0, 1), 0, Timing(0.1, True), 0.0)

    def baseline_s(now: float, head_s: float) -> float:
        return window._baseline_s(head_s, now)

    assert baseline_s(30.0, 0.5) == 0.1
    assert baseline_s(59.9, 0.5) == 0.1
    assert baseline_s(60.0, 0.4) == 0.1, "that of the former minute still counts"
    assert baseline_s(119.9, 0.3) == 0.1
    assert baseline_s(120.0, 0.6) == 0.3
    assert baseline_s(180.0, 0.7) == 0.6


def test_a_reply_takes_at_least_as_long_as_its_head() -> None:
    window = CongestionWindow()
    window.succeeded(SentRequest(0.0, 1), 0, Timing(0.1, True), 0.1)
    assert grown(window, 1.0, 0.0, 9.0, count=8) == 7.5


def test_requests_sent_before_the_limit_was_halved_do_not_halve_it_again() -> None:
    window = CongestionWindow()
    window.congested(SentRequest(0.0, 1), 5.0)
    window.congested(SentRequest(4.9, 1), 6.0)
    assert window.limit == 4
    window.congested(SentRequest(5.0, 1), 6.0)
    assert window.limit == 2
