"""The table of all files that the app keeps in its data folder: how to make, reopen and check each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.auth.test_token_store import filled, make_store
from tests.fences.outbox.outbox_rig import adding
from tests.fences.service.test_fence_service import InlineJobs
from tests.fences.service.test_snapshot import Desk, fences
from tests.surroundings import surroundings
from tests.tiles.test_disk_cache import ETAG, Bench, key
from tvapp.app.account_usage import AccountUsageReader
from tvapp.app.last_view_store import LastViewKnown, LastViewStore
from tvapp.app.lock_service import LockService, unpack
from tvapp.app.screenshots import Screenshots
from tvapp.app.usage_service import UsageService
from tvapp.auth import msal_cache
from tvapp.config.model import Config
from tvapp.core.clock import ManualClock
from tvapp.core.data_folder import DataFolder
from tvapp.core.log import RecordingLog
from tvapp.fences.outbox.folder import OutboxFolder
from tvapp.fences.outbox.outbox import Entry
from tvapp.fences.service import snapshot
from tvapp.fences.service.messages import SnapshotRestored
from tvapp.geo.position import Position
from tvapp.host.crash.restart_backoff import COUNT, PAUSES_S, RestartBackoff
from tvapp.mapview.last_view import LastView
from tvapp.mapview.layers import LayerChoice
from tvapp.remote.pattern import pattern_of
from tvapp.ui.messages import LockKnown
from tvapp.usage.counter import UsageCounter

TILES = 12
VIEW = LastView(Position(24.9525, 60.1672), 13.0, LayerChoice(), "depot")
WRONG = pattern_of(["up", "up", "up", "down"])
LOCK = f"scrypt$ln=12,r=1,p=1${'A' * 22}${'A' * 43}"


@dataclass(frozen=True, slots=True)
class StateFile:
    """`pattern`: its name below the data dir. `make` writes it and returns its path. `open` reads it, asserts that what
    it finds is right or nothing, writes again, asserts that this is kept, and returns what was logged. `is_record`: the
    file is a record, which tests/core/test_record.py damages at every byte."""

    pattern: str
    make: Callable[[Path], Path]
    open: Callable[[Path], RecordingLog]
    is_large: bool = False
    is_record: bool = False


def make_tokens(folder: Path) -> Path:
    store = make_store(folder)
    store.save(filled())
    return store.path


def open_tokens(folder: Path) -> RecordingLog:
    log = RecordingLog()
    store = make_store(folder, log)
    text = store.load()
    assert not text or shape(json.loads(text)) == shape(json.loads(filled()))
    assert store.save(filled())
    assert [account.username for account in msal_cache.accounts(msal_cache.parse(make_store(folder).load()) or {})] == [
        "aino@contoso.com"
    ]
    return log


def shape(value: object) -> object:
    """Leave out the times of issue, which differ from call to call."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items() if not name.endswith(("_on", "_at", "_time"))}
    return value


def make_kept(folder: Path) -> Path:
    desk = Desk(folder)
    desk.path = folder / "geofences" / "account.geofences"
    desk.snapshot.open(desk.path)
    desk.give(*fences("a", "b"), *fences("c", source="other.geojson"))
    desk.tick(snapshot.WRITE_AFTER_S)
    return desk.path


def open_kept(folder: Path) -> RecordingLog:
    desk = Desk(folder)
    desk.path = folder / "geofences" / "account.geofences"
    desk.snapshot.open(desk.path)
    for message in desk.messages():
        assert isinstance(message, SnapshotRestored)
        assert [each.raw for each in message.fences] == [
            each.raw for each in (*fences("a", "b"), *fences("c", source="other.geojson"))
        ]
    desk.give(*fences("new"))
    desk.tick(snapshot.WRITE_AFTER_S)
    assert [each.id for each in snapshot.unpack(desk.path.read_bytes())] == ["new"]
    desk.log.events = [event for event in desk.log.events if event[0] != "geofences.restored"]
    return desk.log


def make_entry(folder: Path) -> Path:
    OutboxFolder(folder / "outbox" / "account").save(Entry(1, adding("a")))
    return folder / "outbox" / "account" / "0000000001.json"


def open_entry(folder: Path) -> RecordingLog:
    outbox = OutboxFolder(folder / "outbox" / "account")
    entries, broken = outbox.read()
    assert [entry.change for entry in entries] in ([], [adding("a")])
    log = RecordingLog()
    for name in broken:
        log.event("outbox.broken", file=name)
    outbox.save(Entry(2, adding("b")))
    assert adding("b") in [entry.change for entry in OutboxFolder(folder / "outbox" / "account").read()[0]]
    return log


def keeper(folder: Path) -> tuple[LockService, InlineJobs, RecordingLog]:
    jobs, log = InlineJobs(), RecordingLog()
    return LockService(LOCK, DataFolder(folder).lock_tries, jobs, log), jobs, log  # type: ignore[arg-type]


def make_tries(folder: Path) -> Path:
    keeper(folder)[0].try_pattern(WRONG, 12)
    return DataFolder(folder).lock_tries


def open_tries(folder: Path) -> RecordingLog:
    lock, jobs, log = keeper(folder)
    lock.begin()
    assert [message.wrong_tries in (3, 12) for message in jobs.inbox.drain() if isinstance(message, LockKnown)] == [
        True
    ]
    lock.try_pattern(WRONG, 13)
    assert unpack((DataFolder(folder).lock_tries).read_bytes()) == 13
    log.events = [event for event in log.events if event[0] != "lock.tried"]
    return log


def make_tiles(folder: Path) -> Path:
    bench = Bench(folder / "tiles" / "tiles.sqlite")
    for x in range(TILES):
        bench.cache.put(key(x), bytes([x]) * 3000, ETAG)
    bench.cache.close()
    return bench.path


def make_wal(folder: Path) -> Path:
    """Leave the cache as a power cut does: everything is in the write-ahead log yet."""
    bench = Bench(folder / "original" / "tiles.sqlite")
    for x in range(TILES):
        bench.cache.put(key(x), bytes([x]) * 3000, ETAG)
    bench.cache.flush()
    target = folder / "tiles"
    shutil.copytree(bench.path.parent, target)
    bench.cache.close()
    shutil.rmtree(bench.path.parent)
    (target / "tiles.sqlite-shm").unlink()
    return target / "tiles.sqlite-wal"


def open_tiles(folder: Path) -> RecordingLog:
    bench = Bench(folder / "tiles" / "tiles.sqlite")
    for x in range(TILES):
        assert bench.body(x) in (None, bytes([x]) * 3000)
    bench.cache.put(key(99), b"new", ETAG)
    bench.cache.flush()
    # A write may find the damage and be lost; the next one is kept.
    bench.cache.put(key(99), b"new", ETAG)
    bench.reopen()
    assert bench.body(99) == b"new"
    bench.cache.close()
    return bench.log


def make_picture(folder: Path) -> Path:
    screenshots = Screenshots(folder / "screenshots", lambda: b"PNG" * 10, RecordingLog())
    screenshots.ask()
    screenshots.take()
    return folder / "screenshots" / "000001.png"


def open_picture(folder: Path) -> RecordingLog:
    log = RecordingLog()
    screenshots = Screenshots(folder / "screenshots", lambda: b"PNG" * 10, log)
    screenshots.ask()
    screenshots.take()
    assert (folder / "screenshots" / "000002.png").read_bytes() == b"PNG" * 10
    log.events = [event for event in log.events if event[0] != "screenshot.saved"]
    return log


def make_view(folder: Path) -> Path:
    keeper, _jobs, _log = view_keeper(folder)
    path = keeper.open("aino")
    keeper.note(VIEW, 0.0)
    keeper.flush()
    return path


def open_view(folder: Path) -> RecordingLog:
    keeper, jobs, log = view_keeper(folder)
    keeper.open("aino")
    (known,) = (message for message in jobs.inbox.drain() if isinstance(message, LastViewKnown))
    assert known.view in (None, VIEW)
    keeper.note(replace(VIEW, zoom=9.0), 0.0)
    keeper.flush()
    keeper.open("aino")
    (again,) = (message for message in jobs.inbox.drain() if isinstance(message, LastViewKnown))
    assert again.view == replace(VIEW, zoom=9.0)
    log.events = [event for event in log.events if event[0] != "view.restored"]
    return log


def view_keeper(folder: Path) -> tuple[LastViewStore, InlineJobs, RecordingLog]:
    jobs, log = InlineJobs(), RecordingLog()
    return LastViewStore(Config(), DataFolder(folder).views, jobs, log), jobs, log  # type: ignore[arg-type]


def make_count(folder: Path) -> Path:
    RestartBackoff(DataFolder(folder).crashes, {}).crashed()
    return DataFolder(folder).crashes / COUNT


def open_count(folder: Path) -> RecordingLog:
    """A wrong number only makes a pause longer or shorter."""
    assert 0 <= RestartBackoff(DataFolder(folder).crashes, {}).count() <= 1000
    assert RestartBackoff(DataFolder(folder).crashes, {}).crashed() in PAUSES_S
    assert RestartBackoff(DataFolder(folder).crashes, {}).count() >= 1
    return RecordingLog()


def usage_keeper(folder: Path) -> tuple[UsageService, UsageCounter, InlineJobs, RecordingLog]:
    jobs, log, clock = InlineJobs(), RecordingLog(), ManualClock()
    around = surroundings(folder, jobs, clock=clock, log=log)  # type: ignore[arg-type]
    reader = AccountUsageReader(Config(), around, None, lambda: None)  # type: ignore[arg-type, return-value]
    service = UsageService(Config(), around, reader, lambda _message: None)
    service.restore()
    for message in jobs.inbox.drain():
        service.receive(message, 0.0)
    return service, service.counter, jobs, log


def make_usage(folder: Path) -> Path:
    service, counter, _, _ = usage_keeper(folder)
    for _ in range(20):
        counter.count("base", 200)
    service.flush()
    return DataFolder(folder).usage


def open_usage(folder: Path) -> RecordingLog:
    service, counter, _, log = usage_keeper(folder)
    found = [counts["base"].sent for counts in counter.days().days.values()]
    assert found in ([], [20])
    counter.count("base", 200)
    service.flush()
    _, again, _, _ = usage_keeper(folder)
    assert [counts["base"].sent for counts in again.days().days.values()] == [sum(found) + 1]
    return log


STATE_FILES = (
    StateFile("auth/tokens.json", make_tokens, open_tokens, is_record=True),
    StateFile("geofences/*.geofences", make_kept, open_kept, is_record=True),
    StateFile("outbox/*/*.json", make_entry, open_entry, is_record=True),
    StateFile("usage", make_usage, open_usage, is_record=True),
    StateFile("lock-tries", make_tries, open_tries, is_record=True),
    StateFile("tiles/tiles.sqlite", make_tiles, open_tiles, is_large=True),
    StateFile("tiles/tiles.sqlite-wal", make_wal, open_tiles, is_large=True),
    StateFile("screenshots/*.png", make_picture, open_picture),
    StateFile("views/*.json", make_view, open_view, is_record=True),
    StateFile(f"crashes/{COUNT}", make_count, open_count),
)

DERIVED = (
    "tiles/tiles.sqlite-shm",
    "tiles/tiles.sqlite.corrupt",
    "auth/tokens.json.corrupt",
    ".probe",
    "lock",
    "crashes/fatal*.txt",
    "crashes/*.json",
)
"""Files that SQLite rebuilds, files set aside or for people only, temporary files, and the lock, which is only held."""
