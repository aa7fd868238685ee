"""A viewer with a remote: looks around, opens panels, draws now and then, and tidies up afterwards."""

from __future__ import annotations

import random
from collections import Counter

from scripts.simulation.rig import Simulation

ARROWS = ("left", "right", "up", "down")
LONG_S = 0.8
MOST_BACKS = 10
TOUR_S = (60.0, 180.0)
LOOK_S = (20.0, 300.0)
KEPT_WITHIN_S = 30.0


class Viewer:
    """Presses keys. Any screen may be open, so every errand starts by going back to the map."""

    def __init__(self, tv: Simulation, rng: random.Random) -> None:
        self._tv = tv
        self._rng = rng
        self.done: Counter[str] = Counter()
        """The number of errands of each kind, and the results of drawing."""

    def do(self, errand: str) -> None:
        """Do one errand, and leave the map as it was except for its view."""
        if not self.go_to_map():
            self.done["no map"] += 1
            return
        self.done[errand] += 1
        getattr(self, f"_{errand}")()
        self.go_to_map()

    def go_to_map(self) -> bool:
        """Close everything that covers the map; False if there is no map (a sign-in is needed)."""
        for _ in range(MOST_BACKS):
            if self._tv.panel == "map":
                return True
            self._tv.press("back")
        return self._tv.panel == "map"

    def go_home(self) -> None:
        """Drop the selection and return to the home view."""
        self._choose("left", "left", "left")
        self.go_to_map()

    def glance(self) -> None:
        """Zoom in and out again: both views need tiles."""
        self._tv.press("zoom-in")
        self._tv.run_for(5)
        self._tv.press("zoom-out")

    def _look(self) -> None:
        self._tv.run_for(self._rng.uniform(*LOOK_S))

    def _pan(self) -> None:
        for _ in range(self._rng.randint(1, 4)):
            self._tv.press(self._rng.choice(ARROWS), held_s=self._rng.uniform(0.1, 2.0))
            self._tv.run_for(self._rng.uniform(1, 20))
        self._look()
        if self._rng.random() < 0.5:
            self.go_home()

    def _zoom(self) -> None:
        first, then = self._rng.choice((("zoom-in", "zoom-out"), ("zoom-out", "zoom-in")))
        times = self._rng.randint(1, 3)
        for key in (first, then):
            for _ in range(times):
                self._tv.press(key)
                self._tv.run_for(self._rng.uniform(1, 5))
            self._look()

    def _layers(self) -> None:
        """Choose another base map or overlay for a while; the same keys again take it back."""
        if self._rng.random() < 0.5:
            times = self._rng.randint(1, 3)
            there, back = ["right"] * times, ["left"] * times
        else:
            there = back = ["down", *["right"] * self._rng.randint(0, 2)]
        for way in (there, back):
            if self._choose("right", "right"):
                self._tv.press(*way, "ok")
                self._tv.run_for(10)
                self.go_to_map()
                self._look()

    def _drawer(self) -> None:
        if self._choose():
            self._tv.press(*["down"] * self._rng.randint(1, 6))
            self._tv.run_for(5)
            self._tv.press("ok")
            self._look()
            self.go_to_map()
            self._tv.press("back")

    def _select(self) -> None:
        self._tv.press("ok")
        self._look()
        self._tv.press("back")

    def _tour(self) -> None:
        self._tv.press("play")
        self._tv.run_for(self._rng.uniform(*TOUR_S))
        self._tv.press("back")
        self.go_home()

    def _draw(self) -> bool:
        """Draw a circle under the crosshair; True once it is on the disk."""
        if not self._choose("right"):
            return False
        self._tv.press("ok")
        self._tv.run_for(1)
        self._tv.press("ok", *["up"] * self._rng.randint(0, 3), "ok")
        self._tv.press(*["down"] * self._rng.randint(0, 3), "ok")
        self._tv.press("ok")
        before = len(self._tv.events.named("geofence.change_kept"))
        self._tv.run_for(KEPT_WITHIN_S)
        is_kept = self._tv.panel == "map" or len(self._tv.events.named("geofence.change_kept")) > before
        self.done["drawn" if is_kept else "not drawn"] += 1
        return is_kept

    def _undo(self) -> None:
        if self._draw() and self.go_to_map():
            self._tv.press("back")
            self.go_to_map()
            if self._choose("right"):
                self._tv.press("down", "ok")
                self._look()

    def _delete(self) -> None:
        if self._draw() and self.go_to_map():
            self._tv.press("ok", held_s=LONG_S)
            self._tv.run_for(1)
            if self._tv.panel == "details":
                self._tv.press("right", "ok", "down", "left", "ok", "right", "ok")
                self._look()

    def _choose(self, *way: str) -> bool:
        """Open the action bar and press keys in it; False if it does not open."""
        self._tv.press("menu")
        if self._tv.panel != "action-bar":
            return False
        self._tv.press(*way, "ok")
        return True
