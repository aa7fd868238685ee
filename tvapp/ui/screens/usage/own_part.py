"""Draws the part of the usage page that is about this TV: tiles, transactions, cost, and what was requested."""

from __future__ import annotations

from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.label import draw_icon, fit, label, paragraph
from tvapp.ui.widgets.surface import card
from tvapp.ui.words.formats import MONTHS, count
from tvapp.ui.words.usage_words import amount, transactions_words
from tvapp.usage.billing import METERS
from tvapp.usage.report import TvUsage
from tvapp.usage.span import UsagePeriod

PAD = 30.0
ROW = 40.0


def draw_own_part(canvas: Canvas, box: Rect, tv: TvUsage, period: UsagePeriod, settings: UiSettings) -> None:
    """Draw the card of this TV."""
    say = settings.words
    card(canvas, box)
    inner = box.inset(PAD, 24)
    draw_icon(canvas, "monitor", inner.x + 20, inner.y + 26, 40, theme.ACCENT)
    label(canvas, say("usage.tv"), inner.x + 56, inner.y + 4, inner.w - 56, theme.style(theme.LEAD, face="bold"))
    y = label_below(canvas, say(f"usage.tv.{period}"), inner, inner.y + 56)
    y = _figure(canvas, inner, y + 14, say("usage.tv.tiles"), count(tv.tiles))
    y = _figure(canvas, inner, y + 12, say("usage.tv.transactions"), transactions_words(tv.transactions))
    y = label_below(canvas, say("usage.tv.transactions.advice"), inner, y)
    if tv.cost is None:
        y = _figure(canvas, inner, y + 12, say("usage.tv.cost"), say("usage.tv.no-price"), is_number=False)
    else:
        y = _figure(canvas, inner, y + 12, say("usage.tv.cost"), amount(tv.cost))
        advice = say("usage.tv.cost.advice")
        if tv.cost.without:
            meters = ", ".join(say(f"usage.meter.{meter}") for meter in tv.cost.without)
            advice = say("usage.tv.cost.without", meters=meters)
        y = paragraph(canvas, advice, inner.x, y, inner.w, _CAPTION, 2)
    y += 14
    canvas.fill(Rect(inner.x, y, inner.w, 2), theme.LINE)
    _draw_meters(canvas, Rect(inner.x, y + 14, inner.w, inner.bottom - 44 - y - 14), tv, settings)
    if tv.since:
        label(canvas, say("usage.tv.since", date=day_words(tv.since)), inner.x, inner.bottom - 34, inner.w, _CAPTION)


def _draw_meters(canvas: Canvas, box: Rect, tv: TvUsage, settings: UiSettings) -> None:
    name_style, value_style = theme.style(theme.SMALL, theme.MUTED), theme.style(theme.SMALL, face="bold")
    rows = [(settings.words(f"usage.meter.{meter}"), tv.counts[meter].sent) for meter in METERS if meter in tv.counts]
    if not rows:
        label(canvas, settings.words("usage.tv.none"), box.x, box.y, box.w, name_style)
    y = box.y
    for name, sent in rows:
        if y + ROW > box.bottom:
            break
        words = count(sent)
        width = canvas.measure(words, value_style)[0]
        canvas.text(fit(canvas, name, name_style, box.w - width - 20), box.x, y, name_style)
        canvas.text(words, box.right, y, value_style, "right")
        y += ROW


def _figure(canvas: Canvas, inner: Rect, y: float, name: str, words: str, *, is_number: bool = True) -> float:
    """Draw a name with its value below it; returns the y below both."""
    label(canvas, name, inner.x, y, inner.w, theme.style(theme.SMALL, theme.MUTED, "bold"))
    style = theme.style(theme.HEADING if is_number else theme.BODY, theme.TEXT if is_number else theme.MUTED, "bold")
    label(canvas, words, inner.x, y + 34, inner.w, style)
    return y + (92 if is_number else 78)


def label_below(canvas: Canvas, text: str, inner: Rect, y: float) -> float:
    """Draw a small line; returns the y below it."""
    label(canvas, text, inner.x, y, inner.w, _CAPTION)
    return y + 34


def day_words(day: str) -> str:
    """Return a day in words.

    >>> day_words("2026-11-03")
    '3 November 2026'
    """
    year, month, number = (int(part) for part in day.split("-"))
    return f"{number} {MONTHS[month - 1]} {year}"


_CAPTION = theme.style(theme.CAPTION, theme.MUTED)
