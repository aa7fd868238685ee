"""Keyboards and gamepads through SDL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.display.sdl import pygame
from tvapp.remote.keymap import keymap
from tvapp.remote.pygame_source import AxisKeys, PygameKeys, _Pad


@pytest.fixture
def keys() -> Iterator[PygameKeys]:
    pygame.display.init()
    keys = PygameKeys()
    keys._gamepads_open = True
    yield keys
    pygame.display.quit()


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


def test_a_gamepad_with_a_layout_sends_the_names_of_its_buttons(keys: PygameKeys) -> None:
    keys._pads[4] = _Pad(None, has_layout=True)
    assert keys.needs_polling
    assert send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=0) == [("pad:a", True)]
    assert send(keys, pygame.CONTROLLERBUTTONUP, instance_id=4, button=0) == [("pad:a", False)]
    assert send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=11) == [("pad:dpad-up", True)]
    assert send(keys, pygame.CONTROLLERAXISMOTION, instance_id=4, axis=5, value=32000) == [("pad:righttrigger", True)]
    assert send(keys, pygame.CONTROLLERAXISMOTION, instance_id=4, axis=5, value=0) == [("pad:righttrigger", False)]
    assert send(keys, pygame.CONTROLLERAXISMOTION, instance_id=4, axis=1, value=-32768) == [("pad:stick-up", True)]


def test_what_sdl_says_twice_about_a_gamepad_is_heard_once(keys: PygameKeys) -> None:
    keys._pads[4] = _Pad(None, has_layout=True)
    assert send(keys, pygame.JOYBUTTONDOWN, instance_id=4, button=0) == []
    assert send(keys, pygame.JOYAXISMOTION, instance_id=4, axis=0, value=1.0) == []


def test_a_gamepad_without_a_layout_has_numbers_a_hat_and_a_stick(keys: PygameKeys) -> None:
    keys._pads[4] = _Pad(None, has_layout=False)
    assert send(keys, pygame.JOYBUTTONDOWN, instance_id=4, button=0) == [("pad:button-0", True)]
    assert send(keys, pygame.JOYHATMOTION, instance_id=4, value=(0, 1)) == [("pad:dpad-up", True)]
    assert send(keys, pygame.JOYHATMOTION, instance_id=4, value=(1, 0)) == [
        ("pad:dpad-up", False),
        ("pad:dpad-right", True),
    ]
    assert send(keys, pygame.JOYAXISMOTION, instance_id=4, axis=0, value=-0.9) == [("pad:stick-left", True)]


def test_unplugging_a_gamepad_lets_go_of_what_was_held(keys: PygameKeys) -> None:
    keys._pads[4] = _Pad(None, has_layout=True)
    send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=1)
    send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=13)
    assert send(keys, pygame.JOYDEVICEREMOVED, instance_id=4) == [("pad:b", False), ("pad:dpad-left", False)]
    assert not keys.needs_polling


def test_gamepads_cost_nothing_before_they_are_opened(keys: PygameKeys) -> None:
    from pygame._sdl2 import controller

    controller.quit()  # another test may have opened them
    pygame.joystick.quit()
    keys._gamepads_open = False
    assert send(keys, pygame.CONTROLLERBUTTONDOWN, instance_id=4, button=0) == []
    assert not pygame.joystick.get_init()


def test_opening_gamepads_twice_is_harmless_without_any(keys: PygameKeys) -> None:
    keys._gamepads_open = False
    keys.open_gamepads()
    keys.open_gamepads()
    assert not keys.needs_polling
    pygame.joystick.quit()


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
