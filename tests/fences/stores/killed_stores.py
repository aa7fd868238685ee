"""The viewer of `killed` with the stores of the app; killed at random moments, or before each call in turn.

    python -m tests.fences.stores.killed_stores FOLDER STORE KILLS SEED     killed KILLS times, then allowed to finish
    python -m tests.fences.stores.killed_stores FOLDER STORE files|requests killed at the first, then the second call...

STORE is folder, blob or map-data; how to reach it is in `FOLDER/store.json`. In the second form each run has a folder
of its own (`FOLDER/0`, ...): one life that is killed right before its n-th call of that sort, and one that finishes
the viewer's script; the last run's first life was not killed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from tests.fences.outbox.killed import FINISH_WITHIN_S, OpenStore, Viewer, feature, run
from tests.fences.stores.blob_rig import Tokens
from tests.fences.stores.map_data_desk import WithHeaders
from tvapp.azure.authorizer import StorageAuthorizer
from tvapp.core.clock import SystemClock
from tvapp.core.errors import ConnectionBroken
from tvapp.core.jobs import Jobs
from tvapp.core.log import RecordingLog
from tvapp.core.proxies import Outbound
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.change import Change
from tvapp.fences.model.fence import Geofence
from tvapp.fences.stores.base import WritableStore
from tvapp.fences.stores.blob import BlobStore
from tvapp.fences.stores.folder import FolderStore
from tvapp.fences.stores.map_data import MapDataStore
from tvapp.fences.stores.map_data_sending import PollPacer
from tvapp.net.request import Request, Response, Sender
from tvapp.net.transport import HttpClient

LIVES_S = {"folder": 0.08, "blob": 0.12, "map-data": 0.13}
"""The longest life at first; the shortest lives end before the store was read."""
WRITES = {"POST", "PUT", "DELETE"}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Fuse:
    """Ends the process right before a call."""

    def __init__(self, calls: int | None = None) -> None:
        self._calls = calls
        self._seen = count(1)

    def burn(self) -> None:
        """Count a call that is about to happen; end the process if it is the one."""
        if self._calls is not None and next(self._seen) == self._calls:
            die()


class Wire:
    """The real transport; each request and each answer burns the fuse, and some answers get lost.

    Lists do not burn it: they change nothing.
    """

    def __init__(self, http: Sender, fuse: Fuse, losses: float = 0.0) -> None:
        self._http = http
        self._fuse = fuse
        self._losses = losses
        self._random = random.Random(os.urandom(8))

    async def send(self, request: Request) -> Response:
        burns = request.method in WRITES or not ("comp=list" in request.url or "/mapData?" in request.url)
        if burns:
            self._fuse.burn()
        response = await self._http.send(request)
        if burns:
            self._fuse.burn()
            if self._random.random() < self._losses:
                raise ConnectionBroken(request.host, "the answer got lost")
        return response


def opener(name: str, settings: dict[str, Any], fuse: Fuse, losses: float = 0.0) -> OpenStore:
    """Return the function that opens a store of the app in a child; the parent starts nothing."""

    def wire() -> Wire:
        http = HttpClient(outbound=Outbound.trusting(settings["ca_bundle"]), clock=SystemClock(), log=RecordingLog())
        return Wire(http, fuse, losses)

    def folder(place: Path, jobs: Jobs) -> WritableStore:
        (place / "fences").mkdir(exist_ok=True)
        return FolderStore(place / "fences", RecordingLog(), workers=jobs)

    def blob(_place: Path, jobs: Jobs) -> WritableStore:
        url = settings["container_url"]
        authorizer = StorageAuthorizer(Tokens([settings["token"]]), endpoint=url)
        return BlobStore(wire(), url, authorizer, RecordingLog(), workers=jobs)

    def map_data(_place: Path, jobs: Jobs) -> WritableStore:
        authorizer = WithHeaders(settings["headers"])
        endpoint, pacer = settings["endpoint"], partial(PollPacer, sleep=_at_once)
        return MapDataStore(wire(), endpoint, authorizer, RecordingLog(), workers=jobs, new_pacer=pacer)

    return {"folder": folder, "blob": blob, "map-data": map_data}[name]


async def _at_once(_seconds: float) -> None:
    """Do not wait: the operations of the service take no time here."""


class ScriptedViewer(Viewer):
    """Adds a fence, edits it twice and deletes it, each step once the one before is in the store."""

    def __init__(self, folder: Path, fence: str, open_store: OpenStore) -> None:
        super().__init__(folder, 1, open_store)
        self._fence = fence
        self._versions = [b"", *(feature(fence, f"version {number}") for number in (1, 2, 3)), b""]
        meant = [json.loads(line) for line in (folder / "diary").read_text().splitlines()]
        self._reached = max((int(each["change"][-1]) for each in meant if each["what"] == "meant"), default=0)
        self._expected: bytes | None = None
        """The version that the screen has to show before the next step; None in a new life: any."""

    def _is_over(self, edits: bool) -> bool:
        return self._is_played(self._book) and self._is_all_sent()

    def _is_played(self, book: FenceBook | None) -> bool:
        is_at_the_end = self._reached == len(self._versions) - 1
        return is_at_the_end and book is not None and self._shown(book) is None

    def _edit(self, book: FenceBook) -> None:
        shown = self._shown(book)
        before = b"" if shown is None else shown.raw
        if self._is_played(book) or not self._is_all_sent() or self._expected not in (None, before):
            return
        # A step that was meant and is not shown was not confirmed: the viewer repeats it.
        step = self._versions.index(before) + 1
        after = self._versions[step]
        self._book, self._expected, self._reached = None, after, step
        source, place = ("", 0) if shown is None else (shown.source, shown.number)
        change = Change(f"{self._fence}-{step}", source, self._fence, before, after, place, time.time())
        self._diary.write("meant", change=change.id, fence=self._fence, after=after.decode())
        self._outbox.submit(change)

    def _shown(self, book: FenceBook) -> Geofence | None:
        return next((fence for fence in book if fence.geometry_id == self._fence), None)


def watch_files(folder: Path, fuse: Fuse) -> None:
    """From now on, let every call in this process that changes files below `folder` burn the fuse."""
    below = f"{folder}/"

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        is_change = event in ("os.rename", "os.remove", "os.mkdir") or (
            event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & (os.O_CREAT | os.O_WRONLY))
        )
        if is_change and not isinstance(arguments[0], int) and os.fspath(arguments[0]).startswith(below):
            fuse.burn()

    sys.addaudithook(audit)
    synchronise = os.fsync

    def fsync(fd: int) -> None:
        fuse.burn()
        synchronise(fd)

    setattr(os, "fsync", fsync)  # noqa: B010 - the name is another type's


def run_script(folder: Path, name: str, fence: str, settings: dict[str, Any], what: str, calls: int | None) -> int:
    """Run one life of the script, killed right before call number `calls`; returns its exit status."""
    child = os.fork()
    if child == 0:
        fuse = Fuse(calls)
        requests = fuse if what == "requests" else Fuse()
        viewer = ScriptedViewer(folder, fence, opener(name, settings, requests))
        if what == "files":
            watch_files(folder, fuse)
        came_to_an_end = viewer.live(SystemClock().monotonic() + FINISH_WITHIN_S, edits=True)
        os._exit(0 if came_to_an_end else 3)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run_at_every_point(folder: Path, name: str, settings: dict[str, Any], what: str) -> int:
    """Kill before the first call, in another run before the second, until one survives; 0 if all finished."""
    for number in count():
        place = folder / str(number)
        place.mkdir()
        first = run_script(place, name, f"fence{number}", settings, what, number + 1)
        if first != -signal.SIGKILL:
            return first
        second = run_script(place, name, f"fence{number}", settings, what, None)
        if second != 0:
            return second
    raise AssertionError("unreachable")


def main(place: str, name: str, *how: str) -> int:
    folder = Path(place)
    settings = json.loads((folder / "store.json").read_text())
    # Imported here, once, rather than by the first request of each child.
    for module in ("httpcore", "anyio", "anyio._backends._asyncio"):
        import_module(module)
    if len(how) == 1:
        return run_at_every_point(folder, name, settings, how[0])
    kills, seed = map(int, how)
    return run(folder, kills, seed, opener(name, settings, Fuse(), settings["losses"]), LIVES_S[name])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
