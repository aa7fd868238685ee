"""The screen after a crash: what happened, and when the app restarts by itself.

It needs nothing but a canvas and words: no stack, no session, no map, for any of those may be what broke.
"""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas
from tvapp.ui.widgets.label import centred_paragraph, draw_icon
from tvapp.ui.words.formats import countdown
from tvapp.ui.words.lookup import words

OFTEN = 3
"""After this many crashes in a row the screen advises to ask an administrator."""


@dataclass(frozen=True, slots=True)
class Crash:
    """The content of the screen. `clock` is the time of day when it happened, ``14:02``; `left_s` runs down."""

    reference: str
    clock: str
    left_s: float
    in_a_row: int = 1
    starts_again: bool = True


def sentences(crash: Crash, language: str = "en") -> tuple[str, str, str, str]:
    """Return title, what happens next, what to do, and the line for an administrator."""
    next_key = "crash.next" if crash.starts_again else "crash.ends"
    advice_key = "crash.often" if crash.in_a_row >= OFTEN else "crash.advice"
    return (
        words("crash.title", language),
        words(next_key, language, time=countdown(crash.left_s)),
        words(advice_key, language),
        words("crash.reference", language, reference=crash.reference, clock=crash.clock),
    )


def draw_crash(canvas: Canvas, crash: Crash, language: str = "en") -> None:
    """Draw the whole screen."""
    title, then, advice, reference = sentences(crash, language)
    canvas.fill(layout.screen(canvas), theme.PAGE)
    box = layout.centred(layout.safe_area(canvas), 1400.0, 560.0)
    x = box.center[0]
    draw_icon(canvas, "octagon-alert", x, box.y + 60, 112, theme.WARN)
    y = box.y + 156
    for text, style in (
        (title, theme.style(theme.TITLE, face="bold")),
        (then, theme.style(theme.LEAD)),
        (advice, theme.style(theme.BODY, theme.MUTED)),
        (reference, theme.style(theme.BODY, theme.MUTED, "mono")),
    ):
        y = centred_paragraph(canvas, text, x, y, box.w, style, 2) + 24
