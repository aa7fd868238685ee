"""Measures how fast tiles get from the network to the screen, beside plain httpx and plain decoding.

Usage: python -m scripts.benchmarks.tile_stream CLOUD-PID KEY COLUMNS ROUNDS; the app's settings in the environment.
Runs in a process of its own and prints one JSON object. The three ways take turns within one run.
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import random
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import httpx
import psutil
from PIL import Image as Pillow

from tvapp.app.backend import build_backend
from tvapp.azure.maps import API_VERSION
from tvapp.config.load import load
from tvapp.config.model import Config
from tvapp.core.clock import SystemClock
from tvapp.core.data_folder import DataFolder
from tvapp.core.disk import DiskHealth
from tvapp.core.image import PixelRect
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.core.surroundings import Surroundings
from tvapp.core.urls import with_query
from tvapp.display.window import Display
from tvapp.display.window_creation import DisplaySpec
from tvapp.geo.mercator import project
from tvapp.geo.position import Position
from tvapp.host.process import limit_arenas, tune_interpreter
from tvapp.net.chain import Chain
from tvapp.tiles.congestion_window import MAX_CONNECTIONS
from tvapp.tiles.tile import TILE_SIZE, TileArrived, TileId, TileUnavailable

TILESET = "microsoft.base.darkgrey"
ZOOM = 14
FIRST_ANSWER_S = 30.0
DECODERS = (1, 2)


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one way: wall seconds, CPU seconds of this process and of the local cloud."""

    wall_s: float
    cpu_s: float
    cloud_cpu_s: float


class StreamBroke(Exception):
    """A tile could not be loaded."""


def main() -> int:
    """Measure and print."""
    cloud_pid, key, columns, rounds = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    tune_interpreter()
    limit_arenas()
    config = load(None, os.environ)
    tiles = _tiles(columns)
    bodies: list[bytes] = asyncio.run(_fetch(config, key, tiles))  # the local cloud draws and caches them now
    costs: dict[str, list[Cost]] = {}
    for _ in range(rounds):
        product = _Product(config)
        try:
            product.bring(tiles[:MAX_CONNECTIONS])
            _note(costs, "product", cloud_pid, lambda product=product: product.bring(tiles[MAX_CONNECTIONS:]))  # type: ignore[misc]
        finally:
            product.close()
        _note(costs, "plain httpx", cloud_pid, lambda: asyncio.run(_fetch(config, key, tiles)))
        for threads in DECODERS:
            _note(costs, f"plain decoding, {threads} threads", cloud_pid, lambda n=threads: _decode(bodies, n))  # type: ignore[misc]
    counts = {"product": len(tiles) - MAX_CONNECTIONS}
    json.dump(
        {
            name: {
                "tiles": counts.get(name, len(tiles)),
                "wall_s": [round(cost.wall_s, 3) for cost in found],
                "cpu_s": [round(cost.cpu_s, 3) for cost in found],
                "cloud_cpu_s": [round(cost.cloud_cpu_s, 2) for cost in found],
            }
            for name, found in costs.items()
        },
        sys.stdout,
    )
    return 0


def _note(costs: dict[str, list[Cost]], name: str, cloud_pid: int, work: Callable[[], object]) -> None:
    cloud = psutil.Process(cloud_pid)
    began, cpu, before = time.perf_counter(), time.process_time(), cloud.cpu_times()
    work()
    wall, spent, after = time.perf_counter() - began, time.process_time() - cpu, cloud.cpu_times()
    cloud_s = after.user + after.system - before.user - before.system
    costs.setdefault(name, []).append(Cost(wall, spent, cloud_s))


def _tiles(columns: int) -> list[TileId]:
    u, v = project(Position(24.9525, 60.1672))
    left, top = int(u * 2**ZOOM) - columns // 2, int(v * 2**ZOOM) - columns // 2
    return [TileId(TILESET, ZOOM, left + i, top + j) for j in range(columns) for i in range(columns)]


class _Product:
    """The app's own path for tiles: HTTP, Maps client, empty disk cache, loader, workers, textures, frames."""

    def __init__(self, config: Config) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tvapp-bench-tiles-")
        clock, log = SystemClock(), RecordingLog()
        self._inbox = Inbox()
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._inbox.wake = lambda: self._wake.put(None)
        self._jobs = Jobs(self._inbox, log)
        surroundings = Surroundings(
            self._jobs,
            clock,
            log,
            DiskHealth(log),
            random.random,
            DataFolder(Path(self._folder.name)),
            since_start=lambda: 0.0,
        )
        http = Chain(outbound=config.outbound, clock=clock, log=log, random=random.random)
        self._http = http
        self._backend = build_backend(config, surroundings, None, http, 1.0)
        self._backend.use_account("")
        self._display = Display.open(DisplaySpec(size=(1920, 1080)))

    def bring(self, tiles: Sequence[TileId]) -> None:
        """Request tiles, and draw in each frame those that have arrived."""
        missing = set(tiles)
        self._backend.loader.request(tiles)
        canvas = self._display.canvas
        while missing:
            self._wake.get(timeout=FIRST_ANSWER_S)
            self._display.begin()
            shown: list[TileId] = []
            for message in self._inbox.drain():
                if isinstance(message, TileUnavailable):
                    raise StreamBroke(str(message.error))
                if isinstance(message, TileArrived) and message.content.image is not None:
                    missing.discard(message.tile)
                    canvas.upload(message.tile, message.content.image)
                    canvas.quad(message.tile, PixelRect(len(shown) % 4 * 480, 0, TILE_SIZE, TILE_SIZE))
                    shown.append(message.tile)
            if shown:
                self._display.present()
            for tile in shown:
                canvas.release(tile)

    def close(self) -> None:
        self._backend.close()
        self._jobs.wait_on_io(self._http.aclose)
        self._jobs.stop()
        self._display.close()
        self._folder.cleanup()


async def _fetch(config: Config, key: str, tiles: Sequence[TileId]) -> list[bytes]:
    """Fetch tiles with httpx alone: HTTP/2, as many at a time as the app has in flight."""
    limit = asyncio.Semaphore(MAX_CONNECTIONS)
    context = ssl.create_default_context(cafile=config.identity.ca_bundle)
    headers = {"subscription-key": key}
    async with httpx.AsyncClient(http2=True, verify=context, trust_env=False, timeout=FIRST_ANSWER_S) as client:

        async def one(tile: TileId) -> bytes:
            query: dict[str, str | int | None] = {
                "api-version": API_VERSION,
                "tilesetId": tile.tileset,
                "zoom": tile.z,
                "x": tile.x,
                "y": tile.y,
                "tileSize": TILE_SIZE,
                "language": config.kiosk.language,
                "view": config.maps.view,
            }
            async with limit:
                answer = await client.get(with_query(f"{config.maps.endpoint}/map/tile", query), headers=headers)
            answer.raise_for_status()
            return answer.content

        return list(await asyncio.gather(*(one(tile) for tile in tiles)))


def _decode(bodies: Sequence[bytes], threads: int) -> None:
    """Decode tiles with Pillow alone, to the pixel format of a texture."""

    def one(body: bytes) -> int:
        with Pillow.open(BytesIO(body)) as picture:
            return len(picture.convert("RGBA").tobytes("raw", "BGRA"))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, bodies))


if __name__ == "__main__":
    sys.exit(main())
