"""The pace at which an upload is asked for, and the mark by which it is found again."""

from __future__ import annotations

import asyncio

import pytest

from tvapp.core.errors import TimedOut
from tvapp.fences.model.change import Change
from tvapp.fences.stores.map_data_sending import POLL, POLL_TIMEOUT_S, PollPacer, describe


class Waits:
    """Keeps how long was waited for."""

    def __init__(self) -> None:
        self.all_s: list[float] = []
        self.pacer = PollPacer("service.example", sleep=self._sleep, random=lambda: 0.5)

    async def _sleep(self, delay_s: float) -> None:
        self.all_s.append(delay_s)

    def wait(self, retry_after_s: float | None = None, times: int = 1) -> None:
        for _ in range(times):
            asyncio.run(self.pacer.wait(retry_after_s))


def test_polls_come_less_and_less_often_and_not_before_the_service_says() -> None:
    waits = Waits()
    for _ in range(4):
        waits.wait()
    assert waits.all_s == [POLL.delay(attempt, 0.5) for attempt in range(4)]
    assert waits.all_s == sorted(set(waits.all_s))
    waits.wait(100.0)
    assert waits.all_s[-1] == POLL.delay(4, 0.5, 100.0) >= 100.0


def test_an_attempt_waits_for_ten_minutes_in_all_and_not_a_moment_longer() -> None:
    waits = Waits()
    with pytest.raises(TimedOut) as raised:
        waits.wait(times=1_000)
    assert str(raised.value) == "service.example: the upload is still being processed"
    assert POLL_TIMEOUT_S - 15.0 < sum(waits.all_s) <= POLL_TIMEOUT_S
    exact = Waits()
    exact.pacer = PollPacer("service.example", sleep=exact._sleep, random=lambda: 0.0)
    exact.wait(POLL_TIMEOUT_S)
    assert sum(exact.all_s) == pytest.approx(POLL_TIMEOUT_S)
    with pytest.raises(TimedOut):
        exact.wait()


def test_an_upload_is_described_by_its_change_its_content_and_its_fence() -> None:
    change = Change("7", "", "depot", b"", b"feature")
    mark, digest, fence = describe(change).split(" ")
    assert (mark, fence, len(digest)) == ("tvapp:7", "depot", 16)
    assert int(digest, 16)
    assert describe(Change("7", "", "depot", b"", b"other")) != describe(change)
    assert len(describe(Change("7", "", "x" * 400, b"", b"feature"))) == 200
