"""The frame loop: draws when something changed, sleeps otherwise, and survives a defect in a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from tvapp.app.frame_meter import SHORTEST_BURST, Burst, FrameMeter
from tvapp.app.loop import FRAME_S, GIVE_UP_AFTER, Loop, Unrecoverable
from tvapp.core.clock import ManualClock
from tvapp.core.errors import DisplayError
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.ui.canvas import Canvas
from tvapp.ui.recording import RecordingCanvas


@dataclass
class FakeScreen:
    clock: ManualClock
    canvas: Canvas = field(default_factory=RecordingCanvas)
    events: list[list[object]] = field(default_factory=list)
    timeouts: list[float | None] = field(default_factory=list)
    presented: int = 0

    def wait(self, timeout_s: float | None) -> Sequence[object]:
        self.timeouts.append(timeout_s)
        self.clock.advance(timeout_s or 0.0)
        return self.events.pop(0) if self.events else []

    def present(self) -> None:
        self.presented += 1


@dataclass
class FakeProgram:
    """Needs a frame at each update while `frames` lasts, then stops after `turns` more."""

    clock: ManualClock
    frames: int = 1
    turns: int = 3
    work_s: float = 0.0
    draw_s: float = 0.002
    wakeup: float | None = None
    broken: int = 0
    seen: list[object] = field(default_factory=list)
    drawn_at: list[float] = field(default_factory=list)

    @property
    def stop_reason(self) -> str | None:
        return "done" if self.turns <= 0 else None

    def handle(self, event: object, now: float) -> None:
        self.seen.append(event)

    def receive(self, message: object, now: float) -> None:
        self.seen.append(message)
        self.clock.advance(self.work_s)

    def update(self, now: float) -> bool:
        if self.broken > 0:
            self.broken -= 1
            raise RuntimeError("a defect")
        if self.frames > 0:
            self.frames -= 1
            return True
        self.turns -= 1
        return False

    def draw(self, canvas: Canvas, now: float) -> None:
        self.drawn_at.append(now)
        self.clock.advance(self.draw_s)

    def next_wakeup(self, now: float) -> float | None:
        return now if self.frames > 0 else self.wakeup

    def presented(self, now: float) -> None:
        pass


def build(**settings: object) -> tuple[Loop, FakeScreen, FakeProgram, Inbox, RecordingLog, list[Burst]]:
    clock = ManualClock(now=100.0)
    screen = FakeScreen(clock)
    program = FakeProgram(clock, **settings)  # type: ignore[arg-type]
    inbox, log, bursts = Inbox(), RecordingLog(), list[Burst]()
    loop = Loop(screen, program, Jobs(inbox, log, clock=clock), clock, log, meter=FrameMeter(bursts.append))
    return loop, screen, program, inbox, log, bursts


def test_an_idle_program_is_drawn_once_and_sleeps_without_end() -> None:
    loop, screen, _program, _inbox, _log, _bursts = build(frames=0)
    assert loop.run() == "done"
    assert screen.presented == 1
    assert screen.timeouts[1:] == [None, None]


def test_the_program_s_wake_up_time_ends_the_sleep() -> None:
    loop, screen, program, _inbox, _log, _bursts = build(frames=0)
    program.wakeup = 160.0
    loop.run()
    assert screen.timeouts[1] is not None
    assert 59.9 < screen.timeouts[1] < 60.0


def test_frames_keep_a_beat_of_sixty_a_second() -> None:
    loop, _screen, program, _inbox, _log, _bursts = build(frames=61)
    loop.run()
    spent = program.drawn_at[60] - program.drawn_at[0]
    assert abs(spent - 60 * FRAME_S) < 0.003


def test_a_frame_after_a_rest_is_drawn_at_once() -> None:
    loop, screen, program, _inbox, _log, _bursts = build(frames=0, turns=50)
    loop.turn()
    screen.clock.advance(30.0)
    program.frames = 1
    screen.events = [["key"]]
    before = screen.clock.now
    loop.turn()
    assert screen.presented == 2
    assert program.drawn_at[-1] == before


def test_events_and_messages_reach_the_program_in_order() -> None:
    loop, screen, program, inbox, _log, _bursts = build(frames=0)
    screen.events = [["key down", "key up"]]
    inbox.post("first")
    inbox.post("second")
    loop.run()
    assert program.seen == ["key down", "key up", "first", "second"]


def test_a_flood_of_messages_does_not_hold_up_the_frame() -> None:
    loop, screen, program, inbox, _log, _bursts = build(frames=3, work_s=0.002)
    for number in range(10):
        inbox.post(number)
    loop.turn()
    assert len(program.seen) == 2
    assert screen.presented == 1
    loop.run()
    assert program.seen == list(range(10))


def test_where_a_frame_takes_long_more_messages_are_taken_before_the_next() -> None:
    loop, _screen, program, inbox, _log, _bursts = build(frames=3, work_s=0.06, draw_s=1.0)
    loop.turn()
    for number in range(20):
        inbox.post(number)
    loop.turn()
    assert len(program.seen) == 5, "a quarter of the second that a frame takes"


def test_a_defect_in_a_frame_is_logged_and_the_loop_goes_on() -> None:
    loop, screen, _program, _inbox, log, _bursts = build(frames=1, broken=3)
    assert loop.run() == "done"
    assert screen.presented >= 1
    failed = log.named("frame.failed")
    assert [fields["times"] for fields in failed] == [1]
    assert failed[0]["error"] == "RuntimeError"


def test_a_motion_is_reported_with_the_work_of_each_of_its_frames() -> None:
    loop, _screen, _program, _inbox, _log, bursts = build(frames=SHORTEST_BURST + 5)
    loop.run()
    (burst,) = bursts
    assert len(burst.work_s) >= SHORTEST_BURST
    assert max(burst.work_s) < 0.004


def test_a_single_frame_is_no_motion() -> None:
    loop, _screen, _program, _inbox, _log, bursts = build(frames=1)
    loop.run()
    assert bursts == []


@dataclass
class FakePulse:
    due: float | None = None
    wants: bool = False
    heard: list[str] = field(default_factory=list)

    def next_wakeup(self) -> float | None:
        return self.due

    def needs_frame(self, now: float) -> bool:
        return self.wants

    def shown(self, now: float) -> None:
        self.heard.append("shown")

    def emptied(self, now: float) -> None:
        self.heard.append("emptied")

    def turned(self, now: float) -> None:
        self.heard.append("turned")


def with_pulse(pulse: FakePulse, **settings: object) -> tuple[Loop, FakeScreen, FakeProgram, Inbox]:
    clock = ManualClock(now=100.0)
    screen, inbox = FakeScreen(clock), Inbox()
    program = FakeProgram(clock, **settings)  # type: ignore[arg-type]
    log = RecordingLog()
    return Loop(screen, program, Jobs(inbox, log, clock=clock), clock, log, pulse), screen, program, inbox


def test_a_pulse_hears_of_frames_of_an_empty_inbox_and_of_each_turn() -> None:
    pulse = FakePulse()
    loop, _screen, _program, inbox = with_pulse(pulse, frames=0, work_s=0.004)
    loop.turn()
    assert pulse.heard == ["emptied", "shown", "turned"]
    pulse.heard.clear()
    inbox.post("first")
    inbox.post("second")
    loop.turn()
    assert pulse.heard == ["turned"], "a message is still waiting"
    loop.turn()
    assert pulse.heard == ["turned", "emptied", "turned"]


def test_a_pulse_is_woken_when_it_wants_and_gets_its_frame() -> None:
    pulse = FakePulse(due=120.0)
    loop, screen, _program, _inbox = with_pulse(pulse, frames=0)
    loop.turn()
    pulse.wants = True
    loop.turn()
    assert screen.timeouts[1] is not None
    assert 19.9 < screen.timeouts[1] <= 20.0
    assert screen.presented == 2


def test_frames_that_fail_without_end_end_the_loop_with_their_reason() -> None:
    loop, screen, _program, _inbox, log, _bursts = build(frames=1, broken=10_000)
    began = screen.clock.now
    with pytest.raises(Unrecoverable) as ended:
        loop.run()
    assert isinstance(ended.value.__cause__, RuntimeError)
    assert screen.clock.now - began < 60.0, "sooner than a watchdog of a minute"
    assert log.named("frame.failed")[0]["times"] == 1


def test_turns_between_failing_frames_do_not_make_them_passing_ones() -> None:
    loop, screen, program, _inbox, _log, _bursts = build(frames=10_000)

    def fail(canvas: Canvas, now: float) -> None:
        raise RuntimeError("a defect in drawing")

    program.draw = fail  # type: ignore[method-assign]
    screen.events = [["key"] for _ in range(500)]
    with pytest.raises(Unrecoverable):
        loop.run()


def test_a_lack_of_memory_ends_the_loop_at_once() -> None:
    loop, _screen, program, _inbox, _log, _bursts = build()

    def starve(now: float) -> bool:
        raise MemoryError

    program.update = starve  # type: ignore[method-assign]
    with pytest.raises(MemoryError):
        loop.run()


def test_a_screen_that_is_away_never_ends_the_loop_and_is_no_reason_to_fall_silent() -> None:
    pulse = FakePulse()
    loop, screen, _program, _inbox = with_pulse(pulse, frames=10_000)

    def away() -> None:
        raise DisplayError("unplugged")

    screen.present = away  # type: ignore[method-assign]
    for _ in range(3 * GIVE_UP_AFTER):
        loop.turn()
    assert pulse.heard.count("shown") > GIVE_UP_AFTER


def test_a_lost_display_is_no_defect_and_nothing_is_drawn_until_the_program_asks_for_it() -> None:
    loop, screen, program, _inbox, log, _bursts = build(frames=1, turns=50)
    present = screen.present

    def fail() -> None:
        raise DisplayError("unplugged")

    screen.present = fail  # type: ignore[method-assign]
    loop.turn()
    drawn = len(program.drawn_at)
    screen.present = present  # type: ignore[method-assign]
    for _ in range(5):
        loop.turn()
    assert (drawn, len(program.drawn_at), screen.presented) == (1, 1, 0)
    assert screen.timeouts[-1] is None, "it sleeps"
    assert log.named("frame.failed") == []
    program.frames = 1
    loop.turn()
    assert screen.presented == 1


def test_what_comes_between_two_frames_of_a_motion_is_taken_in_and_shown_with_the_next() -> None:
    loop, screen, program, inbox, _log, _bursts = build(frames=10)
    loop.turn()
    updates = []
    update = program.update

    def counted(now: float) -> bool:
        updates.append(now)
        return update(now)

    program.update = counted  # type: ignore[method-assign]
    before = screen.presented
    # A key and a message end the wait long before the next frame's time.
    wait = screen.wait
    screen.wait = lambda timeout_s: ["key"]  # type: ignore[method-assign]
    inbox.post("tile")
    loop.turn()
    assert program.seen[-2:] == ["key", "tile"]
    assert updates == []
    screen.wait = wait  # type: ignore[method-assign]
    loop.turn()
    assert len(updates) == 1
    assert screen.presented == before + 1
    assert program.drawn_at[-1] - program.drawn_at[-2] == pytest.approx(FRAME_S, abs=0.002)
