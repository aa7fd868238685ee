"""Measures the main thread's work for each frame of a motion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

GAP_S = 0.1
"""Frames further apart than this do not belong to one motion."""
SHORTEST_BURST = 30


@dataclass(frozen=True, slots=True)
class Burst:
    """Frames of one motion, and the main thread's work for each: elapsed time, and CPU time."""

    started: float
    ended: float
    work_s: tuple[float, ...]
    cpu_s: tuple[float, ...] = ()


class FrameMeter:
    """Collects frames until a motion ends, and reports motions of at least `shortest` frames."""

    def __init__(
        self,
        report: Callable[[Burst], None] = lambda _burst: None,
        cpu_time: Callable[[], float] = lambda: 0.0,
        shortest: int = SHORTEST_BURST,
    ) -> None:
        """`cpu_time` returns the calling thread's CPU time in seconds."""
        self._report = report
        self._cpu_time = cpu_time
        self._shortest = shortest
        self._started = 0.0
        self._last_frame = 0.0
        self._work_s: list[float] = []
        self._cpu_s: list[float] = []
        self._cpu_began = 0.0

    @property
    def ends_at(self) -> float | None:
        """When the motion ends unless another frame comes; None while there is no motion to report."""
        return self._last_frame + GAP_S if len(self._work_s) >= self._shortest else None

    def begin_turn(self) -> None:
        """The main thread starts to work."""
        self._cpu_began = self._cpu_time()

    def add_frame(self, began: float, drawn_at: float, done: float) -> None:
        """Add a frame: the turn of the loop `began`, then it was drawn, and then it was `done`."""
        if drawn_at - self._last_frame > GAP_S:
            self.end_motion()
            self._started = drawn_at
        self._last_frame = drawn_at
        self._work_s.append(done - began)
        self._cpu_s.append(self._cpu_time() - self._cpu_began)

    def end_turn(self, now: float) -> None:
        """Report the motion if it is over."""
        if self.ends_at is not None and now >= self.ends_at:
            self.end_motion()

    def end_motion(self) -> None:
        """Report what was collected, if it is enough, and begin anew."""
        if len(self._work_s) >= self._shortest:
            self._report(Burst(self._started, self._last_frame, tuple(self._work_s), tuple(self._cpu_s)))
        self._work_s.clear()
        self._cpu_s.clear()
