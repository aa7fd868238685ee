"""Dimming: when the screen is dimmed or black, what wakes it, and whether the waking key acts."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvapp.core.week import Week
from tvapp.remote.intents import Input, Intent, Phase
from tvapp.ui.dimming import (
    BLACK_OPACITY,
    CLOCK_SET_SINCE,
    FADE_S,
    FIRST_AWAKE_S,
    WOKEN_S,
    Change,
    Dimmer,
    DimmingSettings,
)

EIGHT = 1_795_852_800.0
"""Saturday, 28 November 2026, 08:00 UTC."""
HOUR = 3600.0
DIM = DimmingSettings(dim_after_s=HOUR, local_time=time.gmtime)
HOURS = replace(DIM, awake=Week.parse(["daily 08:00-19:00"]))
PRESS, REPEAT, LONG, RELEASE = (
    Input(Intent.SELECT, phase) for phase in (Phase.PRESS, Phase.REPEAT, Phase.LONG, Phase.RELEASE)
)


class Panel:
    """A dimmer with a viewer who presses keys; times are seconds since it was switched on, at 08:00."""

    def __init__(self, settings: DimmingSettings, wall: float = EIGHT) -> None:
        self.care = Dimmer(settings, 0.0)
        self.wall = wall
        self.now = 0.0
        self.is_busy = False
        self.asked = 0
        self.changes: list[Change] = []
        self.frames = 0
        self.turn()

    def turn(self) -> None:
        def is_busy() -> bool:
            self.asked += 1
            return self.is_busy

        change = self.care.update(self.now, self.wall + self.now, is_busy)
        if change is not None:
            self.changes.append(change)
        self.frames += self.care.advance(self.now)

    def until(self, now: float) -> None:
        """Let time pass as the loop does: from one wake-up that is asked for to the next."""
        while True:
            at = self.care.next_wakeup(self.now, self.wall + self.now)
            step = now if at is None else max(at, self.now + 1 / 60)
            if step >= now:
                self.now = now
                self.turn()
                return
            self.now = step
            self.turn()

    def press(self, *inputs: Input) -> list[bool]:
        passed = [self.care.passes(each, self.now) for each in inputs]
        self.turn()
        return passed

    @property
    def mode(self) -> str:
        return self.care.mode


def test_the_screen_is_dimmed_after_the_configured_time_without_a_key() -> None:
    panel = Panel(DIM)
    panel.until(HOUR - 1)
    assert (panel.mode, panel.frames) == ("awake", 0)
    panel.until(HOUR + 10)
    assert panel.changes == [Change("dimmed", "idle")]
    assert panel.care.black_opacity(panel.now) == BLACK_OPACITY["dimmed"]
    frames = panel.frames
    panel.until(20 * HOUR)
    assert panel.frames == frames, "no frame for a picture that is dark already"
    assert panel.care.next_wakeup(panel.now, panel.wall) is None


def test_a_key_that_ends_dimming_acts() -> None:
    panel = Panel(DIM)
    panel.until(2 * HOUR)
    assert panel.press(PRESS, LONG, RELEASE) == [True, True, True]
    assert panel.changes[-1] == Change("awake", "key")
    panel.until(3 * HOUR - 1)
    assert panel.mode == "awake"
    panel.until(3 * HOUR)
    assert panel.mode == "dimmed"


def test_without_settings_the_screen_is_never_dimmed_and_has_no_wakeup() -> None:
    panel = Panel(DimmingSettings())
    panel.until(100 * HOUR)
    assert panel.changes == []
    assert panel.care.next_wakeup(panel.now, panel.wall) is None


def test_a_code_or_a_tour_keeps_the_screen_bright() -> None:
    panel = Panel(DIM)
    panel.is_busy = True
    panel.until(10.5 * HOUR)
    assert panel.changes == []
    panel.is_busy = False
    panel.until(11 * HOUR + 1)
    assert panel.mode == "dimmed"
    panel.is_busy = True
    panel.turn()
    assert panel.changes[-1] == Change("awake", "shown")


def test_an_awake_screen_does_not_call_is_busy() -> None:
    panel = Panel(DIM)
    for _ in range(100):
        panel.now += 1
        panel.turn()
    assert panel.asked == 0


def test_the_screen_is_black_outside_its_hours_and_bright_within_them() -> None:
    panel = Panel(HOURS)
    panel.press(PRESS, RELEASE)
    panel.until(10.9 * HOUR)
    panel.press(PRESS, RELEASE)
    panel.until(11.5 * HOUR)
    assert panel.mode == "awake", "somebody pressed a key less than an hour ago"
    panel.until(12 * HOUR)
    assert panel.changes[-1] == Change("blank", "hours")
    assert panel.care.is_off
    panel.until(24 * HOUR - 61)
    assert panel.care.is_off
    panel.until(24 * HOUR + 1)
    assert panel.changes[-1] == Change("awake", "hours")
    panel.until(25 * HOUR - 60)
    assert panel.mode == "awake", "the day begins bright, however long ago the last key was"


def test_the_key_that_wakes_a_black_screen_is_swallowed_with_all_that_belongs_to_it() -> None:
    panel = Panel(HOURS, EIGHT - 4 * HOUR)
    panel.until(FIRST_AWAKE_S + 10)
    assert panel.care.is_off
    assert panel.press(PRESS) == [False]
    assert panel.changes[-1] == Change("awake", "key")
    assert panel.press(REPEAT, LONG, RELEASE) == [False, False, False]
    assert panel.press(PRESS, LONG, RELEASE) == [True, True, True]


def test_another_key_that_follows_acts_while_the_waking_one_is_still_held() -> None:
    panel = Panel(HOURS, EIGHT - 4 * HOUR)
    panel.until(FIRST_AWAKE_S + 10)
    panel.press(PRESS)
    assert panel.press(Input(Intent.LEFT, Phase.PRESS), REPEAT) == [True, False]


def test_a_key_held_while_the_screen_goes_black_is_swallowed() -> None:
    panel = Panel(HOURS, EIGHT - 4 * HOUR)
    panel.press(PRESS)
    panel.until(2 * HOUR)
    assert panel.care.is_off
    assert panel.press(RELEASE) == [True]
    assert panel.care.is_off, "letting go wakes nobody"


def test_a_woken_screen_goes_black_again_after_a_while() -> None:
    panel = Panel(replace(HOURS, dim_after_s=0.0), EIGHT - 4 * HOUR)
    panel.until(FIRST_AWAKE_S + 10)
    panel.press(PRESS, RELEASE)
    panel.until(FIRST_AWAKE_S + 10 + WOKEN_S - 1)
    assert panel.mode == "awake"
    panel.until(FIRST_AWAKE_S + 11 + WOKEN_S)
    assert panel.mode == "blank"


def test_a_screen_that_was_just_switched_on_is_awake_at_any_hour() -> None:
    panel = Panel(HOURS, EIGHT - 4 * HOUR)
    panel.until(FIRST_AWAKE_S - 1)
    assert panel.mode == "awake"
    panel.until(FIRST_AWAKE_S + 1)
    assert panel.mode == "blank"


def test_a_clock_that_was_never_set_says_nothing_about_the_hours() -> None:
    panel = Panel(HOURS, 3 * HOUR)
    panel.until(HOUR / 2)
    assert panel.mode == "awake"


def test_a_key_does_not_act_while_the_picture_is_hidden_for_another_reason() -> None:
    care = Dimmer(DIM, 0.0)
    assert not care.passes(PRESS, 1.0, seen=False)
    assert not care.passes(RELEASE, 1.1, seen=True)
    assert care.passes(PRESS, 1.2)


def test_brightness_changes_smoothly_with_motion_and_at_once_without() -> None:
    panel = Panel(DIM)
    panel.until(HOUR)
    assert panel.care.black_opacity(HOUR) == 0
    assert 0 < panel.care.black_opacity(HOUR + FADE_S / 3) < BLACK_OPACITY["dimmed"]
    assert panel.care.black_opacity(HOUR + FADE_S) == BLACK_OPACITY["dimmed"]
    still = Panel(replace(DIM, motion=False))
    still.until(HOUR)
    assert (still.care.black_opacity(HOUR), still.frames) == (BLACK_OPACITY["dimmed"], 1)


def test_a_key_during_a_fade_reverses_it_without_a_jump() -> None:
    panel = Panel(DIM)
    panel.until(HOUR)
    panel.until(HOUR + FADE_S / 2)
    before = panel.care.black_opacity(panel.now)
    panel.press(PRESS)
    assert abs(panel.care.black_opacity(panel.now) - before) <= 1


@given(
    st.lists(st.tuples(st.floats(0.01, 5 * HOUR), st.booleans(), st.booleans()), max_size=30), st.floats(0, 24 * HOUR)
)
@pytest.mark.parametrize("settings", [DIM, HOURS, replace(HOURS, dim_after_s=0.0), replace(HOURS, motion=False)])
def test_the_screen_is_black_only_outside_its_hours_and_no_press_is_half_swallowed(
    settings: DimmingSettings, steps: list[tuple[float, bool, bool]], offset: float
) -> None:
    panel = Panel(settings, EIGHT + offset)
    for seconds, presses, busy in steps:
        panel.is_busy = busy
        panel.until(panel.now + seconds)
        if panel.mode == "blank":
            assert settings.awake.spans
            assert not settings.awake.covers((panel.wall + panel.now) // 60 * 60, time.gmtime)
        if presses:
            passed = panel.press(PRESS, REPEAT, LONG, RELEASE)
            assert len(set(passed)) == 1
            assert panel.mode == "awake"
        at = panel.care.next_wakeup(panel.now, panel.wall + panel.now)
        assert at is None or at >= panel.now


def test_a_reversed_fade_goes_steadily_back_to_the_bright_picture() -> None:
    panel = Panel(DIM)
    panel.until(HOUR)
    panel.until(HOUR + FADE_S / 2)
    panel.press(PRESS)
    begun = panel.now
    opacities = [panel.care.black_opacity(begun + FADE_S * part / 4) for part in range(5)]
    assert opacities[0] > 0
    assert opacities == sorted(opacities, reverse=True)
    assert opacities[-1] == 0


def test_a_fade_asks_for_frames_until_its_end_and_for_a_last_one() -> None:
    care = Dimmer(DIM, 0.0)
    assert not care.advance(0.0)
    care.update(HOUR, EIGHT + HOUR, lambda: False)
    assert care.next_wakeup(HOUR, EIGHT + HOUR) == HOUR
    assert care.advance(HOUR + FADE_S - 0.01)
    assert care.advance(HOUR + FADE_S)
    assert not care.advance(HOUR + FADE_S)
    assert care.next_wakeup(HOUR + FADE_S, EIGHT) is None


def test_the_minutes_outside_the_hours_do_not_count_as_a_key() -> None:
    night = replace(HOURS, dim_after_s=30.0)
    panel = Panel(night, EIGHT - 5 * HOUR + 40)
    panel.until(29.0)
    assert panel.mode == "awake"
    panel.until(31.0)
    assert panel.mode == "dimmed"
    panel.until(FIRST_AWAKE_S)
    assert panel.changes[-1] == Change("blank", "hours")


def test_the_hours_begin_with_a_bright_screen_and_a_full_time_until_dimming() -> None:
    panel = Panel(HOURS, EIGHT - HOUR)
    panel.until(HOUR - 1)
    assert panel.mode == "blank"
    assert panel.care.is_off
    panel.until(HOUR + 1)
    assert panel.changes[-1] == Change("awake", "hours")
    panel.until(2 * HOUR - 1)
    assert panel.mode == "awake"
    panel.until(2 * HOUR + 1)
    assert panel.changes[-1] == Change("dimmed", "idle")


def test_a_screen_is_off_only_once_the_fade_to_black_is_over() -> None:
    care = Dimmer(HOURS, 0.0)
    care.update(FIRST_AWAKE_S, EIGHT - HOUR, lambda: False)
    assert care.mode == "blank"
    assert not care.is_off
    care.advance(FIRST_AWAKE_S + FADE_S)
    assert care.is_off


def test_a_clock_counts_as_set_from_the_beginning_of_2025() -> None:
    for before_s, mode in ((1.0, "awake"), (0.0, "blank")):
        care = Dimmer(HOURS, 0.0)
        care.update(FIRST_AWAKE_S, CLOCK_SET_SINCE - before_s, lambda: False)
        assert care.mode == mode


def test_without_dimming_a_key_wakes_a_black_screen_for_ten_minutes() -> None:
    panel = Panel(replace(HOURS, dim_after_s=0.0), EIGHT - 5 * HOUR)
    panel.until(HOUR)
    panel.press(PRESS, RELEASE)
    panel.until(HOUR + WOKEN_S - 0.1)
    assert panel.mode == "awake"
    panel.until(HOUR + WOKEN_S)
    assert panel.mode == "blank"
