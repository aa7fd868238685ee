"""Loads the backend (network, tiles, store) on a worker, because importing it takes longer than the first frame may.

The tile cache comes first, because the last session's map can be shown from it before anything else is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tvapp.auth.tokens import TokenProvider
from tvapp.config.model import Config
from tvapp.core.surroundings import Surroundings
from tvapp.net.lazy_chain import LazyChain

if TYPE_CHECKING:
    from tvapp.app.backend import Backend
    from tvapp.app.tile_backend import TileBackend
    from tvapp.usage.counter import UsageCounter

BACKEND_JOB = "backend.build"


@dataclass(frozen=True, slots=True, eq=False)
class TilesReady:
    """Tiles on the disk can be shown now; BackendReady follows."""

    tiles: TileBackend


@dataclass(frozen=True, slots=True, eq=False)
class BackendReady:
    """Network, tiles and store can be used now."""

    backend: Backend


def start_building_backend(
    config: Config,
    surroundings: Surroundings,
    tokens: TokenProvider | None,
    network: LazyChain,
    scale: float,
    counter: UsageCounter | None,
) -> None:
    """Build the backend; answered by TilesReady and BackendReady, or by JobFailed of BACKEND_JOB.

    `tokens` are the account's; None where a subscription key opens the map. `scale` is real pixels per design pixel.
    `counter` counts the requests to Azure Maps.
    """
    jobs = surroundings.jobs

    def build() -> BackendReady:
        from tvapp.app.tile_backend import build_tile_backend

        tiles = build_tile_backend(config, surroundings)
        jobs.inbox.post(TilesReady(tiles))
        from tvapp.app.backend import build_backend

        return BackendReady(build_backend(config, surroundings, tokens, network.get(), scale, tiles, counter))

    jobs.run(BACKEND_JOB, build)
