"""`tvapp usage`: prints how the Azure Maps account is used, with the kiosk's own sign-in, and this TV's part in it."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from tvapp.commands.as_service import as_service
from tvapp.commands.console import complain, explain
from tvapp.core.data_folder import DataFolder
from tvapp.core.exit_status import EXIT_CONFIG, EXIT_FAILED, EXIT_OK
from tvapp.ui.settings import UiSettings
from tvapp.ui.words.usage_words import (
    amount,
    percentage,
    problem_advice,
    problem_command,
    problem_detail,
    problem_title,
)
from tvapp.usage.account import AccountUsage, Share
from tvapp.usage.billing import Counts, Prices
from tvapp.usage.days import UsageDays
from tvapp.usage.problems import UsageProblem
from tvapp.usage.report import TvUsage, UsageReport, tv_usage
from tvapp.usage.span import HOUR_S, iso_time, span_of

if TYPE_CHECKING:
    from tvapp.app.diagnosis.standpoint import Standpoint
    from tvapp.config.model import Config
    from tvapp.core.surroundings import Surroundings

SCHEMA = 1
"""The version of the report in JSON; it grows only when a field goes or changes its meaning."""
WITHIN_S = 60.0
BAR_WIDTH = 30


def run_usage(options: argparse.Namespace) -> int:
    """Read and print the usage; returns 0, 1 if the account's usage could not be read, or 3 without a configuration.

    It writes no file, and asks nobody to sign in. As root it looks as the user of the service.
    """
    from tvapp.app.diagnosis.standpoint import is_usable

    at = as_service(options, _load_ahead)
    if not is_usable(at.loaded):
        complain(explain(at.loaded.errors))
        return EXIT_CONFIG
    report, days = _read(at, options.days)
    settings = UiSettings.of(at.loaded.config)
    sys.stdout.write(as_json(report, days, settings) if options.json else as_text(report, settings))
    return EXIT_OK if isinstance(report.account, AccountUsage) else EXIT_FAILED


def _load_ahead() -> None:
    """Import everything now: the user of the service may not be able to read where this was installed."""
    import tvapp.app.account_usage
    import tvapp.app.usage_service
    import tvapp.azure.usage_problems  # noqa: F401
    from tvapp.app.diagnosis.beside import load_ahead

    load_ahead()


def _read(at: Standpoint, days: int) -> tuple[UsageReport, UsageDays]:
    """Return the report, and this TV's counts by day."""
    from tvapp.app.diagnosis.beside import surroundings_beside
    from tvapp.app.usage_service import read_days

    config = at.loaded.config
    with surroundings_beside(DataFolder(at.data_dir)) as around:
        counted = read_days(around.data.usage, around.log)
        span = span_of(days, around.clock.wall())
        prices = Prices.of(config.usage.price_per_thousand, config.usage.currency)
        found = _read_account(config, around, days)
        as_of = around.clock.wall()
    return UsageReport(days, span, tv_usage(counted, span, prices), found, as_of), counted


def _read_account(config: Config, around: Surroundings, days: int) -> AccountUsage | UsageProblem:
    from tvapp.app.account_usage import AccountUsageReader
    from tvapp.auth.quiet_gateway import QuietGateway
    from tvapp.net.lazy_chain import LazyChain

    jobs, clock, log = around.jobs, around.clock, around.log
    network = LazyChain(jobs, clock, log, outbound=config.outbound, random=around.random)
    try:
        gateway = None
        if config.needs_sign_in:
            gateway = QuietGateway(config.identity, around.data.root, clock, log, network)
        reader = AccountUsageReader(config, around, gateway, network.get)
        signed_in = gateway.load_account() if gateway is not None else None
        reader.use_account(signed_in.home_id if signed_in is not None else None)
        work = asyncio.wait_for(reader.read(span_of(days, clock.wall())), WITHIN_S)
        try:
            return asyncio.run_coroutine_threadsafe(work, jobs.io_loop()).result()
        except TimeoutError:
            return UsageProblem("offline", "TimedOut")
    finally:
        network.close()


# -- the report as JSON -----------------------------------------------------------------------------------------------


def as_json(report: UsageReport, counted: UsageDays, settings: UiSettings) -> str:
    """Return the report as one JSON object."""
    found = report.account
    content = {
        "schema": SCHEMA,
        "ok": isinstance(found, AccountUsage),
        "resource_id": settings.resource_id,
        "days": report.days,
        "from": iso_time(report.span.start),
        "to": iso_time(report.span.end),
        "interval": report.span.interval,
        "account": _account_json(found) if isinstance(found, AccountUsage) else None,
        "problem": _problem_json(found, settings) if isinstance(found, UsageProblem) else None,
        "tv": _tv_json(report, counted),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _account_json(usage: AccountUsage) -> dict[str, object]:
    span = usage.span
    return {
        "requests": usage.total,
        "by_time": [
            {"from": iso_time(span.start + index * span.grain_s), "requests": count}
            for index, count in enumerate(usage.by_part)
        ],
        "by_api": [{"name": share.name, "requests": share.count} for share in usage.by_api],
        "by_result": [{"name": share.name, "requests": share.count} for share in usage.by_result],
        "availability": usage.availability,
        "availability_by_api": [asdict(each) for each in usage.availability_by_api],
        "failures": list(usage.failures),
    }


def _problem_json(problem: UsageProblem, settings: UiSettings) -> dict[str, object]:
    return {
        **asdict(problem),
        "title": problem_title(problem, settings),
        "advice": problem_advice(problem, settings),
        "command": problem_command(problem, client_id=settings.client_id, resource_id=settings.resource_id),
    }


def _tv_json(report: UsageReport, counted: UsageDays) -> dict[str, object]:
    tv = report.tv
    first, last = report.span.days
    return {
        "since": tv.since or None,
        "tiles": tv.tiles,
        "transactions": round(tv.transactions, 4),
        "cost": None if tv.cost is None else asdict(tv.cost),
        "by_meter": _counts_json(tv.counts),
        "by_day": {day: _counts_json(counted.of(day)) for day in sorted(counted.days) if first <= day <= last},
    }


def _counts_json(counts: Counts) -> dict[str, object]:
    return {meter: asdict(tally) for meter, tally in counts.items()}


# -- the report as text -----------------------------------------------------------------------------------------------


def as_text(report: UsageReport, settings: UiSettings) -> str:
    """Return the report as tables."""
    found = report.account
    name = settings.resource_id.rstrip("/").rpartition("/")[2] or "of this TV"
    to = iso_time(report.span.end).replace("T", " ").replace("Z", " UTC")
    length = "24 hours" if report.days == 1 else f"{report.days} days"
    lines = [f"Azure Maps account {name}: {length} to {to}"]
    if isinstance(found, AccountUsage):
        lines += _account_lines(found)
    elif isinstance(found, UsageProblem):
        lines += _problem_lines(found, settings)
    return "\n".join([*lines, "", *_tv_lines(report, settings)]) + "\n"


def _account_lines(usage: AccountUsage) -> Iterator[str]:
    yield f"  requests      {usage.total}"
    known = usage.availability
    yield f"  availability  {'unknown' if known is None else percentage(known)}"
    if usage.failures:
        yield f"  not read      {', '.join(usage.failures)}"
    if usage.is_empty:
        yield "  Azure Monitor counts a request some minutes after it was made."
        return
    yield "  by time"
    most = max(usage.by_part)
    width = len(str(most))
    for index, count in enumerate(usage.by_part):
        begins = iso_time(usage.span.start + index * usage.span.grain_s)
        label = begins[:16].replace("T", " ") if usage.span.grain_s == HOUR_S else begins[:10]
        bar = "#" * max(round(BAR_WIDTH * count / most), 1 if count else 0)
        yield f"    {label}  {count:>{width}}  {bar}".rstrip()
    yield from _share_lines("by API", usage.by_api, usage.total)
    yield from _share_lines("by result", usage.by_result, usage.total)
    low = [each for each in usage.availability_by_api if each.percent < 100]
    if low:
        yield "  availability by API, where it is not 100 %"
        yield from (f"    {each.name}  {percentage(each.percent)}" for each in low)


def _share_lines(heading: str, shares: Sequence[Share], total: int) -> Iterator[str]:
    yield f"  {heading}"
    names = [share.name or "(without a name)" for share in shares]
    width = max(map(len, names), default=0)
    digits = max((len(str(share.count)) for share in shares), default=0)
    for name, share in zip(names, shares, strict=True):
        yield f"    {name:<{width}}  {share.count:>{digits}}  {percentage(share.count, total)}"


def _problem_lines(problem: UsageProblem, settings: UiSettings) -> Iterator[str]:
    yield f"  {problem_title(problem, settings)}."
    yield f"  {problem_advice(problem, settings)}"
    if command := problem_command(problem, client_id=settings.client_id, resource_id=settings.resource_id):
        yield f"    {command}"
    if detail := problem_detail(problem):
        yield f"  {detail}"


def _tv_lines(report: UsageReport, settings: UiSettings) -> Iterator[str]:
    tv = report.tv
    first, last = report.span.days
    days = f"{first} to {last}" if first != last else last
    yield f"This TV: {days}, in days of UTC{f'; counted since {tv.since}' if tv.since else ''}"
    yield f"  tiles requested        {tv.tiles}"
    yield f"  billable transactions  {tv.transactions:.1f}"
    yield f"  estimated cost         {_cost_words(tv, settings)}"
    if tv.counts:
        yield "  by meter               sent   billed"
    for meter, tally in tv.counts.items():
        yield f"    {settings.words(f'usage.meter.{meter}'):<18} {tally.sent:>6}   {tally.billed:>6}"
    yield "  A running app writes its counts every ten minutes."


def _cost_words(tv: TvUsage, settings: UiSettings) -> str:
    if tv.cost is None:
        return "no price is set ([usage] price_per_thousand)"
    without = ", ".join(settings.words(f"usage.meter.{meter}") for meter in tv.cost.without)
    return amount(tv.cost).replace("\u202f", "") + (f" (without {without})" if without else "")
