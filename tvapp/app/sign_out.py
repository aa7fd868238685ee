"""What signing out removes besides the tokens: cached tiles and geofences, the last view, pictures of the screen."""

from __future__ import annotations

from tvapp.core import files
from tvapp.core.data_folder import DataFolder


def forget_tiles(data: DataFolder) -> None:
    """Remove the tile cache while no app has it open.

    Raises:
        StorageError: it is still there.
    """
    for suffix in ("", "-wal", "-shm", "-journal", ".corrupt"):
        files.remove(data.tiles.with_name(data.tiles.name + suffix))


def forget_pictures_and_fences(data: DataFolder) -> None:
    """Remove pictures that were saved of the screen, geofences kept for a start offline, and what maps showed last.

    Raises:
        StorageError: one is still there.
    """
    pictures = (*data.screenshots.glob("*.png"), *data.crashes.glob("*.png"))
    kept = (*data.geofences.glob("*.geofences"), *data.views.glob("*.json"))
    for path in (*pictures, *kept):
        files.remove(path)
