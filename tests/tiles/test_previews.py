"""Pictures of the layers to choose from: fetched once, composed, and left out when something is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from PIL import Image as Pillow

from tvapp.core.clock import ManualClock
from tvapp.core.errors import Forbidden
from tvapp.core.headers import Headers
from tvapp.core.jobs import Inbox
from tvapp.core.log import RecordingLog
from tvapp.tiles.cache_key import CacheScope
from tvapp.tiles.disk_cache import DiskCache
from tvapp.tiles.ports import TileReply, TileRequest
from tvapp.tiles.previews import HEIGHT, WIDTH, PreviewLoader, compose
from tvapp.tiles.tile import Preview, PreviewArrived, TileId

T = TypeVar("T")
SCOPE = CacheScope("https://maps.example", "account")
BASE, OVERLAY = TileId("base", 5, 3, 4), TileId("overlay", 5, 3, 4)


def png(color: tuple[int, int, int, int]) -> bytes:
    file = BytesIO()
    Pillow.new("RGBA", (512, 512), color).save(file, "PNG")
    return file.getvalue()


class HereAndNow:
    async def in_worker(self, work: Callable[[], T]) -> T:
        return work()


class Maps:
    """Answers with one colour a tileset; refuses what it does not have."""

    def __init__(self, **colors: tuple[int, int, int, int]) -> None:
        self.colors = colors
        self.asked: list[str] = []

    async def tile(self, request: TileRequest) -> TileReply:
        tileset_id = request.tile.tileset
        self.asked.append(tileset_id)
        if tileset_id not in self.colors:
            raise Forbidden("maps.example", 403)
        return TileReply(200, png(self.colors[tileset_id]), Headers({"cache-control": "max-age=600"}))


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


def test_a_tile_that_several_previews_show_is_asked_for_once(tmp_path: Path) -> None:
    maps = Maps(base=(0, 0, 0, 255), overlay=(9, 9, 9, 99))
    arrived = load(maps, tmp_path, [Preview("dark", (BASE,)), Preview("radar", (BASE, OVERLAY))])
    assert {preview.name for preview in arrived} == {"dark", "radar"}
    assert maps.asked == ["base", "overlay"]


def test_tiles_on_disk_are_not_asked_for_again(tmp_path: Path) -> None:
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
