"""Removes what belongs to an account besides the tokens: cached tiles and geofences, last views, screenshots."""

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
    """Remove pictures of the screen, geofences stored for a start offline, and last views.

    Raises:
        StorageError: one is still there.
    """
    pictures = (*data.screenshots.glob("*.png"), *data.crashes.glob("*.png"))
    kept = (*data.geofences.glob("*.geofences"), *data.views.glob("*.json"))
    for path in (*pictures, *kept):
        files.remove(path)
