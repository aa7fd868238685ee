"""Widgets and the stack: text that fits, lists of any length, routing of keys."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ui.fakes import font_metrics
from tvapp.remote.intents import Input, Intent, Phase
from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Rect
from tvapp.ui.motion import Motion
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.screen import Binding, Hint, bind, dispatch, hints_of
from tvapp.ui.stack import ScreenStack
from tvapp.ui.widgets.countdown import draw_countdown
from tvapp.ui.widgets.hint_line import draw_hints, hint_box
from tvapp.ui.widgets.label import fit, wrap
from tvapp.ui.widgets.list_view import ListView

STYLE = theme.style(theme.BODY)
CANVAS = RecordingCanvas(metrics=font_metrics)


@settings(max_examples=60)
@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=60), st.integers(60, 600)
)
def test_fitted_text_fits(text: str, width: int) -> None:
    shown = fit(CANVAS, text, STYLE, width)
    assert CANVAS.measure(shown, STYLE)[0] <= width
    assert shown == text or shown.endswith("…")


@settings(max_examples=60)
@given(st.lists(st.text("abcdefgWM", min_size=1, max_size=30), max_size=12), st.integers(120, 600), st.integers(1, 4))
def test_wrapped_text_fits_and_keeps_its_words_in_order(words: list[str], width: int, most: int) -> None:
    text = " ".join(words)
    lines = wrap(CANVAS, text, STYLE, width, most)
    assert len(lines) <= most
    assert all(CANVAS.measure(line, STYLE)[0] <= width for line in lines)
    if not any(line.endswith("…") for line in lines):
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.integers(0, 10_000), st.integers(0, 12_000), st.floats(1, 12))
def test_the_focused_row_is_always_in_view(count: int, index: int, rows: float) -> None:
    view = ListView(count, index)
    view.resize(count, rows)
    top = view.top(1.0)
    assert top >= 0
    if count:
        assert view.index in view.visible(top, rows)
        assert top <= max(0, view.index)
        assert view.index + 1 <= top + rows + 1e-6
    assert len(view.visible(top, rows)) <= rows + 2


def test_a_list_stops_at_its_ends() -> None:
    view = ListView(3)
    assert not view.move(Input(Intent.UP))
    for _ in range(2):
        assert view.move(Input(Intent.DOWN))
    assert not view.move(Input(Intent.DOWN))


def test_a_countdown_gets_shorter_and_changes_its_colour_at_the_end() -> None:
    widths = []
    for part in (1.0, 0.5, 0.1):
        canvas = RecordingCanvas()
        draw_countdown(canvas, Rect(0, 0, 1000, 10), part)
        widths.append((canvas.shapes[-1].rect.w, canvas.shapes[-1].color))
    assert widths == [(1000, theme.ACCENT), (500, theme.ACCENT), (100, theme.WARN)]


def test_hints_that_do_not_fit_are_left_out_rather_than_drawn_over_something() -> None:
    canvas = RecordingCanvas(metrics=font_metrics)
    box = hint_box(canvas, over_map=True)
    draw_hints(canvas, box, [Hint("menu", "hint.back-to-map")] * 20, "en", over_map=True)
    assert canvas.texts
    assert max(drawn.rect.right for drawn in canvas.texts) <= box.right


def test_movements_end_and_ask_for_one_last_frame() -> None:
    motion = Motion()
    motion.start("open", 10.0, 0.2)
    assert motion.value("open", 10.0) == 0
    assert 0 < motion.value("open", 10.1) < 1
    assert motion.advance(10.3)
    assert motion.value("open", 10.3) == 1
    assert not motion.advance(10.4)


def test_with_motion_off_everything_is_there_at_once() -> None:
    motion = Motion(enabled=False)
    motion.start("open", 10.0, 0.2)
    assert motion.value("open", 10.0) == 1
    assert not motion.is_running


@dataclass
class Page:
    """A screen that writes down what it was told."""

    name: str
    wants: frozenset[Intent] = frozenset()
    is_overlay: bool = True
    heard: list[tuple[Intent, Phase]] = field(default_factory=list)
    told: list[object] = field(default_factory=list)
    drawn: int = 0

    @property
    def focused(self) -> str:
        return "it"

    def focusables(self) -> tuple[str, ...]:
        return ("it",)

    def bindings(self) -> tuple[Binding, ...]:
        return (bind(self.wants, self._note, ("ok", "hint.open"), tuple(Phase)),) if self.wants else ()

    def hints(self) -> tuple[Hint, ...]:
        return hints_of(self.bindings())

    def handle(self, input_: Input, now: float) -> bool:
        return dispatch(self.bindings(), input_, now)

    def receive(self, message: object, now: float) -> None:
        self.told.append(message)

    def update(self, now: float) -> bool:
        return False

    def draw(self, canvas: Canvas, now: float) -> None:
        self.drawn += 1

    def next_wakeup(self, now: float) -> float | None:
        return {"base": 30.0, "panel": 20.0}.get(self.name)

    def _note(self, input_: Input, now: float) -> bool:
        self.heard.append((input_.intent, input_.phase))
        return True


@pytest.fixture
def stack() -> ScreenStack:
    stack = ScreenStack()
    stack.show(Page("base", frozenset({Intent.SELECT}), is_overlay=False))
    return stack


def test_keys_go_to_the_upmost_screen_alone(stack: ScreenStack) -> None:
    panel = Page("panel")
    stack.push(panel)
    assert not stack.handle(Input(Intent.SELECT), 0.0)
    assert stack.base.heard == []  # type: ignore[attr-defined]


def test_messages_go_to_every_screen(stack: ScreenStack) -> None:
    panel = Page("panel")
    stack.push(panel)
    stack.receive("hello", 0.0)
    assert stack.base.told == panel.told == ["hello"]  # type: ignore[attr-defined]


def test_back_closes_a_panel_and_is_harmless_on_the_base(stack: ScreenStack) -> None:
    stack.push(Page("panel"))
    assert stack.handle(Input(Intent.BACK), 0.0)
    assert stack.depth == 1
    assert not stack.handle(Input(Intent.BACK), 0.0)
    assert stack.depth == 1


def test_the_release_goes_to_the_screen_that_saw_the_press(stack: ScreenStack) -> None:
    base = stack.base
    stack.handle(Input(Intent.SELECT), 0.0)
    panel = Page("panel", frozenset({Intent.SELECT}))
    stack.push(panel)
    stack.handle(Input(Intent.SELECT, Phase.REPEAT), 0.5)
    stack.handle(Input(Intent.SELECT, Phase.RELEASE), 0.6)
    assert panel.heard == []
    assert base.heard == [(Intent.SELECT, Phase.PRESS), (Intent.SELECT, Phase.RELEASE)]  # type: ignore[attr-defined]


def test_what_a_full_page_hides_is_not_drawn(stack: ScreenStack) -> None:
    page, panel = Page("page", is_overlay=False), Page("panel")
    stack.push(page)
    stack.push(panel)
    stack.draw(RecordingCanvas(), 0.0)
    assert (stack.base.drawn, page.drawn, panel.drawn) == (0, 1, 1)  # type: ignore[attr-defined]


def test_the_stack_wakes_for_whoever_is_first(stack: ScreenStack) -> None:
    assert stack.next_wakeup(0.0) == 30.0
    stack.push(Page("panel"))
    assert stack.next_wakeup(0.0) == 20.0


def test_a_change_of_the_upmost_screen_is_told_and_needs_a_frame() -> None:
    names: list[str] = []
    stack = ScreenStack(on_change=names.append)
    stack.show(Page("base"))
    stack.push(Page("panel"))
    assert stack.update(0.0)
    stack.pop()
    stack.pop()
    assert names == ["base", "panel", "base"]
