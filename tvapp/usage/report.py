"""What the usage page and `tvapp usage` show: the account's usage or why it is unknown, and this TV's own part."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.usage.account import AccountUsage
from tvapp.usage.billing import Cost, Counts, Prices, cost, tiles_sent, transactions
from tvapp.usage.days import UsageDays
from tvapp.usage.problems import UsageProblem
from tvapp.usage.span import Span


@dataclass(frozen=True, slots=True)
class TvUsage:
    """The requests of this TV within a span; `since` is the first day of which anything is known."""

    counts: Counts
    cost: Cost | None
    since: str

    @property
    def tiles(self) -> int:
        return tiles_sent(self.counts)

    @property
    def transactions(self) -> float:
        return transactions(self.counts)


@dataclass(frozen=True, slots=True)
class UsageReport:
    """The usage within a span of `days`. `account` is None before anything was read, at `as_of`.

    While `is_loading`, newer data are on their way.
    """

    days: int
    span: Span
    tv: TvUsage
    account: AccountUsage | UsageProblem | None = None
    as_of: float | None = None
    is_loading: bool = False


def tv_usage(days: UsageDays, span: Span, prices: Prices) -> TvUsage:
    """Return the usage of this TV within a span."""
    counts = days.within(span)
    return TvUsage(counts, cost(counts, prices), days.since)
