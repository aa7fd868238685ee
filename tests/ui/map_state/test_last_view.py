"""The view that the app stores, and how the selection of last time returns."""

from __future__ import annotations

from dataclasses import replace

from tests.ui.fakes import FakeActions
from tests.ui.sample_fences import HERE, LARGE, SMALL, PlainIndex
from tvapp.core.clock import ManualClock
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Geofence
from tvapp.fences.service.messages import IndexBuilt
from tvapp.mapview.last_view import LastView
from tvapp.mapview.layers import BaseStyle, LayerChoice, layers
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.ui.map_state.selection import Selection
from tvapp.ui.map_state.state import MapState
from tvapp.ui.settings import UiSettings

CHOICE = LayerChoice(BaseStyle.IMAGERY)


def state_of(awaited: str = "") -> MapState:
    model = MapModel(Viewport(HERE, 13.0, 1280, 720, 1.0), layers(CHOICE), 64 << 20)
    return MapState(UiSettings(), FakeActions(), ManualClock(), model, CHOICE, selection=Selection(awaited_id=awaited))


def loaded(*fences: Geofence) -> IndexBuilt:
    return IndexBuilt(PlainIndex(fences), FenceBook(fences), 1)


def test_the_last_view_is_centre_zoom_layers_and_selection() -> None:
    state = state_of()
    state.receive(loaded(SMALL), 0.0)
    assert state.last_view() == LastView(HERE, 13.0, CHOICE, "")
    state.select(SMALL)
    assert state.last_view() == LastView(HERE, 13.0, CHOICE, "small")


def test_the_selection_of_last_time_comes_back_as_soon_as_it_is_there() -> None:
    state = state_of("large")
    state.receive(loaded(SMALL), 0.0)
    assert state.selection.fence is None
    assert state.last_view().selected == "large", "a start that ends too soon must not forget it"
    state.receive(replace(loaded(SMALL, LARGE), revision=2), 0.0)
    assert state.selection.fence == LARGE


def test_a_choice_of_the_viewer_wins_over_the_selection_of_last_time() -> None:
    for choice in (SMALL, None):
        state = state_of("large")
        state.receive(loaded(SMALL), 0.0)
        state.select(choice)
        state.receive(replace(loaded(SMALL, LARGE), revision=2), 0.0)
        assert state.selection.fence == choice
