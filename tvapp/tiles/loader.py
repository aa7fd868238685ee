"""Brings the tiles that the map wishes for: disk, network or a worker's drawing, in the order of the wish list.

The wish list is replaced as the view moves; what has not been asked for yet is then dropped, what is under way is
finished and kept on disk. A tile is never asked for twice at the same time. All state belongs to the io thread.

A stale tile from disk is posted as such at once, and the service is asked about it once nothing new has been wished for
during a moment: not on the way past it. When it confirms the tile (304), a word says so: the pixels are there. However
short its lifetime is, it is not asked about again right away: who needs its pixels once more gets them from disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial

from tvapp.core.clock import Clock
from tvapp.core.errors import DataError, NetworkError, ServiceDown, Throttled, TvappError
from tvapp.core.log import Level, Log
from tvapp.tiles.backoff import Hold, Patience
from tvapp.tiles.cache_key import CacheKey, CacheScope
from tvapp.tiles.codec import TileStock, Validators
from tvapp.tiles.congestion_window import Departure, Window
from tvapp.tiles.disk_cache import DiskCache
from tvapp.tiles.ports import Rasteriser, Runner, TileRequest, TileSource
from tvapp.tiles.revalidation import Confirmed
from tvapp.tiles.slots import Kind, rooms
from tvapp.tiles.tile import (
    DRAWN_TILESET,
    TILE_SIZE,
    Origin,
    TileArrived,
    TileConfirmed,
    TileId,
    TileImage,
    TileUnavailable,
)
from tvapp.tiles.write_behind import Flushing

SETTLE_S = 5.0
"""A tile that is still wished for so long after it was posted got lost on its way, and is brought again."""

CONFIRMED_S = 1.0
"""The same after it was confirmed: whoever lost it meanwhile wishes for its pixels."""

QUIET_S = 0.25
"""Stale tiles are asked about when nothing new has been wished for so long."""

_TOLD = ("host", "reason", "status", "code", "request_id", "aadsts", "correlation_id")
"""Fields of our errors that an operator wants to see in the log."""


class TileLoader:
    """Posts TileArrived, TileConfirmed and TileUnavailable in the inbox.

    The public methods may be called from any thread.
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
        self.disk_hits = 0
        self._jobs = jobs
        self._source = source
        self._stock = TileStock(cache)
        self._inbox = jobs.inbox
        self._scope = scope
        self._clock = clock
        self._log = log
        self._rasteriser: Rasteriser | None = None
        self._sizes: Mapping[str, int] = {}
        self._patience = Patience(random)
        self._window = Window()
        self._wanted: dict[TileId, None] = {}
        self._busy: dict[TileId, tuple[Kind, asyncio.Task[None]]] = {}
        self._looked: dict[TileId, Validators] = {}
        self._served: dict[TileId, tuple[int, float]] = {}
        self._told: dict[TileId, Hold] = {}
        self._confirmed = Confirmed()
        self._quiet_at = 0.0
        self._reported: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._flushing = Flushing(jobs, self._stock.flush)
        self._stopped = False

    def want(self, ids: Sequence[TileId]) -> None:
        """Replace the wish list; most wanted first."""
        wishes = tuple(ids)
        self._soon(lambda: self._replace(wishes))

    def set_rasteriser(self, rasteriser: Rasteriser | None) -> None:
        """Draw with another one from now on; call it before the map is told what is outdated."""

        def change() -> None:
            self._rasteriser = rasteriser
            self._pump()

        self._soon(change)

    def set_sizes(self, sizes: Mapping[str, int]) -> None:
        """Bring tiles of at most so many pixels square from now on, by tileset (others: TILE_SIZE).

        What is wished for is brought again; the disk has it.
        """

        def change() -> None:
            if sizes != self._sizes:
                self._sizes = sizes
                self._forget()
                self._pump()

        self._soon(change)

    def set_scope(self, scope: CacheScope) -> None:
        """Go on for another account or language: nothing that is under way for the former one is used."""

        def change() -> None:
            if scope == self._scope:
                return
            self._scope = scope
            self._cancel_all()
            self._forget()
            self._confirmed.clear()
            self._patience.resume()
            self._pump()

        self._soon(change)

    def resume(self) -> None:
        """Try again what was refused or failed: somebody signed in, or wants to see."""

        def change() -> None:
            self._patience.resume()
            self._told.clear()
            self._pump()

        self._soon(change)

    def forget(self) -> None:
        """Everything that was posted is lost (a display went away): what is wished for is brought again."""

        def change() -> None:
            self._forget()
            self._pump()

        self._soon(change)

    def network_changed(self, error: NetworkError | None) -> None:
        """Wait while the network is away (`error` says how), go on when it is back (None)."""

        def change() -> None:
            if error is not None:
                self._patience.network_lost(error)
            else:
                self._patience.network_restored()
            self._told.clear()
            self._pump()

        self._soon(change)

    def stop(self) -> None:
        """Give up everything; nothing is posted any more."""

        def change() -> None:
            self._stopped = True
            self._wanted.clear()
            self._cancel_all()
            self._flushing.stop()
            if self._timer is not None:
                self._timer.cancel()

        self._soon(change)

    def _soon(self, work: Callable[[], None]) -> None:
        self._jobs.io_loop().call_soon_threadsafe(work)

    def _replace(self, wishes: tuple[TileId, ...]) -> None:
        if self._stopped:
            return
        former, self._wanted = self._wanted, dict.fromkeys(tile.wrapped() for tile in wishes)
        if not self._wanted.keys() <= former.keys():
            self._quiet_at = self._clock.monotonic() + QUIET_S
        for memory in (self._looked, self._served, self._told):
            for tile in [tile for tile in memory if tile not in self._wanted]:
                memory.pop(tile, None)
        self._pump()

    def _pump(self) -> None:
        """Start whatever may be started now, and note when to look again."""
        if self._stopped:
            return
        now = self._clock.monotonic()
        wake = float("inf")
        busy = ((tile, kind) for tile, (kind, _) in self._busy.items())
        room = rooms(busy, self._wanted, self._window.limit, is_doubtful=self._patience.is_doubtful)
        for tile in self._wanted:
            if tile in self._busy:
                continue
            if self._is_served(tile, now):
                wake = min(wake, self._served[tile][1] + SETTLE_S)
                continue
            if tile.tileset == DRAWN_TILESET:
                hold = self._patience.held_alone(tile, now)
                kind: Kind = "drawing"
            elif tile not in self._looked:
                hold, kind = None, "lookup"
            else:
                hold, kind = self._patience.held(tile, now), "request"
                if hold is None and self._looked[tile].is_shown and now < self._quiet_at:
                    wake = min(wake, self._quiet_at)
                    continue
            if hold is not None:
                wake = min(wake, hold.until)
                self._tell(tile, hold, now)
            elif room[kind] > 0 and (kind != "drawing" or self._rasteriser is not None):
                room[kind] -= 1
                self._start(tile, kind)
        self._wake_at(wake, now)

    def _most_px(self, tile: TileId) -> int:
        return self._sizes.get(tile.tileset, TILE_SIZE)

    @property
    def _under_way(self) -> int:
        return sum(kind == "request" for kind, _ in self._busy.values())

    def _is_served(self, tile: TileId, now: float) -> bool:
        served = self._served.get(tile)
        if served is None:
            return False
        revision, at = served
        current = self._rasteriser.revision if self._rasteriser and tile.tileset == DRAWN_TILESET else 0
        if revision >= current and now - at < SETTLE_S:
            return True
        del self._served[tile]
        self._looked.pop(tile, None)
        return False

    def _start(self, tile: TileId, kind: Kind) -> None:
        work: Coroutine[object, object, None]
        if kind == "drawing":
            assert self._rasteriser is not None
            work = self._draw(tile, self._rasteriser)
        elif kind == "lookup":
            work = self._look_up(tile)
        else:
            work = self._request(tile, self._looked[tile])
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
            # A defect of ours; the tile is tried again, later and later.
            name = type(error).__name__
            self._log.event("job.failed", level="error", job="tile", error=name, detail=str(error)[:200])
            self._fail(tile, DataError(tile.tileset, name))
        if not self._busy:
            self._flushing.put_off()
        self._pump()

    async def _draw(self, tile: TileId, rasteriser: Rasteriser) -> None:
        revision, size = rasteriser.revision, self._most_px(tile)
        content = await self._jobs.in_worker(lambda: rasteriser.rasterise(tile, size))
        if size == self._most_px(tile):
            self._serve(tile, content, "worker", revision)

    async def _look_up(self, tile: TileId) -> None:
        key, size = CacheKey(self._scope, tile), self._most_px(tile)
        # Left behind while it waited for a worker, it is not worth decoding.
        entry = await self._jobs.in_worker(lambda: self._stock.read(key, size) if tile in self._wanted else None)
        if tile not in self._wanted or size != self._most_px(tile):
            return
        if entry is None:
            self._looked[tile] = Validators()
            return
        content, stored, validators = entry
        if stored.is_fresh or stored.may_use_stale:
            self.disk_hits += 1
        is_recent = self._confirmed.is_recent(tile, self._clock.monotonic())
        if stored.is_fresh or (stored.may_use_stale and is_recent):
            self._serve(tile, content, "disk")
        else:
            self._looked[tile] = validators
            if stored.may_use_stale:
                self._inbox.post(TileArrived(tile, content, "stale", age_s=stored.age_s))

    async def _request(self, tile: TileId, validators: Validators) -> None:
        self.requests_sent += 1
        key, size = CacheKey(self._scope, tile), self._most_px(tile)
        sent = Departure(self._clock.monotonic(), self._under_way)
        try:
            reply = await self._source.tile(
                TileRequest(tile, key.scope.language, key.scope.view, validators.etag, validators.last_modified)
            )
            now = self._clock.monotonic()
            self._window.answered(sent, self._under_way - 1, reply.timing, now)
            delay_s = now - sent.at
            # Neither dropped nor forgotten since it was posted.
            is_there = reply.status == 304 and validators.is_shown and self._looked.get(tile) is validators
            if is_there:
                await self._jobs.in_worker(partial(self._stock.confirm, key, reply, delay_s))
                content = None
            else:
                # Not after signing out, which empties the cache.
                keep = partial(self._stock.keep, key, reply, delay_s, lambda: key.scope == self._scope, size)
                content = await self._jobs.in_worker(keep)
        except TvappError as error:
            if isinstance(error, Throttled | ServiceDown | NetworkError) and getattr(error, "was_sent", True):
                self._window.troubled(sent, self._clock.monotonic())
            self._fail(tile, error)
            return
        now = self._clock.monotonic()
        self._patience.succeeded(tile, now)
        self._confirmed.add(tile, now)
        self._reported.clear()
        self._told.pop(tile, None)
        if size != self._most_px(tile):
            self._looked.pop(tile, None)
        elif is_there:
            self._confirm(tile, now)
        elif content is not None:
            self._serve(tile, content, "disk" if reply.status == 304 else "network")
        elif tile in self._wanted:
            # Confirmed, but gone from disk meanwhile: ask for it whole.
            self._looked[tile] = Validators()

    def _serve(self, tile: TileId, content: TileImage, origin: Origin, revision: int = 0) -> None:
        if self._stopped or tile not in self._wanted:
            return
        self._served[tile] = (revision, self._clock.monotonic())
        self._looked.pop(tile, None)
        self._inbox.post(TileArrived(tile, content, origin, revision))

    def _confirm(self, tile: TileId, now: float) -> None:
        if self._stopped or tile not in self._wanted:
            return
        self._served[tile] = (0, now - SETTLE_S + CONFIRMED_S)
        self._looked.pop(tile, None)
        self._inbox.post(TileConfirmed(tile))

    def _fail(self, tile: TileId, error: TvappError) -> None:
        now = self._clock.monotonic()
        self._patience.failed(tile, error, now)
        hold = self._patience.held(tile, now)
        kind = type(error).__name__
        # Once a kind until something works again: fifty tiles fail for one reason.
        level: Level = "debug" if kind in self._reported else "warning"
        self._reported.add(kind)
        fields = {name: value for name in _TOLD if (value := getattr(error, name, None))}
        where = f"{tile.tileset}/{tile.z}/{tile.x}/{tile.y}"
        retry_in = round(hold.until - now, 1) if hold is not None and hold.retries else None
        self._log.event("tile.failed", level=level, tile=where, error=kind, retry_in=retry_in, **fields)
        if hold is not None:
            self._tell(tile, hold, now)

    def _tell(self, tile: TileId, hold: Hold, now: float) -> None:
        """Post why a wished tile does not come, once for each reason and once more when its time is over."""
        told = self._told.get(tile)
        if tile not in self._wanted or (told is not None and told.error is hold.error and now < told.until):
            return
        self._told[tile] = hold
        self._inbox.post(TileUnavailable(tile, hold.error, hold.until - now if hold.retries else None))

    def _forget(self) -> None:
        self._looked.clear()
        self._served.clear()
        self._told.clear()

    def _cancel_all(self) -> None:
        busy, self._busy = self._busy, {}
        for _, task in busy.values():
            task.cancel()

    def _wake_at(self, moment: float, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if moment != float("inf"):
            delay_s = max(0.05, moment - now)
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._pump)
