"""The SQLite file of the disk cache."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tvapp.core.headers import Headers
from tvapp.tiles.cache_key import CacheKey, CacheScope
from tvapp.tiles.cache_store import SCHEMA, NotATileCache, Row, TileStore
from tvapp.tiles.tile import TileId

AINO, BEN = CacheScope("https://maps.example", "aino"), CacheScope("https://maps.example", "ben")


def key(x: int, scope: CacheScope = AINO) -> CacheKey:
    return CacheKey(scope, TileId("road", 9, x, 7))


def row(body: bytes = b"body") -> Row:
    return Row(body, Headers({"etag": '"1"'}), 100.0, 160.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder / "tiles.db"


@pytest.fixture
def store(path: Path) -> Iterator[TileStore]:
    made = TileStore(path)
    yield made
    made.close()


def spoil(path: Path, change: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(change)
        db.commit()


def test_a_row_comes_back_as_it_was(store: TileStore) -> None:
    store.write({key(1): row()}, (), 1 << 20)
    assert store.read(key(1)) == row()
    assert store.read(key(2)) is None
    store.write({key(1): row(b"new")}, (), 1 << 20)
    assert store.read(key(1)) == row(b"new")
    store.delete(key(1))
    assert store.read(key(1)) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tile SET body = 'text'",
        "UPDATE tile SET body = x'626f6479ff'",
        "UPDATE tile SET fields = x'7b7d'",
        "UPDATE tile SET fields = '{}'",
        "UPDATE tile SET stored = 101",
        "UPDATE tile SET until = 161",
        "UPDATE tile SET checksum = checksum + 1",
    ],
)
def test_a_row_that_does_not_match_its_checksum_is_removed(store: TileStore, path: Path, change: str) -> None:
    store.write({key(1): row(), key(2): row()}, (), 1 << 20)
    spoil(path, f"{change} WHERE key = '{key(1).text}'")
    assert store.read(key(1)) is None
    assert store.read(key(2)) == row()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM tile").fetchone() == (1,)


def test_a_row_moved_to_another_key_is_removed(store: TileStore, path: Path) -> None:
    store.write({key(1): row()}, (), 1 << 20)
    spoil(path, f"UPDATE tile SET key = '{key(2).text}'")
    assert store.read(key(2)) is None


def test_the_least_recently_used_rows_are_evicted_in_the_order_of_their_use(path: Path) -> None:
    store = TileStore(path)
    for x in range(4):
        store.write({key(x): row(bytes(488))}, (), 1 << 20)
    store.write({}, [key(0)], 1 << 20)
    store.close()
    store = TileStore(path)
    store.write({key(4): row(bytes(488))}, (), 4999)
    assert [x for x in range(5) if store.read(key(x)) is not None] == [0, 2, 3, 4]
    store.write({}, (), 2700)
    assert [x for x in range(5) if store.read(key(x)) is not None] == [0, 4]
    store.close()


def test_exactly_the_budget_evicts_nothing_and_a_byte_less_goes_down_to_nine_tenths(store: TileStore) -> None:
    for x in range(10):
        store.write({key(x): row(bytes(488))}, (), 10_000)
    assert store.read(key(0)) is not None
    store.write({}, (), 9_999)
    assert [x for x in range(10) if store.read(key(x)) is None] == [0, 1]


def test_clearing_an_account_removes_its_bytes_from_all_files_at_once(store: TileStore, path: Path) -> None:
    store.write({key(1): row(b"MINE" * 5000), key(1, BEN): row(b"other"), key(2, BEN): row()}, (), 1 << 20)
    assert store.clear("aino") == 2
    assert store.read(key(1)) is None
    assert store.read(key(1, BEN)) == row(b"other")
    for file in path.parent.iterdir():
        assert b"MINEMINE" not in file.read_bytes(), file
    assert path.with_name("tiles.db-wal").stat().st_size == 0
    assert store.clear("ben") == 0
    assert store.clear(None) == 0


def test_a_file_of_another_schema_is_no_tile_cache(path: Path) -> None:
    TileStore(path).close()
    spoil(path, f"PRAGMA user_version = {SCHEMA + 1}")
    with pytest.raises(NotATileCache):
        TileStore(path)
    path.unlink()
    spoil(path, "CREATE TABLE other (x)")
    with pytest.raises(NotATileCache):
        TileStore(path)


@pytest.mark.parametrize("version", [0, 3])
def test_a_file_with_a_damaged_header_is_no_tile_cache(path: Path, version: int) -> None:
    TileStore(path).close()
    data = bytearray(path.read_bytes())
    for at in (18, 19):
        spoiled = bytearray(data)
        spoiled[at] = version
        path.write_bytes(spoiled)
        with pytest.raises(NotATileCache):
            TileStore(path)
    path.write_bytes(data)
    TileStore(path).close()


def test_files_are_for_their_owner_alone_whatever_the_umask(path: Path) -> None:
    before = os.umask(0o277)
    try:
        store = TileStore(path)
        store.write({key(1): row()}, (), 1 << 20)
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
        store.close()
    finally:
        os.umask(before)


def test_links_and_pipes_at_the_paths_are_removed_and_a_folder_is_refused(path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"")
    for name in ("tiles.db-wal", "tiles.db-shm", "tiles.db-journal"):
        path.with_name(name).symlink_to(elsewhere)
    os.mkfifo(path)
    store = TileStore(path)
    store.write({key(1): row()}, (), 1 << 20)
    store.close()
    assert elsewhere.read_bytes() == b""
    assert stat.S_ISREG(path.lstat().st_mode)
    path.unlink()
    path.mkdir()
    with pytest.raises(IsADirectoryError, match=r"Is a directory$"):
        TileStore(path)


def test_an_open_store_knows_whether_its_file_is_still_in_place(store: TileStore, path: Path) -> None:
    assert store.is_in_place()
    path.rename(path.with_name("moved"))
    assert not store.is_in_place()
    path.write_bytes(b"")
    assert not store.is_in_place()


def test_the_file_is_in_write_ahead_mode_with_pages_of_8_kib(store: TileStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA page_size").fetchone() == (8192,)
        assert db.execute("PRAGMA user_version").fetchone() == (1,)


def test_another_process_that_holds_the_file_is_waited_for_two_seconds(store: TileStore) -> None:
    assert store._db.execute("PRAGMA busy_timeout").fetchone() == (2000,)
