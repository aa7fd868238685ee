"""Begins and ends troubles: network, services, display, disk."""

from __future__ import annotations

import random
import resource
from collections.abc import Callable
from pathlib import Path

from scripts.simulation.rig import Simulation

SIZES = ((960, 540), (480, 270), (800, 450))
STEPS_S = (-30 * 86_400.0, -3 * 3600.0, -130.0, 130.0, 3600.0, 2 * 86_400.0)
ENDPOINTS = ("tile", "tile", "map-data", "attribution", "refresh", "token", "discovery")
LASTING: tuple[dict[str, object], ...] = (
    {"status": 429, "retry_after": 5},
    {"status": 429, "retry_after": 90},
    {"status": 429, "retry_after": "date:60"},
    {"status": 500},
    {"status": 503},
    {"status": 503, "retry_after": 30},
    {"status": 401},
    {"html": True},
    {"reset": "before"},
    {"reset": "headers"},
    {"reset": "after"},
    {"truncate": 0.5},
    {"bad_bytes": True},
)
SLOW: tuple[dict[str, object], ...] = ({"delay_s": 0.5}, {"drip_s": 0.3})
"""Slow answers take real time, so only a few are slow."""
MOST_SLOW = 12


class Troubles:
    """Begins and ends the troubles that `plan` names; knows which are in force."""

    def __init__(self, tv: Simulation, rng: random.Random) -> None:
        self._tv = tv
        self._rng = rng
        self._size = tv.display.size
        self._limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        self._ways: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
            "network": (tv.cut_network, tv.restore_network),
            "storm": (self._begin_storm, tv.cloud.clear),
            "resolution": (self._other_size, self._usual_size),
            "disk-full": (self._fill_disk, self._free_disk),
            "disk-gone": (self._take_disk, self._give_disk),
            "wall-clock": (self._step_wall, self._right_wall),
        }
        self.in_force: set[str] = set()

    def begin(self, kind: str) -> None:
        """Begin a trouble."""
        self.in_force.add(kind)
        self._ways[kind][0]()

    def end(self, kind: str) -> None:
        """End a trouble."""
        if kind in self.in_force:
            self.in_force.remove(kind)
            self._ways[kind][1]()

    def end_all(self) -> None:
        """End all troubles."""
        for kind in tuple(self.in_force):
            self.end(kind)

    def lose_display(self, kind: str) -> None:
        """Lose the renderer's textures, or the display as a whole, which comes back at once."""
        if kind == "pictures":
            self._tv.display.lose_textures()
        else:
            self._tv.display.replace()

    def _begin_storm(self) -> None:
        for _ in range(self._rng.randint(2, 5)):
            endpoint = self._rng.choice(ENDPOINTS)
            if self._rng.random() < 0.2:
                self._tv.fault(endpoint, **self._rng.choice(SLOW), times=self._rng.randint(2, MOST_SLOW))
            else:
                times = self._rng.choice((0, self._rng.randint(1, 20)))
                self._tv.fault(endpoint, **self._rng.choice(LASTING), times=times)

    def _other_size(self) -> None:
        self._tv.resize(*self._rng.choice(SIZES))

    def _usual_size(self) -> None:
        self._tv.resize(*self._size)

    def _fill_disk(self) -> None:
        """Let every write to a file fail, as on a full disk (with EFBIG: only root can arrange ENOSPC)."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, self._limit[1]))

    def _free_disk(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limit)

    def _take_disk(self) -> None:
        """Act as if the data folder was unmounted: opening a file in it fails."""
        self._tv.data_dir.rename(self._elsewhere)
        self._tv.data_dir.write_bytes(b"")

    def _give_disk(self) -> None:
        self._tv.data_dir.unlink()
        self._elsewhere.rename(self._tv.data_dir)

    @property
    def _elsewhere(self) -> Path:
        return self._tv.data_dir.with_name("elsewhere")

    def _step_wall(self) -> None:
        self._tv.clock.step_wall(self._rng.choice(STEPS_S))

    def _right_wall(self) -> None:
        self._tv.clock.step_wall(-self._tv.clock.wall_error_s)
