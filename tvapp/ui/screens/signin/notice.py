"""The sign-in screen without a code: a sentence, advice, and ids for an administrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tvapp.auth.problems import Problem
from tvapp.auth.view import SessionView
from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Color, Rect
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets import step_list
from tvapp.ui.widgets.label import draw_icon, label, paragraph, paragraph_height
from tvapp.ui.widgets.surface import Button, card
from tvapp.ui.words.clock_skew import clock_advice, clock_title
from tvapp.ui.words.connection import failure_advice, failure_title
from tvapp.ui.words.formats import countdown, duration
from tvapp.ui.words.lookup import problem_words

if TYPE_CHECKING:
    from tvapp.core.connection_steps import Step, StepName

WIDTH = 1280.0
BUTTON_HEIGHT = 84.0
STEPS_GAP = 80.0


@dataclass(frozen=True, slots=True)
class SignInNotice:
    """Content of the screen. `button` and `hint` are empty when no key acts."""

    icon: str
    color: Color
    title: str
    advice: str = ""
    button: str = ""
    hint: str = ""
    waiting: str = ""
    admin: tuple[tuple[str, str], ...] = ()
    admin_advice: str = ""
    steps: tuple[Step, ...] = ()
    """The steps of the connection, of which one fails; drawn beside the words."""


def notice_for(view: SessionView, settings: UiSettings) -> SignInNotice:
    """Return the notice for a session without a code."""
    say = settings.words
    match view.phase:
        case "succeeded" | "signed-in":
            name = view.account.name if view.account else ""
            title = say("signin.welcome", name=name) if name else say("signin.welcome.plain")
            return SignInNotice("circle-check", theme.GOOD, title, say("signin.welcome.advice"))
        case "paused":
            title, advice = say("signin.paused.title"), say("signin.paused.advice")
            return SignInNotice("hourglass", theme.ACCENT, title, advice, say("action.new-code"), "hint.new-code")
        case "signed-out":
            title, advice = say("signin.signed-out.title"), say("signin.signed-out.advice")
            return SignInNotice("log-out", theme.ACCENT, title, advice, say("action.sign-in"), "hint.sign-in")
        case "failed" if view.problem is not None:
            return _failed(view.problem, settings)
        case _ if view.problem is not None or view.phase == "offline":
            return _waiting(view, settings)
        case _:
            return SignInNotice(
                "loader-circle", theme.ACCENT, say("signin.requesting.title"), say("signin.requesting.advice")
            )


def connection_notice(
    steps: Sequence[Step], view: SessionView | None, settings: UiSettings, now: float
) -> SignInNotice | None:
    """Return the notice for the step of the connection that fails; None if none does."""
    step = next((each for each in steps if each.state == "failed"), None)
    if step is None or step.failure is None:
        return None
    say, failure = settings.words, step.failure
    title, advice = failure_title(failure, settings), failure_advice(failure, settings)
    if failure.reason == "clock-wrong" and view is not None and view.clock_skew_s is not None:
        title = clock_title(view.clock_skew_s, settings)
    since = say("step.since", age=duration(now - step.since))
    if step.tries:
        tries = settings.counted("step.tries", step.tries)
        since = say("step.since.tries", age=duration(now - step.since), tries=tries)
    retry_in_s = view.retry_in_s if view is not None else None
    if retry_in_s:
        since = say("step.retry", since=since, time=countdown(retry_in_s))
    detail = " · ".join(part for part in (failure.detail, failure.host) if part)
    return SignInNotice(
        icon=_STEP_ICONS[step.name],
        color=theme.WARN,
        title=title,
        advice=advice,
        button=say("action.try-now") if view is not None else "",
        hint="hint.try-now",
        waiting=since,
        admin=((detail, ""),) if detail else (),
        steps=tuple(steps),
    )


_STEP_ICONS: dict[StepName, str] = {
    "link": "wifi-off",
    "address": "wifi-off",
    "name": "globe",
    "time": "clock",
    "tls": "shield-alert",
    "service": "cloud-off",
    "maps": "cloud-off",
}


def admin_lines(problem: Problem, settings: UiSettings) -> tuple[tuple[str, str], ...]:
    """Return labels and values by which an administrator finds a problem in the logs."""
    say = settings.words
    number = f"AADSTS{problem.aadsts}" if problem.aadsts else problem.error
    lines = (
        (say("signin.admin.aadsts"), number),
        (say("signin.admin.correlation"), problem.correlation_id),
        (say("signin.admin.time"), problem.timestamp),
    )
    return tuple((name, value) for name, value in lines if value)


def _failed(problem: Problem, settings: UiSettings) -> SignInNotice:
    return SignInNotice(
        icon="circle-x" if problem.kind in ("declined", "consent-declined") else "shield-alert",
        color=theme.BAD,
        title=problem_words(problem.kind, "title", settings.language),
        advice=problem_words(problem.kind, "advice", settings.language),
        button=settings.words("action.try-again"),
        hint="hint.try-again",
        admin=admin_lines(problem, settings),
        admin_advice=problem_words(problem.kind, "admin", settings.language),
    )


def _waiting(view: SessionView, settings: UiSettings) -> SignInNotice:
    problem, say = view.problem, settings.words
    kind = problem.kind if problem is not None else "offline"
    title, advice = (problem_words(kind, part, settings.language) for part in ("title", "advice"))
    icon = "wifi-off" if problem is None or problem.is_network else "cloud-off"
    if kind == "clock-wrong":
        icon = "clock"
        if view.clock_skew_s is not None:
            title, advice = clock_title(view.clock_skew_s, settings), f"{clock_advice(settings)} {advice}"
    retry = say("signin.retry.now")
    if view.retry_in_s:
        retry = say("signin.retry", time=countdown(view.retry_in_s))
    return SignInNotice(
        icon=icon,
        color=theme.WARN,
        title=title,
        advice=advice,
        button=say("action.try-now"),
        hint="hint.try-now",
        waiting=retry,
        admin=admin_lines(problem, settings) if problem is not None and not problem.is_network else (),
        admin_advice=problem_words(kind, "admin", settings.language),
    )


def draw_notice(canvas: Canvas, settings: UiSettings, notice: SignInNotice, arrived: float, focused: bool) -> None:
    """Draw a notice in the middle of the page; `arrived` goes from 0 to 1."""
    if notice.steps:
        _draw_with_steps(canvas, settings, notice, arrived, focused)
        return
    area = layout.content(canvas)
    width = min(WIDTH, area.w)
    x = area.x + (area.w - width) / 2
    title_style = theme.style(theme.TITLE, theme.TEXT, "bold")
    advice_style = theme.style(theme.LEAD, theme.MUTED)
    text_width = width - 140
    has_admin = bool(notice.admin or notice.admin_advice)
    admin_height = _admin_height(canvas, notice, width) if has_admin else 0.0
    height = paragraph_height(canvas, notice.title, text_width, title_style, 3)
    height += 12 + paragraph_height(canvas, notice.advice, text_width, advice_style, 4) + 40
    height += 48 if notice.waiting else 0
    height += BUTTON_HEIGHT + 40 if notice.button else 0
    y = area.y + max(0.0, (area.h - height - admin_height) / 2) + (1 - arrived) * 24
    draw_icon(canvas, notice.icon, x + 48, y + 48, 96, notice.color)
    left = x + 140
    y = paragraph(canvas, notice.title, left, y, text_width, title_style, 3) + 12
    y = paragraph(canvas, notice.advice, left, y, text_width, advice_style, 4)
    if notice.waiting:
        label(canvas, notice.waiting, left, y + 12, text_width, theme.style(theme.BODY, notice.color))
        y += 48
    y += 40
    if notice.button:
        button = Button("button", notice.button, "refresh-cw")
        button.draw(canvas, Rect(left, y, button.width(canvas) + 40, BUTTON_HEIGHT), focused, arrived)
        y += BUTTON_HEIGHT + 40
    if has_admin:
        _draw_admin(canvas, settings, notice, Rect(left, y + 24, text_width, admin_height - 24))


def _draw_with_steps(canvas: Canvas, settings: UiSettings, notice: SignInNotice, arrived: float, focused: bool) -> None:
    """Draw the steps at the left, and what is wrong with one of them beside them."""
    area = layout.content(canvas)
    high = step_list.height(notice.steps)
    top = area.y + (area.h - high) / 2 + (1 - arrived) * 24
    step_list.draw_steps(canvas, Rect(area.x, top, step_list.WIDTH, high), notice.steps, settings)
    left = area.x + step_list.WIDTH + STEPS_GAP
    width = area.right - left
    title_style = theme.style(theme.HEADING, theme.TEXT, "bold")
    advice_style = theme.style(theme.LEAD, theme.MUTED)
    height = 96 + paragraph_height(canvas, notice.title, width, title_style, 3)
    height += 12 + paragraph_height(canvas, notice.advice, width, advice_style, 4) + 20 + 48 + 28
    height += BUTTON_HEIGHT if notice.button else 0
    height += 72 if notice.admin else 0
    y = top + max(0.0, (high - height) / 2)
    draw_icon(canvas, notice.icon, left + 36, y + 36, 72, notice.color)
    y = paragraph(canvas, notice.title, left, y + 96, width, title_style, 3) + 12
    y = paragraph(canvas, notice.advice, left, y, width, advice_style, 4) + 20
    label(canvas, notice.waiting, left, y, width, theme.style(theme.BODY, notice.color))
    y += 76
    if notice.button:
        button = Button("button", notice.button, "refresh-cw")
        button.draw(canvas, Rect(left, y, button.width(canvas) + 40, BUTTON_HEIGHT), focused, arrived)
        y += BUTTON_HEIGHT
    for text, _ in notice.admin:
        # The host and the system's own words, by which an administrator finds it in the log.
        label(canvas, text, left, y + 40, width, theme.style(theme.CAPTION, theme.MUTED, "mono"))


def _admin_height(canvas: Canvas, notice: SignInNotice, width: float) -> float:
    style = theme.style(theme.SMALL, theme.MUTED)
    advice = paragraph_height(canvas, notice.admin_advice, width - 140 - 64, style, 2)
    return 24 + 28 + 40 + advice + len(notice.admin) * 40 + 24


def _draw_admin(canvas: Canvas, settings: UiSettings, notice: SignInNotice, box: Rect) -> None:
    card(canvas, box, theme.PANEL)
    x, y, width = box.x + 32, box.y + 24, box.w - 64
    label(canvas, settings.words("signin.admin"), x, y, width, theme.style(theme.CAPTION, theme.ACCENT, "bold"))
    y += 40
    if notice.admin_advice:
        y = paragraph(canvas, notice.admin_advice, x, y, width, theme.style(theme.SMALL, theme.MUTED), 2) + 4
    for name, value in notice.admin:
        label(canvas, name, x, y, 220, theme.style(theme.CAPTION, theme.MUTED))
        label(canvas, value, x + 220, y, width - 220, theme.style(theme.CAPTION, theme.TEXT, "mono"))
        y += 40
