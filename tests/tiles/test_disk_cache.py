import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tvapp.core.clock import Clock, ManualClock, SystemClock
from tvapp.core.disk import DiskHealth
from tvapp.core.headers import Headers
from tvapp.core.log import RecordingLog
from tvapp.tiles.cache_key import CacheKey, CacheScope
from tvapp.tiles.disk_cache import BUDGET_BYTES, TIMEOUT_S, DiskCache, Entry
from tvapp.tiles.tile import TileId

SCOPE = CacheScope("https://maps.example", "somebody@contoso.example", "en", "Unified")
ETAG = Headers({"ETag": '"1"', "Cache-Control": "max-age=60"})


def key(x: int, scope: CacheScope = SCOPE) -> CacheKey:
    return CacheKey(scope, TileId("microsoft.base.road", 9, x, 7))


class Bench:
    """A cache in a folder, with a clock and a log."""

    def __init__(self, path: Path, budget_bytes: int = 10 << 20) -> None:
        self.path = path
        self.budget_bytes = budget_bytes
        self.clock = ManualClock()
        self.log = RecordingLog()
        self.disk = DiskHealth(self.log)
        self.cache = self.open()

    def open(
        self, connect: Callable[[Path], sqlite3.Connection] | None = None, clock: Clock | None = None
    ) -> DiskCache:
        self.cache = DiskCache(
            self.path,
            clock=clock or self.clock,
            log=self.log,
            budget_bytes=self.budget_bytes,
            connect=connect,
            disk=self.disk,
        )
        return self.cache

    def reopen(self) -> DiskCache:
        self.cache.close()
        return self.open()

    def body(self, x: int, scope: CacheScope = SCOPE) -> bytes | None:
        entry = self.cache.get(key(x, scope))
        return None if entry is None else entry.body


def failures(bench: Bench) -> list[tuple[object, object, object]]:
    """Return kind, part of the program and reason of each failure of the disk in the log."""
    trouble = bench.disk.trouble
    assert trouble is None or trouble.path == str(bench.path)
    return [(fields["kind"], fields["what"], fields["reason"]) for fields in bench.log.named("disk.failed")]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "cache" / "tiles.db")


def test_a_tile_comes_back_before_and_after_it_was_written(bench: Bench) -> None:
    bench.cache.put(key(1), b"one", ETAG)
    assert bench.body(1) == b"one"
    bench.reopen()
    entry = bench.cache.get(key(1))
    assert entry is not None
    assert (entry.body, entry.is_fresh, entry.etag, entry.last_modified) == (b"one", True, '"1"', None)


def test_it_turns_stale_but_stays_and_a_304_makes_it_fresh_again(bench: Bench) -> None:
    bench.cache.put(key(1), b"one", ETAG)
    bench.clock.advance(61)
    stale = bench.cache.get(key(1))
    assert stale is not None
    assert not stale.is_fresh
    assert stale.age_s == 61
    bench.cache.refresh(key(1), Headers({"Cache-Control": "max-age=100"}))
    bench.reopen()
    bench.clock.advance(99)
    fresh = bench.cache.get(key(1))
    assert fresh is not None
    assert fresh.is_fresh
    assert fresh.etag == '"1"'


def test_after_six_months_a_tile_is_gone_even_for_want_of_a_network(bench: Bench) -> None:
    bench.cache.put(key(1), b"one", ETAG)
    bench.clock.advance(182 * 86400 - 1)
    assert bench.body(1) == b"one"
    bench.clock.advance(2)
    assert bench.body(1) is None
    assert bench.reopen().get(key(1)) is None


def test_what_may_not_be_stored_is_not_and_ousts_what_was(bench: Bench) -> None:
    bench.cache.put(key(1), b"one", ETAG)
    bench.cache.put(key(1), b"two", Headers({"Cache-Control": "no-store"}))
    assert bench.body(1) is None
    assert bench.reopen().get(key(1)) is None


@pytest.mark.parametrize(
    "other",
    [
        CacheScope("https://us.maps.example", SCOPE.account),
        CacheScope(SCOPE.endpoint, "another"),
        CacheScope(SCOPE.endpoint, SCOPE.account, "fi"),
        CacheScope(SCOPE.endpoint, SCOPE.account, "en", "IN"),
    ],
)
def test_scopes_do_not_mix(bench: Bench, other: CacheScope) -> None:
    bench.cache.put(key(1), b"one", ETAG)
    bench.cache.flush()
    assert bench.body(1, other) is None


def test_signing_out_leaves_nothing_of_the_account_in_any_file(bench: Bench) -> None:
    other = CacheScope(SCOPE.endpoint, "another")
    bench.cache.put(key(1), b"MINE" * 5000, ETAG)
    bench.cache.put(key(1, other), b"other", ETAG)
    bench.cache.flush()
    bench.cache.put(key(2), b"MINE" * 5000, ETAG)
    bench.cache.clear(SCOPE.account)
    assert (bench.body(1), bench.body(2), bench.body(1, other)) == (None, None, b"other")
    bench.cache.close()
    files = b"".join(file.read_bytes() for file in bench.path.parent.iterdir())
    assert b"MINEMINE" not in files
    assert b"somebody" not in files


def test_signing_out_the_last_account_removes_the_file(bench: Bench) -> None:
    bench.cache.put(key(1), b"one", ETAG)
    bench.cache.flush()
    bench.cache.clear(SCOPE.account)
    assert list(bench.path.parent.iterdir()) == []
    bench.cache.put(key(1), b"again", ETAG)
    assert bench.reopen().get(key(1)) is not None


def test_the_budget_holds_and_the_least_recently_used_go_first(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "tiles.db", budget_bytes=20 * 10_512)
    for x in range(20):
        bench.cache.put(key(x), bytes([x]) * 10_000, ETAG)
        bench.cache.flush()
    assert bench.body(0) is not None
    for x in range(20, 24):
        bench.cache.put(key(x), bytes([x]) * 10_000, ETAG)
        bench.cache.flush()
    kept = {x for x in range(24) if bench.body(x) is not None}
    assert kept >= {0, 20, 21, 22, 23}
    assert not kept & {1, 2, 3}
    bench.cache.close()
    assert bench.path.stat().st_size < 2 * 20 * 10_512


def test_reading_writes_nothing_until_the_cache_is_closed(bench: Bench) -> None:
    for x in range(20):
        bench.cache.put(key(x), bytes(5000), ETAG)
    bench.reopen()
    before = {file.name: file.stat().st_size for file in bench.path.parent.iterdir()}
    for x in range(20):
        assert bench.body(x) is not None
    bench.cache.flush()
    after = {file.name: file.stat().st_size for file in bench.path.parent.iterdir() if not file.name.endswith("-shm")}
    assert {name: size for name, size in after.items() if size} == before


def test_files_are_private(bench: Bench) -> None:
    bench.cache.put(key(1), b"one", ETAG)
    bench.cache.flush()
    assert all(file.stat().st_mode & 0o077 == 0 for file in bench.path.parent.iterdir())


def test_a_link_at_the_path_is_not_followed(bench: Bench, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_bytes(b"precious")
    bench.path.parent.mkdir()
    bench.path.symlink_to(target)
    bench.cache.put(key(1), b"one", ETAG)
    bench.cache.flush()
    assert target.read_bytes() == b"precious"
    assert not bench.path.is_symlink()
    assert bench.reopen().get(key(1)) is not None


def test_a_disk_that_is_full_is_reported_once_and_read_on(bench: Bench) -> None:
    def small(path: Path) -> sqlite3.Connection:
        db = sqlite3.connect(path, check_same_thread=False)
        db.execute("PRAGMA max_page_count = 8").fetchall()
        return db

    cache = bench.open(small)
    cache.put(key(0), b"fits", ETAG)
    cache.flush()
    for x in range(1, 4):
        cache.put(key(x), bytes(200_000), ETAG)
        cache.flush()
        bench.clock.advance(700)
    assert len(bench.log.named("disk.failed")) == 1
    entry = cache.get(key(0))
    assert entry is not None
    assert entry.body == b"fits"
    assert bench.log.named("disk.restored") == [], "reading says nothing about writing"
    cache.put(key(9), b"fits too", ETAG)
    cache.flush()
    assert bench.log.events[-1][0] == "disk.restored"
    cache.close()


@pytest.mark.process
def test_a_file_that_may_not_grow_is_survived(tmp_path: Path) -> None:
    script = f"""
        import resource
        from pathlib import Path
        from tests.tiles.test_disk_cache import Bench, ETAG, key
        bench = Bench(Path({str(tmp_path)!r}) / "tiles.db")
        bench.cache.put(key(0), b"one", ETAG)
        bench.cache.flush()
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
        for x in range(1, 9):
            bench.cache.put(key(x), bytes(90_000), ETAG)
            bench.cache.flush()
            bench.clock.advance(700)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert len(bench.log.named("disk.failed")) == 1, bench.log.events
        assert bench.body(0) == b"one"
        bench.cache.put(key(1), bytes(90_000), ETAG)
        bench.reopen()
        assert bench.body(1) is not None
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", ["/proc/nowhere/tiles.db", "/dev/null/tiles.db"])
def test_without_a_place_to_write_there_is_just_no_cache(path: str) -> None:
    bench = Bench(Path(path))
    for x in range(100):
        bench.cache.put(key(x), bytes(100_000), ETAG)
    bench.cache.flush()
    assert bench.body(1) is None
    assert len(bench.log.named("disk.failed")) == 1
    bench.cache.clear("x")
    bench.cache.close()


def test_a_disk_that_turned_read_only_is_still_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.cache.put(key(1), b"one", ETAG)
    bench.cache.close()

    def refuse(path: object, *args: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tvapp.tiles.cache_store.os.open", refuse)
    bench.open()
    assert bench.body(1) == b"one"
    bench.cache.put(key(2), b"two", ETAG)
    bench.cache.flush()
    assert bench.body(1) == b"one"
    assert failures(bench) == [("read-only", "tiles", "attempt to write a readonly database")]


def test_a_disk_said_to_work_again_is_opened_anew_because_it_was_opened_read_only(bench: Bench) -> None:
    bench.cache.put(key(1), b"one", ETAG)
    bench.cache.close()
    query = "?immutable=1"

    def connect(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(f"{path.as_uri()}{query}", uri=True, check_same_thread=False)

    cache = bench.open(connect)
    cache.put(key(2), b"two", ETAG)
    cache.flush()
    assert [kind for kind, _, _ in failures(bench)] == ["read-only"]
    query = ""
    cache.retry()
    cache.put(key(3), b"three", ETAG)
    cache.flush()
    assert rows(bench) == 2
    assert bench.log.events[-1][0] == "disk.restored"
    cache.close()


def test_a_folder_removed_while_running_comes_back(bench: Bench) -> None:
    bench.cache.put(key(1), b"one", ETAG)
    bench.cache.flush()
    for file in bench.path.parent.iterdir():
        file.unlink()
    bench.path.parent.rmdir()
    assert bench.body(1) is None
    assert failures(bench) == [("gone", "tiles", "the file has gone")]
    bench.cache.put(key(2), b"two", ETAG)
    assert bench.reopen().get(key(2)) is not None
    assert bench.log.events[-1][0] == "disk.restored"


def test_a_file_of_something_else_is_moved_aside(bench: Bench) -> None:
    bench.path.parent.mkdir()
    bench.path.write_bytes(b"my holiday pictures" * 1000)
    assert bench.body(1) is None
    assert bench.path.with_name("tiles.db.corrupt").read_bytes().startswith(b"my holiday")
    bench.cache.put(key(1), b"one", ETAG)
    assert bench.reopen().get(key(1)) is not None
    assert bench.log.named("tile_cache.recreated") == [{"reason": "damaged header"}]


def test_a_file_of_another_version_is_moved_aside(bench: Bench) -> None:
    bench.path.parent.mkdir()
    db = sqlite3.connect(bench.path)
    db.execute("PRAGMA user_version = 99")
    db.execute("CREATE TABLE tile (x)")
    db.close()
    assert bench.body(1) is None
    assert bench.log.named("tile_cache.recreated") == [{"reason": "version 99"}]
    bench.cache.put(key(1), b"one", ETAG)
    assert bench.reopen().get(key(1)) is not None


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    bench = Bench(tmp_path_factory.mktemp("filled") / "tiles.db")
    for x in range(30):
        bench.cache.put(key(x), bytes([x]) * 6000, ETAG)
    bench.cache.close()
    return bench.path.read_bytes()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_anywhere_costs_tiles_and_never_shows_wrong_ones(
    filled: bytes, tmp_path: Path, data: st.DataObject
) -> None:
    damaged = bytearray(filled)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(filled) - 1))
        damaged[at : at + data.draw(st.integers(1, 300))] = data.draw(st.binary(min_size=1, max_size=300))
    cut = data.draw(st.none() | st.integers(0, len(damaged)))
    path = tmp_path / "tiles.db"
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.write_bytes(damaged[:cut])
    bench = Bench(path)
    for x in range(30):
        assert bench.body(x) in (None, bytes([x]) * 6000)
    for x in range(20, 40):
        bench.cache.put(key(x), bytes([x]) * 6000, ETAG)
    bench.cache.flush()
    bench.reopen()
    for x in range(40):
        assert bench.body(x) in (None, bytes([x]) * 6000)
    bench.cache.close()


@pytest.mark.process
def test_killed_in_the_middle_of_writing_it_opens_again_and_is_whole(tmp_path: Path) -> None:
    script = f"""
        from pathlib import Path
        from tests.tiles.test_disk_cache import Bench, ETAG, key
        bench = Bench(Path({str(tmp_path)!r}) / "tiles.db", 3 << 20)
        for x in range(10 ** 9):
            bench.cache.put(key(x % 500), bytes([x % 256]) * 20_000, ETAG)
            if x % 7 == 0:
                print(x, flush=True)
                bench.cache.flush()
    """
    for round_ in range(3):
        child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        # It says when it is about to write, so it is caught in the middle, somewhere else each round.
        for _ in range(20 + 13 * round_):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        bench = Bench(tmp_path / "tiles.db", 3 << 20)
        bodies = [body for x in range(500) if (body := bench.body(x)) is not None]
        assert bodies
        assert all(body == body[:1] * 20_000 for body in bodies)
        assert bench.log.events == []
        bench.cache.close()


class HeldConnection(sqlite3.Connection):
    """A connection whose statements wait as long as `held` says so, as those of a disk that does not answer."""

    held: Callable[[], None] = staticmethod(lambda: None)

    def execute(self, *args: Any) -> sqlite3.Cursor:
        HeldConnection.held()
        return super().execute(*args)


def open_held(bench: Bench, monkeypatch: pytest.MonkeyPatch, held: Callable[[], None]) -> None:
    """Open the cache on the machine's clock; from then on each statement waits for `held`."""
    bench.cache.close()
    bench.open(lambda path: sqlite3.connect(path, factory=HeldConnection, check_same_thread=False), SystemClock())
    bench.body(1)
    monkeypatch.setattr(HeldConnection, "held", staticmethod(held))


def test_a_disk_that_stops_answering_blocks_no_caller_for_long_and_is_left_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tvapp.tiles.disk_cache.TIMEOUT_S", 0.05)
    bench.cache.put(key(1), b"one", ETAG)
    bench.cache.flush()
    answers, is_asked = threading.Event(), threading.Event()

    def held() -> None:
        is_asked.set()
        answers.wait()

    open_held(bench, monkeypatch, held)
    waiting = threading.Thread(target=bench.body, args=(1,))
    waiting.start()
    is_asked.wait()
    for _ in range(50):
        assert bench.body(1) is None
    bench.cache.put(key(2), b"two", ETAG)
    answers.set()
    waiting.join()
    assert [kind for kind, _, _ in failures(bench)] == ["slow"]
    assert bench.body(1) is None, "it is left alone"
    bench.cache.retry()
    assert bench.body(1) == b"one"
    bench.cache.put(key(2), b"two", ETAG)
    bench.cache.flush()
    assert bench.log.events[-1][0] == "disk.restored"


def test_a_304_that_forbids_to_keep_a_tile_ends_its_keeping(bench: Bench) -> None:
    bench.cache.put(key(1), b"one", ETAG)
    bench.cache.refresh(key(1), Headers({"Cache-Control": "no-store"}))
    assert bench.reopen().get(key(1)) is None


@pytest.mark.parametrize(
    ("control", "may"), [("max-age=60", True), ("max-age=60, must-revalidate", False), ("no-cache", False)]
)
def test_what_must_be_validated_is_distinguished_from_what_may_be_shown_stale(
    bench: Bench, control: str, may: bool
) -> None:
    bench.cache.put(key(1), b"one", Headers({"ETag": '"1"', "Cache-Control": control}))
    bench.clock.advance(61)
    entry = bench.reopen().get(key(1))
    assert entry is not None
    assert (entry.is_fresh, entry.may_use_stale, entry.etag) == (False, may, '"1"')


@pytest.mark.parametrize(
    ("tileset", "control", "kept"),
    [
        ("microsoft.traffic.relative.main", "max-age=120", False),
        ("microsoft.weather.radar.main", "max-age=300", False),
        ("microsoft.traffic.relative.main", "max-age=3600", True),
        ("microsoft.base.road", "max-age=120", True),
    ],
)
def test_overlays_that_turn_stale_at_once_do_not_wear_out_the_card(
    bench: Bench, tileset: str, control: str, kept: bool
) -> None:
    passing = CacheKey(SCOPE, TileId(tileset, 9, 1, 7))
    bench.cache.put(passing, b"one", Headers({"ETag": '"1"', "Cache-Control": control}))
    assert (bench.reopen().get(passing) is not None) == kept


def rows(bench: Bench) -> int:
    """Count the rows that are in the file."""
    if not bench.path.exists():
        return 0
    with closing(sqlite3.connect(bench.path)) as db:
        return int(db.execute("SELECT count(*) FROM tile").fetchone()[0])


def test_tiles_are_written_32_at_a_time(bench: Bench) -> None:
    for x in range(31):
        bench.cache.put(key(x), b"x", ETAG)
        bench.cache.put(key(x), b"x", ETAG)
    assert rows(bench) == 0
    bench.cache.put(key(31), b"x", ETAG)
    assert rows(bench) == 32
    bench.cache.put(key(32), b"x", ETAG)
    assert rows(bench) == 32


def test_tiles_are_written_once_they_take_4_mib(bench: Bench) -> None:
    bench.cache.put(key(0), bytes(2 << 20), ETAG)
    bench.cache.put(key(1), bytes((2 << 20) - 1), ETAG)
    bench.cache.put(key(1), bytes((2 << 20) - 1), ETAG)
    assert rows(bench) == 0
    bench.cache.put(key(2), b"x", ETAG)
    assert rows(bench) == 3


def test_tiles_are_written_with_the_first_that_comes_after_30_seconds(bench: Bench) -> None:
    bench.cache.put(key(0), b"x", ETAG)
    bench.clock.advance(29.9)
    bench.cache.put(key(1), b"x", ETAG)
    assert rows(bench) == 0
    bench.clock.advance(0.1)
    bench.cache.put(key(2), b"x", ETAG)
    assert rows(bench) == 3
    bench.clock.advance(100)
    bench.cache.put(key(3), b"x", ETAG)
    assert rows(bench) == 3, "the time counts from the first that waits"


def test_a_dropped_tile_is_not_written(bench: Bench) -> None:
    bench.cache.put(key(0), b"x", ETAG)
    bench.cache.put(key(1), b"x", ETAG)
    bench.cache.drop(key(0))
    bench.cache.flush()
    assert rows(bench) == 1
    bench.cache.drop(key(1))
    assert rows(bench) == 0


def test_the_budget_counts_half_a_kilobyte_for_each_row_and_eviction_goes_down_to_nine_tenths(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "tiles.db", budget_bytes=20 * 1000)
    for x in range(20):
        bench.cache.put(key(x), bytes(488), ETAG)
        bench.cache.flush()
    assert rows(bench) == 20
    bench.cache.put(key(20), bytes(488), ETAG)
    bench.cache.flush()
    assert rows(bench) == 18
    assert bench.body(2) is None
    assert bench.body(3) is not None


def test_the_default_budget_is_256_mib(tmp_path: Path) -> None:
    assert BUDGET_BYTES == 256 * 1024 * 1024
    assert DiskCache(tmp_path / "t", clock=ManualClock(), log=RecordingLog())._budget == BUDGET_BYTES


def test_an_entry_tells_its_age_freshness_and_validators(bench: Bench) -> None:
    bench.cache.put(
        key(1), b"one", Headers({"ETag": '"1"', "Last-Modified": "then", "Cache-Control": "max-age=60"}), delay_s=10.0
    )
    bench.clock.advance(49)
    assert bench.cache.get(key(1)) == Entry(b"one", True, 49.0, '"1"', "then", True)
    bench.clock.advance(1)
    assert bench.cache.get(key(1)) == Entry(b"one", False, 50.0, '"1"', "then", True)
    bench.cache.refresh(key(1), Headers({"Cache-Control": "max-age=30", "ETag": '"2"'}), delay_s=10.0)
    bench.clock.advance(19)
    assert bench.cache.get(key(1)) == Entry(b"one", True, 19.0, '"2"', "then", True)
    bench.clock.advance(1)
    found = bench.reopen().get(key(1))
    assert found is not None
    assert not found.is_fresh


def test_a_clock_that_was_set_back_makes_no_negative_age(bench: Bench) -> None:
    bench.cache.put(key(1), b"one", ETAG)
    bench.clock.set_wall(-100)
    found = bench.cache.get(key(1))
    assert found is not None
    assert found.age_s == 0.0


def test_after_exactly_six_months_a_tile_is_still_there(bench: Bench) -> None:
    bench.cache.put(key(1), b"one", ETAG)
    bench.clock.advance(182 * 86400)
    assert bench.body(1) == b"one"
    bench.clock.advance(1)
    assert bench.body(1) is None


def test_a_disk_that_failed_is_left_alone_for_ten_minutes(bench: Bench) -> None:
    attempts: list[float] = []
    start = bench.clock.monotonic()
    error = sqlite3.OperationalError("x")
    error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN

    def denied(path: Path) -> sqlite3.Connection:
        attempts.append(bench.clock.monotonic() - start)
        raise error

    cache = bench.open(denied)
    assert cache.get(key(1)) is None
    assert cache.get(key(1)) is None
    bench.clock.advance(599)
    assert cache.get(key(1)) is None
    bench.clock.advance(1)
    assert cache.get(key(1)) is None
    cache.retry()
    assert cache.get(key(1)) is None
    assert attempts == [0.0, 600.0, 600.0]
    assert failures(bench) == [("denied", "tiles", "x")]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, "full"),
        (sqlite3.SQLITE_READONLY, "read-only"),
        (sqlite3.SQLITE_PERM, "denied"),
        (sqlite3.SQLITE_CANTOPEN, "denied"),
        (sqlite3.SQLITE_IOERR, "broken"),
        (sqlite3.SQLITE_BUSY, "broken"),
        (sqlite3.SQLITE_READONLY | 4 << 8, "read-only"),
    ],
)
def test_each_trouble_with_the_disk_has_its_kind(bench: Bench, code: int, kind: str) -> None:
    def failing(path: Path) -> sqlite3.Connection:
        error = sqlite3.OperationalError("x")
        error.sqlite_errorcode = code
        raise error

    cache = bench.open(failing)
    cache.put(key(1), b"one", ETAG)
    cache.flush()
    assert failures(bench) == [(kind, "tiles", "x")]
    assert bench.log.named("tile_cache.recreated") == []


def test_an_error_that_does_not_speak_of_the_disk_starts_the_file_over(bench: Bench) -> None:
    def failing(path: Path) -> sqlite3.Connection:
        error = sqlite3.DatabaseError("malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    bench.path.parent.mkdir(parents=True)
    bench.path.write_bytes(b"old")
    log = RecordingLog()
    cache = DiskCache(bench.path, clock=bench.clock, log=log, connect=failing)
    assert cache.get(key(1)) is None
    assert not bench.path.exists()
    assert bench.path.with_name(bench.path.name + ".corrupt").read_bytes() == b"old"
    assert log.named("tile_cache.recreated") == [{"reason": "malformed"}]
    assert log.levels == [("tile_cache.recreated", "warning")]


def test_a_slow_cpu_is_no_slow_disk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvapp.tiles.disk_cache.TIMEOUT_S", 0.3)
    bench.cache.put(key(1), b"one", ETAG)
    bench.cache.flush()

    def compute() -> None:
        until = time.thread_time() + 0.7
        while time.thread_time() < until:
            pass

    open_held(bench, monkeypatch, compute)
    rivals = [threading.Thread(target=compute) for _ in range(3)]  # for the GIL
    others = [threading.Thread(target=lambda: found.append(bench.body(1))) for _ in range(2)]  # for the lock
    found: list[bytes | None] = []
    for thread in (*rivals, *others):
        thread.start()
    found.append(bench.body(1))
    for thread in (*rivals, *others):
        thread.join()
    assert found == [b"one"] * 3
    assert failures(bench) == []


def test_a_batch_of_tiles_may_take_longer_than_one_tile_and_nobody_waits_for_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tvapp.tiles.disk_cache.TIMEOUT_S", 0.05)
    monkeypatch.setattr("tvapp.tiles.disk_cache.WRITE_TIMEOUT_S", 60.0)
    bench.cache.put(key(1), b"one", ETAG)
    bench.cache.flush()
    is_written, is_asked = threading.Event(), threading.Event()

    def held() -> None:
        is_asked.set()
        is_written.wait()

    open_held(bench, monkeypatch, held)
    bench.cache.put(key(2), b"two", ETAG)
    writing = threading.Thread(target=bench.cache.flush)
    writing.start()
    is_asked.wait()
    assert bench.body(1) is None
    is_written.set()
    writing.join()
    assert failures(bench) == []
    assert bench.body(1) == b"one"


def test_a_disk_that_does_not_take_a_batch_is_slow(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    delays_s = iter([0.0, 0.0, 100.0])

    def delay(*_: object) -> None:
        bench.clock.advance(next(delays_s, 0.0))

    monkeypatch.setattr("tvapp.tiles.cache_store.TileStore.write", delay)
    for x in range(4):
        bench.cache.put(key(x), b"tile", ETAG)
        bench.cache.flush()
    assert failures(bench) == [("slow", "tiles", "no answer within 10 s")]


def test_a_closed_cache_takes_and_gives_nothing(bench: Bench) -> None:
    bench.cache.put(key(1), b"one", ETAG)
    bench.cache.close()
    assert rows(bench) == 1
    bench.cache.put(key(2), b"two", ETAG)
    bench.cache.flush()
    assert bench.body(1) is None
    assert rows(bench) == 1


def test_a_disk_that_takes_more_than_two_seconds_for_a_tile_is_left_alone_for_ten_minutes(bench: Bench) -> None:
    delay_s = 0.0

    class Connection(sqlite3.Connection):
        def execute(self, *args: Any) -> sqlite3.Cursor:
            bench.clock.advance(delay_s)
            return super().execute(*args)

    def connect(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, factory=Connection, check_same_thread=False)

    bench.cache.put(key(1), b"one", Headers({"Cache-Control": "max-age=6000"}))
    bench.cache.close()
    bench.open(connect)
    assert bench.body(1) == b"one"
    assert TIMEOUT_S == 2.0
    delay_s = 1.9
    assert bench.body(1) == b"one"
    assert failures(bench) == []
    delay_s = 20.0  # much more than this machine computes meanwhile
    assert bench.body(1) == b"one", "what was read is good"
    assert failures(bench) == [("slow", "tiles", "no answer within 2 s")]
    delay_s = 0.0
    bench.clock.advance(599)
    assert bench.body(1) is None
    bench.clock.advance(1)
    assert bench.body(1) == b"one"
    assert bench.log.named("disk.restored") == [], "reading says nothing about writing"
    bench.cache.put(key(2), b"two", ETAG)
    bench.cache.flush()
    assert bench.log.events[-1][0] == "disk.restored"
    bench.cache.close()


class Flaky:
    """Opens files of the cache, and lets every statement fail with an SQLite code while it is set."""

    def __init__(self) -> None:
        self.code = 0
        self.opened = 0

    def __call__(self, path: Path) -> sqlite3.Connection:
        flaky = self
        self.opened += 1

        class Connection(sqlite3.Connection):
            def execute(self, *args: Any) -> sqlite3.Cursor:
                flaky.check()
                return super().execute(*args)

            def executemany(self, *args: Any) -> sqlite3.Cursor:
                flaky.check()
                return super().executemany(*args)

        return sqlite3.connect(path, factory=Connection, check_same_thread=False)

    def check(self) -> None:
        if self.code:
            error = sqlite3.OperationalError("it fails")
            error.sqlite_errorcode = self.code
            raise error


@pytest.fixture
def flaky(bench: Bench) -> Flaky:
    """Let the cache of `bench` work on a disk that may fail."""
    flaky = Flaky()
    bench.cache.put(key(1), b"one", ETAG)
    bench.cache.flush()
    bench.cache.close()
    bench.open(flaky)
    return flaky


def test_a_disk_that_cannot_be_read_is_not_used_for_ten_minutes(bench: Bench, flaky: Flaky) -> None:
    assert bench.body(1) == b"one"
    flaky.code = sqlite3.SQLITE_BUSY
    assert bench.body(1) is None
    flaky.code = 0
    bench.clock.advance(599)
    assert bench.body(1) is None
    bench.clock.advance(1)
    assert bench.body(1) == b"one"
    assert flaky.opened == 2


def test_a_disk_that_cannot_be_written_is_read_on_but_not_written_for_ten_minutes(bench: Bench, flaky: Flaky) -> None:
    assert bench.body(1) == b"one"
    bench.cache.put(key(2), b"two", ETAG)
    flaky.code = sqlite3.SQLITE_IOERR
    bench.cache.flush()
    flaky.code = 0
    assert bench.body(1) == b"one"
    assert bench.body(2) is None, "a tile that could not be written does not stay in memory"
    bench.cache.put(key(3), b"three", ETAG)
    bench.cache.flush()
    assert rows(bench) == 1
    bench.clock.advance(600)
    bench.cache.put(key(4), b"four", ETAG)
    bench.cache.flush()
    assert rows(bench) == 2
    assert flaky.opened == 1


def test_a_read_error_that_is_still_there_after_ten_minutes_counts_as_damage(bench: Bench, flaky: Flaky) -> None:
    flaky.code = sqlite3.SQLITE_IOERR
    assert bench.body(1) is None
    assert failures(bench) == [("broken", "tiles", "it fails")]
    bench.clock.advance(600)
    assert bench.log.named("tile_cache.recreated") == []
    assert bench.body(1) is None
    assert bench.log.named("tile_cache.recreated") == [{"reason": "it fails"}]


def test_a_write_error_never_counts_as_damage(bench: Bench, flaky: Flaky) -> None:
    assert bench.body(1) == b"one"
    flaky.code = sqlite3.SQLITE_IOERR
    for x in range(2, 5):
        bench.cache.put(key(x), b"more", ETAG)
        bench.cache.flush()
        bench.clock.advance(600)
    assert bench.log.named("tile_cache.recreated") == []
    flaky.code = 0
    assert bench.body(1) == b"one"


def test_signing_out_does_not_wait_for_a_disk_that_failed_and_keeps_the_tiles_of_others(
    bench: Bench, flaky: Flaky
) -> None:
    other = CacheScope(SCOPE.endpoint, "another")
    bench.cache.put(key(1, other), b"other", ETAG)
    bench.cache.flush()
    flaky.code = sqlite3.SQLITE_CANTOPEN
    assert bench.body(1) is None
    flaky.code = 0
    bench.cache.put(key(2), b"two", ETAG)
    bench.cache.put(key(2, other), b"other", ETAG)
    bench.cache.clear(SCOPE.account)
    assert (bench.body(1), bench.body(2)) == (None, None)
    assert (bench.body(1, other), bench.body(2, other)) == (b"other", b"other")


def test_signing_out_removes_the_file_where_its_rows_cannot_be_deleted(bench: Bench, flaky: Flaky) -> None:
    flaky.code = sqlite3.SQLITE_BUSY
    bench.path.with_name("tiles.db.corrupt").write_bytes(b"old")
    bench.cache.clear(SCOPE.account)
    assert list(bench.path.parent.iterdir()) == []


def test_files_that_cannot_be_removed_are_trouble_with_the_disk(bench: Bench, flaky: Flaky) -> None:
    bench.path.with_name("tiles.db-journal").mkdir()
    flaky.code = sqlite3.SQLITE_CORRUPT
    assert bench.body(1) is None
    assert failures(bench) == [("broken", "tiles", "Is a directory")]
    assert bench.log.named("tile_cache.recreated") == []
    bench.cache.clear(SCOPE.account)
    assert bench.body(1) is None
    assert flaky.opened == 2, "after the failed removal it is not used for a while"


def test_a_file_that_another_process_has_moved_aside_is_just_made_anew(bench: Bench, flaky: Flaky) -> None:
    assert bench.body(1) == b"one"
    flaky.code = sqlite3.SQLITE_CORRUPT

    def remove(path: Path) -> sqlite3.Connection:
        path.unlink()
        return flaky(path)

    cache = bench.open(remove)
    assert cache.get(key(1)) is None
    assert bench.log.named("tile_cache.recreated") == [{"reason": "it fails"}]
    assert failures(bench) == []


def test_times_of_use_are_written_at_the_end_at_most_512_of_them(bench: Bench) -> None:
    for x in range(520):
        bench.cache.put(key(x), b"x", ETAG)
    bench.reopen()
    for x in range(513):
        assert bench.body(x) == b"x"
    bench.cache.close()
    with closing(sqlite3.connect(bench.path)) as db:
        used = [key for (key,) in db.execute("SELECT key FROM tile WHERE used = (SELECT max(used) FROM tile)")]
    assert sorted(used) == sorted(key(x).text for x in range(512))
