"""How much more of each kind of work may be started for tiles. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Literal

from tvapp.tiles.tile import TileId

MAX_LOOKUPS = 4
"""A little more than there are workers, so that none is idle and no queue builds up in front of them."""

Kind = Literal["lookup", "request", "drawing"]


def rooms(
    busy: Iterable[tuple[TileId, Kind]], wanted: Container[TileId], limit: int, *, is_doubtful: bool
) -> dict[Kind, int]:
    """Return how many more may be started, where these are `busy`, of which some are still `wanted`.

    `limit` is how many requests may be under way at once; where it `is_doubtful` that any is answered, one.
    """
    busy = tuple(busy)
    kinds = [kind for _, kind in busy]
    still = sum(kind == "request" and tile in wanted for tile, kind in busy)
    # As many again may be finishing for tiles left behind.
    requests = min(limit - still, 2 * limit - kinds.count("request"))
    if is_doubtful:
        requests = 1 - kinds.count("request")
    drawings = kinds.count("drawing")
    # Drawing geofences leaves workers for pictures from elsewhere, as long as there are any to come.
    others = len(kinds) - drawings
    return {
        "lookup": MAX_LOOKUPS - kinds.count("lookup"),
        "request": requests,
        "drawing": (1 if others else 2) - drawings,
    }
