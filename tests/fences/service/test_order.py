"""In whatever order loads, builds and changes end, the map ends with the store's fences and the waiting changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fences.outbox.killed import feature
from tests.fences.outbox.outbox_rig import SharedStore, Window
from tvapp.core.clock import ManualClock
from tvapp.core.errors import TvappError
from tvapp.core.frame_gate import FrameGate
from tvapp.core.jobs import Inbox, JobFailed
from tvapp.core.log import RecordingLog
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.change import Change
from tvapp.fences.service.fence_service import FenceService
from tvapp.fences.service.messages import IndexBuilt


class Job:
    """A job that is done at one moment and reported at a later one."""

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self.name = name
        self._work = work
        self._result: object = None
        self.is_done = False

    def do(self) -> None:
        self.is_done = True
        try:
            self._result = self._work()
        except TvappError as error:
            self._result = JobFailed(self.name, error)

    def report(self, inbox: Inbox) -> None:
        if self._result is not None:
            inbox.post(self._result)


class ChosenJobs:
    """Jobs that make progress when chosen."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.gate = FrameGate(lambda: 0.0)
        self.waiting: list[Job] = []

    def run(self, name: str, work: Callable[[], object]) -> Future[None]:
        self.waiting.append(Job(name, work))
        return Future()

    def spawn(self, name: str, work: Callable[[], Coroutine[Any, Any, object]]) -> Future[None]:
        return self.run(name, lambda: asyncio.run(work()))

    def go_on(self, number: int) -> None:
        """Let one job do its work, or report it if that is done."""
        if self.waiting:
            job = self.waiting[number % len(self.waiting)]
            if job.is_done:
                self.waiting.remove(job)
                job.report(self.inbox)
            else:
                job.do()


class Map:
    """The fence service with a scripted outbox; changes are made to the fences that the map shows."""

    def __init__(self) -> None:
        self.shared = SharedStore({name: feature(name, "in the beginning") for name in ("a", "b")})
        self.window = Window(self.shared)
        self.jobs = ChosenJobs()
        self.clock = ManualClock()
        log = RecordingLog()
        self.service = FenceService(
            lambda: self.window, self.jobs, self.clock, log, refresh_s=60.0, scale=1.0, random=lambda: 0.5  # type: ignore[arg-type]
        )  # fmt: skip
        self.pending: list[Change] = []
        self.wanted = dict(self.shared.fences)
        self.sources = {name: f"{name}.json" for name in self.shared.fences}
        self.history = [dict(self.wanted)]
        """The states that the map was to show, in order."""
        self.reached = 0
        self.book: FenceBook | None = None
        self.count = 0
        self.service.load()
        while self.jobs.waiting:
            self.go_on(0)

    def edit(self, number: int) -> None:
        """Add, change or delete a fence, as the viewer last left it."""
        self.count += 1
        names = sorted(self.wanted)
        name = names[number % len(names)] if names and number % 4 else f"new-{self.count}"
        before = self.wanted.get(name, b"")
        after = b"" if before and number % 4 == 1 else feature(name, f"edit {self.count}")
        self.pending.append(Change(str(self.count), self.sources.get(name, ""), name, before, after))
        self.wanted[name] = after
        if not after:
            del self.wanted[name]
        self.history.append(dict(self.wanted))
        self.service.set_pending(self.pending)

    def store(self, _number: int) -> None:
        """The oldest change gets into the store, and the outbox hears of it."""
        if self.pending:
            change = self.pending.pop(0)
            source = f"{change.geometry_id}.json"
            self.shared.fences[change.geometry_id] = change.after
            if not change.after:
                del self.shared.fences[change.geometry_id]
            self.sources[change.geometry_id] = source
            self.pending = [
                Change(each.id, source if each.geometry_id == change.geometry_id else each.source, each.geometry_id,
                       each.before, each.after) for each in self.pending
            ]  # fmt: skip
            self.service.arrived(change, source)
            self.service.set_pending(self.pending)

    def reach(self, number: int) -> None:
        """The network comes or goes."""
        self.window.is_online = bool(number % 2)

    def refresh(self, number: int) -> None:
        """Time passes."""
        self.clock.advance(number)
        self.service.tick(self.clock.now)

    def go_on(self, number: int) -> None:
        """A job makes progress."""
        self.jobs.go_on(number)
        for message in self.jobs.inbox.drain():
            if isinstance(message, IndexBuilt):
                self.book = message.book
                names = [fence.geometry_id for fence in message.book]
                assert len(names) == len(set(names)), "a fence is shown twice"
                later = [at for at in range(self.reached, len(self.history)) if self.history[at] == self.shown()]
                assert later, "the map shows what was before, or never was"
                self.reached = later[0]
            self.service.receive(message, self.clock.now)

    def shown(self) -> dict[str, bytes]:
        return {fence.geometry_id: fence.raw for fence in self.book or ()}


STEPS = st.lists(
    st.tuples(st.sampled_from(["edit", "store", "go_on", "go_on", "go_on", "reach", "refresh"]), st.integers(0, 99)),
    max_size=60,
)


@given(STEPS)
@settings(max_examples=200)
def test_the_map_ends_as_the_store_is_with_what_waits_on_top(steps: list[tuple[str, int]]) -> None:
    shown = Map()
    for what, number in steps:
        getattr(shown, what)(number)
    while shown.jobs.waiting:
        shown.go_on(0)
    assert shown.shown() == shown.wanted
    # Once the store can be read again, there is nothing of what was.
    shown.window.is_online = True
    for _ in range(3):
        shown.refresh(600)
        while shown.jobs.waiting:
            shown.go_on(0)
    assert shown.shown() == shown.wanted
    while shown.pending:
        shown.store(0)
        while shown.jobs.waiting:
            shown.go_on(0)
        assert shown.shown() == shown.wanted
    assert shown.wanted == shown.shared.fences
