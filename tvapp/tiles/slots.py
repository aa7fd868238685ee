"""How many more lookups, requests and drawings may be started for tiles. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Literal

from tvapp.tiles.tile import TileId

MAX_LOOKUPS = 4
"""One more than there are workers, so that no worker is idle and no queue builds up in front of them."""

WorkKind = Literal["lookup", "request", "drawing"]


def free_slots(
    busy: Iterable[tuple[TileId, WorkKind]], requested: Container[TileId], limit: int, *, is_probing: bool
) -> dict[WorkKind, int]:
    """Return how many more of each kind may be started beside those that are `busy`.

    `requested` are the tiles that are still needed. `limit` is how many requests may be under way at once; only one
    where `is_probing`, because it is doubtful that any is answered.
    """
    busy = tuple(busy)
    kinds = [kind for _, kind in busy]
    still_requested = sum(kind == "request" and tile in requested for tile, kind in busy)
    # As many again may be finishing for tiles that are no longer needed.
    requests = min(limit - still_requested, 2 * limit - kinds.count("request"))
    if is_probing:
        requests = 1 - kinds.count("request")
    drawings = kinds.count("drawing")
    # While other work is under way, drawing geofences leaves workers for it.
    others = len(kinds) - drawings
    return {
        "lookup": MAX_LOOKUPS - kinds.count("lookup"),
        "request": requests,
        "drawing": (1 if others else 2) - drawings,
    }
