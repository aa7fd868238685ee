"""The status screen: a list of what was checked, and beside it what was found and what to do about it."""

from __future__ import annotations

from tvapp.core.diagnosis import (
    ExaminationBegan,
    ExaminationEnded,
    Finding,
    FindingMade,
    Outcome,
)
from tvapp.core.jobs import JobFailed
from tvapp.remote.intents import Input, Intent
from tvapp.ui import layout, theme
from tvapp.ui.actions import Actions
from tvapp.ui.canvas import Canvas, Color, Rect
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import REPEATED, Binding, bind
from tvapp.ui.screens.panels.panel import Panel
from tvapp.ui.screens.panels.rows import Rows, RowWords, draw_row
from tvapp.ui.screens.status.rows import TROUBLES, WAIT, Examination, StatusRow, moved
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.label import LINE_SPACING, draw_icon, fit, label, paragraph, paragraph_height, wrap
from tvapp.ui.widgets.surface import card
from tvapp.ui.words.formats import clock_time

LIST_PART = 0.42
"""Part of the width for the list; the rest shows the row that has the focus."""
HEADER = 156.0
MARKS: dict[Outcome, tuple[str, Color]] = {
    "pass": ("circle-check", theme.GOOD),
    "warn": ("triangle-alert", theme.WARN),
    "fail": ("circle-x", theme.BAD),
    "skip": ("minus", theme.MUTED),
}
REMEDY_HEADING = 70.0
"""The room from the evidence to the remedy, with the heading in it."""
MOST_LOOKED_AT = 2


class StatusScreen(Panel):
    """Begins a diagnosis when it opens; findings arrive one by one. Back closes it."""

    name = "status"
    is_overlay = False

    def __init__(self, settings: UiSettings, navigator: Navigator, actions: Actions) -> None:
        super().__init__(navigator, motion=settings.motion, slides=False)
        self._settings = settings
        self._actions = actions
        self._examination = Examination()
        self._rows = Rows(self._motion)
        self._examine()

    # -- keys -----------------------------------------------------------------------------------------------------

    @property
    def focused(self) -> str:
        return self._row().key

    def focusables(self) -> tuple[str, ...]:
        return tuple(row.key for row in self._examination.rows())

    def bindings(self) -> tuple[Binding, ...]:
        move = bind((Intent.UP, Intent.DOWN), self._scroll, ("up-down", "hint.scroll"), REPEATED)
        back = bind((Intent.BACK, Intent.MENU), self._close, ("back", "hint.back"))
        again = bind(Intent.SELECT, self._again, ("ok", "hint.check-again"))
        moves = (move,) if self.focused != WAIT else ()
        return (*moves, again, back) if self._examination.is_over else (*moves, back)

    def _scroll(self, input_: Input, now: float) -> bool:
        self._is_moved = self._rows.move(input_, len(self._examination.rows()), now) or self._is_moved
        return True

    def _again(self, _input: Input, _now: float) -> bool:
        self._examine()
        self._is_moved = True
        return True

    def _examine(self) -> None:
        self._examination = Examination(self._examination.number)
        self._rows.focus(0, 1)
        self._actions.examine_tv()

    # -- messages -------------------------------------------------------------------------------------------------

    def receive(self, message: object, now: float) -> None:
        examination = self._examination
        key, former = self.focused, examination.rows()
        match message:
            case ExaminationBegan(number, machine, parts, troubles) if number > examination.number:
                self._examination = Examination(number, machine, parts, troubles)
                key = ""
            case FindingMade(number, finding) if examination.hears(number):
                examination.findings.append(finding)
            case ExaminationEnded(number) if examination.hears(number):
                examination.is_over = True
            case JobFailed():
                examination.is_over = examination.is_broken = True
            case _:
                return
        rows = self._examination.rows()
        self._rows.focus(moved(key, former, rows), len(rows))
        self._is_moved = True

    def _row(self) -> StatusRow:
        rows = self._examination.rows()
        return rows[min(self._rows.index, len(rows) - 1)]

    # -- drawing --------------------------------------------------------------------------------------------------

    def draw(self, canvas: Canvas, now: float) -> None:
        canvas.fill(layout.screen(canvas), theme.PAGE)
        area = layout.content(canvas)
        self._draw_header(canvas, area)
        below = Rect(area.x, area.y + HEADER, area.w, area.h - HEADER)
        width = below.w * LIST_PART
        rows = self._examination.rows()

        def draw_one(index: int, box: Rect) -> None:
            self._draw_row(canvas, box, rows[index], focused=index == self._rows.index and self._navigator.top is self)

        if self.focused == WAIT:
            return
        self._rows.draw(canvas, Rect(below.x + 20, below.y, width - 20, below.h), len(rows), draw_one, now, fills=False)
        left = below.x + width + 64
        self._draw_detail(canvas, Rect(left, below.y, below.right - left, below.h), self._row())

    def _draw_header(self, canvas: Canvas, area: Rect) -> None:
        say, machine = self._settings.words, self._examination.machine
        draw_icon(canvas, "monitor", area.x + 26, area.y + 34, 52, theme.ACCENT)
        icon, color, text = self._summary()
        style = theme.style(theme.LEAD, color, "bold")
        shown = fit(canvas, text, style, area.w * 0.5)
        width = canvas.measure(shown, style)[0]
        canvas.text(shown, area.right, area.y + 12, style, "right")
        draw_icon(canvas, icon, area.right - width - 34, area.y + 34, 40, color)
        title_width = area.w - 84 - width - 90
        label(canvas, say("status.title"), area.x + 84, area.y, title_width, theme.style(theme.HEADING, face="bold"))
        if machine is None:
            return
        addresses = ", ".join(machine.addresses) or say("status.no-address")
        facts = f"{machine.host}  ·  tvapp {machine.version}  ·  {addresses}"
        label(canvas, facts, area.x + 84, area.y + 68, area.w - 84, theme.style(theme.BODY, theme.MUTED))

    def _summary(self) -> tuple[str, Color, str]:
        """Return icon, colour and sentence for the whole."""
        examination, settings = self._examination, self._settings
        if failed := examination.failed():
            return *MARKS["fail"], settings.counted("status.failed", failed)
        if examination.is_broken:
            return *MARKS["fail"], settings.words("status.broken")
        if not examination.is_over:
            done, total = examination.progress()
            key = "status.running" if total else "status.begins"
            return "hourglass", theme.MUTED, settings.words(key, done=done, total=total)
        if warned := examination.warned():
            return *MARKS["warn"], settings.counted("status.warned", warned)
        return *MARKS["pass"], settings.words("status.fine")

    def _draw_row(self, canvas: Canvas, box: Rect, row: StatusRow, *, focused: bool) -> None:
        say = self._settings.words
        if row.key == TROUBLES:
            troubles = self._examination.troubles
            detail = f"{troubles[-1].event}" if troubles else say("status.troubles.none")
            icon, color, name = "list", theme.MUTED, say("status.troubles")
        elif row.finding is None:
            icon, color = ("hourglass", theme.ACCENT) if row.is_current else ("ellipsis", theme.MUTED)
            detail = say("status.checking" if row.is_current else "status.waiting")
            name = say(f"diagnosis.part.{row.part}")
        else:
            icon, color = MARKS[row.finding.outcome]
            detail, name = row.finding.found, say(f"diagnosis.part.{row.part}")
        draw_row(canvas, box, RowWords(name, _sentence(detail)), focused=focused)
        draw_icon(canvas, icon, box.x + 38, box.center[1], 40, color)

    def _draw_detail(self, canvas: Canvas, box: Rect, row: StatusRow) -> None:
        card(canvas, box, theme.PANEL, 28)
        inner = box.inset(44, 36)
        if row.key == TROUBLES:
            self._draw_troubles(canvas, inner)
        elif row.finding is not None:
            self._draw_finding(canvas, inner, row.finding)
        else:
            say = self._settings.words
            title = say(f"diagnosis.part.{row.part}") if row.part else ""
            label(canvas, title, inner.x, inner.y, inner.w, theme.style(theme.HEADING, face="bold"))
            key = "status.checking" if row.is_current else "status.waiting"
            label(canvas, _sentence(say(key)), inner.x, inner.y + 76, inner.w, theme.style(theme.BODY, theme.MUTED))

    def _draw_finding(self, canvas: Canvas, inner: Rect, finding: Finding) -> None:
        say = self._settings.words
        icon, color = MARKS[finding.outcome]
        title = theme.style(theme.HEADING, face="bold")
        label(canvas, say(f"diagnosis.part.{finding.name}"), inner.x, inner.y, inner.w, title)
        draw_icon(canvas, icon, inner.x + 20, inner.y + 92, 40, color)
        outcome = theme.style(theme.LEAD, color, "bold")
        label(canvas, say(f"status.outcome.{finding.outcome}"), inner.x + 56, inner.y + 70, inner.w - 56, outcome)
        body, muted = theme.style(theme.BODY), theme.style(theme.CAPTION, theme.MUTED)
        place = f"{say('status.looked-at')}: {finding.looked_at}" if finding.looked_at else ""
        if finding.fault:
            place += f"  ·  {say('status.fault')}: {finding.fault}"
        bottom = inner.bottom - paragraph_height(canvas, place, inner.w, muted, MOST_LOOKED_AT)
        paragraph(canvas, place, inner.x, bottom, inner.w, muted, MOST_LOOKED_AT)
        # The remedy matters most: the evidence gets the lines that are left.
        y = inner.y + 132
        line = canvas.measure("x", body)[1] * LINE_SPACING
        lines = int((bottom - 16 - y - (REMEDY_HEADING if finding.remedy else 0)) / line)
        remedy = wrap(canvas, finding.remedy, body, inner.w, max(1, lines - 2))
        y = paragraph(canvas, _sentence(finding.found), inner.x, y, inner.w, body, max(1, lines - len(remedy)))
        if remedy:
            heading = theme.style(theme.SMALL, theme.ACCENT, "bold")
            canvas.text(say("status.remedy"), inner.x, y + 28, heading)
            paragraph(canvas, finding.remedy, inner.x, y + REMEDY_HEADING, inner.w, body, len(remedy))

    def _draw_troubles(self, canvas: Canvas, inner: Rect) -> None:
        say, troubles = self._settings.words, self._examination.troubles
        label(canvas, say("status.troubles"), inner.x, inner.y, inner.w, theme.style(theme.HEADING, face="bold"))
        y = inner.y + 80
        if not troubles:
            label(canvas, say("status.troubles.none"), inner.x, y, inner.w, theme.style(theme.BODY, theme.MUTED))
            return
        for trouble in reversed(troubles):
            if y + 84 > inner.bottom:
                return
            color = theme.BAD if trouble.level == "error" else theme.WARN
            at = clock_time(trouble.at, self._settings.local_time)
            label(canvas, f"{at}  {trouble.event}", inner.x, y, inner.w, theme.style(theme.SMALL, color, "bold"))
            detail = trouble.detail or trouble.level
            label(canvas, detail, inner.x, y + 36, inner.w, theme.style(theme.CAPTION, theme.MUTED))
            y += 84


def _sentence(text: str) -> str:
    """Begin a sentence with a capital letter, unless it begins with a host, an address or a path."""
    first = text.partition(" ")[0].rstrip(".:,")
    return text if "." in first or "/" in first else text[:1].upper() + text[1:]
