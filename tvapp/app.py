"""Puts everything together and leads keys, messages and time to where they belong; the loop drives it."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tvapp.assembly import EDGES, EdgesReady, begin_building
from tvapp.auth.messages import PermissionGiven
from tvapp.auth.service import SignIn, build_sign_in
from tvapp.auth.view import Account
from tvapp.azure.messages import AttributionArrived
from tvapp.config import Config, ConfigErrors
from tvapp.core.clock import Clock
from tvapp.core.errors import TvappError
from tvapp.core.jobs import JobFailed, Jobs
from tvapp.core.log import Log
from tvapp.display.window import CloseRequested, Display, Exposed, FocusLost, Resized, ResourcesLost
from tvapp.events import clean_text
from tvapp.fences.model import Geofence
from tvapp.forget import SCREENSHOTS, forget_pictures_and_fences
from tvapp.geo.position import Bounds
from tvapp.live_map import LiveMap
from tvapp.mapview.layers import LayerChoice
from tvapp.mapview.viewport import Viewport
from tvapp.net.messages import NetworkLost, NetworkRestored
from tvapp.process import ScreenshotRequested, StopRequested
from tvapp.remote.hold import Hold
from tvapp.remote.intents import Input
from tvapp.remote.keymap import Keymap
from tvapp.remote.keys import KeyEvent
from tvapp.screenshots import Screenshots
from tvapp.sign_in_panels import SignInPanels
from tvapp.tiles.tile import TileId
from tvapp.ui.actions import ChangeOutbox
from tvapp.ui.canvas import Canvas
from tvapp.ui.messages import AccountChanged, AttributionChanged, ConnectionChanged, PicturesLost, ScreenResized
from tvapp.ui.screens.error import ErrorScreen
from tvapp.ui.screens.map import MapScreen
from tvapp.ui.screens.map_state import MapState
from tvapp.ui.screens.start import StartScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.stack import ScreenStack

if TYPE_CHECKING:
    from tvapp.edges import Edges
    from tvapp.lock_keeper import LockKeeper
    from tvapp.remote.pattern import Pattern


class App:
    """The program: a stack of screens, a session, and the map behind them. Implements loop.Program and ui.Actions."""

    def __init__(
        self,
        config: Config,
        errors: ConfigErrors | None,
        *,
        data_dir: Path,
        display: Display,
        jobs: Jobs,
        clock: Clock,
        log: Log,
        keymap: Keymap,
        since_start: Callable[[], float],
    ) -> None:
        self._config = config
        self._data_dir = data_dir
        self._display = display
        self._jobs = jobs
        self._clock = clock
        self._log = log
        self._since_start = since_start
        self._hold = Hold(keymap)
        self._screenshots = Screenshots(data_dir / SCREENSHOTS, display.screenshot, log)
        self._settings = UiSettings.of(config)
        self._edges: Edges | None = None
        self._sign_in: SignIn | None = None
        self._panels: SignInPanels | None = None
        self._map: LiveMap | None = None
        self._lock: LockKeeper | None = None
        if errors is None and config.has_lock:
            from tvapp.lock_keeper import LockKeeper

            self._lock = LockKeeper(config.kiosk.lock, data_dir, jobs, log)
        self._account: Account | None = None
        self._phase = "starting"
        self._stopping: str | None = None
        self._dirty = True
        self._first_frame = True
        self._is_broken = errors is not None
        self._stack = ScreenStack(self._settings.language, self._screen_changed)
        if errors is not None:
            self._stack.show(ErrorScreen(self._settings, self._stack, self, errors.errors))
        else:
            self._stack.show(StartScreen(self._settings, self._stack, self, clock.monotonic()))

    # -- loop.Program ---------------------------------------------------------------------------------------------

    @property
    def stop_reason(self) -> str | None:
        return self._stopping

    def handle(self, event: object, now: float) -> None:
        match event:
            case KeyEvent():
                self._take(self._hold.handle(event), now)
            case Resized(width, height):
                self._resized(width, height, now)
            case FocusLost():
                self._take(self._hold.release_all(now), now)
            case CloseRequested():
                self._stopping = "window closed"
            case ResourcesLost():
                self._stack.receive(PicturesLost(), now)
                if self._edges is not None:
                    self._edges.loader.forget()
                self._dirty = True
            case Exposed():
                self._dirty = True

    def receive(self, message: object, now: float) -> None:
        match message:
            case StopRequested(reason):
                self._stopping = reason
            case ScreenshotRequested():
                self._screenshots.ask()
                self._dirty = True
            case EdgesReady():
                self._connect(message)
            case NetworkLost():
                self._stack.receive(ConnectionChanged(self._clock.wall()), now)
            case NetworkRestored():
                self._stack.receive(ConnectionChanged(None), now)
                self._network_restored(now)
            case PermissionGiven() if self._map is not None:
                self._map.retry()
            case AttributionArrived(lines):
                self._stack.receive(AttributionChanged(lines), now)
            case _:
                self._pass_on(message, now)

    def update(self, now: float) -> bool:
        self._take(self._hold.tick(now), now)
        if self._sign_in is not None and not self._is_broken:
            self._sign_in.tick(now)
            self._follow_session(now)
        needed = self._stack.update(now) or self._dirty
        if self._map is not None:
            self._map.tick(now, frame_follows=needed)
        self._dirty = False
        return needed

    def draw(self, canvas: Canvas, now: float) -> None:
        self._display.begin()
        self._stack.draw(canvas, now)
        if self._screenshots.is_wanted:
            self._screenshots.take()

    def next_wakeup(self, now: float) -> float | None:
        times = [self._hold.next_wakeup(), self._stack.next_wakeup(now)]
        if self._sign_in is not None:
            times.append(self._sign_in.next_wakeup())
        if self._map is not None:
            times.append(self._map.next_wakeup())
        return min((at for at in times if at is not None), default=None)

    def presented(self, now: float) -> None:
        if self._first_frame:
            self._first_frame = False
            self._log.event("frame.first", ms=round(self._since_start() * 1000))
            self._begin(now)
        if self._map is not None:
            self._map.pass_on_wishes()

    def close(self) -> None:
        """Ask for nothing more; the jobs are stopped by whoever started them."""
        if self._edges is not None:
            self._edges.close()

    # -- ui.Actions -----------------------------------------------------------------------------------------------

    def want_tiles(self, tiles: Sequence[TileId]) -> None:
        if self._map is not None:
            self._map.want_tiles(tiles)

    def request_labels(self, bounds: Bounds, zoom: int, selected: str | None) -> None:
        if self._map is not None:
            self._map.request_labels(bounds, zoom, selected)

    def view_rested(self, viewport: Viewport) -> None:
        if self._map is not None:
            self._map.view_rested(viewport)

    def choose_layers(self, choice: LayerChoice) -> None:
        if self._map is not None:
            self._map.choose_layers(choice)

    @property
    def outbox(self) -> ChangeOutbox | None:
        return self._map.outbox if self._map is not None else None

    def try_pattern(self, pattern: Pattern, wrong_tries: int) -> None:
        if self._lock is not None:
            self._lock.try_pattern(pattern, wrong_tries)

    def fence_selected(self, fence: Geofence) -> None:
        self._log.event("geofence.selected", id=fence.id)

    def sign_out(self) -> None:
        """Forget everything of the account: tokens, tiles, geofences, pictures."""
        if self._sign_in is None:
            return
        self._drop_map()
        self._sign_in.sign_out(self._clock.monotonic())
        data_dir, cache = self._data_dir, self._edges.cache if self._edges is not None else None

        def forget() -> None:
            if cache is not None:
                cache.clear()
            forget_pictures_and_fences(data_dir)

        self._jobs.run("forget", forget)

    def retry_sign_in(self) -> None:
        if self._sign_in is not None:
            self._sign_in.press_ok(self._clock.monotonic())

    def allow_with_phone(self) -> None:
        if self._sign_in is not None:
            self._sign_in.ask_permission(self._clock.monotonic())

    def leave_sign_in(self) -> None:
        if self._sign_in is not None:
            self._sign_in.leave()

    def leave(self) -> None:
        self._stopping = "left"

    # -- starting and stopping ------------------------------------------------------------------------------------

    def _begin(self, now: float) -> None:
        """Start everything that the first frame did not need."""
        self._listen()
        if self._is_broken:
            return
        config, tokens = self._config, None
        if config.needs_sign_in:
            self._sign_in = build_sign_in(config, self._data_dir, self._jobs, self._clock, self._log, random.random)
            self._panels = SignInPanels(self._sign_in, self._settings, self._stack, self, self._jobs)
            self._sign_in.start(now)
            if isinstance(self._stack.base, StartScreen):
                self._stack.base.session = self._sign_in.view
            tokens = self._sign_in.tokens
        scale = self._display.canvas.scale
        begin_building(config, self._data_dir, tokens, self._jobs, self._clock, self._log, scale)
        if self._sign_in is None:
            self._show_map(now, None)

    def _listen(self) -> None:
        """Listen to gamepads, and on a thread of its own to the keys that SDL drops."""
        self._display.open_gamepads()
        from tvapp.remote.evdev_source import EvdevSource

        remote = self._config.remote
        source = EvdevSource(
            self._display.feed,
            self._hold.keymap,
            self._clock,
            self._log,
            devices=remote.devices,
            grab=remote.grab,
        )
        self._jobs.thread("remote", source.run)

    def _connect(self, ready: EdgesReady) -> None:
        self._edges = ready.edges
        if self._map is not None:
            self._join()

    def _join(self) -> None:
        """Bring the map and the edges together, for the account of now."""
        assert self._edges is not None
        assert self._map is not None
        account = self._account.home_id if self._account is not None else ""
        self._map.connect(self._edges, account)

    # -- the session and its screens ------------------------------------------------------------------------------

    def _follow_session(self, now: float) -> None:
        """Show the screen that the session asks for."""
        assert self._sign_in is not None
        assert self._panels is not None
        view = self._sign_in.view(now)
        if self._map is not None:
            self._panels.follow(view, now)
        if view.phase == self._phase:
            return
        self._phase = view.phase
        if view.phase == "signed-in":
            former = self._account
            if former is not None and view.account is not None and former.home_id != view.account.home_id:
                # Somebody else answered when the map asked for a sign-in: what it shows is the former one's.
                self._drop_map()
            self._account = view.account
            if self._map is None:
                self._show_map(now, view.account)
            else:
                self._map.retry()
        elif view.phase not in ("starting", "succeeded") and not (view.again and self._map is not None):
            self._drop_map()
            self._panels.show_page(now)

    def _show_map(self, now: float, account: Account | None) -> None:
        canvas = self._display.canvas
        self._map = LiveMap(
            self._config,
            self._display.size,
            canvas.scale,
            jobs=self._jobs,
            clock=self._clock,
            log=self._log,
            since_start=self._since_start,
            tell=lambda message: self._stack.receive(message, self._clock.monotonic()),
        )
        model, choice = self._map.model, self._map.choice
        state = MapState(self._settings, self, self._clock, model, choice, lambda: secrets.token_hex(16))
        self._stack.show(MapScreen(state, self._stack))
        if self._panels is not None:
            self._panels.map_shown()
        self._stack.receive(AccountChanged(account), now)
        if self._lock is not None:
            self._lock.begin()
        if self._edges is not None:
            self._join()

    def _drop_map(self) -> None:
        """Let go of everything that belongs to the account, on the screen and behind it."""
        if self._map is None:
            return
        self._stack.receive(AccountChanged(None), self._clock.monotonic())
        self._map.disconnect()
        self._map = None
        self._account = None
        # The next account's pictures must not meet those of this one.
        self._display.canvas.forget()

    def _network_restored(self, now: float) -> None:
        if self._sign_in is not None:
            self._sign_in.network_restored(now)
        if self._map is not None:
            self._map.retry()

    def _pass_on(self, message: object, now: float) -> None:
        if self._sign_in is not None and self._sign_in.receive(message, now):
            if self._edges is not None:
                self._edges.note_sign_in(message)
            return
        if isinstance(message, JobFailed) and message.name == EDGES:
            self._break_down(message.error)
        if self._map is None or not self._map.receive(message, now):
            self._stack.receive(message, now)

    def _break_down(self, error: BaseException) -> None:
        """Say on the screen what is broken, and stay there: somebody has to read it."""
        self._log.event("app.broken", level="error", error=type(error).__name__, reason=str(error))
        self._is_broken = True
        self._drop_map()
        known = [error] if isinstance(error, TvappError) else []
        detail = "" if known else f"{type(error).__name__}: {clean_text(str(error))}"
        self._stack.show(ErrorScreen(self._settings, self._stack, self, known, detail))

    def _take(self, inputs: Sequence[Input], now: float) -> None:
        if inputs and self._sign_in is not None:
            self._sign_in.person_present()
        for input_ in inputs:
            self._stack.handle(input_, now)

    def _resized(self, width: int, height: int, now: float) -> None:
        scale = self._display.canvas.scale
        self._stack.receive(ScreenResized(width, height, scale), now)
        if self._map is not None:
            self._map.rescale(width, height, scale)
        self._dirty = True

    def _screen_changed(self, name: str) -> None:
        self._log.event("screen.changed", panel=name)
        if name == "layers" and self._map is not None:
            self._map.load_previews()
