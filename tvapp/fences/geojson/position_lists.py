"""Lists and replaces the lists of positions in a decoded GeoJSON geometry; the rest stays as it is in the file.

Works on geometries that `geometry` accepts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from tvapp.geo.polygon import unwrapped
from tvapp.geo.position import Position

RawPosition: TypeAlias = list[Any]
"""A position in the file: longitude, latitude and possibly more."""

Path: TypeAlias = tuple[int | str, ...]

ListKind = Literal["outer", "hole", "line", "points"]


@dataclass(frozen=True, slots=True)
class PositionList:
    """A list of positions in a geometry, at `path`; the rings of one polygon share the number `part`."""

    path: Path
    kind: ListKind
    part: int
    raw: list[RawPosition]

    def places(self, near: Position) -> tuple[Position, ...]:
        """Return its places with continuous longitudes, shifted by whole turns to be nearest to `near`."""
        places = [Position(float(raw[0]), float(raw[1])) for raw in self.raw]
        if self.kind == "points":
            # Each by itself: points are not connected.
            return tuple(nearest_turn((place,), near)[0] for place in places)
        return nearest_turn(unwrapped(places), near)


def position_lists(geometry: Mapping[str, Any]) -> tuple[PositionList, ...]:
    """Return all lists of positions of a geometry, in order; a Point is a list of one."""
    found = []
    part = -1
    for path, kind, raw in _walk(geometry, ()):
        part += kind != "hole"
        found.append(PositionList(path, kind, part, raw))
    return tuple(found)


def with_lists(geometry: Mapping[str, Any], changed: Mapping[Path, list[RawPosition] | None]) -> dict[str, Any]:
    """Return a geometry with other lists of positions at some paths; None removes a ring."""
    return _rewritten(geometry, (), changed, {path[:length] for path in changed for length in range(len(path))})


def with_moved_positions(
    geometry: Mapping[str, Any], near: Position, move: Callable[[Position], Position]
) -> dict[str, Any]:
    """Return a geometry with every place moved; `move` gets continuous longitudes near `near`."""
    changed: dict[Path, list[RawPosition] | None] = {}
    for run in position_lists(geometry):
        moved = map(move, run.places(near))
        changed[run.path] = [replaced(raw, place) for raw, place in zip(run.raw, moved, strict=True)]
    return with_lists(geometry, changed)


def replaced(raw: RawPosition, place: Position) -> RawPosition:
    """Return a position with another longitude and latitude; further coordinates stay."""
    return [place.lon, place.lat, *raw[2:]]


def nearest_turn(places: tuple[Position, ...], near: Position) -> tuple[Position, ...]:
    """Return places shifted by whole turns so that their middle is nearest to `near`."""
    middle = (min(place.lon for place in places) + max(place.lon for place in places)) / 2.0
    turn = 360.0 * round((near.lon - middle) / 360.0)
    return tuple(Position(place.lon + turn, place.lat) for place in places) if turn else places


def _walk(geometry: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, ListKind, list[RawPosition]]]:
    kind = geometry["type"]
    if kind == "GeometryCollection":
        for number, member in enumerate(geometry["geometries"]):
            yield from _walk(member, (*path, "geometries", number))
        return
    here: Path = (*path, "coordinates")
    value = geometry["coordinates"]
    match kind:
        case "Point":
            yield here, "points", [value]
        case "MultiPoint":
            yield here, "points", value
        case "LineString":
            yield here, "line", value
        case "MultiLineString":
            for number, line in enumerate(value):
                yield (*here, number), "line", line
        case "Polygon" | "MultiPolygon":
            polygons = [(here, value)] if kind == "Polygon" else [((*here, n), each) for n, each in enumerate(value)]
            for start, polygon in polygons:
                for number, ring in enumerate(polygon):
                    yield (*start, number), "hole" if number else "outer", ring


def _rewritten(
    geometry: Mapping[str, Any], path: Path, changed: Mapping[Path, list[RawPosition] | None], touched: Set[Path]
) -> dict[str, Any]:
    """Do `with_lists` for the geometry at `path`; `touched` are the paths that lead to changed ones."""
    result = dict(geometry)
    here: Path = (*path, "coordinates")
    if geometry["type"] == "GeometryCollection":
        members = []
        for number, member in enumerate(geometry["geometries"]):
            there = (*path, "geometries", number)
            members.append(_rewritten(member, there, changed, touched) if there in touched else member)
        result["geometries"] = members
    elif geometry["type"] == "Point":
        (position,) = changed.get(here) or [geometry["coordinates"]]
        result["coordinates"] = position
    else:
        result["coordinates"] = _rewritten_at(geometry["coordinates"], here, changed, touched)
    return result


def _rewritten_at(value: Any, path: Path, changed: Mapping[Path, list[RawPosition] | None], touched: Set[Path]) -> Any:
    if path in changed:
        return changed[path]
    if path not in touched:
        return value
    kept = []
    for number, inner in enumerate(value):
        here = (*path, number)
        if changed.get(here, inner) is not None:
            kept.append(_rewritten_at(inner, here, changed, touched))
    return kept
