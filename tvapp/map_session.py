"""Who is signed in, and the map that is theirs: shown and dropped as the sign-in goes, joined with the edges."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tvapp.auth.service import SignIn, build_sign_in
from tvapp.auth.tokens import TokenProvider
from tvapp.auth.view import Account
from tvapp.config import Config
from tvapp.core.clock import Clock
from tvapp.core.jobs import Jobs
from tvapp.core.log import Log
from tvapp.display.window import Display
from tvapp.forget import forget_pictures_and_fences
from tvapp.live_map import LiveMap
from tvapp.restart import Handover
from tvapp.sign_in_panels import SignInPanels
from tvapp.ui.actions import Actions
from tvapp.ui.messages import AccountChanged
from tvapp.ui.screens.map import MapScreen
from tvapp.ui.screens.map_state import MapState
from tvapp.ui.screens.start import StartScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.stack import ScreenStack

if TYPE_CHECKING:
    from tvapp.edges import Edges
    from tvapp.lock_keeper import LockKeeper


class MapSession:
    """Belongs to the main thread. One map at a time, for one account (or for nobody, where a key opens it)."""

    def __init__(
        self,
        config: Config,
        *,
        data_dir: Path,
        display: Display,
        jobs: Jobs,
        clock: Clock,
        log: Log,
        settings: UiSettings,
        stack: ScreenStack,
        actions: Actions,
        since_start: Callable[[], float],
        handover: Handover | None = None,
    ) -> None:
        self._config = config
        self._data_dir = data_dir
        self._display = display
        self._jobs = jobs
        self._clock = clock
        self._log = log
        self._settings = settings
        self._stack = stack
        self._actions = actions
        self._since_start = since_start
        self._handover = handover
        self._edges: Edges | None = None
        self._panels: SignInPanels | None = None
        self._account: Account | None = None
        self._phase = "starting"
        self._is_seen = True
        self.sign_in: SignIn | None = None
        """None where nothing needs an account, and before `begin`."""
        self.map: LiveMap | None = None
        self.lock: LockKeeper | None = None
        if config.has_lock:
            from tvapp.lock_keeper import LockKeeper

            self.lock = LockKeeper(config.kiosk.lock, data_dir, jobs, log)

    def begin(self, now: float) -> TokenProvider | None:
        """Start signing in, where the configuration needs it; returns who gives tokens to the edges."""
        config = self._config
        if not config.needs_sign_in:
            return None
        sign_in = build_sign_in(config, self._data_dir, self._jobs, self._clock, self._log, random.random)
        self.sign_in = sign_in
        sign_in.show(self._is_seen)
        self._panels = SignInPanels(sign_in, self._settings, self._stack, self._actions, self._jobs)
        sign_in.start(now)
        if isinstance(self._stack.base, StartScreen):
            self._stack.base.session = sign_in.view
        return sign_in.tokens

    def connect(self, edges: Edges) -> None:
        """Use the edges from now on."""
        self._edges = edges
        if self.map is not None:
            self._join()

    def receive(self, message: object, now: float) -> bool:
        """Take a message; True when it was about signing in, or the screens have been told of it in other words."""
        if self.sign_in is not None and self.sign_in.receive(message, now):
            if self._edges is not None:
                self._edges.note_sign_in(message)
            return True
        return self.map is not None and self.map.receive(message, now)

    def follow(self, now: float) -> None:
        """Do what is due for the sign-in, and show the screen that it asks for."""
        if self.sign_in is None or self._panels is None:
            return
        self.sign_in.tick(now)
        view = self.sign_in.view(now)
        if self.map is not None:
            self._panels.follow(view, now)
        if view.phase == self._phase:
            return
        self._phase = view.phase
        if view.phase == "signed-in":
            former = self._account
            if former is not None and view.account is not None and former.home_id != view.account.home_id:
                # Somebody else answered when the map asked for a sign-in: what it shows is the former one's.
                self.drop_map()
            self._account = view.account
            if self.map is None:
                self.show_map(now, view.account)
            else:
                self.map.retry()
        elif view.phase not in ("starting", "succeeded") and not (view.again and self.map is not None):
            self.drop_map()
            self._panels.show_page(now)

    def next_wakeup(self) -> float | None:
        """Tell when `follow` or the map has something to do."""
        times = [each.next_wakeup() for each in (self.sign_in, self.map) if each is not None]
        return min((at for at in times if at is not None), default=None)

    def show_map(self, now: float, account: Account | None) -> None:
        """Show a new map."""
        canvas = self._display.canvas
        self.map = LiveMap(
            self._config,
            self._display.size,
            canvas.scale,
            jobs=self._jobs,
            clock=self._clock,
            log=self._log,
            since_start=self._since_start,
            tell=lambda message: self._stack.receive(message, self._clock.monotonic()),
        )
        if self._handover is not None:
            self.map.look_at(self._handover.longitude, self._handover.latitude, self._handover.zoom)
            self._handover = None
        model, choice = self.map.model, self.map.choice
        state = MapState(self._settings, self._actions, self._clock, model, choice, lambda: secrets.token_hex(16))
        self._stack.show(MapScreen(state, self._stack))
        if self._panels is not None:
            self._panels.map_shown()
        self._stack.receive(AccountChanged(account), now)
        if self.lock is not None:
            self.lock.begin()
        if self._edges is not None:
            self._join()

    def drop_map(self) -> None:
        """Let go of everything that belongs to the account, on the screen and behind it."""
        if self.map is None:
            return
        self._stack.receive(AccountChanged(None), self._clock.monotonic())
        self.map.disconnect()
        self.map = None
        self._account = None
        # The next account's pictures must not meet those of this one.
        self._display.canvas.forget()

    def network_restored(self, now: float) -> None:
        """Use the network's return at once."""
        if self.sign_in is not None:
            self.sign_in.network_restored(now)
        if self.map is not None:
            self.map.retry()

    def sign_out(self) -> None:
        """Forget everything of the account: tokens, tiles, geofences, pictures."""
        if self.sign_in is None:
            return
        self.drop_map()
        self.sign_in.sign_out(self._clock.monotonic())
        data_dir, cache = self._data_dir, self._edges.cache if self._edges is not None else None

        def forget() -> None:
            if cache is not None:
                cache.clear()
            forget_pictures_and_fences(data_dir)

        self._jobs.run("forget", forget)

    def pictures_lost(self) -> None:
        """Every texture is gone: have what is wished for brought again."""
        if self._edges is not None:
            self._edges.loader.forget()

    def show(self, is_seen: bool) -> None:
        """Hear whether the screen is to be seen; where not, no tile and no code is asked for."""
        self._is_seen = is_seen
        if self.sign_in is not None:
            self.sign_in.show(is_seen)
        if self.map is not None:
            self.map.show(is_seen)

    @property
    def is_asking(self) -> bool:
        """Tell whether a code is on the screen, for somebody who presses no key."""
        sign_in = self.sign_in
        if sign_in is None:
            return False
        return sign_in.asks_permission or sign_in.view(self._clock.monotonic()).phase == "prompting"

    def close(self) -> None:
        """Ask for nothing more."""
        if self._edges is not None:
            self._edges.close()

    def _join(self) -> None:
        """Bring the map and the edges together, for the account of now."""
        assert self._edges is not None
        assert self.map is not None
        self.map.connect(self._edges, self._account.home_id if self._account is not None else "")
