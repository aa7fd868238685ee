"""Converts GeoJSON geometries to shapes (RFC 7946, 3.1, with Azure Maps' circles, rectangles and radii).

Tolerant where the meaning is plain (unclosed rings, either orientation, a third coordinate, shapes cut or uncut at the
date line), strict where it is not. Works on decoded JSON. Hand-written because shapely's reader rejects
unclosed rings and knows no circles.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from operator import mul

from tvapp.fences.geojson import date_line
from tvapp.fences.geojson.conventions import radius_of
from tvapp.fences.model.fence import Circle, Line, Polygon, Ring, Shape, Spot, is_area
from tvapp.geo.position import Position

MIN_RADIUS_M = 1.0
MAX_RADIUS_M = 10_000.0
"""What Azure Maps takes. Any radius is shown."""
MAX_VERTICES = 100_000
"""Positions in one feature. Azure's own limits are 10,000 to 100,000, depending on the service."""
MAX_NESTING = 8
MAX_PARTS = 20_000

_NO_AREA = 1e-14
"""Square degrees (about a square centimetre): a ring with less is a line."""


class InvalidGeometry(Exception):
    """A geometry makes no sense; the text says why. Never leaves this package."""


class TooDetailed(InvalidGeometry):
    """A geometry has more positions or parts than are shown."""


@dataclass(slots=True)
class GeometryReader:
    """Collects the shapes of one feature.

    Points and lines without a radius become marks, which are no areas. In a collection with areas they are left out.
    """

    subtype: str
    properties: Mapping[str, object]
    shapes: list[Shape] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    vertices: int = 0
    _radius: float | None = None

    def add(self, geometry: object, depth: int = 0) -> None:
        """Read a geometry object.

        Raises:
            InvalidGeometry: it is none, or too large.
        """
        if geometry is None:
            raise InvalidGeometry("it has no geometry")
        if not isinstance(geometry, Mapping):
            raise InvalidGeometry(f"its geometry is {_what(geometry)}, not an object")
        kind = geometry.get("type")
        if kind == "GeometryCollection":
            self._add_collection(geometry, depth)
            return
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None:
            raise InvalidGeometry(f"its geometry's type is {_what(kind)}")
        if "coordinates" not in geometry:
            raise InvalidGeometry(f"its {kind} has no coordinates")
        reader(self, geometry["coordinates"])
        if len(self.shapes) > MAX_PARTS:
            raise TooDetailed(f"it has more than {MAX_PARTS} parts")

    def _add_collection(self, geometry: Mapping[str, object], depth: int) -> None:
        if depth >= MAX_NESTING:
            raise InvalidGeometry(f"its geometry collections are nested more than {MAX_NESTING} deep")
        members = geometry.get("geometries")
        if not isinstance(members, list):
            raise InvalidGeometry("its GeometryCollection has no list of geometries")
        for member in members:
            self.add(member, depth + 1)
        if depth == 0 and not all(map(is_area, self.shapes)) and any(map(is_area, self.shapes)):
            self.shapes[:] = filter(is_area, self.shapes)
            self.notes.append("points or lines beside its areas were left out")

    def _point(self, coordinates: object) -> None:
        point = self._position(coordinates).normalised()
        radius_m = self._radius_m()
        is_circle = self.subtype == "circle" and radius_m > 0.0
        self.shapes.append(Circle(point, radius_m) if is_circle else Spot(point, radius_m))

    def _multi_point(self, coordinates: object) -> None:
        for point in _list(coordinates, "MultiPoint"):
            self._point(point)

    def _line(self, coordinates: object) -> None:
        points = self._positions(coordinates, "LineString")
        if len(points) < 2:
            raise InvalidGeometry("its LineString has fewer than 2 positions")
        self.shapes.append(Line(centred(continuous(points)), self._radius_m()))

    def _multi_line(self, coordinates: object) -> None:
        first = len(self.shapes)
        for line in _list(coordinates, "MultiLineString"):
            self._line(line)
        lines = [shape for shape in self.shapes[first:] if isinstance(shape, Line)]
        if any(abs(shape.points[0].lon) == 180.0 for shape in lines):
            whole = date_line.joined_lines([_places(shape.points) for shape in lines])
            self.shapes[first:] = [Line(centred(_points(path)), lines[0].radius_m) for path in whole]

    def _polygon(self, coordinates: object) -> None:
        packed = _plain(coordinates)
        if packed is not None and self.vertices + len(packed) // _POSITION <= MAX_VERTICES:
            self.vertices += len(packed) // _POSITION
            self.shapes.append(Polygon.of((packed,), self.subtype == "rectangle"))
            return
        rings: list[Ring] = []
        for number, item in enumerate(_list(coordinates, "Polygon")):
            ring = closed(self._positions(item, "Polygon"))
            if ring is None:
                if number == 0:
                    self.notes.append("a polygon without an area was left out")
                    return
                self.notes.append("a hole without an area was left out")
                continue
            rings.append(ring if not rings else shifted_over(ring, rings[0]))
        if not rings:
            raise InvalidGeometry("its Polygon has no rings")
        self.shapes.append(Polygon(tuple(rings), self.subtype == "rectangle"))

    def _multi_polygon(self, coordinates: object) -> None:
        first = len(self.shapes)
        for polygon in _list(coordinates, "MultiPolygon"):
            self._polygon(polygon)
        parts = [shape for shape in self.shapes[first:] if isinstance(shape, Polygon)]
        # Cut at the date line, as RFC 7946 3.1.9 asks: join the parts, so that no outline runs along the cut.
        if {180.0, -180.0} <= {lon for shape in parts for lon in (shape.bounds.west, shape.bounds.east)}:
            whole = date_line.joined([tuple(_places(ring) for ring in shape.rings) for shape in parts])
            if len(whole) < len(parts):
                self.shapes[first:] = [self._one_piece(rings) for rings in whole]

    def _one_piece(self, rings: date_line.Rings) -> Polygon:
        outer, *holes = (centred(_points(ring)) for ring in rings)
        return Polygon((outer, *(shifted_over(hole, outer) for hole in holes)), self.subtype == "rectangle")

    def _radius_m(self) -> float:
        if self._radius is None:
            self._radius, note = radius_of(self.properties)
            if not note and self.subtype == "circle" and not self._radius:
                note = "a circle without a radius is shown as a point"
            if note:
                self.notes.append(note)
        return self._radius

    def _positions(self, coordinates: object, kind: str) -> list[Position]:
        items = _list(coordinates, kind)
        self.vertices += len(items)
        if self.vertices > MAX_VERTICES:
            raise TooDetailed(f"it has more than {MAX_VERTICES} positions")
        return [self._position(item) for item in items]

    def _position(self, item: object) -> Position:
        if not isinstance(item, list) or len(item) < 2:
            raise InvalidGeometry(f"a position is {_what(item)}, not [longitude, latitude]")
        lon, lat = item[0], item[1]
        if type(lon) not in _NUMBERS or type(lat) not in _NUMBERS:
            raise InvalidGeometry(f"a position is [{_what(lon)}, {_what(lat)}], not two numbers")
        if not -90.0 <= lat <= 90.0:
            raise InvalidGeometry(f"latitude {_what(lat)} is outside -90 to 90 (longitude comes first)")
        if not -360.0 <= lon <= 360.0:
            raise InvalidGeometry(f"longitude {_what(lon)} is outside -180 to 180")
        return Position(float(lon), float(lat))


_NUMBERS = (float, int)
_ARE_NUMBERS = frozenset(_NUMBERS)
_MOST_PLAIN = 10_000
"""Most positions for calls on whole rings: they keep the GIL for a millisecond."""

_READERS: dict[str, Callable[[GeometryReader, object], None]] = {
    "Point": GeometryReader._point,
    "MultiPoint": GeometryReader._multi_point,
    "LineString": GeometryReader._line,
    "MultiLineString": GeometryReader._multi_line,
    "Polygon": GeometryReader._polygon,
    "MultiPolygon": GeometryReader._multi_polygon,
}


def is_geometry(kind: object) -> bool:
    """Tell whether the type of an object is that of a geometry."""
    return isinstance(kind, str) and (kind in _READERS or kind == "GeometryCollection")


_POSITION = 16
"""Bytes of a packed position."""
_PLAIN_AREA = 1e-9
"""Doubled area in square degrees: above the rounding errors of full coordinates."""


def _plain(coordinates: object) -> bytes | None:
    """Return the packed ring of a plain polygon, as most are; None for others.

    A plain polygon is one closed ring of [number, number], away from the date line, with an area beyond doubt. Takes a
    few calls, without an object for each position.
    """
    if not isinstance(coordinates, list) or len(coordinates) != 1:
        return None
    ring = coordinates[0]
    try:
        lons, lats = zip(*ring, strict=True)
        if ring[0] != ring[-1] or not _ARE_NUMBERS.issuperset(map(type, chain(lons, lats))):
            return None
        if not (min(lons) >= -180.0 and max(lons) < 180.0 and min(lats) >= -90.0 and max(lats) <= 90.0):
            return None
        if max(lons) - min(lons) > 180.0 or len(ring) < 4 or len(ring) > _MOST_PLAIN:
            return None
        if abs(sum(map(mul, lons, lats[1:])) - sum(map(mul, lons[1:], lats))) < _PLAIN_AREA:
            return None
        return array("d", chain.from_iterable(ring)).tobytes()
    except (TypeError, ValueError, OverflowError):
        return None


def continuous(points: list[Position]) -> list[Position]:
    """Return points with continuous longitudes: an edge of more than half a turn goes the short way round.

    An edge from 180 to -180 stays where it is, where that makes a small shape of one that spans the earth.

    >>> [point.lon for point in continuous([Position(179, 0), Position(-179, 0)])]
    [179, 181.0]
    """
    lons = [point.lon for point in points]
    if max(lons) - min(lons) <= 180.0:
        return points
    is_box_of_the_earth = all(abs(lon) % 360.0 == 180.0 for lon in lons)
    if not is_box_of_the_earth and any(abs(b - a) == 360.0 for a, b in pairwise(lons)):
        along = _unwrapped(points, 360.0)
        ends = [point.lon for point in along]
        if max(ends) - min(ends) <= 180.0 and (lons[0] != lons[-1] or ends[0] == ends[-1]):
            return along
    return _unwrapped(points, math.nextafter(360.0, 0.0))


def _unwrapped(points: list[Position], longest: float) -> list[Position]:
    """Return points of which edges of more than half a turn, up to `longest` degrees, go the short way round."""
    turned = [points[0]]
    turns = 0.0
    for before, point in pairwise(points):
        step = point.lon - before.lon
        if 180.0 < step <= longest:
            turns -= 360.0
        elif -longest <= step < -180.0:
            turns += 360.0
        turned.append(Position(point.lon + turns, point.lat) if turns else point)
    return turned


def centred(points: list[Position]) -> tuple[Position, ...]:
    """Move continuous longitudes by whole turns until their middle lies in [-180, 180)."""
    lons = [point.lon for point in points]
    middle = (min(lons) + max(lons)) / 2
    return _turned(points, -360.0 * ((middle + 180.0) // 360.0))


def closed(points: list[Position]) -> Ring | None:
    """Return a ring with continuous longitudes, closed if it was not; None for one without an area.

    A ring that goes once round the earth encloses the pole it is nearer to.
    """
    if len(points) < 3:
        return None
    if points[0] != points[-1]:
        points = [*points, points[0]]
    ring = continuous(points)
    if ring[0].lon != ring[-1].lon:
        pole = 90.0 if sum(point.lat for point in ring) >= 0 else -90.0
        ring = [*ring, Position(ring[-1].lon, pole), Position(ring[0].lon, pole), ring[0]]
    lons = [point.lon for point in ring]
    if max(lons) - min(lons) > 360.0:
        ring = points
    # Relative to the first position: at full longitudes the products would swallow a small ring.
    base = ring[0]
    doubled = 0.0
    for a, b in pairwise(ring):
        doubled += (a.lon - base.lon) * (b.lat - base.lat) - (b.lon - base.lon) * (a.lat - base.lat)
    if abs(doubled) / 2 < _NO_AREA and not _has_width(ring):
        return None
    return centred(ring)


def shifted_over(ring: Ring, outer: Ring) -> Ring:
    """Return a hole shifted by whole turns so that it lies over its outer ring."""
    lons = [point.lon for point in ring]
    outer_lons = [point.lon for point in outer]
    away = (min(outer_lons) + max(outer_lons)) / 2 - (min(lons) + max(lons)) / 2
    return _turned(list(ring), 360.0 * ((away + 180.0) // 360.0))


def _has_width(ring: list[Position]) -> bool:
    # A figure of eight may have a signed area of 0, and still encloses something.
    base = ring[0]
    far = max(ring, key=lambda point: abs(point.lon - base.lon) + abs(point.lat - base.lat))
    dx, dy = far.lon - base.lon, far.lat - base.lat
    return any(abs(dx * (point.lat - base.lat) - dy * (point.lon - base.lon)) > 2 * _NO_AREA for point in ring)


def _turned(points: list[Position], turn: float) -> tuple[Position, ...]:
    if not turn:
        return tuple(points)
    return tuple(Position(point.lon + turn, point.lat) for point in points)


def _places(points: Sequence[Position]) -> date_line.Path:
    return tuple((point.lon, point.lat) for point in points)


def _points(path: date_line.Path) -> list[Position]:
    return [Position(place[0], place[1]) for place in path]


def _list(value: object, kind: str) -> list[object]:
    if not isinstance(value, list):
        raise InvalidGeometry(f"the coordinates of its {kind} are {_what(value)}, not a list")
    if not value:
        raise InvalidGeometry(f"its {kind} has no coordinates")
    return value


def _what(value: object) -> str:
    """Return a short name of a value, for a reason."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return repr(value if len(value) <= 40 else value[:39] + "…")
        case int() | float():
            return f"{value:g}" if -1e300 < value < 1e300 else "a huge number"
        case list():
            return "a list"
    return "an object"
