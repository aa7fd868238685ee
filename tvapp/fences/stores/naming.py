"""Names the files of geofences. A geofence made on a screen has a file of its own, named after its id."""

from __future__ import annotations

import hashlib
import re

SUFFIXES = (".geojson", ".json")
"""Suffixes of the files that are read, in any case."""

_PLAIN = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_.-]{0,99}")
_OTHER = re.compile(r"[^0-9A-Za-z_-]+")


def file_name(geometry_id: str) -> str:
    """Return the file name for an id, the same on every screen: the id itself wherever it is a valid file name.

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
