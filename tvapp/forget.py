"""What signing out removes besides the tokens: cached tiles and geofences, and pictures of the screen."""

from __future__ import annotations

from pathlib import Path

from tvapp.core import files

TILES = "tiles/tiles.sqlite"
SCREENSHOTS = "screenshots"
KEPT = "geofences"
OUTBOX = "outbox"
"""Changes that are not in the store yet: signing out keeps them, for when the same account signs in again."""


def forget_tiles(data_dir: Path) -> None:
    """Remove the tile cache while no app has it open.

    Raises:
        StorageError: it is still there.
    """
    for suffix in ("", "-wal", "-shm", "-journal", ".corrupt"):
        files.remove(data_dir / (TILES + suffix))


def forget_pictures_and_fences(data_dir: Path) -> None:
    """Remove the pictures that were saved of the screen, and the geofences that were kept for a start offline.

    Raises:
        StorageError: one is still there.
    """
    for path in (*(data_dir / SCREENSHOTS).glob("*.png"), *(data_dir / KEPT).glob("*.geofences")):
        files.remove(path)
