"""The map screen: panning, selecting, the action bar and its panels, and notices of failures."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from tests.ui.fakes import AINO, FakeActions, Remote
from tests.ui.sample_fences import AWAY, FAR, HERE, LARGE, SMALL, PlainIndex
from tvapp.config.model import Home
from tvapp.core.clock import ManualClock
from tvapp.core.errors import (
    ConnectionBroken,
    DataError,
    Forbidden,
    NotFound,
    ServiceDown,
    SignInError,
    Throttled,
    TimedOut,
    TvappError,
    Unauthorized,
    UnexpectedReply,
    Unreachable,
)
from tvapp.core.image import Image
from tvapp.fences.drawing.messages import Label, LabelsPlaced
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.fence import Circle, Geofence
from tvapp.fences.service.messages import FencesUnavailable, IndexBuilt
from tvapp.geo.geodesy import distance_m
from tvapp.geo.position import Position
from tvapp.mapview.layers import BaseStyle, LayerChoice, Overlay, layers
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.remote.intents import Input, Intent, Phase
from tvapp.tiles.tile import TileArrived, TileId, TileImage, TileUnavailable
from tvapp.ui.map_state.state import MapState
from tvapp.ui.map_state.troubles import REFUSAL_FORGOTTEN_S, REFUSAL_LASTS_S
from tvapp.ui.messages import (
    AccountChanged,
    AttributionChanged,
    ConnectionChanged,
    PicturesLost,
    ScreenResized,
    TroubleChanged,
)
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.screens.map.screen import TOUR_STEP_S, MapScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.stack import ScreenStack

OK, BACK, MENU = Intent.SELECT, Intent.BACK, Intent.MENU
UP, DOWN, LEFT, RIGHT = Intent.UP, Intent.DOWN, Intent.LEFT, Intent.RIGHT


class Bench:
    """A map screen with everything around it."""

    def __init__(self, fences: Sequence[Geofence] = (SMALL, LARGE, AWAY), *, motion: bool = False) -> None:
        self.settings = UiSettings(motion=motion, home=Home(25.0, 60.0, 10))
        self.actions = FakeActions()
        self.clock = ManualClock()
        model = MapModel(Viewport(HERE, 13, 1920, 1080), layers(LayerChoice()), 64 << 20, motion=motion)
        self.state = MapState(self.settings, self.actions, self.clock, model, LayerChoice())
        self.names: list[str] = []
        self.stack = ScreenStack(on_change=self.names.append)
        self.screen = MapScreen(self.state, self.stack)
        self.stack.show(self.screen)
        self.remote = Remote(self.stack)
        self.canvas = RecordingCanvas()
        book = FenceBook(fences, 1)
        self.send(IndexBuilt(PlainIndex(fences), book, 1), AccountChanged(AINO), AttributionChanged(("© Contoso",)))

    def send(self, *messages: object) -> None:
        for message in messages:
            self.stack.receive(message, self.remote.now)
        self.stack.update(self.remote.now)

    def draw(self) -> RecordingCanvas:
        self.canvas.clear()
        self.stack.update(self.remote.now)
        self.stack.draw(self.canvas, self.remote.now)
        return self.canvas

    @property
    def selected(self) -> Geofence | None:
        return self.state.selection.fence

    @property
    def center(self) -> Position:
        return self.state.viewport.center


def test_an_arrow_moves_the_map_and_a_zoom_key_zooms_by_one_level() -> None:
    bench = Bench()
    bench.remote.press(RIGHT)
    assert bench.center.lon > HERE.lon
    bench.remote.press(Intent.ZOOM_IN)
    assert bench.state.viewport.zoom == 14
    bench.remote.press(Intent.ZOOM_OUT, Intent.ZOOM_OUT)
    assert bench.state.viewport.zoom == 12


def test_a_held_arrow_moves_until_it_is_released() -> None:
    bench = Bench(motion=True)
    bench.stack.handle(Input(RIGHT), bench.remote.now)
    bench.remote.rest(1.0)
    assert bench.state.model.camera.heading() == (1.0, 0.0)
    assert bench.stack.next_wakeup(bench.remote.now) == bench.remote.now
    bench.stack.handle(Input(RIGHT, Phase.RELEASE, 1.0), bench.remote.now)
    bench.remote.rest(1.0)
    resting = bench.center
    bench.remote.rest(1.0)
    assert bench.center == resting


def test_ok_selects_the_smaller_fence_first_then_the_next_and_back_deselects() -> None:
    bench = Bench()
    selected = []
    for _ in range(3):
        bench.remote.press(OK)
        selected.append(bench.selected)
    assert selected == [SMALL, LARGE, SMALL]
    assert [what for name, what in bench.actions.asked if name == "fence_selected"] == ["small", "large", "small"]
    assert bench.draw().shows("1 of 2 here")
    assert bench.canvas.lines
    bench.remote.press(BACK)
    assert bench.selected is None
    assert not bench.draw().lines


def test_the_notice_of_a_refused_tile_goes_when_tiles_arrive() -> None:
    bench = Bench()
    bench.send(TileUnavailable(TileId("microsoft.weather.radar.main", 5, 1, 1), NotFound("h", 404)))
    assert bench.state.troubles.by_area == {}
    bench.send(TileUnavailable(TileId("microsoft.base.road", 5, 1, 1), Throttled("h", 429)))
    assert "map" in bench.state.troubles.by_area
    bench.remote.now += 10
    image = TileImage(Image(1, 1, bytes(4)))
    bench.send(TileArrived(TileId("microsoft.base.road", 13, 4660, 2370), image, "network"))
    assert bench.state.troubles.by_area == {}


def test_a_refusal_goes_from_the_screen_even_if_nothing_more_arrives_after_it_was_mended() -> None:
    bench = Bench()
    bench.send(TileUnavailable(TileId("microsoft.base.road", 5, 1, 1), UnexpectedReply("h", 200, "html")))
    bench.send(TileArrived(TileId("microsoft.base.road", 13, 4660, 2370), TileImage(None), "network"))
    assert "map" in bench.state.troubles.by_area
    bench.remote.rest(REFUSAL_LASTS_S + 0.1)
    assert bench.state.troubles.by_area == {}


def test_a_map_that_lacks_nothing_forgets_a_refusal_for_nothing_that_arrives_would_end_it() -> None:
    bench = Bench()
    bench.send(TileUnavailable(TileId("microsoft.base.road", 5, 1, 1), ServiceDown("h", 503)))
    bench.remote.rest(REFUSAL_FORGOTTEN_S + 1)
    assert bench.state.model.progress().missing > 0
    assert "map" in bench.state.troubles.by_area
    requested = [what for name, what in bench.actions.asked if name == "want_tiles"][-1]
    assert isinstance(requested, tuple)
    bench.send(*(TileArrived(tile, TileImage(Image(1, 1, bytes(4), opaque=True)), "disk") for tile in requested))
    bench.remote.rest()
    assert bench.state.model.progress().missing == 0
    assert bench.state.troubles.by_area == {}


def test_back_opens_the_action_bar_where_ok_cannot_because_a_fence_is_everywhere() -> None:
    bench = Bench()
    bench.remote.press(OK)
    assert bench.selected is not None
    bench.remote.press(BACK)
    assert bench.names[-1] == "map"
    bench.remote.press(BACK)
    assert bench.names[-1] == "action-bar"
    bench.remote.press(BACK)
    assert bench.names[-1] == "map"


def test_a_short_ok_acts_when_the_key_comes_up() -> None:
    bench = Bench()
    bench.stack.handle(Input(OK), bench.remote.now)
    assert "fence_selected" not in bench.actions.names()
    # The press shows all the same: the crosshair is drawn smaller.
    assert bench.stack.update(bench.remote.now)
    bench.stack.handle(Input(OK, Phase.RELEASE, 0.1), bench.remote.now)
    assert bench.selected == SMALL


def test_a_long_ok_opens_the_action_bar_and_its_release_does_nothing_more() -> None:
    bench = Bench()
    bench.remote.hold(OK)
    assert bench.names[-1] == "action-bar"
    assert bench.selected is None
    assert bench.stack.depth == 2


def test_ok_where_there_is_no_fence_opens_the_action_bar_and_the_hint_line_says_so() -> None:
    bench = Bench([AWAY])
    assert bench.draw().shows("Actions")
    bench.remote.press(OK)
    assert bench.stack.top.name == "action-bar"


def test_the_release_of_the_key_that_closed_a_panel_is_not_taken_for_a_press_on_the_map() -> None:
    bench = Bench()
    bench.remote.press(MENU, RIGHT, RIGHT, RIGHT, RIGHT, OK)
    assert bench.stack.depth == 1
    assert bench.selected is None


def test_a_key_held_while_a_panel_opens_does_not_keep_the_map_moving() -> None:
    bench = Bench(motion=True)
    bench.stack.handle(Input(RIGHT), bench.remote.now)
    bench.remote.rest(0.5)
    bench.stack.handle(Input(MENU), bench.remote.now)
    bench.remote.rest(2.0)
    assert bench.state.model.camera.heading() == (0.0, 0.0)
    resting = bench.center
    bench.remote.rest(1.0)
    assert bench.center == resting


def test_ok_on_the_only_fence_that_is_selected_already_opens_its_details() -> None:
    bench = Bench([SMALL, AWAY])
    bench.remote.press(OK, OK)
    assert bench.stack.top.name == "details"
    assert bench.draw().shows("300 m")


REACH = {
    "geofences": ([MENU, OK], "drawer"),
    "layers": ([MENU, RIGHT, OK], "layers"),
    "account": ([MENU, LEFT, OK], "account"),
}


@pytest.mark.parametrize(("keys", "name"), REACH.values(), ids=REACH)
def test_panels_are_a_few_presses_away(keys: list[Intent], name: str) -> None:
    bench = Bench([AWAY])
    bench.remote.press(*keys)
    assert bench.stack.top.name == name


@pytest.mark.parametrize(
    ("option", "keys"),
    [
        (BaseStyle.DARK, [RIGHT]),
        (BaseStyle.IMAGERY, [RIGHT, RIGHT]),
        (BaseStyle.HYBRID, [LEFT]),
        (Overlay.TRAFFIC, [DOWN]),
        (Overlay.RADAR, [DOWN, RIGHT]),
        (Overlay.INFRARED, [DOWN, LEFT]),
    ],
)
def test_every_layer_is_at_most_six_presses_away(option: BaseStyle | Overlay, keys: list[Intent]) -> None:
    bench = Bench([AWAY])
    path = [OK, RIGHT, OK, *keys, OK]
    assert len(path) <= 6
    bench.remote.press(*path)
    choice = bench.state.choice
    assert option is choice.base or option in choice.overlays
    assert bench.state.model.layers == layers(choice)
    assert ("choose_layers", choice) in bench.actions.asked


@pytest.mark.parametrize(
    ("keys", "asked"),
    [([OK, LEFT, OK, RIGHT, OK], "sign_out"), ([OK, LEFT, OK, LEFT, OK], "leave")],
)
def test_signing_out_and_leaving_are_at_most_six_presses_away_but_never_the_default(
    keys: list[Intent], asked: str
) -> None:
    bench = Bench([AWAY])
    assert len(keys) <= 6
    bench.remote.press(*keys)
    assert asked in bench.actions.names()
    harmless = Bench([AWAY])
    harmless.remote.press(OK, LEFT, OK, OK)
    assert not {"sign_out", "leave"} & set(harmless.actions.names())
    assert harmless.stack.depth == 1


def test_zooming_from_the_action_bar_keeps_it_open() -> None:
    bench = Bench([AWAY])
    bench.remote.press(OK, RIGHT, RIGHT, OK, OK)
    assert bench.state.viewport.zoom == 15
    assert bench.stack.top.name == "action-bar"


def test_home_and_show_all_fly_there() -> None:
    bench = Bench()
    bench.remote.press(MENU, LEFT, LEFT, LEFT, OK)
    assert bench.state.viewport.zoom == 10
    assert distance_m(bench.center, Position(25.0, 60.0)) < 10
    bench.remote.press(MENU, RIGHT, RIGHT, RIGHT, RIGHT, OK)
    seen = bench.state.viewport.bounds()
    assert seen.contains(HERE)
    assert seen.contains(FAR)


def test_moving_in_the_drawer_flies_the_map_beside_it() -> None:
    bench = Bench()
    bench.remote.press(MENU, OK)
    assert bench.selected == AWAY
    x, _ = bench.state.viewport.to_screen(FAR)
    assert x > 96 + 640
    bench.remote.press(DOWN)
    assert bench.selected == LARGE
    assert bench.draw().shows("2 of 3")
    assert bench.draw().shows("1 could not be read")


def test_leaving_the_drawer_leaves_the_selection_as_it_was() -> None:
    bench = Bench()
    bench.remote.press(MENU, OK, DOWN, BACK)
    assert bench.selected is None
    assert bench.stack.depth == 1


def test_details_from_the_drawer_can_show_the_fence_on_the_map() -> None:
    bench = Bench()
    bench.remote.press(MENU, OK, DOWN, OK)
    assert bench.stack.top.name == "details"
    bench.remote.press(BACK)
    assert bench.stack.top.name == "drawer"
    bench.remote.press(OK, OK)
    assert bench.stack.depth == 1
    assert bench.selected == LARGE


def test_a_long_list_scrolls_by_more_the_longer_the_key_is_held_and_draws_only_what_is_seen() -> None:
    many = [Geofence(f"f{n}", f"Fence {n:05}", (Circle(HERE, 100.0),)) for n in range(10_000)]
    bench = Bench(many)
    bench.remote.press(MENU, OK)
    bench.stack.handle(Input(DOWN), bench.remote.now)
    for step in range(1, 80):
        bench.stack.handle(Input(DOWN, Phase.REPEAT, step * 0.1), bench.remote.now + step * 0.1)
    bench.stack.handle(Input(DOWN, Phase.RELEASE, 8.0), bench.remote.now + 8.0)
    bench.remote.now += 8
    bench.remote.rest()
    canvas = bench.draw()
    shown = [text for text in canvas.sentences() if text.startswith("Fence 0")]
    assert 5 <= len(shown) <= 12
    assert int(shown[0][6:]) > 1000
    wanted = [name for name, _ in bench.actions.asked if name == "want_tiles"]
    assert len(wanted) < 12


def test_a_fence_that_changes_below_an_open_drawer_does_not_move_the_focus_elsewhere() -> None:
    bench = Bench()
    bench.remote.press(MENU, OK, DOWN)
    newer = [msgspec.structs.replace(SMALL, name="A first one"), LARGE, AWAY]
    bench.send(IndexBuilt(PlainIndex(newer), FenceBook(newer), 2))
    bench.remote.rest()
    assert bench.stack.top.focused == "large"


def test_a_selected_fence_that_is_removed_is_no_longer_selected() -> None:
    bench = Bench()
    bench.remote.press(OK)
    bench.send(IndexBuilt(PlainIndex([AWAY]), FenceBook([AWAY]), 2))
    assert bench.selected is None


def test_the_tour_goes_from_fence_to_fence_until_any_key() -> None:
    bench = Bench()
    bench.remote.press(Intent.PLAY_PAUSE)
    assert bench.selected == AWAY
    bench.remote.now += TOUR_STEP_S
    bench.remote.rest()
    assert bench.selected == LARGE
    before = bench.center
    bench.remote.press(LEFT)
    assert not bench.screen.is_touring
    assert bench.center == before


def test_a_map_at_rest_draws_one_frame_a_minute() -> None:
    bench = Bench()
    bench.draw()
    bench.draw()
    frames = 0
    for _ in range(180):
        bench.clock.advance(1.0)
        bench.remote.now += 1.0
        frames += bench.stack.update(bench.remote.now)
    assert frames == 3


def test_tiles_reach_the_renderer_and_evicted_ones_leave_it() -> None:
    bench = Bench()
    tiles = [what for name, what in bench.actions.asked if name == "want_tiles"][-1]
    assert isinstance(tiles, tuple)
    image = Image(512, 512, bytes(512 * 512 * 4), opaque=True)
    for tile in tiles:
        bench.stack.receive(TileArrived(tile, TileImage(image), "network"), bench.remote.now)
    for _ in range(30):
        bench.draw()
    base = {key for key in bench.canvas.pictures if isinstance(key, tuple) and key[0] == "microsoft.base.road"}
    assert len(base) >= 8
    assert [shape for shape in bench.canvas.shapes if shape.kind == "quad"]
    bench.send(PicturesLost())
    bench.canvas.pictures.clear()
    assert [name for name, _ in bench.actions.asked if name == "want_tiles"]


def test_many_tiles_at_once_are_spread_over_several_frames() -> None:
    bench = Bench()
    image = Image(512, 512, bytes(512 * 512 * 4), opaque=True)
    for x in range(20):
        tile = TileId("microsoft.base.road", 13, 4660 + x, 2370)
        bench.stack.receive(TileArrived(tile, TileImage(image), "network"), bench.remote.now)
    bench.draw()
    first = len(bench.canvas.pictures)
    assert 0 < first <= 6
    assert bench.stack.next_wakeup(bench.remote.now) == bench.remote.now


def test_names_are_drawn_at_their_places_and_requested_again_when_the_map_moves_away() -> None:
    bench = Bench()
    asked = [what for name, what in bench.actions.asked if name == "request_labels"]
    assert len(asked) == 1
    label = Label("l", "small", HERE, Image(60, 20, bytes(60 * 20 * 4)))
    bench.send(LabelsPlaced((label,), 13, 1))
    canvas = bench.draw()
    (quad,) = [shape for shape in canvas.shapes if shape.key == ("label", "l")]
    assert quad.rect.center == pytest.approx((960, 540), abs=1)
    bench.remote.press(RIGHT)
    assert len([1 for name, _ in bench.actions.asked if name == "request_labels"]) == 1
    bench.remote.press(*[RIGHT] * 12)
    assert len([1 for name, _ in bench.actions.asked if name == "request_labels"]) > 1


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (TroubleChanged("map", Unauthorized("h", 401)), "does not accept this sign-in"),
        (TroubleChanged("map", Forbidden("h", 403)), "Azure Maps Data Reader"),
        (TroubleChanged("map", Throttled("h", 429)), "asks for patience"),
        (TroubleChanged("store", None, "retired"), "“blob”"),
        (TroubleChanged("store", None, "undecided"), "No place for geofences is set"),
        (FencesUnavailable("map-data", Forbidden("h", 403)), "may not read the geofences"),
        (TileUnavailable(TileId("microsoft.base.road", 1, 0, 0), Forbidden("h", 403)), "may not see the map"),
        (TroubleChanged("disk"), ""),
    ],
)
def test_a_failure_raises_a_notice_and_the_map_stays(message: object, said: str) -> None:
    bench = Bench()
    bench.send(message)
    canvas = bench.draw()
    assert canvas.shows(said)
    assert canvas.shows("© Contoso")


TILE = TileId("microsoft.base.road", 1, 0, 0)


@pytest.mark.parametrize(
    ("error", "retry_in_s", "is_said"),
    [
        (TimedOut("h"), 1.0, True),
        (ConnectionBroken("h"), 1.0, False),
        (ConnectionBroken("h"), 8.0, True),
        (DataError("h", "no picture"), 1.0, False),
        (DataError("h", "no picture"), 8.0, True),
        (SignInError("temporarily_unavailable", needs_person=False), 8.0, True),
        (SignInError("invalid_grant"), 60.0, False),
        (NotFound("h", 404), 600.0, False),
    ],
)
def test_tiles_that_are_lost_repeatedly_raise_a_notice(error: TvappError, retry_in_s: float, is_said: bool) -> None:
    bench = Bench()
    bench.send(TileUnavailable(TILE, error, retry_in_s))
    assert bench.draw().shows("Parts of the map cannot be loaded") == is_said


def test_the_notice_goes_when_the_network_returns() -> None:
    bench = Bench()
    bench.send(ConnectionChanged(bench.clock.wall()), TileUnavailable(TILE, Unreachable("h"), 60.0))
    bench.send(ConnectionChanged(None))
    assert not bench.draw().shows("Parts of the map")
    bench.send(TileUnavailable(TILE, TimedOut("h"), 60.0), ConnectionChanged(bench.clock.wall()))
    bench.send(ConnectionChanged(None))
    assert not bench.draw().shows("Parts of the map")


def test_lines_of_the_attribution_break_between_credits_not_within() -> None:
    bench = Bench()
    owed = tuple(f"© 2026 Contributor number {number}" for number in range(5))
    bench.send(AttributionChanged(owed))
    shown = bench.draw().sentences()
    assert all(any(credit in line for line in shown) for credit in owed)


def test_without_a_network_one_sentence_is_enough() -> None:
    bench = Bench()
    bench.send(TroubleChanged("map", Unreachable("h")), ConnectionChanged(bench.clock.wall() - 60))
    canvas = bench.draw()
    assert canvas.shows("No connection since")
    assert not canvas.shows("Parts of the map")
    bench.send(ConnectionChanged(None), TroubleChanged("map"))
    assert not bench.draw().shows("No connection")


def test_the_screen_may_change_its_size() -> None:
    bench = Bench()
    bench.send(ScreenResized(3840, 2160, 2.0))
    assert bench.state.viewport.width == 3840
    assert bench.center == HERE


def test_the_outline_of_a_fence_across_the_date_line_is_in_one_piece() -> None:
    fence = Geofence("d", "Date line", (Circle(Position(179.99, 0.0), 5000.0),))
    bench = Bench([fence])
    bench.state.model.camera.jump_to(Viewport(Position(-179.99, 0.0), 11, 1920, 1080))
    bench.state.select(fence)
    bench.remote.rest()
    lines = bench.draw().lines
    xs = [x for line in lines for x, _ in line]
    assert max(xs) - min(xs) < 1000
    assert 0 < sum(xs) / len(xs) < 1920
