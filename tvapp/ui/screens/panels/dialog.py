"""Dialogs: a question over the screen, with buttons of which the first changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tvapp.remote.intents import Input, Intent
from tvapp.ui import layout, theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.focus import Group, Leaf
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import arrows, bind
from tvapp.ui.screens.panels.panel import Panel
from tvapp.ui.settings import UiSettings
from tvapp.ui.widgets.label import draw_icon, label, paragraph, paragraph_height
from tvapp.ui.widgets.surface import Button, card, scrim

WIDTH = 1040.0
BUTTON_HEIGHT = 84.0
BETWEEN_ROWS = 28.0


@dataclass(frozen=True, slots=True)
class Choice:
    """A button and its action, which runs after the dialog has closed; `advice` explains it where needed."""

    button: Button
    act: Callable[[], None]
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """The text of a dialog. `lines` stand between title and advice, e.g. the account."""

    name: str
    title: str
    advice: str
    icon: str
    lines: tuple[str, ...] = ()
    most_lines: int = 4
    """Lines of advice; what does not fit ends with an ellipsis."""


class DialogScreen(Panel):
    """Asks a question; Back is the same as the first button of the row.

    `above` is a harmless choice above the row that has the focus first; `more` is a second row, below the row.
    """

    def __init__(
        self,
        settings: UiSettings,
        navigator: Navigator,
        question: Question,
        choices: Sequence[Choice],
        above: Choice | None = None,
        more: Sequence[Choice] = (),
    ) -> None:
        super().__init__(navigator, motion=settings.motion)
        self._settings = settings
        self._question = question
        self._choices = tuple(choices)
        self._above = above
        self._more = tuple(more)
        self._place(Rect(0, BUTTON_HEIGHT * 4, WIDTH, BUTTON_HEIGHT), Rect(0, 0, WIDTH, BUTTON_HEIGHT))
        # Down leads to the harmless button, not to the nearest one.
        self._focus.set(self._choices[0].button.key)
        if above is not None:
            self._focus.set(above.button.key)
        self._bindings = (
            arrows(self._move, ("left-right" if above is None and not more else "arrows", "hint.choose")),
            bind(Intent.SELECT, self._press, ("ok", "hint.confirm")),
            bind((Intent.BACK, Intent.MENU), self._close, ("back", "hint.cancel")),
        )

    @property
    def name(self) -> str:
        return self._question.name

    def draw(self, canvas: Canvas, now: float) -> None:
        opened = self._motion.value("open", now)
        scrim(canvas, opened)
        question = self._question
        inner = WIDTH - 2 * 56
        advice_style = theme.style(theme.BODY, theme.MUTED)
        line_style = theme.style(theme.LEAD)
        advice_height = paragraph_height(canvas, question.advice, inner, advice_style, question.most_lines)
        lines_height = len(question.lines) * 48 + (16 if question.lines else 0)
        above_height = 0.0
        if self._above is not None:
            above_height = (
                paragraph_height(canvas, self._above.advice, inner, advice_style, 3) + 24 + BUTTON_HEIGHT + 40
            )
        more_height = BUTTON_HEIGHT + BETWEEN_ROWS if self._more else 0.0
        height = 56 + 76 + lines_height + above_height + advice_height + 40 + more_height + BUTTON_HEIGHT + 48
        box = layout.centred(layout.content(canvas), WIDTH, height).moved(0, (1 - opened) * 24)
        card(canvas, box, theme.PANEL, 28)
        x, y = box.x + 56, box.y + 48
        draw_icon(canvas, question.icon, x + 26, y + 30, 52, theme.ACCENT)
        label(canvas, question.title, x + 76, y, inner - 76, theme.style(theme.HEADING, face="bold"))
        y += 84
        for line in question.lines:
            label(canvas, line, x, y, inner, line_style)
            y += 48
        y += 16 if question.lines else 0
        first = Rect(x, y, inner, BUTTON_HEIGHT)
        if self._above is not None:
            first = first.moved(0, paragraph(canvas, self._above.advice, x, y, inner, advice_style, 3) + 24 - y)
            y = first.bottom + 40
        paragraph(canvas, question.advice, x, y, inner, advice_style, question.most_lines)
        self._place(Rect(x, box.bottom - 48 - more_height - BUTTON_HEIGHT, inner, BUTTON_HEIGHT), first)
        self._draw_buttons(canvas, [choice.button for choice in self._all_choices()], now)

    def _all_choices(self) -> tuple[Choice, ...]:
        above = () if self._above is None else (self._above,)
        return (*above, *self._choices, *self._more)

    def _place(self, row: Rect, above: Rect) -> None:
        boxes = layout.spread(row, len(self._choices), 24)
        buttons = tuple(Leaf(c.button.key, box) for c, box in zip(self._choices, boxes, strict=True))
        children: tuple[Leaf | Group, ...] = (Group("row", buttons, wraps_x=True),)
        if self._more:
            below = layout.spread(row.moved(0, BUTTON_HEIGHT + BETWEEN_ROWS), len(self._more), 24)
            more = tuple(Leaf(c.button.key, box) for c, box in zip(self._more, below, strict=True))
            children = (*children, Group("more", more, wraps_x=True))
        if self._above is not None:
            children = (Leaf(self._above.button.key, above), *children)
        self._focus.place(Group(self.name, children, modal=True))

    def _press(self, _input: Input, _now: float) -> bool:
        chosen = next(choice for choice in self._all_choices() if choice.button.key == self.focused)
        self._navigator.pop()
        chosen.act()
        return True


def leave_dialog(settings: UiSettings, navigator: Navigator, leave: Callable[[], None]) -> DialogScreen:
    """Return the question that Back asks on a base screen."""
    question = Question("leave", settings.words("leave.title"), settings.words("leave.advice"), "monitor")
    stay = Choice(Button("stay", settings.words("leave.stay")), lambda: None)
    close = Choice(Button("leave", settings.words("leave.leave"), danger=True), leave)
    return DialogScreen(settings, navigator, question, (stay, close))
