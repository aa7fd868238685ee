"""The keys of the Maps account are rotated while the map moves: no tile is missing, and nobody sees a difference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.simulation.rig import Simulation, simulated
from tests.cloud import ROOT, LocalCloud
from tests.matrix.sentences import told


class Kept:
    """The file in which the keys are kept, as an administrator keeps it."""

    def __init__(self, folder: Path, cloud: LocalCloud) -> None:
        self.path = folder / "maps-keys"
        self.cloud = cloud
        self.write(*cloud.subscription_keys)

    def write(self, *keys: str) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text("\n".join(keys) + "\n")
        fresh.chmod(0o640)
        fresh.replace(self.path)


@pytest.fixture
def kept(cloud: LocalCloud, tmp_path: Path) -> Kept:
    return Kept(tmp_path, cloud)


@pytest.fixture
def tv(cloud: LocalCloud, kept: Kept, tmp_path: Path) -> Iterator[Simulation]:
    settings = {
        "TVAPP_MAPS_AUTH": "shared-key",
        "TVAPP_MAPS_SUBSCRIPTION_KEYS": f'{{ file = "{kept.path}" }}',
        "TVAPP_GEOFENCES_STORE": "folder",
        "TVAPP_GEOFENCES_PATH": str(ROOT / "assets/samples"),
    }
    with simulated(cloud, tmp_path, settings) as running:
        running.settle()
        yield running
        assert running.defects() == []


def told_in_every_frame(tv: Simulation) -> set[str]:
    """Return a set that takes in every sentence about trouble from now on."""
    seen: set[str] = set()
    wait = tv.display.wait

    def noted(timeout_s: float | None) -> list[object]:
        seen.update(told(tv.display.texts))
        return wait(timeout_s)

    tv.display.wait = noted  # type: ignore[method-assign]
    return seen


def go_on(tv: Simulation, *keys: str) -> None:
    """Move the map and let it come to rest, without a gap."""
    tv.press(*keys)
    assert tv.settle()["missing"] == 0


def test_both_keys_are_rotated_twice_without_a_gap(tv: Simulation, cloud: LocalCloud, kept: Kept) -> None:
    seen = told_in_every_frame(tv)
    cloud.settings(tile_latency_ms=30)
    for round_number in range(2):
        # One key at a time, and each time the file first: as Azure's documentation has it.
        secondary = cloud.regenerate_key("secondary")
        kept.write(cloud.subscription_keys[0], secondary)
        go_on(tv, "zoom-in", "right", "right")
        tv.press("right", "zoom-out")  # tiles are under way with the key that ends now
        primary = cloud.regenerate_key("primary")
        go_on(tv, "down", "right")
        kept.write(primary, secondary)
        go_on(tv, "zoom-in", "left", "down")
        assert tv.events.named("maps.keys_read"), round_number
    assert tv.events.named("tile.failed") == []
    assert tv.events.named("network.lost") == []
    assert seen == set()
    refused = cloud.statuses("tile").get("401", 0)
    assert refused > 0
    assert set(cloud.statuses("tile")) <= {"200", "304", "401"}
    assert not any(key in str(tv.events.events) for key in cloud.subscription_keys)


def test_keys_that_were_renewed_before_the_file_was_written_are_told_and_mended_by_the_file(
    tv: Simulation, cloud: LocalCloud, kept: Kept
) -> None:
    new = [cloud.regenerate_key(name) for name in ("primary", "secondary")]
    tv.press("zoom-in")
    tv.settle(missing=True)
    seen = told_in_every_frame(tv)
    tv.run_for(5)
    assert seen
    kept.write(*new)
    tv.mark()
    tv.run_until("maps.keys_read", 600)
    assert tv.settle(within_s=600)["missing"] == 0
    tv.run_for(10)
    assert told(tv.display.texts) == set()
