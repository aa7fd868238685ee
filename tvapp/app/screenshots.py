"""Saves pictures of the screen for a remote operator: numbered files in the data folder, of which the newest stay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tvapp.core import files
from tvapp.core.disk import DiskHealth
from tvapp.core.errors import StorageError, TvappError
from tvapp.core.log import Log

USER = "pictures"
KEPT = 20


class Screenshots:
    """Saves what was drawn last, as often as it was asked for."""

    def __init__(self, folder: Path, picture: Callable[[], bytes], log: Log, disk: DiskHealth | None = None) -> None:
        self._folder = folder
        self._picture = picture
        self._log = log
        self._disk = disk or DiskHealth(log)
        self._wanted = 0
        self._waiting: list[Callable[[bytes | TvappError], None]] = []

    @property
    def is_wanted(self) -> bool:
        return self._wanted > 0 or bool(self._waiting)

    def ask(self) -> None:
        """Have the next frame saved."""
        self._wanted += 1

    def hand_over(self, take: Callable[[bytes | TvappError], None]) -> None:
        """Have the next frame given to `take` as a PNG, or the reason why there is none; no file is written."""
        self._waiting.append(take)

    def take(self) -> None:
        """Save the frame that was just drawn, once for each `ask`, and hand it over to who waits for it."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            try:
                picture: bytes | TvappError = self._picture()
            except TvappError as error:
                picture = error
            each(picture)
        wanted, self._wanted = self._wanted, 0
        for _ in range(wanted):
            try:
                files.make_private_dir(self._folder)
                pictures = sorted(path for path in self._folder.glob("*.png") if _is_number(path.stem))
                number = int(pictures[-1].stem) + 1 if pictures else 1
                path = self._folder / f"{number:06}.png"
                files.write_atomic(path, self._picture())
                for old in pictures[: max(0, len(pictures) + 1 - KEPT)]:
                    files.remove(old)
            except (TvappError, OSError) as error:
                if isinstance(error, StorageError):
                    self._disk.failed(USER, error)
                self._log.event("screenshot.failed", level="warning", reason=str(error))
                continue
            self._log.event("screenshot.saved", path=str(path))


def _is_number(stem: str) -> bool:
    return stem.isascii() and stem.isdecimal()
