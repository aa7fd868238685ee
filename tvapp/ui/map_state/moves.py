"""Moves of the map that several screens make: flights that keep clear of panels, panning, zooming."""

from __future__ import annotations

from collections.abc import Callable

from tvapp.config.model import Home
from tvapp.fences.model.fence import Geofence
from tvapp.geo.position import Bounds, Position
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.remote.intents import Input, Intent, Phase
from tvapp.ui import theme
from tvapp.ui.map_state.shown_fences import ShownFences
from tvapp.ui.screen import Binding, bind

NEAREST_ZOOM = 17.0
"""A flight to a small geofence goes no nearer than this."""
SHEET_WIDTH = 640.0
"""Width of the panels at the left, without the unsafe edge."""


class MapMoves:
    """Sends the camera; calls `moved` whenever a frame has to follow."""

    def __init__(self, model: MapModel, fences: ShownFences, home: Home | None, moved: Callable[[], None]) -> None:
        self._model = model
        self._fences = fences
        self._home = home
        self._moved = moved

    def fly_to(self, fence: Geofence, now: float, *, beside_sheet: bool = True) -> None:
        """Fly so that a geofence fills what the panels leave free."""
        self._fly(self._fitting(fence.bounds, beside_sheet), now)

    def fly_above(self, bounds: Bounds, covered_px: float, now: float) -> None:
        """Fly so that a box fills what a panel at the bottom, `covered_px` design pixels high, leaves free."""
        view = self._model.viewport
        side, scale = view.width * theme.SAFE, view.scale
        bottom = view.height * theme.SAFE + (covered_px + theme.HINT_HEIGHT) * scale
        padding = (side, view.height * theme.SAFE + 80 * scale, side, bottom)
        self._fly(view.fitting(bounds, padding, NEAREST_ZOOM), now)

    def fit_all(self, now: float) -> None:
        """Fly so that every geofence is on the screen; nothing happens without any."""
        if self._fences.book.bounds is not None:
            self._fly(self._fitting(self._fences.book.bounds, beside_sheet=False), now)

    def go_home(self, now: float) -> None:
        """Fly to the configured home, or to all geofences where there is none."""
        home = self._home
        if home is None:
            self.fit_all(now)
            return
        self.go_to(Position(home.longitude, home.latitude), home.zoom, now)

    def go_to(self, place: Position, zoom: float, now: float) -> None:
        """Fly to a place."""
        view = self._model.viewport
        self._fly(Viewport(place, zoom, view.width, view.height, view.scale), now)

    def pan(self, input_: Input, now: float) -> bool:
        """Move the map with an arrow, for as long as it is held; wants presses and releases."""
        camera = self._model.camera
        if input_.phase is Phase.PRESS:
            camera.press(input_.intent, now)
        elif input_.phase is Phase.RELEASE:
            camera.release(input_.intent, now)
        return True

    def zoom_keys(self, *, mentioned: bool = True) -> Binding:
        """Return what the zoom keys do wherever the map is visible: one level a press."""

        def zoom(input_: Input, now: float) -> bool:
            self.zoom(1 if input_.intent is Intent.ZOOM_IN else -1, now)
            return True

        return bind((Intent.ZOOM_IN, Intent.ZOOM_OUT), zoom, ("zoom", "hint.zoom") if mentioned else None)

    def zoom(self, levels: int, now: float) -> None:
        """Zoom in by so many levels, out when negative."""
        self._model.camera.zoom_by(levels, now)
        self._moved()

    def _fly(self, goal: Viewport, now: float) -> None:
        self._model.camera.fly_to(goal, now)
        self._moved()

    def _fitting(self, bounds: Bounds, beside_sheet: bool) -> Viewport:
        view = self._model.viewport
        scale, side = view.scale, view.width * theme.SAFE
        left = side + (SHEET_WIDTH * scale if beside_sheet else 0)
        padding = (left + 40 * scale, 150 * scale, side + 40 * scale, 170 * scale)
        return view.fitting(bounds, padding, NEAREST_ZOOM)
