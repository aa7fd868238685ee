"""The usage page: tabs for the period, the account's charts or why there are none, and this TV's own part."""

from __future__ import annotations

from tvapp.remote.intents import Input, Intent
from tvapp.ui import layout, theme
from tvapp.ui.actions import Actions
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.focus import Group, Leaf
from tvapp.ui.messages import UsageChanged
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import REPEATED, Binding, bind
from tvapp.ui.screens.panels.panel import Panel
from tvapp.ui.screens.usage.charts import GAP, draw_chart, draw_details, rows_that_fit
from tvapp.ui.screens.usage.own_part import draw_own_part
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.label import draw_icon, label, paragraph
from tvapp.ui.widgets.surface import Button, card
from tvapp.ui.words.formats import clock_time
from tvapp.ui.words.usage_words import problem_advice, problem_command, problem_detail, problem_title
from tvapp.usage.account import AccountUsage
from tvapp.usage.problems import UsageProblem
from tvapp.usage.report import UsageReport
from tvapp.usage.span import DAYS, PERIODS, UsagePeriod

REFRESH_S = 300.0
"""The page asks again by itself: the metrics have a grain of hours."""
HEADER_HEIGHT = 112.0
TAB = Rect(0, 0, 204.0, 72.0)
OWN_WIDTH = 540.0
DETAILS_PART = 0.53
"""The part of the height that the lower cards take."""


class UsageScreen(Panel):
    """A page of its own over the map. Left and right choose the period, OK asks again, up and down turn the APIs."""

    name = "usage"
    is_overlay = False

    def __init__(self, settings: UiSettings, navigator: Navigator, actions: Actions) -> None:
        super().__init__(navigator, motion=settings.motion, focus="week", slides=False)
        self._settings = settings
        self._actions = actions
        self._reports: dict[int, UsageReport] = {}
        self._first_api = 0
        self._rows = 1
        self._refresh_at: float | None = None
        self._place(Rect(0, 0, (TAB.w + theme.GAP) * len(PERIODS), TAB.h))
        self._focus.set("week")
        self._acting = (
            bind((Intent.LEFT, Intent.RIGHT), self._choose, ("left-right", "hint.period")),
            bind(Intent.SELECT, self._ask_again, ("ok", "hint.refresh")),
            bind((Intent.BACK, Intent.MENU), self._close, ("back", "hint.back-to-map")),
        )
        self._turning = bind((Intent.UP, Intent.DOWN), self._turn, ("up-down", "hint.more"), REPEATED)

    @property
    def period(self) -> UsagePeriod:
        """The period that is shown."""
        return next(period for period in PERIODS if period == self.focused)

    def bindings(self) -> tuple[Binding, ...]:
        usage = self._usage
        has_more = usage is not None and len(usage.by_api) > self._rows
        return (self._turning, *self._acting) if has_more else self._acting

    def receive(self, message: object, now: float) -> None:
        """Take what is known of the usage."""
        if isinstance(message, UsageChanged):
            self._reports[message.report.days] = message.report
            self._is_moved = True

    def update(self, now: float) -> bool:
        if self._refresh_at is None or now >= self._refresh_at:
            self._load(now)
        return super().update(now)

    def next_wakeup(self, now: float) -> float | None:
        soon = super().next_wakeup(now)
        return self._refresh_at if soon is None else soon

    def _load(self, now: float, *, anew: bool = False) -> None:
        self._refresh_at = now + REFRESH_S
        self._actions.load_usage(DAYS[self.period], anew=anew)

    @property
    def _report(self) -> UsageReport | None:
        return self._reports.get(DAYS[self.period])

    @property
    def _usage(self) -> AccountUsage | None:
        report = self._report
        return report.account if report is not None and isinstance(report.account, AccountUsage) else None

    # -- drawing --------------------------------------------------------------------------------------------------

    def draw(self, canvas: Canvas, now: float) -> None:
        canvas.fill(layout.screen(canvas), theme.PAGE)
        area = layout.content(canvas)
        self._draw_header(canvas, Rect(area.x, area.y, area.w, HEADER_HEIGHT), now)
        body = Rect(area.x, area.y + HEADER_HEIGHT, area.w, area.h - HEADER_HEIGHT)
        left = Rect(body.x, body.y, body.w - OWN_WIDTH - GAP, body.h)
        report = self._report
        if report is not None:
            draw_own_part(
                canvas, Rect(left.right + GAP, body.y, OWN_WIDTH, body.h), report.tv, self.period, self._settings
            )
        match report.account if report is not None else None:
            case AccountUsage() as usage if not usage.is_empty:
                self._draw_usage(canvas, left, usage)
            case AccountUsage():
                self._draw_notice(canvas, left, "info", "usage.empty")
            case UsageProblem() as problem:
                self._draw_problem(canvas, left, problem)
            case None:
                self._draw_notice(canvas, left, "hourglass", "usage.loading")

    def _draw_header(self, canvas: Canvas, box: Rect, now: float) -> None:
        say = self._settings.words
        tabs = Rect(box.right - (TAB.w + theme.GAP) * len(PERIODS) + theme.GAP, box.y + 6, 0, TAB.h)
        self._place(Rect(tabs.x, tabs.y, box.right - tabs.x, TAB.h))
        growth = self._motion.value("focus", now)
        for period in PERIODS:
            rect = self._focus.rect(period)
            if rect is not None:
                Button(period, say(f"usage.period.{period}")).draw(canvas, rect, period == self.focused, growth)
        draw_icon(canvas, "info", box.x + 24, box.y + 34, 46, theme.ACCENT)
        width = tabs.x - box.x - 66 - theme.PAD
        label(canvas, say("usage.title"), box.x + 66, box.y, width, theme.style(theme.HEADING, face="bold"))
        label(canvas, self._status(), box.x + 66, box.y + 58, width, theme.style(theme.CAPTION, theme.MUTED))

    def _status(self) -> str:
        """Return how old the numbers are, or that newer ones come."""
        say, report = self._settings.words, self._report
        if report is None or report.is_loading:
            return say("usage.loading")
        if report.as_of is None:
            return ""
        key = "usage.as-of" if isinstance(report.account, AccountUsage) else "usage.asked"
        return say(key, time=clock_time(report.as_of, self._settings.local_time))

    def _draw_usage(self, canvas: Canvas, box: Rect, usage: AccountUsage) -> None:
        details = round(box.h * DETAILS_PART)
        self._rows = rows_that_fit(details)
        chart = Rect(box.x, box.y, box.w, box.h - details - GAP)
        draw_chart(canvas, chart, usage, self.period, self._settings)
        draw_details(canvas, Rect(box.x, box.bottom - details, box.w, details), usage, self._first_api, self._settings)

    def _draw_notice(self, canvas: Canvas, box: Rect, icon: str, key: str) -> None:
        card(canvas, box)
        x, width = box.x + 56, box.w - 112
        draw_icon(canvas, icon, x + 36, box.y + 92, 72, theme.ACCENT)
        title = theme.style(theme.HEADING, face="bold")
        y = paragraph(canvas, self._settings.words(key), x, box.y + 156, width, title, 2)
        advice = theme.style(theme.BODY, theme.MUTED)
        paragraph(canvas, self._settings.words(f"{key}.advice"), x, y + 12, width, advice, 4)

    def _draw_problem(self, canvas: Canvas, box: Rect, problem: UsageProblem) -> None:
        settings = self._settings
        card(canvas, box)
        x, width = box.x + 56, box.w - 112
        draw_icon(canvas, "triangle-alert", x + 36, box.y + 92, 72, theme.WARN)
        title = theme.style(theme.HEADING, face="bold")
        y = paragraph(canvas, problem_title(problem, settings), x, box.y + 152, width, title, 2)
        body = theme.style(theme.BODY, theme.MUTED)
        y = paragraph(canvas, problem_advice(problem, settings), x, y + 12, width, body, 5)
        mono = theme.style(theme.CAPTION, theme.TEXT, "mono")
        command = problem_command(problem, client_id=settings.client_id, resource_id=settings.resource_id)
        detail = problem_detail(problem)
        if not command and not detail:
            return
        y += 28
        canvas.fill(Rect(x, y, width, 2), theme.LINE)
        heading = theme.style(theme.SMALL, theme.MUTED, "bold")
        label(canvas, settings.words("usage.for-admin"), x, y + 20, width, heading)
        y += 64
        if command:
            y = paragraph(canvas, command, x, y, width, mono, 6) + 16
        if detail:
            paragraph(canvas, detail, x, y, width, theme.style(theme.CAPTION, theme.MUTED, "mono"), 3)

    def _place(self, row: Rect) -> None:
        boxes = layout.spread(row, len(PERIODS))
        leaves = tuple(Leaf(period, box) for period, box in zip(PERIODS, boxes, strict=True))
        self._focus.place(Group("periods", leaves, wraps_x=True, modal=True))

    # -- keys -----------------------------------------------------------------------------------------------------

    def _choose(self, input_: Input, now: float) -> bool:
        self._move(input_, now)
        self._first_api = 0
        self._load(now)
        return True

    def _ask_again(self, _input: Input, now: float) -> bool:
        self._load(now, anew=True)
        return True

    def _turn(self, input_: Input, _now: float) -> bool:
        usage = self._usage
        total = len(usage.by_api) if usage is not None else 0
        step = self._rows if input_.intent is Intent.DOWN else -self._rows
        first = self._first_api + step
        if 0 <= first < total:
            self._first_api = first
            self._is_moved = True
        return True
