"""Animations end, and with motion off they are over at once."""

from __future__ import annotations

from tvapp.ui.motion import Motion


def test_animations_end_and_ask_for_a_last_frame() -> None:
    motion = Motion()
    motion.start("open", 10.0, 0.2)
    assert motion.value("open", 10.0) == 0
    assert 0 < motion.value("open", 10.1) < 1
    assert motion.advance(10.3)
    assert motion.value("open", 10.3) == 1
    assert not motion.advance(10.4)


def test_with_motion_off_every_animation_is_over_at_once() -> None:
    motion = Motion(enabled=False)
    motion.start("open", 10.0, 0.2)
    assert motion.value("open", 10.0) == 1
    assert not motion.is_running
