"""The usage service: counts that survive a restart, and what the screens are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

from tests.fences.service.test_fence_service import InlineJobs
from tests.surroundings import surroundings
from tvapp.app.account_usage import AccountUsageReader
from tvapp.app.usage_service import FRESH_S, WRITE_AFTER_S, WRITE_EVERY_S, UsageService, read_days
from tvapp.config.model import Config, Usage
from tvapp.core.clock import ManualClock
from tvapp.core.data_folder import DataFolder
from tvapp.core.jobs import JobFailed, Jobs
from tvapp.core.log import RecordingLog
from tvapp.ui.messages import UsageChanged
from tvapp.usage.account import AccountUsage
from tvapp.usage.billing import Tally
from tvapp.usage.days import UsageDays
from tvapp.usage.problems import UsageProblem
from tvapp.usage.report import UsageReport
from tvapp.usage.span import DAY_S, Span, day_of

Found = Callable[[Span], AccountUsage | UsageProblem]


def some(span: Span) -> AccountUsage:
    return AccountUsage(span, (1,) * span.parts)


class FakeReader:
    """Answers at once with what `found` says, and counts."""

    def __init__(self, found: Found = some) -> None:
        self.found = found
        self.missing: UsageProblem | None = None
        self.accounts: list[str | None] = []
        self.reads = 0
        self.forgotten = 0

    def use_account(self, home_id: str | None) -> None:
        self.accounts.append(home_id)

    def forget_refusals(self) -> None:
        self.forgotten += 1

    def obstacle(self) -> UsageProblem | None:
        return self.missing

    async def read(self, span: Span) -> AccountUsage | UsageProblem:
        self.reads += 1
        return self.found(span)


class Bench:
    """The service on one thread, with a clock set by hand."""

    def __init__(self, folder: Path, reader: FakeReader | None = None) -> None:
        self.folder = folder
        self.jobs = InlineJobs()
        self.clock = ManualClock()
        self.log = RecordingLog()
        self.around = surroundings(folder, cast(Jobs, self.jobs), clock=self.clock, log=self.log)
        self.reader = reader or FakeReader()
        self.told: list[UsageReport] = []
        config = Config(usage=Usage(price_per_thousand={"": 15.0}, currency="EUR"))
        self.service = UsageService(config, self.around, cast(AccountUsageReader, self.reader), self._tell)
        self.counter = self.service.counter
        self.service.restore()
        self.take()

    def _tell(self, message: object) -> None:
        assert isinstance(message, UsageChanged)
        self.told.append(message.report)

    def take(self) -> None:
        for message in self.jobs.inbox.drain():
            self.service.receive(message, self.clock.now)

    def count(self, times: int = 1) -> None:
        for _ in range(times):
            self.counter.count("base", 200)

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.service.tick(self.clock.now)
        self.take()

    def stored(self) -> UsageDays:
        return read_days(DataFolder(self.folder).usage, self.log)


def test_counts_are_written_a_minute_after_the_first_new_one_and_then_seldom(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.pass_time(0)
    assert bench.service.next_wakeup() is None
    bench.count(3)
    bench.pass_time(0)
    assert bench.service.next_wakeup() == bench.clock.now + WRITE_AFTER_S
    assert not DataFolder(tmp_path).usage.exists()
    bench.pass_time(WRITE_AFTER_S)
    assert list(bench.stored().days.values()) == [{"base": Tally(3, 3)}]
    written_at = bench.clock.now
    bench.count()
    bench.pass_time(WRITE_AFTER_S)
    assert bench.service.next_wakeup() == written_at + WRITE_EVERY_S
    bench.pass_time(WRITE_EVERY_S)
    assert list(bench.stored().days.values()) == [{"base": Tally(4, 4)}]
    assert bench.service.next_wakeup() is None


def test_what_is_not_written_yet_is_written_at_the_end(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.count(5)
    bench.service.flush()
    again = Bench(tmp_path)
    again.count(2)
    assert again.counter.days().days == {day_of(again.clock.wall()): {"base": Tally(7, 7)}}
    again.service.flush()
    assert again.stored() == again.counter.days()


def test_nothing_is_written_over_a_file_that_was_not_read_yet(tmp_path: Path) -> None:
    first = Bench(tmp_path)
    first.count(5)
    first.service.flush()
    jobs = InlineJobs()
    jobs.is_slow = True
    around = surroundings(tmp_path, cast(Jobs, jobs), clock=first.clock, log=first.log)
    service = UsageService(Config(), around, cast(AccountUsageReader, FakeReader()), lambda _message: None)
    counter = service.counter
    service.restore()
    counter.count("base", 200)
    service.tick(10_000.0)
    service.flush()
    assert first.stored() == first.counter.days()


def test_a_failing_disk_is_reported_and_the_counts_are_written_once_it_works(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    (tmp_path / "usage").mkdir()
    bench.count(2)
    bench.pass_time(0)
    bench.pass_time(WRITE_AFTER_S)
    assert [event["what"] for event in bench.log.named("disk.failed")] == ["usage"]
    (tmp_path / "usage").rmdir()
    bench.pass_time(0)
    bench.pass_time(WRITE_EVERY_S)
    assert len(bench.log.named("disk.restored")) == 1
    assert list(bench.stored().days.values()) == [{"base": Tally(2, 2)}]


def test_a_file_that_makes_no_sense_costs_one_line_and_counting_begins_anew(tmp_path: Path) -> None:
    DataFolder(tmp_path).usage.write_bytes(b"nonsense")
    bench = Bench(tmp_path)
    assert len(bench.log.named("usage.not_restored")) == 1
    bench.count()
    bench.service.flush()
    assert list(bench.stored().days.values()) == [{"base": Tally(1, 1)}]


def test_the_tv_s_own_part_is_told_at_once_and_the_account_s_when_it_has_come(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.count(30)
    bench.jobs.is_slow = True
    bench.service.load(7)
    (first,) = bench.told
    assert first.is_loading
    assert first.account is None
    assert (first.tv.tiles, first.tv.transactions) == (30, 2.0)
    assert first.tv.cost is not None
    assert round(first.tv.cost.amount, 6) == 0.03
    bench.service.load(7)
    bench.jobs.finish()
    bench.take()
    last = bench.told[-1]
    assert isinstance(last.account, AccountUsage)
    assert not last.is_loading
    assert last.as_of == bench.clock.wall()
    assert bench.reader.reads == 1


def test_an_answer_counts_for_a_minute_and_is_shown_while_the_next_one_comes(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.service.load(7)
    bench.take()
    bench.clock.advance(FRESH_S - 1)
    bench.count()
    bench.service.load(7)
    assert bench.reader.reads == 1
    assert bench.told[-1].tv.tiles == 1
    bench.clock.advance(2)
    bench.service.load(7)
    assert bench.reader.reads == 2
    assert bench.told[-1].is_loading
    assert isinstance(bench.told[-1].account, AccountUsage)


def test_the_viewer_can_ask_anew_and_refusals_are_then_tried_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, FakeReader(lambda span: UsageProblem("role")))
    bench.service.load(1)
    bench.take()
    assert bench.told[-1].account == UsageProblem("role")
    bench.service.load(1, anew=True)
    assert (bench.reader.reads, bench.reader.forgotten) == (2, 1)


def test_a_problem_is_not_remembered(tmp_path: Path) -> None:
    bench = Bench(tmp_path, FakeReader(lambda span: UsageProblem("offline")))
    bench.service.load(1)
    bench.take()
    bench.reader.found = some
    bench.service.load(1)
    bench.take()
    assert isinstance(bench.told[-1].account, AccountUsage)


def test_what_the_configuration_lacks_is_told_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.reader.missing = UsageProblem("no-resource")
    bench.service.load(30)
    (told,) = bench.told
    assert told.account == UsageProblem("no-resource")
    assert not told.is_loading
    assert bench.reader.reads == 0


def test_a_defect_is_a_problem_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.jobs.is_slow = True
    bench.service.load(7)
    bench.service.receive(JobFailed("usage.load.7", ZeroDivisionError()), bench.clock.now)
    assert bench.told[-1].account == UsageProblem("broken")
    assert bench.told[-1].days == 7


def test_another_account_never_sees_what_the_former_has_read(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.service.load(7)
    bench.jobs.is_slow = True
    bench.take()
    bench.service.load(1)
    bench.service.use_account("other")
    told = len(bench.told)
    bench.jobs.finish()
    bench.take()
    assert len(bench.told) == told
    assert bench.reader.accounts == ["other"]
    bench.service.load(7)
    assert bench.told[-1].account is None


def test_a_day_that_begins_meanwhile_counts_as_today(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.count(4)
    bench.service.load(1)
    bench.take()
    bench.clock.advance(DAY_S)
    bench.reader.missing = UsageProblem("no-resource")
    bench.service.load(1)
    assert bench.told[-1].tv.tiles == 0
