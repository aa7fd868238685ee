"""Surroundings for tests: a clock set by hand, a log that remembers, and a folder of the test's own."""

from __future__ import annotations

from pathlib import Path

from tvapp.core.clock import Clock, ManualClock
from tvapp.core.data_folder import DataFolder
from tvapp.core.disk import DiskHealth
from tvapp.core.jobs import Jobs
from tvapp.core.log import Log, RecordingLog
from tvapp.core.surroundings import Surroundings


def surroundings(folder: Path, jobs: Jobs, *, clock: Clock | None = None, log: Log | None = None) -> Surroundings:
    """Return them, with half of everything that is random."""
    log = log or RecordingLog()
    return Surroundings(
        jobs,
        clock or ManualClock(),
        log,
        DiskHealth(log),
        random=lambda: 0.5,
        data=DataFolder(folder),
        since_start=lambda: 0.0,
    )
