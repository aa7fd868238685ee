"""Loads and builds everything behind the map on a worker: it is heavy, and the first picture must not wait for it.

Nor must the map of last time: what shows it from the disk is there first.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tvapp.auth.tokens import TokenProvider
from tvapp.config.model import Config
from tvapp.core.clock import Clock
from tvapp.core.disk import DiskHealth
from tvapp.core.jobs import Jobs
from tvapp.core.log import Log
from tvapp.net.lazy_chain import LazyChain

if TYPE_CHECKING:
    from tvapp.app.backend import Edges
    from tvapp.app.tile_backend import TileEdges

EDGES = "edges.build"


@dataclass(frozen=True, slots=True, eq=False)
class TilesReady:
    """What the disk has of the map can be shown now; the rest follows."""

    tiles: TileEdges


@dataclass(frozen=True, slots=True, eq=False)
class EdgesReady:
    """Network, tiles and store can be used now."""

    edges: Edges


def begin_building(
    config: Config,
    data_dir: Path,
    tokens: TokenProvider | None,
    jobs: Jobs,
    clock: Clock,
    log: Log,
    scale: float,
    network: LazyChain,
    disk: DiskHealth,
) -> None:
    """Build the edges; answered by TilesReady and EdgesReady, or by JobFailed of EDGES."""

    def build() -> EdgesReady:
        from tvapp.app.tile_backend import build_tiles

        tiles = build_tiles(config, data_dir, jobs, clock, log, disk)
        jobs.inbox.post(TilesReady(tiles))
        from tvapp.app.backend import build_edges

        return EdgesReady(build_edges(config, data_dir, tokens, jobs, clock, log, scale, network.get(), disk, tiles))

    jobs.run(EDGES, build)
