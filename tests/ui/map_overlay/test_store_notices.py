"""Notices about a store that fails."""

from __future__ import annotations

import pytest

from tests.ui.fakes import FakeActions
from tvapp.core.clock import ManualClock
from tvapp.core.errors import (
    DataError,
    Forbidden,
    NotFound,
    ServiceDown,
    SignInError,
    TvappError,
    Unauthorized,
    UnexpectedReply,
)
from tvapp.fences.service.messages import FencesUnavailable, FencesUnchanged
from tvapp.geo.position import Position
from tvapp.mapview.layers import BaseStyle, LayerChoice, layers
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.ui.map_overlay.notices import notices
from tvapp.ui.map_state.state import MapState
from tvapp.ui.settings import UiSettings


def state() -> MapState:
    choice = LayerChoice(BaseStyle.DARK)
    model = MapModel(Viewport(Position(24.9, 60.1), 12, 1920, 1080), layers(choice), 1 << 20)
    return MapState(UiSettings(), FakeActions(), ManualClock(), model, choice)


@pytest.mark.parametrize(
    ("error", "title", "advice"),
    [
        (SignInError("invalid_grant", aadsts=65001, correlation_id="c-1"), "does not open", "AADSTS65001, c-1"),
        (SignInError("consent_required"), "does not open", "consent_required"),
        (SignInError("server_error", needs_person=False), "cannot be loaded", "tried again"),
        (Forbidden("h", 403), "may not read", "administrator"),
        (Unauthorized("h", 401), "may not read", "administrator"),
        (NotFound("h", 404), "is not there", "address"),
        (ServiceDown("h", 503), "cannot be loaded", "tried again"),
        (UnexpectedReply("h", 302, "html"), "web page", "sign-in of its own"),
        (UnexpectedReply("h", 302, "redirect"), "web page", "address"),
        (UnexpectedReply("h", 302), "cannot be loaded", "tried again"),
        (DataError("h", "no container"), "cannot be loaded", "tried again"),
    ],
)
def test_each_failure_has_a_notice_until_the_store_answers(error: TvappError, title: str, advice: str) -> None:
    map_state = state()
    map_state.receive(FencesUnavailable("blob", error), 0.0)
    (notice,) = notices(map_state)
    assert title in notice.title
    assert advice in notice.advice
    map_state.receive(FencesUnchanged(), 1.0)
    assert notices(map_state) == []
