"""Parses the coordinates of a geometry with the text of every number, and writes them as RFC 7946 asks.

Written rings are closed and right-handed, shapes are cut at the date line, longitudes lie in [-180, 180]. Longitude and
latitude get at most seven decimals (a centimetre); unchanged numbers and further coordinates keep their text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tvapp.fences.geojson import date_line
from tvapp.fences.geojson.date_line import Path, Place, Rings
from tvapp.fences.geojson.geometry import MAX_VERTICES, InvalidGeometry, continuous
from tvapp.geo.position import Position

DECIMALS = 7
FAMILY = {
    "Point": "points", "MultiPoint": "points",
    "LineString": "lines", "MultiLineString": "lines",
    "Polygon": "polygons", "MultiPolygon": "polygons",
}  # fmt: skip

_ROUNDING = 0.51 * 10.0**-DECIMALS

_NO_WIDTH = 1e-14
"""Square degrees, about a square centimetre."""


class JsonNumber(float):
    """A number that keeps its text in the file: 1.50e1 stays 1.50e1."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> JsonNumber:
        number = super().__new__(cls, text)
        number.text = text
        return number


@dataclass(frozen=True, slots=True)
class Coordinates:
    """The parsed coordinates of a geometry: points, lines or polygons (rings closed, longitudes continuous)."""

    kind: str
    points: Path = ()
    lines: tuple[Path, ...] = ()
    polygons: tuple[Rings, ...] = ()

    def moved(self, move: Callable[[Place], Place]) -> Coordinates:
        """Return the coordinates with every place moved."""
        return replace(
            self,
            points=tuple(map(move, self.points)),
            lines=tuple(tuple(map(move, line)) for line in self.lines),
            polygons=tuple(tuple(tuple(map(move, ring)) for ring in rings) for rings in self.polygons),
        )

    def places(self) -> Iterator[Place]:
        """Yield every place."""
        yield from self.points
        for line in self.lines:
            yield from line
        for rings in self.polygons:
            for ring in rings:
                yield from ring


class OriginalText:
    """The text that a file has for its positions, for those that stay where they are."""

    def __init__(self, places: Iterable[Place] = ()) -> None:
        self._known: dict[tuple[int, int], list[Place]] = {}
        for place in places:
            self._known.setdefault(_key(place), []).append(place)

    def of(self, place: Place) -> str:
        """Return the text of a position: the original where the file has the position, else rounded numbers."""
        known = self._known.get(_key(place))
        if known:
            # Positions that differ in height only keep their order.
            was = known.pop(0) if len(known) > 1 else known[0]
            place = (
                *(old if abs(old - new) < _ROUNDING else new for old, new in zip(was, place[:2], strict=False)),
                *was[2:],
            )
        # Leave out a height interpolated from one that is too large for a float.
        rest = (_text(number) for number in place[2:] if isinstance(number, JsonNumber) or math.isfinite(number))
        texts = [_rounded(place[0]), _rounded(place[1]), *rest]
        return f"[{','.join(texts)}]"


def decode_numbers(text: bytes) -> object:
    """Decode valid JSON with every number as a `JsonNumber`.

    With `json` because msgspec does not pass on the text of numbers.
    """
    return json.loads(text.decode(), parse_float=JsonNumber, parse_int=JsonNumber)


def parse(kind: object, coordinates: object) -> Coordinates:
    """Parse the decoded coordinates of a geometry of type `kind`, joining parts that were cut at the date line.

    Raises:
        InvalidGeometry: they make no sense; says why.
    """
    match kind:
        case "Point":
            return Coordinates(kind, points=(_place(coordinates),))
        case "MultiPoint":
            return Coordinates(kind, points=_path(coordinates, 1))
        case "LineString":
            return Coordinates(kind, lines=(_line(coordinates),))
        case "MultiLineString":
            return Coordinates(kind, lines=date_line.joined_lines([_line(each) for each in _items(coordinates)]))
        case "Polygon":
            return Coordinates(kind, polygons=(_polygon(coordinates),))
        case "MultiPolygon":
            return Coordinates(kind, polygons=date_line.joined([_polygon(each) for each in _items(coordinates)]))
    raise InvalidGeometry("its geometry is of no type that can be written")


def write(coordinates: Coordinates, words: OriginalText) -> tuple[str, bytes]:
    """Return the type and the text of the coordinates; a geometry that has to be cut becomes a Multi one.

    Raises:
        InvalidGeometry: they cannot be cut, or nothing is left of them.
    """
    try:
        lines = [part for line in coordinates.lines for part in date_line.cut_line(line)]
        polygons = [part for rings in coordinates.polygons for part in date_line.cut(rings)]
    except date_line.SelfCrossing as error:
        raise InvalidGeometry("its outline crosses itself at the date line") from error
    texts = [words.of(_home(place)) for place in coordinates.points]
    texts += [_listed(map(words.of, line)) for line in lines]
    texts += [_listed(_listed(map(words.of, ring)) for ring in rings) for rings in polygons]
    if not texts:
        raise InvalidGeometry("its geometry encloses nothing")
    kind = coordinates.kind
    if len(texts) > 1 and not kind.startswith("Multi"):
        kind = f"Multi{kind}"
    return kind, (_listed(texts) if kind.startswith("Multi") else texts[0]).encode()


def rounded(place: Place) -> Place:
    """Return a place rounded to the decimals that are written."""
    return round(place[0], DECIMALS), round(place[1], DECIMALS), *place[2:]


def has_width(ring: Path) -> bool:
    """Tell whether a rounded ring is more than a line."""
    x, y = ring[0][:2]
    far = max(ring, key=lambda place: abs(place[0] - x) + abs(place[1] - y))
    dx, dy = far[0] - x, far[1] - y
    return any(abs(dx * (place[1] - y) - dy * (place[0] - x)) > _NO_WIDTH for place in ring)


def _polygon(coordinates: object) -> Rings:
    outer, *holes = (_ring(each) for each in _items(coordinates))
    middle = _middle(outer)
    turns = (360.0 * round((middle - _middle(hole)) / 360.0) for hole in holes)
    return outer, *(_turned(hole, turn) for hole, turn in zip(holes, turns, strict=True))


def _ring(coordinates: object) -> Path:
    ring = _path(coordinates, 3)
    if ring[0][:2] != ring[-1][:2]:
        ring = (*ring, ring[0])
    ring = _continuous(ring)
    if ring[0][0] != ring[-1][0]:
        # Once round the earth: the ring encloses the nearer pole.
        pole = 90.0 if sum(place[1] for place in ring) >= 0 else -90.0
        ring = (*ring, (ring[-1][0], pole), (ring[0][0], pole), ring[0])
    return ring


def _line(coordinates: object) -> Path:
    return _continuous(_path(coordinates, 2))


def _continuous(path: Path) -> Path:
    points = continuous([Position(place[0], place[1]) for place in path])
    return tuple((point.lon, *place[1:]) for place, point in zip(path, points, strict=True))


def _path(coordinates: object, least: int) -> Path:
    path = tuple(_place(each) for each in _items(coordinates))
    if len(path) < least:
        raise InvalidGeometry(f"a part of it has fewer than {least} positions")
    if len(path) > MAX_VERTICES:
        raise InvalidGeometry(f"it has more than {MAX_VERTICES} positions")
    return path


def _place(item: object) -> Place:
    place = tuple(_number(each) for each in _items(item))
    if len(place) < 2:
        raise InvalidGeometry("a position of it is not [longitude, latitude]")
    lon, lat = place[0], place[1]
    if not -90.0 <= lat <= 90.0:
        raise InvalidGeometry(f"latitude {lat:g} is outside -90 to 90")
    if not -720.0 <= lon <= 720.0:
        raise InvalidGeometry(f"longitude {lon:g} is outside -180 to 180")
    return place


def _number(value: object) -> float:
    if isinstance(value, float):
        return value
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 10**300:
        raise InvalidGeometry("a position of it is not made of numbers")
    return float(value)


def _items(value: object) -> Sequence[object]:
    if not isinstance(value, list | tuple) or not value:
        raise InvalidGeometry("its coordinates are not lists of positions")
    return value


def _middle(ring: Path) -> float:
    lons = [place[0] for place in ring]
    return (min(lons) + max(lons)) / 2


def _turned(path: Path, turn: float) -> Path:
    return tuple((place[0] + turn, *place[1:]) for place in path) if turn else path


def _home(place: Place) -> Place:
    return place if -180.0 <= place[0] <= 180.0 else ((place[0] + 180.0) % 360.0 - 180.0, *place[1:])


def _key(place: Place) -> tuple[int, int]:
    scale = 10**DECIMALS
    return round(place[0] * scale) % (360 * scale), round(place[1] * scale)


def _rounded(number: float) -> str:
    if isinstance(number, JsonNumber):
        return number.text
    text = f"{number:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _text(number: float) -> str:
    return number.text if isinstance(number, JsonNumber) else repr(round(number, 3))


def _listed(texts: Iterable[str]) -> str:
    return f"[{','.join(texts)}]"
