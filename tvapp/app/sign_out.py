"""What signing out removes besides the tokens: cached tiles and geofences, the last view, pictures of the screen."""

from __future__ import annotations

from pathlib import Path

from tvapp.core import files
from tvapp.core.data_folder import CRASHES, GEOFENCES, SCREENSHOTS, TILES, VIEWS


def forget_tiles(data_dir: Path) -> None:
    """Remove the tile cache while no app has it open.

    Raises:
        StorageError: it is still there.
    """
    for suffix in ("", "-wal", "-shm", "-journal", ".corrupt"):
        files.remove(data_dir / (TILES + suffix))


def forget_pictures_and_fences(data_dir: Path) -> None:
    """Remove pictures that were saved of the screen, geofences kept for a start offline, and what maps showed last.

    Raises:
        StorageError: one is still there.
    """
    pictures = (*(data_dir / SCREENSHOTS).glob("*.png"), *(data_dir / CRASHES).glob("*.png"))
    kept = (*(data_dir / GEOFENCES).glob("*.geofences"), *(data_dir / VIEWS).glob("*.json"))
    for path in (*pictures, *kept):
        files.remove(path)
