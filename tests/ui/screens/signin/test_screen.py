"""The sign-in screen: its content, its expiry, the groups of the code, and OK."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.contrast import contrast
from tests.ui.fakes import (
    AINO,
    LONG_ADDRESS,
    LONG_CODE,
    FakeActions,
    FakeSession,
    Remote,
    font_metrics,
    problem,
    prompting,
    waiting,
)
from tvapp.auth.problems import KINDS
from tvapp.auth.view import SessionView
from tvapp.remote.intents import Intent
from tvapp.ui import theme
from tvapp.ui.qr import qr_modules
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.screens.signin.prompt import groups
from tvapp.ui.screens.signin.screen import SignInScreen
from tvapp.ui.screens.start import StartScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.stack import ScreenStack

SHAPES = ((1920, 1080), (1280, 720), (1024, 768), (3840, 2160), (2560, 1080))


class Bench:
    """A sign-in screen with everything around it."""

    def __init__(self, view: SessionView, size: tuple[int, int] = (1920, 1080)) -> None:
        scale = min(size[0] / 1920, size[1] / 1080)
        self.canvas = RecordingCanvas(size[0] / scale, size[1] / scale, scale, font_metrics)
        self.actions = FakeActions()
        self.session = FakeSession(view, 100.0)
        self.stack = ScreenStack()
        self.screen = SignInScreen(UiSettings(), self.stack, self.actions, self.session, 100.0)
        self.stack.show(self.screen)
        self.remote = Remote(self.stack)
        self.now = 100.0

    def draw(self) -> RecordingCanvas:
        self.canvas.clear()
        self.stack.update(self.now)
        self.stack.draw(self.canvas, self.now)
        return self.canvas


@pytest.mark.parametrize("enlarged", [False, True])
@pytest.mark.parametrize("size", SHAPES)
@pytest.mark.parametrize("code", ["CB7F9OQX0", LONG_CODE])
def test_qr_address_and_code_are_shown_together_in_the_sizes_of_the_rules(
    size: tuple[int, int], enlarged: bool, code: str
) -> None:
    bench = Bench(prompting(code, LONG_ADDRESS), size)
    if enlarged:
        bench.remote.press(Intent.SELECT)
        bench.now = bench.remote.now
    canvas = bench.draw()
    assert LONG_ADDRESS in canvas.sentences()
    big = [drawn for drawn in canvas.texts if drawn.style.size >= 96]
    assert "".join(drawn.text for drawn in big) == code
    (qr,) = [shape for shape in canvas.shapes if shape.kind == "qr"]
    modules = len(qr_modules(LONG_ADDRESS))
    module_px = qr.rect.w * canvas.scale / (modules + 8)
    assert module_px == pytest.approx(round(module_px))
    assert module_px / canvas.scale * modules >= 480
    if enlarged:
        assert qr.rect.h >= 0.68 * 1080


@given(st.text(alphabet="ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=1, max_size=15))
def test_grouping_changes_nothing_but_spacing(code: str) -> None:
    parts = groups(code)
    assert "".join(parts) == code
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert max(map(len, parts)) <= 4


def test_a_code_with_separators_is_shown_as_the_server_sent_it() -> None:
    assert groups("WDJB-MJHT") == ("WDJB-MJHT",)


def test_the_countdown_runs_once_a_second_and_no_frame_is_asked_for_in_between() -> None:
    bench = Bench(prompting())
    assert bench.draw().shows("12:35")
    assert not bench.stack.update(bench.now)
    wakeup = bench.stack.next_wakeup(bench.now)
    assert wakeup is not None
    assert 0 < wakeup - bench.now <= 1.01
    bench.now = wakeup
    assert bench.stack.update(bench.now)
    assert bench.draw().shows("12:34")


def test_an_expired_code_disappears() -> None:
    bench = Bench(prompting())
    bench.now += 800
    assert "QX0" not in bench.draw().sentences()
    bench = Bench(waiting("succeeded", "succeeded", account=AINO, prompt=prompting().prompt))
    canvas = bench.draw()
    assert "QX0" not in canvas.sentences()
    assert canvas.shows("Welcome, Aino Virtanen")


def test_a_new_code_is_announced_for_a_while() -> None:
    bench = Bench(prompting())
    bench.draw()
    bench.session.view = prompting("AAABBBCCC")
    assert bench.draw().shows("This is a new code")
    bench.now += 30
    assert not bench.draw().shows("This is a new code")


def test_a_failed_connection_shows_the_next_try_and_keeps_the_code() -> None:
    canvas = Bench(prompting(status="offline", retry_in_s=11.4)).draw()
    assert canvas.shows("trying again in 12 s")
    assert canvas.shows("CB7")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_final_problem_says_what_happened_and_what_to_do_and_keeps_a_way_out(kind: str) -> None:
    bench = Bench(waiting("failed", "failed", problem=problem(kind, 53003)))
    canvas = bench.draw()
    assert canvas.shows("AADSTS53003")
    assert canvas.shows("5c1f0f2e-8a43-4a5b-9d0e-2f6f4f1f7a11")
    assert bench.stack.top.focused == "button"
    bench.remote.press(Intent.SELECT)
    assert bench.actions.names() == ["retry_sign_in"]


def test_ok_enlarges_the_qr_code_and_back_makes_it_small_again() -> None:
    bench = Bench(prompting())
    states = []
    for key in (Intent.SELECT, Intent.BACK):
        bench.remote.press(key)
        states.append(bench.screen.is_enlarged)
    assert states == [True, False]
    assert bench.stack.depth == 1


def test_an_enlarged_code_is_small_again_after_a_failure() -> None:
    bench = Bench(prompting())
    bench.remote.press(Intent.SELECT)
    bench.session.view = waiting("failed", "failed", problem=problem("declined"))
    bench.remote.rest()
    assert not bench.screen.is_enlarged


def test_viewers_are_warned_of_codes_that_another_person_sent() -> None:
    canvas = Bench(prompting()).draw()
    assert canvas.shows("Never type a code that somebody sent you")


def test_closing_the_app_needs_a_second_deliberate_step() -> None:
    bench = Bench(prompting())
    bench.remote.press(Intent.BACK, Intent.SELECT)
    assert bench.actions.names() == []
    bench.remote.press(Intent.BACK, Intent.RIGHT, Intent.SELECT)
    assert bench.actions.names() == ["leave"]


def test_no_hint_names_a_key_while_no_key_acts() -> None:
    bench = Bench(waiting("requesting", "requesting"))
    assert [hint.key for hint in bench.screen.hints()] == ["up-down", "back"]


def test_the_repr_of_a_screen_hides_the_user_code() -> None:
    bench = Bench(prompting())
    assert "QX0" not in repr(bench.screen.view)


@pytest.mark.parametrize(
    ("kind", "said"),
    [("offline", "network"), ("clock-wrong", "time"), ("captive-portal", "service"), ("busy", "service")],
)
def test_the_start_screen_says_what_it_waits_for(kind: str, said: str) -> None:
    view = waiting("offline", "offline", problem=problem(kind), retry_in_s=5.0)
    screen = StartScreen(UiSettings(), ScreenStack(), FakeActions(), 0.0, lambda _now: view)
    assert screen.waits_for() == f"start.{said}"
    canvas = RecordingCanvas()
    screen.draw(canvas, 65.0)
    assert canvas.shows("for 1 minute")


def test_the_start_screen_says_nothing_about_waiting_at_first() -> None:
    canvas = RecordingCanvas()
    StartScreen(UiSettings(), ScreenStack(), FakeActions(), 0.0).draw(canvas, 0.1)
    assert canvas.sentences() == ["tvapp", "Starting"]


def test_qr_codes_have_at_least_medium_error_correction_and_a_right_size() -> None:
    modules = qr_modules("https://login.microsoft.com/device")
    assert len(modules) == len(modules[0])
    assert (len(modules) - 17) % 4 == 0
    # Finder patterns stand in three corners.
    assert modules[0][:7] == modules[0][-7:] == modules[-1][:7] == (True,) * 7


def test_the_code_has_the_ratio_of_contrast_it_needs() -> None:
    canvas = Bench(prompting()).draw()
    code = next(drawn for drawn in canvas.texts if drawn.style.size >= 96)
    assert contrast(code.style.color, theme.PAGE) >= 7
