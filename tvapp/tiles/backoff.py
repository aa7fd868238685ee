"""What a failure means for the tiles still to come: one tile waits, a tileset waits, or all of them do. Pure."""

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
    TvappError,
    Unauthorized,
)
from tvapp.tiles.tile import TileId

REFUSED_S = 60.0
"""How often a refusal (no sign-in, no role) is put to the test by itself; roles take minutes to work once given."""

NOT_FOUND_S = 600.0
LOST_S = 60.0
"""How long tiles are announced as missing while the network is away; its return ends the wait at once."""

TOO_MANY = 6
"""So many failures in a row are not the tiles' own: then all wait, and a single request tries the way."""

_TILE = Backoff(first_s=1.0, ceiling_s=60.0)
_ALL = Backoff(first_s=2.0, ceiling_s=60.0)
_MAX_TILES = 2000


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a tile is not asked for, until when (monotonic), and whether it is asked for by itself then."""

    error: TvappError
    until: float
    retries: bool = True


class Patience:
    """Remembers failures; `random` gives numbers in [0, 1)."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._lost: NetworkError | None = None
        self._all: Hold | None = None
        self._tilesets: dict[str, Hold] = {}
        self._tiles: dict[TileId, tuple[int, Hold]] = {}
        self._in_a_row = 0
        self._strikes = 0

    @property
    def is_doubtful(self) -> bool:
        """Nothing has worked for a while: one request at a time is enough to find out."""
        return self._in_a_row >= TOO_MANY or self._all is not None

    def held(self, tile: TileId, now: float) -> Hold | None:
        """Return what keeps a tile from being asked for now."""
        if self._lost is not None:
            return Hold(self._lost, now + LOST_S)
        for hold in (self._all, self._tilesets.get(tile.tileset)):
            if hold is not None and now < hold.until:
                return hold
        return self.held_alone(tile, now)

    def held_alone(self, tile: TileId, now: float) -> Hold | None:
        """Return what keeps this one tile, whatever there is with the others."""
        found = self._tiles.get(tile)
        return found[1] if found is not None and now < found[1].until else None

    def failed(self, tile: TileId, error: TvappError, now: float) -> None:
        """Take note of a failure."""
        retry_after_s: float | None = getattr(error, "retry_after_s", None)
        if not getattr(error, "was_sent", True) and retry_after_s is not None:
            # Held back on its way out: all wait for that, and the tile has not failed once more.
            self._all = Hold(error, max(now + retry_after_s, self._all.until if self._all is not None else now))
        elif isinstance(error, Unauthorized) or (isinstance(error, SignInError) and error.needs_person):
            self._all = Hold(error, now + REFUSED_S)
            self._strikes += 1
        elif isinstance(error, Forbidden):
            self._tilesets[tile.tileset] = Hold(error, now + REFUSED_S)
        elif isinstance(error, NotFound):
            self._note(tile, 0, Hold(error, now + NOT_FOUND_S, retries=False))
        elif isinstance(error, Throttled | SignInError) or (isinstance(error, ServiceDown) and retry_after_s):
            self._hold_all(error, now, retry_after_s)
        else:
            attempt = self._tiles[tile][0] + 1 if tile in self._tiles else 0
            self._note(tile, attempt, Hold(error, now + _TILE.delay(attempt, self._random())))
            self._in_a_row += 1
            if self._in_a_row >= TOO_MANY:
                self._hold_all(error, now, None)

    def succeeded(self, tile: TileId, now: float) -> None:
        """Forget what was held against a tile. One that was on its way before all had to wait does not end that."""
        self._tiles.pop(tile, None)
        if self._all is None or now >= self._all.until:
            self._all = None
            self._in_a_row = self._strikes = 0

    def network_lost(self, error: NetworkError) -> None:
        """Hold everything until the network is back."""
        self._lost = error

    def network_restored(self) -> None:
        """Ask again for everything but what the service itself refused."""
        self._lost = None
        if self._all is not None and isinstance(self._all.error, NetworkError):
            self._all = None
            self._strikes = 0
        self._in_a_row = 0
        self._tiles = {tile: kept for tile, kept in self._tiles.items() if not isinstance(kept[1].error, NetworkError)}

    def resume(self) -> None:
        """Forget every refusal: somebody signed in, or asked for another try."""
        self._all = None
        self._tilesets.clear()
        self._tiles.clear()
        self._in_a_row = self._strikes = 0

    def _hold_all(self, error: TvappError, now: float, retry_after_s: float | None) -> None:
        if self._all is not None and now < self._all.until:
            # Others of the same volley; they tell nothing new but, perhaps, a longer wait.
            until = max(self._all.until, now + (retry_after_s or 0.0))
        else:
            until = now + _ALL.delay(self._strikes, self._random(), retry_after_s)
            self._strikes += 1
        self._all = Hold(error, until)

    def _note(self, tile: TileId, attempt: int, hold: Hold) -> None:
        self._tiles.pop(tile, None)
        self._tiles[tile] = (attempt, hold)
        if len(self._tiles) > _MAX_TILES:
            del self._tiles[next(iter(self._tiles))]
