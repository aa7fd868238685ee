"""The hours that the box gives its TV."""

from __future__ import annotations

import calendar
import time
import tomllib

from scripts.tvbox_rig.cec import hours
from tvapp.core.week import Week


def test_the_hours_of_the_box_are_a_week_that_the_app_reads() -> None:
    week = Week.parse(tuple(tomllib.loads(hours("09:58", "10:02"))["kiosk"]["awake"]))
    ten = calendar.timegm((2026, 11, 30, 10, 0, 0))
    assert week.covers(ten + 60, time.gmtime)
    assert not week.covers(ten + 180, time.gmtime)
