"""What does not work at the moment, by area, and when a refusal of the map service goes from the screen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from tvapp.core.errors import NetworkError, NotFound, ServiceError, SignInError, TimedOut
from tvapp.tiles.tile import TileUnavailable
from tvapp.ui.messages import Area, TroubleChanged

REFUSAL_LASTS_S = 3.0
"""A refusal stays on the screen at least this long, or it would flicker while some tiles arrive and others do not."""
REPEATED_LOSS_S = 5.0
"""A tile that waits this long for its next try was lost several times in a row. A single loss is not worth a notice."""
REFUSAL_FORGOTTEN_S = 60.0
"""A refusal this old goes when the map lacks no tile: such a map sends no request, so no answer could end it."""


@dataclass(slots=True)
class Troubles:
    """The latest trouble of each area, the connection and the clock."""

    by_area: dict[Area, TroubleChanged] = field(default_factory=dict)
    offline_since: float | None = None
    clock_skew_s: float = 0.0
    """How far the clock of this TV is behind (`core.clock.ClockSkewed`); 0 while it is right."""
    clears_at: float | None = None
    """When the refusal of the map service goes from the screen, because tiles arrive again (monotonic)."""
    _refused_at: float = -math.inf

    @property
    def is_offline(self) -> bool:
        return self.offline_since is not None

    def take(self, message: TroubleChanged) -> None:
        """Note a trouble, or its end."""
        if message.error is None and not message.state:
            self.clear(message.area)
        else:
            self.by_area[message.area] = message

    def clear(self, area: Area) -> None:
        """Note that an area works; nothing happens when it did."""
        self.by_area.pop(area, None)

    def take_connection(self, offline_since: float | None) -> None:
        """Note that the network came or went: either explains what the map lost on the way."""
        self.offline_since = offline_since
        if "map" in self.by_area and isinstance(self.by_area["map"].error, NetworkError):
            del self.by_area["map"]

    def take_refusal(self, message: TileUnavailable, now: float) -> None:
        """Note why a tile did not arrive.

        An answer of the service counts at once, and so does a time-out, which has been waited for long enough. Another
        loss, or a sign-in that could not be renewed, counts when it repeats. A tile that does not exist never counts.
        Without a network, or where a person has to sign in, another notice says it.
        """
        error = message.error
        if isinstance(error, NotFound) or (isinstance(error, SignInError) and error.needs_person):
            return
        if isinstance(error, NetworkError) and self.is_offline:
            return
        if isinstance(error, ServiceError | TimedOut) or message.retry_in_s >= REPEATED_LOSS_S:
            self.by_area["map"] = TroubleChanged("map", error)
            self._refused_at = now
            self.clears_at = None

    def take_arrival(self, now: float) -> None:
        """Note that the map service delivered a tile: its refusal ends soon."""
        if self.clears_at is None and "map" in self.by_area:
            self.clears_at = max(now, self._refused_at + REFUSAL_LASTS_S)

    def update(self, now: float, lacks_nothing: Callable[[], bool]) -> bool:
        """Drop a refusal whose time is over; True when it did. `lacks_nothing`: the map has every tile in view."""
        is_old = REFUSAL_FORGOTTEN_S <= now - self._refused_at < math.inf
        if is_old and "map" in self.by_area and lacks_nothing():
            self.clears_at = now
        if self.clears_at is None or now < self.clears_at:
            return False
        self.clears_at = None
        self.clear("map")
        return True
