"""The ten-foot rules, checked on every screen and panel in every state of the gallery, on four shapes of screen."""

from __future__ import annotations

from itertools import product

import pytest

from tests.ui.contrast import blend, contrast
from tests.ui.fakes import font_metrics
from tests.ui.gallery import SCENES, Scene
from tvapp.remote.intents import ARROWS, Input, Intent, Phase
from tvapp.ui import theme
from tvapp.ui.canvas import Color, Rect
from tvapp.ui.focus import Focus
from tvapp.ui.map_overlay.chrome import attribution_box
from tvapp.ui.map_state.state import MapState
from tvapp.ui.recording import DrawnShape, DrawnText, RecordingCanvas
from tvapp.ui.screen import Screen, hints_of
from tvapp.ui.screens.editing.unlock import UnlockScreen
from tvapp.ui.screens.signin.panel import SignInPanel

SHAPES = ((1920, 1080), (1280, 720), (1024, 768), (2560, 1080))
EVERYWHERE = [pytest.param(name, shape, id=f"{name}-{shape[0]}x{shape[1]}") for name, shape in product(SCENES, SHAPES)]
WITHOUT_KEYS = frozenset({"crash", "crash-often"})
"""After a crash, no part of the app receives keys."""
NOTHING_TO_PRESS = {
    *WITHOUT_KEYS,
    "permission-requesting",
    "permission-given",
    "signin-requesting",
    "signin-welcome",
    "signin-welcome-long",
}
EDITING = [name for name in SCENES if name.startswith(("draw", "edit", "changes", "conflict", "refused", "unlock"))]
MOST_PRESSES = 6
LEAST_FOCUS_HEIGHT = 64
"""The least height, in design pixels, of anything that can have the focus."""
WITHOUT_RING = {"map", "wait"}
"""The map's focus is the crosshair; the start screen only waits."""


def show(name: str, shape: tuple[int, int] = (1920, 1080)) -> tuple[Scene, RecordingCanvas]:
    width, height = shape
    scale = min(width / 1920, height / 1080)
    canvas = RecordingCanvas(width / scale, height / scale, scale, font_metrics)
    scene = SCENES[name](width, height)
    scene.draw(canvas)
    return scene, canvas


def overlaps(a: Rect, b: Rect) -> bool:
    return a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom


def encloses(outer: Rect, inner: Rect, slack: float = 1.0) -> bool:
    return (
        outer.x <= inner.x + slack
        and outer.y <= inner.y + slack
        and outer.right >= inner.right - slack
        and outer.bottom >= inner.bottom - slack
    )


@pytest.mark.parametrize(("name", "shape"), EVERYWHERE)
def test_every_text_is_large_enough_and_within_the_safe_area(name: str, shape: tuple[int, int]) -> None:
    _, canvas = show(name, shape)
    safe = Rect(0, 0, canvas.width, canvas.height).inset(canvas.width * 0.05, canvas.height * 0.05)
    # What drifts against burn-in may lean out of it by its few pixels.
    safe = safe.inset(-theme.DRIFT_PX - 0.5)
    for drawn in canvas.texts:
        assert drawn.style.size >= 24, drawn.text
        assert encloses(safe, drawn.rect), f"{drawn.text!r} at {drawn.rect}"


@pytest.mark.parametrize(("name", "shape"), EVERYWHERE)
def test_no_text_lies_on_another(name: str, shape: tuple[int, int]) -> None:
    _, canvas = show(name, shape)
    seen = [drawn for drawn in visible_texts(canvas) if drawn.style.face != "icon"]
    for index, first in enumerate(seen):
        for second in seen[index + 1 :]:
            # Line boxes have air above and below the letters.
            a, b = (box.inset(1, box.h * 0.16) for box in (first.rect, second.rect))
            assert not overlaps(a, b), f"{first.text!r} and {second.text!r}"


@pytest.mark.parametrize("name", SCENES)
def test_exactly_one_element_has_the_focus_and_its_ring(name: str) -> None:
    scene, canvas = show(name)
    screen = scene.stack.top
    if name in NOTHING_TO_PRESS:
        assert screen.focusables() == ()
        return
    assert screen.focused in screen.focusables()
    rings = [shape for shape in canvas.shapes if shape.kind == "ring" and shape.color == theme.ACCENT]
    on_map = screen.focused in WITHOUT_RING or screen.focused == "empty"
    crosshairs = [shape for shape in rings if shape.rect.w < 64]
    assert len(rings) - len(crosshairs) == (0 if on_map else 1)
    for ring in rings:
        assert ring in crosshairs or ring.rect.h >= LEAST_FOCUS_HEIGHT


@pytest.mark.parametrize("name", SCENES)
def test_every_element_can_be_reached_from_every_other_and_none_is_a_trap(name: str) -> None:
    scene, _ = show(name)
    focus = getattr(scene.stack.top, "_focus", None)
    if not isinstance(focus, Focus):
        return
    for start in focus.leaf_keys():
        seen, frontier = {start}, [start]
        while frontier:
            key = frontier.pop()
            for arrow in ARROWS:
                focus.set(key)
                scene.stack.handle(Input(arrow, Phase.PRESS), scene.now)
                scene.stack.handle(Input(arrow, Phase.RELEASE), scene.now)
                if focus.focused not in seen:
                    seen.add(focus.focused)
                    frontier.append(focus.focused)
        assert seen == set(focus.leaf_keys())


@pytest.mark.parametrize("name", SCENES)
def test_every_element_is_at_most_six_presses_from_every_other(name: str) -> None:
    scene, _ = show(name)
    focus = getattr(scene.stack.top, "_focus", None)
    if not isinstance(focus, Focus):
        return
    neighbours: dict[str, set[str]] = {}
    for key in focus.leaf_keys():
        neighbours[key] = set()
        for arrow in ARROWS:
            focus.set(key)
            scene.stack.handle(Input(arrow, Phase.PRESS), scene.now)
            scene.stack.handle(Input(arrow, Phase.RELEASE), scene.now)
            neighbours[key].add(focus.focused)
    for start in neighbours:
        reached = {start}
        for _ in range(MOST_PRESSES):
            reached |= {there for key in reached for there in neighbours[key]}
        assert reached == set(neighbours)


@pytest.mark.parametrize("name", EDITING)
def test_every_key_of_a_small_remote_leaves_an_editing_screen_with_something_to_press(name: str) -> None:
    scene, canvas = show(name)
    remote = scene.remote
    for intent in (*ARROWS, Intent.SELECT, Intent.ZOOM_IN, Intent.MENU, *ARROWS, Intent.SELECT):
        remote.press(intent)
        scene.now = remote.now
        canvas.clear()
        scene.draw(canvas)
        top = scene.stack.top
        assert top.focused in top.focusables()
        assert top.hints()


@pytest.mark.parametrize(("name", "shape"), [p for p in EVERYWHERE if str(p.id).startswith(("draw", "edit"))])
def test_drawing_screens_show_the_way_to_the_other_actions(name: str, shape: tuple[int, int]) -> None:
    scene, canvas = show(name, shape)
    if scene.stack.top.name == "sketch":
        assert {"Hold OK", "More", "OK", "Back"} <= set(canvas.sentences())


@pytest.mark.parametrize(("name", "shape"), [p for p in EVERYWHERE if str(p.id).startswith(("draw", "edit"))])
def test_panels_over_the_map_cover_neither_its_chips_nor_its_notices(name: str, shape: tuple[int, int]) -> None:
    scene, canvas = show(name, shape)
    if scene.stack.top.name not in ("sketch", "sketch-bar", "draw", "edit", "map"):
        return
    seen = visible_texts(canvas)
    clock = next(drawn for drawn in canvas.texts if drawn.text == "14:13")
    assert clock in seen
    for drawn in canvas.texts:
        if drawn.text.startswith(("No connection", "The map shows")):
            assert drawn in seen


@pytest.mark.parametrize("name", SCENES)
def test_back_leads_out_of_everything_and_never_ends_the_app(name: str) -> None:
    scene, canvas = show(name)
    remote = scene.remote
    depths = []
    for _ in range(8):
        remote.press(Intent.BACK)
        depths.append(scene.stack.depth)
    assert 1 in depths
    assert max(depths) <= max(2, depths[0] + 1)
    assert not {"leave", "sign_out"} & set(scene.actions.names())
    scene.now = remote.now
    canvas.clear()
    scene.draw(canvas)
    assert canvas.sentences()


@pytest.mark.parametrize("name", [name for name in SCENES if name not in WITHOUT_KEYS])
def test_the_hint_line_says_what_the_keys_do(name: str) -> None:
    scene, canvas = show(name)
    top = scene.stack.top
    bindings = getattr(top, "bindings")()  # noqa: B009 - not part of the protocol
    said = {hint.key for hint in top.hints()}
    assert said
    assert said <= {hint.key for hint in hints_of(bindings)}
    first = theme_words(top)
    assert first in canvas.sentences()


def theme_words(screen: Screen) -> str:
    from tvapp.ui.words.lookup import words

    return words(screen.hints()[0].words)


@pytest.mark.parametrize(("name", "shape"), EVERYWHERE)
def test_every_text_can_be_read_against_what_lies_below_it(name: str, shape: tuple[int, int]) -> None:
    _, canvas = show(name, shape)
    for drawn in visible_texts(canvas):
        ground = drawn.style.halo if drawn.style.halo is not None else ground_below(canvas, drawn)
        ratio = contrast(blend(drawn.style.color, ground), ground)
        is_code = drawn.style.size >= theme.CODE_MIN and drawn.style.face == "mono"
        is_icon = drawn.style.face == "icon"
        assert ratio >= (7 if is_code else 3 if is_icon else 4.5), f"{drawn.text!r}: {ratio:.1f}"


@pytest.mark.parametrize(("name", "shape"), [p for p in EVERYWHERE if str(p.id).startswith("map")])
def test_the_attribution_is_never_covered(name: str, shape: tuple[int, int]) -> None:
    scene, canvas = show(name, shape)
    state = getattr(scene.stack.base, "state")  # noqa: B009 - the base is the map here
    assert isinstance(state, MapState)
    box, lines = attribution_box(canvas, state)
    assert lines
    last = max(i for i, item in enumerate(canvas.items) if isinstance(item, DrawnText) and item.text in lines)
    for item in canvas.items[last + 1 :]:
        is_scrim = isinstance(item, DrawnShape) and item.color is not None and item.color.a < 255
        assert is_scrim or not overlaps(item.rect, box), item


@pytest.mark.parametrize(("name", "shape"), [p for p in EVERYWHERE if str(p.id).startswith("map-bar")])
def test_the_scale_bar_is_never_half_covered(name: str, shape: tuple[int, int]) -> None:
    _, canvas = show(name, shape)
    (scale,) = [drawn for drawn in canvas.texts if drawn.text.endswith((" km", " m")) and drawn.style.halo is not None]
    last = canvas.items.index(scale)
    for item in canvas.items[last + 1 :]:
        is_bar = isinstance(item, DrawnShape) and item.rect.w < canvas.width and item.rect.h > scale.rect.h
        assert not is_bar or not overlaps(item.rect, scale.rect), item


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("name", "buttons"),
    [("edit-details", {"Show", "Change", "Back"}), ("map-details", {"Show on the map", "Back to the list"})],
)
def test_the_buttons_below_the_details_are_whole(name: str, buttons: set[str], shape: tuple[int, int]) -> None:
    _, canvas = show(name, shape)
    assert buttons <= {drawn.text for drawn in canvas.texts}


@pytest.mark.parametrize("name", SCENES)
def test_a_frame_needs_few_calls(name: str) -> None:
    _, canvas = show(name)
    assert canvas.calls < (260 if "drawer" in name or "layers" in name else 160)


@pytest.mark.parametrize("name", SCENES)
def test_a_screen_at_rest_asks_for_no_frame_before_something_changes(name: str) -> None:
    scene, _ = show(name)
    now = scene.now
    for _ in range(3):
        scene.stack.update(now)
    assert not scene.stack.update(now)
    wakeup = scene.stack.next_wakeup(now)
    assert wakeup is None or wakeup > now
    top = scene.stack.top
    counts_down = isinstance(top, UnlockScreen) or (isinstance(top, SignInPanel) and top.prompt is not None)
    # The reason of a refused press goes away by itself.
    counts_down = counts_down or name == "draw-polygon-refused"
    if scene.stack.base.name == "map" and wakeup is not None and not counts_down:
        assert wakeup - now > 5


def visible_texts(canvas: RecordingCanvas) -> list[DrawnText]:
    """Return the texts that nothing was drawn over, a scrim neither."""
    visible = []
    for index, item in enumerate(canvas.items):
        if not isinstance(item, DrawnText) or not item.text.strip():
            continue
        later = (shape for shape in canvas.items[index + 1 :] if isinstance(shape, DrawnShape))
        if not any(shape.kind in ("fill", "panel") and overlaps(shape.rect, item.rect) for shape in later):
            visible.append(item)
    return visible


def ground_below(canvas: RecordingCanvas, text: DrawnText) -> Color:
    """Return the colour that a text stands on."""
    ground = Color(0, 0, 0)
    x, y = text.rect.center
    for item in canvas.items[: canvas.items.index(text)]:
        if not isinstance(item, DrawnShape) or item.kind not in ("fill", "panel") or item.color is None:
            continue
        if item.rect.x <= x <= item.rect.right and item.rect.y <= y <= item.rect.bottom:
            ground = blend(item.color, ground)
    return ground
