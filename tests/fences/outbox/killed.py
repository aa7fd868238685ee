"""A viewer who edits geofences without a pause, in a process that is killed again and again.

`python -m tests.fences.outbox.killed FOLDER KILLS SEED` forks children that edit, save and send for some milliseconds
each until SIGKILL ends them, then one that may finish. Every child writes each change to a diary before it submits it
("meant") and after it was saved ("confirmed"); the store logs what it was sent. The test compares the three.

`killed_stores` does the same with the stores of the app.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tvapp.core.clock import SystemClock
from tvapp.core.errors import TimedOut
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import Level
from tvapp.fences.geojson import reading
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.change import Change, Conflicting, Step, Stored
from tvapp.fences.model.fence import Geofence
from tvapp.fences.outbox.messages import OutboxChanged
from tvapp.fences.outbox.outbox_service import OutboxService
from tvapp.fences.service.fence_service import FenceService
from tvapp.fences.service.messages import IndexBuilt
from tvapp.fences.stores.base import Loaded, Note, WritableStore

LIVES_S = 0.06
"""The longest life at first; on a busy machine lives become longer (see `run`)."""
MOST_LONGER = 5.0
FINISH_WITHIN_S = 60.0
MOST_FENCES = 6
LASTING = "site-"
"""Geofences whose names begin so are edited, never deleted."""
UNTOUCHED = "others-"
"""Those whose names begin so are not even edited."""
EXPECTED = ("geofence.upload_failed", "geofences.unavailable", "geofence.skipped")
"""Events about lost answers, about the Features of other tools, and about a file that was being written."""
OpenStore = Callable[[Path, Jobs], WritableStore]


def feature(fence: str, note: str) -> bytes:
    properties = {"geometryId": fence, "name": fence.title(), "note": note, "subType": "Circle", "radius": 100}
    geometry = {"type": "Point", "coordinates": [24.95, 60.17]}
    return json.dumps({"type": "Feature", "geometry": geometry, "properties": properties}).encode()


class LedgerStore:
    """A store that is a log of everything ever written to it; sometimes its answer gets lost."""

    name = "ledger"

    def __init__(self, path: Path, seed: int) -> None:
        self._path = path
        self._random = random.Random(seed)

    def state(self) -> dict[str, bytes]:
        """Return the Features in the store by id."""
        fences: dict[str, bytes] = {}
        if self._path.exists():
            for line in self._path.read_text().splitlines():
                written = json.loads(line)
                fences[written["fence"]] = written["after"].encode()
        return {fence: after for fence, after in fences.items() if after}

    async def load(self) -> Loaded:
        found: list[Geofence] = []
        for fence, after in self.state().items():
            found += reading.read(b'{"type":"FeatureCollection","features":[' + after + b"]}", f"{fence}.json").fences
        return Loaded(tuple(found), ())

    async def send(self, change: Change, *, note: Note, resume: str = "") -> Stored | Conflicting:
        if not resume:
            await note(Step("sending", resume="on my way"))
        present = self.state().get(change.geometry_id, b"")
        if present != change.after:
            if present != change.before:
                return Conflicting(present)
            line = json.dumps({"id": change.id, "fence": change.geometry_id, "after": change.after.decode()})
            with self._path.open("a") as ledger:
                ledger.write(line + "\n")
        if self._random.random() < 0.2:
            raise TimedOut("store", "the answer got lost")
        return Stored(f"{change.geometry_id}.json")


class Diary:
    """Writes changes that are meant and confirmed to a file, line by line; also serves as the log."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(self, what: str, **fields: object) -> None:
        os.write(self._fd, (json.dumps({"what": what, **fields}) + "\n").encode())

    def event(self, event: str, /, *, level: Level = "info", **fields: object) -> None:
        if event == "geofence.change_kept":
            self.write("confirmed", change=fields["change"])
        elif level in ("warning", "error") and event not in EXPECTED:
            self.write("trouble", event=event, fields={name: str(value) for name, value in fields.items()})


class Viewer:
    """One life of the program: its services without a screen, and a viewer who edits whatever is shown."""

    def __init__(self, folder: Path, seed: int, open_store: OpenStore) -> None:
        self._random = random.Random(seed)
        self._diary = Diary(folder / "diary")
        self._inbox = Inbox()
        self._jobs = Jobs(self._inbox, self._diary)
        clock = SystemClock()
        self._clock = clock
        jobs = self._jobs
        self._fences = FenceService(
            lambda: open_store(folder, jobs),
            jobs, clock, self._diary, refresh_s=3600.0, scale=1.0, random=self._random.random,
        )  # fmt: skip
        self._waiting: OutboxChanged | None = None
        self._outbox = OutboxService(self._fences, jobs, clock, self._diary, random=self._random.random)
        self._outbox.tell = self._told
        self._book: FenceBook | None = None
        self._folder = folder / "outbox"
        self._outbox.open(self._folder)
        self._fences.load()

    def live(self, until: float, *, edits: bool) -> bool:
        """Run the loop and edit until `until`; without edits, until everything was sent. True if it ended so."""
        edit_at = 0.0
        while (now := self._clock.monotonic()) < until:
            for message in self._inbox.drain():
                if isinstance(message, IndexBuilt):
                    self._book = message.book
                if not self._outbox.receive(message, now):
                    self._fences.receive(message, now)
            self._outbox.tick(now)
            self._fences.tick(now)
            if self._is_over(edits):
                return True
            if edits and self._book is not None and now >= edit_at:
                edit_at = now + self._random.random() * 0.01
                self._edit(self._book)
            time.sleep(0.0005)
        return False

    def _is_over(self, edits: bool) -> bool:
        return not edits and self._book is not None and self._is_all_sent()

    def _is_all_sent(self) -> bool:
        waiting = self._waiting
        return waiting is not None and not waiting.entries and not any(self._folder.glob("*.json"))

    def _told(self, message: OutboxChanged) -> None:
        self._waiting = message
        if message.error is not None:
            self._outbox.send_now()  # without the back-off of seconds

    def _edit(self, book: FenceBook) -> None:
        # Nothing is edited until the screen shows the last edit.
        self._book = None
        fences = [fence for fence in book if not fence.geometry_id.startswith(UNTOUCHED)]
        dice = self._random.random()
        new_id = f"{self._random.getrandbits(64):x}"
        made_here = [fence for fence in fences if not fence.geometry_id.startswith(LASTING)]
        if not fences or (dice < 0.3 and len(made_here) < MOST_FENCES):
            fence = f"fence-{new_id[:6]}"
            change = Change(new_id, "", fence, b"", feature(fence, new_id), at=time.time())
        else:
            shown = self._random.choice(fences)
            is_lasting = shown.geometry_id.startswith(LASTING)
            after = b"" if dice > 0.85 and not is_lasting else feature(shown.geometry_id, new_id)
            change = Change(new_id, shown.source, shown.geometry_id, shown.raw, after, shown.number, time.time())
        self._diary.write("meant", change=change.id, fence=change.geometry_id, after=change.after.decode())
        self._outbox.submit(change)


def ledger(folder: Path, _jobs: Jobs) -> WritableStore:
    return LedgerStore(folder / "ledger", int.from_bytes(os.urandom(4)))


def run(folder: Path, kills: int, seed: int, open_store: OpenStore, lives_s: float = LIVES_S) -> int:
    """Kill so many children at random moments, then let one finish; returns the exit status of that one.

    Where a child was killed before it could edit anything, the next ones may live longer: on a busy machine the start
    alone takes the whole life.
    """
    dice = random.Random(seed)
    diary = folder / "diary"
    longest_s, written = lives_s, 0
    for number in range(kills + 1):
        is_last = number == kills
        child = os.fork()
        if child == 0:
            viewer = Viewer(folder, seed + number, open_store)
            came_to_an_end = viewer.live(SystemClock().monotonic() + FINISH_WITHIN_S, edits=not is_last)
            os._exit(0 if came_to_an_end else 3)
        if not is_last:
            time.sleep(dice.uniform(0.0, longest_s))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        before, written = written, diary.stat().st_size if diary.exists() else 0
        longest_s *= 0.8 if written > before else 1.1
        longest_s = min(max(longest_s, lives_s), lives_s * MOST_LONGER)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), ledger))
