import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.backoff import Backoff
from tvapp.core.errors import (
    ConnectionBroken,
    DataError,
    Forbidden,
    NotFound,
    ServiceDown,
    ServiceError,
    SignInError,
    Throttled,
    TimedOut,
    TvappError,
    Unauthorized,
    UnexpectedReply,
    Unreachable,
)
from tvapp.tiles.backoff import (
    MAX_CONSECUTIVE_FAILURES,
    QUICK_AGAIN_AFTER,
    REFUSAL_RETRY_S,
    TileBackoff,
)
from tvapp.tiles.tile import TileId

ROAD = TileId("road", 3, 1, 1)
NEXT = TileId("road", 3, 2, 1)
IMAGERY = TileId("imagery", 3, 1, 1)


def backoff() -> TileBackoff:
    return TileBackoff(lambda: 0.5)


@pytest.mark.parametrize(
    ("error", "waiting", "free"),
    [
        (Unauthorized("h", 401), {ROAD, NEXT, IMAGERY}, set()),
        (SignInError("interaction_required"), {ROAD, NEXT, IMAGERY}, set()),
        (Throttled("h", 429), {ROAD, NEXT, IMAGERY}, set()),
        (ServiceDown("h", 503, retry_after_s=9.0), {ROAD, NEXT, IMAGERY}, set()),
        (Forbidden("h", 403), {ROAD, NEXT}, {IMAGERY}),
        (NotFound("h", 404), {ROAD}, {NEXT, IMAGERY}),
        (ServiceDown("h", 500), {ROAD}, {NEXT, IMAGERY}),
        (DataError("x", "cut short"), {ROAD}, {NEXT, IMAGERY}),
        (UnexpectedReply("h", 200, "html"), {ROAD}, {NEXT, IMAGERY}),
        (ConnectionBroken("h"), {ROAD}, {NEXT, IMAGERY}),
        (ServiceError("h", 418), {ROAD}, {NEXT, IMAGERY}),
    ],
)
def test_which_tiles_have_to_wait(error: TvappError, waiting: set[TileId], free: set[TileId]) -> None:
    p = backoff()
    p.failed(ROAD, error, 0.0)
    assert all(p.wait_for(tile, 0.5) is not None for tile in waiting)
    assert all(p.wait_for(tile, 0.5) is None for tile in free)


def test_a_tile_that_fails_waits_longer_each_time() -> None:
    p, now, waits = backoff(), 0.0, []
    for _ in range(4):
        p.failed(ROAD, ServiceDown("h", 500), now)
        wait = p.own_wait(ROAD, now)
        assert wait is not None
        waits.append(wait.until - now)
        now = wait.until
        assert p.own_wait(ROAD, now) is None
    assert waits == sorted(waits)
    assert len(set(waits)) == 4


def test_it_counts_the_failures_of_a_tile_until_it_comes() -> None:
    waits, counts = backoff(), []
    for now in range(3):
        counts.append(waits.failures(ROAD))
        waits.failed(ROAD, ConnectionBroken("h"), float(now))
    assert counts == [0, 1, 2]
    assert waits.failures(NEXT) == 0
    waits.succeeded(ROAD, 100.0)
    assert waits.failures(ROAD) == 0


def test_a_time_out_counts_for_all_tiles_until_many_have_come_without_one() -> None:
    waits = backoff()
    for _ in range(2):
        waits.failed(ROAD, TimedOut("h"), 0.0)
        waits.failed(IMAGERY, TimedOut("h"), 0.0)
    counts = []
    for _ in range(3):
        counts.append(waits.failures(NEXT))
        for number in range(QUICK_AGAIN_AFTER):
            waits.succeeded(TileId("other", 9, number, 0), 100.0)
    assert counts == [2, 1, 0]
    waits.failed(ROAD, TimedOut("h"), 0.0)
    waits.reset()
    assert waits.failures(NEXT) == 0


def test_a_refusal_is_put_to_the_test_every_minute_and_at_once_after_signing_in() -> None:
    p = backoff()
    p.failed(ROAD, Forbidden("h", 403), 0.0)
    wait = p.wait_for(ROAD, 1.0)
    assert wait is not None
    assert wait.until == REFUSAL_RETRY_S
    p.reset()
    assert p.wait_for(ROAD, 1.0) is None


def test_a_tile_that_does_not_exist_is_asked_for_again_more_and_more_rarely() -> None:
    p = backoff()
    p.failed(ROAD, NotFound("h", 404), 0.0)
    now, waits = 0.0, []
    for _ in range(6):
        wait = p.wait_for(ROAD, now)
        assert wait is not None
        waits.append(wait.until - now)
        now = wait.until
        assert p.wait_for(ROAD, now) is None
        p.failed(ROAD, NotFound("h", 404), now)
    assert waits == [600.0, 1200.0, 2400.0, 2700.0, 2700.0, 2700.0]
    assert p.wait_for(NEXT, now) is None


def test_retry_after_is_a_floor_and_one_burst_counts_once() -> None:
    p = backoff()
    for tile in (ROAD, NEXT, IMAGERY):
        p.failed(tile, Throttled("h", 429, retry_after_s=20.0), 0.0)
    wait = p.wait_for(ROAD, 0.0)
    assert wait is not None
    assert 20.0 <= wait.until < 22.0


def test_an_answer_that_was_on_its_way_does_not_end_the_wait_of_all() -> None:
    p = backoff()
    p.failed(ROAD, Throttled("h", 429, retry_after_s=20.0), 0.0)
    p.succeeded(NEXT, 1.0)
    assert p.wait_for(ROAD, 2.0) is not None
    assert p.is_probing
    p.succeeded(NEXT, 30.0)
    assert not p.is_probing


def test_what_was_held_back_waits_as_long_as_its_host_and_no_longer_however_often() -> None:
    p, now = backoff(), 0.0
    for _ in range(20):
        p.failed(ROAD, ServiceDown("h", 503, retry_after_s=3.0, was_sent=False), now)
        wait = p.wait_for(NEXT, now)
        assert wait is not None
        assert wait.until == now + 3.0
        assert isinstance(wait.error, ServiceDown)
        now = wait.until
        assert p.wait_for(ROAD, now) is None
    assert p.is_probing
    p.succeeded(ROAD, now)
    assert not p.is_probing


def test_many_failures_in_a_row_make_all_wait_and_one_success_ends_it() -> None:
    p = backoff()
    for x in range(MAX_CONSECUTIVE_FAILURES):
        p.failed(TileId("road", 9, x, 0), TimedOut("h"), 0.0)
    wait = p.wait_for(IMAGERY, 0.0)
    assert wait is not None
    assert p.is_probing
    assert p.wait_for(IMAGERY, wait.until) is None
    p.succeeded(IMAGERY, wait.until)
    assert not p.is_probing


def test_a_lost_network_holds_all_and_its_return_frees_what_it_held() -> None:
    p = backoff()
    p.failed(ROAD, Unreachable("h"), 0.0)
    p.failed(NEXT, NotFound("h", 404), 0.0)
    p.network_lost(Unreachable("h"))
    assert p.wait_for(IMAGERY, 1e9) is not None
    assert p.own_wait(IMAGERY, 0.0) is None
    p.network_restored()
    assert p.wait_for(ROAD, 0.1) is None
    assert p.wait_for(NEXT, 0.1) is not None


ERRORS: list[TvappError] = [
    Unauthorized("h", 401),
    Forbidden("h", 403),
    Throttled("h", 429, retry_after_s=5.0),
    ServiceDown("h", 500),
    NotFound("h", 404),
    TimedOut("h"),
    SignInError("x", needs_person=False),
]


@given(st.lists(st.tuples(st.sampled_from([ROAD, NEXT, IMAGERY]), st.sampled_from(ERRORS)), max_size=30))
def test_whatever_went_wrong_everything_is_tried_again_within_the_hour(steps: list[tuple[TileId, TvappError]]) -> None:
    p = backoff()
    for second, (tile, error) in enumerate(steps):
        p.failed(tile, error, float(second))
    assert all(p.wait_for(tile, 30 + 3700.0) is None for tile in (ROAD, NEXT, IMAGERY))


def test_how_long_each_failure_makes_tiles_wait() -> None:
    def until(error: TvappError) -> float:
        p = backoff()
        p.failed(ROAD, error, 100.0)
        wait = p.wait_for(ROAD, 100.0)
        assert wait is not None
        assert wait.error is error
        return wait.until - 100.0

    assert until(Unauthorized("h", 401)) == until(Forbidden("h", 403)) == 60.0
    assert until(NotFound("h", 404)) == 600.0
    # With the middle of all random numbers: one second for a tile, two for all tiles.
    assert until(ServiceDown("h", 500)) == pytest.approx(1.0, rel=0.5)
    assert until(Throttled("h", 429)) == pytest.approx(2.0, rel=0.5)
    assert until(ServiceDown("h", 503, retry_after_s=9.0)) >= 9.0


def test_a_tile_waits_twice_as_long_after_each_failure_and_anew_after_a_success() -> None:
    p, now, waits = backoff(), 0.0, []
    for attempt in range(6):
        if attempt == 4:
            p.succeeded(ROAD, now)
        p.failed(ROAD, ServiceDown("h", 500), now)
        wait = p.own_wait(ROAD, now)
        assert wait is not None
        waits.append(wait.until - now)
        now = wait.until
        p.network_restored()
    assert waits == pytest.approx([waits[0] * factor for factor in (1, 2, 4, 8, 1, 2)])


def test_all_tiles_wait_twice_as_long_after_each_refusal_until_a_success() -> None:
    p, now, waits = backoff(), 0.0, []
    for attempt in range(5):
        if attempt == 3:
            p.succeeded(ROAD, now)
        p.failed(ROAD, Throttled("h", 429), now)
        wait = p.wait_for(ROAD, now)
        assert wait is not None
        waits.append(wait.until - now)
        now = wait.until
    assert waits == pytest.approx([waits[0] * factor for factor in (1, 2, 4, 1, 2)])


def test_a_missing_sign_in_counts_as_a_refusal_of_all() -> None:
    p = backoff()
    p.failed(ROAD, Unauthorized("h", 401), 0.0)
    p.failed(ROAD, Throttled("h", 429), 60.0)
    first = backoff()
    first.failed(ROAD, Throttled("h", 429), 60.0)
    later, sooner = p.wait_for(ROAD, 60.0), first.wait_for(ROAD, 60.0)
    assert later is not None
    assert sooner is not None
    assert later.until - 60.0 == pytest.approx(2 * (sooner.until - 60.0))


def test_failures_sent_together_count_once_but_for_a_longer_retry_after() -> None:
    p = backoff()
    p.failed(ROAD, Throttled("h", 429, retry_after_s=20.0), 0.0)
    before = p.wait_for(ROAD, 0.0)
    assert before is not None
    p.failed(NEXT, Throttled("h", 429, retry_after_s=5.0), 1.0)
    shorter = p.wait_for(ROAD, 1.0)
    assert shorter is not None
    assert shorter.until == before.until
    p.failed(NEXT, Throttled("h", 429, retry_after_s=50.0), 1.0)
    longer = p.wait_for(ROAD, 1.0)
    assert longer is not None
    assert longer.until == 51.0


def test_a_request_held_back_never_shortens_the_wait_of_all() -> None:
    p = backoff()
    p.failed(ROAD, Throttled("h", 429, retry_after_s=50.0), 0.0)
    before = p.wait_for(ROAD, 0.0)
    assert before is not None
    p.failed(NEXT, ServiceDown("h", 503, retry_after_s=3.0, was_sent=False), 1.0)
    after = p.wait_for(ROAD, 1.0)
    assert after is not None
    assert after.until == before.until
    assert p.own_wait(NEXT, 1.0) is None


def test_a_request_that_was_not_sent_and_says_no_time_counts_as_a_failure_of_its_tile() -> None:
    p = backoff()
    p.failed(ROAD, ServiceDown("h", 503, was_sent=False), 0.0)
    assert p.own_wait(ROAD, 0.0) is not None
    assert p.wait_for(NEXT, 0.0) is None


def test_it_takes_six_failures_in_a_row_to_make_all_wait() -> None:
    p, probing = backoff(), []
    for x in range(6):
        p.failed(TileId("road", 9, x, 0), TimedOut("h"), 0.0)
        probing.append(p.is_probing)
    assert probing == [False] * 5 + [True]
    q = backoff()
    for x in range(11):
        q.failed(TileId("road", 9, x, 0), TimedOut("h"), 0.0)
        if x in (4, 9):
            q.succeeded(IMAGERY, 0.0)
    assert not q.is_probing


def test_a_restored_network_ends_probing_and_the_wait_that_the_network_caused() -> None:
    p = backoff()
    for x in range(7):
        p.failed(TileId("road", 9, x, 0), TimedOut("h"), 0.0)
    p.network_restored()
    assert not p.is_probing
    assert p.wait_for(IMAGERY, 0.0) is None
    p.failed(ROAD, Throttled("h", 429), 0.0)
    p.network_restored()
    assert p.wait_for(IMAGERY, 0.0) is not None, "the service refused; the network has nothing to do with it"


def test_while_the_network_is_away_tiles_are_reported_for_a_minute_at_a_time() -> None:
    p, error = backoff(), Unreachable("h")
    p.network_lost(error)
    wait = p.wait_for(ROAD, 100.0)
    assert wait is not None
    assert (wait.error, wait.until) == (error, 160.0)


def test_a_reset_forgets_every_failure() -> None:
    p = backoff()
    for x in range(7):
        p.failed(TileId("road", 9, x, 0), TimedOut("h"), 0.0)
    p.failed(ROAD, Forbidden("h", 403), 0.0)
    p.failed(ROAD, NotFound("h", 404), 0.0)
    p.reset()
    assert not p.is_probing
    assert all(p.wait_for(tile, 0.0) is None for tile in (ROAD, IMAGERY, TileId("road", 9, 6, 0)))


def test_failures_of_thousands_of_tiles_are_not_all_remembered() -> None:
    p = backoff()
    for x in range(2000):
        p.failed(TileId("road", 12, x, 0), NotFound("h", 404), 0.0)
    p.failed(TileId("road", 12, 0, 0), NotFound("h", 404), 0.0)
    p.failed(TileId("road", 12, 2000, 0), NotFound("h", 404), 0.0)
    known = [x for x in range(2001) if p.own_wait(TileId("road", 12, x, 0), 0.0) is not None]
    assert known == [0, *range(2, 2001)]


@pytest.mark.parametrize(
    ("error", "first_s"), [(ServiceDown("h", 500), 1.0), (Throttled("h", 429), 2.0)], ids=["tile", "all"]
)
def test_waits_begin_at_one_second_for_a_tile_and_two_for_all_and_end_at_a_minute(
    error: TvappError, first_s: float
) -> None:
    p, now, waits = TileBackoff(lambda: 0.0), 0.0, []
    for _ in range(12):
        p.failed(ROAD, error, now)
        wait = p.wait_for(ROAD, now)
        assert wait is not None
        waits.append(wait.until - now)
        now = wait.until
        p.network_restored()
    delays = Backoff(first_s=first_s, ceiling_s=60.0)
    assert waits == pytest.approx([delays.delay(attempt, 0.0) for attempt in range(12)])


def test_a_sign_in_that_is_throttled_counts_as_a_refusal_of_all() -> None:
    p = backoff()
    p.failed(ROAD, SignInError("throttled", needs_person=False, retry_after_s=30.0), 0.0)
    wait = p.wait_for(NEXT, 0.0)
    assert wait is not None
    assert wait.until > 30.0, "the back-off adds its jitter, as for every refusal"


def test_a_tile_that_did_not_exist_and_then_fails_counts_as_failed_once_before() -> None:
    p = backoff()
    p.failed(ROAD, NotFound("h", 404), 0.0)
    p.failed(ROAD, ServiceDown("h", 500), 600.0)
    wait = p.own_wait(ROAD, 600.0)
    assert wait is not None
    assert wait.until - 600.0 == pytest.approx(2.0, abs=0.01)
