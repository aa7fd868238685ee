"""Background work: worker threads, one asyncio thread, and the inbox the main loop drains.

The only module that starts threads. Work goes out as functions or coroutines, results come back as immutable
messages in the inbox; nothing else is shared between threads.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from tvapp.core.clock import Clock, SystemClock
from tvapp.core.errors import TvappError
from tvapp.core.frame_gate import FrameGate
from tvapp.core.log import Log
from tvapp.core.thread_schedule import Spent, ThreadMeter

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")

WORKER = "worker"
"""The prefix of the names of worker threads."""

_BEGIN_TURNS = 100
"""Turns of the loop in which new tasks may begin before they are cancelled, in case each starts another one."""

COMPUTING = 5
"""A thread that computes may take so many times as long as one that is blocked before it counts as hung."""

MAX_STACK_PLACES = 12
"""How many frames `stack_of` returns: enough from where a thread hangs to its job."""


class JobResult:
    """The result of a service's own job: a message for that service alone.

    Subclasses set `service`: the first part of the names of the service's jobs.
    """

    __slots__ = ()
    service: ClassVar[str]


@dataclass(frozen=True, slots=True)
class JobFailed:
    """A job ended with an exception; `name` tells which."""

    name: str
    error: BaseException


class JobsStopped(Exception):
    """The jobs were stopped before the result that a worker waited for."""


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A job that a worker has been running since `since` (monotonic seconds), and the id of its thread.

    `meter` tells how the thread has spent its time since then; without one it counts as blocked all the time.
    """

    name: str
    since: float
    thread: int
    meter: ThreadMeter | None = field(default=None, compare=False)

    def hung_s(self, now: float) -> float:
        """Return for how long it seems to hang (see `hung_s`): a slow job on a slow machine does not."""
        return now - self.since if self.meter is None else hung_s(self.meter.spent())


class Inbox:
    """Messages for the main thread; `wake` is called after each one, from the sender's thread."""

    def __init__(self, wake: Callable[[], None] = lambda: None) -> None:
        self._queue: queue.SimpleQueue[object] = queue.SimpleQueue()
        self.wake = wake

    def post(self, message: object) -> None:
        """Add a message; may be called from any thread."""
        self._queue.put(message)
        self.wake()

    def __len__(self) -> int:
        return self._queue.qsize()

    def drain(self) -> Iterator[object]:
        """Yield the messages that are there now; the caller may stop early, when its time budget is used up."""
        for _ in range(self._queue.qsize()):
            try:
                yield self._queue.get_nowait()
            except queue.Empty:
                return


class Jobs:
    """Runs blocking functions on a small pool of workers and coroutines on one asyncio thread."""

    def __init__(
        self,
        inbox: Inbox,
        log: Log,
        *,
        workers: int = 3,
        clock: Clock | None = None,
        new_loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
    ) -> None:
        """`new_loop` makes the io thread's loop; None: an `io_loop.IoLoop`, which is imported only when needed."""
        self.inbox = inbox
        self._log = log
        self._clock = clock or SystemClock()
        self.gate = FrameGate(self._clock.monotonic)
        """Long computations wait here while a frame is due."""
        self._new_loop = new_loop
        self._running: dict[int, RunningJob] = {}
        self._ping: ThreadMeter | None = None
        """Measures the io thread while a ping is unanswered."""
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=WORKER)
        self._io_lock = threading.Lock()
        self._io_loop: asyncio.AbstractEventLoop | None = None
        self._io_thread: threading.Thread | None = None
        self._stopped = False
        self._waiting: set[Future[Any]] = set()
        """Coroutines on the io thread that workers wait for."""

    def run(self, name: str, work: Callable[[], object]) -> Future[None]:
        """Run `work` on a worker and post what it returns (None posts nothing); JobFailed if it raises."""
        return self._pool.submit(self._noted, name, lambda: self._run(name, work))

    def thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """Run `work`, which runs until it is told to stop, on a thread of its own; JobFailed if it raises."""
        thread = threading.Thread(target=self._run, args=(name, work), name=name, daemon=True)
        thread.start()
        return thread

    def call(self, work: Callable[[], T]) -> Future[T]:
        """Run `work` on a worker for a caller that waits for the result itself (never the main thread)."""
        return self._pool.submit(self._noted, name_of(work), work)

    async def in_worker(self, work: Callable[[], T]) -> T:
        """Await `work` on a worker, from a coroutine on the io thread."""
        import asyncio

        return await asyncio.wrap_future(self._pool.submit(self._noted, name_of(work), work))

    def spawn(self, name: str, work: Callable[[], Coroutine[Any, Any, object]]) -> Future[None]:
        """Run a coroutine on the io thread and post what it returns; cancel the future to cancel it."""
        import asyncio

        return asyncio.run_coroutine_threadsafe(self._arun(name, work), self.io_loop())

    def wait_on_io(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine on the io thread and wait for its result; only for workers.

        Raises:
            JobsStopped: `stop` was called before it ended.
        """
        import asyncio

        loop = self.io_loop()
        with self._io_lock:
            if self._stopped:
                raise JobsStopped
            future = asyncio.run_coroutine_threadsafe(work(), loop)
            self._waiting.add(future)
        try:
            return future.result()
        except (CancelledError, asyncio.CancelledError) as error:
            raise JobsStopped from error
        finally:
            with self._io_lock:
                self._waiting.discard(future)

    def io_loop(self) -> asyncio.AbstractEventLoop:
        """Return the io thread's loop, starting the thread at first use."""
        with self._io_lock:
            if self._io_loop is None:
                from tvapp.core.io_loop import IoLoop

                loop = (self._new_loop or IoLoop)()
                self._io_loop = loop
                self._io_thread = threading.Thread(target=_serve, args=(loop,), name="io", daemon=True)
                self._io_thread.start()
            return self._io_loop

    def running(self) -> tuple[RunningJob, ...]:
        """Return the jobs that run now, the oldest first; may be called from any thread."""
        return tuple(sorted(self._running.copy().values(), key=lambda job: job.since))

    def ping_io(self) -> None:
        """Ping the io thread, unless a ping is still unanswered; see `io_silence_s`."""
        loop, thread = self._io_loop, self._io_thread
        if loop is None or thread is None or self._ping is not None or self._stopped:
            return
        self._ping = ThreadMeter(self._clock, thread=thread.native_id)
        loop.call_soon_threadsafe(self._answer_ping)

    def io_silence_s(self) -> float:
        """Return for how long the io thread has seemed to hang (see `hung_s`); 0 when no ping is unanswered."""
        ping = self._ping
        return 0.0 if ping is None else hung_s(ping.spent())

    def io_stack(self) -> str:
        """Return the stack of the io thread as `stack_of` does; "" when it does not run."""
        thread = self._io_thread
        return "" if thread is None or thread.ident is None else stack_of(thread.ident)

    def stop(self, timeout_s: float = 3.0) -> bool:
        """Cancel all jobs and wait at most `timeout_s` for the io thread; returns whether it has ended."""
        with self._io_lock:
            self._stopped = True
            waiting = list(self._waiting)
        self._pool.shutdown(wait=False, cancel_futures=True)
        # The io thread may be stuck: a worker that still waited for it would keep the program from ending.
        for future in waiting:
            future.cancel()
        loop, thread = self._io_loop, self._io_thread
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout_s)
            return not thread.is_alive()
        return True

    def _answer_ping(self) -> None:
        self._ping = None

    def _noted(self, name: str, work: Callable[[], T]) -> T:
        """Run a job on a worker, and list it in `running` meanwhile."""
        thread = threading.get_ident()
        self._running[thread] = RunningJob(name, self._clock.monotonic(), thread, ThreadMeter(self._clock))
        try:
            return work()
        finally:
            del self._running[thread]

    def _run(self, name: str, work: Callable[[], object]) -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - the one broad catch around a job
            self._failed(name, error)
            return
        if result is not None:
            self.inbox.post(result)

    async def _arun(self, name: str, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        try:
            result = await work()
        except Exception as error:  # noqa: BLE001 - the one broad catch around a job
            self._failed(name, error)
            return
        if result is not None:
            self.inbox.post(result)

    def _failed(self, name: str, error: BaseException) -> None:
        if self._stopped:
            return
        if not isinstance(error, TvappError):
            self._log.event("job.failed", level="error", job=name, error=type(error).__name__, detail=str(error))
        self.inbox.post(JobFailed(name, error))


def hung_s(spent: Spent) -> float:
    """Return for how long a thread seems to hang: blocked, or computing for COMPUTING times as long.

    >>> hung_s(Spent(blocked_s=30.0, cpu_s=60.0))
    30.0
    """
    return max(spent.blocked_s, spent.cpu_s / COMPUTING)


def name_of(work: Callable[[], object]) -> str:
    """Return the qualified name of a function.

    >>> name_of(threading.get_ident)
    '_thread.get_ident'
    """
    module = getattr(work, "__module__", None) or type(work).__module__
    return f"{module}.{getattr(work, '__qualname__', type(work).__qualname__)}"


def stack_of(thread: int) -> str:
    """Return the stack of a thread, innermost frame first, as ``module:line < module:line``; no names or values."""
    frame = sys._current_frames().get(thread)
    places: list[str] = []
    while frame is not None and len(places) < MAX_STACK_PLACES:
        places.append(f"{frame.f_globals.get('__name__', '?')}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(places)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    import asyncio

    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(_cancel_tasks())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _cancel_tasks() -> None:
    """Cancel every task of the loop, and wait a second at most for their ends."""
    import asyncio

    # A task that is cancelled before its first step never runs: what it was given to close stays open, and Python warns
    # that its coroutine was never awaited. So let new tasks begin first.
    for _ in range(_BEGIN_TURNS):
        await asyncio.sleep(0)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        if all(getattr(task.get_coro(), "cr_suspended", True) for task in tasks):
            break
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=1.0)
