"""What a store calls the file of a geofence that was made on a screen: one file each, named after its id."""

from __future__ import annotations

import hashlib
import re

_PLAIN = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_.-]{0,99}")
_OTHER = re.compile(r"[^0-9A-Za-z_-]+")


def file_name(geometry_id: str) -> str:
    """Return the same name for the same id, on every screen: the id itself wherever it can be a file's name.

    >>> file_name("depot-3")
    'depot-3.geojson'
    >>> file_name("../Höfe")
    'H-fe-8ac7638fe70e.geojson'
    """
    if _PLAIN.fullmatch(geometry_id):
        return f"{geometry_id}.geojson"
    digest = hashlib.sha256(geometry_id.encode(errors="surrogatepass")).hexdigest()[:12]
    readable = _OTHER.sub("-", geometry_id).strip("-")[:60]
    return f"{readable}-{digest}.geojson".removeprefix("-")
