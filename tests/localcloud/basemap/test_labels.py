from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tvapp.localcloud.basemap import data
from tvapp.localcloud.basemap.labels import draw_labels, words
from tvapp.localcloud.basemap.palette import LIGHT
from tvapp.localcloud.basemap.typography import Sprites, TextStyle, text_width


def stitched(zoom: int, x: int, y: int, columns: int, rows: int) -> NDArray[np.uint8]:
    sheet = Image.new("RGBA", (512 * columns, 512 * rows))
    for column in range(columns):
        for row in range(rows):
            tile = Image.new("RGBA", (512, 512), (0, 0, 0, 0))
            draw_labels(tile, zoom, x + column, y + row, LIGHT)
            sheet.paste(tile, (512 * column, 512 * row))
    return np.asarray(sheet)


def test_a_name_is_never_cut_at_the_edge_of_a_tile() -> None:
    for zoom, x, y in ((4, 8, 4), (15, 18653, 9484)):
        sheet = stitched(zoom, x, y, 2, 2)
        sprites = Sprites()
        for word in words(zoom, x, y, LIGHT):
            sprite = sprites.get(word.text, word.style, word.degrees)
            left, top = (
                math.floor(at - side / 2 + 0.5) for at, side in ((word.x, sprite.width), (word.y, sprite.height))
            )
            if left < 0 or top < 0 or left + sprite.width > 1024 or top + sprite.height > 1024:
                continue
            drawn = sheet[top : top + sprite.height, left : left + sprite.width, 3].astype(int)
            assert (drawn >= np.asarray(sprite)[..., 3].astype(int) - 2).all(), word.text


def test_a_name_stands_at_the_same_place_for_every_tile() -> None:
    here = {
        (word.text, round(word.x - 512, 3), round(word.y, 3)) for word in words(5, 17, 9, LIGHT) if 300 < word.x < 700
    }
    there = {(word.text, round(word.x, 3), round(word.y, 3)) for word in words(5, 18, 9, LIGHT) if -212 < word.x < 188}
    assert here
    assert here == there


def test_names_do_not_run_into_each_other() -> None:
    boxes = []
    for word in words(5, 17, 9, LIGHT):
        half = text_width(word.text, word.style.face, word.style.size, word.style.tracking) / 2
        tall = word.style.size / 2
        boxes.append((word.x - half, word.y - tall, word.x + half, word.y + tall, word.text))
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one[4], other[4])


def test_names_are_large_enough_to_read_from_the_sofa() -> None:
    for zoom, x, y in ((4, 8, 4), (12, 2331, 1185), (15, 18654, 9484), (17, 74618, 37938)):
        for word in words(zoom, x, y, LIGHT):
            assert word.style.size >= 20
    assert all(word.style.size >= 24 for word in words(6, 35, 18, LIGHT))


def test_streets_have_names_from_zoom_15() -> None:
    assert "Mannerheimintie" in {word.text for word in words(15, 18654, 9484, LIGHT)}


def test_a_settlement_once_shown_stays_until_one_is_close() -> None:
    names = data.places()
    helsinki = next(n for n, name in enumerate(names.names) if name == "Helsinki" and names.population[n] > 500_000)
    zooms = [zoom for zoom in range(1, 17) if names.mask[helsinki] & (1 << zoom)]
    assert zooms == list(range(zooms[0], zooms[-1] + 1))
    assert zooms[0] <= 6
    assert zooms[-1] >= 12


def test_a_picture_of_a_word_is_as_large_as_the_word() -> None:
    style = TextStyle("medium", 24, (0, 0, 0), (255, 255, 255), 3)
    sprite = Sprites().get("Helsinki", style)
    assert sprite.width >= text_width("Helsinki", "medium", 24)
    assert np.asarray(sprite)[..., 3][:, [0, -1]].max() < 40
