"""Pictures of the layers to choose from: fetched once, composed, and left out when something is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PIL import Image as Pillow

from tests.tiles.pictures import encode, png
from tvapp.core.clock import ManualClock
from tvapp.core.errors import Forbidden
from tvapp.core.headers import Headers
from tvapp.core.jobs import Inbox
from tvapp.core.log import RecordingLog
from tvapp.tiles.cache_key import CacheKey, CacheScope
from tvapp.tiles.disk_cache import DiskCache
from tvapp.tiles.ports import TileReply, TileRequest
from tvapp.tiles.previews import HEIGHT, WIDTH, PreviewLoader, compose
from tvapp.tiles.tile import Preview, PreviewArrived, TileId

T = TypeVar("T")
SCOPE = CacheScope("https://maps.example", "account")
BASE, OVERLAY = TileId("base", 5, 3, 4), TileId("overlay", 5, 3, 4)


class HereAndNow:
    async def in_worker(self, work: Callable[[], T]) -> T:
        return work()


class Maps:
    """Answers with one colour a tileset; refuses what it does not have."""

    def __init__(self, **colors: tuple[int, int, int, int]) -> None:
        self.colors = colors
        self.asked: list[str] = []
        self.requests: list[TileRequest] = []

    async def tile(self, request: TileRequest) -> TileReply:
        tileset = request.tile.tileset
        self.asked.append(tileset)
        self.requests.append(request)
        if tileset not in self.colors:
            raise Forbidden("maps.example", 403)
        return TileReply(200, png(self.colors[tileset]), Headers({"cache-control": "max-age=600"}))


def load(maps: Maps, folder: Path, previews: list[Preview]) -> list[PreviewArrived]:
    inbox = Inbox()
    cache = DiskCache(folder / "tiles.sqlite", clock=ManualClock(), log=RecordingLog())
    asyncio.run(PreviewLoader(HereAndNow(), maps, cache, inbox).load(previews, SCOPE, (0, 0, 0)))
    cache.close()
    return [message for message in inbox.drain() if isinstance(message, PreviewArrived)]


def test_a_preview_is_cut_out_of_the_middle_of_its_tiles(tmp_path: Path) -> None:
    (arrived,) = load(Maps(base=(10, 20, 30, 255)), tmp_path, [Preview("road", (BASE,))])
    assert arrived.name == "road"
    assert (arrived.image.width, arrived.image.height) == (WIDTH, HEIGHT)
    assert arrived.image.pixels[:4] == bytes((30, 20, 10, 255))


def test_an_overlay_lies_on_its_base(tmp_path: Path) -> None:
    maps = Maps(base=(0, 0, 200, 255), overlay=(200, 0, 0, 128))
    (arrived,) = load(maps, tmp_path, [Preview("radar", (BASE, OVERLAY))])
    blue, green, red, alpha = arrived.image.pixels[:4]
    assert 90 < blue < 110
    assert 90 < red < 110
    assert (green, alpha) == (0, 255)


def test_a_tile_that_several_previews_show_is_requested_once(tmp_path: Path) -> None:
    maps = Maps(base=(0, 0, 0, 255), overlay=(9, 9, 9, 99))
    arrived = load(maps, tmp_path, [Preview("dark", (BASE,)), Preview("radar", (BASE, OVERLAY))])
    assert {preview.name for preview in arrived} == {"dark", "radar"}
    assert maps.asked == ["base", "overlay"]


def test_tiles_on_disk_are_not_requested_again(tmp_path: Path) -> None:
    maps = Maps(base=(0, 0, 0, 255))
    load(maps, tmp_path, [Preview("dark", (BASE,))])
    assert len(load(maps, tmp_path, [Preview("dark", (BASE,))])) == 1
    assert maps.asked == ["base"]


def test_a_preview_whose_tile_is_refused_is_left_out_and_the_others_come(tmp_path: Path) -> None:
    maps = Maps(base=(0, 0, 0, 255))
    arrived = load(maps, tmp_path, [Preview("radar", (BASE, OVERLAY)), Preview("dark", (BASE,))])
    assert [preview.name for preview in arrived] == ["dark"]


def test_what_is_no_picture_composes_to_nothing() -> None:
    assert compose([b"<html>"], (0, 0, 0)) is None


def test_of_a_tile_of_512_pixels_the_middle_320_are_shown() -> None:
    picture = Pillow.new("RGB", (512, 512), (1, 2, 3))
    picture.paste((200, 0, 0), (96, 96, 416, 416))
    picture.paste((0, 0, 200), (96, 96, 97, 97))
    picture.paste((0, 200, 0), (415, 415, 416, 416))
    made = compose([encode(picture)], (9, 9, 9))
    assert made is not None
    assert (made.width, made.height, made.opaque, len(made.pixels)) == (320, 320, True, 320 * 320 * 4)
    pixels = [tuple(made.pixels[i : i + 4]) for i in range(0, len(made.pixels), 4)]
    assert pixels[0] == (200, 0, 0, 255)
    assert pixels[-1] == (0, 200, 0, 255)
    assert set(pixels[1:-1]) == {(0, 0, 200, 255)}


def test_where_tiles_are_transparent_the_background_shows() -> None:
    made = compose([png((0, 0, 0, 0))], (10, 20, 30))
    assert made is not None
    assert made.pixels[:4] == bytes((30, 20, 10, 255))


def test_a_stale_tile_is_shown_where_no_new_one_can_be_had_and_replaced_where_it_can(tmp_path: Path) -> None:
    clock = ManualClock()
    cache = DiskCache(tmp_path / "tiles.sqlite", clock=clock, log=RecordingLog())
    cache.put(CacheKey(SCOPE, BASE), png((1, 1, 1, 255)), Headers({"cache-control": "max-age=600"}))

    def shown(maps: Maps) -> bytes:
        inbox = Inbox()
        asyncio.run(PreviewLoader(HereAndNow(), maps, cache, inbox).load([Preview("p", (BASE,))], SCOPE, (0, 0, 0)))
        (message,) = inbox.drain()
        assert isinstance(message, PreviewArrived)
        return bytes(message.image.pixels[:1])

    assert shown(Maps(base=(5, 5, 5, 255))) == b"\x01", "it is fresh"
    clock.advance(601)
    assert shown(Maps()) == b"\x01"
    assert shown(Maps(base=(5, 5, 5, 255))) == b"\x05"
    assert shown(Maps(base=(7, 7, 7, 255))) == b"\x05", "the new one was stored"
    cache.close()


def test_tiles_are_requested_in_the_language_and_view_of_the_account(tmp_path: Path) -> None:
    maps = Maps(base=(0, 0, 0, 255))
    load(maps, tmp_path, [Preview("dark", (BASE,))])
    assert maps.requests == [TileRequest(BASE, SCOPE.language, SCOPE.view)]
