"""Tells the init system what the app does, and that it is alive, as long as it really is.

Alive means that within the last two thirds of the watchdog's period a frame was shown and the inbox was empty once,
that the io thread answers, and that no worker hangs. A thread that computes or waits for a CPU hangs only after very
long (`core.jobs.hung_s`): on a slow machine a big job takes minutes. The main thread sends the signs of life itself,
so that they end when it hangs. Without a watchdog no frame is drawn for this; workers and the io thread are checked all
the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from tvapp.core.jobs import RunningJob, stack_of
from tvapp.core.log import Log
from tvapp.host.systemd.notify import Notifier
from tvapp.host.systemd.status import Situation, words

STUCK_S = 120.0
"""Longer than any job is blocked: every request (MSAL's too) and every write to a slow card has a lower bound."""
HOPELESS_S = 180.0
"""After so long a worker will not come back: only a new process helps."""
IO_STUCK_S = 10.0
"""The io thread's answer to a ping costs it nothing; after so long it counts as stuck."""
JUDGE_AGAIN_S = 1.0
"""How long to wait at least before a job that is slow, but not stuck, is judged again."""
PING_EVERY_S = 20.0
"""Without a watchdog; only when the main thread is awake anyway."""
CHECK_EVERY_S = 1.0
"""How often workers and the io thread are checked, if nothing is due before."""
WELL_AFTER_S = 600.0
"""After so long without a crash, the next one counts as the first again."""
BEATS = 3
"""Signs of life in one period of the watchdog (sd_watchdog_enabled(3) recommends two at least)."""
RETRY_PART = 30
"""A sign of life that had to be withheld is tried again after this fraction of the period."""


class Workers(Protocol):
    """The part of core.jobs.Jobs that the heartbeat uses."""

    def running(self) -> tuple[RunningJob, ...]: ...

    def ping_io(self) -> None: ...

    def io_silence_s(self) -> float: ...

    def io_stack(self) -> str: ...


class Heartbeat:
    """Belongs to the main thread. Times are monotonic seconds."""

    def __init__(
        self,
        notifier: Notifier,
        workers: Workers,
        log: Log,
        situation: Callable[[], Situation] = Situation,
        ran_well: Callable[[], None] = lambda: None,
    ) -> None:
        """`situation` returns the state of the app; `ran_well` is called once after WELL_AFTER_S."""
        self._notifier = notifier
        self._workers = workers
        self._log = log
        self._situation = situation
        self._ran_well: Callable[[], None] | None = ran_well
        self._well_at = math.inf
        period = notifier.watchdog_s
        self._every_s = math.inf if period is None else period / BEATS
        self._retry_s = math.inf if period is None else period / RETRY_PART
        self._due = -math.inf if period is not None else math.inf
        self._shown_at = -math.inf
        self._empty_at = -math.inf
        self._ping_at = -math.inf
        self._stuck: set[RunningJob] = set()
        self._judge_at: dict[RunningJob, float] = {}
        """When to judge again the jobs that are slow, but not stuck."""
        self._is_io_stuck = False
        self._is_ready = False
        self._check_at = -math.inf
        self._was_well = True
        self.alive_at: float | None = None
        """When the init system was last told that the app is alive; None: not yet, or there is no watchdog."""

    def next_wakeup(self) -> float | None:
        """Tell when `needs_frame` or `turned` has something to do; None: not at all."""
        times = [self._due] if self._is_ready else []
        times += [self._judge_time(job) for job in self._workers.running() if job not in self._stuck]
        soonest = min(times, default=math.inf)
        return soonest if soonest < math.inf else None

    def needs_frame(self, now: float) -> bool:
        """Tell whether a frame is needed as a sign of life, because none was shown for another reason."""
        return self._is_ready and now >= self._due and now - self._shown_at > self._every_s

    def shown(self, now: float) -> None:
        """Note that a frame is on the screen, or that there is no display to show one on."""
        self._shown_at = now

    def emptied(self, now: float) -> None:
        """Note that the inbox is empty."""
        self._empty_at = now

    def turned(self, now: float) -> None:
        """The loop has made a turn: report to the init system what is due."""
        if not self._is_ready and self._shown_at > -math.inf:
            self._is_ready = True
            self._well_at = now + WELL_AFTER_S
            self._notifier.ready()
        if self._notifier.is_heard:
            self._notifier.status(words(self._situation()))
        if self._ran_well is not None and now >= self._well_at:
            self._ran_well()
            self._ran_well = None
        is_due = self._is_ready and now >= self._due
        if is_due or now >= self._check_at:
            self._was_well = self._check_threads(now)
        if not is_due:
            return
        fresh_since = now - 2 * self._every_s
        if self._was_well and self._shown_at >= fresh_since and self._empty_at >= fresh_since:
            self._notifier.alive()
            self.alive_at = now
            self._due = now + self._every_s
            self._workers.ping_io()
        else:
            self._due = now + self._retry_s

    def _check_threads(self, now: float) -> bool:
        """Log each part that hangs, once; returns whether the app may still count as alive."""
        running = self._workers.running()
        for job in running:
            if job in self._stuck or now < self._judge_time(job):
                continue
            hung_s = job.hung_s(now)
            if hung_s >= STUCK_S:
                where = stack_of(job.thread)
                self._log.event("job.stuck", level="error", job=job.name, seconds=round(now - job.since), where=where)
                self._stuck.add(job)
            else:
                self._judge_at[job] = now + max(JUDGE_AGAIN_S, STUCK_S - hung_s)
        self._stuck &= set(running)
        self._judge_at = {job: at for job, at in self._judge_at.items() if job in running}
        # During a motion the loop turns a hundred times a second.
        self._check_at = min((now + CHECK_EVERY_S, *(at for job in running if (at := self._judge_time(job)) > now)))
        silence_s = self._workers.io_silence_s()
        if silence_s >= IO_STUCK_S and not self._is_io_stuck:
            where = self._workers.io_stack()
            self._log.event("io.stuck", level="error", seconds=round(silence_s), where=where)
        self._is_io_stuck = silence_s >= IO_STUCK_S
        if silence_s == 0 and now >= self._ping_at:
            self._ping_at = now + PING_EVERY_S
            self._workers.ping_io()
        # The ping of the last beat has to be answered by now.
        io_answers = silence_s < min(self._every_s / 2, IO_STUCK_S)
        return io_answers and not any(job.hung_s(now) >= HOPELESS_S for job in self._stuck)

    def _judge_time(self, job: RunningJob) -> float:
        return self._judge_at.get(job, job.since + STUCK_S)
