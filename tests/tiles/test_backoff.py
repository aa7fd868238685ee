import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from tvapp.tiles.backoff import MAX_CONSECUTIVE_FAILURES, NOT_FOUND_RETRY_S, REFUSAL_RETRY_S, TileBackoff
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
def test_who_has_to_wait(error: TvappError, waiting: set[TileId], free: set[TileId]) -> None:
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


def test_a_refusal_is_put_to_the_test_every_minute_and_at_once_after_signing_in() -> None:
    p = backoff()
    p.failed(ROAD, Forbidden("h", 403), 0.0)
    wait = p.wait_for(ROAD, 1.0)
    assert wait is not None
    assert (wait.until, wait.retries) == (REFUSAL_RETRY_S, True)
    p.reset()
    assert p.wait_for(ROAD, 1.0) is None


def test_a_tile_that_does_not_exist_is_remembered() -> None:
    p = backoff()
    p.failed(ROAD, NotFound("h", 404), 0.0)
    wait = p.wait_for(ROAD, NOT_FOUND_RETRY_S - 1)
    assert wait is not None
    assert not wait.retries
    assert p.wait_for(ROAD, NOT_FOUND_RETRY_S) is None


def test_retry_after_is_a_floor_and_one_volley_counts_once() -> None:
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
