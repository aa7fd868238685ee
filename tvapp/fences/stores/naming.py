"""Names the files of geofences. A geofence made on a screen has a file of its own, named after its id."""

from __future__ import annotations

import hashlib
import re

from tvapp.fences.formats import refusals
from tvapp.fences.model.fence import Skipped

SUFFIXES = (".geojson", ".json")
"""Suffixes of the files that are read and written, in any case."""
_READ = (
    *SUFFIXES, ".geojsonl", ".geojsons", ".geojsonseq", ".geojsonld", ".ndgeojson", ".ndjson", ".jsonl", ".jsons",
    ".jsonld", ".json-seq", ".otrc", ".otrw",
)  # fmt: skip
READ_SUFFIXES = (*_READ, *(f"{suffix}.gz" for suffix in _READ))
"""Suffixes of the files that are read, in any case: sequences, exports of OwnTracks, and all of them compressed."""
MOST_TOLD = 500
"""Files that are passed over and named one by one; of further ones the number is told."""

_PLAIN = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_.-]{0,99}")
_OTHER = re.compile(r"[^0-9A-Za-z_-]+")


def is_read(name: str) -> bool:
    """Tell whether a file is read, by its name."""
    return not is_hidden(name) and name.lower().endswith(READ_SUFFIXES)


def is_hidden(name: str) -> bool:
    """Tell whether a file is none of the user's: locks, unfinished files, what editors and systems leave behind."""
    return name.rpartition("/")[2].startswith((".", "~$"))


class PassedOver:
    """Collects the files of a store that are not read, so that none is passed over in silence."""

    def __init__(self, store: str) -> None:
        self._store = store
        self._told: list[Skipped] = []
        self._further = 0

    def add(self, name: str, reason: str = "") -> None:
        """Take a file; its name says why it is not read where there is no other reason."""
        if is_hidden(name):
            return
        if len(self._told) >= MOST_TOLD:
            self._further += 1
            return
        reason = reason or refusals.of_name(name) or "its name does not end in .geojson or .json; it is not read"
        self._told.append(Skipped(name[:200], reason))

    def told(self) -> tuple[Skipped, ...]:
        """Return what to tell, in the order of the names."""
        told = sorted(self._told, key=lambda skip: skip.source)
        more = [Skipped(self._store, f"{self._further} more files that are not read")] if self._further else []
        return (*told, *more)


def file_name(geometry_id: str) -> str:
    """Return the file name for an id, the same on every screen: the id itself wherever it is a valid file name.

    >>> file_name("depot-3")
    'depot-3.geojson'
    >>> file_name("../Höfe")
    'H-fe-8ac7638fe70e.geojson'
    """
    if _PLAIN.fullmatch(geometry_id):
        return f"{geometry_id}.geojson"
    digest = hashlib.sha256(geometry_id.encode(errors="surrogatepass")).hexdigest()[:12]
    readable = _OTHER.sub("-", geometry_id).strip("-")[:60]
    return f"{readable}-{digest}.geojson".removeprefix("-")
