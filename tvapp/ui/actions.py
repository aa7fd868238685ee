"""What screens ask the app to do, because they cannot do it themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

# For types alone: the first picture must not wait for the map's modules.
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tvapp.fences.model.change import Change
    from tvapp.fences.model.fence import Geofence
    from tvapp.fences.outbox.outbox import Resolution
    from tvapp.geo.position import Bounds
    from tvapp.mapview.layers import LayerChoice
    from tvapp.mapview.viewport import Viewport
    from tvapp.remote.pattern import Pattern
    from tvapp.tiles.tile import TileId


class ChangeOutbox(Protocol):
    """Takes changes of geofences on their way to the store; `OutboxChanged` tells how they are getting on."""

    @property
    def is_full(self) -> bool:
        """Tell whether so many changes wait that no more are taken."""
        ...

    def submit(self, change: Change) -> None:
        """Take a confirmed change."""
        ...

    def retry(self, number: int) -> None:
        """Try a refused change again."""
        ...

    def discard(self, number: int) -> None:
        """Give up a change that was refused or collided."""
        ...

    def resolve(self, number: int, how: Resolution) -> None:
        """Settle a conflict."""
        ...

    def keep_both(self, number: int, geometry_id: str, feature: bytes) -> None:
        """Settle a conflict by making ours, as `feature`, a geofence of its own."""
        ...


class Actions(Protocol):
    """The app, as screens see it. Every call returns at once; results come as messages."""

    @property
    def outbox(self) -> ChangeOutbox | None:
        """Where changes of geofences go; None where nothing can be changed (yet)."""
        ...

    def try_pattern(self, pattern: Pattern, wrong_tries: int) -> None:
        """Look whether a pattern opens the lock; `wrong_tries` counts this try too. Answered by PatternChecked."""
        ...

    def want_tiles(self, tiles: Sequence[TileId]) -> None:
        """Load these tiles, most wanted first; replaces the former list."""
        ...

    def request_labels(self, bounds: Bounds, zoom: int, selected: str | None) -> None:
        """Place the names of geofences; answered by LabelsPlaced."""
        ...

    def view_rested(self, viewport: Viewport) -> None:
        """The map came to rest here: the attribution may be another one."""
        ...

    def choose_layers(self, choice: LayerChoice) -> None:
        """The viewer picked layers; the map shows them already."""
        ...

    def fence_selected(self, fence: Geofence) -> None:
        """The viewer selected a geofence."""
        ...

    def sign_out(self) -> None:
        """Forget everything of the account."""
        ...

    def retry_sign_in(self) -> None:
        """Try to sign in now: a new code after a failure or a pause, or the next attempt without waiting."""
        ...

    def allow_with_phone(self) -> None:
        """Ask for a code for the permission that is missing, or for another one after a failure."""
        ...

    def leave_sign_in(self) -> None:
        """The viewer went back to the map from a code over it: drop the code."""
        ...

    def leave(self) -> None:
        """End the app."""
        ...
