"""Motions are told apart by the rests between them, and reported with the work of each frame."""

from __future__ import annotations

from itertools import count

import pytest

from tvapp.app.frame_meter import GAP_S, Burst, FrameMeter

BEAT_S = 0.0625


def moved(meter: FrameMeter, frames: int, start: float = 10.0) -> float:
    """Add frames that each take 4 ms and begin 1 ms before they are drawn; returns the time of the last."""
    for number in range(frames):
        at = start + number * BEAT_S
        meter.begin_turn()
        meter.add_frame(at - 0.001, at, at + 0.003)
    return at


def test_a_motion_is_reported_once_it_rests() -> None:
    reports: list[Burst] = []
    cpu = count(0)
    meter = FrameMeter(reports.append, lambda: next(cpu) * 0.5, shortest=3)
    last = moved(meter, 3)
    assert meter.ends_at == last + GAP_S
    meter.end_turn(last + GAP_S - 0.001)
    assert reports == []
    meter.end_turn(last + GAP_S)
    (burst,) = reports
    assert (burst.started, burst.ended) == (10.0, last)
    assert burst.work_s == pytest.approx([0.004] * 3)
    assert burst.cpu_s == (0.5, 0.5, 0.5)
    assert meter.ends_at is None


def test_fewer_frames_than_the_shortest_motion_are_not_reported() -> None:
    reports: list[Burst] = []
    meter = FrameMeter(reports.append, shortest=3)
    last = moved(meter, 2)
    assert meter.ends_at is None
    meter.end_turn(last + 1.0)
    meter.end_motion()
    assert reports == []


def test_a_frame_after_a_rest_begins_another_motion() -> None:
    reports: list[Burst] = []
    meter = FrameMeter(reports.append, shortest=2)
    moved(meter, 2)
    moved(meter, 3, start=20.0)
    meter.end_motion()
    assert [(burst.started, len(burst.work_s)) for burst in reports] == [(10.0, 2), (20.0, 3)]


def test_frames_just_within_the_gap_belong_together() -> None:
    reports: list[Burst] = []
    meter = FrameMeter(reports.append, shortest=2)
    for at in (1.0, 1.0 + GAP_S / 2, 1.0 + GAP_S):
        meter.add_frame(at, at, at)
    meter.end_motion()
    assert len(reports[0].work_s) == 3
