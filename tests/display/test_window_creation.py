"""Only a renderer that was seen to draw is taken; in the order that suits the video driver."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tvapp.core.errors import DisplayError
from tvapp.display.driver import RendererChoice
from tvapp.display.renderer_proof import SIDE, why_not_drawing
from tvapp.display.sdl import Renderer, Texture, Window, pygame, sdl2, video
from tvapp.display.window_creation import new_renderer

GPU = RendererChoice({}, True, "GPU found")
NO_GPU = RendererChoice({}, False, "no GPU")
NAMES = [info.name for info in video.get_drivers()]


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.delenv("SDL_RENDER_DRIVER", raising=False)
    pygame.display.init()
    shown = Window("renderers", size=(64, 48))
    yield shown
    shown.destroy()
    pygame.display.quit()


def draws(window: Window, kind: type[Renderer] = Renderer) -> Renderer:
    """Return a renderer of a kind; SDL's software renderer does the drawing."""
    return kind(window, index=NAMES.index("software"))


class PaintsNothing(Renderer):
    """Takes every rectangle, and draws none."""

    def fill_rect(self, _rect: object) -> None:
        """Do nothing, as a renderer with the wrong kind of context."""


class CopiesNothing(Renderer):
    """Draws into textures only."""

    def blit(self, *_arguments: Any) -> Any:
        """Do nothing."""


class SwapsColours(Renderer):
    """Draws red as blue, as for a wrong order of the bytes of a pixel."""

    def fill_rect(self, rect: Any) -> None:
        """Fill with the colour's channels in the wrong order."""
        red, green, blue, alpha = pygame.Color(self.draw_color)
        self.draw_color = pygame.Color(blue, green, red, alpha)
        super().fill_rect(rect)


class Refuses(Renderer):
    """Reports an error when the screen is read."""

    def to_surface(self, *_arguments: object) -> pygame.Surface:
        """Refuse."""
        raise sdl2.error("glReadPixels(): GL_INVALID_OPERATION")


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (Renderer, ""),
        (PaintsNothing, "draws nothing into textures"),
        (CopiesNothing, "draws nothing onto the screen"),
        (SwapsColours, "draws nothing into textures"),
        (Refuses, "glReadPixels(): GL_INVALID_OPERATION"),
    ],
)
def test_a_renderer_has_to_draw_into_a_texture_and_onto_the_screen(
    window: Window, kind: type[Renderer], wrong: str
) -> None:
    assert why_not_drawing(draws(window, kind)) == wrong


def test_the_proof_leaves_a_black_screen_and_no_target_behind(window: Window) -> None:
    renderer = draws(window)
    assert why_not_drawing(renderer) == ""
    assert renderer.target is None
    seen = pygame.Surface((SIDE, SIDE), 0, 32)
    renderer.to_surface(seen, pygame.Rect(0, 0, SIDE, SIDE))
    assert {tuple(seen.get_at((x, y)))[:3] for x in range(SIDE) for y in range(SIDE)} == {(0, 0, 0)}
    Texture(renderer, (4, 4))


class WithoutDriver(Renderer):
    """Cannot be made."""

    def __init__(self, *_arguments: object, **_options: object) -> None:
        raise sdl2.error("Couldn't find matching render driver")


class Maker:
    """Makes renderers by SDL's names of them; says which were tried."""

    def __init__(self, **kinds: type[Renderer] | None) -> None:
        self.kinds = kinds
        self.tried: list[str] = []

    def __call__(self, _window: Window, index: int) -> Renderer:
        name = NAMES[index]
        self.tried.append(name)
        kind = self.kinds.get(name, Renderer)
        if kind is None:
            # As SDL itself refuses.
            return draws(Window(name, size=(64, 48)), WithoutDriver)
        # A window of its own: one that SDL has drawn on in software takes no second renderer.
        return draws(Window(name, size=(64, 48)), kind)


def test_one_that_draws_nothing_is_passed_over_and_named(window: Window) -> None:
    make = Maker(opengl=PaintsNothing, opengles2=Renderer)
    _, name, failures = new_renderer(window, GPU, "x11", make=make)
    assert name == "opengles2"
    assert failures == ["opengl: draws nothing into textures"]
    assert make.tried == ["opengl", "opengles2"]


def test_on_kmsdrm_opengl_es_comes_first(window: Window) -> None:
    make = Maker(opengl=PaintsNothing)
    _, name, failures = new_renderer(window, GPU, "kmsdrm", make=make)
    assert (name, failures, make.tried) == ("opengles2", [], ["opengles2"])


def test_the_software_renderer_is_the_last_resort(window: Window) -> None:
    make = Maker(opengl=None, opengles=None, opengles2=PaintsNothing)
    _, name, failures = new_renderer(window, GPU, "x11", make=make)
    assert name == "software"
    assert "opengles2: draws nothing into textures" in failures
    assert new_renderer(window, NO_GPU, "x11", make=Maker())[1] == "software"


def test_on_kmsdrm_the_software_renderer_is_black_where_what_shows_its_frames_is(window: Window) -> None:
    make = Maker(opengles2=PaintsNothing)
    with pytest.raises(DisplayError, match=r"opengles2: draws nothing into textures; software: is shown by opengles2"):
        new_renderer(window, NO_GPU, "kmsdrm", make=make)
    assert make.tried == ["opengles2"]
    proven = Maker()
    assert new_renderer(window, NO_GPU, "kmsdrm", make=proven)[1] == "software"
    assert proven.tried == ["opengles2", "software"]


def test_where_nothing_draws_each_renderer_is_named_with_its_reason(window: Window) -> None:
    make = Maker(opengl=None, opengles=None, opengles2=CopiesNothing, software=PaintsNothing)
    with pytest.raises(DisplayError, match="no renderer draws: opengl: Couldn't find") as failed:
        new_renderer(window, GPU, "x11", make=make)
    assert "opengles2: draws nothing onto the screen" in str(failed.value)
    assert "software: draws nothing into textures" in str(failed.value)


def test_a_renderer_that_the_environment_names_comes_first_but_not_at_the_price_of_a_picture(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDL_RENDER_DRIVER", "opengl")
    make = Maker()
    assert new_renderer(window, GPU, "kmsdrm", make=make)[1] == "opengl"
    assert make.tried == ["opengl"]
    assert new_renderer(window, GPU, "kmsdrm", make=Maker(opengl=PaintsNothing))[1] == "opengles2"


def test_a_renderer_whose_frames_were_not_on_the_screen_is_not_taken_again(window: Window) -> None:
    make = Maker(opengl=None, opengles=None)
    _, name, failures = new_renderer(window, GPU, "x11", ["opengles2"], make)
    assert name == "software"
    assert "opengles2: is not seen on the screen" in failures
    assert "opengles2" not in make.tried
