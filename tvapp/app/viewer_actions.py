"""Carries out what the viewer chooses on the screens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tvapp.app.live_map import LiveMap
from tvapp.app.map_session import MapSession
from tvapp.core.surroundings import Surroundings
from tvapp.fences.model.fence import Geofence
from tvapp.geo.position import Bounds
from tvapp.mapview.layers import LayerChoice
from tvapp.mapview.viewport import Viewport
from tvapp.remote.pattern import Pattern
from tvapp.tiles.tile import TileId
from tvapp.ui.actions import ChangeOutbox

if TYPE_CHECKING:
    from tvapp.app.diagnosis_service import DiagnosisService


class ViewerActions:
    """Implements ui.Actions. What needs a map or a sign-in does nothing while there is none."""

    def __init__(
        self,
        surroundings: Surroundings,
        session: Callable[[], MapSession],
        leave: Callable[[], None],
        start_again: Callable[[], None],
    ) -> None:
        """`session` is asked at each action; `leave` ends the program, `start_again` starts it anew."""
        self._surroundings = surroundings
        self._diagnosis: DiagnosisService | None = None
        self._clock = surroundings.clock
        self._log = surroundings.log
        self._get_session = session
        self.leave = leave
        self.start_again = start_again

    @property
    def _session(self) -> MapSession:
        return self._get_session()

    @property
    def _map(self) -> LiveMap | None:
        return self._session.map

    def want_tiles(self, tiles: Sequence[TileId]) -> None:
        if self._map is not None:
            self._map.want_tiles(tiles)

    def request_labels(self, bounds: Bounds, zoom: int, selected: str | None) -> None:
        if self._map is not None:
            self._map.request_labels(bounds, zoom, selected)

    def view_rested(self, viewport: Viewport) -> None:
        if self._map is not None:
            self._map.view_rested(viewport)

    def choose_layers(self, choice: LayerChoice) -> None:
        if self._map is not None:
            self._map.choose_layers(choice)

    @property
    def outbox(self) -> ChangeOutbox | None:
        return self._map.outbox if self._map is not None else None

    def try_pattern(self, pattern: Pattern, wrong_tries: int) -> None:
        if self._session.lock is not None:
            self._session.lock.try_pattern(pattern, wrong_tries)

    def fence_selected(self, fence: Geofence) -> None:
        self._log.event("geofence.selected", id=fence.id)

    def examine_tv(self) -> None:
        if self._diagnosis is None:
            from tvapp.app.diagnosis_service import DiagnosisService

            self._diagnosis = DiagnosisService(self._surroundings)
        self._diagnosis.begin(self._session.running())

    def load_usage(self, days: int, *, anew: bool = False) -> None:
        if self._session.usage is not None:
            self._session.usage.load(days, anew=anew)

    def sign_out(self) -> None:
        self._session.sign_out()

    def retry_sign_in(self) -> None:
        if self._session.sign_in is not None:
            self._session.network.hurry()
            self._session.sign_in.press_ok(self._clock.monotonic())

    def allow_with_phone(self) -> None:
        if self._session.sign_in is not None:
            self._session.network.hurry()
            self._session.sign_in.ask_permission(self._clock.monotonic())

    def leave_sign_in(self) -> None:
        if self._session.sign_in is not None:
            self._session.sign_in.leave()
