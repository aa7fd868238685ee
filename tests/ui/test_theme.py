"""The look: contrast ratios, sizes of the ten-foot rules, bounds of motion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.contrast import contrast
from tvapp.core.assets import asset
from tvapp.ui import theme
from tvapp.ui.canvas import Color

GROUNDS = (theme.PAGE, theme.PANEL, theme.RAISED, theme.FOCUSED, theme.GLASS)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(Color(255, 255, 255), Color(0, 0, 0)) == pytest.approx(21.0)
    # The grey that just passes on white.
    assert contrast(Color(118, 118, 118), Color(255, 255, 255)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", [theme.TEXT, theme.MUTED, theme.ACCENT, theme.GOOD, theme.WARN, theme.BAD])
def test_every_text_colour_can_be_read_on_every_ground(text: Color, ground: Color) -> None:
    assert contrast(text, ground) >= 4.5


def test_the_user_code_has_the_contrast_it_needs() -> None:
    assert contrast(theme.TEXT, theme.PAGE) >= 7


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_the_focus_ring_shows_on_any_map(colour: tuple[int, int, int]) -> None:
    ground = Color(*colour)
    assert max(contrast(theme.ACCENT, ground), contrast(theme.EDGE, ground)) >= 3
    assert contrast(theme.ACCENT, theme.EDGE) >= 3


def test_sizes_are_those_of_the_ten_foot_rules() -> None:
    assert min(theme.CAPTION, theme.SMALL) >= 24
    assert theme.BODY >= 30
    assert theme.HEADING >= 40
    assert theme.CODE_MIN >= 96
    assert theme.SAFE == 0.05


def test_animations_take_150_to_250_ms() -> None:
    assert 0.15 <= theme.FOCUS_S <= 0.25
    assert 0.15 <= theme.SLIDE_S <= 0.25


@given(st.floats(0, 1e10))
def test_still_elements_drift_by_whole_pixels_and_not_far(epoch_s: float) -> None:
    x, y = theme.drift(epoch_s)
    assert abs(x) <= theme.DRIFT_PX
    assert abs(y) <= theme.DRIFT_PX
    assert x == int(x)


def test_still_elements_do_not_stay_in_place_for_hours() -> None:
    places = {theme.drift(minute * 60.0) for minute in range(180)}
    assert len(places) > 20


def test_every_face_has_its_file() -> None:
    for name in theme.FONT_FILES.values():
        assert asset(name).is_file()
