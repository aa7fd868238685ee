"""Decides how long to wait before a restart: longer with each crash in a row, until the app ran well for a while.

Crashes in a row are counted, not timed: a TV box often has no clock until its network is there.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

from tvapp.core.errors import StorageError
from tvapp.core.files import make_private_dir, read_bounded, remove, write_atomic

PAUSES_S = (10.0, 30.0, 60.0, 300.0)
"""After the first crash, the second, ...; after all further ones the last."""
COUNT = "in-a-row"
VARIABLE = "_TVAPP_CRASHES_IN_A_ROW"
"""Hands the count on to the program that replaces this process, where the disk cannot store it. Not a setting."""
_MOST_BYTES = 16
_MOST = 1000


class RestartBackoff:
    """Counts crashes in a row, in a file and in the environment of the next start."""

    def __init__(self, folder: Path, environ: MutableMapping[str, str]) -> None:
        self._path = folder / COUNT
        self._environ = environ
        self.is_kept = False
        """Whether the count of the last `crashed` is on the disk."""

    def count(self) -> int:
        """Return the number of crashes since the app last ran well."""
        return max(self._on_disk(), _number(self._environ.get(VARIABLE, "")))

    def crashed(self) -> float:
        """Count a crash; returns the seconds to wait before the next start."""
        count = min(self.count() + 1, _MOST)
        self._environ[VARIABLE] = str(count)
        try:
            make_private_dir(self._path.parent)
            write_atomic(self._path, str(count).encode())
            self.is_kept = True
        except StorageError:
            self.is_kept = False
        return PAUSES_S[min(count, len(PAUSES_S)) - 1]

    def ran_well(self) -> None:
        """Forget all crashes."""
        self._environ.pop(VARIABLE, None)
        try:
            remove(self._path)
        except StorageError:
            return  # the next crash waits longer than it had to

    def _on_disk(self) -> int:
        try:
            return _number((read_bounded(self._path, _MOST_BYTES) or b"").decode(errors="replace"))
        except StorageError:
            return 0


def _number(text: str) -> int:
    text = text.strip()
    return min(int(text), _MOST) if text.isascii() and text.isdecimal() and len(text) <= 6 else 0
