"""Remembers each version of a geofence made on this screen, until the map shows the newest one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeAlias

Key: TypeAlias = tuple[str, str]
"""File and geometryId. Two fences may share both; only their versions tell them apart."""


class LocalVersions:
    """The versions of each changed fence as Features, the newest last. An empty Feature: there was or is no fence."""

    def __init__(self) -> None:
        self._versions: dict[Key, list[bytes]] = {}
        self._moved: dict[Key, Key] = {}

    def add(self, source: str, geometry_id: str, before: bytes, after: bytes) -> None:
        """Note that a fence became `after`.

        >>> versions = LocalVersions()
        >>> versions.add("a.geojson", "7", b"old", b"new")
        >>> versions.newest("a.geojson", "7", b"old"), versions.newest("a.geojson", "7", b"another fence")
        (('a.geojson', b'new'), None)
        """
        known = self._versions.setdefault(self._key(source, geometry_id), [before])
        if before not in known:
            known.append(before)
        known.append(after)

    def move(self, source: str, geometry_id: str, new_source: str) -> None:
        """Note that the store keeps a fence in another file than the one it was sent for."""
        old, new = (source, geometry_id), (new_source, geometry_id)
        if old != new:
            self._moved[old] = new
            if old in self._versions:
                self._versions[new] = self._versions.pop(old)

    def newest(self, source: str, geometry_id: str, feature: bytes) -> tuple[str, bytes] | None:
        """Return the file and the newest Feature of the fence that once was `feature`; None if it was not changed."""
        key = self._key(source, geometry_id)
        known = self._versions.get(key, [])
        return (key[0], known[-1]) if feature in known else None

    def last(self, source: str, geometry_id: str) -> bytes | None:
        """Return the newest Feature of a fence, empty where it was deleted; None where it was not changed."""
        known = self._versions.get(self._key(source, geometry_id))
        return known[-1] if known else None

    def drop(self, source: str, geometry_id: str) -> None:
        """Forget a fence whose changes were given up."""
        self._versions.pop(self._key(source, geometry_id), None)

    def keep_only(self, keys: Collection[Key]) -> None:
        """Forget all fences but these: the map shows them as they are."""
        self._versions = {key: known for key, known in self._versions.items() if key in keys}

    def features(self) -> Iterator[bytes]:
        """Yield the newest Feature of each fence that was not deleted."""
        return (known[-1] for known in self._versions.values() if known[-1])

    def _key(self, source: str, geometry_id: str) -> Key:
        key = source, geometry_id
        return self._moved.get(key, key)
