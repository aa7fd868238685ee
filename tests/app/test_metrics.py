"""What the main thread publishes for Prometheus, and when."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.app.rig import WITH_ACCOUNT, WITH_KEY, Rig
from tvapp.app.metrics import PUBLISH_EVERY_S, SERVE_AFTER_S, MetricsPublisher, Wiring, disk_use
from tvapp.core.image import Image
from tvapp.host.event_log import EventLog
from tvapp.host.metrics.snapshot import CacheUse, Snapshot
from tvapp.net.messages import NetworkLost
from tvapp.tiles.tile import Origin, TileArrived, TileId, TileImage
from tvapp.ui.messages import TroubleChanged


class MetricsRig(Rig):
    """The app with metrics."""

    def __init__(self, folder: Path, settings: Mapping[str, str] = WITH_KEY) -> None:
        super().__init__(folder, settings)
        self.publisher = MetricsPublisher(
            self.app, self.around, Wiring(("127.0.0.1", 9750), EventLog(), lambda: self.clock.now - 1)
        )
        self.app.attached.add(lambda: self.publisher)
        self.start()

    def published(self) -> Snapshot:
        """Return the snapshot of now."""
        self.clock.advance(PUBLISH_EVERY_S)
        self.frame()
        snapshot = self.publisher.snapshot
        assert snapshot is not None
        assert snapshot.taken_at == self.clock.now
        return snapshot


@pytest.fixture
def rig(tmp_path: Path) -> MetricsRig:
    return MetricsRig(tmp_path)


def test_the_library_is_loaded_only_some_seconds_after_the_first_frame(rig: MetricsRig) -> None:
    assert "metrics" not in rig.jobs.asked
    rig.clock.advance(SERVE_AFTER_S)
    rig.frame()
    rig.clock.advance(SERVE_AFTER_S)
    rig.frame()
    assert rig.jobs.asked.count("metrics") == 1


def test_a_screen_at_rest_wakes_for_the_next_snapshot_and_draws_nothing(rig: MetricsRig) -> None:
    rig.published()
    due = rig.app.next_wakeup(rig.clock.now)
    assert due is not None
    assert due <= rig.clock.now + PUBLISH_EVERY_S


def test_frames_tiles_and_requests_are_counted(rig: MetricsRig) -> None:
    rig.app.presented(rig.clock.now)
    origins: tuple[Origin, ...] = ("network", "network", "disk", "stale", "worker")
    for number, origin in enumerate(origins):
        tile = TileArrived(TileId("microsoft.base.darkgrey", 3, number, 0), TileImage(Image(1, 1, bytes(4))), origin)
        rig.tell(tile)
    assert rig.app.session.usage is not None
    for status in (200, 200, 404, 429):
        rig.app.session.usage.counter.count("base", status)
    snapshot = rig.published()
    assert snapshot.tiles == {"network": 2, "disk": 2, "drawn": 1}
    assert (snapshot.tile_requests, snapshot.transactions) == (4, 3 / 15)  # 429 is not billed
    assert sum(snapshot.frame_counts) == 2
    assert snapshot.frame_at is not None


def test_tiles_in_view_that_no_request_and_no_disk_brought_were_in_memory(rig: MetricsRig) -> None:
    live = rig.app.session.map
    assert live is not None
    for number in range(3):
        tile = TileId("microsoft.base.darkgrey", 3, number, 0)
        rig.tell(TileArrived(tile, TileImage(Image(1, 1, bytes(4))), "disk"))
    live.tiles_from_caches = 3
    assert rig.published().tiles.get("memory", 0) == 0
    live.tiles_from_caches = 15
    assert rig.published().tiles["memory"] == 12
    live.tiles_from_caches = 2  # a new map
    assert rig.published().tiles["memory"] == 14


def test_the_state_is_that_of_the_screen(rig: MetricsRig) -> None:
    snapshot = rig.published()
    assert (snapshot.screen, snapshot.has_map, snapshot.needs_sign_in, snapshot.is_online) == ("map", True, False, True)
    assert snapshot.memory_cache is not None
    assert snapshot.memory_cache.limit > 0
    assert snapshot.alive_at == rig.clock.now - 1
    rig.tell(NetworkLost("maps.example"))
    rig.app.stack.receive(TroubleChanged("store", state="retired"), rig.clock.now)
    snapshot = rig.published()
    assert (snapshot.is_online, snapshot.notices) == (False, ("store",))


def test_without_an_account_nobody_is_signed_in(tmp_path: Path) -> None:
    rig = MetricsRig(tmp_path, WITH_ACCOUNT)
    snapshot = rig.published()
    assert (snapshot.needs_sign_in, snapshot.is_signed_in, snapshot.has_map) == (True, False, False)
    assert snapshot.token_expiry == {}


def test_the_cache_on_the_disk_is_as_large_as_its_files(tmp_path: Path) -> None:
    file = tmp_path / "tiles.sqlite"
    assert disk_use(file, 100) is None
    file.write_bytes(bytes(30))
    assert disk_use(file, 100) == CacheUse(30, 100)
    (tmp_path / "tiles.sqlite-wal").write_bytes(bytes(12))
    assert disk_use(file, 100) == CacheUse(42, 100)
