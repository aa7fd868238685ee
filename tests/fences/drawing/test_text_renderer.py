"""The rendering of names: sizes, halo and colours as Pillow itself would draw them, and the choice of a font."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from tvapp.core.assets import asset
from tvapp.core.image import Image
from tvapp.fences.drawing.text_renderer import TextRenderer

OWN, MONO, INTER = (
    str(asset(f"fonts/{name}"))
    for name in ("IBMPlexSans-SemiBold.ttf", "JetBrainsMono-SemiBold.ttf", "inter/Inter-Medium.otf")
)
SIZE_PX, HALO_PX = 28, 3
WHITE, GREY, DARK = (255, 255, 255, 255), (186, 194, 205, 255), (10, 14, 20, 225)

Rows = npt.NDArray[np.int64]


def rows(image: Image) -> Rows:
    """Return the pixels as rows of R, G, B, A."""
    found = np.frombuffer(bytes(image.pixels), dtype=np.uint8).reshape(image.height, image.width, 4)
    return found[..., [2, 1, 0, 3]].astype(np.int64)


def font(path: str, size_px: int = SIZE_PX) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size_px)


def width_in(path: str, text: str) -> int:
    """Return the width of the image of a text in a font."""
    return round(font(path).getlength(text)) + 2 * HALO_PX


def renderer(*fallback_fonts: str) -> TextRenderer:
    return TextRenderer(SIZE_PX, HALO_PX, fallback_fonts)


def drawn_by_pillow(text: str, path: str, color: tuple[int, ...]) -> Rows:
    """Return a text over its halo, by Pillow's own compositing, without any margin around it."""
    shape, size = font(path), (600, 200)
    canvas = Pillow.new("RGBA", size)
    for fill, stroke in ((DARK, HALO_PX), (color, 0)):
        mask = Pillow.new("L", size)
        ImageDraw.Draw(mask).text((50, 100), text, fill=255, font=shape, anchor="ls", stroke_width=stroke)
        layer = Pillow.new("RGBA", size, (*fill[:3], 0))
        layer.putalpha(mask.point([round(cover * fill[3] / 255) for cover in range(256)]))
        canvas = Pillow.alpha_composite(canvas, layer)
    return np.asarray(canvas.crop(canvas.getbbox())).astype(np.int64)


def inked(pixels: Rows) -> Rows:
    """Cut off the margins."""
    covered = pixels[..., 3] > 0
    down, across = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    return pixels[down[0] : down[-1] + 1, across[0] : across[-1] + 1]


@pytest.mark.parametrize(("is_dimmed", "color"), [(False, WHITE), (True, GREY)])
@pytest.mark.parametrize("text", ["Depot 7", "Årsta", "g"])
def test_a_name_looks_as_pillow_would_draw_it_over_its_halo(text: str, is_dimmed: bool, color: tuple[int, ...]) -> None:
    found = inked(rows(renderer().draw(text, dimmed=is_dimmed)))
    expected = drawn_by_pillow(text, OWN, color)
    assert found.shape == expected.shape
    opaque = expected[..., 3] > 100
    assert np.abs(found - expected)[opaque].max() <= 3
    assert np.abs(found - expected)[..., 3].max() <= 2


def test_letters_and_halo_have_exactly_their_colours() -> None:
    bright, dimmed = (
        rows(renderer().draw("I", dimmed=is_dimmed)).reshape(-1, 4).tolist() for is_dimmed in (False, True)
    )
    assert list(WHITE) in bright
    assert list(GREY) in dimmed
    assert list(GREY) not in bright
    halo = [pixel for pixel in bright if pixel[3] == 225]
    assert len(halo) > 100
    assert all(abs(part - wanted) <= 1 for pixel in halo for part, wanted in zip(pixel, DARK, strict=True))


def test_the_height_is_that_of_the_font_with_the_halo_above_and_below() -> None:
    ascent, descent = font(OWN).getmetrics()
    assert renderer().height == ascent + descent + 2 * HALO_PX
    for text in ("x", "Xg"):
        image = renderer().draw(text)
        assert image.height == renderer().height
        bottom = np.flatnonzero(rows(renderer().draw("x"))[..., 3].any(axis=1))[-1]
        assert bottom == ascent + HALO_PX + HALO_PX - 1, "letters stand on one line, whatever the name"


def test_the_image_is_as_wide_as_the_letters_and_the_halo_and_cuts_nothing_off() -> None:
    for text in ("W", "Depot", "j", "f"):
        pixels = rows(renderer().draw(text))
        left, _, right, _ = font(OWN).getbbox(text, anchor="ls", stroke_width=HALO_PX)
        assert pixels.shape[1] == right - left
        assert inked(pixels).shape == drawn_by_pillow(text, OWN, WHITE).shape


def test_letters_that_reach_further_than_their_font_says_are_whole() -> None:
    for text, path in (("Ắ", OWN), ("g\u0325", MONO), ("Ắg\u0325", MONO)):
        shape = font(path)
        ascent, descent = shape.getmetrics()
        _, top, _, bottom = shape.getbbox(text, anchor="ls", stroke_width=HALO_PX)
        image = renderer(MONO).draw(text)
        assert image.height == max(ascent + HALO_PX, -top) + max(descent + HALO_PX, bottom)
        assert image.height > ascent + descent + 2 * HALO_PX
        ours, whole = inked(rows(image)).shape, drawn_by_pillow(text, path, WHITE).shape
        assert ours[0] == whole[0]
        assert ours[1] == pytest.approx(whole[1], abs=1)  # letters with marks are placed in steps of a pixel's part


def test_a_text_without_letters_is_an_image_all_the_same() -> None:
    for text in ("", " "):
        image = renderer().draw(text)
        assert image.width >= 1
        assert image.height == renderer().height


@pytest.mark.parametrize(
    ("size_px", "halo_px", "whole_size_px", "whole_halo_px"),
    [(27.6, 2.6, 28, 3), (28.4, 3.4, 28, 3), (3.0, 0.2, 8, 1), (8.6, 1.0, 9, 1)],
)
def test_sizes_are_whole_and_small_ones_can_still_be_read(
    size_px: float, halo_px: float, whole_size_px: int, whole_halo_px: int
) -> None:
    made = TextRenderer(size_px, halo_px)
    assert made.halo == whole_halo_px
    assert made.height == sum(font(OWN, whole_size_px).getmetrics()) + 2 * whole_halo_px
    assert made.width("Depot") == pytest.approx(font(OWN, whole_size_px).getlength("Depot") + 2 * whole_halo_px, abs=1)


def test_the_width_is_that_of_the_letters_as_they_stand_beside_each_other() -> None:
    apart = font(OWN).getlength("A") + font(OWN).getlength("V")
    assert font(OWN).getlength("AV") < apart - 1, "they are kerned"
    for text in ("", "A", "AV", "VA", "To.", "Ärlan", "é"):
        assert renderer().width(text) == width_in(OWN, text)
    assert renderer().width("VAVAVA") == pytest.approx(width_in(OWN, "VAVAVA"), abs=1)


def test_of_a_name_that_is_too_wide_as_many_letters_are_shown_as_fit() -> None:
    made, text = renderer(), "Ärlans depot"
    cut = [text[:count].rstrip() + "…" for count in range(1, len(text) + 1)]
    for most_px in range(made.width(text)):
        fitting = [shown for shown in cut if made.width(shown) <= most_px]
        assert made.shortened(text, most_px) == (fitting[-1] if fitting else "")
    assert made.shortened(text, made.width(text)) == text


def test_no_space_stands_before_the_ellipsis() -> None:
    made = renderer()
    wanted = "Depot…"
    assert made.shortened("Depot       of the north", made.width(wanted) + 5) == wanted


def test_a_name_is_in_our_font_where_that_has_every_letter() -> None:
    for text in ("Ärlan", "Склад", "Depot"):
        assert renderer(MONO).width(text) == width_in(OWN, text) != width_in(MONO, text)


def test_a_name_with_letters_that_ours_lacks_is_in_the_first_font_that_has_them_all() -> None:
    text = "ℕ ⊂ Ǫ"
    assert renderer(MONO, INTER).width(text) == width_in(MONO, text)
    assert renderer(INTER, MONO).width("Ǫ") == width_in(INTER, "Ǫ") != width_in(MONO, "Ǫ")
    assert renderer(INTER, MONO).width("Ǫ┃") == width_in(MONO, "Ǫ┃"), "the first one has but one of them"


def test_where_no_font_has_every_letter_it_is_the_one_that_lacks_the_fewest() -> None:
    for fonts in ((INTER, MONO), (MONO, INTER)):
        assert renderer(*fonts).width("ǪƂƃ┃") == width_in(INTER, "ǪƂƃ┃")
        assert renderer(*fonts).width("Ǫ┃│ꙮ") == width_in(MONO, "Ǫ┃│ꙮ")
    assert renderer(INTER, MONO).width("ꙮa") == width_in(OWN, "ꙮa"), "none is better than ours"


def test_letters_that_come_twice_are_missing_once() -> None:
    text = "ƂƂƂǪ┃│"
    assert renderer(INTER, MONO).width(text) == width_in(MONO, text)


def test_spaces_and_joiners_need_no_font() -> None:
    pairs = ("Ä\u00a0a", "Ä a"), ("Ä\u2003a", "Ä a"), ("Ä\u200ca", "Äa"), ("Ä\u200da", "Äa"), ("Ä\u2028a", "Ä a")
    for text, same in pairs:
        assert renderer(MONO).width(text) == pytest.approx(width_in(OWN, same), abs=1)


def test_fonts_that_are_not_there_or_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    fonts = (str(tmp_path / "none.ttf"), str(broken), MONO)
    assert renderer(*fonts).width("⊂") == width_in(MONO, "⊂")
    assert renderer(str(broken)).width("⊂") == width_in(OWN, "⊂")


def test_a_font_of_the_same_name_elsewhere_is_not_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "elsewhere.ttf").write_bytes(Path(MONO).read_bytes())
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path))
    assert renderer("/nowhere/elsewhere.ttf").width("⊂") == width_in(OWN, "⊂")


def test_control_characters_and_marks_of_direction_are_drawn_as_spaces() -> None:
    for text, same in (("A\nV", "A V"), ("A\x9bV", "A V"), ("A\u202eV", "A V"), ("Ä\ud800", "Ä ")):
        assert (rows(renderer().draw(text)) == rows(renderer().draw(same))).all()
        assert renderer().width(text) == renderer().width(same)
