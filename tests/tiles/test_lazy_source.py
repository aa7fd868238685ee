"""Tiles on the disk are shown before there is a source for the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.surroundings import surroundings
from tests.tiles.pictures import png
from tvapp.app.tile_backend import TileBackend, build_tile_backend
from tvapp.config.model import Config
from tvapp.core.headers import Headers
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.tiles.cache_key import CacheKey
from tvapp.tiles.ports import TileReply, TileRequest
from tvapp.tiles.tile import TileArrived, TileId

KEPT = TileId("microsoft.base.darkgrey", 3, 1, 2)
NEW = TileId("microsoft.base.darkgrey", 3, 2, 2)
WHO = "somebody.contoso"
FRESH = Headers({"Cache-Control": "max-age=3600", "ETag": '"1"'})


@dataclass
class Arrivals(Inbox):
    """An inbox that one can wait on."""

    def __post_init__(self) -> None:
        super().__init__()
        self._there = threading.Semaphore(0)
        self.wake = self._there.release

    def next(self) -> object:
        assert self._there.acquire(timeout=20)
        return next(self.drain())


@dataclass
class Source:
    asked: list[int] = field(default_factory=list)

    async def tile(self, request: TileRequest) -> TileReply:
        self.asked.append(request.tile.x)
        return TileReply(200, png(), FRESH)


@pytest.fixture
def inbox() -> Arrivals:
    return Arrivals()


@pytest.fixture
def tiles(tmp_path: Path, inbox: Arrivals) -> Iterator[TileBackend]:
    jobs = Jobs(inbox, RecordingLog())
    built = build_tile_backend(Config(), surroundings(tmp_path, jobs))
    yield built
    built.close()
    jobs.stop()


def test_a_kept_tile_arrives_at_once_and_another_one_once_there_is_a_source(
    tiles: TileBackend, inbox: Arrivals
) -> None:
    scope = tiles.use_account(WHO)
    tiles.cache.put(CacheKey(scope, KEPT), png(), FRESH)
    tiles.loader.request([NEW, KEPT])
    kept = inbox.next()
    assert isinstance(kept, TileArrived)
    assert (kept.tile, kept.origin) == (KEPT, "disk")
    source = Source()
    tiles.source.set_source(source)
    new = inbox.next()
    assert isinstance(new, TileArrived)
    assert (new.tile, new.origin, source.asked) == (NEW, "network", [NEW.x])


def test_what_was_kept_for_one_account_is_not_shown_to_another(tiles: TileBackend, inbox: Arrivals) -> None:
    tiles.cache.put(CacheKey(tiles.use_account(WHO), KEPT), png(), FRESH)
    tiles.use_account("somebody.else")
    tiles.loader.request([KEPT])
    source = Source()
    tiles.source.set_source(source)
    arrived = inbox.next()
    assert isinstance(arrived, TileArrived)
    assert arrived.origin == "network"
