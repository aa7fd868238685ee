"""Runs the outbox: saves changes to the disk, sends them to the store, and reports their progress to the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from tvapp.core.clock import Clock
from tvapp.core.disk import DiskHealth
from tvapp.core.errors import DataError, ServiceError, TvappError
from tvapp.core.jobs import JobFailed, JobResult, Jobs
from tvapp.core.log import Log
from tvapp.fences.model.change import Change, Conflicting, Outcome, Step
from tvapp.fences.outbox.failure_policy import next_step
from tvapp.fences.outbox.messages import OutboxChanged
from tvapp.fences.outbox.outbox import Arrived, Command, Delete, Entry, Outbox, Resolution, Save, Send
from tvapp.fences.outbox.persistence import OutboxPersistence
from tvapp.fences.service.fence_service import FenceService
from tvapp.fences.stores.base import WritableStore

SEND = "outbox.send"


@dataclass(frozen=True, slots=True, eq=False)
class _StepReported(JobResult):
    service = "outbox"
    generation: int
    number: int
    step: Step
    proceed: Callable[[], None]
    """Lets the store go on, once the step is on the disk."""


@dataclass(frozen=True, slots=True)
class _Sent(JobResult):
    service = "outbox"
    generation: int
    number: int
    result: Outcome | TvappError
    ms: float


class OutboxService:
    """The outbox of the account that is signed in. Belongs to the main thread; everything here returns at once."""

    def __init__(
        self,
        fences: FenceService,
        jobs: Jobs,
        clock: Clock,
        log: Log,
        *,
        random: Callable[[], float],
        skip_backoff: Callable[[], None] = lambda: None,
        disk: DiskHealth | None = None,
    ) -> None:
        """`skip_backoff` is called when the viewer asks for another try: no back-off of the network may delay it."""
        self._fences = fences
        self._jobs = jobs
        self._clock = clock
        self._log = log
        self._random = random
        self._skip_backoff = skip_backoff
        self.tell: Callable[[OutboxChanged], None] = lambda _message: None
        """Called whenever the outbox has changed."""
        self._generation = 0
        self._outbox = Outbox()
        self._persistence = OutboxPersistence(
            jobs,
            log,
            random=random,
            opened=self._opened,
            done=self._acknowledge,
            entries=lambda: self._outbox.entries,
            disk=disk,
        )
        self._is_open = False
        self._submitted_early: list[Change] = []
        self._waiting_steps: list[tuple[Entry, Callable[[], None]]] = []
        self._sending: Future[None] | None = None
        self._arrived: list[Arrived] = []

    # -- what the viewer does ---------------------------------------------------------------------------------------

    def open(self, folder: Path) -> None:
        """Use the outbox in `folder` from now on, which belongs to one account and one store."""
        self.close()
        self._fences.expect_pending()
        self._persistence.open(folder)

    def close(self) -> None:
        """Send nothing more; waiting changes stay on the disk."""
        self._generation += 1
        if self._sending is not None:
            self._sending.cancel()
        self._sending = None
        self._persistence.close()
        self._outbox = Outbox(random=self._random)
        self._is_open = False
        self._submitted_early.clear()
        self._waiting_steps.clear()

    @property
    def is_full(self) -> bool:
        """Tell whether too many changes wait to submit another one."""
        return self._outbox.is_full

    def submit(self, change: Change) -> None:
        """Submit a change that the viewer has confirmed."""
        if not self._is_open:
            self._submitted_early.append(change)
            return
        now, is_current = self._clock.monotonic(), self._fences.holds(change)
        self._do(self._outbox.submit(change, now, is_current=is_current))

    def retry(self, number: int) -> None:
        """Try a refused change again."""
        self._skip_backoff()
        self._do(self._outbox.retry(number, self._clock.monotonic()))

    def discard(self, number: int) -> None:
        """Give up a change that was refused or collided."""
        self._do(self._outbox.discard(number, self._clock.monotonic()))

    def resolve(self, number: int, how: Resolution) -> None:
        """Settle a conflict."""
        self._do(self._outbox.resolve(number, how, self._clock.monotonic()))

    def keep_both(self, number: int, geometry_id: str, feature: bytes) -> None:
        """Settle a conflict by keeping both; ours becomes `feature`, a fence of its own."""
        self._do(self._outbox.keep_both(number, geometry_id, feature, self._clock.monotonic()))

    # -- what happens -----------------------------------------------------------------------------------------------

    def receive(self, message: object, now: float) -> bool:
        """Take a result; True when it was one of ours."""
        if self._persistence.receive(message, now):
            if self._is_open:
                self._changed()
                self.tick(now)
            return True
        match message:
            case _StepReported() | _Sent() if message.generation != self._generation:
                return True
            case _StepReported():
                self._step_reported(message)
            case _Sent():
                self._sent(message, now)
            case JobFailed(name, error) if name == SEND and self._outbox.sending is not None:
                # A defect: leave the change to the viewer rather than try for ever.
                self._failed(self._outbox.sending, DataError("outbox", type(error).__name__), 0.0, now)
            case _:
                return False
        return True

    def tick(self, now: float) -> None:
        """Do what is due."""
        self._persistence.tick(now)
        if self._is_open:
            self._do(self._outbox.tick(now))

    def next_wakeup(self) -> float | None:
        """Tell when `tick` has something to do."""
        times = self._persistence.next_wakeup(), self._outbox.next_wakeup()
        return min((at for at in times if at is not None), default=None)

    def send_now(self) -> None:
        """Try again at once: the network is back, or the viewer signed in."""
        if self._is_open:
            self._do(self._outbox.send_now(self._clock.monotonic()))

    # -- parts ------------------------------------------------------------------------------------------------------

    def _opened(self, entries: Sequence[Entry], last_number: int, now: float) -> None:
        if self._is_open:
            self._outbox.prepend(entries)
            return
        self._outbox = Outbox(entries, self._random, last_number)
        self._is_open = True
        early, self._submitted_early = self._submitted_early, []
        for change in early:
            self._do(self._outbox.submit(change, now))

    def _do(self, commands: Sequence[Command]) -> None:
        if not commands:
            return
        for command in commands:
            if isinstance(command, Send):
                self._send(command.entry)
            elif isinstance(command, Arrived):
                self._arrived.append(command)
                self._fences.arrived(command.change, command.source)
        self._persistence.add([each for each in commands if isinstance(each, Save | Delete)], self._clock.monotonic())
        self._changed()

    def _changed(self) -> None:
        entries = self._outbox.entries
        self._fences.set_pending([entry.change for entry in entries])
        unsaved = frozenset(entry.number for entry in entries if not self._outbox.is_saved(entry.number))
        arrived, self._arrived = tuple(self._arrived), []
        outbox = self._outbox
        disk = self._persistence
        self.tell(
            OutboxChanged(
                entries, outbox.sending, outbox.step, unsaved, outbox.error, disk.error, disk.unreadable, arrived
            )
        )

    def _acknowledge(self, done: Sequence[Save | Delete], now: float) -> None:
        """Go on with what waited for the disk."""
        commands: list[Command] = []
        for command in done:
            if isinstance(command, Delete):
                commands += self._outbox.deleted(command.number, now)
            else:
                commands += self._saved(command.entry, now)
        self._do(commands)

    def _saved(self, entry: Entry, now: float) -> Sequence[Command]:
        waiting, self._waiting_steps = self._waiting_steps, []
        for saved, proceed in waiting:
            if saved is entry:
                proceed()
            else:
                self._waiting_steps.append((saved, proceed))
        return self._outbox.saved(entry, now)

    def _send(self, entry: Entry) -> None:
        generation, store = self._generation, self._fences.store
        inbox, clock = self._jobs.inbox, self._clock

        async def note(step: Step) -> None:
            loop = asyncio.get_running_loop()
            saved = loop.create_future()

            def proceed() -> None:
                loop.call_soon_threadsafe(lambda: None if saved.done() else saved.set_result(None))

            inbox.post(_StepReported(generation, entry.number, step, proceed))
            if step.resume:
                await saved

        async def send() -> _Sent:
            began = clock.monotonic()
            result: Outcome | TvappError
            try:
                if not isinstance(store, WritableStore):
                    raise DataError(store.name, "this store takes no changes")
                result = await store.send(entry.change, note=note, resume=entry.resume)
            except TvappError as error:
                result = error
            return _Sent(generation, entry.number, result, (clock.monotonic() - began) * 1000)

        self._sending = self._jobs.spawn(SEND, send)

    def _step_reported(self, message: _StepReported) -> None:
        commands = self._outbox.step_reported(message.number, message.step)
        keep = next((command for command in commands if isinstance(command, Save)), None)
        if keep is None:
            message.proceed()
        else:
            self._waiting_steps.append((keep.entry, message.proceed))
        self._do(commands)
        self._changed()

    def _sent(self, message: _Sent, now: float) -> None:
        self._sending = None
        entry = self._outbox.get(message.number)
        if isinstance(message.result, TvappError):
            self._failed(message.number, message.result, message.ms, now)
            return
        if entry is not None:
            change, store, ms = entry.change, self._fences.store.name, round(message.ms)
            collided = isinstance(message.result, Conflicting)
            self._log.event(
                "geofence.conflict" if collided else "geofence.uploaded",
                level="warning" if collided else "info",
                id=change.geometry_id,
                store=store,
                ms=ms,
                change=change.id,
                kind=change.kind,
            )
        if isinstance(message.result, Conflicting):
            self._fences.load_anew()  # the screen does not show the other side's edit yet
        self._do(self._outbox.ended(message.number, message.result, now))

    def _failed(self, number: int, error: TvappError, ms: float, now: float) -> None:
        entry = self._outbox.get(number)
        former = self._outbox.error
        # An outage is logged once, not with every attempt.
        if entry is not None and (type(former) is not type(error) or next_step(error) == "refused"):
            self._log.event(
                "geofence.upload_failed",
                level="warning",
                id=entry.change.geometry_id,
                store=self._fences.store.name,
                ms=round(ms),
                change=entry.change.id,
                reason=str(error)[:300],
                status=error.status if isinstance(error, ServiceError) else 0,
                next={"retry": "retries", "sign-in": "waits for a sign-in", "refused": "waits for the viewer"}[
                    next_step(error)
                ],
            )
        self._do(self._outbox.failed(number, error, now))
        self._changed()
