"""Watching a folder of geofences that other programs change, with the real watcher of the library."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.fences.stores.server import collection
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.fences.stores.base import Watchable, WritableStore
from tvapp.fences.stores.folder import FolderStore

NOTICED_S = 10.0
"""Longer than it ever takes; a change that is not noticed fails the test after this."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tvapp.fences.stores.folder_watching.ABSENT_S", 0.01)
    path = tmp_path / "fences"
    path.mkdir()
    return path


@asynccontextmanager
async def watching(store: FolderStore) -> AsyncIterator[asyncio.Task[None]]:
    """Yield a watch that has begun."""
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    is_other = store._is_other

    def told() -> bool:
        found = is_other()
        loop.call_soon_threadsafe(begun.set)
        return found

    store._is_other = told  # type: ignore[method-assign]
    task = asyncio.ensure_future(store.watch())
    try:
        await asyncio.wait_for(begun.wait(), NOTICED_S)
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def noticed(task: asyncio.Task[None]) -> None:
    await asyncio.wait_for(task, NOTICED_S)


def write(folder: Path, name: str, *ids: str) -> None:
    (folder / name).write_bytes(collection(*ids))


def exchange(folder: Path) -> None:
    folder.rename(folder.with_name("former"))
    folder.mkdir()
    write(folder, "a.json", "one")


CHANGES: list[Callable[[Path], object]] = [
    lambda folder: write(folder, "new.geojson", "three"),
    lambda folder: write(folder, "a.json", "two", "three"),
    lambda folder: (folder / "a.json").unlink(),
    lambda folder: (folder / "a.json").rename(folder / "b.JSON"),
    lambda folder: (folder / "a.json").rename(folder / "a.txt"),
    lambda folder: shutil.rmtree(folder),
    lambda folder: folder.rename(folder.with_name("elsewhere")),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_by_another_program_is_noticed(folder: Path, change: Callable[[Path], object]) -> None:
    async def main() -> None:
        write(folder, "a.json", "one")
        store = FolderStore(folder, RecordingLog())
        await store.load()
        async with watching(store) as watch:
            assert not watch.done()
            change(folder)
            await noticed(watch)

    asyncio.run(main())


def test_a_config_map_that_is_mounted_with_other_files_is_noticed(folder: Path) -> None:
    """Kubernetes changes no file: it points the link `..data`, through which each file is seen, to another folder."""
    for name, fence in (("..1", "one"), ("..2", "two")):
        (folder / name).mkdir()
        write(folder / name, "a.json", fence)
    (folder / "..data").symlink_to("..1")
    (folder / "a.json").symlink_to("..data/a.json")

    async def main() -> None:
        store = FolderStore(folder, RecordingLog())
        assert [fence.id for fence in (await store.load()).fences] == ["one"]
        async with watching(store) as watch:
            (folder / "..data_tmp").symlink_to("..2")
            (folder / "..data_tmp").rename(folder / "..data")
            await noticed(watch)
        assert [fence.id for fence in (await store.load()).fences] == ["two"]

    asyncio.run(main())


def test_what_changed_between_loading_and_watching_is_noticed(folder: Path) -> None:
    async def main() -> None:
        store = FolderStore(folder, RecordingLog())
        await store.load()
        write(folder, "a.json", "one")
        await asyncio.wait_for(store.watch(), NOTICED_S)
        assert [fence.id for fence in (await store.load()).fences] == ["one"]
        async with watching(store) as watch:
            assert not watch.done()

    asyncio.run(main())


def test_files_without_fences_do_not_end_the_watch(folder: Path) -> None:
    async def main() -> None:
        store = FolderStore(folder, RecordingLog())
        await store.load()
        async with watching(store) as watch:
            (folder / "notes.txt").write_text("no")
            write(folder, ".hidden.json", "no")
            (folder / "inside").mkdir()
            write(folder / "inside", "deep.json", "no")
            write(folder, "sentinel.json", "yes")
            await noticed(watch)
        assert [fence.id for fence in (await store.load()).fences] == ["yes"]

    asyncio.run(main())


def test_a_folder_that_goes_and_comes_back_is_noticed_both_times(folder: Path) -> None:
    async def main() -> None:
        store = FolderStore(folder, RecordingLog())
        await store.load()
        async with watching(store) as watch:
            shutil.rmtree(folder)
            await noticed(watch)
        async with watching(store) as watch:
            assert not watch.done()
            os.mkdir(folder)  # noqa: PTH102
            await noticed(watch)
        assert (await store.load()).unchanged
        async with watching(store) as watch:
            write(folder, "a.json", "one")
            await noticed(watch)

    asyncio.run(main())


def test_a_folder_that_is_exchanged_at_once_is_watched_on(folder: Path) -> None:
    async def main() -> None:
        store = FolderStore(folder, RecordingLog())
        await store.load()
        async with watching(store) as watch:
            exchange(folder)
            await noticed(watch)

    asyncio.run(main())


def test_where_the_system_cannot_watch_it_says_so_once_and_waits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []

    def refuse(*arguments: object) -> None:
        asked.append(arguments)
        raise OSError("no space left on device" * 20)

    monkeypatch.setattr("watchfiles.main.RustNotify", refuse)

    async def main() -> None:
        log = RecordingLog()
        store = FolderStore(folder, log)
        await store.load()
        async with watching(store) as watch:
            assert not watch.done()
        assert log.named("folder.not_watched") == [{"reason": ("no space left on device" * 20)[:300]}]
        assert log.at_level("warning") == ["folder.not_watched"]
        ((paths, _debug, _polls, _poll_delay_ms, is_recursive, *_),) = asked
        assert (paths, is_recursive) == ([str(folder)], False)

    asyncio.run(main())


def test_a_watch_on_the_io_thread_ends_with_it_and_leaves_no_thread(folder: Path) -> None:
    before = set(threading.enumerate())
    jobs = Jobs(Inbox(), RecordingLog())
    store = FolderStore(folder, RecordingLog(), workers=jobs)
    assert isinstance(store, Watchable)
    assert isinstance(store, WritableStore)
    begun = threading.Event()
    is_other = store._is_other

    def told() -> bool:
        begun.set()
        return is_other()

    store._is_other = told  # type: ignore[method-assign]

    async def load_and_watch() -> None:
        await store.load()
        await store.watch()

    jobs.spawn("watch", load_and_watch)
    assert begun.wait(NOTICED_S)
    assert jobs.stop(NOTICED_S)
    for thread in set(threading.enumerate()) - before:
        thread.join(NOTICED_S)
        assert not thread.is_alive(), thread.name


def test_a_watch_that_is_cancelled_leaves_no_thread(folder: Path) -> None:
    before = set(threading.enumerate())
    jobs = Jobs(Inbox(), RecordingLog(), workers=1)
    store = FolderStore(folder, RecordingLog(), workers=jobs)

    async def watch_twice() -> str:
        for _ in range(2):
            async with watching(store):
                pass
        return "done"

    jobs.spawn("watch", watch_twice).result(NOTICED_S)
    left = {thread for thread in set(threading.enumerate()) - before if thread.name.startswith("AnyIO")}
    for thread in left:
        thread.join(NOTICED_S)
        assert not thread.is_alive()
    assert jobs.stop(NOTICED_S)
