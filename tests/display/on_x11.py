"""A program for `test_on_x11`: opens a window, tells what happens as JSON lines, ends with the window."""

from __future__ import annotations

import json
import sys
import time

from tvapp.core.clock import SystemClock
from tvapp.display.events import CloseRequested, FullScreenTaken
from tvapp.display.window import Display
from tvapp.display.window_creation import DisplaySpec
from tvapp.remote.keys import KeyEvent
from tvapp.remote.pygame_source import PygameKeys
from tvapp.ui.canvas import Color, Rect


def say(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def main() -> None:
    display = Display.open(DisplaySpec(fullscreen=True), PygameKeys())
    display.begin()
    display.canvas.fill(Rect(0, 0, 1920, 1080), Color(10, 200, 30))
    display.present()
    display.open_gamepads()
    say(event="ready", driver=display.driver, renderer=display.renderer_name, size=display.size, reason=display.reason)
    while True:
        for event in display.wait(None):
            if isinstance(event, KeyEvent):
                say(event="key", key=event.key, pressed=event.pressed, late=SystemClock().monotonic() - event.at)
                if event.key == "c" and event.pressed:
                    say(event="cpu", seconds=time.process_time())
                if event.key == "q" and event.pressed:
                    display.close()
                    return
            elif isinstance(event, FullScreenTaken):
                say(event="taken", missing=event.missing)
            elif isinstance(event, CloseRequested):
                return


if __name__ == "__main__":
    main()
