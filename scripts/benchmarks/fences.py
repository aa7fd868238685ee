"""Makes geofences for benchmarks: any number, spread over a city, the same ones each time."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

Feature = dict[str, Any]

CENTER = (24.9525, 60.1672)
SPREAD_DEG = (0.35, 0.17)
KINDS = ("harbour", "depot", "school", "construction", "restricted")


def write(folder: Path, count: int, seed: int = 7) -> Path:
    """Write `count` geofences (two thirds circles, one third polygons) as GeoJSON; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"type": "FeatureCollection", "features": features(count, seed)}
    (folder / "fences.geojson").write_text(json.dumps(content))
    return folder


def features(count: int, seed: int = 7) -> list[Feature]:
    """Return the geofences as Features."""
    rng = random.Random(seed)
    return [_feature(rng, number) for number in range(count)]


def _feature(rng: random.Random, number: int) -> Feature:
    lon = CENTER[0] + rng.gauss(0, SPREAD_DEG[0] / 2.5)
    lat = CENTER[1] + rng.gauss(0, SPREAD_DEG[1] / 2.5)
    properties: dict[str, object] = {
        "geometryId": f"bench-{number}",
        "name": f"Site {number}",
        "kind": KINDS[number % len(KINDS)],
    }
    if number % 3:
        properties |= {"subType": "Circle", "radius": round(rng.uniform(20, 400), 1)}
        return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]}, "properties": properties}
    corners = rng.randint(4, 24)
    size = rng.uniform(0.0005, 0.005)
    ring = [
        [
            lon + size * 2 * math.cos(2 * math.pi * k / corners) * rng.uniform(0.7, 1),
            lat + size * math.sin(2 * math.pi * k / corners) * rng.uniform(0.7, 1),
        ]
        for k in range(corners)
    ]
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}
