"""Puts the program together, and passes keys, messages and time on to its parts; the loop drives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from tvapp.app.attachment import Attachments
from tvapp.app.backend_loading import BACKEND_JOB
from tvapp.app.loop import Unrecoverable
from tvapp.app.map_session import MapSession
from tvapp.app.routes import Hearer, hearers
from tvapp.app.screenshots import Screenshots
from tvapp.app.viewer_actions import ViewerActions
from tvapp.app.visibility import ScreenVisibility
from tvapp.config.load import ConfigErrors
from tvapp.config.model import Config
from tvapp.core.errors import TvappError
from tvapp.core.jobs import JobFailed
from tvapp.core.surroundings import Surroundings
from tvapp.display.events import (
    CloseRequested,
    DisplayLost,
    DisplayRestored,
    Exposed,
    FocusLost,
    FullScreenTaken,
    Hidden,
    Resized,
    ResourcesLost,
)
from tvapp.display.window import Display
from tvapp.host.clock_watch import ClockWatch
from tvapp.host.disk_watch import DiskWatch
from tvapp.host.process import ScreenshotRequested, StopRequested
from tvapp.host.systemd.status import Situation
from tvapp.net.messages import NetworkLost, NetworkRestored
from tvapp.remote.hold import KeyHold
from tvapp.remote.intents import Input
from tvapp.remote.keymap import Keymap
from tvapp.remote.keys import KeyEvent
from tvapp.tiles.tile import TileArrived
from tvapp.ui.canvas import Canvas
from tvapp.ui.messages import ConnectionChanged, PicturesLost, ScreenResized
from tvapp.ui.screens.error import ErrorScreen
from tvapp.ui.screens.map.screen import MapScreen
from tvapp.ui.screens.start import StartScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.stack import ScreenStack

if TYPE_CHECKING:
    from tvapp.host.cec import Power, TvPower

START_AGAIN = "start again"
"""The reason to stop that has `commands.run` start the program anew."""
DUE_WORK_EVERY_S = 0.1
"""How often work apart from the picture is looked for while the picture moves."""


class Receiver(Protocol):
    """A part of the program that hears messages."""

    def receive(self, message: object, now: float) -> object: ...


class App:
    """The program: a stack of screens, and the session behind them. Implements loop.Program."""

    def __init__(
        self,
        config: Config,
        errors: ConfigErrors | None,
        surroundings: Surroundings,
        *,
        display: Display,
        keymap: Keymap,
    ) -> None:
        """With `errors`, show them instead of a map; `config` is then what can be used in spite of them."""
        self._config = config
        self._surroundings = surroundings
        self._display = display
        self._jobs = surroundings.jobs
        self._clock = surroundings.clock
        self._log = surroundings.log
        self._hold = KeyHold(keymap)
        self.screenshots = Screenshots(
            surroundings.data.screenshots, display.screenshot, surroundings.log, surroundings.disk
        )
        self._disk_watch = DiskWatch(surroundings.data.root, surroundings.disk, surroundings.jobs, surroundings.clock)
        self.settings = UiSettings.of(config)
        self.visibility = ScreenVisibility(
            config.kiosk, self.settings.local_time, surroundings.clock, surroundings.log, self._switch_tv
        )
        self._tv: TvPower | None = None
        self._stop_reason: str | None = None
        self._dirty = True
        self._was_seen = True
        self._is_in_motion = False
        self._has_news = True
        """An event or a message came that may cause more than another picture."""
        self._due_work_at = self._drawn_at = 0.0
        self._is_first_frame = True
        self._is_building = False
        self._offline_since: float | None = None
        self._broken = "config" if errors is not None else ""
        self.attached = Attachments()
        """Parts that watch or steer the app and belong to no screen."""
        self.stack = ScreenStack(self.settings.language, self._screen_changed)
        self.actions = ViewerActions(
            surroundings, lambda: self.session, lambda: self._close("left"), lambda: self.stop(START_AGAIN)
        )
        self.session = MapSession(
            config if errors is None else Config(),
            surroundings,
            display=display,
            settings=self.settings,
            stack=self.stack,
            actions=self.actions,
        )
        if errors is not None:
            self._show_errors(errors.errors)
        else:
            now = self._clock.monotonic()
            self.stack.show(StartScreen(self.settings, self.stack, self.actions, now))

    # -- loop.Program ---------------------------------------------------------------------------------------------

    @property
    def stop_reason(self) -> str | None:
        return self._stop_reason

    def handle(self, event: object, now: float) -> None:
        self._has_news = True
        match event:
            case KeyEvent():
                if event.pressed:
                    self.visibility.touch(now)
                self._handle_inputs(self._hold.handle(event), now)
                # The result of the key itself is on the screen before anything that follows from it.
                self.session.follow(now)
            case Resized(width, height):
                self._resized(width, height, now)
            case FocusLost():
                self._handle_inputs(self._hold.release_all(now), now)
            case CloseRequested():
                self._close("window closed")
            case ResourcesLost():
                self.stack.receive(PicturesLost(), now)
                self.session.pictures_lost()
                self._dirty = True
            case Exposed():
                self.visibility.show()
                self._dirty = True
            case Hidden() | DisplayLost():
                # A key that goes up meanwhile brings no event.
                self._handle_inputs(self._hold.release_all(now), now)
                self.visibility.hide(event)
            case FullScreenTaken(missing):
                self._log.event("display.taken_again", missing=missing)
            case DisplayRestored(after_s):
                self.visibility.restored(after_s)
                self._dirty = True

    def receive(self, message: object, now: float) -> None:
        self._has_news = self._has_news or not isinstance(message, TileArrived)
        for hearer in hearers(message):
            if hearer == "app":
                self._hear(message, now)
            elif (receiver := self._receiver(hearer)) is not None:
                receiver.receive(message, now)
        self.attached.receive(message, now)

    def update(self, now: float) -> bool:
        self._handle_inputs(self._hold.tick(now), now)
        needed = self.visibility.update(now, self._is_busy)
        if self.visibility.is_seen != self._was_seen:
            self._was_seen = self.visibility.is_seen
            self.session.show(self._was_seen)
        if self._has_news or not self._is_in_motion or now >= self._due_work_at:
            self._do_due_work(now)
        if self._was_seen:
            needed = self.stack.update(now) or needed
        needed = (needed or self._dirty) and not self.visibility.is_hidden
        if self.session.map is not None:
            self.session.map.tick(now, frame_follows=needed)
            self.session.note_view(now)
        self._dirty = False
        return needed

    def draw(self, canvas: Canvas, now: float) -> None:
        self._drawn_at = now
        with self._display.drawing():
            self._display.begin()
            if self._was_seen:
                self.stack.draw(canvas, now)
                self.visibility.draw(canvas, now)
        if self.screenshots.is_wanted:
            self.screenshots.take()

    def next_wakeup(self, now: float) -> float | None:
        stack = self.stack.next_wakeup(now) if self._was_seen else None
        self._is_in_motion = stack is not None and stack <= now
        if self._is_in_motion:
            return stack
        parts = (self._hold, self.session, self._disk_watch, self.attached)
        times = (stack, self.visibility.next_wakeup(now), *(part.next_wakeup() for part in parts))
        return min((at for at in times if at is not None), default=None)

    def presented(self, now: float) -> None:
        if self._is_first_frame:
            self._is_first_frame = False
            self._log.event("frame.first", ms=round(self._surroundings.since_start() * 1000))
            self._begin(now)
        if self.session.map is not None:
            self.session.map.presented()
        self.attached.presented(now, now - self._drawn_at)

    # -- for commands/run -----------------------------------------------------------------------------------------

    def situation(self) -> Situation:
        """Return the state of the program, for the init system."""
        return replace(
            self.session.situation(),
            broken=self._broken,
            has_display=self.visibility.has_display,
            is_off=self.visibility.is_off,
            offline_since=self._offline_since,
        )

    def stop(self, reason: str) -> None:
        """Have the loop end the program."""
        self._stop_reason = reason

    def request_frame(self) -> None:
        """Have the next turn of the loop draw a frame."""
        self._dirty = True

    def keep_view(self) -> None:
        """Write to the disk at once what the map shows, for the next start. Blocks."""
        self.session.flush_view(self._clock.monotonic())

    def close(self) -> None:
        """Stop every request; the jobs are stopped by their owner."""
        self.session.close()

    # -- messages -------------------------------------------------------------------------------------------------

    def _receiver(self, hearer: Hearer) -> Receiver | None:
        """Return the part of that name; None while there is none."""
        session = self.session
        match hearer:
            case "disk-watch":
                return self._disk_watch
            case "session":
                return session
            case "view-store":
                return session.views
            case "sign-in":
                return session.sign_in
            case "outbox":
                return session.backend.outbox if session.backend is not None else None
            case "snapshot":
                return session.backend.snapshot if session.backend is not None else None
            case "fences":
                return session.map.fences if session.map is not None else None
            case "map":
                return session.map
            case "usage":
                return session.usage
            case "screens":
                return self.stack
        return None

    def _hear(self, message: object, now: float) -> None:
        """Take a message that is for the program as a whole."""
        match message:
            case StopRequested(reason):
                self.stop(reason)
            case ScreenshotRequested():
                self.screenshots.ask()
                self.request_frame()
            case NetworkLost():
                self._offline_since = self._clock.wall()
                self.stack.receive(ConnectionChanged(self._offline_since), now)
            case NetworkRestored():
                self._offline_since = None
                self.stack.receive(ConnectionChanged(None), now)
            case JobFailed(name, error) if name == BACKEND_JOB:
                self._break_down(error)

    # -- starting and stopping ------------------------------------------------------------------------------------

    def _begin(self, now: float) -> None:
        """Start everything that the first frame did not need."""
        self.attached.begin(now)
        self._listen()
        if self._broken:
            return
        self.session.begin(now)
        self._build_backend_when_due()

    def _do_due_work(self, now: float) -> None:
        """Do what is due apart from the picture: in a motion not at every frame."""
        self._has_news = False
        self._due_work_at = now + DUE_WORK_EVERY_S
        if not self._broken:
            self.session.follow(now)
            self._build_backend_when_due()
            if self.session.usage is not None:
                self.session.usage.tick(now)
        self._disk_watch.tick(now)
        self.attached.tick(now)

    def _build_backend_when_due(self) -> None:
        """Load the backend, but not while the first code is requested: loading would delay the code."""
        session = self.session
        if self._is_building or self._is_first_frame or self._broken or session.is_asking:
            return
        self._is_building = True
        session.build_backend()
        watch = ClockWatch(self._jobs.inbox.post, self._log, session.skew.check)
        self._jobs.thread("timekeeper", watch.run)

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

    def _break_down(self, error: BaseException) -> None:
        """Show what is broken, and stay there for the operator to read it.

        Raises:
            Unrecoverable: it is a defect, which the viewer cannot mend.
        """
        self._log.event("app.broken", level="error", error=type(error).__name__, reason=str(error))
        if not isinstance(error, TvappError):
            raise Unrecoverable("the app could not be put together") from error
        self._broken = "fatal"
        self.session.drop_map()
        self._show_errors([error])

    def _show_errors(self, errors: Sequence[TvappError]) -> None:
        self.stack.show(ErrorScreen(self.settings, self.stack, self.actions, errors))

    def _close(self, reason: str) -> None:
        """Stop because the viewer wants to, if the configuration lets viewers close the app."""
        if self.settings.is_closable:
            self.stop(reason)
        else:
            self._log.event("app.close_refused", reason=reason)

    # -- the screen -----------------------------------------------------------------------------------------------

    def _handle_inputs(self, inputs: Sequence[Input], now: float) -> None:
        if inputs and self.session.sign_in is not None:
            self.session.sign_in.person_present()
        for input_ in inputs:
            if self.visibility.passes(input_, now):
                self.stack.handle(input_, now)

    def _switch_tv(self, power: Power) -> None:
        """Switch the TV itself over HDMI-CEC, where there is an adapter."""
        if self._tv is None:
            from tvapp.host.cec import TvPower

            self._tv = TvPower(self._jobs, self._log)
        self._tv.want(power)

    def _is_busy(self) -> bool:
        """Tell whether a viewer who presses no key watches the screen: a code, or a tour."""
        base = self.stack.base
        return self.session.is_prompting or (isinstance(base, MapScreen) and base.is_touring)

    def _resized(self, width: int, height: int, now: float) -> None:
        scale = self._display.canvas.scale
        self.stack.receive(ScreenResized(width, height, scale), now)
        if self.session.map is not None:
            self.session.map.rescale(width, height, scale)
        self._dirty = True

    def _screen_changed(self, name: str) -> None:
        self._log.event("screen.changed", panel=name)
        self.attached.screen_changed(name)
        if name == "layers" and self.session.map is not None:
            self.session.map.load_previews()
