"""Runs the outbox: brings changes to the disk, then to the store, and tells the screen how they are getting on."""

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
from tvapp.fences.outbox.disk import OutboxDisk
from tvapp.fences.outbox.messages import OutboxChanged
from tvapp.fences.outbox.outbox import Arrived, Command, Drop, Entry, Keep, Outbox, Resolution, Send
from tvapp.fences.outbox.verdict import verdict
from tvapp.fences.service.fence_service import FenceService
from tvapp.fences.stores.base import WritableStore

SEND = "outbox.send"


@dataclass(frozen=True, slots=True, eq=False)
class _Noted(JobResult):
    service = "outbox"
    generation: int
    number: int
    step: Step
    go_on: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Sent(JobResult):
    service = "outbox"
    generation: int
    number: int
    result: Outcome | TvappError
    ms: float


class OutboxService:
    """The outbox of the account that is signed in. Everything here runs on the main thread and returns at once."""

    def __init__(
        self,
        fences: FenceService,
        jobs: Jobs,
        clock: Clock,
        log: Log,
        *,
        random: Callable[[], float],
        tell: Callable[[OutboxChanged], None] = lambda _message: None,
        hurry: Callable[[], None] = lambda: None,
        disk: DiskHealth | None = None,
    ) -> None:
        """`hurry` is called when the viewer asks for another try: nothing is to hold it back."""
        self._fences = fences
        self._jobs = jobs
        self._clock = clock
        self._log = log
        self._random = random
        self._hurry = hurry
        self.tell = tell
        """Told whenever the outbox is another one."""
        self._generation = 0
        self._outbox = Outbox()
        self._disk = OutboxDisk(
            jobs,
            log,
            random=random,
            opened=self._opened,
            done=self._acknowledge,
            entries=lambda: self._outbox.entries,
            disk=disk,
        )
        self._is_open = False
        self._early: list[Change] = []
        self._going_on: list[tuple[Entry, Callable[[], None]]] = []
        self._sending: Future[None] | None = None
        self._arrived: list[Arrived] = []

    # -- what the viewer does ---------------------------------------------------------------------------------------

    def open(self, folder: Path) -> None:
        """Serve the outbox in `folder` from now on: that of one account and one store."""
        self.close()
        self._fences.expect_pending()
        self._disk.open(folder)

    def close(self) -> None:
        """Let go of the account: nothing more is sent, and what waits stays on the disk."""
        self._generation += 1
        if self._sending is not None:
            self._sending.cancel()
        self._sending = None
        self._disk.close()
        self._outbox = Outbox(random=self._random)
        self._is_open = False
        self._early.clear()
        self._going_on.clear()

    @property
    def is_full(self) -> bool:
        """Tell whether so many changes wait that no more are taken."""
        return self._outbox.is_full

    def submit(self, change: Change) -> None:
        """Take a confirmed change."""
        if not self._is_open:
            self._early.append(change)
            return
        now, is_current = self._clock.monotonic(), self._fences.holds(change)
        self._do(self._outbox.submit(change, now, is_current=is_current))

    def retry(self, number: int) -> None:
        """Try a refused change again."""
        self._hurry()
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
        if self._disk.receive(message, now):
            if self._is_open:
                self._changed()
                self.tick(now)
            return True
        match message:
            case _Noted() | _Sent() if message.generation != self._generation:
                return True
            case _Noted():
                self._noted(message)
            case _Sent():
                self._sent(message, now)
            case JobFailed(name, error) if name == SEND and self._outbox.sending is not None:
                # Not foreseen: keep the change for the viewer rather than try for ever.
                self._failed(self._outbox.sending, DataError("outbox", type(error).__name__), 0.0, now)
            case _:
                return False
        return True

    def tick(self, now: float) -> None:
        """Do what is due."""
        self._disk.tick(now)
        if self._is_open:
            self._do(self._outbox.tick(now))

    def next_wakeup(self) -> float | None:
        """Tell when `tick` has something to do."""
        times = self._disk.next_wakeup(), self._outbox.next_wakeup()
        return min((at for at in times if at is not None), default=None)

    def hurry(self) -> None:
        """The network is back, or somebody signed in."""
        if self._is_open:
            self._do(self._outbox.hurry(self._clock.monotonic()))

    # -- parts ------------------------------------------------------------------------------------------------------

    def _opened(self, entries: Sequence[Entry], last_number: int, now: float) -> None:
        if self._is_open:
            self._outbox.precede(entries)
            return
        self._outbox = Outbox(entries, self._random, last_number)
        self._is_open = True
        early, self._early = self._early, []
        for change in early:
            self._do(self._outbox.submit(change, now))

    def _do(self, commands: Sequence[Command]) -> None:
        if not commands:
            return
        for command in commands:
            match command:
                case Send(entry):
                    self._send(entry)
                case Arrived(change, source):
                    self._arrived.append(command)
                    self._fences.arrived(change, source)
                case Keep() | Drop():
                    pass  # together, below
        self._disk.take([each for each in commands if isinstance(each, Keep | Drop)], self._clock.monotonic())
        self._changed()

    def _changed(self) -> None:
        entries = self._outbox.entries
        self._fences.set_pending([entry.change for entry in entries])
        unsaved = frozenset(entry.number for entry in entries if not self._outbox.is_kept(entry.number))
        arrived, self._arrived = tuple(self._arrived), []
        outbox = self._outbox
        disk = self._disk
        self.tell(
            OutboxChanged(
                entries, outbox.sending, outbox.step, unsaved, outbox.error, disk.error, disk.unreadable, arrived
            )
        )

    def _acknowledge(self, done: Sequence[Keep | Drop], now: float) -> None:
        """Let go on what waited for the disk."""
        commands: list[Command] = []
        for command in done:
            if isinstance(command, Drop):
                commands += self._outbox.dropped(command.number, now)
            else:
                commands += self._kept(command.entry, now)
        self._do(commands)

    def _kept(self, entry: Entry, now: float) -> Sequence[Command]:
        waiting, self._going_on = self._going_on, []
        for noted, go_on in waiting:
            if noted is entry:
                go_on()
            else:
                self._going_on.append((noted, go_on))
        return self._outbox.kept(entry, now)

    def _send(self, entry: Entry) -> None:
        generation, store = self._generation, self._fences.store
        inbox, clock = self._jobs.inbox, self._clock

        async def note(step: Step) -> None:
            loop = asyncio.get_running_loop()
            kept = loop.create_future()

            def go_on() -> None:
                loop.call_soon_threadsafe(lambda: None if kept.done() else kept.set_result(None))

            inbox.post(_Noted(generation, entry.number, step, go_on))
            if step.resume:
                await kept

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

    def _noted(self, message: _Noted) -> None:
        commands = self._outbox.noted(message.number, message.step)
        keep = next((command for command in commands if isinstance(command, Keep)), None)
        if keep is None:
            message.go_on()
        else:
            self._going_on.append((keep.entry, message.go_on))
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
            self._fences.load_anew()  # the screen does not show yet what somebody else wrote
        self._do(self._outbox.ended(message.number, message.result, now))

    def _failed(self, number: int, error: TvappError, ms: float, now: float) -> None:
        entry = self._outbox.get(number)
        former = self._outbox.error
        # An outage is reported once, not with every attempt.
        if entry is not None and (type(former) is not type(error) or verdict(error) == "refused"):
            self._log.event(
                "geofence.upload_failed",
                level="warning",
                id=entry.change.geometry_id,
                store=self._fences.store.name,
                ms=round(ms),
                change=entry.change.id,
                reason=str(error)[:300],
                status=error.status if isinstance(error, ServiceError) else 0,
                next={"later": "retries", "sign-in": "waits for a sign-in", "refused": "waits for the viewer"}[
                    verdict(error)
                ],
            )
        self._do(self._outbox.failed(number, error, now))
        self._changed()
