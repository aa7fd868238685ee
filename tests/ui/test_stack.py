"""The stack of screens: which screen gets a key, a message, a frame."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tvapp.remote.intents import Input, Intent, Phase
from tvapp.ui.canvas import Canvas
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.screen import Binding, BoundScreen, Hint, bind, dispatch, hint_only, hints_of
from tvapp.ui.stack import ScreenStack


@dataclass
class Page:
    """A screen that writes down what it was told."""

    name: str
    wants: frozenset[Intent] = frozenset()
    is_overlay: bool = True
    heard: list[tuple[Intent, Phase]] = field(default_factory=list)
    told: list[object] = field(default_factory=list)
    drawn: int = 0
    needs_frame: bool = False
    updated: int = 0

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
        self.updated += 1
        return self.needs_frame

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


def test_keys_go_to_the_topmost_screen_alone(stack: ScreenStack) -> None:
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


def test_screens_below_a_full_page_are_not_drawn(stack: ScreenStack) -> None:
    page, panel = Page("page", is_overlay=False), Page("panel")
    stack.push(page)
    stack.push(panel)
    stack.draw(RecordingCanvas(), 0.0)
    assert (stack.base.drawn, page.drawn, panel.drawn) == (0, 1, 1)  # type: ignore[attr-defined]


def test_the_stack_wakes_for_the_earliest_screen(stack: ScreenStack) -> None:
    assert stack.next_wakeup(0.0) == 30.0
    stack.push(Page("panel"))
    assert stack.next_wakeup(0.0) == 20.0


def test_a_change_of_the_topmost_screen_is_reported_and_needs_a_frame() -> None:
    names: list[str] = []
    stack = ScreenStack(on_change=names.append)
    stack.show(Page("base"))
    stack.push(Page("panel"))
    assert stack.update(0.0)
    stack.pop()
    stack.pop()
    assert names == ["base", "panel", "base"]


def test_an_empty_stack_takes_no_key_and_draws_nothing() -> None:
    stack = ScreenStack()
    canvas = RecordingCanvas()
    assert not stack.handle(Input(Intent.SELECT), 0.0)
    stack.draw(canvas, 0.0)
    assert not canvas.items
    assert stack.hints() == ()
    assert stack.next_wakeup(0.0) is None


def test_a_panel_is_removed_by_its_name_from_anywhere_and_the_base_never_is() -> None:
    names: list[str] = []
    stack = ScreenStack(on_change=names.append)
    stack.show(Page("base"))
    for name in ("code", "dialog"):
        stack.push(Page(name))
    assert stack.contains("code")
    stack.remove("code")
    assert not stack.contains("code")
    assert (stack.top.name, stack.depth) == ("dialog", 2)
    stack.remove("base")
    stack.remove("code")
    assert (stack.base.name, stack.depth) == ("base", 2)
    assert names == ["base", "code", "dialog", "dialog"]


def test_every_panel_goes_at_once_and_nothing_happens_without_one() -> None:
    names: list[str] = []
    stack = ScreenStack(on_change=names.append)
    stack.show(Page("base"))
    stack.update(0.0)
    stack.pop_to_base()
    stack.pop()
    assert names == ["base"]
    assert not stack.update(0.0)
    stack.push(Page("one"))
    stack.push(Page("two"))
    stack.pop_to_base()
    assert (stack.top.name, stack.depth) == ("base", 1)
    assert names == ["base", "one", "two", "base"]


def test_a_held_back_closes_one_panel_only(stack: ScreenStack) -> None:
    stack.push(Page("one"))
    stack.push(Page("two"))
    assert stack.handle(Input(Intent.BACK), 0.0)
    assert not stack.handle(Input(Intent.BACK, Phase.REPEAT), 0.5)
    assert not stack.handle(Input(Intent.BACK, Phase.RELEASE), 0.6)
    assert stack.depth == 2


def test_only_back_closes_a_panel(stack: ScreenStack) -> None:
    stack.push(Page("panel"))
    assert not stack.handle(Input(Intent.SELECT), 0.0)
    assert not stack.handle(Input(Intent.BACK, Phase.LONG), 0.0)
    assert stack.depth == 2


def test_a_panel_that_handles_back_stays_open(stack: ScreenStack) -> None:
    stack.push(Page("panel", frozenset({Intent.BACK})))
    assert stack.handle(Input(Intent.BACK), 0.0)
    assert stack.depth == 2


def test_a_screen_that_is_gone_hears_no_release(stack: ScreenStack) -> None:
    panel = Page("panel", frozenset({Intent.SELECT}))
    stack.push(panel)
    stack.handle(Input(Intent.SELECT), 0.0)
    stack.pop()
    assert not stack.handle(Input(Intent.SELECT, Phase.RELEASE), 0.1)
    assert panel.heard == [(Intent.SELECT, Phase.PRESS)]
    assert stack.base.heard == []  # type: ignore[attr-defined]


def test_a_release_is_heard_once(stack: ScreenStack) -> None:
    stack.handle(Input(Intent.SELECT), 0.0)
    assert stack.handle(Input(Intent.SELECT, Phase.RELEASE), 0.1)
    assert not stack.handle(Input(Intent.SELECT, Phase.RELEASE), 0.2)
    assert [phase for _, phase in stack.base.heard] == [Phase.PRESS, Phase.RELEASE]  # type: ignore[attr-defined]


def test_repeats_go_to_the_screen_that_saw_the_press_while_it_is_on_top(stack: ScreenStack) -> None:
    stack.handle(Input(Intent.SELECT), 0.0)
    assert stack.handle(Input(Intent.SELECT, Phase.REPEAT), 0.5)
    assert stack.handle(Input(Intent.SELECT, Phase.LONG), 0.6)
    assert len(stack.base.heard) == 3  # type: ignore[attr-defined]


def test_every_screen_is_updated_even_when_a_frame_is_due_already() -> None:
    stack = ScreenStack()
    base, panel = Page("base", is_overlay=False, needs_frame=True), Page("panel", needs_frame=True)
    stack.show(base)
    stack.push(panel)
    assert stack.update(0.0)
    assert (base.updated, panel.updated) == (1, 1)
    assert stack.update(0.0)
    assert (base.updated, panel.updated) == (2, 2)
    base.needs_frame = panel.needs_frame = False
    assert not stack.update(0.0)


def test_the_hints_are_those_of_the_topmost_screen(stack: ScreenStack) -> None:
    stack.push(Page("panel"))
    assert stack.hints() == ()
    stack.pop()
    assert stack.hints() == (Hint("ok", "hint.open"),)


def test_an_input_is_offered_to_bindings_until_one_handles_it() -> None:
    heard: list[str] = []

    def act(name: str, handles: bool) -> Binding:
        def note(_input: Input, _now: float) -> bool:
            heard.append(name)
            return handles

        return bind((Intent.UP, Intent.DOWN), note)

    bindings = (hint_only("ok", "hint.open"), act("first", False), act("second", True), act("third", True))
    assert dispatch(bindings, Input(Intent.UP), 0.0)
    assert heard == ["first", "second"]
    assert not dispatch(bindings, Input(Intent.LEFT), 0.0)
    assert not dispatch(bindings, Input(Intent.UP, Phase.REPEAT), 0.0)
    assert not dispatch(bindings[:2], Input(Intent.DOWN), 0.0)


def test_only_bindings_with_a_hint_are_in_the_hint_line() -> None:
    def act(_input: Input, _now: float) -> bool:
        return True

    bindings = (bind(Intent.UP, act), bind(Intent.SELECT, act, ("ok", "hint.open")), hint_only("back", "hint.back"))
    assert hints_of(bindings) == (Hint("ok", "hint.open"), Hint("back", "hint.back"))


@dataclass
class Bound(BoundScreen):
    """A screen with a single key."""

    is_overlay: bool

    def bindings(self) -> tuple[Binding, ...]:
        return (bind(Intent.SELECT, lambda _input, _now: True, ("ok", "hint.open")),)


def test_a_key_without_a_meaning_ends_at_a_panel_and_passes_a_full_screen() -> None:
    for is_overlay in (True, False):
        screen = Bound(is_overlay)
        assert screen.handle(Input(Intent.SELECT), 0.0)
        assert screen.handle(Input(Intent.MENU), 0.0) is is_overlay
        assert screen.hints() == (Hint("ok", "hint.open"),)
