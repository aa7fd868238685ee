"""Serves the usage page: keeps this TV's counts on the disk over restarts, and reads the account's usage when asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tvapp.app.account_usage import AccountUsageReader
from tvapp.config.model import Config
from tvapp.core.disk import DiskHealth
from tvapp.core.errors import DataError, StorageError
from tvapp.core.files import make_private_dir, read_bounded, write_atomic
from tvapp.core.jobs import JobFailed, JobResult, Jobs
from tvapp.core.log import Log
from tvapp.core.surroundings import Surroundings
from tvapp.ui.messages import UsageChanged
from tvapp.usage.account import AccountUsage
from tvapp.usage.billing import Prices
from tvapp.usage.counter import UsageCounter
from tvapp.usage.days import MAX_BYTES, UsageDays, pack, unpack
from tvapp.usage.problems import UsageProblem
from tvapp.usage.report import TvUsage, UsageReport, tv_usage
from tvapp.usage.span import Span, span_of

USER = "usage"
WRITE_AFTER_S = 60.0
"""After the first new count: tiles come many at a time."""
WRITE_EVERY_S = 600.0
"""Not more often: memory cards wear out. A power cut costs the counts of so long."""
FRESH_S = 60.0
"""An answer of Azure Monitor is shown again for so long: its data are minutes old anyway."""


@dataclass(frozen=True, slots=True)
class _Written(JobResult):
    service = "usage"
    is_written: bool


@dataclass(frozen=True, slots=True)
class _Restored(JobResult):
    service = "usage"
    counted: UsageDays


@dataclass(frozen=True, slots=True)
class _Read(JobResult):
    """What Azure Monitor answered to the request of that number."""

    service = "usage"
    number: int
    span: Span
    found: AccountUsage | UsageProblem
    wall: float


@dataclass(frozen=True, slots=True)
class _Answer:
    report: UsageReport
    at: float


class UsageService:
    """Belongs to the main thread; all but `flush` return at once. `tell` passes a message to the screens."""

    def __init__(
        self,
        config: Config,
        surroundings: Surroundings,
        reader: AccountUsageReader,
        tell: Callable[[object], None],
    ) -> None:
        self._path: Path = surroundings.data.usage
        self._jobs: Jobs = surroundings.jobs
        self._clock = surroundings.clock
        self._log: Log = surroundings.log
        self._disk: DiskHealth = surroundings.disk
        self._prices = Prices.of(config.usage.price_per_thousand, config.usage.currency)
        self.counter = UsageCounter(surroundings.clock)
        """Counts every request to Azure Maps."""
        self._tell = tell
        self._reader = reader
        self._answers: dict[int, _Answer] = {}
        self._asked: dict[int, int] = {}
        """Days -> number of the request under way."""
        self._number = 0
        self._is_restored = False
        self._is_writing = False
        self._written_changes = 0
        self._write_at: float | None = None
        self._rest_until = 0.0

    # -- counts -----------------------------------------------------------------------------------------------------

    def restore(self) -> None:
        """Read the counts of earlier runs; until then nothing is written."""
        self._jobs.run("usage.restore", self._restore)

    def tick(self, now: float) -> None:
        """Write new counts when that is due."""
        changes = self.counter.changes
        if changes == self._written_changes or not self._is_restored:
            return
        if self._write_at is None:
            self._write_at = max(now + WRITE_AFTER_S, self._rest_until)
        if now >= self._write_at and not self._is_writing:
            self._write_at, self._rest_until = None, now + WRITE_EVERY_S
            self._is_writing = True
            self._written_changes = changes
            self._jobs.run("usage.write", lambda: _Written(self._write()))

    def next_wakeup(self) -> float | None:
        """Tell when `tick` has something to do."""
        return None if self._is_writing else self._write_at

    def flush(self) -> None:
        """Write new counts at once: the program ends. Blocks."""
        if self._is_restored and self.counter.changes != self._written_changes:
            self._written_changes = self.counter.changes
            self._write()

    # -- the usage of the account ---------------------------------------------------------------------------------

    def use_account(self, home_id: str | None) -> None:
        """Read as this account from now on (None: nobody), and forget what another one has read."""
        self._answers.clear()
        self._asked.clear()
        self._reader.use_account(home_id)

    def load(self, days: int, *, anew: bool = False) -> None:
        """Tell the screens the usage of the last `days`: this TV's at once, the account's when it has come.

        An answer of a moment ago counts, unless the viewer wants it `anew`.
        """
        now = self._clock.monotonic()
        span = span_of(days, self._clock.wall())
        answer = self._answers.get(days)
        if answer is not None and now - answer.at < FRESH_S and not anew:
            self._tell(UsageChanged(self._with_tv(answer.report)))
            return
        known = answer.report if answer is not None else UsageReport(days, span, self._tv(span))
        if (obstacle := self._reader.obstacle()) is not None:
            self._tell(UsageChanged(UsageReport(days, span, self._tv(span), obstacle)))
            return
        self._tell(UsageChanged(replace(self._with_tv(known), is_loading=True)))
        if days in self._asked:
            return
        if anew and not self._asked:
            self._reader.forget_refusals()
        self._number += 1
        self._asked[days] = number = self._number
        wall = self._clock.wall()

        async def read() -> _Read:
            return _Read(number, span, await self._reader.read(span), wall)

        self._jobs.spawn(f"usage.load.{days}", read)

    def receive(self, message: object, now: float) -> None:
        """Take the result of a job."""
        match message:
            case _Restored(counted):
                self.counter.restore(counted)
                self._is_restored = True
            case _Written(is_written):
                self._is_writing = False
                if not is_written:
                    self._written_changes = -1  # the next attempt writes everything
            case _Read(number, span, found, wall):
                days = next((days for days, asked in self._asked.items() if asked == number), None)
                if days is not None:
                    self._answered(days, UsageReport(days, span, self._tv(span), found, wall), now)
            case JobFailed(name) if name.startswith("usage.load."):
                days = int(name.rpartition(".")[2])
                span = span_of(days, self._clock.wall())
                broken = UsageReport(days, span, self._tv(span), UsageProblem("broken"), self._clock.wall())
                self._answered(days, broken, now)
            case JobFailed():
                self._is_writing = False
                self._is_restored = True

    def _answered(self, days: int, report: UsageReport, now: float) -> None:
        self._asked.pop(days, None)
        if isinstance(report.account, AccountUsage):
            self._answers[days] = _Answer(report, now)
        else:
            self._answers.pop(days, None)
        self._tell(UsageChanged(report))

    def _with_tv(self, report: UsageReport) -> UsageReport:
        return replace(report, tv=self._tv(span_of(report.days, self._clock.wall())))

    def _tv(self, span: Span) -> TvUsage:
        return tv_usage(self.counter.days(), span, self._prices)

    # -- for workers ----------------------------------------------------------------------------------------------

    def _restore(self) -> _Restored:
        return _Restored(read_days(self._path, self._log))

    def _write(self) -> bool:
        try:
            make_private_dir(self._path.parent, ours=0)
            write_atomic(self._path, pack(self.counter.days()))
        except StorageError as error:
            self._disk.failed(USER, error)
            return False
        self._disk.worked(USER)
        return True


def read_days(path: Path, log: Log) -> UsageDays:
    """Return the counts on the disk; none where there is no file, or none that can be used."""
    try:
        data = read_bounded(path, MAX_BYTES)
        return UsageDays() if data is None else unpack(data)
    except (StorageError, DataError) as error:
        log.event("usage.not_restored", level="warning", reason=error.reason)
        return UsageDays()
