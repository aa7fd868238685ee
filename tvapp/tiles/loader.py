"""Loads the tiles that the map requests, in the order of its list: from the disk, the network or the rasteriser.

Each change of the view replaces the list. Tiles that left it before their work began are dropped; work under way is
finished, and its result stored on the disk. A tile is never loaded twice at the same time. All state belongs to the io
thread.

A stale tile from the disk is posted at once, marked as stale. The loader revalidates it only when the list has had no
new tile for QUIET_S, so not while the view moves past it. A 304 is posted as TileRevalidated, without pixels: the map
has them. However short its lifetime is, the tile is not revalidated again right away; if its pixels are needed once
more, they come from the disk.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial

from tvapp.core.clock import Clock
from tvapp.core.errors import DataError, NetworkError, ServiceDown, Throttled, TvappError
from tvapp.core.log import Level, Log
from tvapp.tiles.backoff import TileBackoff, Wait
from tvapp.tiles.cache_key import CacheKey, CacheScope
from tvapp.tiles.codec import TileCodec, Validators
from tvapp.tiles.congestion_window import CongestionWindow, SentRequest
from tvapp.tiles.deliveries import Deliveries
from tvapp.tiles.disk_cache import DiskCache
from tvapp.tiles.ports import Rasteriser, Runner, TileRequest, TileSource
from tvapp.tiles.revalidation import Revalidations
from tvapp.tiles.slots import WorkKind, free_slots
from tvapp.tiles.tile import (
    DRAWN_TILESET,
    TILE_SIZE,
    Origin,
    TileArrived,
    TileId,
    TileImage,
    TileRevalidated,
    TileUnavailable,
)
from tvapp.tiles.write_behind import WriteBehind

QUIET_S = 0.25
"""Stale tiles are revalidated when no new tile has been requested for so long."""

_LOGGED_FIELDS = ("host", "reason", "status", "code", "request_id", "aadsts", "correlation_id")
"""Attributes of our errors that become fields of `tile.failed`."""


class TileLoader:
    """Posts TileArrived, TileRevalidated and TileUnavailable to the inbox of `jobs`.

    The public methods may be called from any thread. Own scheduling on asyncio, because a general queue or semaphore
    can neither reorder waiting work as the view moves nor share out three kinds of work.
    """

    def __init__(
        self,
        jobs: Runner,
        source: TileSource,
        cache: DiskCache,
        *,
        scope: CacheScope,
        clock: Clock,
        log: Log,
        random: Callable[[], float],
    ) -> None:
        self.requests_sent = 0
        self._jobs = jobs
        self._source = source
        self._codec = TileCodec(cache)
        self._inbox = jobs.inbox
        self._scope = scope
        self._clock = clock
        self._log = log
        self._rasteriser: Rasteriser | None = None
        self._sizes: Mapping[str, int] = {}
        self._backoff = TileBackoff(random)
        self._window = CongestionWindow()
        self._requested: dict[TileId, None] = {}
        self._busy: dict[TileId, tuple[WorkKind, asyncio.Task[None]]] = {}
        self._lookups: dict[TileId, Validators] = {}
        self._deliveries = Deliveries()
        self._reported_waits: dict[TileId, Wait] = {}
        self._revalidations = Revalidations()
        self._quiet_at = 0.0
        self._logged_kinds: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._write_behind = WriteBehind(jobs, self._codec.flush)
        self._stopped = False

    def request(self, ids: Sequence[TileId]) -> None:
        """Replace the list of tiles to load; the most important first."""
        tiles = tuple(ids)
        self._on_io_thread(lambda: self._replace(tiles))

    def set_rasteriser(self, rasteriser: Rasteriser | None) -> None:
        """Draw with another rasteriser from now on; call it before the map is told which tiles are outdated."""

        def change() -> None:
            self._rasteriser = rasteriser
            self._schedule()

        self._on_io_thread(change)

    def set_sizes(self, sizes: Mapping[str, int]) -> None:
        """Deliver tiles of at most so many pixels square from now on, by tileset (others: TILE_SIZE).

        The requested tiles are delivered again; the disk has them.
        """

        def change() -> None:
            if sizes != self._sizes:
                self._sizes = sizes
                self._forget_delivered()
                self._schedule()

        self._on_io_thread(change)

    def set_scope(self, scope: CacheScope) -> None:
        """Load for another account or language from now on; discard all work under way for the former one."""

        def change() -> None:
            if scope == self._scope:
                return
            self._scope = scope
            self._cancel_all()
            self._forget_delivered()
            self._revalidations.clear()
            self._backoff.reset()
            self._schedule()

        self._on_io_thread(change)

    def retry(self) -> None:
        """Retry at once the tiles that were refused or failed: after a sign-in, or when the viewer asks for it."""

        def change() -> None:
            self._backoff.reset()
            self._reported_waits.clear()
            self._schedule()

        self._on_io_thread(change)

    def redeliver(self) -> None:
        """Deliver the requested tiles again: all that were posted are lost with the display."""

        def change() -> None:
            self._forget_delivered()
            self._schedule()

        self._on_io_thread(change)

    def network_changed(self, error: NetworkError | None) -> None:
        """Wait while the network is away (`error` says why), go on when it is back (None)."""

        def change() -> None:
            if error is not None:
                self._backoff.network_lost(error)
            else:
                self._backoff.network_restored()
            self._reported_waits.clear()
            self._schedule()

        self._on_io_thread(change)

    def stop(self) -> None:
        """Cancel all work and post nothing more."""

        def change() -> None:
            self._stopped = True
            self._requested.clear()
            self._cancel_all()
            self._write_behind.stop()
            if self._timer is not None:
                self._timer.cancel()

        self._on_io_thread(change)

    def _on_io_thread(self, work: Callable[[], None]) -> None:
        self._jobs.io_loop().call_soon_threadsafe(work)

    def _replace(self, tiles: tuple[TileId, ...]) -> None:
        if self._stopped:
            return
        former, self._requested = self._requested, dict.fromkeys(tile.wrapped() for tile in tiles)
        if not self._requested.keys() <= former.keys():
            self._quiet_at = self._clock.monotonic() + QUIET_S
        self._deliveries.keep(self._requested, self._clock.monotonic())
        for memory in (self._lookups, self._reported_waits):
            for tile in [tile for tile in memory if tile not in self._requested]:
                memory.pop(tile, None)
        self._schedule()

    def _schedule(self) -> None:
        """Start all work that may start now, and set the timer for the next time."""
        if self._stopped:
            return
        now = self._clock.monotonic()
        wake = math.inf
        busy = ((tile, kind) for tile, (kind, _) in self._busy.items())
        slots = free_slots(busy, self._requested, self._window.limit, is_probing=self._backoff.is_probing)
        for tile in self._requested:
            if tile in self._busy:
                continue
            if self._is_delivered(tile, now):
                wake = min(wake, self._deliveries.lost_at(tile))
                continue
            if tile.tileset == DRAWN_TILESET:
                wait = self._backoff.own_wait(tile, now)
                kind: WorkKind = "drawing"
            elif tile not in self._lookups:
                wait, kind = None, "lookup"
            else:
                wait, kind = self._backoff.wait_for(tile, now), "request"
                if wait is None and self._lookups[tile].is_shown and now < self._quiet_at:
                    wake = min(wake, self._quiet_at)
                    continue
            if wait is not None:
                wake = min(wake, wait.until)
                self._report_wait(tile, wait, now)
            elif slots[kind] > 0 and (kind != "drawing" or self._rasteriser is not None):
                slots[kind] -= 1
                self._start(tile, kind)
        self._wake_at(wake, now)

    def _max_px(self, tile: TileId) -> int:
        return self._sizes.get(tile.tileset, TILE_SIZE)

    @property
    def _requests_under_way(self) -> int:
        return sum(kind == "request" for kind, _ in self._busy.values())

    def _is_delivered(self, tile: TileId, now: float) -> bool:
        current = self._rasteriser.revision if self._rasteriser and tile.tileset == DRAWN_TILESET else 0
        is_delivered = tile in self._deliveries
        if is_delivered and not self._deliveries.is_on_its_way(tile, current, now):
            self._lookups.pop(tile, None)
            return False
        return is_delivered

    def _start(self, tile: TileId, kind: WorkKind) -> None:
        work: Coroutine[object, object, None]
        if kind == "drawing":
            assert self._rasteriser is not None
            work = self._draw(tile, self._rasteriser)
        elif kind == "lookup":
            work = self._look_up(tile)
        else:
            work = self._request(tile, self._lookups[tile])
        task = asyncio.get_running_loop().create_task(work)
        self._busy[tile] = (kind, task)
        task.add_done_callback(lambda done: self._finished(tile, done))

    def _finished(self, tile: TileId, task: asyncio.Task[None]) -> None:
        current = self._busy.get(tile)
        if current is not None and current[1] is task:
            del self._busy[tile]
        if self._stopped or task.cancelled():
            return
        error = task.exception()
        if error is not None:
            # A defect in our code; the tile is retried with growing delays.
            name = type(error).__name__
            self._log.event("job.failed", level="error", job="tile", error=name, detail=str(error)[:200])
            self._fail(tile, DataError(tile.tileset, name))
        if not self._busy:
            self._write_behind.postpone()
        self._schedule()

    async def _draw(self, tile: TileId, rasteriser: Rasteriser) -> None:
        revision, size = rasteriser.revision, self._max_px(tile)
        content = await self._jobs.in_worker(lambda: rasteriser.rasterise(tile, size))
        if size == self._max_px(tile):
            self._deliver(tile, content, "worker", revision)

    async def _look_up(self, tile: TileId) -> None:
        key, size = CacheKey(self._scope, tile), self._max_px(tile)
        # A tile that left the list while it waited for a worker is not worth decoding.
        entry = await self._jobs.in_worker(lambda: self._codec.read(key, size) if tile in self._requested else None)
        if tile not in self._requested or size != self._max_px(tile):
            return
        if entry is None:
            self._lookups[tile] = Validators()
            return
        content, stored, validators = entry
        is_recent = self._revalidations.is_recent(tile, self._clock.monotonic())
        if stored.is_fresh or (stored.may_use_stale and is_recent):
            self._deliver(tile, content, "disk")
        else:
            self._lookups[tile] = validators
            if stored.may_use_stale:
                self._inbox.post(TileArrived(tile, content, "stale", age_s=stored.age_s))

    async def _request(self, tile: TileId, validators: Validators) -> None:
        self.requests_sent += 1
        key, size = CacheKey(self._scope, tile), self._max_px(tile)
        sent = SentRequest(self._clock.monotonic(), self._requests_under_way)
        try:
            failures, scope = self._backoff.failures(tile), key.scope
            reply = await self._source.tile(
                TileRequest(
                    tile, scope.language, scope.view, validators.etag, validators.last_modified, failures=failures
                )
            )
            now = self._clock.monotonic()
            self._window.succeeded(sent, self._requests_under_way - 1, reply.timing, now)
            delay_s = now - sent.at
            # The map has the pixels if the tile was posted as stale and nothing was forgotten since.
            has_pixels = reply.status == 304 and validators.is_shown and self._lookups.get(tile) is validators
            if has_pixels:
                await self._jobs.in_worker(partial(self._codec.refresh, key, reply, delay_s))
                content = None
            else:
                # After sign-out nothing is stored any more: it has emptied the cache.
                store = partial(self._codec.store, key, reply, delay_s, lambda: key.scope == self._scope, size)
                content = await self._jobs.in_worker(store)
        except TvappError as error:
            if isinstance(error, Throttled | ServiceDown | NetworkError) and getattr(error, "was_sent", True):
                self._window.congested(sent, self._clock.monotonic())
            self._fail(tile, error)
            return
        now = self._clock.monotonic()
        self._backoff.succeeded(tile, now)
        self._revalidations.add(tile, now)
        self._logged_kinds.clear()
        self._reported_waits.pop(tile, None)
        if size != self._max_px(tile):
            self._lookups.pop(tile, None)
        elif has_pixels:
            self._report_revalidated(tile, now)
        elif content is not None:
            self._deliver(tile, content, "disk" if reply.status == 304 else "network")
        elif tile in self._requested:
            # Revalidated, but gone from the disk meanwhile: request it without validators.
            self._lookups[tile] = Validators()

    def _deliver(self, tile: TileId, content: TileImage, origin: Origin, revision: int = 0) -> None:
        if self._stopped or tile not in self._requested:
            return
        self._deliveries.add(tile, revision, self._clock.monotonic())
        self._lookups.pop(tile, None)
        self._inbox.post(TileArrived(tile, content, origin, revision))

    def _report_revalidated(self, tile: TileId, now: float) -> None:
        if self._stopped or tile not in self._requested:
            return
        self._deliveries.add_revalidated(tile, now)
        self._lookups.pop(tile, None)
        self._inbox.post(TileRevalidated(tile))

    def _fail(self, tile: TileId, error: TvappError) -> None:
        now = self._clock.monotonic()
        self._backoff.failed(tile, error, now)
        wait = self._backoff.wait_for(tile, now)
        kind = type(error).__name__
        # One warning for each kind of error until a request succeeds: fifty tiles fail for one reason.
        level: Level = "debug" if kind in self._logged_kinds else "warning"
        self._logged_kinds.add(kind)
        fields = {name: value for name in _LOGGED_FIELDS if (value := getattr(error, name, None))}
        where = f"{tile.tileset}/{tile.z}/{tile.x}/{tile.y}"
        retry_in = round(wait.until - now, 1) if wait is not None else None
        self._log.event("tile.failed", level=level, tile=where, error=kind, retry_in=retry_in, **fields)
        if wait is not None:
            self._report_wait(tile, wait, now)

    def _report_wait(self, tile: TileId, wait: Wait, now: float) -> None:
        """Post why a requested tile does not come: once for each error, and again once its wait is over."""
        reported = self._reported_waits.get(tile)
        if tile not in self._requested or (
            reported is not None and reported.error is wait.error and now < reported.until
        ):
            return
        self._reported_waits[tile] = wait
        self._inbox.post(TileUnavailable(tile, wait.error, wait.until - now))

    def _forget_delivered(self) -> None:
        self._lookups.clear()
        self._deliveries.clear()
        self._reported_waits.clear()

    def _cancel_all(self) -> None:
        busy, self._busy = self._busy, {}
        for _, task in busy.values():
            task.cancel()

    def _wake_at(self, moment: float, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if moment != math.inf:
            delay_s = max(0.05, moment - now)
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._schedule)
