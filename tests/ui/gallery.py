"""Every screen in every important state, by name, for tests and pictures of all of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any

import msgspec

from tests.ui.fakes import (
    AINO,
    CORRELATION,
    LONG_ADDRESS,
    LONG_CODE,
    LONG_NAME,
    LONG_ORGANISATION,
    FakeActions,
    FakeSession,
    Remote,
    problem,
    prompting,
    waiting,
)
from tvapp.auth.view import Account, SessionView
from tvapp.config.model import Home
from tvapp.core.assets import asset
from tvapp.core.clock import ClockSkewed, ManualClock
from tvapp.core.connection_steps import NO_SUCH_HOST, ConnectionSteps, Interface, LinkState, Step
from tvapp.core.errors import (
    ConfigError,
    Forbidden,
    NetworkError,
    ServiceDown,
    SignInError,
    StorageError,
    TlsFailed,
    TvappError,
    UnexpectedReply,
    Unreachable,
)
from tvapp.core.image import Image
from tvapp.fences.drawing.labels import place
from tvapp.fences.drawing.messages import LabelRequest, LabelsPlaced
from tvapp.fences.drawing.raster import rasterise
from tvapp.fences.geojson import reading
from tvapp.fences.geojson.feature import new_feature
from tvapp.fences.index.fence_index import FenceIndex
from tvapp.fences.model.book import FenceBook
from tvapp.fences.model.change import Change
from tvapp.fences.model.change import Step as ChangeStep
from tvapp.fences.model.fence import Circle, Geofence, Skipped
from tvapp.fences.model.kinds import kinds_for
from tvapp.fences.model.validity import ALWAYS, Period, Validity
from tvapp.fences.outbox.messages import OutboxChanged
from tvapp.fences.outbox.outbox import Entry, Refusal
from tvapp.fences.service.messages import FencesLoaded, FencesUnavailable, IndexBuilt, SnapshotRestored
from tvapp.fences.stores.content import KEPT
from tvapp.geo.position import Position
from tvapp.mapview.layer_picture import tile_px
from tvapp.mapview.layers import LayerChoice, layers
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.remote.intents import Input, Intent
from tvapp.tiles.tile import DRAWN_TILESET, Origin, TileArrived, TileId, TileImage
from tvapp.ui.canvas import Canvas
from tvapp.ui.map_state.state import MapState
from tvapp.ui.messages import (
    AccountChanged,
    AttributionChanged,
    ConnectionChanged,
    LockKnown,
    TroubleChanged,
    UsageChanged,
)
from tvapp.ui.screen import Hint
from tvapp.ui.screens.crash import Crash, draw_crash
from tvapp.ui.screens.error import ErrorScreen
from tvapp.ui.screens.map.screen import MapScreen
from tvapp.ui.screens.panels.message import MessageScreen
from tvapp.ui.screens.signin.panel import PERMISSION, SIGN_IN, SignInPanel
from tvapp.ui.screens.signin.screen import SignInScreen
from tvapp.ui.screens.start import StartScreen
from tvapp.ui.settings import UiSettings
from tvapp.ui.stack import ScreenStack
from tvapp.usage.account import AccountUsage, Percentage, Share
from tvapp.usage.billing import Counts, Meter, Prices, Tally
from tvapp.usage.days import UsageDays
from tvapp.usage.problems import Kind, UsageProblem
from tvapp.usage.report import TvUsage, UsageReport, tv_usage
from tvapp.usage.span import DAYS, UsagePeriod, day_of, span_of


@dataclass(slots=True)
class Scene:
    """A stack of screens at one moment."""

    stack: ScreenStack
    actions: FakeActions = field(default_factory=FakeActions)
    now: float = 100.0
    loads: Callable[[], None] = lambda: None

    def draw(self, canvas: Canvas) -> None:
        """Draw the moment."""
        self.stack.update(self.now)
        self.stack.draw(canvas, self.now)

    @property
    def remote(self) -> Remote:
        return Remote(self.stack, self.now)


Build = Callable[[int, int], Scene]
"""Makes a scene for a screen of so many real pixels."""


@lru_cache(maxsize=4)
def index_of(book: FenceBook) -> FenceIndex:
    return FenceIndex(book.fences)


HELSINKI = Position(24.9525, 60.1672)
SETTINGS = UiSettings(
    app_name="Geofence TV",
    organisation="Contoso Harbour",
    motion=False,
    home=Home(24.9525, 60.1672, 13),
    local_time=time.gmtime,
)
EPOCH = 1_790_000_000.0
"""A Monday afternoon in September 2026."""
AHEAD_S = 10_000.0
CREDITS = ("© 2026 Contoso Maps", "© OpenStreetMap contributors", "Made with Natural Earth")


MANY_CREDITS = tuple(f"© 2026 Regional survey office number {number}" for number in range(8))


def plain_tile(tile: TileId) -> TileImage:
    """Return a tile of one colour, a little different from its neighbours."""
    shade = 40 + 12 * ((tile.x + tile.y) % 2)
    return TileImage(Image(512, 512, bytes((shade + 8, shade + 2, shade, 255)) * (512 * 512), opaque=True))


paint: Callable[[TileId], TileImage] = plain_tile
"""Makes base tiles."""


@lru_cache(maxsize=1)
def sample_book() -> FenceBook:
    """Return the sample geofences that ship with the program, with two that could not be read."""
    found: list[Geofence] = []
    for path in sorted(asset("samples").glob("*.geojson")):
        found += reading.read(path.read_bytes(), path.name).fences
    return FenceBook(found, skipped_count=2)


@lru_cache(maxsize=1)
def empty_book() -> FenceBook:
    return FenceBook()


@lru_cache(maxsize=1)
def long_book() -> FenceBook:
    """Return ten thousand geofences, some with very long names."""
    long_name = "Länsisataman matkustajaterminaalin lastauslaiturin ja huoltopihan rajoitettu alue, pohjoinen osa"
    stated = msgspec.json.encode({"properties": {"owner": long_name, "remarks": long_name * 3}})
    return FenceBook(
        Geofence(
            f"fence-{number}",
            long_name if number % 7 == 0 else f"Sector {number}",
            (Circle(Position(24.0 + number % 100 * 0.02, 60.0 + number // 100 * 0.005), 150.0 + number),),
            kind=("depot", "school", "harbour")[number % 3],
            stored=stated if number % 7 == 0 else b"",
        )
        for number in range(10_000)
    )


def connection(*observed: LinkState | NetworkError | None, waited_s: float = 190.0, **session: Any) -> tuple[Step, ...]:
    """Return the steps of the connection after some observations, which end `waited_s` before the scene."""
    machine = ConnectionSteps("https://atlas.microsoft.com")
    for each in observed:
        if isinstance(each, LinkState):
            machine.observe_link(each, 100.0 - waited_s)
        else:
            machine.observe_request("https://login.microsoftonline.com", each, 100.0 - waited_s)
    machine.observe_clock(is_unset="unset" in session, is_wrong="wrong" in session, now=100.0 - waited_s)
    machine.observe_session(
        trouble=session.get("trouble", ""), is_new_try=True, is_signed_in=False, now=100.0 - waited_s
    )
    return machine.steps()


CABLE = LinkState((Interface("enp3s0", has_carrier=True, has_address=True),))
NO_CABLE = LinkState((Interface("enp3s0"),))
NO_ADDRESS = LinkState((Interface("enp3s0", has_carrier=True), Interface("wlan0", is_wireless=True)))
LOGIN = "login.microsoftonline.com"
LONG_HOST = "login.identity-services.emergency-operations-centre.example.com"
NO_NAME = (Unreachable(LOGIN, NO_SUCH_HOST),) * 12


def sign_in(view: SessionView, *keys: Intent, steps: tuple[Step, ...] = ()) -> Build:
    def build(_width: int, _height: int) -> Scene:
        scene = Scene(ScreenStack())
        session = FakeSession(view, scene.now)
        screen = SignInScreen(SETTINGS, scene.stack, scene.actions, session, scene.now, lambda: steps)
        scene.stack.show(screen)
        remote = scene.remote
        for key in keys:
            remote.press(key)
        scene.now = remote.now if keys else scene.now
        return scene

    return build


SHORT_MESSAGE = "Fire drill at 10:00. Please leave the building by the stairs."
LONG_MESSAGE = ("The north gate is closed until further notice because of works on the crane. " * 4)[:280]
"""As long as a message may be."""


def with_message(build: Build, text: str) -> Build:
    """Build a scene with a message from a desk over it."""

    def build_it(width: int, height: int) -> Scene:
        scene = build(width, height)
        close = partial(scene.stack.remove, "message")
        until, over_map = scene.now + 60.0, scene.stack.contains("map")
        scene.stack.push(MessageScreen(scene.stack, text, until, close, lambda: over_map, motion=False))
        return scene

    return build_it


def over_map(name: str, view: SessionView, *keys: Intent) -> Build:
    """Build the map with a code over it."""

    def build(width: int, height: int) -> Scene:
        scene = on_map(OK, at=GUIDE, zoom=14)(width, height)
        session = FakeSession(view, scene.now)
        scene.stack.push(SignInPanel(name, SETTINGS, scene.stack, scene.actions, session, scene.now))
        remote = scene.remote
        for key in keys:
            remote.press(key)
        scene.now = remote.now if keys else scene.now
        return scene

    return build


def start(view: SessionView | None, waited_s: float = 0.0, steps: tuple[Step, ...] = ()) -> Build:
    def build(_width: int, _height: int) -> Scene:
        scene = Scene(ScreenStack())
        session = FakeSession(view, scene.now) if view is not None else None
        screen = StartScreen(SETTINGS, scene.stack, scene.actions, scene.now, session)
        screen.steps = lambda: steps
        scene.stack.show(screen)
        scene.now += waited_s
        return scene

    return build


def errors(*found: TvappError) -> Build:
    def build(_width: int, _height: int) -> Scene:
        scene = Scene(ScreenStack())
        scene.stack.show(ErrorScreen(SETTINGS, scene.stack, scene.actions, found))
        return scene

    return build


@dataclass(frozen=True, slots=True)
class CrashScreen:
    """The picture after a crash, as a screen for the gallery: in the app nothing but a canvas is left by then."""

    crash: Crash
    name = "crash"
    is_overlay = False
    focused = ""

    def focusables(self) -> tuple[str, ...]:
        return ()

    def hints(self) -> tuple[Hint, ...]:
        return ()

    def handle(self, input_: Input, now: float) -> bool:
        return False

    def receive(self, message: object, now: float) -> None:
        pass

    def update(self, now: float) -> bool:
        return False

    def next_wakeup(self, now: float) -> float | None:
        return None

    def draw(self, canvas: Canvas, now: float) -> None:
        draw_crash(canvas, self.crash)


def crashed(crash: Crash) -> Build:
    def build(_width: int, _height: int) -> Scene:
        scene = Scene(ScreenStack())
        scene.stack.show(CrashScreen(crash))
        return scene

    return build


def on_map(
    *keys: Intent,
    messages: tuple[object, ...] = (),
    book: Callable[[], FenceBook] = sample_book,
    at: Position = HELSINKI,
    zoom: float = 13,
    account: Account | None = AINO,
    choice: LayerChoice | None = None,
    settings: UiSettings = SETTINGS,
    tiles_age_s: float | None = None,
) -> Build:
    """Build the map with its tiles loaded and names placed, after some keys.

    With `tiles_age_s` the tiles are stale ones from the disk, so many seconds old.
    """

    def build(width: int, height: int) -> Scene:
        scene = Scene(ScreenStack())
        scale = min(width / 1920, height / 1080)
        chosen = choice or LayerChoice()
        model = MapModel(Viewport(at, zoom, width, height, scale), layers(chosen), 256 << 20, motion=False)
        # It stands still, ahead of the scene's own time: what was just said is still there.
        clock = ManualClock(now=AHEAD_S, epoch=EPOCH - AHEAD_S)
        state = MapState(settings, scene.actions, clock, model, chosen)
        scene.stack.show(MapScreen(state, scene.stack))
        index = index_of(book())
        messages_before = (AccountChanged(account), AttributionChanged(CREDITS), IndexBuilt(index, book(), 1))
        for message in (*messages_before, *messages):
            scene.stack.receive(message, scene.now)
        scene.stack.update(scene.now)
        remote = scene.remote
        for key in keys:
            remote.press(key)
        scene.now = remote.now
        scene.loads = lambda: load(scene, state, index, scale, tiles_age_s)
        return scene

    return build


def load(scene: Scene, state: MapState, index: FenceIndex, scale: float, tiles_age_s: float | None = None) -> None:
    """Answer what the map asked for, tiles and names, at once."""
    tiles: tuple[TileId, ...] = ()
    for name, what in scene.actions.asked:
        if name == "want_tiles" and isinstance(what, tuple):
            tiles = what
    sizes = {layer.tileset: tile_px(layer, scale) for layer in state.model.layers}
    for tile in tiles:
        is_fences = tile.tileset == DRAWN_TILESET
        content = rasterise(index, tile, EPOCH, sizes[tile.tileset], scale) if is_fences else paint(tile)
        origin: Origin = "worker" if is_fences else "disk" if tiles_age_s is None else "stale"
        scene.stack.receive(TileArrived(tile, content, origin, 1, tiles_age_s or 0.0), scene.now)
    asked = [what for name, what in scene.actions.asked if name == "request_labels"]
    if asked and isinstance(asked[-1], tuple):
        bounds, zoom, selected = asked[-1]
        labels = place(index, LabelRequest(bounds, zoom, selected), scale, EPOCH)
        scene.stack.receive(LabelsPlaced(labels, zoom, 1), scene.now)
    for _ in range(60):
        scene.stack.update(scene.now)
        if not state.tiles.queue:
            break
    scene.now += 1.0
    scene.stack.update(scene.now)


EDITABLE = replace(SETTINGS, can_edit=True, kinds=kinds_for({}, "en"))
LOCKED = replace(EDITABLE, has_lock=True)
LONG_KINDS = {f"kind-{number}": {"": f"{'Lastauslaiturin huoltopihan alue'} {number}"} for number in range(24)}
MANY_KINDS = replace(EDITABLE, kinds=kinds_for(LONG_KINDS, "en"))
LONG_FENCE = "Länsisataman matkustajaterminaalin lastauslaiturin ja huoltopihan rajoitettu alue, pohjoinen osa"


def refused(features: int, as_of: float | None = None) -> FencesLoaded:
    """Return a load of which some files, and so many features, could not be read."""
    long_name = "geofences-of-the-emergency-operations-centre-2026-11-30-final-version (copy 2).geojson"
    kept = KEPT if as_of else ""
    skipped = [
        Skipped("harbour.geojson", f"{kept}not JSON: input data was truncated"),
        Skipped(
            long_name, "its coordinates are in EPSG:3067, which is not supported here: metres are no degrees; " * 2
        ),
        Skipped("zones.geojson", "latitude 8437000 is outside -90 to 90", "Metres, not degrees"),
    ]
    skipped += [Skipped("bad.geojson", "its geometry encloses nothing", f"feature {each}") for each in range(features)]
    return FencesLoaded("folder", (), tuple(skipped), 1.0, as_of)


@lru_cache(maxsize=1)
def unknown_times() -> FenceBook:
    """Return areas of every state, and two kinds of unknown times."""
    weekdays = Period(EPOCH - 3600.0, EPOCH + 7200.0)
    states = (
        Validity(None, (weekdays,), are_periods_known=False),
        Validity(is_expiry_known=False, are_periods_known=False),
        Validity(None, (Period(EPOCH - 7200.0, EPOCH - 3600.0),)),
        Validity(None, (Period(EPOCH + 86_400.0, EPOCH + 90_000.0),)),
        Validity(EPOCH - 60.0),
        Validity(None, (Period(EPOCH - 7200.0, EPOCH - 3600.0),), are_periods_known=False),
        ALWAYS,
    )
    step = 0.028
    return FenceBook(
        (
            Geofence(
                f"f{number}",
                f"Area {number}",
                (Circle(Position(24.9525 + step * (number % 3 - 1), 60.1672 + step / 2 * (number // 3 - 1)), 600.0),),
                ("depot", "restricted", "school", "construction", "harbour", "customer", "event")[number],
                validity,
            )
            for number, validity in enumerate(states)
        ),
        skipped_count=3,
    )


@lru_cache(maxsize=1)
def other_scripts() -> FenceBook:
    """Return geofences with names from right to left, mixed names, and one that takes several lines."""
    names = (
        "مستودع الرياض",
        "הנמל חיפה",
        "الميناء Port 12",
        "Port 12 (الميناء) 17:30–24:00",
        "المنطقة المحظورة في الميناء الشمالي الجديد، رصيف 12 (Terminal B) والمستودعات المجاورة له",
        "Länsisatama",
    )
    step = 0.028
    return FenceBook(
        Geofence(
            f"f{number}",
            name,
            (Circle(Position(24.9525 + step * (number % 3 - 1), 60.1672 + step / 2 * (number // 3 - 0.5)), 600.0),),
            "depot",
            stored=msgspec.json.encode({"properties": {"owner": names[4], "remarks": names[2]}}),
        )
        for number, name in enumerate(names)
    )


def feature(name: str, radius_m: float, lon: float = 24.9525, geometry_id: str = "tv-1") -> bytes:
    """Return the Feature of a circle in the harbour."""
    geometry = {"type": "Point", "coordinates": [lon, 60.1672]}
    return new_feature(geometry_id, name, "depot", geometry, subtype="Circle", radius_m=radius_m)


def entry(number: int, name: str, **changes: Any) -> Entry:
    """Return a change of a circle that is on its way."""
    before, after = feature(name, 300.0), feature(name, 420.0, 24.955)
    return Entry(number, Change(f"id-{number}", "a.geojson", "tv-1", before, after, at=EPOCH), **changes)


@lru_cache(maxsize=2)
def long_area(*, hole: bool = False) -> FenceBook:
    """Return one area of twelve corners with a very long name, on request with a part left out."""

    def ring(count: int, radius: float) -> list[list[float]]:
        turns = (2 * math.pi * number / count for number in range(count))
        corners = [[24.9525 + 2 * radius * math.cos(turn), 60.1672 + radius * math.sin(turn)] for turn in turns]
        return [*corners, corners[0]]

    rings = [ring(12, 0.01), *([ring(5, 0.003)] if hole else [])]
    made = new_feature("long", LONG_FENCE, "depot", {"type": "Polygon", "coordinates": rings})
    return FenceBook(reading.read(b'{"type":"FeatureCollection","features":[' + made + b"]}", "a.geojson").fences)


REFUSAL = Refusal("Forbidden", 403, "AuthorizationPermissionMismatch", "This request is not authorized to do this.")
ON_THEIR_WAY = OutboxChanged((entry(1, "Depot 1"), entry(2, "Depot 2")), 1, ChangeStep("processing"))
WAITING = OutboxChanged((entry(1, "Depot 1"), entry(2, LONG_FENCE)), error=Unreachable("host"))
STUCK = OutboxChanged(
    (
        entry(1, LONG_FENCE, state="conflict", theirs=feature("Depot 1 north", 250.0, 24.948)),
        entry(2, "Depot 2", state="refused", refusal=REFUSAL),
        entry(3, "Depot 3"),
    ),
    3,
    ChangeStep("sending"),
)
TOO_LONG = Refusal("DataError", 400, "InvalidGeoJson", "The outline of the polygon crosses itself. " * 6)
UNREADABLE = OutboxChanged((entry(1, LONG_FENCE, state="refused", refusal=TOO_LONG),))
DELETED = OutboxChanged((entry(1, "Depot 1", state="conflict", theirs=b""),))


UP, DOWN, LEFT, RIGHT = Intent.UP, Intent.DOWN, Intent.LEFT, Intent.RIGHT
OK, BACK, MENU = Intent.SELECT, Intent.BACK, Intent.MENU
HARBOUR = Position(24.9525, 60.1672)
GUIDE = Position(-122.126986, 47.639754)
TO_DRAW = (MENU, RIGHT, OK)
TO_EDIT = (OK, OK, RIGHT, OK)
TO_CHANGES = (*TO_DRAW, DOWN, LEFT, OK)
OFFLINE = (
    ConnectionChanged(EPOCH - 1500),
    TroubleChanged("map", Unreachable("atlas.microsoft.com")),
)
REFUSED = (
    TroubleChanged("map", Forbidden("atlas.microsoft.com", 403)),
    TroubleChanged("store", None, "retired"),
)
CLOSED = (
    FencesUnavailable("blob", SignInError("invalid_grant", aadsts=65001)),
    TroubleChanged("permission", state="storage"),
)
ENDED = (
    FencesUnavailable("blob", SignInError("invalid_grant", aadsts=50173)),
    TroubleChanged("session", state="again"),
)
WRONG = (
    ConfigError("/etc/tvapp/config.toml", "geofences.store", "'blobs'", "blob, map-data, folder or url"),
    ConfigError("TVAPP_VIEW_HOME", "view.home.zoom", "'near'", "a number from 0 to 20"),
    ConfigError(
        "/home/kiosk/.config/tvapp/a-rather-long-folder-name-for-a-configuration/config.toml",
        "identity.ca_bundle",
        "'/etc/ssl/certs/contoso-corporate-issuing-certificate-authority-2026-bundle.pem'",
        "the path of a readable file with one or more certificates in PEM form, absolute or relative to this file",
    ),
    ConfigError("/etc/tvapp/config.toml", "kiosk.units", "'miles'", "metric or imperial"),
    ConfigError("/etc/tvapp/config.toml", "kiosk.fullscren", "a key that is not known", "fullscreen, language, units"),
)


def allowing(
    code: str = "CB7F9OQX0", address: str = "https://login.microsoft.com/device", **changes: Any
) -> SessionView:
    """Return the view while one more permission is asked for."""
    view = prompting(code, address, permission="https://storage.azure.com", account=AINO)
    return replace(view, **changes)


def allowing_without_code(phase: str, **changes: Any) -> SessionView:
    return allowing(phase=phase, status=phase, prompt=None, remaining_s=None, **changes)


RESOURCE_ID = (
    "/subscriptions/8a5f0000-1111-4222-8333-44445555aaaa/resourceGroups/emergency-operations-centre"
    "/providers/Microsoft.Maps/accounts/contoso-harbour-works-maps"
)
TO_USAGE = (MENU, LEFT, OK, DOWN, OK)
APIS = ("MapTile.GetBaseTile", "MapTile.GetImageryTile", "MapCopyright.GetDynamicTilesetAttribution")
USAGE_SETTINGS = replace(SETTINGS, client_id="5c0ffee0-1111-4222-8333-444455556666", resource_id=RESOURCE_ID)


def account_usage(
    period: UsagePeriod, factor: float = 1.0, apis: tuple[str, ...] = APIS, **changes: Any
) -> AccountUsage:
    """Return an account's usage: more by day than by night, and nothing in the second part."""
    span = span_of(DAYS[period], EPOCH)
    parts = tuple(0 if n in (2, 3, 4) else round(factor * (40 + 60 * abs(math.sin(n)))) for n in range(span.parts))
    total = sum(parts)
    by_api = tuple(Share(api, max(1, round(total * 0.6**n * 0.4))) for n, api in enumerate(apis))
    results = (Share("Success", total - total // 50), Share("ClientError", total // 50 - total // 300),
               Share("ServerError", total // 300))  # fmt: skip
    lowest = (Percentage(apis[0], 99.62),)
    found = AccountUsage(span, parts, by_api, results, 99.962, lowest)
    return replace(found, **changes)


def own(period: UsagePeriod, factor: float = 1.0, prices: Prices | None = None) -> TvUsage:
    """Return this TV's usage."""
    sent: dict[Meter, int] = {"base": 1234, "imagery": 311, "traffic": 95, "weather": 40, "metadata": 2, "free": 420}
    counts: Counts = {
        meter: Tally(round(n * factor), 0 if meter == "free" else round(n * factor * 0.98))
        for meter, n in sent.items()
        if round(n * factor)
    }
    days = UsageDays({day_of(EPOCH - n * 86_400): counts for n in range(30)})
    return tv_usage(days, span_of(DAYS[period], EPOCH), Prices.of({"": 4.5}, "USD") if prices is None else prices)


def usage(
    period: UsagePeriod,
    account: AccountUsage | UsageProblem | None,
    *keys: Intent,
    tv: TvUsage | None = None,
    is_loading: bool = False,
) -> Build:
    """Build the usage page at a period, with what is known, after some keys."""

    def build(width: int, height: int) -> Scene:
        scene = on_map(*TO_USAGE, settings=USAGE_SETTINGS)(width, height)
        remote = scene.remote
        remote.press(*{"day": (LEFT,), "week": (), "month": (RIGHT,)}[period])
        report = UsageReport(
            DAYS[period], span_of(DAYS[period], EPOCH), tv or own(period), account, EPOCH - 60, is_loading=is_loading
        )
        scene.stack.receive(UsageChanged(report), remote.now)
        remote.press(*keys)
        scene.now = remote.now
        return scene

    return build


MANY_APIS = tuple(f"Category{n}.GetSomethingWithARatherLongNameNumber{n}" for n in range(37))

PROBLEMS_OF_USAGE: tuple[tuple[Kind, str, int, int], ...] = (
    ("no-resource", "", 0, 0),
    ("no-account", "", 0, 0),
    ("consent", "invalid_grant", 0, 65001),
    ("more-proof", "interaction_required", 0, 50076),
    ("policy", "invalid_grant", 0, 53003),
    ("role", "AuthorizationFailed", 403, 0),
    ("not-found", "ResourceNotFound", 404, 0),
    ("token-refused", "InvalidAuthenticationTokenTenant", 401, 0),
    ("metric", "InternalServerError", 200, 0),
    ("throttled", "SubscriptionRequestsThrottled", 429, 0),
    ("offline", "Unreachable", 0, 0),
    ("portal", "html", 200, 0),
)

SCENES: dict[str, Build] = {
    "signin": sign_in(prompting()),
    "signin-long": sign_in(prompting(LONG_CODE, LONG_ADDRESS, LONG_ORGANISATION, "offline", retry_in_s=12.0)),
    "signin-large": sign_in(prompting(), Intent.SELECT),
    "signin-large-long": sign_in(prompting(LONG_CODE, LONG_ADDRESS, LONG_ORGANISATION), Intent.SELECT),
    "signin-leave": sign_in(prompting(), Intent.BACK),
    "signin-requesting": sign_in(waiting("requesting", "requesting")),
    "signin-offline": sign_in(waiting("offline", "offline", problem=problem("tls-failed"), retry_in_s=14.0)),
    "signin-blocked": sign_in(waiting("failed", "failed", problem=problem("blocked-by-policy", 53003))),
    "signin-declined": sign_in(waiting("failed", "failed", problem=problem("declined", correlation_id=""))),
    "signin-registration": sign_in(waiting("failed", "failed", problem=problem("service-missing", 650057))),
    "signin-paused": sign_in(waiting("paused", "paused")),
    "signin-signed-out": sign_in(waiting("signed-out", "signed-out")),
    "signin-welcome": sign_in(waiting("succeeded", "succeeded", account=AINO)),
    "signin-welcome-long": sign_in(waiting("succeeded", "succeeded", account=LONG_NAME)),
    "signin-clock": sign_in(prompting(clock_skew_s=10_798.0)),
    "signin-clock-long": sign_in(prompting(LONG_CODE, LONG_ADDRESS, LONG_ORGANISATION, clock_skew_s=-1.77e9)),
    "signin-clock-wrong": sign_in(
        waiting("offline", "offline", problem=problem("clock-wrong"), retry_in_s=9.0, clock_skew_s=math.inf)
    ),
    "again-clock": over_map(SIGN_IN, prompting(again=True, account=AINO, clock_skew_s=10_798.0)),
    "again": over_map(SIGN_IN, prompting(again=True, account=AINO)),
    "again-long": over_map(
        SIGN_IN, prompting(LONG_CODE, LONG_ADDRESS, LONG_ORGANISATION, "offline", retry_in_s=12.0, again=True)
    ),
    "permission": over_map(PERMISSION, allowing()),
    "permission-long": over_map(
        PERMISSION, allowing(LONG_CODE, LONG_ADDRESS, status="offline", retry_in_s=12.0, account=LONG_NAME)
    ),
    "permission-other": over_map(PERMISSION, allowing(permission="https://management.azure.com")),
    "permission-large": over_map(PERMISSION, allowing(), Intent.SELECT),
    "permission-requesting": over_map(PERMISSION, allowing_without_code("requesting")),
    "permission-another-account": over_map(
        PERMISSION, allowing_without_code("failed", problem=problem("another-account"), account=LONG_NAME)
    ),
    "permission-blocked": over_map(
        PERMISSION, allowing_without_code("failed", problem=problem("consent-needed", 90094))
    ),
    "permission-given": over_map(PERMISSION, allowing_without_code("succeeded")),
    "start": start(None),
    "start-network": start(waiting("offline", "offline", problem=problem("offline"), retry_in_s=9.0), 75.0),
    "start-time": start(waiting("starting", "awaiting-time"), 12.0),
    "start-service": start(waiting("offline", "offline", problem=problem("captive-portal"), retry_in_s=9.0), 12.0),
    "start-cable": start(waiting("starting", "starting"), 12.0, connection(NO_CABLE)),
    "connection-cable": sign_in(
        waiting("offline", "offline", problem=problem("offline"), retry_in_s=9.0),
        steps=connection(NO_CABLE, waited_s=9.0),
    ),
    "connection-address": sign_in(waiting("requesting", "requesting"), steps=connection(NO_ADDRESS)),
    "connection-name": sign_in(
        waiting("offline", "offline", problem=problem("offline"), retry_in_s=14.0), steps=connection(CABLE, *NO_NAME)
    ),
    "connection-tls": sign_in(
        waiting("offline", "offline", problem=problem("tls-failed"), retry_in_s=14.0),
        steps=connection(CABLE, TlsFailed(LONG_HOST, "certificate authority not trusted"), waited_s=8000.0),
    ),
    "connection-time": sign_in(
        waiting("offline", "offline", problem=problem("clock-wrong"), retry_in_s=9.0, clock_skew_s=1.77e9),
        steps=connection(CABLE, TlsFailed(LOGIN, "certificate not yet valid"), wrong=True),
    ),
    "connection-portal": sign_in(
        waiting("offline", "offline", problem=problem("captive-portal"), retry_in_s=9.0),
        steps=connection(CABLE, None, trouble="captive-portal"),
    ),
    "connection-down": sign_in(
        waiting("requesting", "busy", problem=problem("service-down"), retry_in_s=9.0),
        steps=connection(CABLE, None, trouble="service-down"),
    ),
    "signin-cable": sign_in(
        prompting(LONG_CODE, LONG_ADDRESS, LONG_ORGANISATION, "offline", retry_in_s=12.0), steps=connection(NO_CABLE)
    ),
    "error": errors(*WRONG[:2]),
    "error-many": errors(*WRONG),
    "error-fatal": errors(StorageError("/etc/ssl/corp-ca.pem", "not a certificate in PEM form")),
    "crash": crashed(Crash("K7F3QM", "14:02", 10.0)),
    "crash-often": crashed(Crash("K7F3QM", "14:02", 300.0, 4)),
    "map": on_map(),
    "message-map": with_message(on_map(OK, at=GUIDE, zoom=14), SHORT_MESSAGE),
    "message-map-long": with_message(on_map(messages=CLOSED), LONG_MESSAGE),
    "message-bar": with_message(on_map(MENU), SHORT_MESSAGE),
    "message-signin": with_message(sign_in(prompting()), SHORT_MESSAGE),
    "message-signin-long": with_message(sign_in(prompting(LONG_CODE, LONG_ADDRESS, LONG_ORGANISATION)), LONG_MESSAGE),
    "map-selected": on_map(OK, at=GUIDE, zoom=14),
    "map-bar": on_map(MENU),
    "map-bar-account": on_map(MENU, LEFT),
    "map-bar-credits": on_map(MENU, messages=(AttributionChanged(MANY_CREDITS),)),
    "map-account": on_map(MENU, LEFT, OK, account=LONG_NAME),
    "map-account-permission": on_map(MENU, LEFT, OK, account=LONG_NAME, messages=CLOSED),
    "map-account-again": on_map(MENU, LEFT, OK, DOWN, messages=ENDED),
    "map-permission": on_map(messages=CLOSED),
    "map-again": on_map(messages=ENDED),
    "map-disk": on_map(messages=(TroubleChanged("disk", StorageError("/data", "worn out", "read-only")),)),
    "map-account-none": on_map(MENU, LEFT, OK, account=None),
    "map-drawer": on_map(MENU, OK, DOWN, DOWN, DOWN),
    "map-drawer-long": on_map(MENU, OK, *(DOWN,) * 12, book=long_book),
    "map-drawer-empty": on_map(MENU, OK, book=empty_book),
    "map-drawer-refused": on_map(MENU, OK, messages=(refused(0),), book=empty_book),
    "map-left-out-notice": on_map(messages=(refused(0),)),
    "map-left-out": on_map(MENU, OK, RIGHT, DOWN, messages=(refused(0),)),
    "map-left-out-many": on_map(MENU, OK, RIGHT, *(DOWN,) * 20, messages=(refused(900),)),
    "map-left-out-one": on_map(MENU, OK, RIGHT, OK, messages=(refused(0),)),
    "map-kept": on_map(messages=(refused(0, as_of=EPOCH - 7200.0),)),
    "map-scripts": on_map(book=other_scripts, zoom=13.4),
    "map-drawer-scripts": on_map(MENU, OK, DOWN, book=other_scripts),
    "map-details-scripts": on_map(MENU, OK, DOWN, DOWN, DOWN, DOWN, OK, book=other_scripts),
    "map-unknown-times": on_map(OK, book=unknown_times, at=HELSINKI),
    "map-drawer-unknown-times": on_map(MENU, OK, messages=(refused(0),), book=unknown_times),
    "map-details": on_map(MENU, OK, DOWN, DOWN, OK),
    "map-details-long": on_map(MENU, OK, OK, book=long_book),
    "map-layers": on_map(MENU, RIGHT, OK, RIGHT, OK),
    "map-layers-overlay": on_map(MENU, RIGHT, OK, DOWN, OK),
    "map-tour": on_map(Intent.PLAY_PAUSE),
    "map-clock": on_map(messages=(ClockSkewed(10_798.0),)),
    "map-clock-offline": on_map(messages=(ClockSkewed(-1.77e9), *OFFLINE)),
    "map-offline": on_map(messages=OFFLINE),
    "map-offline-old": on_map(messages=(*OFFLINE, SnapshotRestored((), EPOCH - 8000)), tiles_age_s=200_000.0),
    "map-portal": on_map(
        messages=(
            TroubleChanged("map", UnexpectedReply("atlas.microsoft.com", 302, "html")),
            FencesUnavailable("blob", UnexpectedReply("acct.blob.core.windows.net", 302, "html")),
        )
    ),
    "map-store-page": on_map(messages=(FencesUnavailable("url", UnexpectedReply("example.com", 302, "redirect")),)),
    "map-refused": on_map(messages=(*REFUSED, AccountChanged(LONG_NAME))),
    "map-down": on_map(messages=(TroubleChanged("map", ServiceDown("atlas.microsoft.com", 503)),)),
    "map-bar-draw": on_map(MENU, RIGHT, settings=EDITABLE),
    "draw": on_map(*TO_DRAW, settings=EDITABLE),
    "draw-circle": on_map(*TO_DRAW, OK, OK, RIGHT, settings=EDITABLE),
    "draw-circle-aim": on_map(*TO_DRAW, OK, settings=EDITABLE),
    "draw-rectangle": on_map(*TO_DRAW, RIGHT, OK, OK, *(RIGHT,) * 9, *(DOWN,) * 6, settings=EDITABLE),
    "draw-polygon": on_map(
        *TO_DRAW, LEFT, OK, OK, *(RIGHT,) * 12, OK, *(DOWN,) * 9, OK, *(LEFT,) * 8, settings=EDITABLE
    ),
    "draw-crossing": on_map(
        *TO_DRAW, LEFT, OK, OK, *(RIGHT,) * 12, OK, *(DOWN,) * 9, OK, *(LEFT,) * 8, OK, *(UP,) * 16, settings=EDITABLE
    ),
    "draw-bar": on_map(*TO_DRAW, OK, OK, MENU, settings=EDITABLE),
    "draw-bar-polygon": on_map(*TO_DRAW, LEFT, OK, OK, MENU, settings=EDITABLE),
    "draw-kinds": on_map(*TO_DRAW, OK, OK, OK, DOWN, settings=EDITABLE),
    "draw-kinds-many": on_map(*TO_DRAW, OK, OK, OK, *(DOWN,) * 12, settings=MANY_KINDS),
    "draw-times": on_map(*TO_DRAW, OK, OK, OK, OK, DOWN, settings=EDITABLE),
    "draw-saved": on_map(*TO_DRAW, OK, OK, OK, OK, OK, messages=(ON_THEIR_WAY,), settings=EDITABLE),
    "edit-details": on_map(MENU, OK, DOWN, DOWN, OK, settings=EDITABLE),
    "edit": on_map(OK, OK, RIGHT, OK, at=GUIDE, zoom=14, settings=EDITABLE),
    "edit-move": on_map(OK, OK, RIGHT, OK, OK, *(RIGHT,) * 9, at=GUIDE, zoom=14, settings=EDITABLE),
    "edit-resize": on_map(OK, OK, RIGHT, OK, RIGHT, OK, *(UP,) * 9, at=GUIDE, zoom=14, settings=EDITABLE),
    "edit-delete": on_map(OK, OK, RIGHT, OK, UP, LEFT, OK, at=GUIDE, zoom=14, settings=EDITABLE),
    "edit-reshape": on_map(MENU, OK, DOWN, OK, RIGHT, OK, RIGHT, RIGHT, OK, RIGHT, settings=EDITABLE),
    "changes": on_map(*TO_CHANGES, messages=(STUCK,), settings=EDITABLE),
    "changes-empty": on_map(*TO_CHANGES, settings=EDITABLE),
    "changes-offline": on_map(messages=(*OFFLINE, WAITING), settings=EDITABLE),
    "conflict": on_map(*TO_CHANGES, OK, messages=(STUCK,), settings=EDITABLE),
    "conflict-deleted": on_map(*TO_CHANGES, OK, messages=(DELETED,), settings=EDITABLE),
    "refused": on_map(*TO_CHANGES, DOWN, OK, messages=(STUCK,), settings=EDITABLE),
    "unlock": on_map(*TO_DRAW, OK, UP, UP, LEFT, RIGHT, UP, messages=(LockKnown(0),), settings=LOCKED),
    "unlock-wait": on_map(*TO_DRAW, OK, messages=(LockKnown(5),), settings=LOCKED),
    "unlock-short": on_map(*TO_DRAW, OK, UP, UP, OK, messages=(LockKnown(0),), settings=LOCKED),
    "draw-offline": on_map(
        *TO_DRAW, OK, OK, RIGHT, messages=(*OFFLINE, WAITING, AccountChanged(LONG_NAME)), settings=EDITABLE
    ),
    "draw-undone": on_map(*TO_DRAW, OK, OK, OK, OK, OK, BACK, *TO_DRAW, DOWN, OK, settings=EDITABLE),
    "draw-polygon-refused": on_map(*TO_DRAW, LEFT, OK, OK, OK, settings=EDITABLE),
    "edit-long": on_map(*TO_EDIT, book=long_area, settings=EDITABLE),
    "edit-move-long": on_map(*TO_EDIT, OK, RIGHT, book=long_area, settings=replace(EDITABLE, units="imperial")),
    "edit-move-offline": on_map(*TO_EDIT, OK, RIGHT, book=long_area, messages=OFFLINE, settings=EDITABLE),
    "edit-reshape-long": on_map(*TO_EDIT, RIGHT, RIGHT, OK, RIGHT, book=long_area, settings=EDITABLE),
    "edit-reshape-bar": on_map(*TO_EDIT, RIGHT, RIGHT, OK, RIGHT, MENU, book=long_area, settings=EDITABLE),
    "edit-reshape-bar-hole": on_map(
        MENU, OK, OK, RIGHT, OK, RIGHT, RIGHT, OK, MENU, book=partial(long_area, hole=True), settings=EDITABLE
    ),
    "edit-rename": on_map(*TO_EDIT, DOWN, OK, book=long_area, settings=EDITABLE),
    "edit-times": on_map(*TO_EDIT, DOWN, RIGHT, OK, book=long_area, settings=EDITABLE),
    "edit-copied-long": on_map(
        *TO_EDIT,
        *(RIGHT,) * 3,
        OK,
        book=long_area,
        messages=(AttributionChanged(MANY_CREDITS), *OFFLINE),
        settings=EDITABLE,
    ),
    "refused-long": on_map(*TO_CHANGES, OK, messages=(UNREADABLE,), settings=EDITABLE),
    "changes-unreadable": on_map(messages=(OutboxChanged(unreadable=2),), settings=EDITABLE),
    "usage-day": usage("day", account_usage("day")),
    "usage-week": usage("week", account_usage("week")),
    "usage-month": usage("month", account_usage("month")),
    "usage-many": usage(
        "month", account_usage("month", 9e6, MANY_APIS), tv=own("month", 9e5, Prices.of({"base": 4.5}, "USD"))
    ),
    "usage-few": usage("week", account_usage("week", 0.02, (APIS[0], ""), availability=None), tv=own("week", 0.01)),
    "usage-empty": usage(
        "week", AccountUsage(span_of(7, EPOCH), (0,) * 7), tv=tv_usage(UsageDays(), span_of(7, EPOCH), Prices())
    ),
    "usage-loading": usage("week", None, is_loading=True),
    "usage-newer": usage("week", account_usage("week"), is_loading=True),
    **{
        f"usage-{kind}": usage("week", UsageProblem(kind, code, "management.azure.com", status, aadsts, CORRELATION))
        for kind, code, status, aadsts in PROBLEMS_OF_USAGE
    },
    "map-imperial": on_map(OK, at=GUIDE, zoom=14, settings=replace(SETTINGS, units="imperial")),
}
"""Name -> builder of the scene."""
