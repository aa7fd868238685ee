"""Notices at the upper right of the map: what does not work, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.core.errors import (
    Forbidden,
    NetworkError,
    NotFound,
    ServiceDown,
    SignInError,
    StorageError,
    Throttled,
    TvappError,
    Unauthorized,
    UnexpectedReply,
)
from tvapp.ui import theme
from tvapp.ui.canvas import Canvas, Color, Rect
from tvapp.ui.map_state.state import MapState
from tvapp.ui.messages import TroubleChanged
from tvapp.ui.widgets.label import draw_icon, paragraph, paragraph_height
from tvapp.ui.widgets.surface import glass
from tvapp.ui.words.clock_skew import clock_advice, clock_title
from tvapp.ui.words.formats import age, clock_time
from tvapp.ui.words.lookup import knows

WIDTH = 620.0
FENCES_WORTH_TELLING_S = 60.0
"""Younger geofences are not worth a word about their age."""
TILES_WORTH_TELLING_S = 600.0
"""The same for map tiles, which age more slowly than geofences."""
MOST_NOTICES = 2
"""Notices shown at once: the map matters more, and the first notices are usually the cause of the rest."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice: what does not work, and what to do."""

    icon: str
    color: Color
    title: str
    advice: str


def notices(state: MapState) -> list[Notice]:
    """Return the notices for a state, the most important first."""
    found: list[Notice] = []
    say = state.settings.words
    outbox = state.edits.outbox
    if state.troubles.clock_skew_s:
        # First: certificates and tokens are checked against the clock, so a wrong clock may cause the rest.
        found.append(
            Notice(
                "clock",
                theme.WARN,
                clock_title(state.troubles.clock_skew_s, state.settings),
                clock_advice(state.settings),
            )
        )
    for area in ("session", "permission", "map", "store", "disk"):
        trouble = state.troubles.by_area.get(area)
        if area == "disk" and outbox.disk_error is not None and outbox.entries:
            continue  # `_outbox_notices` says what it means for the changes
        if area == "store" and trouble is not None and _waits_for_person(trouble, state):
            continue
        key = _key(trouble) if trouble is not None else ""
        # Without a network everything else fails as well; one sentence is enough.
        if not key or (state.troubles.offline_since is not None and trouble is not None and _is_network(trouble)):
            continue
        if key == "notice.store-page" and any(notice.title == say("notice.portal") for notice in found):
            continue
        icon, color = _LOOKS.get(key, ("triangle-alert", theme.WARN))
        advice = _advice(key, trouble, state)
        found.append(Notice(icon, color, say(key), _with_age_of_tiles(advice, state) if area == "map" else advice))
    if state.troubles.offline_since is not None:
        since = clock_time(state.troubles.offline_since, state.settings.local_time)
        key = "notice.offline"
        advice = _with_age_of_tiles(_advice(key, None, state), state)
        found.append(Notice("wifi-off", theme.WARN, say(key, time=since), advice))
    elif state.fences.stale_since is not None and "store" not in state.troubles.by_area:
        title = say("notice.stale", age=age(state.wall() - state.fences.stale_since))
        key = "notice.stale.advice.why" if state.fences.skipped else "notice.stale.advice"
        found.append(Notice("cloud-off", theme.WARN, title, say(key)))
    elif (files := state.fences.refused_files) and "store" not in state.troubles.by_area:
        title = state.settings.counted("notice.left-out", files) if len(state.book) else say("notice.left-out.all")
        found.append(Notice("file-warning", theme.WARN, title, say("notice.left-out.advice")))
    return found + _outbox_notices(state)


def _advice(key: str, trouble: TroubleChanged | None, state: MapState) -> str:
    """Return the advice below a title, with the age of geofences that could not be revalidated."""
    say = state.settings.words
    aged = f"{key}.advice.aged"
    old_s = state.wall() - state.fences.confirmed_at if state.fences.confirmed_at is not None else 0.0
    if old_s >= FENCES_WORTH_TELLING_S and knows(aged):
        return say(aged, age=age(old_s))
    if key == "notice.storage" and trouble is not None and isinstance(trouble.error, StorageError):
        return say(f"{key}.advice.{trouble.error.kind}")
    return say(f"{key}.advice", code=_code(trouble)) if knows(f"{key}.advice") else ""


def _with_age_of_tiles(advice: str, state: MapState) -> str:
    """Add the age of map tiles that come from the disk and could not be revalidated."""
    as_of = state.stale_tiles.oldest(state.model.layers, state.viewport)
    old_s = 0.0 if as_of is None else state.wall() - as_of
    if old_s < TILES_WORTH_TELLING_S:
        return advice
    return f"{advice} {state.settings.words('notice.tiles-aged', age=age(old_s))}"


def _outbox_notices(state: MapState) -> list[Notice]:
    """Return notices about what keeps changes from being saved or sent, unless another notice says it."""
    outbox, say = state.edits.outbox, state.settings.words
    found = []
    if outbox.disk_error is not None and outbox.entries:
        title, advice = say("notice.outbox-disk"), say("notice.outbox-disk.advice")
        found.append(Notice("circle-alert", theme.BAD, title, advice))
    if outbox.unreadable:
        title = state.settings.counted("notice.outbox-unreadable", outbox.unreadable)
        found.append(Notice("file-warning", theme.WARN, title, say("notice.outbox-unreadable.advice")))
    needs_person = isinstance(outbox.error, SignInError) and outbox.error.needs_person
    if needs_person and outbox.entries and not {"session", "permission"} & state.troubles.by_area.keys():
        title, advice = say("notice.outbox-sign-in"), say("notice.outbox-sign-in.advice")
        found.append(Notice("key-round", theme.WARN, title, advice))
    return found


_LOOKS: dict[str, tuple[str, Color]] = {
    "notice.forbidden": ("lock", theme.BAD),
    "notice.unauthorized": ("key-round", theme.WARN),
    "notice.busy": ("hourglass", theme.WARN),
    "notice.service-down": ("cloud-off", theme.WARN),
    "notice.portal": ("globe-lock", theme.WARN),
    "notice.store-page": ("globe-lock", theme.WARN),
    "notice.store-forbidden": ("lock", theme.BAD),
    "notice.store-sign-in": ("key-round", theme.WARN),
    "notice.store-retired": ("calendar-x", theme.BAD),
    "notice.store-undecided": ("settings-2", theme.WARN),
    "notice.permission-storage": ("shield-check", theme.ACCENT),
    "notice.permission-other": ("shield-check", theme.ACCENT),
    "notice.sign-in-needed": ("circle-user", theme.WARN),
}


def _is_network(trouble: TroubleChanged) -> bool:
    return isinstance(trouble.error, NetworkError)


def _waits_for_person(trouble: TroubleChanged, state: MapState) -> bool:
    """Tell whether the store waits for a sign-in that another notice asks for."""
    is_told = "session" in state.troubles.by_area or "permission" in state.troubles.by_area
    return is_told and isinstance(trouble.error, SignInError) and trouble.error.needs_person


def _key(trouble: TroubleChanged) -> str:
    if trouble.area == "session":
        return "notice.sign-in-needed"
    if trouble.area == "permission":
        return f"notice.permission-{trouble.state}"
    if trouble.state:
        return f"notice.store-{trouble.state}"
    if trouble.area == "disk" or (isinstance(trouble.error, StorageError) and trouble.area != "store"):
        return "notice.storage"
    if trouble.area == "store":
        return _store_key(trouble.error)
    match trouble.error:
        case UnexpectedReply(code="html"):
            return "notice.portal"
        case Unauthorized():
            return "notice.unauthorized"
        case Forbidden():
            return "notice.forbidden"
        case Throttled():
            return "notice.busy"
        case ServiceDown():
            return "notice.service-down"
        case NotFound():
            return "notice.no-tileset"
    return "notice.maps-trouble"


def _store_key(error: TvappError | None) -> str:
    match error:
        case SignInError(needs_person=True):
            return "notice.store-sign-in"
        case Forbidden() | Unauthorized():
            return "notice.store-forbidden"
        case NotFound():
            return "notice.store-missing"
        case UnexpectedReply(code="html" | "redirect"):
            return "notice.store-page"
    return "notice.store-trouble"


def _code(trouble: TroubleChanged | None) -> str:
    """Return the code by which an administrator finds a refused sign-in in the logs."""
    error = trouble.error if trouble is not None else None
    if not isinstance(error, SignInError):
        return ""
    name = f"AADSTS{error.aadsts}" if error.aadsts else error.error
    return f"{name}, {error.correlation_id}" if error.correlation_id else name


def draw_notices(canvas: Canvas, right: float, top: float, shown: list[Notice]) -> None:
    """Draw notices below each other, their right edge at `right`."""
    for notice in shown[:MOST_NOTICES]:
        top = canvas.draw_cached(_paint_notice, right, top, notice).bottom + theme.GAP


def _paint_notice(canvas: Canvas, right: float, top: float, notice: Notice) -> Rect:
    title_style = theme.style(theme.SMALL, theme.TEXT, "bold")
    advice_style = theme.style(theme.CAPTION, theme.MUTED)
    inner = WIDTH - 96 - 24
    height = 40 + paragraph_height(canvas, notice.title, inner, title_style, 2)
    height += 4 + paragraph_height(canvas, notice.advice, inner, advice_style, 4)
    box = Rect(right - WIDTH, top, WIDTH, height)
    glass(canvas, box)
    canvas.panel(Rect(box.x, box.y + 14, 6, box.h - 28), notice.color, 3)
    draw_icon(canvas, notice.icon, box.x + 54, box.y + 40, 42, notice.color)
    y = paragraph(canvas, notice.title, box.x + 96, box.y + 20, inner, title_style, 2) + 4
    paragraph(canvas, notice.advice, box.x + 96, y, inner, advice_style, 4)
    return box
