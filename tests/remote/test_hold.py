"""From keys that go down and up to presses, repeats, long presses and releases."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.remote.hold import DUPLICATE_S, LONG_AFTER_S, LONGEST_S, REPEAT_AFTER_S, KeyHold
from tvapp.remote.intents import Input, Intent, Phase
from tvapp.remote.keymap import keymap
from tvapp.remote.keys import KeyEvent


@pytest.fixture
def hold() -> KeyHold:
    return KeyHold(keymap())


def down(key: str, at: float, device: str = "keyboard") -> KeyEvent:
    return KeyEvent(key, True, at, device)


def up(key: str, at: float, device: str = "keyboard") -> KeyEvent:
    return KeyEvent(key, False, at, device)


def phases(inputs: tuple[Input, ...]) -> list[tuple[Intent, Phase]]:
    return [(each.intent, each.phase) for each in inputs]


def test_a_tap_is_a_press_and_a_release(hold: KeyHold) -> None:
    assert hold.handle(down("left", 1.0)) == (Input(Intent.LEFT, Phase.PRESS),)
    assert hold.handle(up("left", 1.25)) == (Input(Intent.LEFT, Phase.RELEASE, 0.25),)
    assert hold.next_wakeup() is None


@pytest.mark.parametrize(("later_s", "presses"), [(0.025, 0), (DUPLICATE_S, 0), (0.031, 1)])
def test_two_devices_that_say_the_same_are_one_press_for_30_ms(hold: KeyHold, later_s: float, presses: int) -> None:
    hold.handle(down("return", 0.0))
    again = hold.handle(down("key:28", later_s, "/dev/input/event3"))
    assert [each.phase for each in again].count(Phase.PRESS) == presses


def test_a_key_without_a_meaning_is_nothing(hold: KeyHold) -> None:
    assert hold.handle(down("q", 1.0)) == ()
    assert hold.handle(up("q", 1.1)) == ()


def test_a_held_arrow_repeats_faster_and_faster(hold: KeyHold) -> None:
    hold.handle(down("down", 0.0))
    times: list[float] = []
    while len(times) < 40:
        now = hold.next_wakeup()
        assert now is not None
        assert phases(hold.tick(now)) == [(Intent.DOWN, Phase.REPEAT)]
        times.append(now)
    gaps = [b - a for a, b in pairwise(times)]
    assert times[0] == pytest.approx(REPEAT_AFTER_S)
    assert gaps[0] == pytest.approx(0.08)
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(gaps))
    assert gaps[-1] == pytest.approx(0.035, abs=0.001)


def test_a_repeat_tells_how_long_the_key_has_been_held(hold: KeyHold) -> None:
    hold.handle(down("down", 2.0))
    assert hold.tick(4.5) == (Input(Intent.DOWN, Phase.REPEAT, 2.5),)
    assert hold.handle(up("down", 5.0)) == (Input(Intent.DOWN, Phase.RELEASE, 3.0),)


def test_zooming_repeats_too(hold: KeyHold) -> None:
    hold.handle(down("pageup", 0.0))
    hold.handle(down("pagedown", 0.0))
    assert phases(hold.tick(1.0)) == [(Intent.ZOOM_IN, Phase.REPEAT), (Intent.ZOOM_OUT, Phase.REPEAT)]


def test_the_earliest_of_all_held_keys_is_waited_for(hold: KeyHold) -> None:
    hold.handle(down("return", 1.0))
    hold.handle(down("down", 1.1))
    hold.handle(down("escape", 1.1))
    assert hold.next_wakeup() == 1.1 + REPEAT_AFTER_S
    hold.tick(1.1 + REPEAT_AFTER_S)
    assert hold.next_wakeup() == pytest.approx(1.1 + REPEAT_AFTER_S + 0.08)


def test_a_release_that_is_stamped_before_its_press_was_held_for_no_time(hold: KeyHold) -> None:
    hold.handle(down("left", 2.0))
    assert hold.handle(up("left", 1.9)) == (Input(Intent.LEFT, Phase.RELEASE, 0.0),)


def test_nothing_is_made_up_for_after_a_stall(hold: KeyHold) -> None:
    hold.handle(down("down", 0.0))
    assert len(hold.tick(10.0)) == 1
    assert hold.tick(10.01) == ()


def test_a_long_press_of_select_comes_once_and_does_not_repeat(hold: KeyHold) -> None:
    hold.handle(down("return", 2.0))
    assert hold.next_wakeup() == 2.0 + LONG_AFTER_S
    assert hold.tick(2.5) == ()
    assert hold.tick(2.0 + LONG_AFTER_S) == (Input(Intent.SELECT, Phase.LONG, 2.0 + LONG_AFTER_S - 2.0),)
    assert hold.tick(5.0) == ()
    assert hold.next_wakeup() == 2.0 + LONGEST_S
    assert hold.handle(up("return", 6.0)) == (Input(Intent.SELECT, Phase.RELEASE, 4.0, was_long=True),)


def test_back_never_repeats(hold: KeyHold) -> None:
    hold.handle(down("escape", 0.0))
    assert hold.next_wakeup() == LONGEST_S
    assert hold.tick(10.0) == ()


def test_auto_repeat_of_a_keyboard_is_not_pressing(hold: KeyHold) -> None:
    hold.handle(down("left", 0.0))
    assert hold.handle(down("left", 0.5)) == ()


def test_one_key_reported_by_two_devices_is_one_press(hold: KeyHold) -> None:
    assert len(hold.handle(down("return", 1.0))) == 1
    assert hold.handle(down("key:28", 1.01, "/dev/input/event3")) == ()
    assert hold.handle(up("return", 1.2)) == ()
    assert phases(hold.handle(up("key:28", 1.21, "/dev/input/event3"))) == [(Intent.SELECT, Phase.RELEASE)]


def test_a_twin_that_comes_after_a_very_short_tap_is_still_a_twin(hold: KeyHold) -> None:
    hold.handle(down("return", 1.0))
    hold.handle(up("return", 1.005))
    assert hold.handle(down("key:28", 1.012, "/dev/input/event3")) == ()
    assert hold.handle(up("key:28", 1.017, "/dev/input/event3")) == ()
    assert len(hold.handle(down("return", 1.02))) == 1


def test_a_second_key_with_the_same_meaning_is_another_press(hold: KeyHold) -> None:
    hold.handle(down("return", 1.0))
    assert phases(hold.handle(down("space", 1.01))) == [(Intent.SELECT, Phase.RELEASE), (Intent.SELECT, Phase.PRESS)]
    assert hold.handle(up("return", 1.1)) == ()
    assert phases(hold.handle(up("space", 1.2))) == [(Intent.SELECT, Phase.RELEASE)]


def test_the_same_intent_from_another_device_later_is_another_press(hold: KeyHold) -> None:
    hold.handle(down("return", 1.0))
    hold.handle(up("return", 1.05))
    assert len(hold.handle(down("pad:a", 1.0 + DUPLICATE_S + 0.01, "pad:0"))) == 1


def test_two_arrows_are_held_together(hold: KeyHold) -> None:
    hold.handle(down("up", 0.0))
    hold.handle(down("right", 0.1))
    assert hold.held == {Intent.UP, Intent.RIGHT}
    assert set(phases(hold.tick(1.0))) == {(Intent.UP, Phase.REPEAT), (Intent.RIGHT, Phase.REPEAT)}


@pytest.mark.parametrize(("key", "intent"), [("left", Intent.LEFT), ("return", Intent.SELECT), ("escape", Intent.BACK)])
def test_a_key_whose_release_never_comes_is_let_go_and_can_be_pressed_again(
    hold: KeyHold, key: str, intent: Intent
) -> None:
    hold.handle(down(key, 1.0))
    repeats = 0
    while hold.held:
        now = hold.next_wakeup()
        assert now is not None
        inputs = hold.tick(now)
        repeats += len(inputs)
    assert inputs == (Input(intent, Phase.RELEASE, LONGEST_S, intent is Intent.SELECT),)
    assert repeats < 1_000
    assert hold.next_wakeup() is None
    assert hold.handle(up(key, 50.0)) == ()
    assert hold.handle(down(key, 60.0)) == (Input(intent, Phase.PRESS),)


def test_a_key_without_its_release_does_not_keep_the_next_press_from_counting(hold: KeyHold) -> None:
    hold.handle(down("left", 0.0))
    hold.tick(LONGEST_S)
    assert hold.handle(down("left", LONGEST_S + 1)) == (Input(Intent.LEFT, Phase.PRESS),)


def test_losing_the_focus_lets_everything_go(hold: KeyHold) -> None:
    hold.handle(down("up", 0.0))
    hold.handle(down("return", 0.1))
    assert set(phases(hold.release_all(0.2))) == {(Intent.UP, Phase.RELEASE), (Intent.SELECT, Phase.RELEASE)}
    assert hold.handle(up("up", 0.3)) == ()
    assert hold.release_all(0.4) == ()
    assert len(hold.handle(down("up", 0.5))) == 1


KEYS = st.sampled_from(["up", "key:103", "return", "space", "key:28", "escape", "+", "q", "pad:a"])
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["down", "up", "tick", "lose"]),
        KEYS,
        st.sampled_from(["keyboard", "/dev/input/event3", "pad:0"]),
        st.floats(0, 0.7),
    ),
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_every_press_is_followed_by_exactly_one_release(steps: list[tuple[str, str, str, float]]) -> None:
    hold = KeyHold(keymap())
    pressed: set[Intent] = set()
    long: set[Intent] = set()
    now = 0.0
    for what, key, device, pause in [*steps, ("lose", "q", "keyboard", 0.0)]:
        now += pause
        if what == "tick":
            inputs = hold.tick(now)
        elif what == "lose":
            inputs = hold.release_all(now)
        else:
            inputs = hold.handle(KeyEvent(key, what == "down", now, device))
        for each in inputs:
            assert each.held_s >= 0
            if each.phase is Phase.PRESS:
                assert each.intent not in pressed
                pressed.add(each.intent)
            else:
                assert each.intent in pressed
            if each.phase is Phase.LONG:
                assert each.intent is Intent.SELECT
                assert each.intent not in long
                long.add(each.intent)
            if each.phase is Phase.RELEASE:
                assert each.was_long == (each.intent in long)
                pressed.discard(each.intent)
                long.discard(each.intent)
        assert hold.held == pressed
        assert pressed or hold.next_wakeup() is None
    assert pressed == set()
