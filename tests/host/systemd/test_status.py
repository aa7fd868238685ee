"""One line for an operator: every state has words of its own, and none has a secret."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import get_args

import pytest

from tvapp.auth.view import Phase
from tvapp.host.systemd.status import Situation, words

ON_MAP = Situation("signed-in", has_map=True, account="ai***@contoso.com", fences=120)


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        (Situation(), "Starting"),
        (Situation("prompting"), "Waiting for somebody to sign in"),
        (Situation(""), "Opening the map"),
        (ON_MAP, "Showing the map as ai***@contoso.com, 120 geofences"),
        (Situation("", has_map=True, fences=1), "Showing the map, 1 geofence"),
        (replace(ON_MAP, fences=None), "Showing the map as ai***@contoso.com"),
        (replace(ON_MAP, offline_since=50_520.0), f"{words(ON_MAP)}, no network since 14:02"),
        (replace(ON_MAP, is_again=True), f"{words(ON_MAP)}, waiting for somebody to sign in again"),
        (replace(ON_MAP, has_display=False), "Waiting for a display"),
        (
            Situation("offline", failing="the cable is out", offline_since=50_520.0),
            "Waiting for the network to sign somebody in: the cable is out, no network since 14:02",
        ),
        (
            replace(ON_MAP, is_off=True, has_display=False),
            "Off on purpose: outside of the hours of [kiosk] awake; any key wakes the screen",
        ),
        (replace(ON_MAP, failing="the cable is out"), words(ON_MAP)),
        (Situation(broken="config"), "Waiting for somebody to look: the configuration is wrong"),
        (Situation(crash="K7F3QM"), "Met a problem (K7F3QM), about to start again"),
    ],
)
def test_it_says_what_the_app_waits_for_or_does(situation: Situation, expected: str) -> None:
    assert words(situation, time.gmtime) == expected


def test_every_phase_of_signing_in_has_words() -> None:
    said = [words(Situation(phase)) for phase in get_args(Phase)]
    assert not set(said) & set(get_args(Phase))
    assert len(set(said)) == len(said) - 1, "only the two kinds of being signed in say the same"
