"""What was made of geofences on this screen, version by version, until the map shows the newest one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeAlias

Key: TypeAlias = tuple[str, str]
"""File and geometryId. Two fences may share both; their versions tell them apart."""


class Versions:
    """Every version of each changed fence as a Feature, the newest last; empty where there was or is none."""

    def __init__(self) -> None:
        self._made: dict[Key, list[bytes]] = {}
        self._moved: dict[Key, Key] = {}

    def made(self, source: str, geometry_id: str, before: bytes, after: bytes) -> None:
        """A fence became `after`.

        >>> versions = Versions()
        >>> versions.made("a.geojson", "7", b"old", b"new")
        >>> versions.newest("a.geojson", "7", b"old"), versions.newest("a.geojson", "7", b"another fence")
        (('a.geojson', b'new'), None)
        """
        made = self._made.setdefault(self._key(source, geometry_id), [before])
        if before not in made:
            made.append(before)
        made.append(after)

    def relocated(self, source: str, geometry_id: str, new_source: str) -> None:
        """The store keeps a fence in another file than the one it was sent for."""
        old, new = (source, geometry_id), (new_source, geometry_id)
        if old != new:
            self._moved[old] = new
            if old in self._made:
                self._made[new] = self._made.pop(old)

    def newest(self, source: str, geometry_id: str, feature: bytes) -> tuple[str, bytes] | None:
        """Return file and Feature of the fence that was `feature` once; None where nothing newer is known."""
        key = self._key(source, geometry_id)
        made = self._made.get(key, [])
        return (key[0], made[-1]) if feature in made else None

    def last(self, source: str, geometry_id: str) -> bytes | None:
        """Return what a fence was made to be last, empty where it was deleted; None where it was not changed."""
        made = self._made.get(self._key(source, geometry_id))
        return made[-1] if made else None

    def drop(self, source: str, geometry_id: str) -> None:
        """What was made of a fence is given up."""
        self._made.pop(self._key(source, geometry_id), None)

    def keep_only(self, keys: Collection[Key]) -> None:
        """Forget all fences but these: the map shows them as they are."""
        self._made = {key: made for key, made in self._made.items() if key in keys}

    def features(self) -> Iterator[bytes]:
        """Yield the newest version of each fence that is there."""
        return (made[-1] for made in self._made.values() if made[-1])

    def _key(self, source: str, geometry_id: str) -> Key:
        key = source, geometry_id
        return self._moved.get(key, key)
