"""Reads the geography that ships with the program, and finds the features in a tile.

A layer file (`world0..3.npz`, `streets.npz`) holds features as flat arrays. Coordinates are Web Mercator world
units (0..1 from the west and the north) times 2^31, each stored as the step from the one before modulo 2^32, its
four bytes in separate rows. `rings` are lengths of rings, `shapes` counts rings per feature (the first is the
outline), `kind` is one of KIND. A `rank` of SKETCHED marks what was drawn by hand. `places.npz` holds names with the
zooms at which each has room (`mask`, bit z).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from tvapp.core.assets import asset

SCALE = 2.0**31
SKETCHED = 200  # rank of what was drawn by hand
REPLACED = 1  # rank of a piece of world2 that world3 replaces
MAX_LATITUDE = 85.05112878

KINDS = (
    "land",
    "coast",
    "border",
    "water",
    "park",
    "grass",
    "wood",
    "pitch",
    "plaza",
    "pier",
    "platform",
    "rocks",
    "building",
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "street",
    "service",
    "pedestrian",
    "path",
    "steps",
    "cycleway",
    "rail",
    "tram",
    "ferry",
    "tree",
    "poi",
    "stop",
    "landuse",
    "parking",
    "square",
)
KIND = {name: number for number, name in enumerate(KINDS)}
AREAS = frozenset(
    KIND[name]
    for name in (
        "land",
        "water",
        "park",
        "grass",
        "wood",
        "pitch",
        "plaza",
        "pier",
        "platform",
        "rocks",
        "building",
        "landuse",
        "parking",
        "square",
    )
)
POINTS = frozenset(KIND[name] for name in ("tree", "poi", "stop"))

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing on the map; the geometry in world units."""

    geometry: BaseGeometry
    kind: int
    name: str
    rank: int


def to_world(lonlat: Floats) -> Floats:
    """Project `lon, lat` rows to world units."""
    lat = np.radians(np.clip(lonlat[:, 1], -MAX_LATITUDE, MAX_LATITUDE))
    u = lonlat[:, 0] / 360 + 0.5
    v = 0.5 - np.log(np.tan(np.pi / 4 + lat / 2)) / (2 * np.pi)
    return np.column_stack([u, v])


class Layer:
    """Features with a spatial index."""

    def __init__(self, name: str) -> None:
        with np.load(asset(f"basemap/{name}.npz")) as file:
            xy = np.column_stack([_steps(file["x"]), _steps(file["y"])])
            rings = file["rings"].astype(np.int64)
            shapes = file["shapes"].astype(np.int64)
            self.kind: NDArray[np.uint8] = file["kind"]
            self.rank: NDArray[np.uint8] = file["rank"]
            self.name: NDArray[np.uint16] = file["name"]
            self.names: list[str] = file["names"].tobytes().decode().split("\n")
        ring_starts = np.concatenate([[0], np.cumsum(rings)])
        shape_starts = np.concatenate([[0], np.cumsum(shapes)])
        self.geometries: NDArray[np.object_] = np.empty(len(self.kind), dtype=object)
        self._fill(xy, ring_starts, shape_starts)
        self.tree = shapely.STRtree(self.geometries)

    def _fill(self, xy: Floats, ring_starts: NDArray[np.int64], shape_starts: NDArray[np.int64]) -> None:
        area = np.isin(self.kind, list(AREAS))
        point = np.isin(self.kind, list(POINTS))
        for chosen, build in ((area, _areas), (~area & ~point, _lines), (point, _points)):
            numbers = np.flatnonzero(chosen)
            if len(numbers):
                self.geometries[numbers] = build(xy, ring_starts, shape_starts, numbers)

    def query(self, west: float, north: float, east: float, south: float) -> NDArray[np.intp]:
        """Return the numbers of features whose box meets this one, in file order."""
        return np.sort(self.tree.query(shapely.box(west, north, east, south)))

    def regions(self) -> list[tuple[float, float, float, float]]:
        """Return the boxes that hold named things, grown together where they are close: west, north, east, south."""
        named = self.geometries[np.array([bool(name) for name in self.names])[self.name]]
        clumps = shapely.union_all(np.asarray(shapely.box(*shapely.bounds(named).T), dtype=object))
        grown = shapely.union_all(shapely.envelope(shapely.get_parts(shapely.buffer(clumps, 2e-4))))
        return [tuple(float(edge) for edge in part.bounds) for part in shapely.get_parts(grown)]  # type: ignore[misc]

    def name_of(self, number: int) -> str:
        """Return a feature's name, or nothing."""
        return str(self.names[int(self.name[number])])


def _steps(rows: NDArray[np.uint8]) -> Floats:
    steps = np.ascontiguousarray(rows.T).view(np.int32).ravel()
    return (np.cumsum(steps, dtype=np.int64) & 0xFFFFFFFF) / SCALE  # steps are modulo 2^32


def _gather(starts: NDArray[np.int64], numbers: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices covered by the chosen runs, and the new starts."""
    lengths = starts[numbers + 1] - starts[numbers]
    fresh = np.concatenate([[0], np.cumsum(lengths)])
    inside = np.arange(fresh[-1]) - np.repeat(fresh[:-1], lengths) + np.repeat(starts[numbers], lengths)
    return inside, fresh


def _areas(
    xy: Floats, rings: NDArray[np.int64], shapes: NDArray[np.int64], numbers: NDArray[np.intp]
) -> NDArray[np.object_]:
    ring_numbers, shape_starts = _gather(shapes, numbers)
    vertices, ring_starts = _gather(rings, ring_numbers)
    return shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy[vertices], (ring_starts, shape_starts))


def _lines(
    xy: Floats, rings: NDArray[np.int64], shapes: NDArray[np.int64], numbers: NDArray[np.intp]
) -> NDArray[np.object_]:
    vertices, starts = _gather(rings, shapes[numbers])
    return shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy[vertices], (starts,))


def _points(
    xy: Floats, rings: NDArray[np.int64], shapes: NDArray[np.int64], numbers: NDArray[np.intp]
) -> NDArray[np.object_]:
    return np.asarray(shapely.points(xy[rings[shapes[numbers]]]), dtype=object)


@lru_cache(maxsize=8)
def layer(name: str) -> Layer:
    """Return a layer, read at its first use."""
    return Layer(name)


def world(zoom: int) -> tuple[Layer, ...]:
    """Return land, coasts, borders and lakes as detailed as a zoom needs.

    From zoom 9 there are two: leave out what is REPLACED in the first.
    """
    if zoom >= 9:
        return layer("world2"), layer("world3")
    return (layer("world0" if zoom <= 3 else "world1" if zoom <= 5 else "world2"),)


COUNTRY, SEA, CITY = 0, 1, 2
CAPITAL, BELOW = 1, 2  # bits of a settlement's rank; BELOW: its name stands under its dot
DOTS_UNTIL = 8  # the last zoom at which settlements have dots


class Places:
    """Names with a position: countries, seas, settlements."""

    def __init__(self) -> None:
        with np.load(asset("basemap/places.npz")) as file:
            self.u: Floats = file["u"] / SCALE
            self.v: Floats = file["v"] / SCALE
            self.kind: NDArray[np.uint8] = file["kind"]
            self.rank: NDArray[np.uint8] = file["rank"]
            self.population: NDArray[np.int64] = file["population"].astype(np.int64)
            self.mask: NDArray[np.uint32] = file["mask"]
            self.names: list[str] = file["names"].tobytes().decode().split("\n")


@lru_cache(maxsize=1)
def places() -> Places:
    """Return all names, read at their first use."""
    return Places()
