"""The window: opening, events, sleeping until something happens, showing what was drawn."""

from __future__ import annotations

import contextlib
import io
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tvapp.core.clock import Clock, SystemClock
from tvapp.core.errors import DisplayError
from tvapp.display.driver import (
    ALWAYS_SET,
    SILENT_DRIVERS,
    RendererChoice,
    RendererWish,
    choose_renderer,
    has_gpu,
)
from tvapp.display.glyphs import Fonts
from tvapp.display.pygame_canvas import PygameCanvas
from tvapp.display.sdl import Renderer, Window, pygame, video
from tvapp.display.sleeper import (
    IDLE_AFTER_S,
    LONGEST_S,
    LOOK_EVERY_IDLE_S,
    LOOK_EVERY_S,
    SETTLE_S,
    Sleeper,
    open_sockets,
    x_socket,
)

SMALLEST = (320, 180)


@dataclass(frozen=True, slots=True)
class DisplaySpec:
    """What window to open. `size` None: the whole screen, or 1280x720 in a window."""

    size: tuple[int, int] | None = None
    fullscreen: bool = True
    title: str = "tvapp"
    renderer: RendererWish = "auto"


@dataclass(frozen=True, slots=True)
class Resized:
    """The window has another size now, in real pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Exposed:
    """The picture has to be drawn again."""


@dataclass(frozen=True, slots=True)
class FocusLost:
    """Keys go elsewhere from now on: none of ours is held any more."""


@dataclass(frozen=True, slots=True)
class CloseRequested:
    """Somebody closed the window."""


@dataclass(frozen=True, slots=True)
class ResourcesLost:
    """Every texture is gone; upload the pictures again."""


class KeySource(Protocol):
    """Turns pygame's events into key events; see `remote.pygame_source`."""

    def translate(self, event: pygame.event.Event, now: float) -> list[object]:
        """Return what an event means; nothing for one that is not about keys."""
        ...

    def open_gamepads(self) -> None:
        """Start to listen to gamepads, those that are plugged in later too."""
        ...

    @property
    def needs_looking(self) -> bool:
        """Tell whether a gamepad is open, for which SDL would look every millisecond."""
        ...


class Display:
    """A window with its renderer and canvas. Made by `Display.open`; all but `wake` and `feed` on the main thread."""

    def __init__(self, spec: DisplaySpec, keys: KeySource | None, clock: Clock, choice: RendererChoice) -> None:
        self._spec = spec
        self._keys = keys
        self._clock = clock
        self._choice = choice
        self._fonts = Fonts()
        self._fed: deque[object] = deque()
        self._sleeper = Sleeper()
        self._last_event = 0.0
        self._open = False
        self.reason = choice.reason
        self._build()

    @classmethod
    def open(cls, spec: DisplaySpec, keys: KeySource | None = None, clock: Clock | None = None) -> Display:
        """Open a window.

        Raises:
            DisplayError: there is no screen, or SDL cannot draw on it.
        """
        for name, value in ALWAYS_SET.items():
            os.environ.setdefault(name, value)
        choice = choose_renderer(spec.renderer, os.environ, has_gpu())
        os.environ.update(choice.environment)
        return cls(spec, keys, clock or SystemClock(), choice)

    @property
    def canvas(self) -> PygameCanvas:
        """What to draw on; another one after `reopen`."""
        return self._canvas

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in real pixels."""
        return self._canvas.size

    @property
    def is_silent(self) -> bool:
        """Tell whether nobody can see it or press its keys (SDL's dummy driver)."""
        return self.driver in SILENT_DRIVERS

    def wait(self, timeout_s: float | None) -> list[object]:
        """Sleep until an event, `wake`, or the time-out (None: no end), and return what happened.

        The list holds KeyEvent, Resized, Exposed, FocusLost, CloseRequested, ResourcesLost and what `feed` was given.
        """
        until = None if timeout_s is None else self._clock.monotonic() + timeout_s
        while True:
            # Looking comes first: Xlib may hold events that its socket does not show any more.
            events = self._take_events()
            now = self._clock.monotonic()
            left = None if until is None else max(0.0, until - now)
            if events or left == 0:
                self._sleeper.sleep(0)
                return events + self._take_fed()
            if self._sleeper.sleep(_shortest(left, self._look_again_in(now))):
                return self._take_events() + self._take_fed()

    def wake(self) -> None:
        """End a `wait`; may be called from any thread, and often."""
        self._sleeper.wake()

    def feed(self, event: object) -> None:
        """Make `wait` return `event` as if a device had sent it; may be called from any thread."""
        self._fed.append(event)
        self.wake()

    def open_gamepads(self) -> None:
        """Start to listen to gamepads; left out at first because it takes time that the first frame has not."""
        if self._keys is not None and self._open:
            self._keys.open_gamepads()

    def begin(self) -> None:
        """Start a frame: black, no clip."""
        self._canvas.begin()

    def present(self) -> None:
        """Show what was drawn.

        Raises:
            DisplayError: the screen is gone; `reopen` may bring it back.
        """
        try:
            self._canvas.finish()
            self._renderer.present()
        except pygame.error as error:
            raise DisplayError(str(error)) from error

    def screenshot(self) -> bytes:
        """Return what was drawn last as a PNG; with a GPU call it between drawing and `present`.

        Raises:
            DisplayError: it could not be read.
        """
        try:
            self._canvas.finish()
            surface = self._renderer.to_surface()
            picture = io.BytesIO()
            pygame.image.save(surface, picture, "screen.png")
        except (pygame.error, OSError) as error:
            raise DisplayError(f"no picture of the screen: {error}") from error
        return picture.getvalue()

    def present_plain(self, lines: Sequence[str]) -> None:
        """Show lines of text without the canvas, which may be what is broken.

        Raises:
            DisplayError: the screen is gone, or SDL cannot draw on it.
        """
        from tvapp.display.plain import draw_plain

        if not self._open:
            raise DisplayError("closed")
        with contextlib.suppress(Exception):
            # What the canvas has still to do would be done over the text.
            self._canvas.finish()
        draw_plain(self._renderer, self._real_size(), lines)
        self._renderer.present()

    def set_fullscreen(self, fullscreen: bool) -> None:
        """Change between the whole screen and a window."""
        if fullscreen:
            self._window.set_fullscreen(True)
        else:
            self._window.set_windowed()
        self._canvas.resize(self._real_size())

    def reopen(self) -> None:
        """Free textures, renderer and window, in this order, and build them again.

        Raises:
            DisplayError: it did not work; call it again later.
        """
        self.close()
        self._build()

    def close(self) -> None:
        """Free everything. Afterwards only `reopen` may be called."""
        if not self._open:
            return
        self._open = False
        self._sleeper.fd = None
        self._canvas.forget()
        del self._canvas
        del self._renderer
        self._window.destroy()
        del self._window
        pygame.display.quit()

    def _build(self) -> None:
        sockets = open_sockets()
        try:
            pygame.display.init()
            pygame.font.init()
            self.driver = pygame.display.get_driver()
            pygame.mouse.set_visible(False)
            self._window = self._new_window()
            self._renderer, self.renderer_name = self._new_renderer()
        except pygame.error as error:
            pygame.display.quit()
            raise DisplayError(str(error)) from error
        # Nobody types here: no repeats by pygame, no input method that swallows keys, no wake-ups by a mouse.
        pygame.key.set_repeat()
        pygame.key.stop_text_input()
        pygame.event.set_blocked((pygame.MOUSEMOTION, pygame.TEXTINPUT, pygame.TEXTEDITING, pygame.MOUSEWHEEL))
        software = self.renderer_name == "software"
        self._canvas = PygameCanvas(self._renderer, self._real_size(), software=software, fonts=self._fonts)
        self._sleeper.fd = x_socket(sockets) if self.driver == "x11" else None
        self._open = True

    def _new_window(self) -> Window:
        spec = self._spec
        if spec.fullscreen and self.driver not in SILENT_DRIVERS:
            return Window(spec.title, size=self._desktop(), fullscreen_desktop=True)
        size = spec.size or (self._desktop() if self.driver in SILENT_DRIVERS else (1280, 720))
        width, height = max(SMALLEST[0], size[0]), max(SMALLEST[1], size[1])
        return Window(spec.title, size=(width, height), resizable=True)

    def _desktop(self) -> tuple[int, int]:
        if self.driver in SILENT_DRIVERS:
            return (1920, 1080)
        sizes = pygame.display.get_desktop_sizes()
        return sizes[0] if sizes else (1920, 1080)

    def _new_renderer(self) -> tuple[Renderer, str]:
        names = [info.name for info in video.get_drivers()]
        wanted = [name for name in names if name != "software"] if self._choice.accelerated else []
        forced = os.environ.get("SDL_RENDER_DRIVER")
        if forced in names:
            wanted = [forced]
        failures = []
        for name in (*wanted, "software"):
            try:
                return Renderer(self._window, index=names.index(name)), name
            except (pygame.error, ValueError) as error:
                failures.append(f"{name}: {error}")
                self.reason = f"{self._choice.reason}; {'; '.join(failures)}"
        raise DisplayError("; ".join(failures))

    def _real_size(self) -> tuple[int, int]:
        width, height = self._window.size
        return int(width), int(height)

    def _take_events(self) -> list[object]:
        raw = pygame.event.get()
        if not raw:
            return []
        self._sleeper.saw_events()
        self._last_event = now = self._clock.monotonic()
        return [meaning for event in raw for meaning in self._translate(event, now)]

    def _take_fed(self) -> list[object]:
        return [self._fed.popleft() for _ in range(len(self._fed))]

    def _look_again_in(self, now: float) -> float | None:
        quiet_for = now - self._last_event
        if self.driver in SILENT_DRIVERS:
            return None
        if self._sleeper.fd is None or (self._keys is not None and self._keys.needs_looking):
            return LOOK_EVERY_S if quiet_for < IDLE_AFTER_S else LOOK_EVERY_IDLE_S
        return SETTLE_S if quiet_for < 2 * SETTLE_S else LONGEST_S

    def _translate(self, event: pygame.event.Event, now: float) -> list[object]:
        kind = event.type
        if kind in (pygame.WINDOWSIZECHANGED, pygame.WINDOWRESIZED):
            return self._resized()
        if kind in (pygame.WINDOWEXPOSED, pygame.WINDOWSHOWN, pygame.WINDOWRESTORED):
            return [Exposed()]
        if kind == pygame.WINDOWFOCUSLOST:
            return [FocusLost()]
        if kind in (pygame.QUIT, pygame.WINDOWCLOSE):
            return [CloseRequested()]
        if kind in (pygame.RENDER_TARGETS_RESET, pygame.RENDER_DEVICE_RESET):
            self._canvas.forget()
            return [ResourcesLost()]
        if self._keys is not None:
            return self._keys.translate(event, now)
        return []

    def _resized(self) -> list[object]:
        size = self._real_size()
        if size == self._canvas.size:
            return []
        self._canvas.resize(size)
        return [Resized(*size)]


def _shortest(first: float | None, second: float | None) -> float | None:
    if first is None or second is None:
        return second if first is None else first
    return min(first, second)
