"""Decides when a store's geofences are loaded, indexed and drawn again: a pure state machine.

Events and the time go in, commands come out; `FenceService` carries the commands out and reports how they ended. `now`
is in monotonic seconds, `wall` in seconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from tvapp.core.backoff import Backoff
from tvapp.fences.model.change import Change
from tvapp.fences.model.fence import Geofence, Skipped
from tvapp.fences.service.messages import FencesLoaded, FencesRestated, IndexBuilt
from tvapp.geo.position import Bounds

EVERYWHERE = Bounds(-180.0, -90.0, 180.0, 90.0)
RETRY = Backoff(first_s=5.0, ceiling_s=300.0)
SOONEST_RESTATING_S = 0.05
"""Keeps fences whose times are close together from costing a revision each."""


@dataclass(frozen=True, slots=True)
class Load:
    """Read the store; answer with `loaded`, `unchanged` or `load_failed`."""

    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Build:
    """Build the book and the index of `stored` with `changes` on top; answer with `built` or `build_failed`.

    What did not change may be taken from `older`. `loaded` is the load to report, unless it was reported before.
    """

    revision: int
    stored: tuple[Geofence, ...]
    changes: tuple[Change, ...]
    skipped: tuple[Skipped, ...]
    older: IndexBuilt | None
    loaded: FencesLoaded | None


@dataclass(frozen=True, slots=True)
class Watch:
    """Wait until the store says that it has changed; answer with `store_changed`. Many stores never do."""

    number: int


@dataclass(frozen=True, slots=True)
class ReportSkipped:
    """Report the features that could not be read."""

    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class Redraw:
    """Draw `revision` from now on: it differs from the one before within the boxes, or everywhere (None)."""

    revision: int
    changed: tuple[Bounds, ...] | None


Command: TypeAlias = Load | Build | Watch | ReportSkipped | Redraw | FencesRestated
"""A FencesRestated is to be passed on: redraw the map there."""


class FenceSync:
    """At most one load and one build at a time; the newest data is shown in the end, in whatever order they end.

    >>> sync = FenceSync(refresh_s=60.0, random=lambda: 0.5)
    >>> sync.load()
    [Load(number=1)]
    >>> sync.load()
    []
    >>> sync.unchanged(1, now=10.0)
    [Watch(number=1)]
    >>> sync.next_wakeup()
    70.0
    """

    def __init__(self, *, refresh_s: float, random: Callable[[], float]) -> None:
        """`refresh_s` is the pause after a load, 0: load only when told to. `random` returns a number in [0, 1)."""
        self._refresh_s = refresh_s
        self._random = random
        self.revision = 0
        """The revision that is drawn now."""
        self._issued = 0
        self._loads = 0
        self._watches = 0
        self._reset()

    def _reset(self) -> None:
        self.shown: IndexBuilt | None = None
        """The book and the index that are shown; None before the first were built."""
        self.stored: tuple[Geofence, ...] = ()
        """The geofences of the store, as last read."""
        self._is_stored_known = False
        self._skipped: tuple[Skipped, ...] = ()
        self._pending: tuple[Change, ...] = ()
        self._is_pending_known = True
        self._arrived: tuple[tuple[Change, int], ...] = ()
        """Changes that the store has, each with the load before it: a later one shows it."""
        self._phase: Literal["idle", "reading", "showing"] = "idle"
        """A load lasts until its geofences are shown."""
        self._is_load_due = False
        self._unreported: FencesLoaded | None = None
        self._building: int | None = None
        """The revision of the build under way."""
        self._is_build_due = False
        self._watching: int | None = None
        self._failures = 0
        self._load_at: float | None = None
        self._restate_at: float | None = None
        self._stated_at = 0.0
        self._redraw_at: float | None = None

    # -- what the app asks for --------------------------------------------------------------------------------------

    def load(self) -> list[Command]:
        """Read the store now, unless a load is under way."""
        if self._phase != "idle":
            return []
        self._phase = "reading"
        self._is_load_due = False
        self._load_at = None
        self._loads += 1
        return [Load(self._loads)]

    def load_anew(self) -> list[Command]:
        """Read the store now; again after a load under way, which may have read what was there before."""
        self._is_load_due = True
        return self.load()

    def expect_pending(self) -> None:
        """Build nothing before `set_pending`: an edit of what is out of date would collide with the viewer's own."""
        self._is_pending_known = False

    def set_pending(self, changes: Sequence[Change]) -> list[Command]:
        """Show these changes, which are on their way, on top of what the store holds."""
        was_known, self._is_pending_known = self._is_pending_known, True
        if tuple(changes) == self._pending and (was_known or not self._is_build_due):
            return []
        self._pending = tuple(changes)
        return self._build()

    def arrived(self, change: Change, source: str) -> list[Command]:
        """Show a change that is in the store by now, in the file `source`, until a load that begins now shows it."""
        self._arrived = (*self._arrived, (replace(change, source=source), self._loads))
        return self.load_anew()

    def holds(self, change: Change) -> bool:
        """Tell whether the store, read since our last change of this fence arrived, holds what a change begins with."""
        if any(arrived.geometry_id == change.geometry_id for arrived, _ in self._arrived):
            return False
        found = [fence.raw for fence in self.stored if fence.geometry_id == change.geometry_id]
        return change.before in found if change.before else not found

    def redraw(self) -> list[Command]:
        """Draw everything again, as a new revision: the size of the pixels has changed."""
        return self._draw(self._issue(), None)

    def forget(self) -> list[Command]:
        """Drop every geofence; answers to commands given before are ignored."""
        self._reset()
        return self._draw(self._issue(), None)

    # -- what happens -----------------------------------------------------------------------------------------------

    def expects_load(self, number: int) -> bool:
        """Tell whether the answer to a load is still wanted."""
        return self._phase == "reading" and number == self._loads

    def expects_build(self, revision: int) -> bool:
        """Tell whether the answer to a build is still wanted."""
        return revision == self._building

    def restored(self, fences: tuple[Geofence, ...]) -> list[Command]:
        """Show geofences of last time, as long as the store has not been read."""
        if self._is_stored_known:
            return []
        self.stored = fences
        return self._build()

    def loaded(self, message: FencesLoaded) -> list[Command]:
        """The store was read."""
        if not self.expects_load(message.load_number):
            return []
        commands: list[Command] = []
        if message.skipped != self._skipped:
            commands.append(ReportSkipped(message.skipped))
        self._is_stored_known = True
        self.stored, self._skipped = message.fences, message.skipped
        self._settle_arrived()
        self._unreported = message
        self._phase = "showing"
        return commands + self._build()

    def unchanged(self, number: int, now: float) -> list[Command]:
        """The store was read and holds nothing new."""
        if not self.expects_load(number):
            return []
        is_new = self._settle_arrived()
        return (self._build() if is_new else self._build_due()) + self._end_load(now)

    def load_failed(
        self, now: float, *, number: int | None = None, retry_after_s: float | None = None
    ) -> list[Command]:
        """The store could not be read by load `number` (None: by the one under way); what is shown stays."""
        if not self.expects_load(self._loads if number is None else number):
            return []
        return self._build_due() + self._fail_load(now, retry_after_s)

    def built(self, message: IndexBuilt, now: float, wall: float) -> list[Command]:
        """A build has ended: show it."""
        if not self.expects_build(message.revision):
            return []
        self._building = self._unreported = None
        self.shown = message
        if message.revision > self.revision:
            commands = self._draw(message.revision, message.changed)
        else:
            # Everything was redrawn meanwhile, from the former index.
            commands = self._draw(self._issue(), None)
            self._redraw_at = now
        # A restating that is overdue still has to compare with the moment before.
        if self._restate_at is None or now < self._restate_at:
            self._schedule_restating(now, wall)
        if self._is_build_due:
            return commands + self._build()
        return commands + (self._end_load(now) if self._phase == "showing" else [])

    def build_failed(self, now: float) -> list[Command]:
        """The build under way ended with an error that was not foreseen: build again after the next load."""
        if self._building is None:
            return []
        self._building = None
        self._is_build_due = True
        return self._fail_load(now, None) if self._phase == "showing" else []

    def store_changed(self, number: int) -> list[Command]:
        """The store says that it holds something else now."""
        if number != self._watching:
            return []
        self._watching = None
        return self.load_anew()

    def clock_set(self, now: float) -> None:
        """The wall clock was set, by which geofences are valid or not."""
        self._restate_at = now

    def tick(self, now: float, wall: float) -> list[Command]:
        """Do what is due."""
        commands: list[Command] = []
        if self._load_at is not None and now >= self._load_at:
            commands += self.load()
        if self._redraw_at is not None:
            self._redraw_at = None
            commands.append(FencesRestated((EVERYWHERE,), self.revision))
        elif (restate_at := self._when_to_restate()) is not None and now >= restate_at:
            commands += self._restate(now, wall)
        return commands

    def next_wakeup(self) -> float | None:
        """Tell when `tick` has something to do."""
        times = self._load_at, self._redraw_at, self._when_to_restate()
        return min((at for at in times if at is not None), default=None)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _build(self) -> list[Command]:
        if self._building is not None or not self._is_pending_known:
            self._is_build_due = True
            return []
        self._is_build_due = False
        self._building = self._issue()
        # What has arrived comes before what is still on its way.
        changes = (*(change for change, _ in self._arrived), *self._pending)
        return [Build(self._building, self.stored, changes, self._skipped, self.shown, self._unreported)]

    def _build_due(self) -> list[Command]:
        return self._build() if self._is_build_due else []

    def _settle_arrived(self) -> bool:
        """Drop the arrived changes that the load under way has read; True where there were any."""
        left = tuple((change, before) for change, before in self._arrived if before >= self._loads)
        settled, self._arrived = left != self._arrived, left
        return settled

    def _end_load(self, now: float) -> list[Command]:
        self._phase = "idle"
        self._failures = 0
        self._load_at = now + self._refresh_s if self._refresh_s > 0 else None
        return self.load() if self._is_load_due else self._watch()

    def _fail_load(self, now: float, retry_after_s: float | None) -> list[Command]:
        self._phase = "idle"
        self._load_at = now + RETRY.delay(self._failures, self._random(), retry_after_s)
        self._failures += 1
        return self._watch()

    def _watch(self) -> list[Command]:
        if self._watching is not None:
            return []
        self._watches += 1
        self._watching = self._watches
        return [Watch(self._watching)]

    def _when_to_restate(self) -> float | None:
        # A build has its revision already, which must stay the highest; the index of a load comes with the new times.
        return None if self._building is not None or self._phase != "idle" else self._restate_at

    def _restate(self, now: float, wall: float) -> list[Command]:
        changed = () if self.shown is None else self.shown.book.restated_bounds(self._stated_at, wall)
        self._schedule_restating(now, wall)
        if not changed:
            return []
        commands = self._draw(self._issue(), changed)
        return [*commands, FencesRestated(changed, self.revision)]

    def _schedule_restating(self, now: float, wall: float) -> None:
        self._stated_at = wall
        change = None if self.shown is None else self.shown.book.next_change(wall)
        self._restate_at = None if change is None else now + max(SOONEST_RESTATING_S, change - wall)

    def _draw(self, revision: int, changed: tuple[Bounds, ...] | None) -> list[Command]:
        self.revision = revision
        return [Redraw(revision, changed)]

    def _issue(self) -> int:
        self._issued += 1
        return self._issued
