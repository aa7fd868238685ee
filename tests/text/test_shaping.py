"""Text of other scripts: its order, its joined letters, its fonts, and the lines that it breaks into."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from tvapp.core.assets import asset
from tvapp.text.shaping import RIGHT_TO_LEFT_MARK, Shaper, is_right_to_left, needs_shaping, visual_runs

OWN = asset("fonts/IBMPlexSans-Regular.ttf")
DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
WAREHOUSE, HAIFA, PORT = "مستودع الرياض", "הנמל חיפה", "الميناء Port 12"

needs_dejavu = pytest.mark.skipif(not DEJAVU.is_file(), reason="the system has no DejaVu Sans (fonts-dejavu-core)")


def picture(shaper: Shaper, text: str) -> Image.Image:
    width = shaper.width(text, 32)
    return Image.frombytes("L", (width, 48), shaper.coverage(text, 32, (width, 48), (0, 36)))


def _differs(one: Image.Image, other: Image.Image) -> float:
    return float(ImageStat.Stat(ImageChops.difference(one, other)).mean[0])


def seen(text: str) -> list[str]:
    """Return the runs as they are seen, from the left."""
    return [run[::-1] if is_reversed else run for run, is_reversed in visual_runs(text)]


@pytest.mark.parametrize("text", ["Depot 12", "Länsisatama", "Вокзал", "東京駅", "€ 5", "", "Straße – 3"])
def test_simple_scripts_need_no_shaping(text: str) -> None:
    assert not needs_shaping(text)


@pytest.mark.parametrize("text", [WAREHOUSE, HAIFA, PORT, "हिन्दी", "ไทย", "e\u0301", "ﻼ", "𐤀"])
def test_others_do(text: str) -> None:
    assert needs_shaping(text)


def test_a_paragraph_runs_as_its_first_letter_does() -> None:
    assert is_right_to_left(PORT)
    assert is_right_to_left("12 (الميناء) Port")
    assert not is_right_to_left("Port الميناء")
    assert not is_right_to_left("12:00 – 24:00")


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        # In the order of UAX 9: what comes first is seen at the right.
        (HAIFA, ["הפיח", " ", "למנה"]),
        (PORT, ["Port 12 ", "ءانيملا"]),
        ("Port 12 الميناء", ["Port 12 ", "ءانيملا"]),
        ("الميناء 12", ["12 ", "ءانيملا"]),
        ("אב(ג)", ["(", "ג", ")", "בא"]),
        ("Dock (אב) 7", ["Dock (", "בא", ") 7"]),
        ("(אב) x", ["x (", "בא", ")"]),
        ("אב 17:30", ["17:30 ", "בא"]),
        ("אב)", ["(", "בא"]),
        (f"{RIGHT_TO_LEFT_MARK}12 Port", ["Port 12"]),
        (f"{RIGHT_TO_LEFT_MARK}Port (", [") Port"]),
    ],
)
def test_lines_are_ordered_and_brackets_mirrored(text: str, runs: list[str]) -> None:
    assert seen(text) == runs


def test_marks_stay_with_their_letter() -> None:
    assert list(visual_runs("مَدِينَة")) == [("مَدِينَة", True)]
    assert seen("e\u0301a") == ["éa"]


@needs_dejavu
def test_arabic_letters_join_and_run_to_the_left() -> None:
    shaper = Shaper((OWN, DEJAVU))
    word = "مستودع"
    apart = picture(shaper, "\u200c".join(word))
    assert picture(shaper, word).tobytes() != apart.tobytes(), "joined letters have other forms"
    both = picture(shaper, WAREHOUSE)
    first = picture(shaper, word)
    # Off by a part of a pixel, because the words before it are no whole pixels wide.
    at_right = both.crop((both.width - first.width, 0, both.width, both.height))
    at_left = both.crop((0, 0, first.width, both.height))
    assert _differs(at_right, first) < _differs(at_left, first) / 3, "the first word is at the right"


@needs_dejavu
def test_a_line_of_two_scripts_takes_each_from_the_font_that_has_it() -> None:
    shaper = Shaper((OWN, DEJAVU))
    latin = Shaper((OWN,)).width("Port 12 ", 32)
    assert shaper.width(PORT, 32) == pytest.approx(latin + shaper.width("الميناء", 32), abs=1)


def test_a_letter_that_no_font_has_is_a_box_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    shaper = Shaper((OWN, tmp_path / "broken.ttf", tmp_path / "none.ttf"))
    assert picture(shaper, "हि").getbbox() is not None
    assert Shaper((tmp_path / "none.ttf",)).width("हि", 32) == 0


def test_hostile_lines_take_little_time_and_room() -> None:
    shaper = Shaper((OWN,))
    for text in ("\u0301" * 400, "(" * 200 + "א" + ")" * 200, "א1" * 200, "\u200d" * 400, "\u200f" * 10, "ﷺ" * 100):
        width = shaper.width(text, 32)
        assert 0 <= width < 32 * 400 * 12
        assert len(shaper.coverage(text, 32, (100, 48), (0, 36))) == 4_800


def test_fonts_can_be_closed_and_are_opened_again() -> None:
    shaper = Shaper((OWN,))
    before = picture(shaper, "e\u0301").tobytes()
    shaper.forget()
    assert picture(shaper, "e\u0301").tobytes() == before
