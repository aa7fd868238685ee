"""Tile ids, the tile pyramid, the tile caches and the loader; loader and disk cache are edges."""
