"""Publishes the state of the app for Prometheus from time to time, and has a thread of its own serve it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tvapp.core.surroundings import Surroundings
from tvapp.core.version import full_version
from tvapp.host.event_log import EventLog
from tvapp.host.metrics.snapshot import CacheUse, FrameTimes, Snapshot, TileSource
from tvapp.tiles.tile import Origin, TileArrived
from tvapp.ui.screens.map.screen import MapScreen
from tvapp.usage.counter import UsageSnapshot

if TYPE_CHECKING:
    from tvapp.app.app import App
    from tvapp.host.metrics.collector import Sources

PUBLISH_EVERY_S = 5.0
"""Prometheus asks every fifteen seconds or more rarely. At rest, each time costs a tenth of a millisecond."""
SERVE_AFTER_S = 3.0
"""The library takes a tenth of a second to import, with the GIL: not while the first map is being loaded."""

_SOURCES: dict[Origin, TileSource] = {"network": "network", "disk": "disk", "stale": "disk", "worker": "drawn"}


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the publisher is told beside the app itself."""

    address: tuple[str, int]
    log: EventLog
    alive_at: Callable[[], float | None]
    """Returns when the init system's watchdog was last fed (monotonic)."""


class MetricsPublisher:
    """Belongs to the main thread. Implements Attachment."""

    def __init__(self, app: App, surroundings: Surroundings, wiring: Wiring) -> None:
        self._app = app
        self._jobs = surroundings.jobs
        self._clock = surroundings.clock
        self._tile_file = surroundings.data.tiles
        self._wiring = wiring
        self._started_at = surroundings.clock.wall() - surroundings.since_start()
        self._frames = FrameTimes()
        self._tiles: Counter[TileSource] = Counter()
        self._cached = _Total()
        self._disk_before = 0
        self.snapshot: Snapshot | None = None
        """The last one; the thread of the server reads it."""
        self._publish_at = float("inf")
        self._serve_at: float | None = None

    def begin(self, now: float) -> None:
        self._publish_at = now
        self._serve_at = now + SERVE_AFTER_S

    def receive(self, message: object, now: float) -> None:
        if isinstance(message, TileArrived):
            self._tiles[_SOURCES[message.origin]] += 1

    def screen_changed(self, name: str) -> None:
        """The next snapshot tells the screen that is in front then."""

    def presented(self, now: float, took_s: float) -> None:
        self._frames.add(took_s, self._clock.wall())

    def tick(self, now: float) -> None:
        if now >= self._publish_at:
            self._publish_at = now + PUBLISH_EVERY_S
            self.snapshot = self._take(now)
        if self._serve_at is not None and now >= self._serve_at:
            self._serve_at = None
            self._jobs.thread("metrics", self._serve)

    def next_wakeup(self) -> float | None:
        return self._publish_at if self._serve_at is None else min(self._publish_at, self._serve_at)

    def _serve(self) -> None:
        """Import the library, and serve; on the thread of the server."""
        from tvapp.host.metrics.server import MetricsServer

        MetricsServer(self._wiring.address, self._sources(), self._wiring.log).run()

    def _sources(self) -> Sources:
        from tvapp.host.metrics.collector import Sources
        from tvapp.tiles.disk_cache import BUDGET_BYTES

        return Sources(
            lambda: self.snapshot,
            self._clock.monotonic,
            self._wiring.log.levels,
            self._wiring.log.problems,
            lambda: disk_use(self._tile_file, BUDGET_BYTES),
            full_version(),
        )

    def _take(self, now: float) -> Snapshot:
        app, session = self._app, self._app.session
        situation, base = app.situation(), app.stack.base
        state = base.state if isinstance(base, MapScreen) else None
        to_wall = self._clock.wall() - now
        tokens = session.sign_in.tokens.expiries() if session.sign_in is not None else {}
        used = session.usage.counter.snapshot() if session.usage is not None else UsageSnapshot()
        self._count_memory(session.map.tiles_from_caches if session.map is not None else 0)
        return Snapshot(
            taken_at=now,
            started_at=self._started_at,
            screen=app.stack.top.name,
            needs_sign_in=session.needs_sign_in,
            is_signed_in=session.is_signed_in,
            has_map=session.map is not None,
            is_off=situation.is_off,
            has_display=situation.has_display,
            is_online=situation.offline_since is None,
            geofences=situation.fences,
            geofences_at=state.fences.confirmed_at if state is not None else None,
            changes_waiting=len(state.edits.outbox.entries) if state is not None else None,
            frame_counts=tuple(self._frames.counts),
            frame_sum_s=self._frames.sum_s,
            frame_at=self._frames.last_at,
            tiles=dict(self._tiles),
            tile_requests=used.tiles,
            transactions=used.transactions,
            memory_cache=(
                CacheUse(state.model.memory.size_bytes, state.model.memory.budget_bytes) if state is not None else None
            ),
            notices=tuple(sorted(state.troubles.by_area)) if state is not None else (),
            token_expiry={resource: at + to_wall for resource, at in tokens.items()},
            alive_at=self._wiring.alive_at(),
            clock_skew_s=session.skew.skew_s,
        )

    def _count_memory(self, from_caches: int) -> None:
        """Count the tiles in view that were in memory: those from a cache that did not arrive from the disk."""
        former = self._cached.value
        if (came := self._cached.at(from_caches) - former) > 0:
            disk = self._tiles["disk"]
            self._tiles["memory"] += max(0, came - (disk - self._disk_before))
            self._disk_before = disk


class _Total:
    """Adds up a count that begins at 0 again whenever its owner is replaced."""

    def __init__(self) -> None:
        self._before = self._seen = 0

    @property
    def value(self) -> int:
        return self._before + self._seen

    def at(self, seen: int) -> int:
        """Return the total now that the owner has counted so many."""
        if seen < self._seen:
            self._before += self._seen
        self._seen = seen
        return self.value


def disk_use(file: Path, limit: int) -> CacheUse | None:
    """Return how large the tile cache on the disk is, its journal included; None where there is none. Blocks."""
    used = 0
    for path in (file, file.with_name(f"{file.name}-wal")):
        try:
            used += path.stat().st_size
        except OSError:
            if path == file:
                return None
    return CacheUse(used, limit)
