"""Reads and writes the outbox on workers: in order, one batch at a time, and again after the disk failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tvapp.core.disk import DiskHealth
from tvapp.core.errors import StorageError
from tvapp.core.jobs import JobFailed, JobResult, Jobs
from tvapp.core.log import Log
from tvapp.fences.outbox.folder import OutboxFolder
from tvapp.fences.outbox.outbox import Delete, Entry, Save

USER = "changes"
READ = "outbox.read"
WRITE = "outbox.write"
RETRY_AFTER_S = 30.0
"""Pause after the disk could not be written or read."""
UNREAD = 10**12
"""While the disk cannot be read, new entries are numbered from a random number above this one."""

Done = Callable[[Sequence[Save | Delete], float], None]
Opened = Callable[[Sequence[Entry], int, float], None]


@dataclass(frozen=True, slots=True)
class _Read(JobResult):
    service = "outbox"
    generation: int
    entries: tuple[Entry, ...]
    broken: tuple[str, ...]
    last_number: int


@dataclass(frozen=True, slots=True)
class _Unread(JobResult):
    service = "outbox"
    generation: int
    error: StorageError


@dataclass(frozen=True, slots=True)
class _Written(JobResult):
    service = "outbox"
    generation: int
    commands: tuple[Save | Delete, ...]
    error: StorageError | None


class OutboxPersistence:
    """Carries out `Save` and `Delete`. Belongs to the main thread; everything here returns at once.

    `opened` is called with the entries that were read and the highest number of a file; where the disk cannot be read,
    it is called with none, and again once it can be. `done` is called with the commands that were carried out, and with
    those that nothing may wait for because the disk cannot be written. `entries` returns the entries to be on the disk.
    """

    def __init__(
        self,
        jobs: Jobs,
        log: Log,
        *,
        random: Callable[[], float],
        opened: Opened,
        done: Done,
        entries: Callable[[], Sequence[Entry]],
        disk: DiskHealth | None = None,
    ) -> None:
        self._jobs = jobs
        self._log = log
        self._disk = disk or DiskHealth(log)
        self._random = random
        self._opened = opened
        self._done = done
        self._entries = entries
        self._generation = 0
        self._reset()

    def _reset(self) -> None:
        self._generation += 1
        self._folder: OutboxFolder | None = None
        self._queue: list[Save | Delete] = []
        self._is_read = self._is_writing = False
        self._retry_at: float | None = None
        self.error: StorageError | None = None
        """Why nothing can be saved."""
        self.unreadable = 0
        """The number of files whose changes could not be read."""

    def open(self, folder: Path) -> None:
        """Read what is in `folder`, and write there from now on."""
        self._reset()
        self._folder = OutboxFolder(folder)
        self._read(self._folder)

    def close(self) -> None:
        """Write nothing more."""
        self._reset()

    def add(self, commands: Sequence[Save | Delete], now: float) -> None:
        """Carry these out after those before."""
        for command in commands:
            if isinstance(command, Delete) and not self._is_writing:
                self._queue = [each for each in self._queue if not _saves(each, command.number)]
            self._queue.append(command)
        if commands and (self._retry_at is not None or not self._is_read):
            # Not on the disk, changes are safest in the store: sending must not wait.
            self._done(commands, now)
        self._write()

    def receive(self, message: object, now: float) -> bool:
        """Take a result; True when it was one of ours."""
        match message:
            case _Read() | _Unread() | _Written() if message.generation != self._generation:
                pass
            case _Read():
                self._has_read(message, now)
            case _Unread(_, error):
                self._is_unread(error, now)
            case _Written():
                self._written(message, now)
            case JobFailed(name, failure) if name in (READ, WRITE):
                # A defect: tried at once, it would happen again.
                error = StorageError("outbox", f"{type(failure).__name__}: {failure}"[:200])
                if name == READ:
                    self._is_unread(error, now)
                else:
                    self._written(_Written(self._generation, (), error), now)
            case _:
                return False
        return True

    def tick(self, now: float) -> None:
        """Try again when it is time."""
        if self._retry_at is None or now < self._retry_at or self._folder is None:
            return
        self._retry_at = None
        if self._is_read:
            self._write()
        else:
            self._read(self._folder)

    def next_wakeup(self) -> float | None:
        """Tell when `tick` has something to do."""
        return self._retry_at

    # -- parts ------------------------------------------------------------------------------------------------------

    def _read(self, folder: OutboxFolder) -> None:
        generation = self._generation

        def read() -> _Read | _Unread:
            try:
                return _Read(generation, *folder.read(), folder.last_number)
            except StorageError as error:
                return _Unread(generation, error)

        self._jobs.run(READ, read)

    def _has_read(self, message: _Read, now: float) -> None:
        for name in message.broken:
            self._log.event("outbox.broken", level="error", file=name)
        self._disk.worked(USER)
        self._is_read, self.error, self.unreadable = True, None, len(message.broken)
        if message.entries:
            self._log.event("outbox.opened", waiting=len(message.entries))
        self._opened(message.entries, message.last_number, now)
        self._write()

    def _is_unread(self, error: StorageError, now: float) -> None:
        self._retry_at = now + RETRY_AFTER_S
        if self.error is None:
            self._disk.failed(USER, error)
            self.error = error
            self._opened((), UNREAD + int(self._random() * UNREAD), now)

    def _write(self) -> None:
        """Write the queue, unless a write is under way or the disk fails."""
        folder = self._folder
        if not self._is_read or self._is_writing or self._retry_at is not None or not self._queue or folder is None:
            return
        self._is_writing = True
        generation, commands = self._generation, tuple(self._queue)

        def write() -> _Written:
            done: list[Save | Delete] = []
            for command in commands:
                try:
                    if isinstance(command, Save):
                        folder.save(command.entry)
                    else:
                        folder.delete(command.number)
                except StorageError as error:
                    return _Written(generation, tuple(done), error)
                done.append(command)
            return _Written(generation, tuple(done), None)

        self._jobs.run(WRITE, write)

    def _written(self, message: _Written, now: float) -> None:
        self._is_writing = False
        done = list(message.commands)
        del self._queue[: len(done)]
        if message.error is not None:
            self._disk.failed(USER, message.error)
            done += self._queue
            self._retry_at = now + RETRY_AFTER_S
        elif self.error is not None:
            self._disk.worked(USER)
            # The entries that were there before may be gone.
            self._queue += [Save(entry) for entry in self._entries()]
        self.error = message.error
        for command in message.commands:
            if isinstance(command, Save):
                change = command.entry.change
                self._log.event("geofence.change_kept", id=change.geometry_id, change=change.id)
        self._done(done, now)
        self._write()


def _saves(command: Save | Delete, number: int) -> bool:
    return isinstance(command, Save) and command.entry.number == number
