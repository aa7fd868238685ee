"""The ports through which screens ask the app for what they cannot do themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

# For types alone: the first frame must not wait for the map's modules.
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
    """Takes changes of geofences for the store; `OutboxChanged` reports their progress."""

    @property
    def is_full(self) -> bool:
        """Tell whether so many changes wait that the outbox takes no more."""
        ...

    def submit(self, change: Change) -> None:
        """Take a confirmed change."""
        ...

    def retry(self, number: int) -> None:
        """Retry a refused change."""
        ...

    def discard(self, number: int) -> None:
        """Drop a change that was refused or is in conflict."""
        ...

    def resolve(self, number: int, how: Resolution) -> None:
        """Resolve a conflict."""
        ...

    def keep_both(self, number: int, geometry_id: str, feature: bytes) -> None:
        """Resolve a conflict by storing our version, as `feature`, as another geofence."""
        ...


class Actions(Protocol):
    """The app, as screens see it. Every call returns at once; results come as messages."""

    @property
    def outbox(self) -> ChangeOutbox | None:
        """Where changes of geofences go; None while, or where, editing is not possible."""
        ...

    def try_pattern(self, pattern: Pattern, wrong_tries: int) -> None:
        """Check a pattern against the lock; `wrong_tries` counts this try too. Answered by PatternChecked."""
        ...

    def want_tiles(self, tiles: Sequence[TileId]) -> None:
        """Load these tiles, the most urgent first; replaces the former list."""
        ...

    def request_labels(self, bounds: Bounds, zoom: int, selected: str | None) -> None:
        """Place the names of geofences; answered by LabelsPlaced."""
        ...

    def view_rested(self, viewport: Viewport) -> None:
        """Report that the map came to rest: its attribution may differ here."""
        ...

    def choose_layers(self, choice: LayerChoice) -> None:
        """Report that the viewer chose layers; the map shows them already."""
        ...

    def fence_selected(self, fence: Geofence) -> None:
        """Report that the viewer selected a geofence."""
        ...

    def load_usage(self, days: int, *, anew: bool = False) -> None:
        """Read the usage of the last `days` (`anew`: not from memory); answered by UsageChanged, once or twice."""
        ...

    def sign_out(self) -> None:
        """Sign out, and delete everything that belongs to the account."""
        ...

    def retry_sign_in(self) -> None:
        """Try to sign in now: with a new code after a failure or a pause, else by the next attempt without waiting."""
        ...

    def allow_with_phone(self) -> None:
        """Request a code for the missing permission, or another code after a failure."""
        ...

    def leave_sign_in(self) -> None:
        """Drop the code that is shown over the map, because the viewer went back to the map."""
        ...

    def leave(self) -> None:
        """End the app, if it may be closed."""
        ...

    def start_again(self) -> None:
        """Start the app anew: it reads its configuration again."""
        ...
