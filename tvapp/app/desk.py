"""Carries out on the main thread what somebody at a desk asks for over the control socket, and tells what the app does.

The socket itself is served on the io thread (`host.control.server`), which only posts requests and sends answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tvapp.app.desk_status import status_of
from tvapp.core.errors import TvappError
from tvapp.core.surroundings import Surroundings
from tvapp.fences.model.fence import Geofence
from tvapp.geo.position import Position
from tvapp.host.control.commands import (
    Answer,
    ControlRequest,
    Message,
    Restart,
    Screenshot,
    Show,
    SignOut,
    Status,
    Wake,
    refusal,
)
from tvapp.host.event_log import LoggedEvent
from tvapp.mapview.viewport import MAX_ZOOM, MIN_ZOOM
from tvapp.ui.screens.map.screen import MapScreen
from tvapp.ui.screens.panels.message import NAME as MESSAGE
from tvapp.ui.screens.panels.message import MessageScreen

if TYPE_CHECKING:
    from tvapp.app.app import App

RESTART = "restart"
"""The reason to stop that has `commands.run` end with a status of its own, or start the program anew."""
WORKING_SCREENS = ("sketch", "edit", "draw", "kinds", "times", "conflict", "unlock")
"""Screens on which a viewer would lose work if the map went elsewhere."""
MOST_CHOICES = 20
MOST_LAT = 85.0
"""What Web Mercator can show."""

_PLACE = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)\s*(?:,\s*(\d+(?:\.\d+)?)\s*)?")


class Desk:
    """Belongs to the main thread. Implements Attachment."""

    def __init__(self, app: App, surroundings: Surroundings, troubles: Callable[[], Sequence[LoggedEvent]]) -> None:
        """`troubles` returns the last warnings and errors of the log."""
        self._app = app
        self._jobs = surroundings.jobs
        self._log = surroundings.log
        self._clock = surroundings.clock
        self._folder = surroundings.data.control
        self._since_start = surroundings.since_start
        self._troubles = troubles
        self._screen_since = self._clock.wall()
        self._frames = 0
        self._frame_at: float | None = None
        self._message: MessageScreen | None = None
        self._message_until = 0.0

    # -- Attachment -----------------------------------------------------------------------------------------------

    def begin(self, now: float) -> None:
        """Listen for a desk from now on."""
        self._jobs.run("control.start", self._listen)

    def receive(self, message: object, now: float) -> None:
        if not isinstance(message, ControlRequest) or not message.is_wanted():
            return
        match message.command:
            case Status():
                message.answer(self._status())
            case Screenshot():
                self._screenshot(message)
            case Show(view=view):
                message.answer(self._show(view, now))
            case Wake():
                message.answer(self._wake(now))
            case Message(text=text, for_s=for_s):
                message.answer(self._say(text, for_s, now))
            case SignOut():
                message.answer(self._sign_out())
            case Restart():
                message.answer(Answer())
                self._app.stop(RESTART)

    def screen_changed(self, name: str) -> None:
        self._screen_since = self._clock.wall()
        self._keep_message()

    def presented(self, now: float) -> None:
        self._frames += 1
        self._frame_at = self._clock.wall()

    def tick(self, now: float) -> None:
        """Nothing is due by itself: a message ends its own time."""

    def next_wakeup(self) -> float | None:
        return None

    def _listen(self) -> None:
        """Start the server, on a worker."""
        from tvapp.host.control.server import ControlServer

        server = ControlServer(self._folder, self._jobs.inbox.post, self._log)
        self._jobs.spawn("control", server.serve)

    # -- commands -------------------------------------------------------------------------------------------------

    def _status(self) -> Answer:
        frames = {"shown": self._frames, "last_at": self._frame_at}
        since_start = self._since_start()
        return Answer(
            status_of(self._app, self._clock.wall(), self._screen_since, frames, since_start, self._troubles())
        )

    def _screenshot(self, request: ControlRequest) -> None:
        if self._app.visibility.is_hidden:
            request.answer(refusal("no-display", "there is no display to take a picture of"))
            return
        if self._app.visibility.is_off:
            request.answer(refusal("off", "the screen is off on purpose and black; `tvapp ctl wake` wakes it"))
            return

        def take(picture: bytes | TvappError) -> None:
            if isinstance(picture, TvappError):
                request.answer(refusal("no-picture", str(picture)))
            else:
                request.answer(Answer(body=picture))

        self._app.screenshots.hand_over(take)
        self._app.request_frame()

    def _wake(self, now: float) -> Answer:
        visibility = self._app.visibility
        was = "off" if visibility.is_off else "awake"
        visibility.wake(now)
        return Answer({"was": was, "display": visibility.has_display})

    def _say(self, text: str, for_s: float, now: float) -> Answer:
        self._close_message()
        self._message_until = now + for_s
        stack = self._app.stack
        self._message = MessageScreen(
            stack,
            text,
            self._message_until,
            self._close_message,
            lambda: isinstance(stack.base, MapScreen),
            motion=self._app.settings.motion,
        )
        self._keep_message()
        visibility = self._app.visibility
        is_shown = visibility.is_seen and stack.contains(MESSAGE)
        return Answer({"shown": is_shown, "for_s": for_s, "text": text})

    def _keep_message(self) -> None:
        """Show the message on top of a screen that has replaced the former ones; not over the lock, which ends soon."""
        stack = self._app.stack
        if self._message is None or stack.contains(MESSAGE) or stack.contains("unlock"):
            return
        if self._clock.monotonic() < self._message_until:
            stack.push(self._message)
        else:
            self._message = None

    def _close_message(self) -> None:
        self._message = None
        self._app.stack.remove(MESSAGE)

    def _sign_out(self) -> Answer:
        session = self._app.session
        if session.sign_in is None:
            return refusal("no-account", "this TV needs no account: nobody can be signed out")
        was_signed_in = session.account is not None
        session.sign_out()
        return Answer({"was_signed_in": was_signed_in})

    # -- the map --------------------------------------------------------------------------------------------------

    def _show(self, view: str, now: float) -> Answer:
        screen = self._app.stack.base
        if not isinstance(screen, MapScreen):
            return refusal("no-map", "there is no map on the screen", screen=self._app.stack.top.name)
        if any(self._app.stack.contains(name) for name in WORKING_SCREENS):
            return refusal("in-use", "somebody is editing on the screen", screen=self._app.stack.top.name)
        place = _PLACE.fullmatch(view)
        if place is not None:
            return self._show_place(screen, place, now)
        if view.casefold() in ("home", "tour"):
            return self._show_named(screen, view.casefold(), now)
        found = find(view, screen.state.book.listed)
        if len(found) == 1:
            self._bare(screen, now)
            screen.state.select(found[0])
            screen.state.moves.fly_to(found[0], now)
            return Answer({"geofence": found[0].id, "name": found[0].name})
        if not found:
            return refusal("not-found", "no geofence has this id or name, and it is no place: LON,LAT or LON,LAT,ZOOM")
        choices = [{"id": each.id, "name": each.name} for each in found[:MOST_CHOICES]]
        return refusal("ambiguous", f"{len(found)} geofences match: give an id", choices=choices)

    def _show_place(self, screen: MapScreen, place: re.Match[str], now: float) -> Answer:
        lon, lat = float(place[1]), float(place[2])
        zoom = float(place[3]) if place[3] is not None else screen.state.viewport.zoom
        if not (abs(lon) <= 180 and abs(lat) <= MOST_LAT and MIN_ZOOM <= zoom <= MAX_ZOOM):
            allowed = f"-180 to 180, -{MOST_LAT:g} to {MOST_LAT:g}, {MIN_ZOOM:g} to {MAX_ZOOM:g}"
            return refusal("not-found", f"there is no such place on the map; longitude, latitude and zoom: {allowed}")
        self._bare(screen, now)
        screen.state.moves.go_to(Position(lon, lat), zoom, now)
        return Answer({"center": [lon, lat], "zoom": zoom})

    def _show_named(self, screen: MapScreen, view: str, now: float) -> Answer:
        if view == "home" and self._app.settings.home is None and not len(screen.state.book):
            return refusal("not-found", "neither is [view] home set nor are there geofences")
        if view == "tour" and not len(screen.state.book):
            return refusal("not-found", "there are no geofences to tour")
        self._bare(screen, now)
        if view == "home":
            screen.state.moves.go_home(now)
        else:
            screen.start_tour(now)
        return Answer({"view": view})

    def _bare(self, screen: MapScreen, now: float) -> None:
        """Leave what a viewer looks at, so that the map can be seen; a message from the desk stays."""
        screen.stop_tour()
        screen.release_all(now)
        screen.state.select(None)
        self._app.stack.pop_to_base()


def find(wanted: str, fences: Sequence[Geofence]) -> list[Geofence]:
    """Return the geofences of that id, else of that name, else those whose name contains it, whatever the case."""
    exact = [fence for fence in fences if fence.id == wanted]
    if exact:
        return exact
    wanted = wanted.casefold()
    named = [fence for fence in fences if fence.name.casefold() == wanted]
    return named or [fence for fence in fences if wanted in fence.name.casefold()]
