"""Keeps the attribution of the map up to date: requests it when style, zoom or position change, but not too often."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Sequence
from typing import Protocol

from tvapp.azure.attribution_text import MAX_LINES
from tvapp.azure.messages import AttributionArrived
from tvapp.core.backoff import Backoff
from tvapp.core.clock import Clock
from tvapp.core.errors import NetworkError, TvappError
from tvapp.core.jobs import Inbox
from tvapp.core.log import Log
from tvapp.geo.mercator import project, unproject
from tvapp.geo.position import Bounds, Position

__all__ = ["AttributionArrived", "AttributionFeed"]

DEBOUNCE_S = 0.8
"""The view has to rest for this long before a request is sent."""

FRESH_S = 24 * 3600.0
_MAX_CACHED = 256
_RETRY = Backoff(first_s=5.0, ceiling_s=300.0)

_Key = tuple[str, int, int, int, int, int]


class Source(Protocol):
    """The source of attribution (azure.maps.MapsClient)."""

    async def attribution(self, tileset: str, zoom: int, bounds: Bounds) -> tuple[str, ...]: ...


class IoRunner(Protocol):
    """The part of core.jobs.Jobs that is needed here."""

    def io_loop(self) -> asyncio.AbstractEventLoop: ...


class AttributionFeed:
    """Posts AttributionArrived when the lines change. Call the public methods on the main thread."""

    def __init__(
        self,
        jobs: IoRunner,
        maps: Source,
        inbox: Inbox,
        *,
        clock: Clock,
        log: Log,
        random: Callable[[], float],
        sleep: Callable[[float], Coroutine[object, object, None]] = asyncio.sleep,
    ) -> None:
        self._jobs = jobs
        self._maps = maps
        self._inbox = inbox
        self._clock = clock
        self._log = log
        self._random = random
        self._sleep = sleep
        self._cache: dict[_Key, tuple[float, tuple[str, ...]]] = {}
        self._posted: tuple[str, ...] | None = None
        self._requested: tuple[_Key, ...] = ()  # by `show`, so that an unchanged view does not wake the io thread
        self._keys: tuple[_Key, ...] = ()
        self._task: asyncio.Task[None] | None = None

    def show(self, tilesets: Sequence[str], zoom: float, bounds: Bounds) -> None:
        """Set what the screen shows. Cheap: call it after each change of the view, from one thread."""
        keys = tuple(view_key(tileset, zoom, bounds) for tileset in tilesets)
        if keys != self._requested:
            self._requested = keys
            self._jobs.io_loop().call_soon_threadsafe(self._change, keys)

    def retry(self) -> None:
        """Retry what failed: the viewer has signed in, or the network is back."""
        self._jobs.io_loop().call_soon_threadsafe(self._restart)

    def stop(self) -> None:
        """Send no more requests."""
        self._jobs.io_loop().call_soon_threadsafe(self._change, ())

    def _change(self, keys: tuple[_Key, ...]) -> None:
        if keys != self._keys:
            self._keys = keys
            self._restart()

    def _restart(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.get_running_loop().create_task(self._refresh(self._keys)) if self._keys else None

    async def _refresh(self, keys: tuple[_Key, ...]) -> None:
        if not all(self._is_fresh(key) for key in keys):
            self._post(keys)
            await self._sleep(DEBOUNCE_S)
        attempt = 0
        while True:
            failures = [error for key in keys if not self._is_fresh(key) and (error := await self._fetch(key))]
            self._post(keys)
            if not failures:
                return
            asked_s = max((getattr(error, "retry_after_s", None) or 0.0 for error in failures), default=0.0)
            await self._sleep(max(asked_s, _RETRY.delay(attempt, self._random())))
            attempt += 1

    async def _fetch(self, key: _Key) -> TvappError | None:
        """Request the lines for one key; return the error, if there was one."""
        tileset, zoom, *_ = key
        try:
            lines = await self._maps.attribution(tileset, zoom, key_bounds(key))
        except TvappError as error:
            if not isinstance(error, NetworkError):
                self._log.event("attribution.failed", level="warning", tileset=tileset, error=type(error).__name__)
            return error
        self._cache.pop(key, None)
        self._cache[key] = (self._clock.monotonic(), lines)
        if len(self._cache) > _MAX_CACHED:
            del self._cache[next(iter(self._cache))]
        return None

    def _is_fresh(self, key: _Key) -> bool:
        cached = self._cache.get(key)
        return cached is not None and self._clock.monotonic() - cached[0] < FRESH_S

    def _post(self, keys: tuple[_Key, ...]) -> None:
        """Post the cached lines; for a key without any, those of the same tileset elsewhere are better than none."""
        lines: dict[str, None] = {}
        for key in keys:
            cached = self._cache.get(key) or next(
                (value for other, value in reversed(self._cache.items()) if other[0] == key[0]), None
            )
            if cached is not None:
                lines.update(dict.fromkeys(cached[1]))
        posted = tuple(lines)[:MAX_LINES]
        if posted != self._posted:
            self._posted = posted
            self._inbox.post(AttributionArrived(posted))


def view_key(tileset: str, zoom: float, bounds: Bounds) -> _Key:
    """Return the tileset, the whole zoom, and the box in tiles of that zoom: column, width, first and last row.

    The box is grown to whole tiles, so that a small pan sends no request.
    """
    z = max(0, min(22, round(zoom)))
    count = 1 << z
    west, north = project(Position(bounds.west, bounds.north))
    east, south = project(Position(bounds.west + bounds.lon_span, bounds.south))
    left, right = math.floor(west * count), math.ceil(east * count)
    top = min(count - 1, math.floor(north * count))
    bottom = max(top + 1, math.ceil(south * count))
    width = max(1, right - left)
    return (tileset, z, 0, count, top, bottom) if width >= count else (tileset, z, left % count, width, top, bottom)


def key_bounds(key: _Key) -> Bounds:
    """Return the bounds of a key."""
    _, z, left, width, top, bottom = key
    count = 1 << z
    north_west = unproject(left / count, top / count)
    south_east = unproject((left + width) / count, bottom / count)
    east = south_east.lon - 360.0 if south_east.lon > 180.0 else south_east.lon
    return Bounds(north_west.lon, south_east.lat, east, north_west.lat)
