"""Names of files of geofences; one that was made on a screen has a file of its own, named after its id."""

from __future__ import annotations

import hashlib
import re

SUFFIXES = (".geojson", ".json")
"""How their names end, in small or capital letters."""

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
