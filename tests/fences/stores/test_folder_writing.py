"""Writing changes to a folder that other programs use too."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fences.stores.changes import OTHERS, add, delete, edit, feature, note
from tvapp.core.errors import DataError, StorageError, TvappError
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.fences.model.change import Change, Conflicting, Outcome, Stored
from tvapp.fences.stores.folder import FolderStore
from tvapp.fences.stores.folder_writing import LOCK, send_change


def send(store: FolderStore, change: Change) -> Outcome:
    return asyncio.run(store.send(change, note=note))


def store_of(folder: Path) -> FolderStore:
    return FolderStore(folder, RecordingLog())


def shown(store: FolderStore) -> dict[str, object]:
    """Return the radius of each fence that a load shows."""
    return {fence.id: fence.properties["radius"] for fence in asyncio.run(store.load()).fences}


def files(folder: Path) -> list[str]:
    """Return the names of all files there, temporary ones included."""
    return sorted(path.name for path in folder.iterdir() if path.is_file() and path.name != LOCK)


def test_a_new_fence_is_a_file_of_its_own_which_the_next_load_shows(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    assert shown(store) == {}
    assert send(store, add("depot-1")) == Stored("depot-1.geojson")
    assert files(tmp_path) == ["depot-1.geojson"]
    assert json.loads((tmp_path / "depot-1.geojson").read_bytes())["type"] == "FeatureCollection"
    assert shown(store) == {"depot-1": 50}
    assert asyncio.run(store.load()).unchanged


def test_an_edit_leaves_the_rest_of_another_tools_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "Sites 2026.json"
    path.write_bytes(OTHERS % (feature("a"), feature("b")))
    path.chmod(0o664)
    store = store_of(tmp_path)
    asyncio.run(store.load())
    assert send(store, edit(path.name, "b", 50, 75)) == Stored(path.name)
    assert path.read_bytes() == OTHERS % (feature("a"), feature("b", 75))
    assert path.stat().st_mode & 0o7777 == 0o664
    assert shown(store) == {"a": 50, "b": 75}


def test_the_last_fence_of_a_file_takes_the_file_with_it(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    send(store, add("one"))
    send(store, add("two"))
    assert send(store, delete("one.geojson", "one")) == Stored("one.geojson")
    assert files(tmp_path) == ["two.geojson"]
    assert shown(store) == {"two": 50}


def test_what_a_killed_screen_had_not_finished_writing_goes_with_the_next_change(tmp_path: Path) -> None:
    ours = [".depot-1.geojson.0123abcd.tmp", ".Sites 2026.JSON.89efffff.tmp"]
    others = [".depot-1.geojson.swp", ".notes.txt.0123abcd.tmp", "depot-1.geojson.0123abcd.tmp"]
    for name in ours + others:
        (tmp_path / name).write_bytes(b"{")
    send(store_of(tmp_path), add("depot-2"))
    assert files(tmp_path) == sorted([*others, "depot-2.geojson"])


@pytest.mark.parametrize("change", [add("a"), edit("b.json", "b", 50, 60), delete("c.json", "c")])
def test_the_same_change_once_more_writes_nothing(tmp_path: Path, change: Change) -> None:
    (tmp_path / "b.json").write_bytes(OTHERS % (feature("b"), feature("other")))
    (tmp_path / "c.json").write_bytes(OTHERS % (feature("c"), feature("other")))
    first = send(store_of(tmp_path), change)
    assert isinstance(first, Stored)
    before = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    assert send(store_of(tmp_path), change) == first
    assert {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.iterdir()} == before


def test_an_edit_of_the_same_fence_by_another_client_is_a_conflict_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(OTHERS % (feature("a", 99), feature("b")))
    before = path.read_bytes()
    assert send(store_of(tmp_path), edit("a.json", "a", 50, 60)) == Conflicting(feature("a", 99), "a.json")
    assert send(store_of(tmp_path), delete("a.json", "a")) == Conflicting(feature("a", 99), "a.json")
    assert path.read_bytes() == before
    path.unlink()
    assert send(store_of(tmp_path), edit("a.json", "a", 50, 60)) == Conflicting(b"", "a.json")


@pytest.mark.parametrize(
    ("geometry_id", "name"),
    [("3fa85f64-5717", "3fa85f64-5717.geojson"), ("../up", "up-"), ("a/b", "a-b-"), (".hidden", "hidden-"), ("é", "")],
)
def test_no_id_leads_out_of_the_folder(tmp_path: Path, geometry_id: str, name: str) -> None:
    folder = tmp_path / "fences"
    folder.mkdir()
    store = store_of(folder)
    outcome = send(store, add(geometry_id))
    assert isinstance(outcome, Stored)
    assert outcome.source.startswith(name)
    assert files(folder) == [outcome.source]
    assert list(shown(store)) == [geometry_id]


@pytest.mark.parametrize("source", ["../up.json", "/etc/up.json", ".hidden.json", "notes.txt", "a\0.json"])
def test_a_change_that_names_no_file_of_the_folder_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(DataError):
        send(store_of(tmp_path), add("a", source=source))
    assert files(tmp_path) == []


def test_a_file_whose_name_is_no_text_can_be_edited(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.geojson"))
    path.write_bytes(OTHERS % (feature("a"), feature("b")))
    store = store_of(tmp_path)
    fence = asyncio.run(store.load()).fences[0]
    assert send(store, edit(fence.source, "a", 50, 60)) == Stored(path.name)
    assert path.read_bytes() == OTHERS % (feature("a", 60), feature("b"))


# -- others write too -------------------------------------------------------------------------------------------------


@contextmanager
def just_before_replacing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> Iterator[None]:
    """Have another program act while the new file is written to the disk."""
    fsync = os.fsync
    acted = False

    def sync(fd: int) -> None:
        nonlocal acted
        fsync(fd)
        if not acted:
            acted = True
            act()

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", sync)
        yield
    assert acted


def test_what_another_program_writes_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(OTHERS % (feature("a"), feature("b")))
    with just_before_replacing(monkeypatch, lambda: path.write_bytes(OTHERS % (feature("a"), feature("b", 99)))):
        assert send(store_of(tmp_path), edit("a.json", "a", 50, 60)) == Stored("a.json")
    assert path.read_bytes() == OTHERS % (feature("a", 60), feature("b", 99))
    assert files(tmp_path) == ["a.json"]


def test_another_programs_edit_of_the_same_fence_meanwhile_is_a_collision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(OTHERS % (feature("a"), feature("b")))
    theirs = OTHERS % (feature("a", 99), feature("b"))
    with just_before_replacing(monkeypatch, lambda: path.write_bytes(theirs)):
        assert send(store_of(tmp_path), edit("a.json", "a", 50, 60)) == Conflicting(feature("a", 99), "a.json")
    assert path.read_bytes() == theirs


def test_a_new_file_never_takes_the_place_of_one_that_came_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.geojson"
    with just_before_replacing(monkeypatch, lambda: path.write_bytes(OTHERS % (feature("b"), feature("c")))):
        assert send(store_of(tmp_path), add("a")) == Stored("a.geojson")
    assert list(shown(store_of(tmp_path))) == ["b", "c", "a"]


def test_a_program_that_never_stops_writing_is_left_alone_for_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(OTHERS % (feature("a"), feature("b")))
    fsync = os.fsync
    turns = iter(range(100, 1000))

    def sync(fd: int) -> None:
        fsync(fd)
        path.write_bytes(OTHERS % (feature("a"), feature("b", next(turns))))

    monkeypatch.setattr(os, "fsync", sync)
    with pytest.raises(StorageError, match="keeps changing"):
        send(store_of(tmp_path), edit("a.json", "a", 50, 60))
    assert files(tmp_path) == ["a.json"]


def test_many_screens_at_once_lose_nothing(tmp_path: Path) -> None:
    screens, each = 4, 6
    ids = [f"f{number}" for number in range(screens * each)]
    path = tmp_path / "all.json"
    path.write_bytes(b'{"type":"FeatureCollection","features":[%s]}' % b",".join(map(feature, ids)))
    problems: list[object] = []

    def screen(number: int) -> None:
        store = store_of(tmp_path)
        for geometry_id in ids[number::screens]:
            outcome = send(store, edit("all.json", geometry_id, 50, 75))
            if outcome != Stored("all.json"):
                problems.append(outcome)

    threads = [threading.Thread(target=screen, args=(number,)) for number in range(screens)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert shown(store_of(tmp_path)) == dict.fromkeys(ids, 75)


def test_two_screens_that_edit_the_same_fence_one_of_them_collides(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(OTHERS % (feature("a"), feature("b")))
    jobs = Jobs(Inbox(), RecordingLog())

    async def both() -> list[Outcome]:
        stores = [FolderStore(tmp_path, RecordingLog(), workers=jobs) for _ in range(2)]
        changes = [edit("a.json", "a", 50, 60), edit("a.json", "a", 50, 70)]
        sends = (store.send(change, note=note) for store, change in zip(stores, changes, strict=True))
        return await asyncio.gather(*sends)

    try:
        outcomes = asyncio.run(both())
    finally:
        jobs.stop()
    assert {type(outcome) for outcome in outcomes} == {Stored, Conflicting}
    won = 60 if isinstance(outcomes[0], Stored) else 70
    assert (tmp_path / "a.json").read_bytes() == OTHERS % (feature("a", won), feature("b"))


def test_a_screen_that_never_lets_go_of_the_lock_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tvapp.fences.stores.folder.LOCKED_PAUSE_S", 0.0)
    with (tmp_path / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StorageError, match="another screen"):
            send(store_of(tmp_path), add("a"))
    assert files(tmp_path) == []
    assert send(store_of(tmp_path), add("a")) == Stored("a.geojson")


@pytest.mark.parametrize("put", [os.mkfifo, Path.mkdir], ids=["pipe", "folder"])
def test_something_else_in_the_place_of_the_lock_is_refused_and_hangs_nothing(
    tmp_path: Path, put: Callable[[Path], None]
) -> None:
    put(tmp_path / LOCK)
    with pytest.raises(StorageError, match=LOCK):
        send_change(tmp_path, "a.geojson", add("a"))
    assert files(tmp_path) == []


def test_a_file_system_without_locks_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert send(store_of(tmp_path), add("a")) == Stored("a.geojson")


# -- a folder in a bad way --------------------------------------------------------------------------------------------


def vanish(folder: Path) -> None:
    (folder / "a.json").unlink()
    folder.rmdir()


def link(folder: Path) -> None:
    (folder / "a.json").rename(folder.parent / "target.json")
    (folder / "a.json").symlink_to(folder.parent / "target.json")


def become_a_folder(folder: Path) -> None:
    (folder / "a.json").unlink()
    (folder / "a.json").mkdir()


def become_a_pipe(folder: Path) -> None:
    (folder / "a.json").unlink()
    os.mkfifo(folder / "a.json")


def become_a_file(folder: Path) -> None:
    vanish(folder)
    folder.write_text("no folder")


@pytest.mark.parametrize("happen", [vanish, link, become_a_folder, become_a_pipe, become_a_file])
@pytest.mark.parametrize("change", [edit("a.json", "a", 50, 60), delete("a.json", "a")])
def test_what_cannot_be_written_now_is_tried_again_later(
    tmp_path: Path, happen: Callable[[Path], None], change: Change
) -> None:
    folder = tmp_path / "fences"
    folder.mkdir()
    (folder / "a.json").write_bytes(OTHERS % (feature("a"), feature("b")))
    store = store_of(folder)
    asyncio.run(store.load())
    happen(folder)
    with pytest.raises(StorageError):
        send(store, change)
    if happen is link:
        assert (tmp_path / "target.json").read_bytes() == OTHERS % (feature("a"), feature("b"))
        assert (folder / "a.json").is_symlink()


def test_a_full_disk_leaves_the_old_content_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(OTHERS % (feature("a"), feature("b")))
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        errors = [_error(tmp_path, change) for change in (edit("a.json", "a", 50, 60), add("new"))]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [type(error) for error in errors] == [StorageError, StorageError]
    assert path.read_bytes() == before
    assert files(tmp_path) == ["a.json"]


def _error(folder: Path, change: Change) -> TvappError | None:
    try:
        send(store_of(folder), change)
    except TvappError as error:
        return error
    return None


def test_a_folder_that_may_not_be_written_to_says_why() -> None:
    with pytest.raises(StorageError) as raised:
        send(store_of(Path("/sys/kernel")), add("a"))
    assert raised.value.reason in ("Permission denied", "Read-only file system", "Operation not permitted")


def test_a_file_that_is_no_geojson_is_refused_and_stays(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"<html>")
    with pytest.raises(DataError):
        send(store_of(tmp_path), edit("a.json", "a", 50, 60))
    assert (tmp_path / "a.json").read_bytes() == b"<html>"


def test_what_a_power_cut_left_of_a_new_file_is_filled(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").touch()
    assert send(store_of(tmp_path), add("a")) == Stored("a.geojson")
    assert shown(store_of(tmp_path)) == {"a": 50}


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.symlink_to("elsewhere.geojson"), "it is a link"),
        (lambda path: path.mkdir(), "it is not a plain file"),
    ],
)
def test_a_link_or_a_folder_in_the_place_of_a_file_is_named(
    tmp_path: Path, make: Callable[[Path], object], reason: str
) -> None:
    path = tmp_path / "a.geojson"
    make(path)
    with pytest.raises(StorageError) as raised:
        send_change(tmp_path, path.name, add("a"))
    assert (raised.value.path, raised.value.reason) == (str(path), reason)


def test_the_rest_of_a_killed_screen_is_looked_for_with_the_first_change_alone(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    unfinished = tmp_path / ".b.geojson.0123abcd.tmp"
    for name, is_left in (("a", False), ("c", True)):
        unfinished.write_bytes(b"half")
        send(store, add(name))
        assert unfinished.exists() == is_left


def test_a_rest_that_cannot_be_deleted_stays_and_the_change_is_written(tmp_path: Path) -> None:
    (tmp_path / ".b.geojson.0123abcd.tmp").mkdir()
    change = add("a")
    assert send_change(tmp_path, "a.geojson", change, tidy=True) == Stored("a.geojson")


def test_a_new_file_may_be_read_and_written_as_the_system_says(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        send_change(tmp_path, "a.geojson", add("a"))
    finally:
        os.umask(before)
    assert (tmp_path / "a.geojson").stat().st_mode & 0o777 == 0o666
