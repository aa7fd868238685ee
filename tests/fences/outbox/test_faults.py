"""The disk of the outbox: full, read-only, gone, blocked or damaged. Nothing is lost without a message."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fences.outbox.killed import feature
from tests.fences.outbox.outbox_rig import Screen, SharedStore, Window, adding, adding_many
from tests.fences.outbox.test_outbox_service import MemoryStore, Services
from tvapp.core.errors import Unreachable
from tvapp.core.record import RecordFormat
from tvapp.fences.model.change import Change
from tvapp.fences.outbox.folder import FORMAT, OutboxFolder
from tvapp.fences.outbox.outbox import MOST_WAITING, Entry
from tvapp.fences.outbox.persistence import RETRY_AFTER_S


@pytest.fixture
def screen(tmp_path: Path) -> Screen:
    """Return a screen whose store is out of reach."""
    return Screen(tmp_path / "data" / "outbox", Window(SharedStore(), is_online=False))


class Fault:
    """Makes one function of the operating system fail for everything below a folder, while it is on."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path, name: str, number: int) -> None:
        self.is_on = False
        self.times = 0
        real: Callable[..., Any] = getattr(os, name)

        def failing(path: Any, *arguments: Any, **more: Any) -> Any:
            is_below = isinstance(path, int) or os.fspath(path).startswith(str(folder))
            if self.is_on and is_below:
                self.times += 1
                raise OSError(number, os.strerror(number))
            return real(path, *arguments, **more)

        patch.setattr(os, name, failing)


@pytest.mark.parametrize(
    ("function", "number"),
    [
        ("open", errno.ENOSPC),
        ("open", errno.EROFS),
        ("open", errno.EACCES),
        ("fsync", errno.ENOSPC),
        ("fsync", errno.EIO),
        ("replace", errno.EDQUOT),
    ],
)
def test_a_disk_error_is_reported_and_the_disk_is_written_again_once_it_works(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, function: str, number: int
) -> None:
    fault = Fault(monkeypatch, screen.folder, function, number)
    screen.start()
    screen.submit(adding("before"))
    fault.is_on = True
    screen.submit(adding("a"), adding("b"))
    assert screen.disk_trouble() == os.strerror(number)
    assert set(screen.shown()) == {"before", "a", "b"}
    assert screen.saved() == ["0000000001.json"]
    assert [path for path in screen.folder.iterdir() if path.name.startswith(".")] == [], "nothing is left half written"
    times = fault.times
    screen.wait(RETRY_AFTER_S - 1.0)
    assert fault.times == times, "it is left alone for a while"
    fault.is_on = False
    screen.wait(1.0)
    assert not screen.disk_trouble()
    assert len(screen.log.named("disk.failed")) == len(screen.log.named("disk.restored")) == 1
    assert len(screen.saved()) == 3
    again = Screen(screen.folder, screen.window)
    again.start()
    assert set(again.shown()) == {"before", "a", "b"}


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of 64 kB of its own; only root can make one."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True)
    if made.returncode:
        pytest.skip("only root may mount a disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.process
def test_a_full_disk_keeps_its_entries_and_gets_the_rest_once_there_is_space(tiny_disk: Path) -> None:
    screen = Screen(tiny_disk / "outbox", Window(SharedStore(), is_online=False))
    screen.start()
    screen.submit(adding("a"))
    filling = tiny_disk / "log"
    filling.write_bytes(bytes(1 << 14))
    with contextlib.suppress(OSError), filling.open("ab", buffering=0) as file:
        while file.write(bytes(1024)):
            pass
    assert shutil.disk_usage(tiny_disk).free == 0
    screen.submit(adding("b"), adding("c"))
    assert screen.disk_trouble()
    assert screen.saved() == ["0000000001.json"]
    filling.unlink()
    screen.wait(RETRY_AFTER_S)
    assert not screen.disk_trouble()
    assert len(screen.saved()) == 3


def test_a_folder_that_vanishes_is_missed_with_the_next_change_and_written_anew(screen: Screen) -> None:
    screen.start()
    screen.submit(*adding_many(3))
    shutil.rmtree(screen.folder)
    screen.submit(adding("later"))
    assert screen.disk_trouble()
    screen.wait(RETRY_AFTER_S)
    assert not screen.disk_trouble()
    assert len(screen.saved()) == 4, "those that were there before are there again"


def test_a_folder_in_the_place_of_an_entry_does_no_harm(screen: Screen) -> None:
    screen.start()
    (screen.folder / "0000000001.json" / "full").mkdir(parents=True)
    screen.submit(adding("a"), adding("b"))
    assert screen.disk_trouble()
    (screen.folder / "0000000001.json" / "full").rmdir()
    (screen.folder / "0000000001.json").rmdir()
    screen.wait(RETRY_AFTER_S)
    assert (screen.disk_trouble(), len(screen.saved())) == ("", 2)


def test_an_outbox_that_cannot_be_read_at_the_start_is_read_later_and_goes_first(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = OutboxFolder(screen.folder)
    for number in (1, 2):
        folder.save(Entry(number, adding(f"old-{number}")))
    before = {path: path.read_bytes() for path in screen.folder.iterdir()}
    faults = [Fault(monkeypatch, screen.folder, name, errno.EACCES) for name in ("listdir", "scandir")]
    for fault in faults:
        fault.is_on = True
    screen.start()
    assert screen.disk_trouble()
    screen.submit(adding("new"))
    assert set(screen.shown()) == {"new"}
    screen.wait(RETRY_AFTER_S)
    assert screen.disk_trouble()
    assert {path: path.read_bytes() for path in before} == before, "what nobody has read is not overwritten"
    assert screen.log.named("disk.failed") == screen.log.named("disk.failed")[:1], "told once"
    for fault in faults:
        fault.is_on = False
    screen.wait(RETRY_AFTER_S)
    assert not screen.disk_trouble()
    assert len(screen.log.named("disk.restored")) == 1
    assert {path: path.read_bytes() for path in before} == before
    assert len(screen.saved()) == 3
    screen.window.is_online = True
    screen.outbox.send_now()
    screen.settle()
    assert screen.window.sent == ["id-old-1-new", "id-old-2-new", "id-new-new"]
    assert screen.saved() == []


def test_without_a_readable_disk_changes_are_sent_all_the_same(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("listdir", "scandir"):
        Fault(monkeypatch, screen.folder, name, errno.EIO).is_on = True
    screen.window.is_online = True
    OutboxFolder(screen.folder).save(Entry(1, adding("old")))
    screen.start()
    screen.submit(adding("new"))
    assert screen.window.sent == ["id-new-new"]
    assert screen.told.entries == ()


def test_damaged_entries_are_counted_and_the_others_go_out(screen: Screen) -> None:
    folder = OutboxFolder(screen.folder)
    for number, change in enumerate(adding_many(5), 1):
        folder.save(Entry(number, change))
    (screen.folder / "0000000002.json").write_bytes(b"\0" * 300)
    newer = screen.folder / "0000000005.json"
    content = RecordFormat(FORMAT.kind, FORMAT.version + 1).pack(bytes(FORMAT.unpack(newer.read_bytes())))
    newer.write_bytes(content)
    screen.window.is_online = True
    screen.start()
    assert screen.told.unreadable == 2
    assert set(screen.window.shared.fences) == {"fence-0", "fence-2", "fence-3"}
    screen.window.is_online = False
    screen.submit(adding("next"))
    assert screen.saved() == ["0000000005.json", "0000000006.json"], "nothing takes the place of what was not read"
    assert newer.read_bytes() == content
    assert (screen.folder / "0000000002.json.broken").read_bytes() == b"\0" * 300


def test_an_entry_that_cannot_be_read_now_is_there_at_the_next_start(screen: Screen) -> None:
    folder = OutboxFolder(screen.folder)
    folder.save(Entry(1, adding("a")))
    path = screen.folder / "0000000001.json"
    path.rename(screen.folder / "elsewhere")
    path.symlink_to(path)  # reading it fails, as on a bad sector
    screen.start()
    assert screen.told.unreadable == 1
    path.unlink()
    (screen.folder / "elsewhere").rename(path)
    again = Screen(screen.folder, screen.window)
    again.start()
    assert (set(again.shown()), again.told.unreadable) == ({"a"}, 0)


def test_a_change_that_cannot_be_saved_is_reported_and_sent_and_blocks_no_other(screen: Screen) -> None:
    screen.start()
    screen.window.is_online = True
    broken = Change("odd", "", "odd", b"", feature("odd", "\\u00e9") + b"\xff")
    screen.submit(broken, adding("a"))
    assert screen.disk_trouble()
    assert screen.window.sent == ["odd", "id-a-new"]
    assert len(screen.log.named("disk.failed")) == 1


def test_as_many_changes_as_may_wait_are_there_after_a_restart_and_go_out_in_order(screen: Screen) -> None:
    folder = OutboxFolder(screen.folder)
    changes = list(adding_many(MOST_WAITING))
    screen.folder.mkdir(parents=True)
    for number, change in enumerate(changes, 1):
        # As `keep` writes them, without waiting for the disk each time.
        payload = {
            "id": change.id, "source": "", "geometry_id": change.geometry_id, "before": "",
            "after": change.after.decode(), "place": 0, "at": 0.0, "state": "waiting",
        }  # fmt: skip
        (screen.folder / f"{number:010}.json").write_bytes(FORMAT.pack(json.dumps(payload).encode()))
    assert [entry.change for entry in folder.read()[0]] == changes
    screen.start()
    assert screen.outbox.is_full
    assert len(screen.shown()) == MOST_WAITING
    assert [entry.change for entry in screen.told.entries] == changes


# -- on which thread ---------------------------------------------------------------------------------------------------


def test_nothing_of_it_touches_disk_or_network_on_the_callers_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = threading.get_ident()
    seen: dict[str, set[int]] = {}
    services = Services(tmp_path, MemoryStore(answers=[Unreachable("store")]))

    def watch(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def watched(path: Any, *arguments: Any, **more: Any) -> Any:
            if isinstance(path, int) or str(services.folder) in str(path):
                seen.setdefault(name, set()).add(threading.get_ident())
            return real(path, *arguments, **more)

        monkeypatch.setattr(owner, name, watched)

    for name in ("open", "listdir", "mkdir", "stat", "fsync", "replace", "unlink"):
        watch(os, name)
    threads: set[int] = set()
    for name in ("load", "send"):
        real = getattr(services.store, name)

        async def noticed(*arguments: Any, real: Any = real, **more: Any) -> Any:
            threads.add(threading.get_ident())
            return await real(*arguments, **more)

        setattr(services.store, name, noticed)
    try:
        services.start()
        services.outbox.submit(adding("a"))
        services.until(lambda: services.told.error is not None)
        services.outbox.send_now()
        services.until(lambda: "unlink" in seen and "a" in services.names())
        services.outbox.close()
    finally:
        services.jobs.stop()
    assert {"open", "listdir", "fsync", "replace", "unlink"} <= set(seen)
    assert here not in set().union(*seen.values())
    assert threads
    assert here not in threads
