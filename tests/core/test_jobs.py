"""Work on other threads, and its messages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from tvapp.core.clock import ManualClock
from tvapp.core.errors import TimedOut
from tvapp.core.jobs import Inbox, JobFailed, Jobs, JobsStopped, hung_s, stack_of
from tvapp.core.log import RecordingLog
from tvapp.core.thread_schedule import Spent

PATIENCE_S = 10.0


class Rig:
    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.inbox = Inbox(self.arrived.set)
        self.log = RecordingLog()
        self.jobs = Jobs(self.inbox, self.log, workers=2)

    def message(self) -> object:
        assert self.arrived.wait(PATIENCE_S)
        return next(iter(self.inbox.drain()))


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    assert rig.jobs.stop()


def test_what_a_worker_returns_becomes_a_message(rig: Rig) -> None:
    rig.jobs.run("answer", lambda: 42)
    assert rig.message() == 42


def test_a_worker_that_returns_nothing_posts_nothing(rig: Rig) -> None:
    rig.jobs.run("quiet", lambda: None).result(PATIENCE_S)
    assert len(rig.inbox) == 0


def test_an_expected_failure_is_a_message_and_no_log_line(rig: Rig) -> None:
    def fail() -> object:
        raise TimedOut("example.com")

    rig.jobs.run("fetch", fail)
    message = rig.message()
    assert isinstance(message, JobFailed)
    assert message.name == "fetch"
    assert isinstance(message.error, TimedOut)
    assert rig.log.events == []


def test_a_defect_is_a_message_and_one_log_line(rig: Rig) -> None:
    def fail() -> object:
        raise KeyError("nobody expected this")

    rig.jobs.run("broken", fail)
    assert isinstance(rig.message(), JobFailed)
    assert [fields["job"] for fields in rig.log.named("job.failed")] == ["broken"]


def test_a_coroutine_runs_on_the_io_thread(rig: Rig) -> None:
    async def where() -> object:
        return threading.current_thread().name

    rig.jobs.spawn("where", where)
    assert rig.message() == "io"


def test_a_coroutine_may_wait_for_a_worker(rig: Rig) -> None:
    async def ask() -> object:
        return await rig.jobs.in_worker(lambda: threading.current_thread().name.partition("_")[0])

    rig.jobs.spawn("ask", ask)
    assert rig.message() == "worker"


def test_stopping_cancels_a_coroutine_that_waits_for_ever() -> None:
    rig = Rig()
    started = threading.Event()
    ended = threading.Event()

    async def wait() -> object:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return None

    rig.jobs.spawn("wait", wait)
    assert started.wait(PATIENCE_S)
    assert rig.jobs.stop()
    assert ended.is_set()


def test_a_task_that_was_made_just_before_the_end_still_begins_and_is_cancelled() -> None:
    begun, ended = threading.Event(), threading.Event()
    tasks: list[asyncio.Task[None]] = []

    async def last() -> None:
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    async def first() -> None:
        tasks.append(asyncio.create_task(last()))
        await asyncio.sleep(3600)

    class Loop(asyncio.SelectorEventLoop):
        def stop(self) -> None:
            if not tasks:
                tasks.append(self.create_task(first()))
            super().stop()

    jobs = Jobs(Inbox(), RecordingLog(), new_loop=Loop)
    jobs.io_loop()
    assert jobs.stop()
    assert begun.is_set()
    assert ended.is_set()
    assert all(task.cancelled() for task in tasks)


def test_draining_takes_only_what_was_there_when_it_began() -> None:
    inbox = Inbox()
    inbox.post(1)
    inbox.post(2)
    seen = []
    for message in inbox.drain():
        seen.append(message)
        inbox.post(message)
    assert seen == [1, 2]
    assert len(inbox) == 2


def test_a_worker_may_wait_for_what_the_io_thread_does(rig: Rig) -> None:
    async def work() -> str:
        await asyncio.sleep(0)
        return threading.current_thread().name

    assert rig.jobs.call(lambda: rig.jobs.wait_on_io(work)).result(PATIENCE_S) == "io"


def test_what_fails_there_fails_for_the_worker(rig: Rig) -> None:
    async def work() -> None:
        raise TimedOut("example.com")

    with pytest.raises(TimedOut):
        rig.jobs.call(lambda: rig.jobs.wait_on_io(work)).result(PATIENCE_S)


def test_a_worker_that_waits_for_the_io_thread_is_let_go_at_the_end() -> None:
    rig, began = Rig(), threading.Event()

    async def work() -> None:
        began.set()
        await asyncio.Event().wait()

    waiting = rig.jobs.call(lambda: rig.jobs.wait_on_io(work))
    assert began.wait(PATIENCE_S)
    assert rig.jobs.stop()
    with pytest.raises(JobsStopped):
        waiting.result(PATIENCE_S)
    with pytest.raises(JobsStopped):
        rig.jobs.wait_on_io(work)


def test_an_io_thread_that_hangs_does_not_keep_a_worker() -> None:
    rig, began, let_go = Rig(), threading.Event(), threading.Event()

    async def work() -> None:
        began.set()
        let_go.wait(PATIENCE_S)

    waiting = rig.jobs.call(lambda: rig.jobs.wait_on_io(work))
    assert began.wait(PATIENCE_S)
    assert not rig.jobs.stop(0.0)
    with pytest.raises(JobsStopped):
        waiting.result(PATIENCE_S)
    let_go.set()
    assert rig.jobs.stop()


@pytest.mark.parametrize("way", ["run", "call", "in_worker"])
def test_what_workers_are_at_is_known_while_they_are(rig: Rig, way: str) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert go_on.wait(PATIENCE_S)

    if way == "run":
        done = rig.jobs.run("work", work)
    elif way == "call":
        done = rig.jobs.call(work)
    else:
        done = rig.jobs.spawn("ask", lambda: rig.jobs.in_worker(work))
    assert begun.wait(PATIENCE_S)
    (running,) = rig.jobs.running()
    assert "work" in running.name
    assert f"{__name__}:" in stack_of(running.thread)
    go_on.set()
    done.result(PATIENCE_S)
    assert rig.jobs.running() == ()


def test_a_thread_that_computes_hangs_only_after_five_times_as_long() -> None:
    assert hung_s(Spent(blocked_s=1.0, cpu_s=500.0)) == 100.0
    assert hung_s(Spent(blocked_s=130.0, cpu_s=500.0)) == 130.0


def test_a_job_that_fails_is_not_running_any_more(rig: Rig) -> None:
    with pytest.raises(ZeroDivisionError):
        rig.jobs.call(lambda: 1 // 0).result(PATIENCE_S)
    assert rig.jobs.running() == ()


def test_the_io_thread_owes_an_answer_until_it_gives_one(rig: Rig) -> None:
    clock = ManualClock(100.0)
    rig.jobs = Jobs(rig.inbox, rig.log, clock=clock)
    rig.jobs.ping_io()
    assert rig.jobs.io_silence_s() == 0, "a thread that was never needed owes nothing"
    busy, go_on = threading.Event(), threading.Event()

    def hang() -> None:
        busy.set()
        assert go_on.wait(PATIENCE_S)

    loop = rig.jobs.io_loop()
    loop.call_soon_threadsafe(hang)
    assert busy.wait(PATIENCE_S)
    rig.jobs.ping_io()
    clock.advance(7.0)
    rig.jobs.ping_io()
    assert 6.0 < rig.jobs.io_silence_s() <= 7.0, "but for what it computed"
    assert f"{__name__}:" in rig.jobs.io_stack()
    go_on.set()
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(PATIENCE_S)
    assert rig.jobs.io_silence_s() == 0
