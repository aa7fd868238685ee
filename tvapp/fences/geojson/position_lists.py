"""Decoded GeoJSON geometries, place by place: what is not touched stays as the file has it, third coordinates too.

Works on geometries that `geometry` has read without complaint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from tvapp.geo.polygon import unwrapped
from tvapp.geo.position import Position

RawPosition: TypeAlias = list[Any]
"""A position as the file has it: longitude, latitude and what else there may be."""

Path: TypeAlias = tuple[int | str, ...]

ListKind = Literal["outer", "hole", "line", "points"]


@dataclass(frozen=True, slots=True)
class PositionList:
    """A list of positions in a geometry: `path` leads there; the rings of one polygon share the number `part`."""

    path: Path
    kind: ListKind
    part: int
    raw: list[RawPosition]

    def places(self, near: Position) -> tuple[Position, ...]:
        """Return its places with continuous longitudes, on that turn round the earth which is nearest to `near`."""
        places = [Position(float(raw[0]), float(raw[1])) for raw in self.raw]
        if self.kind == "points":
            # Each for itself: they are no line that goes anywhere.
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
    """Return a geometry with other lists of positions at some paths of its runs; None takes a ring away."""
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
    """Return a position of a file at another place, with whatever else it has."""
    return [place.lon, place.lat, *raw[2:]]


def nearest_turn(places: tuple[Position, ...], near: Position) -> tuple[Position, ...]:
    """Move places by whole turns round the earth until their middle is nearest to `near`."""
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
    """Return what `rewritten` does for the geometry at `path`; `touched` are the paths that lead to changed ones."""
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
