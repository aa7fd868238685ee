"""Makes Prometheus's metrics of a snapshot; runs on the thread of the server that is asked for them."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from tvapp.core.log import Level
from tvapp.host.metrics.snapshot import FRAME_BUCKETS_S, TILE_SOURCES, CacheUse, Snapshot

LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the collector reads; each function is called from its thread."""

    snapshot: Callable[[], Snapshot | None]
    """Returns the last snapshot that the main thread published; None before the first."""
    monotonic: Callable[[], float]
    levels: Callable[[], Mapping[Level, int]]
    """Returns how many log events of each level there were."""
    problems: Callable[[], Mapping[str, int]]
    """Returns how many warnings and errors of each name there were."""
    disk_cache: Callable[[], CacheUse | None]
    """Returns the size of the tile cache on the disk; may block on the disk."""
    version: str


class AppCollector:
    """Implements prometheus_client's Collector."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def describe(self) -> Iterable[Metric]:
        """Return nothing: what there is depends on the snapshot, and the names are ours alone."""
        return ()

    def collect(self) -> Iterator[Metric]:
        sources = self._sources
        info = {"version": sources.version, "python": platform.python_version()}
        yield InfoMetricFamily("tvapp_build", "The version of tvapp and of Python.", value=info)
        yield from self._log()
        snapshot = sources.snapshot()
        if snapshot is None:
            return
        yield from _ages(snapshot, sources.monotonic())
        yield from _state(snapshot)
        yield from _frames(snapshot)
        yield from _tiles(snapshot)
        yield from _caches({"memory": snapshot.memory_cache, "disk": sources.disk_cache()})

    def _log(self) -> Iterator[Metric]:
        events = CounterMetricFamily("tvapp_log_events", "Log events since the start, by level.", labels=["level"])
        levels = self._sources.levels()
        for level in LEVELS:
            events.add_metric([level], levels.get(level, 0))
        yield events
        problems = CounterMetricFamily(
            "tvapp_problems", "Warnings and errors in the log since the start, by event.", labels=["event"]
        )
        for name, count in sorted(self._sources.problems().items()):
            problems.add_metric([name], count)
        yield problems


def _ages(snapshot: Snapshot, now: float) -> Iterator[Metric]:
    yield _gauge("tvapp_start_time_seconds", "When this run of the app began, since 1970.", snapshot.started_at)
    yield _gauge(
        "tvapp_main_thread_age_seconds",
        "Seconds since the main thread last published its state; grows while it hangs.",
        max(0.0, now - snapshot.taken_at),
    )
    if snapshot.alive_at is not None:
        yield _gauge(
            "tvapp_watchdog_age_seconds",
            "Seconds since systemd's watchdog was last fed.",
            max(0.0, now - snapshot.alive_at),
        )
    if snapshot.clock_skew_s is not None and math.isfinite(snapshot.clock_skew_s):
        yield _gauge(
            "tvapp_clock_skew_seconds",
            "How far the clock is behind that of the servers; negative: ahead.",
            snapshot.clock_skew_s,
        )


def _state(snapshot: Snapshot) -> Iterator[Metric]:
    yield _gauge("tvapp_sign_in_needed", "Whether this TV needs an account at all.", snapshot.needs_sign_in)
    yield _gauge("tvapp_signed_in", "Whether an account is signed in and stays so.", snapshot.is_signed_in)
    yield _gauge("tvapp_map_shown", "Whether there is a map.", snapshot.has_map)
    yield _gauge("tvapp_screen_off", "Whether the screen is off on purpose, outside of its hours.", snapshot.is_off)
    yield _gauge("tvapp_display_connected", "Whether there is a display to draw on.", snapshot.has_display)
    yield _gauge("tvapp_network_up", "Whether the network works, as far as the app has noticed.", snapshot.is_online)
    screen = GaugeMetricFamily("tvapp_screen", "1 for the screen or panel in front.", labels=["screen"])
    screen.add_metric([snapshot.screen], 1)
    yield screen
    if snapshot.geofences is not None:
        yield _gauge("tvapp_geofences", "Geofences on the map.", snapshot.geofences)
    if snapshot.geofences_at is not None:
        yield _gauge(
            "tvapp_geofences_confirmed_timestamp_seconds",
            "When the store last confirmed the geofences, since 1970.",
            snapshot.geofences_at,
        )
    if snapshot.changes_waiting is not None:
        yield _gauge("tvapp_changes_waiting", "Changes of geofences not sent yet.", snapshot.changes_waiting)
    notices = GaugeMetricFamily("tvapp_notice", "1 for each area that does not work now.", labels=["area"])
    for area in snapshot.notices:
        notices.add_metric([area], 1)
    yield notices
    expiry = GaugeMetricFamily(
        "tvapp_token_expiry_timestamp_seconds",
        "When the access token for a resource ends, since 1970; it is renewed before.",
        labels=["resource"],
    )
    for resource, at in sorted(snapshot.token_expiry.items()):
        expiry.add_metric([resource], at)
    yield expiry


def _frames(snapshot: Snapshot) -> Iterator[Metric]:
    bounds = [*(f"{bound:g}" for bound in FRAME_BUCKETS_S), "+Inf"]
    buckets = list(zip(bounds, map(float, accumulate(snapshot.frame_counts)), strict=True))
    yield HistogramMetricFamily(
        "tvapp_frame_seconds",
        "Time to draw and show a frame; a screen at rest draws none.",
        buckets=buckets,
        sum_value=snapshot.frame_sum_s,
    )
    if snapshot.frame_at is not None:
        yield _gauge("tvapp_frame_timestamp_seconds", "When the last frame was shown, since 1970.", snapshot.frame_at)


def _tiles(snapshot: Snapshot) -> Iterator[Metric]:
    tiles = CounterMetricFamily("tvapp_tiles", "Tiles for the map since the start, by source.", labels=["source"])
    for source in TILE_SOURCES:
        tiles.add_metric([source], snapshot.tiles.get(source, 0))
    yield tiles
    yield CounterMetricFamily(
        "tvapp_tile_requests", "Requests for tiles to Azure Maps since the start.", value=snapshot.tile_requests
    )
    yield CounterMetricFamily(
        "tvapp_transactions", "Billable transactions of Azure Maps since the start.", value=snapshot.transactions
    )


def _caches(caches: Mapping[str, CacheUse | None]) -> Iterator[Metric]:
    used = GaugeMetricFamily("tvapp_tile_cache_bytes", "Size of a tile cache.", labels=["cache"])
    limit = GaugeMetricFamily("tvapp_tile_cache_limit_bytes", "What a tile cache may hold.", labels=["cache"])
    for name, use in caches.items():
        if use is not None:
            used.add_metric([name], use.used)
            limit.add_metric([name], use.limit)
    yield used
    yield limit


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=float(value))
