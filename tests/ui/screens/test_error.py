"""The error screen names every wrong setting, however little room the screen has."""

from __future__ import annotations

from tests.ui.gallery import errors
from tvapp.core.errors import ConfigError
from tvapp.remote.intents import Input, Intent, Phase
from tvapp.ui.recording import RecordingCanvas
from tvapp.ui.screens.error import PAGE_S

MANY = [ConfigError("/etc/tvapp/config.toml", f"maps.key{number}", "this", "that") for number in range(11)]


def shown(canvas: RecordingCanvas) -> set[str]:
    return {error.key for error in MANY} & set(canvas.sentences())


def test_errors_that_do_not_fit_are_shown_page_by_page_without_a_key() -> None:
    scene = errors(*MANY)(1920, 1080)
    seen: set[str] = set()
    for _ in range(8):
        canvas = RecordingCanvas(1920, 1080)
        scene.draw(canvas)
        seen |= shown(canvas)
        scene.now += PAGE_S
        scene.stack.update(scene.now)
    assert seen == {error.key for error in MANY}


def test_down_and_up_turn_the_page() -> None:
    scene = errors(*MANY)(1920, 1080)
    pages = []
    for intent in (None, Intent.DOWN, Intent.UP):
        if intent is not None:
            scene.stack.handle(Input(intent, Phase.PRESS), scene.now)
            scene.stack.handle(Input(intent, Phase.RELEASE), scene.now)
        canvas = RecordingCanvas(1920, 1080)
        scene.draw(canvas)
        pages.append(shown(canvas))
    assert pages[0] == pages[2]
    assert not pages[0] & pages[1]


def test_errors_that_fit_have_no_pages() -> None:
    scene = errors(*MANY[:2])(1920, 1080)
    canvas = RecordingCanvas(1920, 1080)
    scene.draw(canvas)
    assert len(shown(canvas)) == 2
    scene.stack.update(scene.now)
    assert scene.stack.next_wakeup(scene.now) is None
    assert [hint.key for hint in scene.stack.hints()] == ["ok"]
