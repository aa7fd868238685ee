"""The rings and lines of a fence while single corners change, and which crossings a change would cause.

Only edges that a change touches are checked: a ring that crosses itself elsewhere can still be repaired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tvapp.fences.editing.sketch import Reason, off_map
from tvapp.fences.geojson.position_lists import (
    ListKind,
    Path,
    PositionList,
    RawPosition,
    position_lists,
    replaced,
    with_lists,
)
from tvapp.geo.polygon import contains
from tvapp.geo.position import Position
from tvapp.geo.segments import Edges, densified, folds_back


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on a corner's two edges: the problem, the places of crossings, and the edges crossed."""

    problem: Reason | None = None
    places: tuple[Position, ...] = ()
    crossed: tuple[tuple[Position, Position], ...] = ()


@dataclass(slots=True)
class Chain:
    """One ring (unclosed) or line: its places, longitudes continuous, and the file's position of each."""

    path: Path
    kind: ListKind
    part: int
    places: list[Position]
    raw: list[RawPosition]
    is_gone: bool = False
    _edges: Edges | None = field(default=None, repr=False)
    _line: tuple[Position, ...] | None = field(default=None, repr=False)

    @property
    def is_ring(self) -> bool:
        return self.kind != "line"

    @property
    def least(self) -> int:
        """The least number of corners."""
        return 3 if self.is_ring else 2

    @property
    def edges(self) -> Edges:
        """Its edges, indexed by place."""
        if self._edges is None:
            self._edges = Edges(self.places, is_ring=self.is_ring)
        return self._edges

    @property
    def line(self) -> tuple[Position, ...]:
        """The line to draw, closed for a ring; the same object until a corner changes."""
        if self._line is None:
            self._line = densified([*self.places, self.places[0]] if self.is_ring else self.places)
        return self._line

    def neighbour(self, at: int, step: int) -> int | None:
        """Return the number of the corner `step` further on; None beyond the end of a line."""
        other = at + step
        if self.is_ring:
            return other % len(self.places)
        return other if 0 <= other < len(self.places) else None

    def insert(self, at: int, place: Position, raw: RawPosition) -> None:
        """Put a corner before number `at`."""
        self.places.insert(at, place)
        self.raw.insert(at, raw)
        self._edges = self._line = None

    def remove(self, at: int) -> tuple[Position, RawPosition]:
        """Take a corner out and return it."""
        self._edges = self._line = None
        return self.places.pop(at), self.raw.pop(at)

    def replace(self, at: int, place: Position, raw: RawPosition) -> None:
        """Put another corner in place of one."""
        self.places[at], self.raw[at] = place, raw
        self._edges = self._line = None

    def moved_raw(self, at: int, place: Position) -> RawPosition:
        """Return the file's position of a corner at another place, on the corner's turn round the earth."""
        turn = self.places[at].lon - float(self.raw[at][0])
        return replaced(self.raw[at], Position(place.lon - turn, place.lat))


class Outlines:
    """All rings and lines of a fence's geometry. Points and circles are left as they are."""

    def __init__(self, geometry: Mapping[str, Any], near: Position) -> None:
        self._geometry = geometry
        self.chains = [_chain(run, near) for run in position_lists(geometry) if run.kind != "points"]

    def geometry(self) -> dict[str, Any]:
        """Return the current geometry; unchanged lists of positions are those of the file."""
        changed: dict[Path, list[RawPosition] | None] = {}
        for chain in self.chains:
            closing = [chain.raw[0]] if chain.is_ring else []
            changed[chain.path] = None if chain.is_gone else [*chain.raw, *closing]
        return with_lists(self._geometry, changed)

    def judge(self, chain: Chain, at: int, place: Position) -> Verdict:
        """Judge moving corner `at` of a chain to a place."""
        ends = [(other, step) for step in (-1, 1) if (other := chain.neighbour(at, step)) is not None]
        if any(chain.places[other] == place for other, _ in ends):
            return Verdict("same-place", (place,))
        problem = off_map((place, *(chain.places[other] for other, _ in ends)))
        if problem is not None or not chain.is_ring:
            # A line may cross itself and run back along itself.
            return Verdict(problem)
        before, after = (chain.places[other] for other, _ in ends)
        if folds_back(before, place, after):
            return Verdict("crossing", (place,))
        verdicts = []
        for other, step in ends:
            end, beyond = chain.places[other], chain.neighbour(at, 2 * step)
            if beyond is not None and beyond != at and folds_back(place, end, chain.places[beyond]):
                return Verdict("crossing", (end,))
            # Leave out the edges that end at the corner now, and the next one, which shares the new edge's end.
            verdicts.append(self._crossed(chain, place, end, (at - 1, at, at - 2 if step < 0 else at + 1)))
        return _joined(verdicts)

    def judge_gap(self, chain: Chain, at: int) -> Verdict:
        """Judge removing corner `at`."""
        if not chain.is_ring:
            return Verdict()
        size = len(chain.places)
        a, b = chain.places[at - 1], chain.places[(at + 1) % size]
        for other, end, step in ((b, a, -2), (a, b, 2)):
            if folds_back(other, end, chain.places[(at + step) % size]):
                return Verdict("crossing", (end,))
        return self._crossed(chain, a, b, (at - 2, at - 1, at, at + 1))

    def is_nested(self, part: int) -> bool:
        """Tell whether holes lie inside their outline and beside each other, given that no edges cross."""
        rings = [chain for chain in self.chains if chain.part == part and chain.is_ring and not chain.is_gone]
        outer, *holes = [chain.places for chain in rings]
        for number, hole in enumerate(holes):
            if not contains((outer,), hole[0]):
                return False
            others = holes[:number] + holes[number + 1 :]
            if any(contains((other,), hole[0]) for other in others):
                return False
        return True

    def _crossed(self, chain: Chain, a: Position, b: Position, but: tuple[int, ...]) -> Verdict:
        """Judge an edge against its own ring, without the edges `but`, and the other rings of the polygon."""
        size = len(chain.places)
        own = {number % size for number in but}
        places: list[Position] = []
        crossed: list[tuple[Position, Position]] = []
        for other in self.chains:
            if other.part == chain.part and not other.is_gone:
                for edge, where in other.edges.crossed_by(a, b, own if other is chain else ()):
                    places.append(where)
                    crossed.append((other.places[edge], other.places[(edge + 1) % len(other.places)]))
        return Verdict("crossing", tuple(places), tuple(crossed)) if places else Verdict()


def _joined(verdicts: Sequence[Verdict]) -> Verdict:
    bad = [verdict for verdict in verdicts if verdict.problem is not None]
    if not bad:
        return Verdict()
    places = tuple(place for verdict in bad for place in verdict.places)
    return Verdict(bad[0].problem, places, tuple(edge for verdict in bad for edge in verdict.crossed))


def _chain(run: PositionList, near: Position) -> Chain:
    places, raw = list(run.places(near)), list(run.raw)
    if run.kind != "line" and len(places) > 1 and raw[0][:2] == raw[-1][:2]:
        places.pop()
        raw.pop()
    return Chain(run.path, run.kind, run.part, places, raw)
