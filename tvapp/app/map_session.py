"""Who is signed in, and the map that is theirs: shown and dropped as the sign-in goes, joined with the edges."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tvapp.app.last_view_store import READ, LastViewKnown, ViewKeeper
from tvapp.app.live_map import LiveMap
from tvapp.app.sign_in_panels import SignInPanels
from tvapp.app.sign_out import forget_pictures_and_fences
from tvapp.auth.service import SignIn, build_sign_in
from tvapp.auth.view import Account
from tvapp.config.model import Config
from tvapp.core.clock import Clock, ClockSkewed
from tvapp.core.disk import DiskHealth
from tvapp.core.errors import StorageError
from tvapp.core.jobs import JobFailed, Jobs
from tvapp.core.log import Log
from tvapp.display.window import Display
from tvapp.host.systemd.status import Situation
from tvapp.mapview.last_view import LastView
from tvapp.net.lazy_chain import LateChain
from tvapp.net.skew import SkewWatch
from tvapp.ui.actions import Actions
from tvapp.ui.map_state.state import MapState
from tvapp.ui.messages import AccountChanged, TroubleChanged
from tvapp.ui.screens.map.screen import MapScreen
from tvapp.ui.screens.start import StartScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.stack import ScreenStack

if TYPE_CHECKING:
    from tvapp.app.backend import Edges
    from tvapp.app.lock_service import LockKeeper
    from tvapp.app.tile_backend import TileEdges


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
        disk: DiskHealth,
        settings: UiSettings,
        stack: ScreenStack,
        actions: Actions,
        since_start: Callable[[], float],
    ) -> None:
        self._config = config
        self._data_dir = data_dir
        self._display = display
        self._jobs = jobs
        self._clock = clock
        self._log = log
        self._disk = disk
        self._settings = settings
        self._stack = stack
        self._actions = actions
        self._since_start = since_start
        self._edges: Edges | None = None
        self._tiles: TileEdges | None = None
        self._panels: SignInPanels | None = None
        self._account: Account | None = None
        self._phase = "starting"
        self.skew = SkewWatch(clock, log, jobs.inbox.post)
        """Whether the clock of this machine is right, as all servers see it."""
        self.network = LateChain(
            jobs, clock, log, ca_bundle=config.identity.ca_bundle, random=random.random, skew=self.skew
        )
        """What every request goes through, of the sign-in and of the map."""
        self._is_seen = True
        self.sign_in: SignIn | None = None
        """None where nothing needs an account, and before `begin`."""
        self.map: LiveMap | None = None
        self.lock: LockKeeper | None = None
        self._views = ViewKeeper(config, data_dir, jobs, log)
        self._opening: Path | None = None
        """Whose last view is being read; the map follows."""
        self._screen: MapScreen | None = None
        if config.has_lock:
            from tvapp.app.lock_service import LockKeeper

            self.lock = LockKeeper(config.kiosk.lock, data_dir, jobs, log, disk)

    @property
    def is_asking(self) -> bool:
        """Tell whether it is not known yet who is signed in, and if nobody, with which code somebody could."""
        return self.sign_in is not None and self._phase in ("starting", "requesting")

    def begin(self, now: float) -> None:
        """Start signing in, where the configuration needs it."""
        config = self._config
        if not config.needs_sign_in:
            return
        sign_in = build_sign_in(
            config,
            self._data_dir,
            self._jobs,
            self._clock,
            self._log,
            random.random,
            self.network,
            self._disk,
            self.skew,
        )
        self.sign_in = sign_in
        sign_in.show(self._is_seen)
        self._panels = SignInPanels(sign_in, self._settings, self._stack, self._actions, self._jobs)
        sign_in.start(now)
        if isinstance(self._stack.base, StartScreen):
            self._stack.base.session = sign_in.view

    def connect_tiles(self, tiles: TileEdges) -> None:
        """Show what the disk has from now on; everything else comes with `connect`."""
        self._tiles = tiles
        if self.map is not None:
            self._join()

    def connect(self, edges: Edges) -> None:
        """Use the edges from now on."""
        self._edges = edges
        if self.map is not None:
            self._join()

    def receive(self, message: object, now: float) -> bool:
        """Take a message; True when it was about signing in, or the screens have been told of it in other words."""
        if self._views.receive(message):
            return True
        match message:
            case LastViewKnown(path=path, view=view) if path == self._opening:
                self._show_map(now, view)
                return True
            case JobFailed(name=name) if name == READ and self._opening is not None:
                self._show_map(now, None)
                return True
            case LastViewKnown():
                return True
        if self.sign_in is not None and self.sign_in.receive(message, now):
            return True
        return self.map is not None and self.map.receive(message, now)

    def follow(self, now: float) -> None:
        """Do what is due for the sign-in, and show the screen that it asks for."""
        if self.sign_in is None or self._panels is None:
            return
        self.sign_in.tick(now)
        view = self.sign_in.view(now)
        if self.map is not None and view.phase in ("succeeded", "signed-in") and self._is_other(view.account):
            # Somebody else answered when the map asked for a sign-in: what it shows is the former one's.
            self.drop_map()
            self._panels.show_page(now)
        if self.map is not None:
            self._panels.follow(view, now)
        if view.phase == self._phase:
            return
        self._phase = view.phase
        if view.phase == "signed-in":
            if self.map is None:
                self.open_map(view.account)
            else:
                self._account = view.account
                self.map.retry()
        elif view.phase not in ("starting", "succeeded") and not (view.again and self.map is not None):
            self.drop_map()
            self._panels.show_page(now)

    def next_wakeup(self) -> float | None:
        """Tell when `follow` or the map has something to do."""
        times = [each.next_wakeup() for each in (self.sign_in, self.map, self._views) if each is not None]
        return min((at for at in times if at is not None), default=None)

    def open_map(self, account: Account | None) -> None:
        """Show a new map as soon as it is known what it showed last time."""
        self._account = account
        self._opening = self._views.open(account.home_id if account is not None else "")

    def keep_view(self, now: float) -> None:
        """Take note of what the map shows after this turn."""
        screen = self._screen
        # Nobody chose what a tour comes by, or what lies on the way.
        if screen is not None and not screen.is_touring and not screen.state.model.camera.is_moving(now):
            self._views.look(screen.state.last_view(), now)

    def _show_map(self, now: float, last: LastView | None) -> None:
        self._opening = None
        account = self._account
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
            last=last,
        )
        model, choice = self.map.model, self.map.choice
        state = MapState(self._settings, self._actions, self._clock, model, choice, lambda: secrets.token_hex(16))
        state.selection.awaited_id = last.selected if last is not None else ""
        self._screen = MapScreen(state, self._stack)
        self._stack.show(self._screen)
        if self._panels is not None:
            self._panels.map_shown()
        self._stack.receive(AccountChanged(account), now)
        if (trouble := self._disk.trouble) is not None:
            self._stack.receive(TroubleChanged("disk", trouble), now)
        self._stack.receive(ClockSkewed(self.skew.skew_s or 0.0), now)
        if self.lock is not None:
            self.lock.begin()
        self._join()

    def drop_map(self) -> None:
        """Let go of everything that belongs to the account, on the screen and behind it."""
        self._views.close()
        self._opening = self._screen = None
        self._account = None
        if self.map is None:
            return
        self._stack.receive(AccountChanged(None), self._clock.monotonic())
        self.map.disconnect()
        self.map = None
        # The next account's pictures must not meet those of this one.
        self._display.canvas.forget()

    def network_restored(self, now: float) -> None:
        """Use the network's return at once."""
        if self.sign_in is not None:
            self.sign_in.network_restored(now)
        if self.map is not None:
            self.map.retry()

    def disk_changed(self, trouble: StorageError | None, now: float) -> None:
        """Tell the viewer that nothing can be kept, or (None) bring to the disk what it did not take."""
        self._stack.receive(TroubleChanged("disk", trouble), now)
        if trouble is None:
            if self.sign_in is not None:
                self.sign_in.disk_restored()
            if self._edges is not None:
                self._edges.disk_restored(now)

    def resumed(self, now: float) -> None:
        """The machine has slept: what is due comes now, and what waits for a network is tried at once."""
        self.network.resumed()
        if self._edges is not None:
            self._edges.monitor.hurry()
        self.network_restored(now)

    def sign_out(self) -> None:
        """Forget everything of the account: tokens, tiles, geofences, pictures."""
        if self.sign_in is None:
            return
        self.drop_map()
        self.sign_in.sign_out(self._clock.monotonic())
        data_dir, cache = self._data_dir, self._tiles.cache if self._tiles is not None else None

        def forget() -> None:
            if cache is not None:
                cache.clear()
            forget_pictures_and_fences(data_dir)

        self._jobs.run("forget", forget)

    def situation(self) -> Situation:
        """Return what signing in and the map are at."""
        screen, account = self._screen, self._account
        phase = self._phase if self._config.needs_sign_in else ""
        return Situation(
            phase=phase,
            has_map=self.map is not None,
            is_again=self.map is not None and phase not in ("", "succeeded", "signed-in"),
            account=account.shortened if account is not None else "",
            fences=len(screen.state.book) if screen is not None and screen.state.fences.is_loaded else None,
        )

    def pictures_lost(self) -> None:
        """Every texture is gone: have what is wished for brought again."""
        if self._tiles is not None:
            self._tiles.loader.forget()

    def show(self, is_seen: bool) -> None:
        """Hear whether the screen is to be seen; where not, no tile and no code is asked for."""
        self._is_seen = is_seen
        if self.sign_in is not None:
            self.sign_in.show(is_seen)
        if self.map is not None:
            self.map.show(is_seen)

    @property
    def is_prompting(self) -> bool:
        """Tell whether a code is on the screen, for somebody who presses no key."""
        sign_in = self.sign_in
        if sign_in is None:
            return False
        return sign_in.asks_permission or sign_in.view(self._clock.monotonic()).phase == "prompting"

    def flush_view(self, now: float) -> None:
        """Bring to the disk at once what the map shows. Blocks."""
        self.keep_view(now)
        self._views.flush()

    def close(self) -> None:
        """Ask for nothing more, and bring to the disk what is worth keeping."""
        self._views.flush()
        if self._edges is not None:
            self._edges.close()
        elif self._tiles is not None:
            self._tiles.close()

    def _is_other(self, account: Account | None) -> bool:
        former = self._account
        return former is not None and account is not None and former.home_id != account.home_id

    def _join(self) -> None:
        """Bring the map and what there is of the edges together, for the account of now."""
        assert self.map is not None
        account = self._account.home_id if self._account is not None else ""
        if self._edges is not None:
            self.map.connect(self._edges, account)
        elif self._tiles is not None:
            self.map.connect_tiles(self._tiles, account)
