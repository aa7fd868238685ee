"""Pictures of the TV: black, a console, a map, and the same map again."""

from __future__ import annotations

import random
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import pytest
import qrcode

from scripts.tvbox_rig import pictures
from scripts.tvbox_rig.journey import is_drawn, shows_geofences
from tests.conftest import require_tool

SIZE = (320, 180)


def black() -> PIL.Image.Image:
    return PIL.Image.new("RGB", SIZE)


def console() -> PIL.Image.Image:
    image = black()
    draw = PIL.ImageDraw.Draw(image)
    draw.fontmode = "1"
    draw.text((2, 2), "tv login: installer", fill=pictures.CONSOLE_GREY)
    return image


def map_picture(shift: int = 0) -> PIL.Image.Image:
    image = black()
    for x in range(SIZE[0]):
        for y in range(SIZE[1]):
            image.putpixel((x, y), ((x + shift) * 5 % 256, y, 60))
    return image


def city(left: int = 0) -> PIL.Image.Image:
    """Return a map of blocks, some pixels to the left."""
    rng = random.Random(1)
    image = PIL.Image.new("RGB", SIZE, (40, 40, 40))
    draw = PIL.ImageDraw.Draw(image)
    for _ in range(300):
        x, y = rng.randrange(-100, SIZE[0] + 100) - left, rng.randrange(SIZE[1])
        draw.rectangle((x, y, x + 12, y + 8), fill=(rng.randrange(256), rng.randrange(256), 90))
    return image


def test_a_black_screen_is_black_even_with_a_few_lit_pixels() -> None:
    image = black()
    assert pictures.is_black(image)
    for x in range(100):
        image.putpixel((x, 0), (255, 255, 255))
    assert pictures.is_black(image)
    for x in range(120):
        image.putpixel((x, 1), (255, 255, 255))
    assert not pictures.is_black(image)


def test_almost_black_is_black() -> None:
    assert pictures.is_black(PIL.Image.new("RGB", SIZE, (20, 20, 20)))


def test_the_text_of_a_console_is_no_picture_of_the_app() -> None:
    assert not pictures.is_black(console())
    assert not is_drawn(console())
    assert not is_drawn(black())
    assert is_drawn(map_picture())


def test_only_the_grey_of_the_console_counts_as_its_text() -> None:
    assert 0.001 < pictures.console_share(console()) < 0.2
    assert pictures.console_share(black()) == 0
    assert pictures.console_share(PIL.Image.new("RGB", SIZE, (180, 170, 170))) == 0


def test_the_same_map_does_not_differ_and_a_moved_one_does() -> None:
    box = pictures.map_box(SIZE)
    assert pictures.changed_share(map_picture(), map_picture(), box) == 0
    assert pictures.changed_share(map_picture(), map_picture(20), box) > 0.9


def test_a_difference_that_nobody_sees_does_not_count() -> None:
    one, other = PIL.Image.new("RGB", SIZE, (90, 90, 90)), PIL.Image.new("RGB", SIZE, (90, 90, 114))
    assert pictures.changed_share(one, other) == 0
    assert pictures.changed_share(one, PIL.Image.new("RGB", SIZE, (90, 90, 115))) == 1


def test_what_changes_around_the_map_is_not_the_map() -> None:
    image = map_picture()
    PIL.ImageDraw.Draw(image).rectangle((0, 0, SIZE[0], SIZE[1] // 10), fill=(255, 255, 255))
    assert pictures.changed_share(map_picture(), image, pictures.map_box(SIZE)) == 0
    assert pictures.changed_share(map_picture(), image) > 0.05


def test_pictures_of_other_sizes_differ_wholly() -> None:
    assert pictures.changed_share(black(), PIL.Image.new("RGB", (640, 360))) == 1


def test_how_far_the_map_went_is_seen() -> None:
    box = pictures.map_box(SIZE)
    assert pictures.shift_px(city(), city(24), box) == 24
    assert pictures.shift_px(city(), city(-24), box) == -24
    assert pictures.shift_px(city(), city(), box) is None


def test_something_new_on_the_map_is_no_movement() -> None:
    image = city()
    PIL.ImageDraw.Draw(image).rectangle((100, 40, 220, 140), fill=(255, 120, 0))
    assert pictures.shift_px(city(), image, pictures.map_box(SIZE)) is None


def test_bright_colours_are_geofences_and_grey_ones_are_not() -> None:
    image = PIL.Image.new("RGB", SIZE, (40, 44, 50))
    box = pictures.map_box(SIZE)
    assert pictures.vivid_share(image, box) == 0
    assert not shows_geofences(image)
    PIL.ImageDraw.Draw(image).rectangle((100, 50, 140, 90), fill=(250, 140, 50))
    assert shows_geofences(image)


def test_a_background_has_few_colours_and_a_map_has_many() -> None:
    box = pictures.map_box(SIZE)
    assert pictures.colours(black(), box) == 1
    assert pictures.colours(map_picture(), box) > 1000


@pytest.mark.process
def test_the_qr_code_of_a_picture_is_read(tmp_path: Path) -> None:
    require_tool("zbarimg")
    screen = PIL.Image.new("RGB", (1280, 720), (11, 17, 27))
    code = qrcode.QRCode(box_size=12)
    code.add_data("https://localhost:1234/device")
    image = code.make_image().get_image().convert("RGB")
    screen.paste(image, (745, 100))
    screen.save(tmp_path / "screen.png")
    assert pictures.scan_qr(tmp_path / "screen.png") == "https://localhost:1234/device"
    black().save(tmp_path / "black.png")
    assert pictures.scan_qr(tmp_path / "black.png") == ""
