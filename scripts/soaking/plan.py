"""Plans the events of a day; pure, and the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
OFFICE = (8 * HOUR_S, 18 * HOUR_S)
TIDY_AT_S = 4 * HOUR_S
MEASURE_AT_S = 4.5 * HOUR_S

VIEWER = ("pan", "pan", "pan", "zoom", "zoom", "layers", "drawer", "select", "draw", "undo", "delete", "tour")
"""Errands of a viewer; one that is listed twice happens twice as often."""

CHANGES_S = (180.0, 600.0)
"""Time between changes by other people in office hours; ten times as long outside."""


class Planned(NamedTuple):
    """An event: its time of the day in seconds, what it is, and its kind."""

    at: float
    what: str
    kind: str = ""


def plan_day(day: int, rng: random.Random) -> list[Planned]:
    """Return the events of a day in order. Day 0 is a Monday."""
    is_workday = day % 7 < 5
    found = [*_viewer(is_workday, rng), *_others(is_workday, rng)]
    found += _trouble(
        "network", rng.uniform(0.2, 0.9) * HOUR_S, rng.choice((180.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0))
    )
    for _ in range(rng.randint(1, 2)):
        found += _trouble("storm", rng.uniform(6, 21) * HOUR_S, rng.uniform(60, 1800))
    if day % 2:
        found += _trouble("resolution", rng.uniform(6, 20) * HOUR_S, rng.uniform(600, 3600))
    if day % 3 == 1:
        found += _trouble(rng.choice(("disk-full", "disk-gone")), rng.uniform(6, 20) * HOUR_S, rng.uniform(300, 3600))
    if day % 5 == 3:
        found += _trouble("wall-clock", rng.uniform(6, 20) * HOUR_S, rng.uniform(600, 10_000))
    if day % 7 == 1:
        found.append(Planned(rng.uniform(9, 17) * HOUR_S, "revoke"))
    found.append(Planned(rng.uniform(6, 22) * HOUR_S, "display", rng.choice(("pictures", "screen"))))
    found += [Planned(TIDY_AT_S, "tidy"), Planned(MEASURE_AT_S, "measure")]
    return sorted(found)


def _viewer(is_workday: bool, rng: random.Random) -> Iterator[Planned]:
    for _ in range(rng.randint(4, 8) if is_workday else rng.randint(0, 2)):
        yield Planned(rng.uniform(*OFFICE), "view", rng.choice(VIEWER))


def _others(is_workday: bool, rng: random.Random) -> Iterator[Planned]:
    at = rng.uniform(0, HOUR_S)
    while at < DAY_S:
        yield Planned(at, "change")
        slowness = 1 if is_workday and OFFICE[0] <= at < OFFICE[1] else 10
        at += slowness * rng.uniform(*CHANGES_S)


def _trouble(kind: str, at: float, lasts_s: float) -> list[Planned]:
    return [Planned(at, "begin", kind), Planned(min(at + lasts_s, DAY_S - 60), "end", kind)]
