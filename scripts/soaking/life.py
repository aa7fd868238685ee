"""Simulates the days: carries out the plan, checks that the map recovers from each trouble, and takes readings."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scripts.simulation.rig import Simulation
from scripts.soaking import figures
from scripts.soaking.plan import DAY_S, Planned, plan_day
from scripts.soaking.troubles import Troubles
from scripts.soaking.viewer import Viewer
from scripts.soaking.world import OtherPeople
from tvapp.ui.words.english import SENTENCES

RECOVERS_WITHIN_S = 1800.0
LOOK_EVERY_S = 30.0
SETTLES_WITHIN_S = 120.0
REST_S = 300.0
ANSWERED_AFTER_S = (60.0, 3600.0)
KEPT_CRASHES = 20

NOTICES = tuple(
    text.partition("{")[0].strip()
    for key, text in SENTENCES.items()
    if key.startswith("notice.") and "advice" not in key and text.partition("{")[0].strip()
)
"""The notices of the map while something does not work."""


@dataclass(slots=True)
class Diary:
    """The result of the days."""

    readings: list[figures.Reading] = field(default_factory=list)
    crashes: list[dict[str, object]] = field(default_factory=list)
    unsettled: list[dict[str, object]] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    still_requests: list[int] = field(default_factory=list)
    """Tile requests in the half hour of each night in which nothing moves: no overlay is on (it would be refreshed), no
    changed geofence arrives (its tiles would be composed anew and their base tiles revalidated)."""
    frames: int = 0
    longest_frame_ms: float = 0.0
    longest_frame_cpu_ms: float = 0.0


class Life:
    """One TV, one viewer, other people, and troubles."""

    def __init__(self, tv: Simulation, fences: int, seed: int, say: Callable[[str], None]) -> None:
        self._tv = tv
        self._rng = random.Random(seed)
        self._say = say
        self._began = tv.now
        self.viewer = Viewer(tv, self._rng)
        self.troubles = Troubles(tv, self._rng)
        self.people = OtherPeople(tv.cloud, fences, self._rng)
        self.diary = Diary()
        self._quiet_tiles = 0
        self._quiet_loads = 0
        self._overlays_on = False
        self._lived_in = figures.memory()

    def begin(self) -> None:
        """Sign in and wait for the first map."""
        self.people.tidy()
        self._tv.approve()
        self._tv.settle()
        self._tv.run_until(lambda: self._tv.events.named("geofences.loaded"))
        self._began = self._tv.now

    def live(self, day: int) -> None:
        """Simulate one day; the first one is day 0, a Monday."""
        for planned in plan_day(day, self._rng):
            self._pass_time_to(self._began + day * DAY_S + planned.at)
            self._do(day, planned)
        self._pass_time_to(self._began + (day + 1) * DAY_S)
        self._write_up(day)

    def _pass_time_to(self, moment: float) -> None:
        """Let time pass; a code on the screen is approved after a while."""
        while self._tv.now < moment:
            self._tv.run_for(min(moment - self._tv.now, DAY_S / 24))
            if self._needs_sign_in():
                self._sign_in()

    def _do(self, day: int, planned: Planned) -> None:
        match planned:
            case Planned(_, "view", kind):
                self.viewer.do(kind)
            case Planned(_, "change"):
                self.people.change()
            case Planned(_, "begin", kind):
                self.diary.troubles[kind] += 1
                self.troubles.begin(kind)
                if self.viewer.go_to_map():
                    self.viewer.glance()
            case Planned(_, "end", kind):
                self.troubles.end(kind)
                self._recover(day, kind)
            case Planned(_, "revoke"):
                self.diary.troubles["revoked"] += 1
                self._tv.cloud.revoke(access=True)
                self.viewer.glance()
                self._tv.run_for(self._rng.uniform(*ANSWERED_AFTER_S))
                self._recover(day, "revoked")
            case Planned(_, "display", kind):
                self.diary.troubles[f"display {kind}"] += 1
                self.troubles.lose_display(kind)
                self._recover(day, f"display {kind}")
            case Planned(_, "tidy"):
                self.people.tidy()
                self._lived_in = figures.memory()
                if self.viewer.go_to_map():
                    self.viewer.go_home()
                self._tv.run_for(2 * REST_S)
                self._quiet_tiles = self._tv.cloud.count("tile")
                self._quiet_loads = self._loads()
            case Planned(_, "measure"):
                self._measure(day)

    def _recover(self, day: int, kind: str) -> None:
        """Check that the map is whole again after a trouble, unless another one goes on."""
        if self.troubles.in_force:
            return
        until = self._tv.now + RECOVERS_WITHIN_S
        try:
            while (why := self._trouble_on_screen()) and self._tv.now < until:
                if self._needs_sign_in():
                    self._sign_in()
                self._tv.run_for(LOOK_EVERY_S)
            assert not why, why
            assert self.viewer.go_to_map(), f"no map, but {self._tv.panel}"
            self._tv.press("zoom-in")
            self._tv.settle(within_s=SETTLES_WITHIN_S)
            self._tv.press("zoom-out")
            self._tv.settle(within_s=SETTLES_WITHIN_S)
        except AssertionError as error:
            self.diary.unsettled.append({"day": day, "after": kind, "why": str(error)[:2000]})
            self._say(f"  day {day}: not settled after {kind}: {str(error)[:300]}")

    def _trouble_on_screen(self) -> str:
        shown = " ".join(self._tv.text_on_screen())
        return next((notice for notice in NOTICES if notice in shown), "") or (
            f"panel {self._tv.panel}" if self._needs_sign_in() else ""
        )

    def _needs_sign_in(self) -> bool:
        return self._tv.panel == "sign-in" and "network" not in self.troubles.in_force

    def _sign_in(self) -> None:
        """Approve the code on the screen; after hours with nobody there the screen wants a key first."""
        self._tv.run_for(10)
        if not self._tv.cloud.pending():
            self._tv.press("ok")
            self._tv.run_for(10)
        if codes := self._tv.cloud.pending():
            self._tv.cloud.approve(codes[-1]["user_code"], "aino")
            self._tv.run_for(30)

    def _measure(self, day: int) -> None:
        is_still = not self._has_overlays() and self._loads() == self._quiet_loads
        if is_still:
            self.diary.still_requests.append(self._tv.cloud.count("tile") - self._quiet_tiles)
        canvas = self._tv.display.canvas
        pictures, size_bytes = len(canvas.textures), canvas.textures.size_bytes
        # The number of textures depends on where the viewer has looked, so memory is compared without them.
        canvas.forget()
        self.diary.readings.append(figures.read(day, self._lived_in, pictures, size_bytes))
        self.troubles.lose_display("pictures")

    def _loads(self) -> int:
        return len(self._tv.events.named("geofences.loaded"))

    def _has_overlays(self) -> bool:
        """Tell whether traffic or weather is on, according to the log of the day."""
        chosen = self._tv.events.named("layers.chosen")
        if chosen:
            self._overlays_on = bool(chosen[-1]["overlays"])
        return self._overlays_on

    def _write_up(self, day: int) -> None:
        """Count the logged events and drop them: they must not count as the app's memory."""
        self._has_overlays()  # kept for the next night
        diary, display = self.diary, self._tv.display
        diary.events.update(name for name, _ in self._tv.events.events)
        for name, fields in self._tv.defects()[:KEPT_CRASHES]:
            diary.crashes.append({"day": day, "event": name, **_plain(fields)})
        self._tv.forget_events()
        diary.frames += len(display.frame_times)
        diary.longest_frame_ms = max(
            [diary.longest_frame_ms, *(round(frame.work_s * 1000, 1) for frame in display.frame_times)]
        )
        diary.longest_frame_cpu_ms = max(
            [diary.longest_frame_cpu_ms, *(round(frame.cpu_s * 1000, 1) for frame in display.frame_times)]
        )
        display.frame_times.clear()


def _plain(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: str(value)[:500] for name, value in fields.items()}
