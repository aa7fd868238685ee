"""Editing the corners of a fence one by one: selecting, moving, inserting and removing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tvapp.fences.editing.move_sketch import radius_of
from tvapp.fences.editing.outlines import Chain, Outlines, Verdict
from tvapp.fences.editing.sketch import (
    Direction,
    Drawn,
    Measures,
    Outline,
    Placed,
    Reason,
    Refused,
    Role,
    Stage,
    Step,
    Trace,
    continued,
)
from tvapp.fences.geojson.geometry import MAX_VERTICES
from tvapp.fences.geojson.position_lists import RawPosition
from tvapp.fences.model.fence import Circle, Geofence
from tvapp.geo import geodesy
from tvapp.geo.position import Position
from tvapp.geo.segments import densified

MARKED = 24
"""Corners on either side of the current one that are marked on the map."""

_STILL_M = 0.01
_MEASURED = 1_000
"""Most corners for which sizes are computed."""

# (seconds held, share of the ring): a held arrow goes corner by corner first, then in strides, so that the largest ring
# takes seconds.
_WALKS = ((3.0, 60), (1.5, 250))

_FINE = Verdict()


@dataclass(frozen=True, slots=True)
class _Undo:
    """How to undo a step: what to do to corner `at` of a chain."""

    what: Literal["replace", "insert", "remove", "revive"]
    chain: int
    at: int
    place: Position
    raw: RawPosition


class ReshapeSketch:
    """Left and right select corners, up and down rings; OK picks the corner up and puts it down.

    While selecting, the screen keeps the map's crosshair on `focus`; a picked-up corner follows the crosshair. Back
    puts a picked-up corner back, then undoes one step after the other.
    """

    def __init__(self, fence: Geofence, geometry: Mapping[str, Any], crosshair: Position) -> None:
        """Start at the corner nearest to the crosshair.

        Raises:
            ValueError: the geometry has no corners.
        """
        self._fence = fence
        self._near = fence.bounds.center
        self._outlines = Outlines(geometry, self._near)
        if not self._outlines.chains:
            raise ValueError(f"{fence.id} has no corners")
        here = continued(crosshair, self._near)
        self._chain, self._at = min(
            ((number, at) for number, chain in enumerate(self._outlines.chains) for at in range(len(chain.places))),
            key=lambda key: _apart(self._outlines.chains[key[0]].places[key[1]], here),
        )
        self._picked_up: Position | None = None
        self._is_new = False
        self._verdict = _FINE
        self._undo: list[_Undo] = []
        self._own_m2 = 0.0
        """Signed area of the ring whose corner is picked up."""
        self._sizes: tuple[float | None, float] | None
        self._fixed: tuple[Trace, ...]
        self._recompute()

    @property
    def stage(self) -> Stage:
        return "walking" if self._picked_up is None else "carrying"

    @property
    def pans(self) -> bool:
        return self._picked_up is not None

    @property
    def focus(self) -> Position:
        """The current corner; while selecting, the place that the map shows in its middle."""
        return self.chain.places[self._at] if self._picked_up is None else self._picked_up

    @property
    def chain(self) -> Chain:
        """The ring or line that the current corner belongs to."""
        return self._outlines.chains[self._chain]

    @property
    def ring_count(self) -> int:
        """The number of rings and lines."""
        return sum(not chain.is_gone for chain in self._outlines.chains)

    @property
    def number(self) -> tuple[int, int]:
        """The number of the current corner, from 1, and the number of corners in its ring or line."""
        return self._at + 1, len(self.chain.places)

    @property
    def is_changed(self) -> bool:
        return bool(self._undo) or self._is_new or (self._picked_up is not None and self._has_moved)

    @property
    def problem(self) -> Reason | None:
        return self._verdict.problem

    @property
    def can_remove_hole(self) -> bool:
        """Whether the current ring is a hole, which can be removed as a whole."""
        return self.chain.kind == "hole" and self._picked_up is None

    @property
    def measures(self) -> Measures | None:
        if self._sizes is None:
            return None
        area_m2, perimeter_m = self._sizes
        if self._picked_up is None:
            return Measures(area_m2, perimeter_m)
        chain, new = self.chain, self._picked_up
        old = chain.places[self._at]
        ends = [chain.places[n] for step in (-1, 1) if (n := chain.neighbour(self._at, step)) is not None]
        perimeter_m += sum(geodesy.distance_m(end, new) - geodesy.distance_m(end, old) for end in ends)
        if area_m2 is not None and chain.is_ring:
            # Exchange the corner's old triangle for the new one; their signs depend on the ring's direction.
            gain_m2 = geodesy.signed_ring_area_m2((ends[0], new, ends[1]))
            gain_m2 -= geodesy.signed_ring_area_m2((ends[0], old, ends[1]))
            ring_m2 = abs(self._own_m2 + gain_m2) - abs(self._own_m2)
            area_m2 += -ring_m2 if chain.kind == "hole" else ring_m2
        return Measures(area_m2 if self._verdict.problem is None else None, perimeter_m)

    @property
    def outline(self) -> Outline:
        chain, new, size = self.chain, self._picked_up, len(self.chain.places)
        reach = min(MARKED, (size - 1) // 2) if chain.is_ring else MARKED
        marked = [self._at + step for step in range(-reach, reach + 1)]
        if chain.is_ring and size % 2 == 0 and reach < MARKED:
            marked.append(self._at + reach + 1)
        if not chain.is_ring:
            marked = [number for number in marked if 0 <= number < size]
        vertices = tuple(
            new if number == self._at and new is not None else chain.places[number % size] for number in marked
        )
        traces = list(self._fixed)
        if new is not None:
            role: Role = "live" if self._verdict.problem in (None, "same-place") else "crossing"
            ends = [n for step in (-1, 1) if (n := chain.neighbour(self._at, step)) is not None]
            traces += [Trace(role, densified((chain.places[end], new))) for end in ends]
            traces += [Trace("crossing", densified(edge)) for edge in self._verdict.crossed]
        return Outline(tuple(traces), vertices, marked.index(self._at), self._verdict.places)

    def aim(self, crosshair: Position, resolution_m: float) -> None:
        if self._picked_up is not None:
            self._picked_up = continued(crosshair, self.chain.places[self._at])
            self._judge()

    def place(self) -> Step:
        """Pick the current corner up, or put it down."""
        if self._picked_up is None:
            self._pick_up()
            return Placed()
        return self._put_down() or Placed()

    def adjust(self, direction: Direction, held_s: float = 0.0) -> bool:
        """Select: left and right the corners before and after, up and down other rings."""
        if self._picked_up is not None:
            return False
        step = 1 if direction in ("right", "down") else -1
        if direction in ("up", "down"):
            return self._go_to_ring(step)
        chain = self.chain
        stride = next((len(chain.places) // share for from_s, share in _WALKS if held_s >= from_s), 1)
        step *= max(stride, 1)
        there = self._at + step
        there = there % len(chain.places) if chain.is_ring else min(max(there, 0), len(chain.places) - 1)
        moved = there != self._at
        self._at = there
        return moved

    def insert(self) -> Placed | Refused:
        """Insert a corner in the middle of the edge after the current one, or beyond the end of a line, and pick it up.

        A corner picked up before is put down first, as in `remove` and `finish`.
        """
        if (refused := self._put_down()) is not None:
            return refused
        if sum(len(chain.places) for chain in self._outlines.chains) >= MAX_VERTICES:
            return Refused("too-many")
        chain, at = self.chain, self._at
        after = chain.neighbour(at, 1)
        a, raw = chain.places[at], chain.raw[at]
        place, more = a, raw[2:]
        if after is not None:
            b = chain.places[after]
            place = Position((a.lon + b.lon) / 2.0, (a.lat + b.lat) / 2.0)
            more = _between(raw[2:], chain.raw[after][2:])
        turn = a.lon - float(raw[0])
        chain.insert(at + 1, place, [place.lon - turn, place.lat, *more])
        self._at, self._is_new = at + 1, True
        self._recompute()
        self._pick_up()
        return Placed()

    def remove(self) -> Placed | Refused:
        """Remove the current corner; the one before it becomes the current one."""
        if (refused := self._put_down()) is not None:
            return refused
        chain = self.chain
        if len(chain.places) <= chain.least:
            return Refused("too-few")
        verdict = self._outlines.judge_gap(chain, self._at)
        if verdict.problem is not None:
            return Refused(verdict.problem, verdict.places)
        at = self._at
        place, raw = chain.remove(at)
        if chain.is_ring and not self._outlines.is_nested(chain.part):
            chain.insert(at, place, raw)
            return Refused("hole")
        self._undo.append(_Undo("insert", self._chain, at, place, raw))
        self._at = (at - 1) % len(chain.places) if chain.is_ring else max(at - 1, 0)
        self._recompute()
        return Placed()

    def remove_hole(self) -> Placed | Refused:
        """Remove the current hole as a whole; the screen has asked before."""
        if not self.can_remove_hole:
            return Refused("too-few")
        self.chain.is_gone = True
        self._undo.append(_Undo("revive", self._chain, self._at, self.focus, []))
        self._go_to_ring(-1)
        self._recompute()
        return Placed()

    def take_back(self) -> bool:
        if self._picked_up is not None:
            self._let_go()
            return True
        if not self._undo:
            return False
        step = self._undo.pop()
        chain = self._outlines.chains[step.chain]
        self._chain, self._at = step.chain, step.at
        match step.what:
            case "replace":
                chain.replace(step.at, step.place, step.raw)
            case "insert":
                chain.insert(step.at, step.place, step.raw)
            case "remove":
                chain.remove(step.at)
                self._at = step.at - 1
            case "revive":
                chain.is_gone = False
        self._recompute()
        return True

    def finish(self) -> Drawn | Refused:
        """Finish; a picked-up corner is put down where it is."""
        if (refused := self._put_down()) is not None:
            return refused
        if not self._undo:
            return Refused("unchanged")
        # A rectangle with single corners moved is no rectangle any more.
        subtype = "Circle" if any(isinstance(shape, Circle) for shape in self._fence.shapes) else ""
        return Drawn(self._outlines.geometry(), subtype, radius_of(self._fence))

    @property
    def _has_moved(self) -> bool:
        old = self.chain.places[self._at]
        return self._picked_up is not None and geodesy.distance_m(self._picked_up, old) > _STILL_M

    def _pick_up(self) -> None:
        self._picked_up = self.chain.places[self._at]
        if self._sizes is not None and self.chain.is_ring:
            self._own_m2 = geodesy.signed_ring_area_m2(self.chain.places)
        self._judge()
        self._trace()

    def _let_go(self) -> None:
        """Put a picked-up corner back where it was."""
        self._picked_up, self._verdict = None, _FINE
        if self._is_new:
            self._is_new = False
            self.chain.remove(self._at)
            self._at -= 1
            self._recompute()
        self._trace()

    def _put_down(self) -> Refused | None:
        chain, at, new = self.chain, self._at, self._picked_up
        if new is None:
            return None
        if not self._is_new and not self._has_moved:
            self._let_go()
            return None
        if self._verdict.problem is not None:
            return Refused(self._verdict.problem, self._verdict.places)
        old, old_raw = chain.places[at], chain.raw[at]
        chain.replace(at, new, chain.moved_raw(at, new))
        if chain.is_ring and not self._outlines.is_nested(chain.part):
            chain.replace(at, old, old_raw)
            return Refused("hole")
        what: Literal["remove", "replace"] = "remove" if self._is_new else "replace"
        self._undo.append(_Undo(what, self._chain, at, old, old_raw))
        self._picked_up, self._is_new, self._verdict = None, False, _FINE
        self._recompute()
        return None

    def _judge(self) -> None:
        if self._picked_up is not None:
            self._verdict = self._outlines.judge(self.chain, self._at, self._picked_up)

    def _go_to_ring(self, step: int) -> bool:
        """Go to the next ring or line, to its corner nearest to the current one."""
        here, chains = self.focus, self._outlines.chains
        number = self._chain
        for _ in chains:
            number = (number + step) % len(chains)
            if not chains[number].is_gone:
                break
        moved = number != self._chain
        self._chain = number
        if moved:
            places = chains[number].places
            self._at = min(range(len(places)), key=lambda at: _apart(places[at], here))
        return moved

    def _recompute(self) -> None:
        """Recompute the sizes, and the lines that do not follow the crosshair, after a change."""
        chains = [chain for chain in self._outlines.chains if not chain.is_gone]
        few = sum(len(chain.places) for chain in chains) <= _MEASURED
        self._sizes = _sizes(chains) if few else None
        self._trace()

    def _trace(self) -> None:
        fixed = []
        for chain in self._outlines.chains:
            if chain.is_gone:
                continue
            if chain is self.chain and self._picked_up is not None:
                after, before = chain.places[self._at + 1 :], chain.places[: self._at]
                pieces = [after + before] if chain.is_ring else [before, after]
                fixed += [Trace("fixed", densified(piece)) for piece in pieces if len(piece) > 1]
            else:
                fixed.append(Trace("fixed", chain.line))
        self._fixed = tuple(fixed)


def _sizes(chains: list[Chain]) -> tuple[float | None, float]:
    """Return the area, None without rings, and the length of all outlines."""
    area_m2 = length_m = 0.0
    for chain in chains:
        if chain.is_ring:
            area_m2 += geodesy.ring_area_m2(chain.places) * (-1.0 if chain.kind == "hole" else 1.0)
            length_m += geodesy.ring_perimeter_m(chain.places)
        else:
            length_m += geodesy.path_length_m(chain.places)
    return area_m2 if any(chain.is_ring for chain in chains) else None, length_m


def _apart(a: Position, b: Position) -> float:
    return abs(a.lon - b.lon) + abs(a.lat - b.lat)


def _between(a: RawPosition, b: RawPosition) -> RawPosition:
    """Return the means of the further coordinates of two positions, as far as both have them."""
    numbers = (int, float)
    return [(x + y) / 2 for x, y in zip(a, b, strict=False) if isinstance(x, numbers) and isinstance(y, numbers)]
