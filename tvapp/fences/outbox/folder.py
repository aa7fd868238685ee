"""Stores the outbox in a folder: a file for each entry, written atomically, so that a kill loses no entry."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tvapp.core.errors import DataError, StorageError
from tvapp.core.files import make_private_dir, read_bounded, remove, write_atomic
from tvapp.core.record import NewerRecord, RecordFormat
from tvapp.fences.model.change import Change
from tvapp.fences.outbox.outbox import Entry, Refusal, State

FORMAT = RecordFormat("outbox-entry", 2)
MOST_BYTES = 64 << 20
"""An entry holds a Feature three times at most."""
SUFFIX = ".json"
SET_ASIDE = ".broken"


class _Entry(msgspec.Struct):
    """The payload of a file. Features are text: they were read as UTF-8, and stay byte for byte what they are."""

    id: str
    source: str
    geometry_id: str
    before: str
    after: str
    place: int
    at: float
    state: State
    resume: str = ""
    refusal: Refusal | None = None
    theirs: str | None = None


class OutboxFolder:
    """The folder of the outbox of one account and one store. Blocks: for workers, one call at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_there = False
        self.last_number = 0
        """The highest number of a file there, readable or not; new entries are numbered from the next one on."""

    def read(self) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
        """Return the entries in order, and the names of files that hold none.

        A damaged file is set aside; one that cannot be read now, or only by a later version, stays for the next start.

        Raises:
            StorageError: the folder is there and cannot be read.
        """
        try:
            names = sorted(path.name for path in self._path.iterdir())
        except FileNotFoundError:
            return (), ()
        except OSError as error:
            raise StorageError.of(self._path, error) from error
        self._is_there = True
        self.last_number = max((_number(name) for name in names), default=0)
        entries: list[Entry] = []
        broken: list[str] = []
        for name in names:
            if name.startswith("."):
                # The temporary file of a write that was cut short: its change was never confirmed.
                with contextlib.suppress(StorageError):
                    remove(self._path / name)
            elif name.endswith(SUFFIX):
                try:
                    entries.append(self._read_entry(name))
                except (DataError, StorageError) as error:
                    broken.append(name)
                    is_other_time = isinstance(error, NewerRecord) or isinstance(error.__cause__, OSError)
                    if not is_other_time or (self._path / name).is_dir():
                        self._set_aside(name)
        parts = _parts(entries)
        for part in parts:
            with contextlib.suppress(StorageError):
                self.delete(part.number)
        return tuple(entry for entry in entries if entry not in parts), tuple(broken)

    def save(self, entry: Entry) -> None:
        """Write an entry, in place of the one of the same number.

        Raises:
            StorageError: the disk is full or cannot be written; what was there stays. Also, once, where the folder
                was deleted with its files.
        """
        was_there, self._is_there = self._is_there, self._path.is_dir()
        if was_there and not self._is_there:
            raise StorageError(str(self._path), "the folder has gone", "gone")
        make_private_dir(self._path, ours=2)
        change = entry.change
        payload = msgspec.json.encode(
            _Entry(
                id=change.id,
                source=change.source,
                geometry_id=change.geometry_id,
                before=change.before.decode(),
                after=change.after.decode(),
                place=change.number,
                at=change.at,
                state=entry.state,
                resume=entry.resume,
                refusal=entry.refusal,
                theirs=None if entry.theirs is None else entry.theirs.decode(),
            )
        )
        write_atomic(self._path / _name(entry.number), FORMAT.pack(payload))
        self._is_there = True

    def delete(self, number: int) -> None:
        """Delete an entry, if it is there.

        Raises:
            StorageError: it cannot be deleted.
        """
        remove(self._path / _name(number))

    def _set_aside(self, name: str) -> None:
        for number in itertools.count():
            aside = self._path / f"{name}{SET_ASIDE}{number or ''}"
            if not aside.exists():
                break
        with contextlib.suppress(OSError):
            (self._path / name).rename(aside)

    def _read_entry(self, name: str) -> Entry:
        data = read_bounded(self._path / name, MOST_BYTES)
        stem = name.removesuffix(SUFFIX)
        if data is None or not (stem.isascii() and stem.isdecimal()):
            raise DataError(name, "not an entry of the outbox")
        payload = FORMAT.unpack(data)
        try:
            found = msgspec.json.decode(payload, type=_Entry)
            change = Change(
                found.id,
                found.source,
                found.geometry_id,
                found.before.encode(),
                found.after.encode(),
                found.place,
                found.at,
            )
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise DataError(name, "not an entry of the outbox") from error
        return Entry(
            int(stem),
            change,
            found.state,
            found.resume,
            # An attempt may have been sent before the program ended.
            is_tried=found.state == "waiting",
            refusal=found.refusal,
            theirs=None if found.theirs is None else found.theirs.encode(),
        )


def _parts(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries that were merged into an earlier one: a kill came before they were deleted.

    Later changes are merged into entries that wait for the viewer, and only into those.
    """
    found: list[Entry] = []
    for whole in (entry for entry in entries if entry.is_stuck):
        part, after = [whole], whole.change.after
        # Backwards from the entry that ends as the whole does; the place tells two fences of the same id apart.
        for entry in reversed(entries):
            is_same = entry.fence == whole.fence and entry.change.number == whole.change.number
            if is_same and entry.number > whole.number and entry.change.after == after:
                part.append(entry)
                after = entry.change.before
        found += part[1:]
    return found


def _number(name: str) -> int:
    stem = name.partition(".")[0]
    return int(stem) if stem.isascii() and stem.isdecimal() else 0


def _name(number: int) -> str:
    return f"{number:010}{SUFFIX}"
