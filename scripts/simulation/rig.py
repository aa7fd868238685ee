"""Runs the app in simulated time, with a remote, a cloud and a network cable to act on it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from scripts.simulation.clock import SimulatedClock
from scripts.simulation.cloud_time import CloudTime
from scripts.simulation.display import SimulatedDisplay
from scripts.simulation.jobs import WatchedInbox, WatchedJobs
from scripts.simulation.libraries import in_simulated_time
from scripts.simulation.outlet import Outlet
from tests.cloud import LocalCloud
from tvapp.app.app import App
from tvapp.app.loop import Loop
from tvapp.commands.demo import demo_environment
from tvapp.config.load import load
from tvapp.core.data_folder import DataFolder
from tvapp.core.disk import DiskHealth
from tvapp.core.log import RecordingLog
from tvapp.core.surroundings import Surroundings
from tvapp.display.window_creation import DisplaySpec
from tvapp.remote.keymap import keymap
from tvapp.remote.keys import KeyEvent
from tvapp.remote.pygame_source import PygameKeys

SMALL = (640, 360)
STEP_WITHIN_S = 120.0
"""Simulated seconds to wait for an event where no time is given."""
PRESS_S = 0.06
KEYS = {"ok": "return", "back": "escape", "menu": "menu", "zoom-in": "+", "zoom-out": "-", "play": "audioplay"}
"""Names of keys beside SDL's."""

Fields = Mapping[str, object]


class Simulation:
    """A running app, its remote, its cloud and its time. Everything belongs to the calling thread."""

    def __init__(
        self,
        app: App,
        loop: Loop,
        *,
        clock: SimulatedClock,
        cloud: LocalCloud,
        display: SimulatedDisplay,
        inbox: WatchedInbox,
        jobs: WatchedJobs,
        outlet: Outlet,
        events: RecordingLog,
        data_dir: Path,
    ) -> None:
        self.app = app
        self.clock = clock
        self.cloud = cloud
        self.display = display
        self.inbox = inbox
        self.jobs = jobs
        self.events = events
        self.data_dir = data_dir
        self._loop = loop
        self._outlet = outlet
        self._mark = 0
        self._panel = ""

    @property
    def port(self) -> int:
        """Where the app reaches its cloud."""
        return self._outlet.port

    # -- time -----------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Monotonic simulated seconds."""
        return self.clock.monotonic()

    def turn(self, horizon: float) -> None:
        """Run one turn of the frame loop, which waits until `horizon` (monotonic) at most."""
        self.display.horizon = horizon
        self._loop.turn()

    def run_for(self, seconds: float) -> None:
        """Let simulated time pass."""
        self._run_to(self.now + seconds)

    def run_until(
        self,
        what: str | Callable[[], object],
        within_s: float = STEP_WITHIN_S,
        test: Callable[[Fields], bool] = lambda _fields: True,
    ) -> Fields:
        """Run until a condition is true, or until an event is logged that passes the test; returns its fields.

        Events count from the last key, approval or trouble on, or from the event that was waited for last.

        Raises:
            AssertionError: it did not come within that many simulated seconds.
        """
        until = self.now + within_s
        while True:
            if isinstance(what, str):
                if (fields := self._logged(what, test)) is not None:
                    return fields
            elif what():
                return {}
            if self.now >= until:
                raise AssertionError(f"{what} did not come within {within_s:g} s; {self._story()}")
            self.turn(until)

    def run_in_real_time(self, what: str | Callable[[], object], within_s: float = 20.0) -> Fields:
        """The same without jumps, for events from outside the app that take real time."""
        self.display.may_jump = False
        try:
            return self.run_until(what, within_s)
        finally:
            self.display.may_jump = True

    def settle(self, *, missing: bool = False, within_s: float = STEP_WITHIN_S) -> Fields:
        """Run until the map has come to rest, complete or (`missing`) with gaps."""
        return self.run_until("map.settled", within_s, lambda fields: bool(fields["missing"]) == missing)

    # -- the viewer -----------------------------------------------------------------------------------------------

    def press(self, *keys: str, held_s: float = PRESS_S) -> None:
        """Press keys of the remote one after another; each is held for a while."""
        for key in keys:
            self.mark()
            name = KEYS.get(key, key)
            self.display.feed(KeyEvent(name, True, self.now, "remote"))
            self.run_for(held_s)
            self.display.feed(KeyEvent(name, False, self.now, "remote"))
            self.run_for(PRESS_S)

    def approve(self, person: str = "aino") -> None:
        """Approve the code on the screen, or the next one, as a person; returns when the app has the account."""
        if not self.cloud.pending():
            self.run_until("signin.prompted")
        self.mark()
        self.cloud.approve(self.cloud.pending()[-1]["user_code"], person)
        self.run_until("signin.succeeded")

    def text_on_screen(self) -> tuple[str, ...]:
        """Return every text of the last frame, icons left out, in the order of drawing."""
        return tuple(self.display.texts)

    def shows(self, part: str) -> bool:
        """Tell whether a text with this part is on the screen; long ones may be wrapped over several lines."""
        return part in " ".join(self.display.texts)

    # -- the world ------------------------------------------------------------------------------------------------

    def cut_network(self) -> None:
        """Pull the cable: connections break, new ones are refused."""
        self.mark()
        self._outlet.pull()

    def restore_network(self) -> None:
        """Plug the cable in again; nothing tells the app."""
        self.mark()
        self._outlet.plug()

    def fault(self, endpoint: str, **fault: object) -> None:
        """Put a fault of the local cloud in force (see `tests.cloud`)."""
        self.mark()
        self.cloud.fault(endpoint, **fault)

    def resize(self, width: int, height: int) -> None:
        """Change the screen's resolution."""
        self.mark()
        self.display.resize(width, height)
        self.display.wake()

    # -- what happened --------------------------------------------------------------------------------------------

    def mark(self) -> None:
        """Wait only for events that come from now on."""
        self._mark = len(self.events.events)

    @property
    def panel(self) -> str:
        """The upmost screen or panel, according to the log."""
        for name, fields in reversed(self.events.events):
            if name == "screen.changed":
                return str(fields["panel"])
        return self._panel

    def forget_events(self) -> None:
        """Drop the log so far: in a long run it would grow without end."""
        self._panel = self.panel
        self.events.events.clear()
        self._mark = 0

    def defects(self) -> list[tuple[str, Fields]]:
        """Return the events that only a defect writes."""
        return [(name, fields) for name, fields in self.events.events if name in DEFECTS]

    def _run_to(self, until: float) -> None:
        while self.now < until:
            self.turn(until)

    def _logged(self, name: str, test: Callable[[Fields], bool]) -> Fields | None:
        for index in range(self._mark, len(self.events.events)):
            event, fields = self.events.events[index]
            if event == name and test(fields):
                self._mark = index + 1
                return fields
        return None

    def _story(self) -> str:
        return f"last events {self.events.events[-12:]}, on the screen {self.text_on_screen()}"


DEFECTS = ("job.failed", "frame.failed", "app.broken")


@contextlib.contextmanager
def simulated(
    cloud: LocalCloud,
    folder: Path,
    settings: Mapping[str, str] | None = None,
    *,
    size: tuple[int, int] = SMALL,
    after: Simulation | None = None,
) -> Iterator[Simulation]:
    """Run the app while the context lasts. Its network is a cable to `cloud`, its files are in `folder`/data.

    `settings` are TVAPP_ environment variables on top of those of the demo. `after` names a simulation that has ended
    in the same folder: this one is the restart, in the same time.
    """
    clock = after.clock if after is not None else SimulatedClock()
    data_dir = folder / "data"
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        outlet = stack.enter_context(
            Outlet(urlsplit(cloud.endpoint).port or 443, after.port if after is not None else 0)
        )
        cloud_time = CloudTime(cloud)
        stack.callback(cloud_time.close)
        cloud_time.tell(clock.passed_s)
        stack.enter_context(in_simulated_time(clock))
        config = load(None, _environment(cloud, outlet.port, settings or {}))
        events = RecordingLog()
        display = SimulatedDisplay.open(DisplaySpec(size, renderer="software"), PygameKeys(), clock)
        assert isinstance(display, SimulatedDisplay)
        stack.callback(display.close)
        inbox = WatchedInbox(display.wake)
        jobs = WatchedJobs(inbox, events, clock)
        started = clock.monotonic()
        surroundings = Surroundings(
            jobs,
            clock,
            events,
            DiskHealth(events),
            random.random,
            DataFolder(data_dir),
            since_start=lambda: clock.monotonic() - started,
        )
        app = App(config, None, surroundings, display=display, keymap=keymap(config.remote.keys))

        def jumped() -> None:
            cloud_time.follow(clock.passed_s)
            if jobs.loop is not None:
                jobs.loop.look_at_timers()

        display.connect(inbox, jobs.quiet_until, jumped)
        stack.callback(_end, app, jobs, inbox)
        yield Simulation(
            app,
            Loop(display, app, jobs, clock, events),
            clock=clock,
            cloud=cloud,
            display=display,
            inbox=inbox,
            jobs=jobs,
            outlet=outlet,
            events=events,
            data_dir=data_dir,
        )


def _environment(cloud: LocalCloud, port: int, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of an app that reaches the cloud through the cable."""
    endpoint = f"https://localhost:{port}"
    ready = {key: str(value) for key, value in cloud.ready.items()}
    ready |= {"endpoint": endpoint, "authority": cloud.authority.replace(cloud.endpoint, endpoint)}
    base = {name: value for name, value in os.environ.items() if not name.startswith("TVAPP_")}
    return {**demo_environment(ready, base), **settings}


def _end(app: App, jobs: WatchedJobs, inbox: WatchedInbox) -> None:
    """End the app, and close what it leaves open until the end of its process."""
    app.close()
    jobs.end_threads()
    if inbox.backend is not None:
        asyncio.run_coroutine_threadsafe(inbox.backend.http.aclose(), jobs.io_loop()).result(10)
    jobs.stop()
