"""Reads the files of one store: names by its conventions, and no more of all files together than the machine can hold.

The budget comes from the machine's memory (or the limit of its container): an eighth of it each for features, for
parts, for positions and for text, by what one of each takes. So the geofences of a store take about a quarter of the
memory as a rule, and half at worst.
"""

from __future__ import annotations

import os
from pathlib import Path

from tvapp.core.errors import DataError
from tvapp.fences.geojson.conventions import DEFAULT, Conventions
from tvapp.fences.geojson.limits import MOST, NOTHING, Limits
from tvapp.fences.geojson.reading import ReadResult, read

FEATURE_BYTES, PART_BYTES, POSITION_BYTES = 1_200, 500, 64
"""Memory that one of each takes on the screen, its rows in the index included."""
MOST_OF_STORE = Limits(500_000, 1_000_000, 20_000_000, 512 << 20)
LEAST_OF_STORE = Limits(20_000, 40_000, 500_000, 32 << 20)
_SHARE = 8
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<script")


class FileReader:
    """Remembers what each file used of the budget. Several workers may read at once: together they may exceed it."""

    def __init__(self, conventions: Conventions = DEFAULT, budget: Limits | None = None) -> None:
        self._conventions = conventions
        self._budget = budget if budget is not None else budget_for(memory_bytes())
        self._used: dict[str, Limits] = {}
        self._left: dict[str, Limits] = {}
        """What was left for each file that was cut."""

    def read(self, body: bytes, source: str, key: str = "") -> ReadResult:
        """Read a file; `key` tells it from another one of the same name.

        Raises:
            DataError: it cannot be read; the reason names a web page and an empty file as such.
        """
        if is_web_page(body):
            raise DataError(source, "a web page, not GeoJSON")
        if not body.strip():
            raise DataError(source, "the file is empty")
        key = key or source
        left = self._left_for(key)
        result = read(body, source, self._conventions, left.least(MOST))
        self._used[key] = result.used
        self._left.pop(key, None)
        if result.is_cut:
            self._left[key] = left
        return result

    def keep(self, keys: set[str]) -> None:
        """Give back what files used that are not in the store any more."""
        for gone in self._used.keys() - keys:
            self._used.pop(gone, None)
            self._left.pop(gone, None)

    def may_read_more(self, key: str) -> bool:
        """Tell whether a file that was cut would be read further now."""
        before = self._left.get(key)
        return before is not None and any(now > then for now, then in zip(self._left_for(key), before, strict=True))

    def _left_for(self, key: str) -> Limits:
        others = NOTHING
        for each, used in list(self._used.items()):
            if each != key:
                others = others.plus(used)
        return self._budget.less(others)


def budget_for(memory: int) -> Limits:
    """Return what a store may hold on a machine with so many bytes of memory.

    >>> budget_for(1 << 30)
    Limits(features=111848, parts=268435, positions=2097152, bytes=134217728)
    """
    share = memory // _SHARE
    of_machine = Limits(share // FEATURE_BYTES, share // PART_BYTES, share // POSITION_BYTES, share)
    return of_machine.least(MOST_OF_STORE).most(LEAST_OF_STORE)


def memory_bytes() -> int:
    """Return the machine's memory, or the limit of the container that the program runs in."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        stated = _CONTAINER_LIMIT.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError):
        return whole
    return min(whole, int(stated)) if stated.isdigit() else whole


def is_web_page(body: bytes) -> bool:
    """Tell whether a body is HTML. The content type does not decide: plain files are often served with a wrong one."""
    return body[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES)
