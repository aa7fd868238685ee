"""Reads street-level features from the OpenStreetMap extract (a part of make_basemap_data.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium  # type: ignore[import-not-found]
import shapely
import shapely.ops
from shapely.geometry import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from tvapp.localcloud.basemap.data import KIND, Feature, to_world

ROADS = {
    "motorway": "motorway",
    "trunk": "trunk",
    "primary": "primary",
    "secondary": "secondary",
    "tertiary": "tertiary",
    "primary_link": "primary",
    "secondary_link": "secondary",
    "residential": "street",
    "unclassified": "street",
    "living_street": "street",
    "service": "service",
    "pedestrian": "pedestrian",
    "footway": "path",
    "path": "path",
    "steps": "steps",
    "cycleway": "cycleway",
}
# Landmarks worth a name, by tag.
SIGHTS = {
    "tourism": {"museum", "attraction", "gallery"},
    "amenity": {
        "theatre",
        "university",
        "place_of_worship",
        "library",
        "marketplace",
        "concert_hall",
        "arts_centre",
        "townhall",
    },
    "railway": {"station"},
    "building": {"cathedral", "church", "train_station"},
    "leisure": {"stadium"},
    "shop": {"department_store", "mall"},
}


@dataclass(slots=True)
class Extract:
    """The features of the extract, in world units."""

    frame: Polygon
    land: BaseGeometry
    features: list[Feature] = field(default_factory=list)


def _area_kind(tags: osmium.osm.TagList) -> str | None:
    if "building" in tags:
        return "building"
    if tags.get("natural") == "water":
        return "water"
    if tags.get("leisure") in ("park", "garden"):
        return "park"
    if tags.get("leisure") in ("pitch", "playground", "track"):
        return "pitch"
    if tags.get("landuse") in ("grass", "flowerbed", "meadow") or tags.get("natural") in ("grassland", "scrub"):
        return "grass"
    if tags.get("natural") == "wood" or tags.get("landuse") == "forest":
        return "wood"
    if tags.get("natural") in ("bare_rock", "stone"):
        return "rocks"
    if tags.get("man_made") == "pier":
        return "pier"
    if tags.get("railway") == "platform" or tags.get("highway") == "platform":
        return "platform"
    if tags.get("place") == "square":
        return "square"
    if tags.get("highway") in ("pedestrian", "footway", "service"):
        return "plaza"
    if tags.get("amenity") == "parking":
        return "parking"
    return None


class _Reader(osmium.SimpleHandler):  # type: ignore[misc]
    def __init__(self, frame: Polygon) -> None:
        super().__init__()
        self.frame = frame
        self.features: list[Feature] = []
        self.coast: list[LineString] = []
        self.sights: set[str] = set()

    def _add(self, geometry: BaseGeometry, kind: str, name: str = "", rank: int = 0) -> None:
        inside = geometry if kind == "building" else geometry.intersection(self.frame)
        for part in shapely.get_parts(inside):
            if part.geom_type == geometry.geom_type or part.geom_type == "Polygon":
                self.features.append(Feature(part, KIND[kind], name, rank))

    def node(self, node: osmium.osm.Node) -> None:
        tags = node.tags
        point = Point(to_world(np.array([(node.lon, node.lat)]))[0])
        if tags.get("natural") == "tree":
            self._add(point, "tree")
        elif tags.get("railway") == "tram_stop":
            self._add(point, "stop", tags.get("name", ""))
        self._sight(tags, point)

    def _sight(self, tags: osmium.osm.TagList, point: Point) -> None:
        name = tags.get("name", "")
        if name and name not in self.sights and any(tags.get(key) in values for key, values in SIGHTS.items()):
            self.sights.add(name)
            self._add(point, "poi", name, 0 if "wikidata" in tags or "wikipedia" in tags else 1)

    def way(self, way: osmium.osm.Way) -> None:
        tags = way.tags
        runs: list[list[tuple[float, float]]] = [[]]
        for node in way.nodes:
            if node.location.valid():
                runs[-1].append((node.lon, node.lat))
            elif runs[-1]:
                runs.append([])
        lines = [LineString(to_world(np.array(run))) for run in runs if len(run) > 1]
        if tags.get("natural") == "coastline":
            self.coast += lines
            return
        kind = self._line_kind(tags)
        if kind is None:
            return
        tunnel = tags.get("tunnel") in ("yes", "building_passage") or tags.get("layer", "0").startswith("-")
        if tunnel and kind not in ("primary", "secondary", "tertiary"):
            return
        if tags.get("area") == "yes":
            return
        for line in lines:
            if line.is_ring:  # a ring's stroke has a hole; two halves have none
                xy = np.asarray(line.coords)
                half = len(xy) // 2
                for part in (xy[: half + 1], xy[half:]):
                    self._add(LineString(part), kind, tags.get("name", ""), 1 if "bridge" in tags else 0)
            else:
                self._add(line, kind, tags.get("name", ""), 1 if "bridge" in tags else 0)

    @staticmethod
    def _line_kind(tags: osmium.osm.TagList) -> str | None:
        if tags.get("highway") in ROADS:
            if (
                tags.get("footway") in ("crossing", "sidewalk")
                or tags.get("service") == "parking_aisle"
                or tags.get("indoor")
            ):
                return None
            return ROADS[tags["highway"]]
        if tags.get("railway") in ("rail", "tram"):
            return str(tags["railway"])
        if tags.get("route") == "ferry":
            return None  # the sketch has them in full
        return None

    def area(self, area: osmium.osm.Area) -> None:
        kind = _area_kind(area.tags)
        if kind is None:
            return
        if kind == "plaza" and area.from_way() and area.tags.get("area") != "yes":
            return
        if area.tags.get("location") == "underground" or area.tags.get("layer", "0").startswith("-"):
            return
        try:
            rings = [
                (
                    to_world(np.array([(n.lon, n.lat) for n in outer])),
                    [to_world(np.array([(n.lon, n.lat) for n in i])) for i in area.inner_rings(outer)],
                )
                for outer in area.outer_rings()
            ]
        except osmium.InvalidLocationError:
            return
        for outer, inner in rings:
            shape = shapely.make_valid(Polygon(outer, inner))
            self._add(shape, kind, area.tags.get("name", ""))
        if rings:
            self._sight(area.tags, Polygon(rings[0][0]).representative_point())


def read(path: Path) -> Extract:
    """Read an extract; its box is its frame."""
    reader = osmium.io.Reader(str(path))
    bounds = reader.header().box()
    reader.close()
    corners = to_world(
        np.array([(bounds.bottom_left.lon, bounds.bottom_left.lat), (bounds.top_right.lon, bounds.top_right.lat)])
    )
    frame = box(corners[0, 0], corners[1, 1], corners[1, 0], corners[0, 1])
    handler = _Reader(frame)
    handler.apply_file(str(path), locations=True)
    return Extract(frame, _land(frame, handler.coast), handler.features)


def _land(frame: Polygon, coast: list[LineString]) -> BaseGeometry:
    """Cut the frame along the shore; land lies to the left of each coastline in its direction."""
    # The extract ends a little before its frame, so loose ends are extended to the frame.
    merged = shapely.line_merge(shapely.multilinestrings(coast), directed=True)
    lines = [_led_to(line, frame) for line in shapely.get_parts(merged)]
    cut = shapely.union_all([frame.boundary, *lines])
    faces = [face for face in shapely.get_parts(shapely.polygonize([cut])) if face.representative_point().within(frame)]
    flat = [part for face in faces for part in shapely.get_parts(face)]
    land = []
    for face in flat:
        votes = 0.0
        inside = face.representative_point()
        for line in lines:
            if shapely.distance(line, face) > 1e-12:
                continue
            xy = np.asarray(line.coords)
            for a, b in pairwise(xy):
                middle = (a + b) / 2
                side = np.array([b[1] - a[1], a[0] - b[0]])  # to the left where y grows southward
                length = float(np.hypot(*side))
                if length == 0:
                    continue
                probe = middle + side / length * 2e-9
                other = middle - side / length * 2e-9
                votes += length * (float(face.contains(Point(probe))) - float(face.contains(Point(other))))
        if votes > 0 or (votes == 0 and inside.distance(shapely.union_all(lines)) > 1e-5):
            land.append(face)
    return shapely.union_all(land)


def _led_to(line: LineString, frame: Polygon) -> LineString:
    if line.is_ring:
        return line
    xy = np.asarray(line.coords)
    ends = []
    for end in (xy[0], xy[-1]):
        _, spot = shapely.ops.nearest_points(Point(end), frame.boundary)
        beyond = np.array([spot.x, spot.y]) * 2 - end  # a little further, so that it crosses the frame
        ends.append(beyond[None, :])
    return LineString(np.concatenate([ends[0], xy, ends[1]]))
