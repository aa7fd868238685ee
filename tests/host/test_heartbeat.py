"""The heartbeat: fed while everything lives, silent as soon as something hangs; no frame for nothing."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from tvapp.core.clock import ManualClock
from tvapp.core.jobs import COMPUTING, RunningJob
from tvapp.core.log import RecordingLog
from tvapp.core.thread_schedule import Schedule, ThreadMeter
from tvapp.host.heartbeat import BEATS, HOPELESS_S, IO_STUCK_S, PING_EVERY_S, STUCK_S, WELL_AFTER_S, Heartbeat
from tvapp.host.systemd.notify import Notifier
from tvapp.host.systemd.status import Situation, words

PERIOD_S = 60.0
EVERY_S = PERIOD_S / BEATS


class System(Notifier):
    """Remembers what would be said to the init system."""

    def __init__(self, watchdog_s: float | None) -> None:
        super().__init__({})
        self.watchdog_s = watchdog_s
        self.said: list[str] = []

    def ready(self) -> None:
        self.said.append("ready")

    def alive(self) -> None:
        self.said.append("alive")


@dataclass
class FakeWorkers:
    jobs: tuple[RunningJob, ...] = ()
    pinged_at: float | None = None
    answers: bool = True
    pings: int = 0
    now: float = 0.0

    def running(self) -> tuple[RunningJob, ...]:
        return self.jobs

    def ping_io(self) -> None:
        if self.pinged_at is None:
            self.pings += 1
            self.pinged_at = None if self.answers else self.now

    def io_silence_s(self) -> float:
        return 0.0 if self.pinged_at is None else self.now - self.pinged_at

    def io_stack(self) -> str:
        return "somewhere:1"


@dataclass
class Rig:
    """Turns the loop as it would: at the times the heartbeat asks for, with a frame when it needs one."""

    heart: Heartbeat
    workers: FakeWorkers
    log: RecordingLog
    now: float = 1000.0
    draws: bool = True
    drains: bool = True
    frames: list[float] = field(default_factory=list)
    well: list[bool] = field(default_factory=list)

    def start(self) -> None:
        self.heart.shown(self.now)
        self.turn()

    def turn(self) -> None:
        self.workers.now = self.now
        if self.drains:
            self.heart.emptied(self.now)
        if self.heart.needs_frame(self.now) and self.draws:
            self.frames.append(self.now)
            self.heart.shown(self.now)
        self.heart.turned(self.now)

    def idle(self, for_s: float) -> None:
        """Let time pass; the loop wakes only when the heartbeat asked for it."""
        until = self.now + for_s
        while (at := self.heart.next_wakeup()) is not None and at <= until:
            assert at > self.now or self.now == 1000.0, "it asks for a time that has passed, so the loop would spin"
            self.now = max(self.now, at)
            self.turn()
        self.now = until


def rig(system: System | None, **workers: object) -> Rig:
    log, hands = RecordingLog(), FakeWorkers(**workers)  # type: ignore[arg-type]
    well: list[bool] = []
    heart = Heartbeat(system or System(None), hands, log, ran_well=lambda: well.append(True))
    return Rig(heart, hands, log, well=well)


@pytest.fixture
def system() -> System:
    return System(PERIOD_S)


def fed(system: System) -> int:
    """Return how many signs of life there were since the last time this was asked."""
    count = system.said.count("alive")
    system.said.clear()
    return count


def test_it_says_ready_only_after_the_first_frame(system: System) -> None:
    here = rig(system)
    here.turn()
    assert system.said == []
    here.start()
    assert system.said == ["ready", "alive"]


def test_an_idle_app_is_alive_and_draws_seldom_for_it(system: System) -> None:
    here = rig(system)
    here.start()
    assert fed(system) == 1
    here.idle(600.0)
    assert fed(system) == 600 // EVERY_S
    assert len(here.frames) <= 600 / (1.9 * EVERY_S)


def test_frames_that_come_anyway_are_signs_of_life_too(system: System) -> None:
    here = rig(system)
    here.start()
    for _ in range(100):
        here.now += EVERY_S / 2
        here.heart.shown(here.now)
        here.turn()
    assert here.frames == []
    assert fed(system) >= 49


def test_without_a_watchdog_nothing_is_woken_and_nothing_drawn() -> None:
    here = rig(None)
    here.start()
    assert here.heart.next_wakeup() is None
    here.idle(3600.0)
    here.turn()
    assert here.frames == []


@pytest.mark.parametrize("what", ["draws", "drains"])
def test_feeding_stops_when_frames_or_messages_do(what: str, system: System) -> None:
    here = rig(system)
    here.start()
    here.idle(EVERY_S)
    fed(system)
    setattr(here, what, False)
    here.idle(2 * EVERY_S)
    fed(system)
    here.idle(10 * PERIOD_S)
    assert fed(system) == 0
    setattr(here, what, True)
    here.idle(EVERY_S)
    assert fed(system) >= 1, "what comes back to life is fed again"


def test_feeding_stops_when_the_io_thread_does_not_answer(system: System) -> None:
    here = rig(system)
    here.start()
    here.workers.answers = False
    here.workers.pinged_at = here.now
    fed(system)
    here.idle(10 * PERIOD_S)
    assert fed(system) == 0
    (told,) = here.log.named("io.stuck")
    assert told["where"] == "somewhere:1"
    assert isinstance(told["seconds"], int)
    assert told["seconds"] >= IO_STUCK_S


def test_a_worker_that_hangs_is_told_of_once_and_then_stops_the_feeding(system: System) -> None:
    here = rig(system)
    here.start()
    stuck = RunningJob("signin.load", here.now, threading.get_ident())
    here.workers.jobs = (stuck,)
    here.idle(STUCK_S - 1)
    assert here.log.named("job.stuck") == []
    here.idle(2)
    (told,) = here.log.named("job.stuck")
    assert (told["job"], told["seconds"]) == ("signin.load", STUCK_S)
    assert "test_heartbeat:" in str(told["where"])
    assert fed(system) > 0
    here.idle(HOPELESS_S - STUCK_S)
    fed(system)
    here.idle(10 * PERIOD_S)
    assert fed(system) == 0
    assert len(here.log.named("job.stuck")) == 1


def test_a_worker_that_hangs_is_told_of_without_a_watchdog_too() -> None:
    here = rig(None)
    here.start()
    here.workers.jobs = (RunningJob("kept.write", here.now, 1),)
    here.idle(STUCK_S + 1)
    assert len(here.log.named("job.stuck")) == 1
    assert here.heart.next_wakeup() is None


class SlowMachine:
    """A kernel whose counters say that a thread had a CPU, or was queued for one, for a part of the time."""

    def __init__(self, clock: ManualClock, *, on_cpu: float, queued: float) -> None:
        self._clock = clock
        self._on_cpu, self._queued = on_cpu, queued

    def read(self, _native_id: int) -> Schedule:
        now = self._clock.monotonic()
        return Schedule(self._on_cpu * now, self._queued * now, 100)


def slow_job(here: Rig, *, on_cpu: float, queued: float) -> tuple[RunningJob, ManualClock]:
    clock = ManualClock(here.now)
    meter = ThreadMeter(clock, SlowMachine(clock, on_cpu=on_cpu, queued=queued).read)
    return RunningJob("geofences.index", here.now, 1, meter), clock


def idle_with(here: Rig, clock: ManualClock, for_s: float) -> None:
    """Let time pass on the clock of a job too."""
    until = here.now + for_s
    while here.now < until:
        here.idle(1.0)
        clock.now = here.now


def test_a_job_that_is_slow_because_the_cpu_is_does_not_hang(system: System) -> None:
    here = rig(system)
    here.start()
    job, clock = slow_job(here, on_cpu=0.1, queued=0.9)
    here.workers.jobs = (job,)
    idle_with(here, clock, 10 * HOPELESS_S)
    assert here.log.named("job.stuck") == []
    assert fed(system) > 10 * HOPELESS_S / PERIOD_S


def test_a_job_that_computes_without_end_hangs(system: System) -> None:
    here = rig(system)
    here.start()
    job, clock = slow_job(here, on_cpu=1.0, queued=0.0)
    here.workers.jobs = (job,)
    idle_with(here, clock, COMPUTING * STUCK_S - 1)
    assert here.log.named("job.stuck") == []
    idle_with(here, clock, COMPUTING * HOPELESS_S)
    assert len(here.log.named("job.stuck")) == 1
    fed(system)
    idle_with(here, clock, 10 * PERIOD_S)
    assert fed(system) == 0


def test_a_job_that_is_blocked_on_a_busy_machine_hangs(system: System) -> None:
    here = rig(system)
    here.start()
    job, clock = slow_job(here, on_cpu=0.0, queued=0.0)
    here.workers.jobs = (job,)
    idle_with(here, clock, STUCK_S + 2)
    assert len(here.log.named("job.stuck")) == 1


def test_many_short_jobs_are_no_long_one(system: System) -> None:
    here = rig(system)
    here.start()
    for number in range(100):
        here.workers.jobs = (RunningJob(f"job {number}", here.now, 1),)
        here.idle(STUCK_S / 2)
    assert here.log.named("job.stuck") == []
    assert fed(system) > 100


def test_the_crashes_of_before_are_forgotten_once_after_a_good_while() -> None:
    here = rig(None)
    here.start()
    here.now += WELL_AFTER_S - 1
    here.turn()
    assert here.well == []
    for _ in range(3):
        here.now += 1
        here.turn()
    assert here.well == [True]


class Listening(System):
    """An init system that listens to what the app does."""

    @property
    def is_heard(self) -> bool:
        return True

    def status(self, words: str) -> None:
        self.said.append(words)


def test_an_init_system_that_listens_is_told_at_every_turn_what_the_app_does() -> None:
    listening = Listening(None)
    situations = iter([Situation("prompting"), Situation("requesting")])
    heart = Heartbeat(listening, FakeWorkers(), RecordingLog(), lambda: next(situations))
    heart.turned(1.0)
    heart.turned(1.1)
    assert listening.said == [words(Situation("prompting")), words(Situation("requesting"))]


def test_nothing_is_put_into_words_where_nobody_listens() -> None:
    def unexpected() -> Situation:
        raise AssertionError

    Heartbeat(System(None), FakeWorkers(), RecordingLog(), unexpected).turned(1.0)


def test_a_job_hangs_after_two_minutes_and_for_good_after_three() -> None:
    assert (STUCK_S, HOPELESS_S, IO_STUCK_S, WELL_AFTER_S, BEATS) == (120.0, 180.0, 10.0, 600.0, 3)


def test_without_a_watchdog_the_io_thread_is_pinged_now_and_then() -> None:
    here = rig(None)
    here.start()
    pings = []
    for _ in range(2):
        here.now += PING_EVERY_S - 1
        here.turn()
        pings.append(here.workers.pings)
        here.now += 1
        here.turn()
        pings.append(here.workers.pings)
    assert pings == [1, 2, 2, 3]
