"""Tile ids, the tile pyramid and the tile caches; the loader and the disk cache are edges."""
