"""Decides after a failed request what has to wait: that tile, its tileset or all tiles. Pure.

`core.backoff` computes the delays; a retry library would wrap single calls and cannot hold back the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tvapp.core.backoff import Backoff
from tvapp.core.errors import (
    Forbidden,
    NetworkError,
    NotFound,
    ServiceDown,
    SignInError,
    Throttled,
    TimedOut,
    TvappError,
    Unauthorized,
)
from tvapp.tiles.tile import TileId

REFUSAL_RETRY_S = 60.0
"""After how long a refusal (no sign-in, no role) is retried; a role takes minutes to work once it is assigned."""

OFFLINE_S = 60.0
"""How long tiles are reported as missing while the network is away; its return ends the wait at once."""

MAX_CONSECUTIVE_FAILURES = 6
"""So many failures in a row are not caused by single tiles: then all tiles wait, and one request probes the service."""

QUICK_AGAIN_AFTER = 20
"""After so many tiles without a time-out, the next ones are given less time again."""

_TILE = Backoff(first_s=1.0, ceiling_s=60.0)
_ALL = Backoff(first_s=2.0, ceiling_s=60.0)
_MISSING = Backoff(first_s=600.0, ceiling_s=2700.0)
"""For a tile that the service does not have; it may come to have it, while a view rests for days."""
_MAX_WAITS = 2000


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a tile is not requested, and until when (monotonic); the loader retries it by itself then."""

    error: TvappError
    until: float


class TileBackoff:
    """Remembers failures; `random` returns numbers in [0, 1)."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._network_error: NetworkError | None = None
        self._all: Wait | None = None
        self._tilesets: dict[str, Wait] = {}
        self._tiles: dict[TileId, tuple[int, Wait]] = {}
        self._consecutive_failures = 0
        self._attempt = 0
        self._time_outs = 0
        """How often in a row requests for one and the same tile timed out, not long ago."""
        self._successes = 0

    @property
    def is_probing(self) -> bool:
        """Tell whether one request at a time is enough, because the latest ones all failed."""
        return self._consecutive_failures >= MAX_CONSECUTIVE_FAILURES or self._all is not None

    def wait_for(self, tile: TileId, now: float) -> Wait | None:
        """Return what keeps a tile from being requested now."""
        if self._network_error is not None:
            return Wait(self._network_error, now + OFFLINE_S)
        for wait in (self._all, self._tilesets.get(tile.tileset)):
            if wait is not None and now < wait.until:
                return wait
        return self.own_wait(tile, now)

    def own_wait(self, tile: TileId, now: float) -> Wait | None:
        """Return what keeps this one tile from being requested, whatever holds for all of them."""
        found = self._tiles.get(tile)
        return found[1] if found is not None and now < found[1].until else None

    def failures(self, tile: TileId) -> int:
        """Return how often in a row requests for this tile have failed; at least how often others timed out lately."""
        found = self._tiles.get(tile)
        return max(self._time_outs, 0 if found is None else found[0] + 1)

    def _attempts(self, tile: TileId) -> int:
        """Return how often requests for this tile have failed before."""
        return self._tiles[tile][0] + 1 if tile in self._tiles else 0

    def failed(self, tile: TileId, error: TvappError, now: float) -> None:
        """Take in a failure."""
        retry_after_s: float | None = getattr(error, "retry_after_s", None)
        if not getattr(error, "was_sent", True) and retry_after_s is not None:
            # The circuit breaker held the request back: all tiles wait for it, and this one did not fail again.
            self._all = Wait(error, max(now + retry_after_s, self._all.until if self._all is not None else now))
        elif isinstance(error, Unauthorized) or (isinstance(error, SignInError) and error.needs_person):
            self._all = Wait(error, now + REFUSAL_RETRY_S)
            self._attempt += 1
        elif isinstance(error, Forbidden):
            self._tilesets[tile.tileset] = Wait(error, now + REFUSAL_RETRY_S)
        elif isinstance(error, NotFound):
            attempt = self._attempts(tile)
            self._set_wait(tile, attempt, Wait(error, now + _MISSING.delay(attempt, self._random())))
        elif isinstance(error, Throttled | SignInError) or (isinstance(error, ServiceDown) and retry_after_s):
            self._wait_all(error, now, retry_after_s)
        else:
            attempt = self._attempts(tile)
            self._set_wait(tile, attempt, Wait(error, now + _TILE.delay(attempt, self._random())))
            if isinstance(error, TimedOut):
                # What is too slow for one tile is so for the next.
                self._time_outs, self._successes = max(self._time_outs, attempt + 1), 0
            self._consecutive_failures += 1
            if self._consecutive_failures >= MAX_CONSECUTIVE_FAILURES:
                self._wait_all(error, now, None)

    def succeeded(self, tile: TileId, now: float) -> None:
        """Forget a tile's failures. A request sent before all tiles had to wait does not end that wait."""
        self._tiles.pop(tile, None)
        self._successes += 1
        if self._successes >= QUICK_AGAIN_AFTER and self._time_outs:
            self._time_outs, self._successes = self._time_outs - 1, 0
        if self._all is None or now >= self._all.until:
            self._all = None
            self._consecutive_failures = self._attempt = 0

    def network_lost(self, error: NetworkError) -> None:
        """Let all tiles wait until the network is back."""
        self._network_error = error

    def network_restored(self) -> None:
        """Retry everything but what the service itself refused."""
        self._network_error = None
        if self._all is not None and isinstance(self._all.error, NetworkError):
            self._all = None
            self._attempt = 0
        self._consecutive_failures = 0
        self._tiles = {t: found for t, found in self._tiles.items() if not isinstance(found[1].error, NetworkError)}

    def reset(self) -> None:
        """Forget all failures but the lost network: after a sign-in, or when the viewer asks for a retry."""
        self._all = None
        self._tilesets.clear()
        self._tiles.clear()
        self._consecutive_failures = self._attempt = self._time_outs = 0

    def _wait_all(self, error: TvappError, now: float, retry_after_s: float | None) -> None:
        if self._all is not None and now < self._all.until:
            # Requests sent together fail together: the later failures count for nothing but a longer Retry-After.
            until = max(self._all.until, now + (retry_after_s or 0.0))
        else:
            until = now + _ALL.delay(self._attempt, self._random(), retry_after_s)
            self._attempt += 1
        self._all = Wait(error, until)

    def _set_wait(self, tile: TileId, attempt: int, wait: Wait) -> None:
        self._tiles.pop(tile, None)
        self._tiles[tile] = (attempt, wait)
        if len(self._tiles) > _MAX_WAITS:
            del self._tiles[next(iter(self._tiles))]
