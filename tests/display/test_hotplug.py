"""What changes on the connectors is told once, and only what matters."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tvapp.display.hotplug import POLL_S, Hotplug

ONE: Mapping[str, bool] = {"HDMI-A-1": True, "HDMI-A-2": False}
OTHER: Mapping[str, bool] = {"HDMI-A-1": False, "HDMI-A-2": True}
BOTH: Mapping[str, bool] = {"HDMI-A-1": True, "HDMI-A-2": True}
NONE: Mapping[str, bool] = {"HDMI-A-1": False, "HDMI-A-2": False}


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (ONE, ONE, ""),
        (ONE, OTHER, "another"),
        (ONE, BOTH, "another"),
        (ONE, NONE, "none"),
        (NONE, ONE, "another"),
        (NONE, NONE, ""),
        (None, ONE, ""),
        (ONE, None, ""),
    ],
)
def test_a_change_is_another_screen_or_none(
    before: Mapping[str, bool] | None, after: Mapping[str, bool] | None, change: str
) -> None:
    looks = [before, after, after]
    hotplug = Hotplug(lambda: looks.pop(0))
    assert hotplug.poll(0.0) == change
    assert hotplug.poll(POLL_S) == "", "told once"


def test_the_kernel_is_asked_every_two_seconds_at_most() -> None:
    looks = 0

    def look() -> Mapping[str, bool]:
        nonlocal looks
        looks += 1
        return ONE

    hotplug = Hotplug(look)
    for tenth in range(50):
        hotplug.poll(tenth / 10)
    assert looks == 1 + 3
