"""Seeds the local cloud with geofences: the shipped sample files, or those of the installer's folder."""

from __future__ import annotations

import json
from pathlib import Path

from tvapp.core.assets import asset
from tvapp.localcloud.map_data_store import MapDataStore

MOST_BYTES = 100 << 20


def seed(store: MapDataStore, folder: Path | None = None) -> int:
    """Upload each *.geojson of a folder (default: the samples), in the order of names; returns how many.

    A file that is not JSON is uploaded too, to show how the app handles it.
    """
    count = 0
    for path in sorted((folder or asset("samples")).glob("*.geojson")):
        if path.stat().st_size <= MOST_BYTES:
            content = path.read_bytes()
            store.add(content, _description(content) or path.stem.replace("-", " ").capitalize())
            count += 1
    return count


def _description(content: bytes) -> str:
    try:
        root = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    description = root.get("description") if isinstance(root, dict) else None
    return description if isinstance(description, str) else ""
