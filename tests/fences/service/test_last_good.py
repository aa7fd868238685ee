"""Files that were broken before this start: their geofences of the last run stay."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from tests.fences.service.test_fence_service import Rig, fence
from tvapp.fences.model.fence import Geofence, Skipped
from tvapp.fences.service.last_good import LastGood
from tvapp.fences.service.messages import FencesLoaded, FencesUnchanged, IndexBuilt, SnapshotRestored
from tvapp.fences.stores.base import UNCHANGED, Loaded


def of(source: str, name: str) -> Geofence:
    return msgspec.structs.replace(fence(name), source=source)


BROKEN = Loaded((of("b.json", "b"),), (Skipped("a.json", "half"),), refused=("a.json",))
BEFORE = SnapshotRestored((of("a.json", "a"), of("b.json", "b")), 77.0)


def loaded(messages: list[object]) -> FencesLoaded:
    (found,) = [message for message in messages if isinstance(message, FencesLoaded)]
    return found


def shown(messages: list[object]) -> list[str]:
    return [each.id for message in messages if isinstance(message, IndexBuilt) for each in message.book][-2:]


def test_the_snapshot_stands_in_for_a_file_that_is_broken_at_the_start() -> None:
    rig = Rig(BROKEN)
    rig.service.receive(BEFORE, 0.0)
    rig.service.load()
    messages = rig.messages()
    message = loaded(messages)
    assert [each.id for each in message.fences] == ["b", "a"]
    assert message.as_of == 77.0
    assert message.skipped == (Skipped("a.json", "shown as it was before: half"),)


def test_a_snapshot_that_comes_after_the_load_is_taken_in_by_a_load_of_its_own() -> None:
    rig = Rig(BROKEN)
    rig.service.load()
    first = rig.messages()
    assert loaded(first).as_of is None
    rig.service.receive(BEFORE, 0.0)
    second = rig.messages()
    assert rig.store.loads == 2
    assert [each.id for each in loaded(second).fences] == ["b", "a"]
    rig.service.load()
    assert FencesUnchanged in {type(message) for message in rig.messages()}


def test_once_the_file_is_mended_the_snapshot_is_forgotten() -> None:
    good = LastGood()
    good.take_snapshot(BEFORE)
    assert len(good.complete(BROKEN).fences) == 2
    mended = Loaded((of("a.json", "new"),), ())
    assert good.complete(mended) is mended
    assert good.complete(BROKEN) is BROKEN, "from now on the store itself remembers"
    assert good.complete(UNCHANGED) is UNCHANGED


def test_a_file_that_the_snapshot_does_not_have_is_left_out() -> None:
    good = LastGood()
    good.take_snapshot(BEFORE)
    other = replace(BROKEN, refused=("c.json",))
    assert good.complete(other) is other


def test_the_older_of_two_ages_is_told() -> None:
    good = LastGood()
    good.take_snapshot(BEFORE)
    assert good.complete(replace(BROKEN, as_of=50.0)).as_of == 50.0
    assert good.complete(replace(BROKEN, as_of=90.0)).as_of == 77.0
