"""The surroundings of the program as one value: threads, clock, log, disk, randomness, data folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tvapp.core.clock import Clock
from tvapp.core.data_folder import DataFolder
from tvapp.core.disk import DiskHealth
from tvapp.core.jobs import Jobs
from tvapp.core.log import Log


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """Made once for each run of the program, for `app/` and the functions that build services.

    A service itself does not take this value: its builder passes on the few parts that the service needs.
    """

    jobs: Jobs
    clock: Clock
    log: Log
    disk: DiskHealth
    random: Callable[[], float]
    """Returns a number from 0 up to 1, for back-off and jitter."""
    data: DataFolder
    since_start: Callable[[], float]
    """Returns the seconds since the process was started, for the times in the log."""
