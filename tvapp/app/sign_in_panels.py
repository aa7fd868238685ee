"""Shows the screens of the sign-in: the page before there is a map, panels over the map, and notices on the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tvapp.auth.service import SignIn
from tvapp.auth.view import SessionView
from tvapp.core.jobs import Jobs
from tvapp.ui.actions import Actions
from tvapp.ui.messages import TroubleChanged
from tvapp.ui.qr import preload_qr
from tvapp.ui.screens.signin.panel import PERMISSION, SIGN_IN, SignInPanel
from tvapp.ui.screens.signin.screen import SignInScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.stack import ScreenStack
from tvapp.ui.words.permissions import permission_for

if TYPE_CHECKING:
    from tvapp.core.connection_steps import Step


class SignInPanels:
    """Belongs to the main thread. Opens and closes panels as the sign-in goes; the rest of the stack stays."""

    def __init__(
        self,
        sign_in: SignIn,
        settings: UiSettings,
        stack: ScreenStack,
        actions: Actions,
        jobs: Jobs,
    ) -> None:
        self._sign_in = sign_in
        self._settings = settings
        self._stack = stack
        self._actions = actions
        self._jobs = jobs
        self.steps: Callable[[], tuple[Step, ...]] = tuple
        """Returns the steps of the connection, for the page."""
        self._told: tuple[bool, str] = (False, "")

    def show_page(self, now: float) -> None:
        """Show only the sign-in page: without an account there is no map."""
        if not isinstance(self._stack.base, SignInScreen):
            self._prepare()
            self._stack.show(
                SignInScreen(self._settings, self._stack, self._actions, self._sign_in.view, now, self.steps)
            )

    def map_shown(self) -> None:
        """A new map is shown, which has no notices yet."""
        self._told = (False, "")

    def follow(self, view: SessionView, now: float) -> None:
        """Open or close panels as the session (its current `view`) and the permission need them, and notify the map."""
        is_asking = view.again and view.phase != "paused"
        self._keep(SIGN_IN, is_asking, self._sign_in.view, now, stays=view.phase == "succeeded")
        self._keep(PERMISSION, self._sign_in.asks_permission, self._sign_in.permission_view, now)
        told = (view.again, self._sign_in.offered)
        if told == self._told:
            return
        self._told = told
        missing = permission_for(told[1]) if told[1] else ""
        self._stack.receive(TroubleChanged("session", state="again" if view.again else ""), now)
        self._stack.receive(TroubleChanged("permission", state=missing), now)

    def _prepare(self) -> None:
        self._jobs.run("qr.prepare", preload_qr)

    def _keep(
        self,
        name: str,
        is_wanted: bool,
        session: Callable[[float], SessionView],
        now: float,
        *,
        stays: bool = False,
    ) -> None:
        """Open a panel that is needed, close one that is not; an open one that `stays` is left open."""
        if is_wanted and not self._stack.contains(name):
            self._prepare()
            self._stack.push(SignInPanel(name, self._settings, self._stack, self._actions, session, now))
        elif not is_wanted and not stays:
            self._stack.remove(name)
