"""Background work: worker threads, one asyncio thread, and the inbox the main loop drains.

The only module that starts threads. Work goes out as functions or coroutines, results come back as immutable
messages in the inbox; nothing else is shared between threads.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from tvapp.core.errors import TvappError
from tvapp.core.log import Log

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JobFailed:
    """A job ended with an exception; `name` tells which."""

    name: str
    error: BaseException


class Inbox:
    """Messages for the main thread; `wake` is called after each one, from the sender's thread."""

    def __init__(self, wake: Callable[[], None] = lambda: None) -> None:
        self._queue: queue.SimpleQueue[object] = queue.SimpleQueue()
        self.wake = wake

    def post(self, message: object) -> None:
        """Leave a message; may be called from any thread."""
        self._queue.put(message)
        self.wake()

    def __len__(self) -> int:
        return self._queue.qsize()

    def drain(self) -> Iterator[object]:
        """Yield the messages that are there now. The caller stops early when its time allowance is used up."""
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
        new_loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
    ) -> None:
        """`new_loop` makes the io thread's loop; None: asyncio's own, which is imported only when it is needed."""
        self.inbox = inbox
        self._log = log
        self._new_loop = new_loop
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="worker")
        self._io_lock = threading.Lock()
        self._io_loop: asyncio.AbstractEventLoop | None = None
        self._io_thread: threading.Thread | None = None
        self._stopped = False

    def run(self, name: str, work: Callable[[], object]) -> Future[None]:
        """Run `work` on a worker and post what it returns (None posts nothing); JobFailed if it raises."""
        return self._pool.submit(self._run, name, work)

    def thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """Run `work`, which goes on until it is told to stop, on a thread of its own; JobFailed if it raises."""
        thread = threading.Thread(target=self._run, args=(name, work), name=name, daemon=True)
        thread.start()
        return thread

    def call(self, work: Callable[[], T]) -> Future[T]:
        """Run `work` on a worker for a caller that waits for the result itself (never the main thread)."""
        return self._pool.submit(work)

    async def in_worker(self, work: Callable[[], T]) -> T:
        """Await `work` on a worker, from a coroutine on the io thread."""
        import asyncio

        return await asyncio.wrap_future(self._pool.submit(work))

    def spawn(self, name: str, work: Callable[[], Coroutine[Any, Any, object]]) -> Future[None]:
        """Run a coroutine on the io thread and post what it returns; cancel the future to cancel it."""
        import asyncio

        return asyncio.run_coroutine_threadsafe(self._arun(name, work), self.io_loop())

    def io_loop(self) -> asyncio.AbstractEventLoop:
        """Return the io thread's loop, starting the thread at first use."""
        with self._io_lock:
            if self._io_loop is None:
                import asyncio

                loop = (self._new_loop or asyncio.new_event_loop)()
                self._io_loop = loop
                self._io_thread = threading.Thread(target=_serve, args=(loop,), name="io", daemon=True)
                self._io_thread.start()
            return self._io_loop

    def stop(self, timeout_s: float = 3.0) -> bool:
        """Cancel what runs, and wait at most `timeout_s` for the threads; True when all have ended."""
        self._stopped = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        loop, thread = self._io_loop, self._io_thread
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout_s)
            return not thread.is_alive()
        return True

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


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    import asyncio

    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=1.0))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
