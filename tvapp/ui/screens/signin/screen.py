"""The sign-in screen: a code for the phone, or a notice and what to do."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from tvapp.auth.view import Prompt, SessionView
from tvapp.remote.intents import Input, Intent
from tvapp.ui import layout, theme
from tvapp.ui.actions import Actions
from tvapp.ui.canvas import Canvas
from tvapp.ui.motion import Motion
from tvapp.ui.navigator import Navigator
from tvapp.ui.screen import Binding, BoundScreen, bind
from tvapp.ui.screens.panels.dialog import leave_dialog
from tvapp.ui.screens.signin.notice import SignInNotice, connection_notice, draw_notice, notice_for
from tvapp.ui.screens.signin.prompt import PromptPicture, draw_large_prompt, draw_prompt
from tvapp.ui.settings import UiSettings
from tvapp.ui.words.clock_skew import clock_advice, clock_title
from tvapp.ui.words.connection import failure_title

if TYPE_CHECKING:
    from tvapp.core.connection_steps import Step

RENEWED_FOR_S = 20.0
"""How long the status line says that the code is a new one."""


class SignInScreen(BoundScreen):
    """Shows the session's state; adds only whether the QR code is enlarged."""

    name = "sign-in"
    leaving = "hint.leave"
    """Words for Back in the hint line."""

    def __init__(
        self,
        settings: UiSettings,
        navigator: Navigator,
        actions: Actions,
        session: Callable[[float], SessionView],
        now: float,
        steps: Callable[[], tuple[Step, ...]] = tuple,
    ) -> None:
        """`steps` returns those of the connection, for the time without a code."""
        self._settings = settings
        self._steps = steps
        self._now = now
        self._navigator = navigator
        self._actions = actions
        self._session = session
        self._motion = Motion(settings.motion)
        self._view = session(now)
        self._shown: object = None
        self._renewed_at = -math.inf
        self.is_enlarged = False

    @property
    def view(self) -> SessionView:
        """The session as of the last update."""
        return self._view

    @property
    def prompt(self) -> Prompt | None:
        """The code on the screen; None once it has expired."""
        view = self._view
        expired = view.remaining_s is not None and view.remaining_s <= 0
        return view.prompt if view.phase == "prompting" and not expired else None

    @property
    def focused(self) -> str:
        return next(iter(self.focusables()), "")

    def focusables(self) -> tuple[str, ...]:
        if self.prompt is not None:
            return ("qr",)
        return ("button",) if self._notice().button else ()

    def bindings(self) -> tuple[Binding, ...]:
        """Return the bindings for the session's state."""
        leave = (bind(Intent.BACK, self._leave, ("back", self.leaving)),) if self._can_leave else ()
        if not self.is_overlay:
            leave = (bind((Intent.UP, Intent.DOWN, Intent.MENU), self._open_status, ("up-down", "hint.status")), *leave)
        if self.prompt is not None and self.is_enlarged:
            ok = bind(Intent.SELECT, self._resize, ("ok", "hint.shrink"))
            return ok, bind(Intent.BACK, self._resize, ("back", "hint.back"))
        if self.prompt is not None:
            return bind(Intent.SELECT, self._resize, ("ok", "hint.enlarge")), *leave
        notice = self._notice()
        if notice.button:
            return bind(Intent.SELECT, self._retry, ("ok", notice.hint)), *leave
        return leave

    def receive(self, message: object, now: float) -> None:
        """`update` asks the session; no message is needed."""

    def update(self, now: float) -> bool:
        former, self._view, self._now = self._view, self._session(now), now
        code = self._view.prompt.user_code if self._view.prompt else ""
        if former.prompt and code and code != former.prompt.user_code:
            self._renewed_at = now
            self._motion.start("code", now, theme.SLIDE_S)
        if former.phase != self._view.phase:
            self._motion.start("page", now, theme.SLIDE_S)
            if self._view.phase != "prompting":
                self.is_enlarged = False
        shown = self._what_is_shown(now)
        changed, self._shown = shown != self._shown, shown
        return self._motion.advance(now) or changed

    def next_wakeup(self, now: float) -> float | None:
        if self._motion.is_running:
            return now
        running = [left for left in (self._view.remaining_s, self._view.retry_in_s) if left is not None and left > 0]
        if any(step.failure is not None for step in self._steps()) and self.prompt is None:
            running.append(1.0)
        if not running:
            return None
        # Just after the next change of a number on the screen.
        return now + min(left - math.ceil(left) + 1 for left in running) + 0.001

    def draw(self, canvas: Canvas, now: float) -> None:
        canvas.fill(layout.screen(canvas), theme.PAGE)
        picture = self._picture(now)
        if picture is None:
            self._draw_notice(canvas, now)
        elif self.is_enlarged:
            draw_large_prompt(canvas, picture)
        else:
            draw_prompt(canvas, picture)

    def status_sentence(self, now: float) -> str:
        """Return the status line below a code."""
        view, say = self._view, self._settings.words
        if view.problem is not None and view.problem.kind == "confirming":
            return say("signin.status.confirming")
        if view.status in ("offline", "busy"):
            sentence = say(f"signin.status.{view.status}")
            failing = next((step.failure for step in self._steps() if step.failure is not None), None)
            if failing is not None:
                sentence = say("signin.status.failing", title=failure_title(failing, self._settings))
            if view.retry_in_s:
                return say("signin.status.retry", sentence=sentence, time=_seconds(view.retry_in_s))
            return sentence
        if self._tells_clock and view.clock_skew_s is not None:
            title = clock_title(view.clock_skew_s, self._settings)
            return say("signin.status.clock", title=title, advice=clock_advice(self._settings))
        if now - self._renewed_at < RENEWED_FOR_S:
            return say("signin.status.renewed")
        return say(f"signin.status.{view.status}")

    @property
    def _tells_clock(self) -> bool:
        """Tell whether the status line is about the clock: it is wrong, and there is no other problem."""
        return self._view.clock_skew_s is not None and self._view.problem is None and self._view.status == "waiting"

    @property
    def _can_leave(self) -> bool:
        """Tell whether Back leads anywhere from here."""
        return self._settings.is_closable

    def _picture(self, now: float) -> PromptPicture | None:
        """Return the content of the screen; None without a code."""
        prompt = self.prompt
        if prompt is None:
            return None
        return PromptPicture(
            prompt=prompt,
            view=self._view,
            settings=self._settings,
            status=self.status_sentence(now),
            tells_clock=self._tells_clock,
            opacity=self._motion.value("code", now),
            focus_growth=self._motion.value("size", now),
            focused=self._navigator.top is self,
        )

    def _draw_notice(self, canvas: Canvas, now: float) -> None:
        arrived, focused = self._motion.value("page", now), self._navigator.top is self
        draw_notice(canvas, self._settings, self._notice(), arrived, focused)

    def _notice(self) -> SignInNotice:
        failing = None
        if self._view.phase in ("starting", "offline", "requesting"):
            failing = connection_notice(self._steps(), self._view, self._settings, self._now)
        return failing or notice_for(self._view, self._settings)

    def _what_is_shown(self, now: float) -> object:
        view = self._view
        seconds = (_whole(view.remaining_s), _whole(view.retry_in_s))
        code = view.prompt.user_code if view.prompt else ""
        is_new = now - self._renewed_at < RENEWED_FOR_S
        skew_s = view.clock_skew_s
        content = (view.phase, view.status, view.problem, view.account, code, is_new, seconds, skew_s)
        return content, self.is_enlarged, self._shown_steps(now)

    def _shown_steps(self, now: float) -> object:
        """Return what is shown of the steps; the time since when one fails by the second."""
        return [
            (step.name, step.state, step.failure, step.tries, step.failure and int(now - step.since))
            for step in self._steps()
        ]

    def _resize(self, _input: Input, now: float) -> bool:
        self.is_enlarged = not self.is_enlarged
        self._motion.start("size", now, theme.FOCUS_S)
        return True

    def _retry(self, _input: Input, _now: float) -> bool:
        self._actions.retry_sign_in()
        return True

    def _open_status(self, _input: Input, _now: float) -> bool:
        # Imported late, so that the first frame does not wait for it.
        from tvapp.ui.screens.status.screen import StatusScreen

        self._navigator.push(StatusScreen(self._settings, self._navigator, self._actions))
        return True

    def _leave(self, _input: Input, _now: float) -> bool:
        self._navigator.push(leave_dialog(self._settings, self._navigator, self._actions.leave))
        return True


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else math.ceil(seconds)


def _seconds(seconds: float) -> str:
    return f"{math.ceil(seconds)} s"
