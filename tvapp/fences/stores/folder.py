"""Reads, writes and watches geofences in a folder: every file whose name says that it holds geofences, on workers."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import TypeAlias

from tvapp.core.clock import Clock, SystemClock
from tvapp.core.errors import DataError, StorageError
from tvapp.core.files import read_bounded
from tvapp.core.log import Log
from tvapp.fences.geojson.reading import MAX_BYTES, ReadResult
from tvapp.fences.model.change import Change, Outcome
from tvapp.fences.model.fence import Skipped
from tvapp.fences.stores.base import UNCHANGED, Loaded, Note, SameThread, Workers
from tvapp.fences.stores.content import Content, read_content
from tvapp.fences.stores.file_reader import FileReader
from tvapp.fences.stores.folder_watching import until_changed
from tvapp.fences.stores.folder_writing import send_change
from tvapp.fences.stores.naming import SUFFIXES, PassedOver, file_name, is_hidden, is_read
from tvapp.fences.stores.staleness import Staleness

MAX_FILES = 5_000
LOCKED_TRIES = 100
LOCKED_PAUSE_S = 0.05
"""Another tvapp holds the lock for one file at a time; with these it may write many before we give up for now."""

Mark: TypeAlias = tuple[int, int, int]
"""Tells two versions of a file apart: modification time, size, inode."""
_Listing: TypeAlias = tuple[dict[str, Mark], tuple[Skipped, ...]]
"""The files that are read, and what is passed over."""


class FolderStore:
    """Reads a folder and writes to it; an unchanged file is not read again, and a broken one stays as it was."""

    name = "folder"

    def __init__(
        self, path: str | Path, log: Log, *, workers: Workers | None = None, clock: Clock | None = None
    ) -> None:
        self._path = Path(path).expanduser().absolute()
        self._log = log
        self._workers: Workers = workers if workers is not None else SameThread()
        self.reader = FileReader()
        """Reads the files; another one may be set before the first load."""
        self._staleness = Staleness(clock if clock is not None else SystemClock())
        self._read: dict[str, tuple[Mark, Content]] = {}
        self._loaded = False
        self._is_tidy = False
        self._passed: tuple[Skipped, ...] = ()
        """What is in the folder and is not read."""
        self._seen: _Listing | None = None
        """What was in the folder at the last `load` or the last return of `watch`; None: not known."""

    async def load(self) -> Loaded:
        """See Store.

        Raises:
            StorageError: the folder itself cannot be read.
        """
        return await self._workers.in_worker(self._load)

    async def send(self, change: Change, *, note: Note, resume: str = "") -> Outcome:
        """See WritableStore, and `folder_writing.send_change` for other programs that write too.

        Raises:
            StorageError: the folder or the file cannot be written now.
            DataError: the file is not GeoJSON, or the change names no file of this folder.
        """
        name = self._file_of(change)
        for _ in range(LOCKED_TRIES):
            outcome = await self._workers.in_worker(
                lambda: send_change(self._path, name, change, tidy=not self._is_tidy)
            )
            if outcome is not None:
                self._is_tidy = True
                return outcome
            await asyncio.sleep(LOCKED_PAUSE_S)
        raise StorageError(str(self._path), "another screen is writing to it")

    async def watch(self) -> None:
        """See Watchable. Changes that other machines make on a network drive are not noticed."""
        await until_changed(self._path, ("",), lambda: self._workers.in_worker(self._is_other), self._log)

    def _is_other(self) -> bool:
        former, self._seen = self._seen, self._marks()
        return self._seen != former

    def _marks(self) -> _Listing | None:
        try:
            return self._list()
        except StorageError:
            return None

    def _file_of(self, change: Change) -> str:
        if not change.source:
            return file_name(change.geometry_id)
        # `source` is a printable name; that of a file that is not UTF-8 differs.
        name = next((name for name in self._read if _shown(name) == change.source), change.source)
        if "/" in name or "\0" in name or not _is_ours(name):
            raise DataError(change.source[:200], "not a file of this folder")
        return name

    def _load(self) -> Loaded:
        self._seen = None
        began = self._staleness.now()
        self._seen = listing = self._list()
        marks, passed = listing
        is_same = marks == {name: mark for name, (mark, _) in self._read.items()} and passed == self._passed
        if self._loaded and is_same and not any(map(self.reader.may_read_more, marks)):
            self._confirm(began)
            return UNCHANGED
        self.reader.keep(set(marks))
        results: dict[str, tuple[Mark, Content]] = {}
        for name, mark in marks.items():
            known = self._read.get(name)
            if known is not None and known[0] == mark and not self.reader.may_read_more(name):
                results[name] = known
            else:
                content = self._read_file(name, known[1] if known is not None else None)
                if content is not None:
                    results[name] = mark, content
        self._read, self._passed = results, passed
        self._loaded = True
        self._confirm(began)
        contents = {_shown(name): content for name, (_, content) in results.items()}
        fences = tuple(fence for content in contents.values() for fence in content.result.fences)
        skipped = [skip for name, content in contents.items() for skip in content.skipped(name)]
        skipped += passed
        stale = self._staleness.oldest(name for name, (_, content) in results.items() if content.is_kept)
        refused = tuple(name for name, content in contents.items() if content.is_refused)
        return Loaded(fences, tuple(skipped), as_of=self._staleness.wall(stale), refused=refused)

    def _confirm(self, moment: float) -> None:
        for name, (_, content) in self._read.items():
            if not content.problem:
                self._staleness.confirm(name, moment)

    def _list(self) -> _Listing:
        marks: dict[str, Mark] = {}
        passed = PassedOver(str(self._path))
        try:
            with os.scandir(self._path) as entries:
                for entry in entries:
                    if is_hidden(entry.name):
                        continue
                    try:
                        status = entry.stat()
                    except OSError:
                        # A dangling link, or deleted meanwhile: reading it tells which.
                        if is_read(entry.name):
                            marks[entry.name] = (0, -1, 0)
                        continue
                    if stat.S_ISDIR(status.st_mode):
                        passed.add(f"{_shown(entry.name)}/", "a folder; files in it are not read")
                    elif not stat.S_ISREG(status.st_mode):
                        passed.add(_shown(entry.name), "no regular file; it is not read")
                    elif is_read(entry.name):
                        marks[entry.name] = (status.st_mtime_ns, status.st_size, status.st_ino)
                    else:
                        passed.add(_shown(entry.name))
        except OSError as error:
            raise StorageError(str(self._path), error.strerror or str(error)) from error
        names = sorted(marks)
        told = passed.told()
        if (overflow := len(names) - MAX_FILES) > 0:
            told = (*told, Skipped(str(self._path), f"{overflow} files beyond the first {MAX_FILES}"))
        return {name: marks[name] for name in names[:MAX_FILES]}, told

    def _read_file(self, name: str, known: Content | None) -> Content | None:
        """Return the content of a file; None where it is gone."""
        is_gone = False

        def read() -> ReadResult:
            nonlocal is_gone
            data = read_bounded(self._path / name, MAX_BYTES)
            is_gone = data is None
            return ReadResult((), ()) if data is None else self.reader.read(data, _shown(name), name)

        content = read_content(read, known)
        return None if is_gone else content


def _shown(name: str) -> str:
    # A name that is not UTF-8 has lone surrogates here, which logs and the screen cannot encode.
    return name.encode(errors="replace").decode()


def _is_ours(name: str) -> bool:
    """Tell whether a file may be written."""
    return not is_hidden(name) and name.lower().endswith(SUFFIXES)
