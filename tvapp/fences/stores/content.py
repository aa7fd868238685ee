"""The content of one file of a store: its geofences as they were last read well, and why it cannot be read now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tvapp.core.errors import DataError, StorageError
from tvapp.fences.geojson.reading import ReadResult
from tvapp.fences.model.fence import Skipped

KEPT = "shown as it was before: "
"""Stands before the reason where the last good content of a file stays."""

_NOTHING = ReadResult((), ())


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds. `problem`: why it cannot be read now; `result` is then from the last time that it could."""

    result: ReadResult = _NOTHING
    problem: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether the geofences are those of before."""
        return bool(self.problem and self.result.fences)

    @property
    def is_refused(self) -> bool:
        """Whether the file cannot be read, and never could."""
        return bool(self.problem and not self.result.fences)

    def skipped(self, source: str) -> tuple[Skipped, ...]:
        """Return what cannot be shown of the file called `source`."""
        if not self.problem:
            return self.result.skipped
        whole = Skipped(source, (KEPT if self.is_kept else "") + self.problem)
        return (whole, *self.result.skipped)


def read_content(read: Callable[[], ReadResult], known: Content | None) -> Content:
    """Read a file; where nothing in it can be read (half of it, an empty file, a web page), keep the last good content.

    A file that is GeoJSON and lists nothing is empty on purpose.
    """
    before = _NOTHING if known is None else known.result
    try:
        result = read()
    except (DataError, StorageError) as error:
        return Content(before, error.reason)
    if before.fences and result.skipped and not result.fences:
        return Content(before, result.skipped[0].reason)
    return Content(result)
