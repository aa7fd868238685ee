"""Changes on their way to the store: kept on disk first, then sent in order; what failed, collided or was refused.

A state machine: what happened and the time go in, commands come out. It does nothing itself, so nights without a
network are tested in milliseconds. Times are monotonic seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from tvapp.core.backoff import Backoff
from tvapp.core.errors import DataError, ServiceError, TvappError
from tvapp.fences.model.change import Change, Conflicting, Outcome, Step
from tvapp.fences.outbox.verdict import verdict

PACE = Backoff(first_s=2.0, ceiling_s=120.0)
MOST_WAITING = 1_000
"""Changes that wait at the same time; a store that stays away for so long is looked after by now."""
REMEMBERED = MOST_WAITING + 200
"""Changes that are remembered, waiting or gone, for edits of what the screen showed before."""

State = Literal["waiting", "refused", "conflict"]
Resolution = Literal["mine", "theirs"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the store will not take a change: the class of our error, and what the service said."""

    error: str
    status: int = 0
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change in the outbox, as it is kept on disk.

    `number` is its place in the order and its name on disk. `resume` is the store's note of where to go on; `is_tried`
    says that an attempt may have gone out whose end is not known. `theirs` is what collided with it, None where nothing
    did.
    """

    number: int
    change: Change
    state: State = "waiting"
    resume: str = ""
    is_tried: bool = False
    refusal: Refusal | None = None
    theirs: bytes | None = field(default=None, repr=False)

    @property
    def is_stuck(self) -> bool:
        """Tell whether it waits for the viewer, rather than for the store."""
        return self.state != "waiting"

    @property
    def fence(self) -> tuple[str, str]:
        """Which geofence it is about: entries of one fence follow one another."""
        return self.change.source, self.change.geometry_id


@dataclass(frozen=True, slots=True)
class Keep:
    """Bring an entry to the disk, replacing what was there under its number; answer with `kept`."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Drop:
    """Take an entry off the disk; answer with `dropped`."""

    number: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send an entry's change; answer with `noted`, then `ended` or `failed`."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Arrived:
    """A change is in the store, in the file `source`."""

    change: Change
    source: str


Command: TypeAlias = Keep | Drop | Send | Arrived


class Outbox:
    """The entries in order. `entries` shows them to the screen; nothing is sent before it is on disk."""

    def __init__(self, entries: Iterable[Entry] = (), random: Callable[[], float] = lambda: 0.5, last: int = 0) -> None:
        self.entries: tuple[Entry, ...] = tuple(sorted(entries, key=lambda entry: entry.number))
        self.sending: int | None = None
        """The number of the entry that is being sent."""
        self.step: Step | None = None
        self.error: TvappError | None = None
        """Why the last attempt failed; None while all goes well."""
        self._random = random
        self._next_number = max(last, *(entry.number for entry in self.entries), 0) + 1
        self._unkept: set[int] = set()
        self._leaving: set[int] = set()
        self._failures = 0
        self._not_before = 0.0
        self._is_blocked = False
        self._made: deque[tuple[str, bytes, bytes]] = deque(
            ((entry.change.geometry_id, entry.change.before, entry.change.after) for entry in self.entries),
            maxlen=REMEMBERED,
        )
        self._moved: dict[tuple[str, str], str] = {}

    def precede(self, entries: Iterable[Entry]) -> None:
        """Put entries before all others: those on the disk, when it could not be read before."""
        self.entries = (*sorted(entries, key=lambda entry: entry.number), *self.entries)

    @property
    def is_full(self) -> bool:
        return len(self.entries) >= MOST_WAITING

    def is_kept(self, number: int) -> bool:
        """Tell whether an entry is on disk as it is now."""
        return number not in self._unkept

    def get(self, number: int) -> Entry | None:
        """Return an entry; None once it has left."""
        return next((entry for entry in self.entries if entry.number == number), None)

    # -- what the viewer does ---------------------------------------------------------------------------------------

    def submit(self, change: Change, now: float, *, is_current: bool = False) -> list[Command]:
        """Take a confirmed change. It joins one of the same fence that has not gone out yet.

        `is_current`: the store was read since our last change of this fence arrived, and holds what the viewer saw.
        """
        if is_current and not any(entry.change.geometry_id == change.geometry_id for entry in self.entries):
            # What we made of it before was given up, or somebody took it back; making it once more is no repetition.
            left = [made for made in self._made if made[0] != change.geometry_id]
            self._made = deque(left, maxlen=REMEMBERED)
        present = self._up_to_date(change)
        if present is None:
            return []
        change = present
        self._made.append((change.geometry_id, change.before, change.after))
        last = next((entry for entry in reversed(self.entries) if _follows(entry, change)), None)
        if last is None or last.is_tried:
            entry = Entry(self._next_number, change)
            self._next_number += 1
            self.entries = (*self.entries, entry)
            return self._keep(entry) + self.tick(now)
        if last.change.before == change.after:
            return self._remove(last) + self.tick(now)
        joined = replace(last, change=replace(last.change, after=change.after, at=change.at))
        # What was refused is tried again with the new content; a conflict still needs a decision.
        if last.state == "refused":
            joined = replace(joined, state="waiting", refusal=None)
        return self._replace(joined) + self.tick(now)

    def retry(self, number: int, now: float) -> list[Command]:
        """Try a refused change once more."""
        entry = self.get(number)
        if entry is None or entry.state != "refused":
            return []
        self._failures, self._not_before = 0, now
        return self._replace(replace(entry, state="waiting", refusal=None)) + self.tick(now)

    def discard(self, number: int, now: float) -> list[Command]:
        """Give up a change that was refused, or collided."""
        entry = self.get(number)
        if entry is None or not entry.is_stuck:
            return []
        return self._remove(entry) + self.tick(now)

    def resolve(self, number: int, how: Resolution, now: float) -> list[Command]:
        """Settle a conflict: put ours on top of theirs, or take theirs."""
        entry = self.get(number)
        if entry is None or entry.state != "conflict":
            return []
        if how == "theirs" or (not entry.theirs and not entry.change.after):
            return self.discard(number, now)
        change = replace(entry.change, before=entry.theirs or b"")
        return self._replace(replace(entry, change=change, state="waiting", theirs=None)) + self.tick(now)

    def keep_both(self, number: int, geometry_id: str, feature: bytes, now: float) -> list[Command]:
        """Settle a conflict: theirs stays, ours becomes a fence of its own (`feature`, under a new id)."""
        entry = self.get(number)
        if entry is None or entry.state != "conflict" or not entry.change.after:
            return []
        change = replace(
            entry.change, id=f"{entry.change.id}-copy", source="", geometry_id=geometry_id, before=b"", after=feature
        )
        return self._replace(Entry(entry.number, change)) + self.tick(now)

    # -- what the edge reports --------------------------------------------------------------------------------------

    def kept(self, entry: Entry, now: float) -> list[Command]:
        """An entry is on disk (or, where the disk takes nothing, as safe as it gets)."""
        if self.get(entry.number) is entry:
            self._unkept.discard(entry.number)
        return self.tick(now)

    def dropped(self, number: int, now: float) -> list[Command]:
        """An entry is off the disk."""
        self._leaving.discard(number)
        return self.tick(now)

    def noted(self, number: int, step: Step) -> list[Command]:
        """The store says how far it is; what it wants to remember goes to the disk."""
        if number != self.sending:
            return []
        self.step = step
        entry = self.get(number)
        if entry is None or not step.resume or entry.resume == step.resume:
            return []
        return self._replace(replace(entry, resume=step.resume))

    def ended(self, number: int, outcome: Outcome, now: float) -> list[Command]:
        """The attempt came to an end: the change is in the store, or somebody else's is."""
        if number != self.sending:
            return []
        self.sending = self.step = None
        self._went_well()
        entry = self.get(number)
        if entry is None:
            return self.tick(now)
        if isinstance(outcome, Conflicting):
            return self._stop(entry, state="conflict", theirs=outcome.theirs) + self.tick(now)
        # In this order a cut in between leaves something to be sent once more, and loses nothing.
        commands: list[Command] = []
        followers = self._followers(entry)
        for follower in self.entries:
            # In a file there may be two of one id; as long as the store has named none, there is one: ours.
            is_same = not entry.change.source and follower.fence == entry.fence and follower.number > entry.number
            if (is_same or follower in followers) and follower.change.source != outcome.source:
                commands += self._replace(replace(follower, change=replace(follower.change, source=outcome.source)))
        if outcome.source != entry.change.source:
            self._moved[entry.fence] = outcome.source
        commands += self._remove(entry)
        commands.append(Arrived(entry.change, outcome.source))
        return commands + self.tick(now)

    def failed(self, number: int, error: TvappError, now: float) -> list[Command]:
        """The attempt failed: for now, or for good."""
        if number != self.sending:
            return []
        self.sending = self.step = None
        self.error = error
        entry = self.get(number)
        judged = verdict(error)
        if judged == "refused" and entry is not None:
            self._went_well()
            return self._stop(entry, state="refused", refusal=refusal(error)) + self.tick(now)
        self._is_blocked = judged == "sign-in"
        self._not_before = now + PACE.delay(self._failures, self._random(), getattr(error, "retry_after_s", None))
        self._failures += 1
        return self.tick(now)

    def hurry(self, now: float) -> list[Command]:
        """The network is back, or somebody signed in: try at once."""
        self._failures, self._not_before, self._is_blocked = 0, now, False
        return self.tick(now)

    def tick(self, now: float) -> list[Command]:
        """Send what is due: the oldest entry that waits, one at a time."""
        entry = self._due()
        if entry is None or self._is_blocked or now < self._not_before:
            return []
        entry = self._put(replace(entry, is_tried=True))
        self.sending = entry.number
        self.step = Step("sending")
        return [Send(entry)]

    def next_wakeup(self) -> float | None:
        """Tell when `tick` has something to do."""
        return None if self._is_blocked or self._due() is None else self._not_before

    # -- parts ------------------------------------------------------------------------------------------------------

    def _due(self) -> Entry | None:
        # What arrived has to be off the disk before the next goes out: after a cut in between, the first of two edits
        # of one fence would meet the second one in the store.
        if self.sending is not None or self._leaving:
            return None
        held: set[tuple[str, str]] = set()
        for entry in self.entries:
            if entry.state == "waiting" and entry.fence not in held:
                return entry if self.is_kept(entry.number) else None
            held.add(entry.fence)
        return None

    def _up_to_date(self, change: Change) -> Change | None:
        """Return a change as one of the fence as it is by now; None where nothing is left to do.

        The screen may still have shown what an earlier change has made different.
        """
        before = change.before
        for geometry_id, former, later in self._made:
            if geometry_id == change.geometry_id and former == before:
                before = later
        if before == change.after:
            return None
        source = self._moved.get((change.source, change.geometry_id), change.source)
        for entry in self.entries:
            # It is in the store already, under the name that it got there, and we were not told yet.
            if entry.fence == ("", change.geometry_id) and entry.change.after == before:
                source = ""
        return replace(change, before=before, source=source)

    def _followers(self, entry: Entry) -> list[Entry]:
        """Return later changes of the same fence, each of which builds on the one before."""
        found: list[Entry] = []
        for each in self.entries:
            if each.number > entry.number and _follows(found[-1] if found else entry, each.change):
                found.append(each)
        return found

    def _stop(
        self, entry: Entry, *, state: State, theirs: bytes | None = None, refusal: Refusal | None = None
    ) -> list[Command]:
        """Let an entry wait for the viewer, together with the later changes that build on it."""
        followers = self._followers(entry)
        change = followers[-1].change if followers else entry.change
        commands: list[Command] = []
        if change.after != entry.change.before:
            joined = replace(entry.change, after=change.after, at=change.at)
            # What the store noted stays: a refusal may have come between an upload and asking what became of it.
            commands += self._replace(Entry(entry.number, joined, state, entry.resume, refusal=refusal, theirs=theirs))
        else:
            followers = [entry, *followers]
        # The whole is on disk before its parts go.
        for follower in followers:
            commands += self._remove(follower)
        return commands

    def _keep(self, entry: Entry) -> list[Command]:
        self._unkept.add(entry.number)
        return [Keep(entry)]

    def _replace(self, entry: Entry) -> list[Command]:
        return self._keep(self._put(entry))

    def _put(self, entry: Entry) -> Entry:
        self.entries = tuple(entry if each.number == entry.number else each for each in self.entries)
        return entry

    def _remove(self, entry: Entry) -> list[Command]:
        self.entries = tuple(each for each in self.entries if each.number != entry.number)
        self._unkept.discard(entry.number)
        self._leaving.add(entry.number)
        return [Drop(entry.number)]

    def _went_well(self) -> None:
        self._failures, self._not_before, self._is_blocked = 0, 0.0, False
        self.error = None


def _follows(entry: Entry, change: Change) -> bool:
    """Tell whether a change builds on an entry's: the same fence, as the entry leaves it."""
    return entry.fence == (change.source, change.geometry_id) and entry.change.after == change.before


def refusal(error: TvappError) -> Refusal:
    """Return what is remembered of an error."""
    name = type(error).__name__
    match error:
        case ServiceError(status=status, code=code, message=message):
            return Refusal(name, status, code, message)
        case DataError(reason=reason):
            return Refusal(name, message=reason)
    return Refusal(name, message=str(error))
