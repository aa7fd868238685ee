"""Turns SDL's events of keyboards and gamepads into key events.

Import `tvapp.display.window` first: it imports pygame without its slow parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import pygame

from tvapp.remote.keys import KeyEvent

KEYBOARD = "keyboard"
# SDL_GameControllerButton, in order.
BUTTONS = (
    *("a", "b", "x", "y", "back", "guide", "start", "leftstick", "rightstick", "leftshoulder", "rightshoulder"),
    *("dpad-up", "dpad-down", "dpad-left", "dpad-right"),
)
AXIS_X, AXIS_Y, AXIS_LEFT_TRIGGER, AXIS_RIGHT_TRIGGER = 0, 1, 4, 5
PRESS_AT = 0.6
RELEASE_AT = 0.4
"""Lower than PRESS_AT (hysteresis), or a trembling thumb would press again and again."""
FULL = 32767


@dataclass(slots=True)
class AxisKeys:
    """Turns an axis (-1 to 1) into the presses of a key at either end. Pure.

    >>> axis = AxisKeys("left", "right")
    >>> axis.move(0.9), axis.move(0.5), axis.move(-1.0)
    ([('right', True)], [], [('right', False), ('left', True)])
    """

    low: str = ""
    high: str = ""
    pressed: str = ""

    def move(self, value: float) -> list[tuple[str, bool]]:
        """Return the keys that go down or up when the axis moves to `value`."""
        end = self.high if value > 0 else self.low
        wanted = self.pressed
        if abs(value) >= PRESS_AT:
            wanted = end
        elif abs(value) < RELEASE_AT or (self.pressed and self.pressed != end):
            wanted = ""
        if wanted == self.pressed:
            return []
        changes = [(self.pressed, False)] if self.pressed else []
        if wanted:
            changes.append((wanted, True))
        self.pressed = wanted
        return changes


def _axes() -> dict[int, AxisKeys]:
    return {
        AXIS_X: AxisKeys("pad:stick-left", "pad:stick-right"),
        AXIS_Y: AxisKeys("pad:stick-up", "pad:stick-down"),
        AXIS_LEFT_TRIGGER: AxisKeys(high="pad:lefttrigger"),
        AXIS_RIGHT_TRIGGER: AxisKeys(high="pad:righttrigger"),
    }


class Gamepads(Protocol):
    """The part of SDL that opens gamepads. A gamepad delivers events as long as its handle lives."""

    def start(self) -> int:
        """Begin to look for gamepads; returns how many are connected."""
        ...

    def open(self, index: int) -> tuple[int, object]:
        """Return the instance id and the handle of the gamepad at a device index.

        Raises:
            pygame.error: it was unplugged again in the meantime.
        """
        ...

    def open_layout(self, index: int) -> object | None:
        """Return the handle that delivers the gamepad's events by SDL's layout of it; None where SDL has none."""
        ...


class SdlGamepads:
    """Implements `Gamepads`."""

    def start(self) -> int:
        """See Gamepads."""
        from pygame._sdl2 import controller

        pygame.joystick.init()
        controller.init()
        return pygame.joystick.get_count()

    def open(self, index: int) -> tuple[int, object]:
        """See Gamepads."""
        joystick = pygame.joystick.Joystick(index)
        return joystick.get_instance_id(), joystick

    def open_layout(self, index: int) -> object | None:
        """See Gamepads."""
        from pygame._sdl2 import controller

        return controller.Controller(index) if controller.is_controller(index) else None


@dataclass(slots=True)
class _Pad:
    """An open gamepad and the keys held on it."""

    handles: tuple[object, object]
    has_layout: bool
    axes: dict[int, AxisKeys] = field(default_factory=_axes)
    hat: frozenset[str] = frozenset()
    down: set[str] = field(default_factory=set)


class PygameKeys:
    """Implements `display.window.KeySource`."""

    def __init__(self, gamepads: Gamepads | None = None) -> None:
        self._gamepads = gamepads or SdlGamepads()
        self._pads: dict[int, _Pad] = {}
        self._gamepads_open = False

    @property
    def needs_polling(self) -> bool:
        """Tell whether a gamepad is open."""
        return bool(self._pads)

    def open_gamepads(self) -> None:
        """Open the gamepads that are connected, and from now on those that appear."""
        if self._gamepads_open:
            return
        count = self._gamepads.start()
        self._gamepads_open = True
        for index in range(count):
            self._add(index)

    def translate(self, event: pygame.event.Event, now: float) -> list[object]:
        """Return the key events for an event of pygame."""
        kind = event.type
        if kind in (pygame.KEYDOWN, pygame.KEYUP):
            name = pygame.key.name(event.key, use_compat=False).lower() or f"scancode:{event.scancode}"
            return [KeyEvent(name, kind == pygame.KEYDOWN, now, KEYBOARD)]
        if not self._gamepads_open:
            return []
        if kind == pygame.JOYDEVICEADDED:
            self._add(event.device_index)
            return []
        if kind == pygame.JOYDEVICEREMOVED:
            return self._remove(event.instance_id, now)
        if event.dict.get("instance_id") not in self._pads:
            return []
        pad = self._pads[event.instance_id]
        changes = self._with_layout(pad, event) if pad.has_layout else self._without_layout(pad, event)
        return self._events(event.instance_id, pad, changes, now)

    def _with_layout(self, pad: _Pad, event: pygame.event.Event) -> list[tuple[str, bool]]:
        if event.type in (pygame.CONTROLLERBUTTONDOWN, pygame.CONTROLLERBUTTONUP):
            if event.button < len(BUTTONS):
                return [(f"pad:{BUTTONS[event.button]}", event.type == pygame.CONTROLLERBUTTONDOWN)]
        elif event.type == pygame.CONTROLLERAXISMOTION and event.axis in pad.axes:
            value = event.value / FULL if isinstance(event.value, int) else event.value
            return pad.axes[event.axis].move(value)
        return []

    def _without_layout(self, pad: _Pad, event: pygame.event.Event) -> list[tuple[str, bool]]:
        if event.type in (pygame.JOYBUTTONDOWN, pygame.JOYBUTTONUP):
            return [(f"pad:button-{event.button}", event.type == pygame.JOYBUTTONDOWN)]
        if event.type == pygame.JOYAXISMOTION and event.axis in (AXIS_X, AXIS_Y):
            return pad.axes[event.axis].move(event.value)
        if event.type == pygame.JOYHATMOTION:
            before, pad.hat = pad.hat, _hat_keys(*event.value)
            return [*((key, False) for key in before - pad.hat), *((key, True) for key in pad.hat - before)]
        return []

    def _events(self, number: int, pad: _Pad, changes: list[tuple[str, bool]], now: float) -> list[object]:
        events: list[object] = []
        for key, pressed in changes:
            if (key in pad.down) != pressed:
                (pad.down.add if pressed else pad.down.discard)(key)
                events.append(KeyEvent(key, pressed, now, f"pad:{number}"))
        return events

    def _add(self, index: int) -> None:
        try:
            number, joystick = self._gamepads.open(index)
            if number in self._pads:
                return
            layout = self._gamepads.open_layout(index)
        except pygame.error:
            return  # it was unplugged again in the meantime
        self._pads[number] = _Pad((joystick, layout), has_layout=layout is not None)

    def _remove(self, number: int, now: float) -> list[object]:
        pad = self._pads.pop(number, None)
        if pad is None:
            return []
        return [KeyEvent(key, False, now, f"pad:{number}") for key in sorted(pad.down)]


def _hat_keys(x: int, y: int) -> frozenset[str]:
    keys = set()
    if x:
        keys.add("pad:dpad-right" if x > 0 else "pad:dpad-left")
    if y:
        keys.add("pad:dpad-up" if y > 0 else "pad:dpad-down")
    return frozenset(keys)
