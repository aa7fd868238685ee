"""Tiles out of the disk cache and into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiles.pictures import png
from tvapp.core.clock import ManualClock
from tvapp.core.errors import DataError
from tvapp.core.headers import Headers
from tvapp.core.log import RecordingLog
from tvapp.tiles.cache_key import CacheKey, CacheScope
from tvapp.tiles.codec import TileCodec, Validators
from tvapp.tiles.disk_cache import DiskCache
from tvapp.tiles.ports import TileReply
from tvapp.tiles.tile import TileId

KEY = CacheKey(CacheScope("https://maps.example", "aino"), TileId("road", 3, 1, 2))
FRESH = Headers({"cache-control": "max-age=60", "etag": '"1"', "last-modified": "then"})


class Rig:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.cache = DiskCache(folder / "tiles.db", clock=self.clock, log=RecordingLog())
        self.codec = TileCodec(self.cache)

    def store(self, reply: TileReply, *, may_store: bool = True, max_px: int = 512) -> int | None:
        content = self.codec.store(KEY, reply, 5.0, lambda: may_store, max_px)
        return None if content is None else content.size


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_a_reply_is_decoded_stored_and_read_again_in_the_size_asked_for(rig: Rig) -> None:
    assert rig.codec.read(KEY, 512) is None
    assert rig.store(TileReply(200, png(), FRESH), max_px=341) == 341
    found = rig.codec.read(KEY, 256)
    assert found is not None
    content, entry, validators = found
    assert (content.size, entry.is_fresh) == (256, True)
    assert validators == Validators('"1"', "then", True)
    rig.clock.advance(55)
    stale = rig.cache.get(KEY)
    assert stale is not None
    assert not stale.is_fresh, "the five seconds that the reply took count"


def test_what_must_not_be_shown_stale_is_not_taken_as_shown(rig: Rig) -> None:
    rig.store(TileReply(200, png(), Headers({"cache-control": "no-cache", "etag": '"1"'})))
    found = rig.codec.read(KEY, 512)
    assert found is not None
    assert found[2] == Validators('"1"', None, False)


def test_an_undecodable_reply_is_not_stored_and_one_on_the_disk_is_dropped(rig: Rig) -> None:
    with pytest.raises(DataError, match=r"^road: no picture$"):
        rig.store(TileReply(200, b"<html>", FRESH))
    assert rig.cache.get(KEY) is None
    rig.cache.put(KEY, b"<html>", FRESH)
    assert rig.codec.read(KEY, 512) is None
    assert rig.cache.get(KEY) is None


def test_what_may_not_be_stored_any_more_is_decoded_only(rig: Rig) -> None:
    assert rig.store(TileReply(200, png(), FRESH), may_store=False) == 512
    assert rig.cache.get(KEY) is None


def test_a_304_renews_the_stored_copy_and_returns_it(rig: Rig) -> None:
    rig.store(TileReply(200, png(), FRESH))
    rig.clock.advance(100)
    assert rig.store(TileReply(304, b"", Headers({"cache-control": "max-age=60"}))) == 512
    renewed = rig.cache.get(KEY)
    assert renewed is not None
    assert renewed.is_fresh
    assert rig.store(TileReply(304, b"", Headers({"cache-control": "no-store"}))) == 512, "it is read before it goes"
    assert rig.cache.get(KEY) is None
    assert rig.store(TileReply(304, b"", FRESH)) is None


def test_a_copy_is_renewed_without_decoding(rig: Rig) -> None:
    rig.cache.put(KEY, b"not even a tile", FRESH)
    rig.clock.advance(100)
    rig.codec.refresh(KEY, TileReply(304, b"", FRESH), 5.0)
    renewed = rig.cache.get(KEY)
    assert renewed is not None
    assert renewed.is_fresh
    rig.clock.advance(55)
    stale = rig.cache.get(KEY)
    assert stale is not None
    assert not stale.is_fresh


def test_a_flush_writes_the_tiles_and_frees_the_buffers(rig: Rig, tmp_path: Path) -> None:
    rig.store(TileReply(200, png(), FRESH))
    rig.codec.flush()
    assert rig.codec._pool._buffers == []
    other = DiskCache(tmp_path / "tiles.db", clock=rig.clock, log=RecordingLog())
    assert other.get(KEY) is not None
    other.close()
