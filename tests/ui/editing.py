"""A bench for drawing and editing: a map screen with a remote, an outbox and a recording canvas."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from tests.ui.fakes import AINO, FakeActions, FakeOutbox, Remote, font_metrics
from tvapp.core.clock import ManualClock
from tvapp.fences.geojson.feature import altered, new_feature
from tvapp.fences.index.fence_index import FenceIndex
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.change import Change
from tvapp.fences.model.fence import Geofence
from tvapp.fences.model.kinds import kinds_for
from tvapp.fences.outbox.messages import OutboxChanged
from tvapp.fences.outbox.outbox import Arrived, Entry
from tvapp.fences.service.messages import IndexBuilt
from tvapp.fences.service.overlay import fence_of
from tvapp.geo.position import Position
from tvapp.mapview.layers import LayerChoice, layers
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.remote.intents import Intent
from tvapp.ui.map_state.state import MapState
from tvapp.ui.messages import AccountChanged, AttributionChanged
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.screens.map.screen import MapScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.stack import ScreenStack

OK, BACK, MENU = Intent.SELECT, Intent.BACK, Intent.MENU
UP, DOWN, LEFT, RIGHT = Intent.UP, Intent.DOWN, Intent.LEFT, Intent.RIGHT
HERE = Position(24.95, 60.17)
EDITABLE = UiSettings(motion=False, can_edit=True, kinds=kinds_for({}, "en"))
MOST_ROWS, MOST_COLUMNS = 12, 12


def point(name: str = "Depot 1", geometry_id: str = "depot", at: Position = HERE, radius_m: float = 100.0) -> Geofence:
    """Return a circle as a store has it."""
    geometry = {"type": "Point", "coordinates": [at.lon, at.lat]}
    return read(new_feature(geometry_id, name, "depot", geometry, subtype="Circle", radius_m=radius_m))


def area(name: str, *rings: Iterable[tuple[float, float]], at: Position = HERE, subtype: str = "") -> Geofence:
    """Return an area; corners are in thousandths of a degree from its middle."""
    outlines = [[[at.lon + x / 1000, at.lat + y / 1000] for x, y in ring] for ring in rings]
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]] for ring in outlines]}
    return read(new_feature(name.casefold(), name, "site", geometry, subtype=subtype))


def read(feature: bytes, source: str = "a.geojson") -> Geofence:
    """Return the fence of a Feature."""
    fence = fence_of(feature, source)
    assert fence is not None
    return fence


SQUARE = ((-2.0, -1.0), (2.0, -1.0), (2.0, 1.0), (-2.0, 1.0))
HOLE = ((-0.5, -0.5), (-0.5, 0.5), (0.5, 0.5), (0.5, -0.5))


class Editing:
    """A map screen over which a viewer edits; `changes` are those that were handed to the outbox."""

    def __init__(
        self,
        *fences: Geofence,
        settings: UiSettings = EDITABLE,
        at: Position = HERE,
        zoom: float = 15,
        motion: bool = False,
    ) -> None:
        self.settings = replace(settings, motion=motion)
        self.actions = FakeActions()
        self.clock = ManualClock(now=100.0)
        model = MapModel(Viewport(at, zoom, 1920, 1080), layers(LayerChoice()), 64 << 20, motion=motion)
        ids = count(1)
        self.state = MapState(
            self.settings, self.actions, self.clock, model, LayerChoice(), new_id=lambda: f"{next(ids):032}"
        )
        self.stack = ScreenStack()
        self.stack.show(MapScreen(self.state, self.stack))
        self.remote = Remote(self.stack, self.clock.now)
        self.canvas = RecordingCanvas(metrics=font_metrics)
        self.send(AccountChanged(AINO), AttributionChanged(("© Contoso",)))
        self.load(*fences)

    # -- what happens --------------------------------------------------------------------------------------------

    def send(self, *messages: object) -> None:
        """Let messages arrive."""
        for message in messages:
            self.stack.receive(message, self.remote.now)
        self.stack.update(self.remote.now)

    def load(self, *fences: Geofence) -> None:
        """Let the map show other geofences."""
        book = FenceBook(fences)
        self.send(IndexBuilt(FenceIndex(book.fences), book, self.state.fences.revision + 1))

    def press(self, *intents: Intent) -> None:
        for intent in intents:
            self.remote.press(intent)
            self.clock.now = self.remote.now

    def hold_ok(self) -> None:
        self.remote.hold(OK)
        self.clock.now = self.remote.now

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.remote.rest(seconds)
        self.clock.now = self.remote.now
        self.stack.update(self.remote.now)

    def go_to(self, key: str) -> None:
        """Move the focus of a panel or list to something by arrows alone."""
        for _ in range(MOST_ROWS):
            for _ in range(MOST_COLUMNS):
                if self.focused == key:
                    return
                self.press(RIGHT)
            self.press(DOWN)
        for _ in range(MOST_ROWS):
            if self.focused == key:
                return
            self.press(UP)  # lists end where they end
        assert self.focused == key, f"{self.focused} instead of {key}"

    def choose(self, *keys: str) -> None:
        """Go to things one after another and press OK on each."""
        for key in keys:
            self.go_to(key)
            self.press(OK)

    def start_drawing(self, kind: str) -> None:
        self.press(MENU)
        self.choose("draw", kind)

    def edit(self, key: str) -> None:
        """Select what is under the crosshair and begin to change it."""
        self.open_edits()
        self.choose(key)

    def open_edits(self) -> None:
        self.press(OK, OK)
        self.choose("edit")

    def waiting(self, *entries: Entry, arrived: tuple[Arrived, ...] = (), **fields: Any) -> None:
        """Let the outbox tell how its changes are getting on."""
        self.send(OutboxChanged(entries, arrived=arrived, **fields))

    # -- what is seen --------------------------------------------------------------------------------------------

    @property
    def outbox(self) -> FakeOutbox:
        return self.actions.outbox

    @property
    def changes(self) -> list[Change]:
        return self.outbox.changes

    @property
    def change(self) -> Change:
        """The only change."""
        (only,) = self.changes
        return only

    @property
    def screen(self) -> str:
        return self.stack.top.name

    @property
    def focused(self) -> str:
        return self.stack.top.focused

    @property
    def center(self) -> Position:
        return self.state.viewport.center

    @property
    def toast(self) -> str:
        return "" if self.state.toast is None else self.state.toast.words

    def draw(self) -> RecordingCanvas:
        self.canvas.clear()
        self.stack.update(self.remote.now)
        self.stack.draw(self.canvas, self.remote.now)
        return self.canvas

    def shows(self, part: str) -> bool:
        return self.draw().shows(part)

    def hints(self) -> list[str]:
        """Return what the hint line would say."""
        return [self.settings.words(hint.words) for hint in self.stack.top.hints()]


def decoded(feature: bytes) -> dict[str, Any]:
    """Return a Feature as JSON has it."""
    value = json.loads(feature)
    assert isinstance(value, dict)
    return value


def properties(feature: bytes) -> Mapping[str, Any]:
    found = decoded(feature)["properties"]
    assert isinstance(found, dict)
    return found


def ring(feature: bytes) -> list[tuple[float, float]]:
    """Return the outer ring of a Feature's polygon."""
    return [(x, y) for x, y in decoded(feature)["geometry"]["coordinates"][0]]


def entry(number: int, fence: Geofence, after: bytes | None = None, **fields: Any) -> Entry:
    """Return a change of a fence that is on its way; without `after` it becomes larger."""
    wanted = altered(fence.raw, properties={"radius": 250.0}) if after is None else after
    return Entry(number, Change(f"id-{number}", fence.source, fence.geometry_id, fence.raw, wanted), **fields)
