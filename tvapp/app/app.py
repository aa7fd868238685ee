"""Puts everything together and leads keys, messages and time to where they belong; the loop drives it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tvapp.app.backend_loading import EDGES, EdgesReady, TilesReady, begin_building
from tvapp.app.loop import Unbearable
from tvapp.app.map_session import MapSession
from tvapp.app.screenshots import Screenshots
from tvapp.app.visibility import ScreenKeeper
from tvapp.auth.messages import PermissionGiven
from tvapp.azure.messages import AttributionArrived
from tvapp.config.load import ConfigErrors
from tvapp.config.model import Config
from tvapp.core.clock import Clock, Resumed
from tvapp.core.data_folder import SCREENSHOTS
from tvapp.core.disk import DiskHealth
from tvapp.core.errors import TvappError
from tvapp.core.jobs import JobFailed, Jobs
from tvapp.core.log import Log
from tvapp.display.events import DisplayLost, DisplayRestored, Hidden
from tvapp.display.window import CloseRequested, Display, Exposed, FocusLost, Resized, ResourcesLost
from tvapp.fences.model.fence import Geofence
from tvapp.geo.position import Bounds
from tvapp.host.clock_watch import Timekeeper
from tvapp.host.disk_watch import DiskChanged, DiskWatch
from tvapp.host.process import ScreenshotRequested, StopRequested
from tvapp.host.systemd.status import Situation
from tvapp.mapview.layers import LayerChoice
from tvapp.mapview.viewport import Viewport
from tvapp.net.messages import NetworkLost, NetworkRestored
from tvapp.remote.hold import Hold
from tvapp.remote.intents import Input
from tvapp.remote.keymap import Keymap
from tvapp.remote.keys import KeyEvent
from tvapp.tiles.tile import TileArrived, TileId
from tvapp.ui.actions import ChangeOutbox
from tvapp.ui.canvas import Canvas
from tvapp.ui.messages import AttributionChanged, ConnectionChanged, PicturesLost, ScreenResized
from tvapp.ui.screens.error import ErrorScreen
from tvapp.ui.screens.map.screen import MapScreen
from tvapp.ui.screens.start import StartScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.stack import ScreenStack

if TYPE_CHECKING:
    from tvapp.remote.pattern import Pattern


ROUND_S = 0.1
"""How often, while the picture moves, it is looked for what is due apart from that."""


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
        disk: DiskHealth,
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
        self._screenshots = Screenshots(data_dir / SCREENSHOTS, display.screenshot, log, disk)
        self._disk = disk
        self._disk_watch = DiskWatch(data_dir, disk, jobs, clock)
        self._settings = UiSettings.of(config)
        self._keeper = ScreenKeeper(config.kiosk, self._settings.local_time, clock, log)
        self._stopping: str | None = None
        self._dirty = True
        self._was_seen = True
        self._is_in_motion = False
        self._is_stirred = True
        """Something came that may change more than the picture."""
        self._round_at = 0.0
        self._first_frame = True
        self._is_building = False
        self._offline_since: float | None = None
        self._broken = "config" if errors is not None else ""
        self._stack = ScreenStack(self._settings.language, self._screen_changed)
        self._session = MapSession(
            config if errors is None else Config(),
            data_dir=data_dir,
            display=display,
            jobs=jobs,
            clock=clock,
            log=log,
            disk=disk,
            settings=self._settings,
            stack=self._stack,
            actions=self,
            since_start=since_start,
        )
        if errors is not None:
            self._stack.show(ErrorScreen(self._settings, self._stack, self, errors.errors))
        else:
            self._stack.show(StartScreen(self._settings, self._stack, self, clock.monotonic()))

    # -- loop.Program ---------------------------------------------------------------------------------------------

    @property
    def stop_reason(self) -> str | None:
        return self._stopping

    def handle(self, event: object, now: float) -> None:
        self._is_stirred = True
        match event:
            case KeyEvent():
                if event.pressed:
                    self._keeper.touch(now)
                self._take(self._hold.handle(event), now)
                # What a key asks for is on the screen before anything that comes of it.
                self._session.follow(now)
            case Resized(width, height):
                self._resized(width, height, now)
            case FocusLost():
                self._take(self._hold.release_all(now), now)
            case CloseRequested():
                self._stopping = "window closed"
            case ResourcesLost():
                self._stack.receive(PicturesLost(), now)
                self._session.pictures_lost()
                self._dirty = True
            case Exposed():
                self._keeper.show(now)
                self._dirty = True
            case Hidden() | DisplayLost():
                # Keys may go up meanwhile without anybody telling.
                self._take(self._hold.release_all(now), now)
                self._keeper.hide(event, now)
            case DisplayRestored(after_s):
                self._keeper.restored(after_s, now)
                self._dirty = True

    def receive(self, message: object, now: float) -> None:
        self._is_stirred = self._is_stirred or not isinstance(message, TileArrived)
        if self._disk_watch.receive(message, now):
            return
        match message:
            case StopRequested(reason):
                self._stopping = reason
            case ScreenshotRequested():
                self._screenshots.ask()
                self._dirty = True
            case TilesReady(tiles):
                self._session.connect_tiles(tiles)
            case EdgesReady(edges):
                self._session.connect(edges)
            case NetworkLost():
                self._offline_since = self._clock.wall()
                self._stack.receive(ConnectionChanged(self._offline_since), now)
            case NetworkRestored():
                self._offline_since = None
                self._stack.receive(ConnectionChanged(None), now)
                self._session.network_restored(now)
            case Resumed():
                self._session.resumed(now)
            case PermissionGiven() if self._session.map is not None:
                self._session.map.retry()
            case DiskChanged(trouble):
                self._session.disk_changed(trouble, now)
            case AttributionArrived(lines):
                self._stack.receive(AttributionChanged(lines), now)
            case _:
                self._pass_on(message, now)

    def update(self, now: float) -> bool:
        self._take(self._hold.tick(now), now)
        needed = self._keeper.update(now, self._is_busy)
        if self._keeper.is_seen != self._was_seen:
            self._was_seen = self._keeper.is_seen
            self._session.show(self._was_seen)
        if self._is_stirred or not self._is_in_motion or now >= self._round_at:
            self._go_round(now)
        if self._was_seen:
            needed = self._stack.update(now) or needed
        needed = (needed or self._dirty) and not self._keeper.is_hidden
        if self._session.map is not None:
            self._session.map.tick(now, frame_follows=needed)
            self._session.keep_view(now)
        self._dirty = False
        return needed

    def draw(self, canvas: Canvas, now: float) -> None:
        with self._display.drawing():
            self._display.begin()
            if self._was_seen:
                self._stack.draw(canvas, now)
                self._keeper.draw(canvas, now)
        if self._screenshots.is_wanted:
            self._screenshots.take()

    def _go_round(self, now: float) -> None:
        """Do what is due apart from the picture: while frame follows frame, not in each of them."""
        self._is_stirred = False
        self._round_at = now + ROUND_S
        if not self._broken:
            self._session.follow(now)
            self._build_when_due()
        self._disk_watch.tick(now)

    def next_wakeup(self, now: float) -> float | None:
        stack = self._stack.next_wakeup(now) if self._was_seen else None
        self._is_in_motion = stack is not None and stack <= now
        if self._is_in_motion:
            return stack
        parts = (self._hold, self._session, self._disk_watch)
        times = (stack, self._keeper.next_wakeup(now), *(part.next_wakeup() for part in parts))
        return min((at for at in times if at is not None), default=None)

    def presented(self, now: float) -> None:
        if self._first_frame:
            self._first_frame = False
            self._log.event("frame.first", ms=round(self._since_start() * 1000))
            self._begin(now)
        if self._session.map is not None:
            self._session.map.presented()

    def situation(self) -> Situation:
        """Return what the app is at, for the init system."""
        return replace(
            self._session.situation(),
            broken=self._broken,
            has_display=self._keeper.has_display,
            offline_since=self._offline_since,
        )

    def keep_view(self) -> None:
        """Bring to the disk at once what the map shows, for the next start. Blocks."""
        self._session.flush_view(self._clock.monotonic())

    def close(self) -> None:
        """Ask for nothing more; the jobs are stopped by whoever started them."""
        self._session.close()

    # -- ui.Actions -----------------------------------------------------------------------------------------------

    def want_tiles(self, tiles: Sequence[TileId]) -> None:
        if self._session.map is not None:
            self._session.map.want_tiles(tiles)

    def request_labels(self, bounds: Bounds, zoom: int, selected: str | None) -> None:
        if self._session.map is not None:
            self._session.map.request_labels(bounds, zoom, selected)

    def view_rested(self, viewport: Viewport) -> None:
        if self._session.map is not None:
            self._session.map.view_rested(viewport)

    def choose_layers(self, choice: LayerChoice) -> None:
        if self._session.map is not None:
            self._session.map.choose_layers(choice)

    @property
    def outbox(self) -> ChangeOutbox | None:
        return self._session.map.outbox if self._session.map is not None else None

    def try_pattern(self, pattern: Pattern, wrong_tries: int) -> None:
        if self._session.lock is not None:
            self._session.lock.try_pattern(pattern, wrong_tries)

    def fence_selected(self, fence: Geofence) -> None:
        self._log.event("geofence.selected", id=fence.id)

    def sign_out(self) -> None:
        self._session.sign_out()

    def retry_sign_in(self) -> None:
        if self._session.sign_in is not None:
            self._session.network.hurry()
            self._session.sign_in.press_ok(self._clock.monotonic())

    def allow_with_phone(self) -> None:
        if self._session.sign_in is not None:
            self._session.network.hurry()
            self._session.sign_in.ask_permission(self._clock.monotonic())

    def leave_sign_in(self) -> None:
        if self._session.sign_in is not None:
            self._session.sign_in.leave()

    def leave(self) -> None:
        self._stopping = "left"

    # -- starting and stopping ------------------------------------------------------------------------------------

    def _begin(self, now: float) -> None:
        """Start everything that the first frame did not need."""
        self._listen()
        if self._broken:
            return
        self._session.begin(now)
        if self._session.sign_in is None:
            self._session.open_map(None)
        self._build_when_due()

    def _build_when_due(self) -> None:
        """Load what is behind the map: not while a first code is asked for, which it would only hold up."""
        session = self._session
        if self._is_building or self._first_frame or self._broken or session.is_asking:
            return
        self._is_building = True
        tokens = session.sign_in.tokens if session.sign_in is not None else None
        scale = self._display.canvas.scale
        begin_building(
            self._config, self._data_dir, tokens, self._jobs, self._clock, self._log, scale, session.network, self._disk
        )
        timekeeper = Timekeeper(self._jobs.inbox.post, self._log, session.skew.look)
        self._jobs.thread("timekeeper", timekeeper.run)

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

    def _pass_on(self, message: object, now: float) -> None:
        if isinstance(message, JobFailed) and message.name == EDGES:
            self._break_down(message.error)
        if not self._session.receive(message, now):
            self._stack.receive(message, now)

    def _break_down(self, error: BaseException) -> None:
        """Say on the screen what is broken, and stay there: somebody has to read it.

        Raises:
            Unbearable: it is a defect, which nobody at the screen can do anything about.
        """
        self._log.event("app.broken", level="error", error=type(error).__name__, reason=str(error))
        if not isinstance(error, TvappError):
            raise Unbearable("the app could not be put together") from error
        self._broken = "fatal"
        self._session.drop_map()
        self._stack.show(ErrorScreen(self._settings, self._stack, self, [error]))

    def _take(self, inputs: Sequence[Input], now: float) -> None:
        if inputs and self._session.sign_in is not None:
            self._session.sign_in.person_present()
        for input_ in inputs:
            if self._keeper.passes(input_, now):
                self._stack.handle(input_, now)

    def _is_busy(self) -> bool:
        """Tell whether something is shown for somebody who presses no key: a code, or a tour."""
        base = self._stack.base
        return self._session.is_prompting or (isinstance(base, MapScreen) and base.is_touring)

    def _resized(self, width: int, height: int, now: float) -> None:
        scale = self._display.canvas.scale
        self._stack.receive(ScreenResized(width, height, scale), now)
        if self._session.map is not None:
            self._session.map.rescale(width, height, scale)
        self._dirty = True

    def _screen_changed(self, name: str) -> None:
        self._log.event("screen.changed", panel=name)
        if name == "layers" and self._session.map is not None:
            self._session.map.load_previews()
