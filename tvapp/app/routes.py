"""Says who hears each message of the inbox, and in which order; `App.receive` follows it.

A message goes to every part named in its row that is there at the moment, the first one first, and to no other part.
Results and failures of a service's own jobs go by the name of the service instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from tvapp.app.backend_loading import BackendReady, TilesReady
from tvapp.app.last_view_store import LastViewKnown
from tvapp.auth.messages import (
    AccountLoaded,
    CodeReceived,
    CodeRefused,
    PermissionGiven,
    PersonNeeded,
    PollPending,
    PollRefused,
    PollSlowDown,
    PollSucceeded,
    TokensChanged,
)
from tvapp.azure.messages import AttributionArrived
from tvapp.core.clock import ClockSet, ClockSkewed, Resumed
from tvapp.core.jobs import JobFailed, JobResult
from tvapp.fences.drawing.messages import LabelsPlaced
from tvapp.fences.service.messages import (
    FencesLoaded,
    FencesMeasured,
    FencesUnavailable,
    FencesUnchanged,
    IndexBuilt,
    SnapshotRestored,
)
from tvapp.host.disk_watch import DiskChanged
from tvapp.host.process import ScreenshotRequested, StopRequested
from tvapp.net.messages import NetworkLost, NetworkRestored
from tvapp.tiles.tile import PreviewArrived, TileArrived, TileRevalidated, TileUnavailable
from tvapp.ui.messages import LockKnown, PatternChecked

Hearer = Literal[
    "app",  # app.App
    "disk-watch",  # host.DiskWatch
    "session",  # app.MapSession
    "view-store",  # app.LastViewStore
    "sign-in",  # auth.SignIn, where an account is needed
    "outbox",  # fences.OutboxService, where geofences can be changed
    "snapshot",  # fences.service.Snapshot, where the store is not on this machine
    "fences",  # fences.FenceService, while there is a map and a store
    "map",  # app.LiveMap, while there is a map
    "screens",  # every screen of the stack
    "usage",  # app.UsageService
]

ROUTES: Mapping[type, tuple[Hearer, ...]] = {
    # the machine
    StopRequested: ("app",),
    ScreenshotRequested: ("app",),
    Resumed: ("session",),
    ClockSet: ("fences",),
    ClockSkewed: ("screens",),
    DiskChanged: ("disk-watch", "session"),
    # the network and the backend
    NetworkLost: ("app",),
    NetworkRestored: ("app", "session"),
    TilesReady: ("session",),
    BackendReady: ("session",),
    # signing in
    AccountLoaded: ("sign-in",),
    CodeReceived: ("sign-in",),
    CodeRefused: ("sign-in",),
    PollPending: ("sign-in",),
    PollRefused: ("sign-in",),
    PollSlowDown: ("sign-in",),
    PollSucceeded: ("sign-in",),
    PersonNeeded: ("sign-in",),
    TokensChanged: ("sign-in",),
    PermissionGiven: ("map",),
    # the map
    LastViewKnown: ("view-store", "session"),
    TileArrived: ("map", "screens"),
    TileRevalidated: ("screens",),
    TileUnavailable: ("screens",),
    PreviewArrived: ("map",),  # tells the screens PreviewReady
    AttributionArrived: ("map",),  # tells the screens AttributionChanged
    # geofences
    SnapshotRestored: ("fences", "screens"),
    FencesLoaded: ("snapshot", "fences", "screens"),
    FencesUnchanged: ("snapshot", "fences", "screens"),
    FencesMeasured: ("screens",),
    FencesUnavailable: ("fences", "map"),  # tells the screens, in other words if the store is retired
    IndexBuilt: ("fences", "map", "screens"),
    LabelsPlaced: ("fences", "screens"),
    # the lock
    LockKnown: ("screens",),
    PatternChecked: ("screens",),
}

SERVICES: Mapping[str, tuple[Hearer, ...]] = {
    "backend": ("app",),
    "connection": ("session",),
    "control": (),  # for what is attached to the app, which hears every message
    "diagnosis": ("screens",),
    "disk": ("disk-watch",),
    "geofences": ("fences",),
    "kept": ("snapshot",),
    "outbox": ("outbox",),
    "signin": ("sign-in",),
    "usage": ("usage",),
    "view": ("view-store", "session"),
}
"""By the first part of a job's name: who hears its JobResult and JobFailed. Failures of other jobs are only logged."""


def hearers(message: object) -> tuple[Hearer, ...]:
    """Return who hears a message, the first one first.

    Raises:
        TypeError: there is no row for it.

    >>> hearers(NetworkRestored())
    ('app', 'session')
    >>> hearers(JobFailed("outbox.send", ValueError()))
    ('outbox',)
    """
    match message:
        case JobFailed(name):
            return SERVICES.get(name.partition(".")[0], ())
        case JobResult():
            return SERVICES[message.service]
    try:
        return ROUTES[type(message)]
    except KeyError:
        raise TypeError(f"no route for {type(message).__name__}") from None
