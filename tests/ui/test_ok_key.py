"""Short and long presses of OK."""

from __future__ import annotations

import pytest

from tvapp.remote.intents import Input, Intent, Phase
from tvapp.ui.ok_key import OK_PHASES, OkKey, Press

DOWN = Input(Intent.SELECT)
LONG = Input(Intent.SELECT, Phase.LONG, 0.6)
UP = Input(Intent.SELECT, Phase.RELEASE, 0.1)
UP_AFTER_LONG = Input(Intent.SELECT, Phase.RELEASE, 0.9, was_long=True)


@pytest.mark.parametrize(
    ("inputs", "presses"),
    [
        ((DOWN, UP), ["down", "short"]),
        ((DOWN, LONG, UP_AFTER_LONG), ["down", "long", "none"]),
        ((UP,), ["none"]),
        ((DOWN, UP_AFTER_LONG), ["down", "none"]),
        ((DOWN, UP, UP), ["down", "short", "none"]),
    ],
)
def test_a_press_means_one_thing(inputs: tuple[Input, ...], presses: list[Press]) -> None:
    key = OkKey()
    assert [key.take(input_) for input_ in inputs] == presses


def test_the_key_is_down_between_press_and_release() -> None:
    key = OkKey()
    states = []
    for input_ in (DOWN, UP, DOWN, LONG, UP_AFTER_LONG):
        key.take(input_)
        states.append(key.is_down)
    assert states == [True, False, True, False, False]


def test_a_release_means_nothing_once_keys_went_elsewhere() -> None:
    key = OkKey()
    key.take(DOWN)
    key.let_go()
    assert key.take(UP) == "none"


def test_the_key_needs_its_beginning_its_long_form_and_its_end() -> None:
    assert set(OK_PHASES) == {Phase.PRESS, Phase.LONG, Phase.RELEASE}
