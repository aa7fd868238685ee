"""What lies where in the data folder."""

from __future__ import annotations

TILES = "tiles/tiles.sqlite"
SCREENSHOTS = "screenshots"
GEOFENCES = "geofences"
CRASHES = "crashes"
"""Reports of crashes stay when somebody signs out: nothing in them is anybody's. A picture of the screen is not one."""
VIEWS = "views"
"""What the map of each account showed last."""
OUTBOX = "outbox"
"""Changes that are not in the store yet: signing out keeps them, for when the same account signs in again."""
