"""The names of files and folders in the data folder."""

from __future__ import annotations

TILES = "tiles/tiles.sqlite"
SCREENSHOTS = "screenshots"
GEOFENCES = "geofences"
CRASHES = "crashes"
"""Crash reports name no account and stay after signing out; a screenshot of the crash does not stay."""
VIEWS = "views"
"""The last map view of each account."""
OUTBOX = "outbox"
"""Changes that are not in the store yet. They stay after signing out, until the same account signs in again."""
