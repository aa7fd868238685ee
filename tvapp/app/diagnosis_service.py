"""The diagnosis that the status screen shows: checks of the running app, told to the screens one by one."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tvapp.core.diagnosis import ExaminationBegan, ExaminationEnded, FindingMade, Trouble, count
from tvapp.core.surroundings import Surroundings

if TYPE_CHECKING:
    from tvapp.app.diagnosis.subject import Subject
    from tvapp.auth.service import SignIn
    from tvapp.config.load import Loaded
    from tvapp.config.model import Config
    from tvapp.net.lazy_chain import LazyChain
    from tvapp.net.skew import SkewMonitor

JOB = "diagnosis.begin"
MOST_TROUBLES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """The parts of the running app that are examined."""

    config: Config
    network: LazyChain
    skew: SkewMonitor
    sign_in: SignIn | None
    picture: str


class LoggedTrouble(Protocol):
    """A warning or an error as the log keeps it; `stamp` is its time in ISO 8601."""

    @property
    def stamp(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, object]: ...


@runtime_checkable
class KeepsTroubles(Protocol):
    """A log that remembers its last warnings and errors."""

    def troubles(self) -> Sequence[LoggedTrouble]:
        """Return them, the oldest first."""
        ...


class DiagnosisService:
    """Belongs to the main thread; the checks run on workers and on the io thread. One diagnosis at a time."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._lock = threading.Lock()  # a worker starts what the main thread may give up
        self._number = 0
        self._current: Future[None] | None = None

    def begin(self, running: Running) -> None:
        """Begin a diagnosis, and give up one under way; answered by ExaminationBegan and what follows it."""
        with self._lock:
            self._number += 1
            number = self._number
            if self._current is not None:
                self._current.cancel()
        # A host that is held back after a failure is asked now: the viewer wants to know.
        running.network.hurry()
        self._surroundings.jobs.run(JOB, lambda: self._examine(running, number))

    def _examine(self, running: Running, number: int) -> None:
        """Import the checks, which takes a while, and start them; on a worker."""
        from tvapp.app.diagnosis.examination import examine, parts_of, this_machine

        subject = _subject(running, self._surroundings)
        post = self._surroundings.jobs.inbox.post
        machine = this_machine(str(self._surroundings.data.root))
        names = tuple(part.name for part in parts_of(subject))
        post(ExaminationBegan(number, machine, names, _troubles(self._surroundings.log)))

        async def run() -> ExaminationEnded:
            await examine(subject, lambda finding: post(FindingMade(number, finding)))
            made = subject.findings.made
            self._surroundings.log.event(
                "diagnosis.ended",
                passed=count(made, "pass"),
                warned=count(made, "warn"),
                failed=count(made, "fail"),
                unchecked=count(made, "skip"),
                faults=", ".join(dict.fromkeys(finding.fault for finding in made if finding.fault)),
            )
            return ExaminationEnded(number)

        with self._lock:
            if number == self._number:
                self._current = self._surroundings.jobs.spawn("diagnosis.examine", run)


def _subject(running: Running, surroundings: Surroundings) -> Subject:
    from tvapp.app.backend import build_authorizer, store_opener
    from tvapp.app.diagnosis.subject import Online, Subject
    from tvapp.azure.maps import MapsClient

    config, sign_in = running.config, running.sign_in
    log, clock = surroundings.log, surroundings.clock
    gateway, tokens = (sign_in.gateway, sign_in.tokens) if sign_in is not None else (None, None)
    http = running.network.get()
    authorizer = build_authorizer(config, tokens, surroundings.jobs, log)
    maps = MapsClient(http, config.maps.endpoint, authorizer, log, clock=clock)
    open_store = store_opener(config, surroundings, http, authorizer, tokens)
    online = Online(http, running.skew, maps, gateway, tokens, open_store)
    return Subject(_loaded(config), dict(os.environ), surroundings, online, is_app=True, picture=running.picture)


def _loaded(config: Config) -> Loaded:
    from tvapp.config.files import more_files
    from tvapp.config.load import Loaded

    files: tuple[Path, ...] = ()
    if config.source is not None:
        files = (config.source, *more_files(config.source, []))
    return Loaded(config, files, files)


def _troubles(log: object) -> tuple[Trouble, ...]:
    """Return the last warnings and errors of the log, the oldest first; none where it remembers none."""
    if not isinstance(log, KeepsTroubles):
        return ()
    found = []
    for logged in log.troubles()[-MOST_TROUBLES:]:
        at = 0.0
        with contextlib.suppress(ValueError):
            at = datetime.fromisoformat(logged.stamp).timestamp()
        detail = ", ".join(f"{name} {value}" for name, value in logged.fields.items() if value not in ("", 0))
        found.append(Trouble(at, logged.level, logged.name, detail[:300]))
    return tuple(found)
