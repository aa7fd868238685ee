"""Measures what geofences cost a worker: reading, indexing, and drawing tiles of them.

Usage: python -m scripts.benchmarks.fence_work FILE RUNS; runs in a process of its own and prints one JSON object.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from tvapp.fences.drawing.raster import rasterise
from tvapp.fences.geojson.reading import read
from tvapp.fences.index.fence_index import FenceIndex
from tvapp.fences.model.book import FenceBook
from tvapp.geo.mercator import project
from tvapp.geo.position import Position
from tvapp.host.process import tune_interpreter
from tvapp.tiles.tile import TileId

T = TypeVar("T")

CENTER = Position(24.9525, 60.1672)
WANTED = (30, 300, 1_000)
"""Numbers of geofences in a tile."""
TOLERANCE = 0.2
MOST_TILES = 16
DRAWN = 3
ZOOMS = range(8, 19)
AROUND = 24
"""Number of tiles on each side of the centre to choose from."""


def main() -> int:
    """Measure and print."""
    data, runs = Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
    tune_interpreter()
    reading, indexing = [], []
    for _ in range(runs):
        gc.collect()
        result, spent = _timed(lambda: read(data, "fences.geojson"))
        reading.append(spent)
        book, listed = _timed(lambda: FenceBook(result.fences, 0))  # noqa: B023 - called at once
        index, spent = _timed(lambda: FenceIndex(book.fences))  # noqa: B023
        indexing.append(listed + spent)
    gc.freeze()
    json.dump(
        {
            "fences": len(index),
            "read_cpu_s": reading,
            "index_cpu_s": indexing,
            "tiles": {str(wanted): _drawing(index, tiles) for wanted, tiles in _tiles(index).items()},
        },
        sys.stdout,
    )
    return 0


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.thread_time()
    result = work()
    return result, time.thread_time() - began


def _tiles(index: FenceIndex) -> dict[int, list[TileId]]:
    """Return, for each wanted number of geofences, the tiles that hold about so many, closest number first."""
    found: dict[int, list[tuple[float, TileId]]] = {wanted: [] for wanted in WANTED}
    u, v = project(CENTER)
    for z in ZOOMS:
        edge = 1 << z
        for x in range(int(u * edge) - AROUND, int(u * edge) + AROUND):
            for y in range(int(v * edge) - AROUND, int(v * edge) + AROUND):
                count = len(index.parts_in(x / edge, y / edge, (x + 1) / edge, (y + 1) / edge).parts)
                for wanted in WANTED:
                    off = abs(count - wanted) / wanted
                    if off <= TOLERANCE:
                        found[wanted].append((off, TileId("geofences", z, x, y)))
    return {
        wanted: [tile for _, tile in sorted(tiles, key=lambda each: each[0])[:MOST_TILES]]
        for wanted, tiles in found.items()
    }


def _drawing(index: FenceIndex, tiles: Sequence[TileId]) -> dict[str, object]:
    """Draw each tile several times; returns the median of the best times, and their spread."""
    now_s = time.time()
    best: list[float] = []
    for tile in tiles:
        times = []
        for _ in range(DRAWN):
            began = time.thread_time()
            rasterise(index, tile, now_s)
            times.append((time.thread_time() - began) * 1000)
        best.append(min(times))
    return {
        "tiles": len(tiles),
        "zooms": sorted({tile.z for tile in tiles}),
        "median_cpu_ms": round(statistics.median(best), 2) if best else None,
        "longest_cpu_ms": round(max(best), 2) if best else None,
    }


if __name__ == "__main__":
    sys.exit(main())
