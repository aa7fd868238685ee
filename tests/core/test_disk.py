"""The log tells of an outage of the disk once for each kind of trouble, and once of its end."""

from __future__ import annotations

from tvapp.core.disk import DiskHealth
from tvapp.core.errors import DiskKind, StorageError
from tvapp.core.log import RecordingLog


def trouble(kind: DiskKind, reason: str = "reason") -> StorageError:
    return StorageError("/data/file", reason, kind)


class Rig:
    """A disk whose changes are recorded."""

    def __init__(self) -> None:
        self.log = RecordingLog()
        self.health = DiskHealth(self.log)
        self.told: list[DiskKind | None] = []
        self.health.tell = lambda error: self.told.append(None if error is None else error.kind)

    def names(self) -> list[str]:
        return [name for name, _ in self.log.events]


def test_each_kind_of_trouble_is_told_once_whoever_meets_it() -> None:
    rig = Rig()
    for user in ("tiles", "tokens", "tiles"):
        rig.health.failed(user, trouble("full"))
    rig.health.failed("tiles", trouble("read-only"))
    assert rig.told == ["full", "read-only"]
    assert [fields["kind"] for fields in rig.log.named("disk.failed")] == ["full", "read-only"]
    assert rig.log.named("disk.failed")[0] == {
        "kind": "full", "what": "tiles", "reason": "reason", "next": "memory only",
    }  # fmt: skip


def test_it_ends_with_the_last_part_that_could_not_write() -> None:
    rig = Rig()
    rig.health.failed("tiles", trouble("full"))
    rig.health.failed("tokens", trouble("full"))
    rig.health.worked("tiles")
    rig.health.worked("outbox")
    assert rig.told == ["full"]
    rig.health.worked("tokens")
    assert rig.told == ["full", None]
    assert rig.names() == ["disk.failed", "disk.restored"]
    assert rig.health.trouble is None


def test_a_part_that_never_failed_ends_nothing() -> None:
    rig = Rig()
    rig.health.worked("tiles")
    rig.health.all_recovered()
    assert rig.told == []
    assert rig.log.events == []


def test_all_parts_recover_at_once_and_the_next_outage_is_told_again() -> None:
    rig = Rig()
    rig.health.failed("tiles", trouble("full"))
    rig.health.failed("tokens", trouble("gone"))
    rig.health.all_recovered()
    assert rig.health.trouble is None
    rig.health.failed("tiles", trouble("full"))
    rig.health.worked("tiles")
    rig.health.failed("tiles", trouble("full"))
    assert rig.told == ["full", "gone", None, "full", None, "full"]


def test_the_trouble_is_the_one_that_was_met_last() -> None:
    rig = Rig()
    first, second = trouble("full", "first"), trouble("full", "second")
    rig.health.failed("tiles", first)
    rig.health.failed("tokens", second)
    assert rig.health.trouble is second
    rig.health.failed("tiles", first)
    assert rig.health.trouble is first
    rig.health.worked("tiles")
    assert rig.health.trouble is second
