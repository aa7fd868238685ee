"""Geofences in a folder: every *.geojson and *.json file in it, read on a worker."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TypeAlias

from tvapp.core.errors import DataError, StorageError
from tvapp.core.files import read_bounded
from tvapp.core.log import Log
from tvapp.fences.geojson import MAX_BYTES, ReadResult, read
from tvapp.fences.model import Skipped
from tvapp.fences.stores.base import UNCHANGED, Loaded, SameThread, Workers

SUFFIXES = (".geojson", ".json")
MAX_FILES = 5_000

Mark: TypeAlias = tuple[int, int, int]
"""What tells two versions of a file apart: time of change, size, inode."""


class FolderStore:
    """Reads a folder; a file that has not changed is not read again."""

    name = "folder"

    def __init__(self, path: str | Path, log: Log, *, workers: Workers | None = None) -> None:
        self._path = Path(path).expanduser()
        self._log = log
        self._workers: Workers = workers if workers is not None else SameThread()
        self._read: dict[str, tuple[Mark, ReadResult]] = {}
        self._overflow = 0
        self._loaded = False

    async def load(self) -> Loaded:
        """See Store.

        Raises:
            StorageError: the folder itself cannot be read.
        """
        return await self._workers.in_worker(self._load)

    def _load(self) -> Loaded:
        marks, overflow = self._list()
        if self._loaded and marks == {name: mark for name, (mark, _) in self._read.items()}:
            return UNCHANGED
        results: dict[str, tuple[Mark, ReadResult]] = {}
        for name, mark in marks.items():
            known = self._read.get(name)
            if known is not None and known[0] == mark:
                results[name] = known
            else:
                result = self._read_file(name)
                if result is not None:
                    results[name] = mark, result
        self._read = results
        self._loaded = True
        fences = tuple(fence for _, result in results.values() for fence in result.fences)
        skipped = [skip for _, result in results.values() for skip in result.skipped]
        if overflow:
            skipped.append(Skipped(str(self._path), f"{overflow} files beyond the first {MAX_FILES}"))
        return Loaded(fences, tuple(skipped))

    def _list(self) -> tuple[dict[str, Mark], int]:
        marks: dict[str, Mark] = {}
        try:
            with os.scandir(self._path) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or not entry.name.lower().endswith(SUFFIXES):
                        continue
                    try:
                        status = entry.stat()
                    except OSError:
                        # A link to nowhere, or gone meanwhile: reading it says which.
                        marks[entry.name] = (0, -1, 0)
                        continue
                    if stat.S_ISREG(status.st_mode):
                        marks[entry.name] = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError as error:
            raise StorageError(str(self._path), error.strerror or str(error)) from error
        names = sorted(marks)
        return {name: marks[name] for name in names[:MAX_FILES]}, max(0, len(names) - MAX_FILES)

    def _read_file(self, name: str) -> ReadResult | None:
        # A name that is not UTF-8 arrives with lone surrogates, which no log or screen can take.
        shown = name.encode(errors="replace").decode()
        try:
            data = read_bounded(self._path / name, MAX_BYTES)
            return None if data is None else read(data, shown)
        except (DataError, StorageError) as error:
            return ReadResult((), (Skipped(shown, error.reason),))
