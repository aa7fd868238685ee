"""Owns the sign-in and the map of the account: opens and drops the map as the sign-in goes, and connects a backend."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from tvapp.app.backend_loading import BackendReady, TilesReady, start_building_backend
from tvapp.app.last_view_store import READ, LastViewKnown, LastViewStore
from tvapp.app.live_map import LiveMap
from tvapp.app.sign_in_panels import SignInPanels
from tvapp.app.sign_out import forget_pictures_and_fences
from tvapp.auth.gateway import Gateway
from tvapp.auth.service import SignIn, build_sign_in
from tvapp.auth.view import Account
from tvapp.config.model import Config
from tvapp.core.clock import ClockSkewed, Resumed
from tvapp.core.errors import StorageError
from tvapp.core.jobs import JobFailed, JobResult
from tvapp.core.surroundings import Surroundings
from tvapp.display.window import Display
from tvapp.host.disk_watch import DiskChanged
from tvapp.host.systemd.status import Situation
from tvapp.mapview.last_view import LastView
from tvapp.net.lazy_chain import LazyChain
from tvapp.net.messages import NetworkRestored
from tvapp.net.skew import SkewMonitor
from tvapp.ui.actions import Actions
from tvapp.ui.map_state.state import MapState
from tvapp.ui.messages import AccountChanged, TroubleChanged
from tvapp.ui.screens.map.screen import MapScreen
from tvapp.ui.screens.start import StartScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.stack import ScreenStack
from tvapp.ui.words.connection import failure_title

if TYPE_CHECKING:
    from tvapp.app.backend import Backend
    from tvapp.app.connection_watch import ConnectionWatch
    from tvapp.app.diagnosis_service import Running
    from tvapp.app.lock_service import LockService
    from tvapp.app.tile_backend import TileBackend
    from tvapp.app.usage_service import UsageService
    from tvapp.core.connection_steps import Step


class MapSession:
    """Belongs to the main thread. There is one map at a time, of one account (of none with a subscription key)."""

    def __init__(
        self,
        config: Config,
        surroundings: Surroundings,
        *,
        display: Display,
        settings: UiSettings,
        stack: ScreenStack,
        actions: Actions,
    ) -> None:
        self._config = config
        self._surroundings = surroundings
        self._jobs = surroundings.jobs
        self._clock = surroundings.clock
        self._data = surroundings.data
        self._display = display
        self._settings = settings
        self._stack = stack
        self._actions = actions
        self._tiles: TileBackend | None = None
        self._panels: SignInPanels | None = None
        self._account: Account | None = None
        self._phase = "starting"
        self._is_seen = True
        self._opening: Path | None = None
        """The file of the last view that is being read; the map follows."""
        self._screen: MapScreen | None = None
        log, inbox = surroundings.log, surroundings.jobs.inbox
        self.skew = SkewMonitor(surroundings.clock, log, inbox.post)
        """Judges the clock of this machine by the answers of all servers."""
        self.network = LazyChain(
            surroundings.jobs,
            surroundings.clock,
            log,
            outbound=config.outbound,
            random=surroundings.random,
            skew=self.skew,
        )
        """Sends every request, of the sign-in and of the map."""
        self._connection: ConnectionWatch | None = None
        self.backend: Backend | None = None
        """None until it is loaded."""
        self.sign_in: SignIn | None = None
        """None where no account is needed, and before `begin`."""
        self.map: LiveMap | None = None
        self.views = LastViewStore(config, self._data.views, surroundings.jobs, log)
        self.usage: UsageService | None = None
        """None before `begin`."""
        self.lock: LockService | None = None
        if config.has_lock:
            from tvapp.app.lock_service import LockService

            self.lock = LockService(config.kiosk.lock, self._data.lock_tries, self._jobs, log, surroundings.disk)

    @property
    def is_asking(self) -> bool:
        """Tell whether the sign-in still looks for an account, or for a code to show."""
        return self.sign_in is not None and self._phase in ("starting", "requesting")

    @property
    def is_prompting(self) -> bool:
        """Tell whether a code is on the screen: the viewer reads it and presses no key."""
        sign_in = self.sign_in
        if sign_in is None:
            return False
        return sign_in.asks_permission or sign_in.view(self._clock.monotonic()).phase == "prompting"

    @property
    def needs_sign_in(self) -> bool:
        """Tell whether the map needs an account."""
        return self._config.needs_sign_in

    @property
    def is_signed_in(self) -> bool:
        """Tell whether an account is signed in, and does not have to sign in again."""
        return self._account is not None and self._phase in ("succeeded", "signed-in")

    @property
    def account(self) -> Account | None:
        """The account whose map is shown."""
        return self._account

    def connection_steps(self) -> tuple[Step, ...]:
        """Return the steps to the sign-in service; none where there is no account, or a map already."""
        return self._connection.steps() if self._connection is not None and self.map is None else ()

    def begin(self, now: float) -> None:
        """Start signing in, or without an account open the map at once."""
        if not self._config.needs_sign_in:
            self._begin_usage(None)
            self._open_map(None)
            return
        connection = self._watch_connection()
        sign_in = build_sign_in(self._config, self._surroundings, self.network, self.skew)
        self.sign_in = sign_in
        self._begin_usage(sign_in.gateway)
        sign_in.show(self._is_seen)
        self._panels = SignInPanels(sign_in, self._settings, self._stack, self._actions, self._jobs)
        self._panels.steps = connection.steps
        sign_in.start(now)
        if isinstance(self._stack.base, StartScreen):
            self._stack.base.session = sign_in.view
            self._stack.base.steps = connection.steps

    def _begin_usage(self, gateway: Gateway | None) -> None:
        from tvapp.app.account_usage import AccountUsageReader
        from tvapp.app.usage_service import UsageService

        reader = AccountUsageReader(self._config, self._surroundings, gateway, self.network.get)
        self.usage = UsageService(self._config, self._surroundings, reader, self._tell)

    def _watch_connection(self) -> ConnectionWatch:
        """Follow the steps of the connection until there is a map."""
        from tvapp.app.connection_watch import ConnectionWatch
        from tvapp.host.links import LinkWatch

        self._connection = ConnectionWatch(self._config, self._jobs, self._surroundings.log)
        self.network.listen(self._connection.outcomes)
        self._jobs.thread("links", LinkWatch(self._jobs.inbox.post).run)
        return self._connection

    def build_backend(self) -> None:
        """Start to load the backend; answered by TilesReady and BackendReady."""
        tokens = self.sign_in.tokens if self.sign_in is not None else None
        counter = self.usage.counter if self.usage is not None else None
        scale = self._display.canvas.scale
        start_building_backend(self._config, self._surroundings, tokens, self.network, scale, counter)

    def receive(self, message: object, now: float) -> None:
        """Take a message that is for the session; see `app.routes`."""
        match message:
            case TilesReady(tiles):
                self._tiles = tiles
                self._connect_map()
            case BackendReady(backend):
                self.backend = backend
                self._connect_map()
                if self.usage is not None:
                    self.usage.restore()
            case LastViewKnown(path=path, view=view) if path == self._opening:
                self._show_map(now, view)
            case JobFailed(name=name) if name == READ and self._opening is not None:
                self._show_map(now, None)
            case JobResult(service="connection") | JobFailed(name="connection.look-up"):
                if self._connection is not None and self._connection.receive(message, now) and self.map is None:
                    self.network.hurry()
                    self._network_restored(now)
            case NetworkRestored():
                self._network_restored(now)
            case Resumed():
                self._resumed(now)
            case DiskChanged(trouble):
                self._disk_changed(trouble, now)

    def follow(self, now: float) -> None:
        """Do what is due for the sign-in, and show the screen that it asks for."""
        if self.sign_in is None or self._panels is None:
            return
        self.sign_in.tick(now)
        view = self.sign_in.view(now)
        if self._connection is not None and self.map is None:
            self._connection.follow(view, now)
        if self.map is not None and view.phase in ("succeeded", "signed-in") and self._is_other(view.account):
            # Another person answered when the map asked for a sign-in: it shows the former account's data.
            self.drop_map()
            self._panels.show_page(now)
        if self.map is not None:
            self._panels.follow(view, now)
        if view.phase == self._phase:
            return
        self._phase = view.phase
        if view.phase == "signed-in":
            if self.map is None:
                self._open_map(view.account)
            else:
                self._account = view.account
                self.map.retry()
        elif view.phase not in ("starting", "succeeded") and not (view.again and self.map is not None):
            self.drop_map()
            self._panels.show_page(now)

    def next_wakeup(self) -> float | None:
        """Tell when `follow` or the map has something to do."""
        parts = (self.sign_in, self.map, self.views, self.usage)
        times = [each.next_wakeup() for each in parts if each is not None]
        return min((at for at in times if at is not None), default=None)

    def note_view(self, now: float) -> None:
        """Note what the map shows after this turn, for the next start."""
        screen = self._screen
        # The viewer chose neither what a tour passes nor what lies on the way of a flight.
        if screen is not None and not screen.is_touring and not screen.state.model.camera.is_moving(now):
            self.views.note(screen.state.last_view(), now)

    def flush_view(self, now: float) -> None:
        """Write to the disk at once what the map shows. Blocks."""
        self.note_view(now)
        self.views.flush()

    def drop_map(self) -> None:
        """Remove everything that belongs to the account from the screen and the backend."""
        self.views.close()
        self._opening = self._screen = None
        self._account = None
        if self.usage is not None:
            self.usage.use_account(None)
        if self.map is None:
            return
        self._stack.receive(AccountChanged(None), self._clock.monotonic())
        self.map.disconnect()
        self.map = None
        if self._connection is not None:
            self._connection.outcomes.silence(False)
        # The next account must not see drawings of this one from the canvas's cache.
        self._display.canvas.forget()

    def _tell(self, message: object) -> None:
        self._stack.receive(message, self._clock.monotonic())

    def sign_out(self) -> None:
        """Forget everything of the account: tokens, tiles, geofences, pictures."""
        if self.sign_in is None:
            return
        self.drop_map()
        self.sign_in.sign_out(self._clock.monotonic())
        data, cache = self._data, self._tiles.cache if self._tiles is not None else None

        def forget() -> None:
            if cache is not None:
                cache.clear()
            forget_pictures_and_fences(data)

        self._jobs.run("forget", forget)

    def running(self) -> Running:
        """Return the parts that a diagnosis of the running app examines."""
        from tvapp.app.diagnosis_service import Running

        display = self._display
        picture = f"{display.driver}, {display.renderer_name}, {display.size[0]}x{display.size[1]}"
        return Running(self._config, self.network, self.skew, self.sign_in, picture)

    def situation(self) -> Situation:
        """Return the state of the sign-in and the map, for the init system."""
        screen, account = self._screen, self._account
        failing = self._connection.failing() if self._connection is not None and self.map is None else None
        phase = self._phase if self._config.needs_sign_in else ""
        return Situation(
            phase=phase,
            failing=failure_title(failing, UiSettings()) if failing is not None else "",
            has_map=self.map is not None,
            is_again=self.map is not None and phase not in ("", "succeeded", "signed-in"),
            account=account.shortened if account is not None else "",
            fences=len(screen.state.book) if screen is not None and screen.state.fences.is_loaded else None,
        )

    def pictures_lost(self) -> None:
        """Every texture is gone: have the loader bring the tiles of the view again."""
        if self._tiles is not None:
            self._tiles.loader.redeliver()

    def show(self, is_seen: bool) -> None:
        """Request no tile and no code while the screen is not seen."""
        self._is_seen = is_seen
        if self.sign_in is not None:
            self.sign_in.show(is_seen)
        if self.map is not None:
            self.map.show(is_seen)

    def close(self) -> None:
        """Stop every request, and write to the disk what the next start needs."""
        self.views.flush()
        if self.usage is not None:
            self.usage.flush()
        if self.backend is not None:
            self.backend.close()
        elif self._tiles is not None:
            self._tiles.close()

    def _open_map(self, account: Account | None) -> None:
        """Show a new map as soon as the account's last view is read."""
        self._account = account
        if self.usage is not None:
            self.usage.use_account(account.home_id if account is not None else None)
        self._opening = self.views.open(account.home_id if account is not None else "")

    def _show_map(self, now: float, last: LastView | None) -> None:
        self._opening = None
        self.map = LiveMap(
            self._config,
            self._surroundings,
            self._display.size,
            self._display.canvas.scale,
            tell=lambda message: self._stack.receive(message, self._clock.monotonic()),
            last=last,
        )
        model, choice = self.map.model, self.map.choice
        state = MapState(self._settings, self._actions, self._clock, model, choice, lambda: secrets.token_hex(16))
        state.selection.awaited_id = last.selected if last is not None else ""
        self._screen = MapScreen(state, self._stack)
        self._stack.show(self._screen)
        if self._connection is not None:
            self._connection.outcomes.silence(True)
        if self._panels is not None:
            self._panels.map_shown()
        self._stack.receive(AccountChanged(self._account), now)
        if (trouble := self._surroundings.disk.trouble) is not None:
            self._stack.receive(TroubleChanged("disk", trouble), now)
        self._stack.receive(ClockSkewed(self.skew.skew_s or 0.0), now)
        if self.lock is not None:
            self.lock.begin()
        self._connect_map()

    def _connect_map(self) -> None:
        """Connect the map, if there is one, to what there is of the backend."""
        if self.map is None:
            return
        account = self._account.home_id if self._account is not None else ""
        if self.backend is not None:
            self.map.connect(self.backend, account)
        elif self._tiles is not None:
            self.map.connect_tiles(self._tiles, account)

    def _is_other(self, account: Account | None) -> bool:
        former = self._account
        return former is not None and account is not None and former.home_id != account.home_id

    def _network_restored(self, now: float) -> None:
        if self.sign_in is not None:
            self.sign_in.network_restored(now)
        if self.map is not None:
            self.map.retry()

    def _resumed(self, now: float) -> None:
        """The machine has slept: what is due comes now, and what waits for a network is tried at once."""
        self.network.resumed()
        if self.backend is not None:
            self.backend.monitor.hurry()
        self._network_restored(now)

    def _disk_changed(self, trouble: StorageError | None, now: float) -> None:
        """Tell the viewer that nothing can be stored, or (None) store what could not be written meanwhile."""
        self._stack.receive(TroubleChanged("disk", trouble), now)
        if trouble is None:
            if self.sign_in is not None:
                self.sign_in.disk_restored()
            if self.backend is not None:
                self.backend.disk_restored(now)
