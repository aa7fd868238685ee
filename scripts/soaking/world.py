"""Other people who keep geofences in the same store and change them."""

from __future__ import annotations

import json
import random
from typing import Any

from scripts.benchmarks.fences import features
from tests.cloud import LocalCloud

FILES = 3
MOST_CHANGED = 5
WANDER_DEG = 0.002


class OtherPeople:
    """Files of geofences in the local cloud that change now and then; their number stays the same."""

    def __init__(self, cloud: LocalCloud, count: int, rng: random.Random) -> None:
        self._cloud = cloud
        self._rng = rng
        self._contents = [features(count)[index::FILES] for index in range(FILES)]
        self._files: list[str] = []
        self.changes = 0

    def tidy(self) -> None:
        """Restore all files; files that were added are removed."""
        self._cloud.clear_map_data()
        self._files = [
            self._cloud.add_map_data(_text(content), f"file {index}") for index, content in enumerate(self._contents)
        ]

    def change(self) -> None:
        """Move and rename a few geofences of one file."""
        index = self._rng.randrange(FILES)
        content = self._contents[index]
        for feature in self._rng.sample(content, min(MOST_CHANGED, len(content))):
            feature["properties"]["name"] = f"Site {self._rng.randrange(1000)}"
            geometry = feature["geometry"]
            if geometry["type"] == "Point":
                lon, lat = geometry["coordinates"]
                geometry["coordinates"] = [
                    lon + self._rng.uniform(-WANDER_DEG, WANDER_DEG),
                    lat + self._rng.uniform(-WANDER_DEG, WANDER_DEG),
                ]
        self._cloud.change_map_data(self._files[index], _text(content))
        self.changes += 1


def _text(content: list[Any]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": content})
