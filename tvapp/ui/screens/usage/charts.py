"""Draws the account's half of the usage page: requests over time, by API and by result, and the availability."""

from __future__ import annotations

import time
from collections.abc import Mapping

from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Color, Rect
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.bars import ROW_HEIGHT, Bar, Column, draw_bars, draw_columns
from tvapp.ui.widgets.label import fit, label
from tvapp.ui.widgets.surface import card
from tvapp.ui.words.formats import MONTHS, WEEKDAYS, count
from tvapp.ui.words.usage_words import api_words, percentage, result_words, short_count
from tvapp.usage.account import AccountUsage, regrouped
from tvapp.usage.span import Span, UsagePeriod

GAP = 24.0
PAD = 30.0
HEADING = 46.0
AVAILABILITY_HEIGHT = 128.0

JOINED: Mapping[UsagePeriod, int] = {"day": 2, "week": 1, "month": 3}
"""How many parts of the span make one column: few enough that each has its value written on it."""


def columns(usage: AccountUsage, period: UsagePeriod, settings: UiSettings) -> list[Column]:
    """Return the columns of the chart, the oldest first."""
    size = JOINED[period]
    sums = regrouped(usage.by_part, size)
    found = []
    for index, value in enumerate(sums):
        last = usage.span.parts - (len(sums) - 1 - index) * size
        first = max(0, last - size)
        words = _time_words(usage.span, first, last, period, settings)
        found.append(Column(value, short_count(value), words, is_open=index == len(sums) - 1))
    return found


def _time_words(span: Span, first: int, last: int, period: UsagePeriod, settings: UiSettings) -> str:
    """Return the name of the parts from `first` up to `last`; times are those of UTC, as Azure Monitor's."""
    begins = time.gmtime(span.start + first * span.grain_s)
    if period == "day":
        return settings.words("usage.now") if last == span.parts else f"{begins.tm_hour:02}:00"
    if period == "week":
        if last == span.parts:
            return settings.words("usage.today")
        return f"{WEEKDAYS[begins.tm_wday][:3]} {begins.tm_mday}"
    ends = time.gmtime(span.start + (last - 1) * span.grain_s)
    return f"{begins.tm_mday}–{ends.tm_mday}"


def heading(usage: AccountUsage, period: UsagePeriod, settings: UiSettings) -> str:
    """Return the heading of the chart."""
    first, last = time.gmtime(usage.span.start), time.gmtime(usage.span.end - 1)
    return settings.words(
        f"usage.chart.{period}",
        first=f"{first.tm_mday} {MONTHS[first.tm_mon - 1][:3]}",
        last=f"{last.tm_mday} {MONTHS[last.tm_mon - 1][:3]}",
    )


def draw_chart(canvas: Canvas, box: Rect, usage: AccountUsage, period: UsagePeriod, settings: UiSettings) -> None:
    """Draw the requests over time, with their sum."""
    card(canvas, box)
    inner = box.inset(PAD, 20)
    sum_style = theme.style(theme.HEADING, face="bold")
    total = count(usage.total)
    width = canvas.measure(total, sum_style)[0]
    label(canvas, heading(usage, period, settings), inner.x, inner.y + 12, inner.w - width - 24, _HEADING)
    canvas.text(total, inner.right, inner.y, sum_style, "right")
    draw_columns(canvas, Rect(inner.x, inner.y + 62, inner.w, inner.h - 62), columns(usage, period, settings))


def rows_that_fit(height: float) -> int:
    """Return how many rows of APIs fit into the card of that height."""
    return max(1, int((height - 2 * 20 - HEADING) // ROW_HEIGHT))


def draw_details(canvas: Canvas, box: Rect, usage: AccountUsage, first: int, settings: UiSettings) -> None:
    """Draw the requests by API, from the one of index `first` on, beside results and availability."""
    left = Rect(box.x, box.y, round(box.w * 0.56), box.h)
    right = Rect(left.right + GAP, box.y, box.right - left.right - GAP, box.h)
    _draw_apis(canvas, left, usage, first, settings)
    _draw_answers(canvas, right, usage, settings)


def _draw_apis(canvas: Canvas, box: Rect, usage: AccountUsage, first: int, settings: UiSettings) -> None:
    card(canvas, box)
    inner = box.inset(PAD, 20)
    rows = rows_that_fit(box.h)
    shown, total = usage.by_api[first : first + rows], len(usage.by_api)
    more = ""
    if total > rows:
        more = settings.words("usage.range", first=first + 1, last=first + len(shown), total=total)
    style = theme.style(theme.CAPTION, theme.MUTED)
    more_width = canvas.measure(more, style)[0] if more else 0.0
    label(canvas, settings.words("usage.by-api"), inner.x, inner.y, inner.w - more_width - 24, _HEADING)
    if more:
        canvas.text(more, inner.right, inner.y + 2, style, "right")
    most = max((share.count for share in usage.by_api), default=1)
    bars = [
        Bar(
            api_words(share.name, settings),
            count(share.count),
            share.count / most,
            short=share.name.partition(".")[2],  # without the category
        )
        for share in shown
    ]
    draw_bars(canvas, Rect(inner.x, inner.y + HEADING, inner.w, inner.h - HEADING), bars)


def _draw_answers(canvas: Canvas, box: Rect, usage: AccountUsage, settings: UiSettings) -> None:
    card(canvas, box)
    inner = box.inset(PAD, 20)
    label(canvas, settings.words("usage.by-result"), inner.x, inner.y, inner.w, _HEADING)
    top = Rect(inner.x, inner.y + HEADING, inner.w, inner.h - HEADING - AVAILABILITY_HEIGHT)
    rows = max(1, int(top.h // ROW_HEIGHT))
    bars = [
        Bar(
            result_words(share.name, settings),
            percentage(share.count, usage.total),
            share.count / max(1, usage.total),
            _result_color(share.name),
        )
        for share in usage.by_result[:rows]
    ]
    draw_bars(canvas, top, bars)
    y = inner.bottom - AVAILABILITY_HEIGHT + 8
    canvas.fill(Rect(inner.x, y - 8, inner.w, 2), theme.LINE)
    label(canvas, settings.words("usage.availability"), inner.x, y + 18, inner.w * 0.5, _HEADING)
    known = usage.availability
    words = settings.words("usage.availability.unknown") if known is None else percentage(known)
    style = theme.style(theme.HEADING, theme.MUTED if known is None else theme.TEXT, "bold")
    canvas.text(fit(canvas, words, style, inner.w * 0.5), inner.right, y + 4, style, "right")
    lowest = next((each for each in usage.availability_by_api if each.percent < 100), None)
    if lowest is not None and known is not None:
        caption = settings.words("usage.availability.lowest", api=lowest.name, percent=percentage(lowest.percent))
        label(canvas, caption, inner.x, y + 68, inner.w, theme.style(theme.CAPTION, theme.MUTED))


def _result_color(name: str) -> Color:
    return theme.GOOD if name.lower() == "success" else theme.WARN


_HEADING = theme.style(theme.SMALL, theme.MUTED, "bold")
