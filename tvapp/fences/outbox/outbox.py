"""The changes on their way to the store: saved first, then sent in order; those that were refused or collided.

A pure state machine: events and the time go in, commands come out, so that a night without a network is tested in
milliseconds. Times are monotonic seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from tvapp.core.backoff import Backoff
from tvapp.core.errors import DataError, ServiceError, TvappError
from tvapp.fences.model.change import Change, Conflicting, Outcome, Step
from tvapp.fences.outbox.failure_policy import next_step

RETRY = Backoff(first_s=2.0, ceiling_s=120.0)
MOST_WAITING = 1_000
"""Changes that may wait at the same time."""
REMEMBERED = MOST_WAITING + 200
"""Changes that are remembered, waiting or sent, to bring edits of an older version up to date."""

State = Literal["waiting", "refused", "conflict"]
Resolution = Literal["mine", "theirs"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the store refused a change: the class of our error, and the answer of the service."""

    error: str
    status: int = 0
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change in the outbox, as it is saved.

    `number` is its place in the order and the name of its file. `resume` is the store's note of where to go on.
    `is_tried`: an attempt may have been sent whose outcome is not known. `theirs` is the Feature that it collided with,
    None where it did not.
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
        """Tell whether it waits for the viewer rather than for the store."""
        return self.state != "waiting"

    @property
    def fence(self) -> tuple[str, str]:
        """The file and the id of its geofence: entries of one fence are sent one after the other."""
        return self.change.source, self.change.geometry_id


@dataclass(frozen=True, slots=True)
class Save:
    """Write an entry to the disk, in place of the one of the same number; answer with `saved`."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an entry from the disk; answer with `deleted`."""

    number: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send the change of an entry; answer with `step_reported`, then with `ended` or `failed`."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Arrived:
    """A change is in the store, in the file `source`."""

    change: Change
    source: str


Command: TypeAlias = Save | Delete | Send | Arrived


class Outbox:
    """The entries in order, at most one of which is being sent. Nothing is sent before it is saved."""

    def __init__(self, entries: Iterable[Entry] = (), random: Callable[[], float] = lambda: 0.5, last: int = 0) -> None:
        self.entries: tuple[Entry, ...] = tuple(sorted(entries, key=lambda entry: entry.number))
        self.sending: int | None = None
        """The number of the entry that is being sent."""
        self.step: Step | None = None
        self.error: TvappError | None = None
        """Why the last attempt failed; None after a success."""
        self._random = random
        self._next_number = max(last, *(entry.number for entry in self.entries), 0) + 1
        self._unsaved: set[int] = set()
        self._deleting: set[int] = set()
        self._failures = 0
        self._not_before = 0.0
        self._is_blocked = False
        self._made: deque[tuple[str, bytes, bytes]] = deque(
            ((entry.change.geometry_id, entry.change.before, entry.change.after) for entry in self.entries),
            maxlen=REMEMBERED,
        )
        self._moved: dict[tuple[str, str], str] = {}

    def prepend(self, entries: Iterable[Entry]) -> None:
        """Put entries before all others: those of a disk that could not be read at first."""
        self.entries = (*sorted(entries, key=lambda entry: entry.number), *self.entries)

    @property
    def is_full(self) -> bool:
        return len(self.entries) >= MOST_WAITING

    def is_saved(self, number: int) -> bool:
        """Tell whether an entry is on the disk as it is now."""
        return number not in self._unsaved

    def get(self, number: int) -> Entry | None:
        """Return an entry; None once it has left."""
        return next((entry for entry in self.entries if entry.number == number), None)

    # -- what the viewer does ---------------------------------------------------------------------------------------

    def submit(self, change: Change, now: float, *, is_current: bool = False) -> list[Command]:
        """Add a change that the viewer has confirmed, or merge it into one of the same fence that was not sent yet.

        `is_current`: the store was read since our last change of this fence arrived, and holds what the viewer saw.
        """
        if is_current and not any(entry.change.geometry_id == change.geometry_id for entry in self.entries):
            # Our earlier edits of it were given up or reverted, so the same edit is a new one.
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
            return self._save(entry) + self.tick(now)
        if last.change.before == change.after:
            return self._remove(last)
        merged = replace(last, change=replace(last.change, after=change.after, at=change.at))
        # A refused change is tried again with the new content; a conflict still needs a decision.
        if last.state == "refused":
            merged = replace(merged, state="waiting", refusal=None)
        return self._replace(merged) + self.tick(now)

    def retry(self, number: int, now: float) -> list[Command]:
        """Try a refused change again."""
        entry = self.get(number)
        if entry is None or entry.state != "refused":
            return []
        self._failures, self._not_before = 0, now
        return self._replace(replace(entry, state="waiting", refusal=None)) + self.tick(now)

    def discard(self, number: int, now: float) -> list[Command]:
        """Give up a change that was refused or collided."""
        entry = self.get(number)
        if entry is None or not entry.is_stuck:
            return []
        return self._remove(entry) + self.tick(now)

    def resolve(self, number: int, how: Resolution, now: float) -> list[Command]:
        """Settle a conflict: replace their version by ours, or keep theirs."""
        entry = self.get(number)
        if entry is None or entry.state != "conflict":
            return []
        if how == "theirs" or (not entry.theirs and not entry.change.after):
            return self.discard(number, now)
        change = replace(entry.change, before=entry.theirs or b"")
        return self._replace(replace(entry, change=change, state="waiting", theirs=None)) + self.tick(now)

    def keep_both(self, number: int, geometry_id: str, feature: bytes, now: float) -> list[Command]:
        """Settle a conflict: keep their version, and add ours as another fence (`feature`, under a new id)."""
        entry = self.get(number)
        if entry is None or entry.state != "conflict" or not entry.change.after:
            return []
        change = replace(
            entry.change, id=f"{entry.change.id}-copy", source="", geometry_id=geometry_id, before=b"", after=feature
        )
        return self._replace(Entry(entry.number, change)) + self.tick(now)

    # -- what the edge reports --------------------------------------------------------------------------------------

    def saved(self, entry: Entry, now: float) -> list[Command]:
        """An entry is on the disk, or the disk cannot be written and nothing is to wait for it."""
        if self.get(entry.number) is entry:
            self._unsaved.discard(entry.number)
        return self.tick(now)

    def deleted(self, number: int, now: float) -> list[Command]:
        """An entry is off the disk."""
        self._deleting.discard(number)
        return self.tick(now)

    def step_reported(self, number: int, step: Step) -> list[Command]:
        """The store reports its progress; its note of where to go on is saved."""
        if number != self.sending:
            return []
        self.step = step
        entry = self.get(number)
        if entry is None or not step.resume or entry.resume == step.resume:
            return []
        return self._replace(replace(entry, resume=step.resume))

    def ended(self, number: int, outcome: Outcome, now: float) -> list[Command]:
        """The attempt has ended: the store holds the change, or has refused it for another one."""
        if number != self.sending:
            return []
        self.sending = self.step = None
        self._succeeded()
        entry = self.get(number)
        if entry is None:
            return self.tick(now)
        if isinstance(outcome, Conflicting):
            return self._stop(entry, state="conflict", theirs=outcome.theirs) + self.tick(now)
        # In this order, a kill in between has a change sent again and loses none.
        commands: list[Command] = []
        followers = self._followers(entry)
        for follower in self.entries:
            # A file may hold two fences of one id; before the store has named a file there is only ours.
            is_same = not entry.change.source and follower.fence == entry.fence and follower.number > entry.number
            if (is_same or follower in followers) and follower.change.source != outcome.source:
                commands += self._replace(replace(follower, change=replace(follower.change, source=outcome.source)))
        if outcome.source != entry.change.source:
            self._moved[entry.fence] = outcome.source
        commands += self._remove(entry)
        commands.append(Arrived(entry.change, outcome.source))
        return commands

    def failed(self, number: int, error: TvappError, now: float) -> list[Command]:
        """The attempt failed: for now, or for good."""
        if number != self.sending:
            return []
        self.sending = self.step = None
        self.error = error
        entry = self.get(number)
        judged = next_step(error)
        if judged == "refused" and entry is not None:
            self._succeeded()
            return self._stop(entry, state="refused", refusal=refusal(error)) + self.tick(now)
        self._is_blocked = judged == "sign-in"
        self._not_before = now + RETRY.delay(self._failures, self._random(), getattr(error, "retry_after_s", None))
        self._failures += 1
        return self.tick(now)

    def send_now(self, now: float) -> list[Command]:
        """Try again at once: the network is back, or the viewer signed in."""
        self._failures, self._not_before, self._is_blocked = 0, now, False
        return self.tick(now)

    def tick(self, now: float) -> list[Command]:
        """Send the oldest entry that waits, once it is due and no other is being sent."""
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
        # The next entry is sent only once the one before is deleted: after a kill in between, the first of two edits of
        # one fence would be sent again and meet the second one in the store.
        if self.sending is not None or self._deleting:
            return None
        blocked: set[tuple[str, str]] = set()
        for entry in self.entries:
            if entry.state == "waiting" and entry.fence not in blocked:
                return entry if self.is_saved(entry.number) else None
            blocked.add(entry.fence)
        return None

    def _up_to_date(self, change: Change) -> Change | None:
        """Return a change based on the newest version of its fence; None where it changes nothing any more.

        The viewer may have edited a version that an earlier change has replaced.
        """
        before = change.before
        for geometry_id, former, later in self._made:
            if geometry_id == change.geometry_id and former == before:
                before = later
        if before == change.after:
            return None
        source = self._moved.get((change.source, change.geometry_id), change.source)
        for entry in self.entries:
            # The screen shows the upload under the file name that the store chose, and its answer is yet to come.
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
        """Let an entry wait for the viewer, merged with the later changes that build on it."""
        followers = self._followers(entry)
        change = followers[-1].change if followers else entry.change
        commands: list[Command] = []
        if change.after != entry.change.before:
            merged = replace(entry.change, after=change.after, at=change.at)
            # The note stays: the refusal may have come between an upload and the question for its outcome.
            commands += self._replace(Entry(entry.number, merged, state, entry.resume, refusal=refusal, theirs=theirs))
        else:
            followers = [entry, *followers]
        # The merged entry is saved before its parts are deleted.
        for follower in followers:
            commands += self._remove(follower)
        return commands

    def _save(self, entry: Entry) -> list[Command]:
        self._unsaved.add(entry.number)
        return [Save(entry)]

    def _replace(self, entry: Entry) -> list[Command]:
        return self._save(self._put(entry))

    def _put(self, entry: Entry) -> Entry:
        self.entries = tuple(entry if each.number == entry.number else each for each in self.entries)
        return entry

    def _remove(self, entry: Entry) -> list[Command]:
        self.entries = tuple(each for each in self.entries if each.number != entry.number)
        self._unsaved.discard(entry.number)
        self._deleting.add(entry.number)
        return [Delete(entry.number)]

    def _succeeded(self) -> None:
        self._failures, self._not_before, self._is_blocked = 0, 0.0, False
        self.error = None


def _follows(entry: Entry, change: Change) -> bool:
    """Tell whether a change builds on that of an entry: the same fence, as the entry leaves it."""
    return entry.fence == (change.source, change.geometry_id) and entry.change.after == change.before


def refusal(error: TvappError) -> Refusal:
    """Return what is saved of an error."""
    name = type(error).__name__
    match error:
        case ServiceError(status=status, code=code, message=message):
            return Refusal(name, status, code, message)
        case DataError(reason=reason):
            return Refusal(name, message=reason)
    return Refusal(name, message=str(error))
