"""Keyboards and gamepads through SDL."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.display.sdl import pygame
from tvapp.remote.keymap import keymap
from tvapp.remote.keys import KeyEvent
from tvapp.remote.pygame_source import AxisKeys, PygameKeys, SdlGamepads


class FakeGamepads:
    """Gamepads by device index: the instance id of each, and whether it has a layout."""

    def __init__(self, *connected: tuple[int, bool]) -> None:
        self.connected = list(connected)
        self.starts = 0

    def start(self) -> int:
        self.starts += 1
        return len(self.connected)

    def open(self, index: int) -> tuple[int, object]:
        if index >= len(self.connected):
            raise pygame.error("Invalid joystick device number")
        return self.connected[index][0], object()

    def open_layout(self, index: int) -> object | None:
        return object() if self.connected[index][1] else None


@pytest.fixture
def keys() -> Iterator[PygameKeys]:
    pygame.display.init()
    yield PygameKeys(FakeGamepads())
    pygame.display.quit()


def with_gamepad(number: int, *, has_layout: bool) -> PygameKeys:
    keys = PygameKeys(FakeGamepads((number, has_layout)))
    keys.open_gamepads()
    return keys


def send(keys: PygameKeys, kind: int, **fields: Any) -> list[tuple[str, bool]]:
    events: Any = keys.translate(pygame.event.Event(kind, **fields), 1.0)
    return [(event.key, event.pressed) for event in events]


@pytest.mark.parametrize(
    ("key", "name", "intent"),
    [
        (pygame.K_RETURN, "return", "select"),
        (pygame.K_KP_ENTER, "keypad enter", "select"),
        (pygame.K_SPACE, "space", "select"),
        (119 | 1 << 30, "select", "select"),
        (pygame.K_ESCAPE, "escape", "back"),
        (pygame.K_BACKSPACE, "backspace", "back"),
        (pygame.K_AC_BACK, "ac back", "back"),
        (pygame.K_MENU, "menu", "menu"),
        (101 | 1 << 30, "application", "menu"),
        (269 | 1 << 30, "ac home", "menu"),
        (pygame.K_F10, "f10", "menu"),
        (pygame.K_PAGEUP, "pageup", "zoom-in"),
        (pygame.K_EQUALS, "=", "zoom-in"),
        (pygame.K_MINUS, "-", "zoom-out"),
        (261 | 1 << 30, "audioplay", "play-pause"),
        (pygame.K_p, "p", "play-pause"),
        (pygame.K_LEFT, "left", "left"),
    ],
)
def test_keys_carry_sdls_names_and_mean_what_the_table_says(keys: PygameKeys, key: int, name: str, intent: str) -> None:
    assert send(keys, pygame.KEYDOWN, key=key, scancode=1) == [(name, True)]
    assert send(keys, pygame.KEYUP, key=key, scancode=1) == [(name, False)]
    found = keymap().intent(name)
    assert found is not None
    assert found.value == intent


def test_a_key_without_a_name_carries_its_scan_code(keys: PygameKeys) -> None:
    assert send(keys, pygame.KEYDOWN, key=0, scancode=77) == [("scancode:77", True)]


def test_an_event_says_when_it_came_and_from_which_device(keys: PygameKeys) -> None:
    assert keys.translate(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_p, scancode=1), 3.5) == [
        KeyEvent("p", True, 3.5, "keyboard")
    ]
    keys = with_gamepad(4, has_layout=True)
    assert keys.translate(pygame.event.Event(pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=0), 3.5) == [
        KeyEvent("pad:a", True, 3.5, "pad:4")
    ]
    assert keys.translate(pygame.event.Event(pygame.JOYDEVICEREMOVED, instance_id=4), 4.5) == [
        KeyEvent("pad:a", False, 4.5, "pad:4")
    ]


def test_other_events_are_no_keys(keys: PygameKeys) -> None:
    assert send(keys, pygame.MOUSEMOTION, pos=(1, 1)) == []
    keys.open_gamepads()
    assert send(keys, pygame.MOUSEMOTION, pos=(1, 1)) == []


def test_a_gamepad_with_a_layout_sends_the_names_of_its_buttons() -> None:
    keys = with_gamepad(4, has_layout=True)
    assert keys.needs_polling
    assert send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=0) == [("pad:a", True)]
    assert send(keys, pygame.CONTROLLERBUTTONUP, instance_id=4, button=0) == [("pad:a", False)]
    assert send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=14) == [("pad:dpad-right", True)]
    assert send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=15) == []


@pytest.mark.parametrize(
    ("axis", "value", "key"),
    [
        (0, -32768, "pad:stick-left"),
        (0, 32767, "pad:stick-right"),
        (1, -32768, "pad:stick-up"),
        (1, 32767, "pad:stick-down"),
        (4, 32000, "pad:lefttrigger"),
        (5, 32000, "pad:righttrigger"),
        (5, 1.0, "pad:righttrigger"),
        (0, 20000, "pad:stick-right"),
    ],
)
def test_a_stick_and_the_triggers_are_pressed_and_released(axis: int, value: float, key: str) -> None:
    keys = with_gamepad(4, has_layout=True)
    for _ in range(2):
        assert send(keys, pygame.CONTROLLERAXISMOTION, instance_id=4, axis=axis, value=value) == [(key, True)]
        assert send(keys, pygame.CONTROLLERAXISMOTION, instance_id=4, axis=axis, value=0) == [(key, False)]


def test_the_second_stick_and_a_released_trigger_are_nothing() -> None:
    keys = with_gamepad(4, has_layout=True)
    for axis, value in ((2, 32767), (3, -32768), (4, -32768), (5, -32768)):
        assert send(keys, pygame.CONTROLLERAXISMOTION, instance_id=4, axis=axis, value=value) == []
    assert send(keys, pygame.CONTROLLERAXISMOTION, instance_id=4, axis=0, value=19000) == []


def test_what_sdl_says_twice_about_a_gamepad_is_heard_once() -> None:
    keys = with_gamepad(4, has_layout=True)
    assert send(keys, pygame.JOYBUTTONDOWN, instance_id=4, button=0) == []
    assert send(keys, pygame.JOYAXISMOTION, instance_id=4, axis=0, value=1.0) == []
    assert send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=0) == [("pad:a", True)]
    assert send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=0) == []


def test_a_gamepad_without_a_layout_has_numbers_a_hat_and_a_stick() -> None:
    keys = with_gamepad(4, has_layout=False)
    assert send(keys, pygame.JOYBUTTONDOWN, instance_id=4, button=0) == [("pad:button-0", True)]
    assert send(keys, pygame.JOYBUTTONUP, instance_id=4, button=0) == [("pad:button-0", False)]
    assert send(keys, pygame.JOYAXISMOTION, instance_id=4, axis=0, value=-0.9) == [("pad:stick-left", True)]
    assert send(keys, pygame.JOYAXISMOTION, instance_id=4, axis=1, value=0.9) == [("pad:stick-down", True)]
    assert send(keys, pygame.JOYAXISMOTION, instance_id=4, axis=4, value=0.9) == []
    assert send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=0) == []


def test_a_hat_is_four_keys_of_which_two_can_be_held() -> None:
    keys = with_gamepad(4, has_layout=False)

    def turn(x: int, y: int) -> set[tuple[str, bool]]:
        return set(send(keys, pygame.JOYHATMOTION, instance_id=4, value=(x, y)))

    assert turn(0, 1) == {("pad:dpad-up", True)}
    assert turn(1, 1) == {("pad:dpad-right", True)}
    assert turn(1, 0) == {("pad:dpad-up", False)}
    assert turn(-1, -1) == {("pad:dpad-right", False), ("pad:dpad-left", True), ("pad:dpad-down", True)}
    assert turn(0, 0) == {("pad:dpad-left", False), ("pad:dpad-down", False)}


def test_a_hat_lets_go_of_one_key_before_it_presses_another() -> None:
    keys = with_gamepad(4, has_layout=False)
    send(keys, pygame.JOYHATMOTION, instance_id=4, value=(0, 1))
    changes = send(keys, pygame.JOYHATMOTION, instance_id=4, value=(1, 0))
    assert changes == [("pad:dpad-up", False), ("pad:dpad-right", True)]


def test_unplugging_a_gamepad_lets_go_of_what_was_held() -> None:
    keys = with_gamepad(4, has_layout=True)
    send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=1)
    send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=13)
    assert send(keys, pygame.JOYDEVICEREMOVED, instance_id=4) == [("pad:b", False), ("pad:dpad-left", False)]
    assert not keys.needs_polling
    assert send(keys, pygame.JOYDEVICEREMOVED, instance_id=4) == []


def test_gamepads_cost_nothing_before_they_are_opened() -> None:
    gamepads = FakeGamepads((4, True))
    keys = PygameKeys(gamepads)
    assert send(keys, pygame.JOYDEVICEADDED, device_index=0) == []
    assert send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=0) == []
    assert gamepads.starts == 0
    assert not keys.needs_polling


def test_all_connected_gamepads_are_opened_once() -> None:
    gamepads = FakeGamepads((4, True), (6, False))
    keys = PygameKeys(gamepads)
    keys.open_gamepads()
    keys.open_gamepads()
    assert gamepads.starts == 1
    assert send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=0) == [("pad:a", True)]
    assert send(keys, pygame.JOYBUTTONDOWN, instance_id=6, button=0) == [("pad:button-0", True)]


def test_a_gamepad_that_appears_later_is_opened(keys: PygameKeys) -> None:
    gamepads = FakeGamepads()
    keys = PygameKeys(gamepads)
    keys.open_gamepads()
    gamepads.connected.append((9, True))
    assert send(keys, pygame.JOYDEVICEADDED, device_index=0) == []
    assert send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=9, button=3) == [("pad:y", True)]


def test_a_gamepad_that_is_announced_again_keeps_what_is_held() -> None:
    keys = with_gamepad(4, has_layout=True)
    send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=0)
    assert send(keys, pygame.JOYDEVICEADDED, device_index=0) == []
    assert send(keys, pygame.CONTROLLERBUTTONUP, instance_id=4, button=0) == [("pad:a", False)]


def test_a_gamepad_that_is_gone_before_it_could_be_opened_is_none() -> None:
    keys = PygameKeys(FakeGamepads())
    keys.open_gamepads()
    assert send(keys, pygame.JOYDEVICEADDED, device_index=0) == []
    assert not keys.needs_polling


def test_sdl_opens_gamepads_with_and_without_a_layout() -> None:
    (path,) = {
        line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "/libSDL2-2" in line
    }  # the library that pygame uses
    sdl = ctypes.CDLL(path)
    pygame.display.init()
    keys = PygameKeys()
    keys.open_gamepads()
    assert not keys.needs_polling
    with pytest.raises(pygame.error):
        SdlGamepads().open(0)
    gamepad, other = 1, 0  # SDL_JoystickType
    sdl.SDL_JoystickAttachVirtual(gamepad, 6, 15, 1)
    sdl.SDL_JoystickAttachVirtual(other, 2, 4, 1)
    try:
        gamepads = SdlGamepads()
        assert gamepads.start() == 2
        first, second = gamepads.open(0)[0], gamepads.open(1)[0]
        assert first != second
        assert gamepads.open_layout(0) is not None
        assert gamepads.open_layout(1) is None
        keys = PygameKeys()
        keys.open_gamepads()
        assert keys.needs_polling
        assert send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=first, button=0) == [("pad:a", True)]
        assert send(keys, pygame.JOYBUTTONDOWN, instance_id=second, button=1) == [("pad:button-1", True)]
    finally:
        sdl.SDL_JoystickDetachVirtual(1)
        sdl.SDL_JoystickDetachVirtual(0)
        pygame.joystick.quit()
        pygame.display.quit()


def test_a_stick_is_pressed_at_0_6_and_released_below_0_4() -> None:
    axis = AxisKeys("left", "right")
    assert axis.move(0.59) == []
    assert axis.move(0.6) == [("right", True)]
    assert axis.move(0.4) == []
    assert axis.move(0.39) == [("right", False)]
    assert axis.pressed == ""
    assert axis.move(-0.6) == [("left", True)]
    assert axis.move(0.5) == [("left", False)]


def test_a_trembling_stick_presses_once() -> None:
    axis = AxisKeys("left", "right")
    moves = [change for value in (0.3, 0.62, 0.55, 0.63, 0.5, 0.7, 0.41, 0.1) for change in axis.move(value)]
    assert moves == [("right", True), ("right", False)]


@given(st.lists(st.floats(-1, 1), max_size=50))
def test_a_stick_never_presses_both_ends(values: list[float]) -> None:
    axis = AxisKeys("low", "high")
    held: set[str] = set()
    for value in [*values, 0.0]:
        for name, is_down in axis.move(value):
            assert is_down != (name in held)
            (held.add if is_down else held.discard)(name)
        assert len(held) <= 1
    assert held == set()
