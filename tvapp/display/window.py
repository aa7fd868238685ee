"""The window: opens it, waits for events, presents frames, and opens it again after it was lost."""

from __future__ import annotations

import contextlib
import io
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tvapp.core.clock import Clock, SystemClock
from tvapp.core.errors import DisplayError
from tvapp.display.console_screen import ConsoleScreen
from tvapp.display.driver import (
    HEADLESS_DRIVERS,
    SDL_HINTS,
    RendererChoice,
    choose_renderer,
    expected_driver,
    has_gpu,
)
from tvapp.display.events import (
    CloseRequested,
    DisplayLost,
    DisplayRestored,
    Exposed,
    FocusLost,
    Hidden,
    Resized,
    ResourcesLost,
)
from tvapp.display.fonts import Fonts
from tvapp.display.full_screen import FullScreen
from tvapp.display.hardware import unreadable_inputs
from tvapp.display.key_source import KeySource
from tvapp.display.outage import Outage, begin_outage
from tvapp.display.pygame_canvas import PygameCanvas
from tvapp.display.renderer_proof import is_dark
from tvapp.display.sdl import SDL_ERRORS, pygame
from tvapp.display.sleeper import (
    IDLE_AFTER_S,
    LONGEST_S,
    POLL_EVERY_IDLE_S,
    POLL_EVERY_S,
    SETTLE_S,
    Sleeper,
    open_sockets,
    shortest,
    x_socket,
)
from tvapp.display.window_creation import DisplaySpec, NoKeys, new_renderer, new_window
from tvapp.display.x_server import on_x_server_gone

DISPLAY_EVENT = 0x150
"""SDL_DISPLAYEVENT, for which pygame has no name: a screen was connected, disconnected or rotated."""


class Display:
    """A window with its renderer and canvas, made by `Display.open`. Only `wake` and `feed` work on any thread."""

    def __init__(self, spec: DisplaySpec, keys: KeySource | None, clock: Clock, choice: RendererChoice) -> None:
        self._spec = spec
        self._keys = keys
        self._clock = clock
        self._choice = choice
        self._fonts = Fonts()
        self._full_screen = FullScreen(is_wanted=spec.fullscreen)
        self._injected: deque[object] = deque()
        self._sleeper = Sleeper()
        self._last_event = 0.0
        self._open = False
        self._outage: Outage | None = None
        self._previous_outage: Outage | None = None
        self._restored_at = 0.0
        self._is_closing = False
        self._pending: list[object] = []
        self.console: ConsoleScreen | None = None
        self.reason = choice.reason
        self.on_server_gone: Callable[[], None] = lambda: None
        """Called when the X server is gone; the process ends afterwards, unless this starts the program anew."""
        self._build()

    @classmethod
    def open(cls, spec: DisplaySpec, keys: KeySource | None = None, clock: Clock | None = None) -> Display:
        """Open a window.

        Raises:
            DisplayError: there is no screen, or SDL cannot draw on it.
            NoKeys: without a desktop, no input device can be read.
        """
        if expected_driver(os.environ) == "kmsdrm" and (reason := unreadable_inputs(spec.devices)):
            raise NoKeys(reason)
        for name, value in SDL_HINTS.items():
            os.environ.setdefault(name, value)
        choice = choose_renderer(spec.renderer, os.environ, has_gpu())
        os.environ.update(choice.environment)
        return cls(spec, keys, clock or SystemClock(), choice)

    @property
    def canvas(self) -> PygameCanvas:
        """The canvas to draw on, a new one after `reopen`. While the display is lost it only measures."""
        return self._canvas

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in real pixels."""
        return self._canvas.size

    @property
    def is_headless(self) -> bool:
        """Tell whether there is no screen and no input (SDL's dummy driver)."""
        return self.driver in HEADLESS_DRIVERS

    def wait(self, timeout_s: float | None) -> list[object]:
        """Sleep until an event, `wake`, or the time-out (None: no end), and return what happened.

        The list holds KeyEvent, the events of `display.events` and those given to `feed`.

        Raises:
            BlackScreen: frames are presented, and nothing of them is on the screen.
        """
        until = None if timeout_s is None else self._clock.monotonic() + timeout_s
        while True:
            # Poll before sleeping: Xlib may have read events already, for which its socket is not readable.
            events = self._take_events()
            now = self._clock.monotonic()
            left = None if until is None else max(0.0, until - now)
            if events or left == 0:
                self._sleeper.sleep(0)
                return events + self._take_injected()
            if self._sleeper.sleep(shortest(left, self._poll_in(now))):
                return self._take_events() + self._take_injected()

    def wake(self) -> None:
        """End a `wait`; may be called from any thread, and often."""
        self._sleeper.wake()

    def feed(self, event: object) -> None:
        """Make `wait` return `event` as if it came from a device; may be called from any thread."""
        self._injected.append(event)
        self.wake()

    def open_gamepads(self) -> None:
        """Start to listen to gamepads, which takes too long before the first frame."""
        if self._keys is not None and self._open:
            self._keys.open_gamepads()

    def begin(self) -> None:
        """Start a frame: black, no clip.

        Raises:
            DisplayError: the display is lost; `wait` reports when it is back.
        """
        if not self._open:
            raise DisplayError("there is no display")
        self._canvas.begin()

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Context for drawing: an error of SDL within it loses the display.

        Raises:
            DisplayError: the display is gone.
        """
        try:
            yield
        except SDL_ERRORS as error:
            self.lose(f"drawing failed: {error}")
            raise DisplayError(str(error)) from error

    def present(self) -> None:
        """Show what was drawn.

        Raises:
            DisplayError: the display is lost; `wait` opens it again as soon as possible.
        """
        try:
            self._canvas.finish()
            if self.console is not None:
                self.console.presenting(self._renderer, self.size, self._clock.monotonic())
            self._renderer.present()
        except SDL_ERRORS as error:
            self.lose(f"presenting failed: {error}")
            raise DisplayError(str(error)) from error

    def screenshot(self) -> bytes:
        """Return what was drawn last as a PNG; with a GPU call it between drawing and `present`.

        Raises:
            DisplayError: it could not be read.
        """
        try:
            self._canvas.finish()
            surface = pygame.Surface(self.size, 0, 32)  # pygame never frees one that `to_surface` makes
            self._renderer.to_surface(surface)
            if self.console is not None and not is_dark(surface) and (wrong := self.console.why_black()):
                raise DisplayError(f"no picture of the screen: {wrong}, whatever is drawn")
            picture = io.BytesIO()
            pygame.image.save(surface, picture, "screen.png")
        except (*SDL_ERRORS, OSError) as error:
            raise DisplayError(f"no picture of the screen: {error}") from error
        return picture.getvalue()

    def present_fallback_text(self, lines: Sequence[str]) -> None:
        """Show lines of text without the canvas, which may be broken.

        Raises:
            DisplayError: the screen is gone, or SDL cannot draw on it.
        """
        from tvapp.display.fallback_text import draw_fallback_text

        if not self._open:
            raise DisplayError("closed")
        with contextlib.suppress(Exception):
            # Otherwise the canvas would clear the text with its next frame.
            self._canvas.finish()
        draw_fallback_text(self._renderer, self._real_size(), lines)
        self._renderer.present()

    def lose(self, reason: str) -> None:
        """Close the display; `wait` reports that, opens it again with back-off, and reports when it is open."""
        if not self._open:
            return
        now = self._clock.monotonic()
        self._outage = begin_outage(reason, now, self._previous_outage, self._restored_at)
        self._pending.append(DisplayLost(reason))
        self.close()

    def reopen(self) -> None:
        """Free textures, renderer and window, in this order, and build them again.

        Raises:
            DisplayError: it did not open; call it again later.
        """
        self.close()
        self._build()

    def close(self) -> None:
        """Free textures, renderer and window, in this order. Afterwards the canvas only measures, until `reopen`."""
        if not self._open:
            return
        self._open = False
        self._sleeper.listen_to_socket(None)
        self._canvas.release_renderer()
        del self._renderer
        self._window.destroy()
        del self._window
        pygame.display.quit()

    def _build(self) -> None:
        sockets = open_sockets()
        try:
            pygame.display.init()
            pygame.font.init()
            self.driver = pygame.display.get_driver().lower()  # SDL calls one of them KMSDRM
            if self.driver in HEADLESS_DRIVERS and self.driver != expected_driver(os.environ):
                # SDL falls back to a driver without a screen.
                raise pygame.error(f"no video driver but {self.driver}")
            pygame.mouse.set_visible(False)
            self._window = new_window(self._spec, self.driver)
            if self.driver == "kmsdrm":
                self.console = self.console or ConsoleScreen()
                self.console.opened()
            refused = self.console.refused if self.console is not None else ()
            self._renderer, self.renderer_name, failures = new_renderer(
                self._window, self._choice, self.driver, refused
            )
            self.reason = "; ".join((self._choice.reason, *failures))
        except (*SDL_ERRORS, DisplayError) as error:
            self.__dict__.pop("_renderer", None)
            if (window := self.__dict__.pop("_window", None)) is not None:
                window.destroy()
            pygame.display.quit()
            raise DisplayError(str(error)) from error
        if self.driver == "x11":
            on_x_server_gone(lambda: self.on_server_gone())
        # There is no text input: no key repeats by pygame, no input method that swallows keys, no wake-ups by a mouse.
        pygame.key.set_repeat()
        pygame.key.stop_text_input()
        pygame.event.set_blocked((pygame.MOUSEMOTION, pygame.TEXTINPUT, pygame.TEXTEDITING, pygame.MOUSEWHEEL))
        software = self.renderer_name == "software"
        self._canvas = PygameCanvas(self._renderer, self._real_size(), software=software, fonts=self._fonts)
        self._sleeper.listen_to_socket(x_socket(sockets) if self.driver == "x11" else None)
        if self.driver == "kmsdrm":
            self._sleeper.listen_to_inputs()
        self._full_screen.window_opened()
        self._open = True

    def _real_size(self) -> tuple[int, int]:
        width, height = self._window.size
        return int(width), int(height)

    def _take_events(self) -> list[object]:
        if not self._open:
            self._try_reopen()
        elif self.console is not None:
            self._poll_console(self.console)
        raw = pygame.event.get() if self._open else []
        if raw:
            self._sleeper.saw_events()
            self._last_event = self._clock.monotonic()
        # An event may lose the display; those after it are void then.
        events = [each for event in raw if self._open for each in self._translate(event, self._last_event)]
        has_desktop = self._open and not self.is_headless and self.console is None
        if has_desktop and (taken := self._full_screen.follow(self._window, raw, self._clock.monotonic())):
            self._pending.append(taken)
            if taken.needs_window:
                self._open_anew(f"the desktop took the full screen away: {taken.missing}")
        news, self._pending = self._pending, []
        return news + events

    def _take_injected(self) -> list[object]:
        return [self._injected.popleft() for _ in range(len(self._injected))]

    def _poll_in(self, now: float) -> float | None:
        if not self._open:
            return None if self._outage is None else max(0.0, self._next_try(self._outage) - now)
        quiet_for = now - self._last_event
        if self.driver in HEADLESS_DRIVERS:
            return None
        if not self._sleeper.hears_events or (self._keys is not None and self._keys.needs_polling):
            poll_s = POLL_EVERY_S if quiet_for < IDLE_AFTER_S else POLL_EVERY_IDLE_S
        else:
            poll_s = SETTLE_S if quiet_for < 2 * SETTLE_S else LONGEST_S
        if self.console is None:
            return min(poll_s, self._full_screen.due_in(now))
        return min(poll_s, max(0.0, self.console.next_poll() - now))

    def _translate(self, event: pygame.event.Event, now: float) -> list[object]:
        kind = event.type
        if kind in (pygame.WINDOWSIZECHANGED, pygame.WINDOWRESIZED):
            return self._resized()
        if kind in (pygame.WINDOWEXPOSED, pygame.WINDOWSHOWN, pygame.WINDOWRESTORED):
            return [Exposed()]
        if kind in (pygame.WINDOWHIDDEN, pygame.WINDOWMINIMIZED):
            return [Hidden()]
        if kind == pygame.WINDOWFOCUSLOST:
            return [FocusLost()]
        if kind == pygame.WINDOWCLOSE:
            self._is_closing = True
            return [CloseRequested()]
        if kind == pygame.QUIT:
            if self.driver == "wayland" and not self._is_closing:
                # SDL sends QUIT alone when the compositor is gone; closing the window sends WINDOWCLOSE before.
                self.on_server_gone()
            return [CloseRequested()]
        if kind in (pygame.WINDOWDISPLAYCHANGED, DISPLAY_EVENT):
            return self._fit_screen()
        if kind in (pygame.RENDER_TARGETS_RESET, pygame.RENDER_DEVICE_RESET):
            self._canvas.forget()
            return [ResourcesLost()]
        if self._keys is not None:
            return self._keys.translate(event, now)
        return []

    def _fit_screen(self) -> list[object]:
        """Open the window anew if no screen has its size any more: SDL does not resize it."""
        if self.is_headless or not self._spec.fullscreen:
            return []
        sizes = pygame.display.get_desktop_sizes()
        if sizes and self._real_size() not in sizes:
            self._open_anew("another resolution")
        return []

    def _open_anew(self, reason: str) -> None:
        self.lose(reason)
        self._try_reopen()

    def _try_reopen(self) -> None:
        outage, now = self._outage, self._clock.monotonic()
        if outage is None or now < self._next_try(outage) or (self.console and not self.console.may_open(now)):
            return
        size = self._canvas.size
        try:
            self._build()
        except DisplayError as error:
            outage.failed(self._clock.monotonic())
            if self.console is not None:
                self.console.give_up(error)
            return
        self._outage, self._previous_outage, self._restored_at = None, outage, now
        self._pending += [ResourcesLost(), DisplayRestored(now - outage.since)]
        if self._canvas.size != size:
            self._pending.append(Resized(*self._canvas.size))

    def _next_try(self, outage: Outage) -> float:
        return outage.retry_at if self.console is None else self.console.next_try(outage.retry_at)

    def _poll_console(self, console: ConsoleScreen) -> None:
        """Open the display anew for another screen, or with another renderer; without any screen it is lost."""
        if reason := console.poll(self.renderer_name, self._clock.monotonic()):
            self._open_anew(reason)

    def _resized(self) -> list[object]:
        size = self._real_size()
        if size == self._canvas.size:
            return []
        self._canvas.resize(size)
        return [Resized(*size)]
