"""A code over the map: its words, its keys, and Back to the map as it was."""

from __future__ import annotations

import pytest

from tests.ui.fakes import AINO, FakeActions, FakeSession, Remote, font_metrics, problem, prompting
from tests.ui.gallery import GUIDE, OK, SETTINGS, Scene, allowing, allowing_without_code, on_map
from tvapp.auth.view import SessionView
from tvapp.core.errors import SignInError
from tvapp.fences.service.messages import FencesUnavailable
from tvapp.remote.intents import Intent
from tvapp.ui.map_overlay.notices import notices
from tvapp.ui.messages import TroubleChanged
from tvapp.ui.qr import qr_modules
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.screens.map.screen import MapScreen
from tvapp.ui.screens.signin.panel import PERMISSION, SIGN_IN, SignInPanel

NO_CONSENT = FencesUnavailable("blob", SignInError("invalid_grant", aadsts=65001))


class Bench:
    """A panel over a map on which a geofence is selected."""

    def __init__(self, view: SessionView, name: str = PERMISSION, size: tuple[int, int] = (1920, 1080)) -> None:
        scale = min(size[0] / 1920, size[1] / 1080)
        self.canvas = RecordingCanvas(size[0] / scale, size[1] / scale, scale, font_metrics)
        self.scene: Scene = on_map(OK, at=GUIDE, zoom=14)(*size)
        base = self.scene.stack.base
        assert isinstance(base, MapScreen)
        self.map = base
        self.before = (base.state.selection.fence, base.state.viewport)
        self.session = FakeSession(view, self.scene.now)
        stack = self.scene.stack
        self.panel = SignInPanel(name, SETTINGS, stack, self.scene.actions, self.session, self.scene.now)
        stack.push(self.panel)
        self.remote = Remote(stack, self.scene.now)

    @property
    def actions(self) -> FakeActions:
        return self.scene.actions

    def asked(self) -> list[str]:
        """Return what the panel asked for, without what the map below goes on asking for."""
        return [name for name in self.actions.names() if name in ("allow_with_phone", "retry_sign_in", "leave_sign_in")]

    def draw(self) -> RecordingCanvas:
        self.canvas.clear()
        self.scene.stack.update(self.remote.now)
        self.scene.stack.draw(self.canvas, self.remote.now)
        return self.canvas


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (1024, 768)])
def test_code_address_and_qr_code_are_as_large_as_on_the_page(size: tuple[int, int]) -> None:
    canvas = Bench(allowing(), size=size).draw()
    big = [drawn for drawn in canvas.texts if drawn.style.size >= 96]
    assert "".join(drawn.text for drawn in big) == "CB7F9OQX0"
    assert "https://login.microsoft.com/device" in canvas.sentences()
    (qr,) = [shape for shape in canvas.shapes if shape.kind == "qr"]
    modules = len(qr_modules("https://login.microsoft.com/device"))
    assert qr.rect.w / (modules + 8) * modules >= 480


def test_the_panel_names_permission_and_account_and_warns() -> None:
    canvas = Bench(allowing()).draw()
    assert canvas.shows("One more permission")
    assert canvas.shows("Aino Virtanen")
    assert canvas.shows("Azure Storage")
    assert canvas.shows("Never type a code that somebody sent you")


def test_a_resource_without_words_of_its_own_is_named() -> None:
    assert Bench(allowing(permission="https://management.azure.com")).draw().shows("https://management.azure.com")


def test_signing_in_again_says_that_the_map_stays() -> None:
    canvas = Bench(prompting(again=True, account=AINO), SIGN_IN).draw()
    assert canvas.shows("Please sign in again")
    assert canvas.shows("Back returns to it")


@pytest.mark.parametrize(
    ("name", "view"),
    [
        (PERMISSION, allowing()),
        (PERMISSION, allowing_without_code("failed", problem=problem("declined"))),
        (PERMISSION, allowing_without_code("requesting")),
        (SIGN_IN, prompting(again=True)),
    ],
)
def test_back_returns_to_the_map_as_it_was(name: str, view: SessionView) -> None:
    bench = Bench(view, name)
    bench.remote.press(Intent.BACK)
    assert bench.asked() == ["leave_sign_in"]
    assert bench.scene.stack.top is bench.map
    assert (bench.map.state.selection.fence, bench.map.state.viewport) == bench.before
    assert bench.map.state.selection.fence is not None


def test_back_from_the_large_code_leads_to_the_small_one_first() -> None:
    bench = Bench(allowing())
    seen = []
    for key in (Intent.SELECT, Intent.BACK, Intent.BACK):
        bench.remote.press(key)
        seen.append((bench.panel.is_enlarged, bench.asked()))
    assert seen == [(True, []), (False, []), (False, ["leave_sign_in"])]


def test_other_keys_do_not_reach_the_map_below() -> None:
    bench = Bench(allowing())
    bench.remote.press(Intent.LEFT, Intent.MENU, Intent.ZOOM_IN, Intent.PLAY_PAUSE, Intent.DOWN)
    assert (bench.map.state.selection.fence, bench.map.state.viewport) == bench.before
    assert bench.scene.stack.top is bench.panel


def test_the_map_below_goes_on() -> None:
    bench = Bench(allowing())
    bench.draw()
    bench.scene.stack.receive(NO_CONSENT, bench.remote.now)
    assert bench.scene.stack.update(bench.remote.now), "no frame for what changed on the map"
    assert "store" in bench.map.state.troubles.by_area


@pytest.mark.parametrize(
    ("name", "view", "asked"),
    [
        (PERMISSION, allowing_without_code("failed", problem=problem("declined")), "allow_with_phone"),
        (PERMISSION, allowing_without_code("offline", problem=problem("offline")), "allow_with_phone"),
        (SIGN_IN, allowing_without_code("failed", problem=problem("declined"), permission=""), "retry_sign_in"),
    ],
)
def test_ok_retries(name: str, view: SessionView, asked: str) -> None:
    bench = Bench(view, name)
    bench.remote.press(Intent.SELECT)
    assert bench.asked() == [asked]
    assert bench.scene.stack.top is bench.panel


def test_after_a_wrong_account_the_panel_names_the_right_one() -> None:
    canvas = Bench(allowing_without_code("failed", problem=problem("another-account"))).draw()
    assert canvas.shows("That was another account")
    assert canvas.shows("Signed in here: Aino Virtanen")


def test_a_permission_that_was_given_is_thanked_for() -> None:
    canvas = Bench(allowing_without_code("succeeded")).draw()
    assert canvas.shows("Thank you")
    assert canvas.shows("The geofences come now.")


def test_the_map_names_the_missing_permission_once_and_the_way_to_give_it() -> None:
    bench = Bench(allowing())
    state = bench.map.state
    state.receive(NO_CONSENT, 0.0)
    assert [notice.title for notice in notices(state)] == ["This sign-in does not open the geofences"]
    state.receive(TroubleChanged("permission", state="storage"), 0.0)
    (notice,) = notices(state)
    assert notice.title == "The geofences need one more permission"
    assert "Open Account" in notice.advice
    state.receive(TroubleChanged("session", state="again"), 0.0)
    assert notices(state)[0].title == "Please sign in again"
    state.receive(TroubleChanged("permission"), 0.0)
    state.receive(TroubleChanged("session"), 0.0)
    assert [notice.title for notice in notices(state)] == ["This sign-in does not open the geofences"]


@pytest.mark.parametrize(
    ("trouble", "asked"),
    [
        (TroubleChanged("permission", state="storage"), "allow_with_phone"),
        (TroubleChanged("session", state="again"), "retry_sign_in"),
    ],
)
def test_the_account_panel_offers_what_is_needed_first(trouble: TroubleChanged, asked: str) -> None:
    scene = on_map(messages=(trouble,))(1920, 1080)
    remote = scene.remote
    remote.press(Intent.MENU, Intent.LEFT, Intent.SELECT, Intent.DOWN, Intent.RIGHT, Intent.UP, Intent.SELECT)
    assert asked in scene.actions.names()
    assert scene.stack.depth == 1


def test_down_from_what_is_needed_leads_to_the_harmless_button() -> None:
    scene = on_map(messages=(TroubleChanged("permission", state="storage"),))(1920, 1080)
    scene.remote.press(Intent.MENU, Intent.LEFT, Intent.SELECT, Intent.DOWN)
    assert scene.stack.top.focused == "cancel"


def test_the_account_panel_still_leads_to_signing_out() -> None:
    scene = on_map(messages=(TroubleChanged("permission", state="storage"),))(1920, 1080)
    scene.remote.press(Intent.MENU, Intent.LEFT, Intent.SELECT, Intent.DOWN, Intent.RIGHT, Intent.SELECT)
    assert "sign_out" in scene.actions.names()
    assert "allow_with_phone" not in scene.actions.names()
