"""The state of the app for Prometheus: values only, which the main thread publishes and the server's thread reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

FRAME_BUCKETS_S = (0.002, 0.004, 0.008, 0.0167, 0.0333, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Upper bounds of the histogram of frame times; a sixtieth and a thirtieth of a second are among them."""

TileSource = Literal["memory", "disk", "network", "drawn"]
TILE_SOURCES: tuple[TileSource, ...] = ("memory", "disk", "network", "drawn")
"""Where a tile on the screen came from; `drawn` tiles are those of geofences, made on this machine."""


class FrameTimes:
    """Counts frames by how long they took. Belongs to the main thread: a frame costs a search among ten numbers."""

    def __init__(self) -> None:
        self.counts = [0] * (len(FRAME_BUCKETS_S) + 1)
        self.sum_s = 0.0
        self.last_at: float | None = None

    def add(self, took_s: float, wall: float) -> None:
        """Add a frame that is on the screen since `wall`."""
        self.counts[bisect_left(FRAME_BUCKETS_S, took_s)] += 1
        self.sum_s += took_s
        self.last_at = wall


@dataclass(frozen=True, slots=True)
class CacheUse:
    """How much a cache holds, and may hold; in bytes."""

    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state at one moment. Times are seconds since 1970, unless they are called monotonic; None: unknown."""

    taken_at: float
    """Monotonic."""
    started_at: float
    screen: str = ""
    """The name of the screen in front."""
    needs_sign_in: bool = True
    is_signed_in: bool = False
    has_map: bool = False
    is_off: bool = False
    has_display: bool = True
    is_online: bool = True
    geofences: int | None = None
    geofences_at: float | None = None
    """When the store last confirmed the geofences."""
    changes_waiting: int | None = None
    frame_counts: tuple[int, ...] = (0,) * (len(FRAME_BUCKETS_S) + 1)
    frame_sum_s: float = 0.0
    frame_at: float | None = None
    tiles: Mapping[TileSource, int] = field(default_factory=dict)
    tile_requests: int = 0
    transactions: float = 0.0
    """Billable transactions of Azure Maps since the start."""
    memory_cache: CacheUse | None = None
    notices: tuple[str, ...] = ()
    """Areas that do not work at the moment, as the screen says it."""
    token_expiry: Mapping[str, float] = field(default_factory=dict)
    """When the access token for each resource ends."""
    alive_at: float | None = None
    """When the init system's watchdog was last fed (monotonic); None without one."""
    clock_skew_s: float | None = None
