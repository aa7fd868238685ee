"""Changing the corners of a fence one by one: walk along them, carry one, put one in, take one out."""

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
"""Corners to either side of the current one that are marked on the map."""

_STILL_M = 0.01
_MEASURED = 1_000
"""Corners up to which sizes are worked out."""

# A held arrow walks one by one for a while, then a share of the ring at each repeat: round the largest in seconds.
_WALKS = ((3.0, 60), (1.5, 250))

_FINE = Verdict()


@dataclass(frozen=True, slots=True)
class _Undo:
    """How to take a step back: what to do to corner `at` of a chain."""

    what: Literal["replace", "insert", "remove", "revive"]
    chain: int
    at: int
    place: Position
    raw: RawPosition


class ReshapeSketch:
    """Left and right walk along the corners, up and down from ring to ring; OK picks a corner up and puts it down.

    While walking the screen keeps the map's crosshair on `focus`; while a corner is carried it is under the crosshair.
    Back puts a carried corner back where it was, then takes back one step after the other.
    """

    def __init__(self, fence: Geofence, geometry: Mapping[str, Any], crosshair: Position) -> None:
        """Begin with the corner that is nearest to the crosshair.

        Raises:
            ValueError: there are no corners.
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
        self._carried: Position | None = None
        self._is_new = False
        self._verdict = _FINE
        self._undo: list[_Undo] = []
        self._sizes: tuple[float | None, float] | None = None
        self._own_m2 = 0.0
        """Area of the ring whose corner is carried, signed."""
        self._fixed: tuple[Trace, ...] = ()
        self._settle()

    @property
    def stage(self) -> Stage:
        return "walking" if self._carried is None else "carrying"

    @property
    def pans(self) -> bool:
        return self._carried is not None

    @property
    def focus(self) -> Position:
        """The current corner: while walking, the place that the map shows in its middle."""
        return self.chain.places[self._at] if self._carried is None else self._carried

    @property
    def chain(self) -> Chain:
        """The ring or line that the current corner belongs to."""
        return self._outlines.chains[self._chain]

    @property
    def ring_count(self) -> int:
        """How many outlines there are to walk along."""
        return sum(not chain.is_gone for chain in self._outlines.chains)

    @property
    def number(self) -> tuple[int, int]:
        """Which corner the current one is, from 1, and how many there are in its ring or line."""
        return self._at + 1, len(self.chain.places)

    @property
    def is_changed(self) -> bool:
        return bool(self._undo) or self._is_new or (self._carried is not None and self._has_moved)

    @property
    def problem(self) -> Reason | None:
        return self._verdict.problem

    @property
    def can_remove_hole(self) -> bool:
        """Tell whether the current ring is a hole, which may be taken out as a whole."""
        return self.chain.kind == "hole" and self._carried is None

    @property
    def measures(self) -> Measures | None:
        if self._sizes is None:
            return None
        area_m2, perimeter_m = self._sizes
        if self._carried is None:
            return Measures(area_m2, perimeter_m)
        chain, new = self.chain, self._carried
        old = chain.places[self._at]
        ends = [chain.places[n] for step in (-1, 1) if (n := chain.neighbour(self._at, step)) is not None]
        perimeter_m += sum(geodesy.distance_m(end, new) - geodesy.distance_m(end, old) for end in ends)
        if area_m2 is not None and chain.is_ring:
            # The corner's old triangle goes, the new one comes; which of them count as more depends on the direction.
            gain_m2 = geodesy.signed_ring_area_m2((ends[0], new, ends[1]))
            gain_m2 -= geodesy.signed_ring_area_m2((ends[0], old, ends[1]))
            ring_m2 = abs(self._own_m2 + gain_m2) - abs(self._own_m2)
            area_m2 += -ring_m2 if chain.kind == "hole" else ring_m2
        return Measures(area_m2 if self._verdict.problem is None else None, perimeter_m)

    @property
    def outline(self) -> Outline:
        chain, new, size = self.chain, self._carried, len(self.chain.places)
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
        if self._carried is not None:
            self._carried = continued(crosshair, self.chain.places[self._at])
            self._judge()

    def place(self) -> Step:
        """Pick the current corner up, or put it down."""
        if self._carried is None:
            self._pick_up()
            return Placed()
        return self._put_down() or Placed()

    def adjust(self, direction: Direction, held_s: float = 0.0) -> bool:
        """Walk: left and right to the corners before and after, up and down to other rings."""
        if self._carried is not None:
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
        """Put a corner into the middle of the edge after the current one, picked up; a line is drawn on at its end.

        A carried corner is put down first, as `remove` and `finish` do.
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
        self._settle()
        self._pick_up()
        return Placed()

    def remove(self) -> Placed | Refused:
        """Take the current corner out; the one before it becomes the current one."""
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
        self._settle()
        return Placed()

    def remove_hole(self) -> Placed | Refused:
        """Take the current hole out altogether; the screen has asked before."""
        if not self.can_remove_hole:
            return Refused("too-few")
        self.chain.is_gone = True
        self._undo.append(_Undo("revive", self._chain, self._at, self.focus, []))
        self._go_to_ring(-1)
        self._settle()
        return Placed()

    def take_back(self) -> bool:
        if self._carried is not None:
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
                self._at = max(step.at - 1, 0)
            case "revive":
                chain.is_gone = False
        self._settle()
        return True

    def finish(self) -> Drawn | Refused:
        """Be done; a carried corner is put down where it is."""
        if (refused := self._put_down()) is not None:
            return refused
        if not self._undo:
            return Refused("unchanged")
        # A rectangle whose corners were moved one by one is none any more.
        subtype = "Circle" if any(isinstance(shape, Circle) for shape in self._fence.shapes) else ""
        return Drawn(self._outlines.geometry(), subtype, radius_of(self._fence))

    @property
    def _has_moved(self) -> bool:
        old = self.chain.places[self._at]
        return self._carried is not None and geodesy.distance_m(self._carried, old) > _STILL_M

    def _pick_up(self) -> None:
        self._carried = self.chain.places[self._at]
        if self._sizes is not None and self.chain.is_ring:
            self._own_m2 = geodesy.signed_ring_area_m2(self.chain.places)
        self._judge()
        self._trace()

    def _let_go(self) -> None:
        """Put a carried corner back where it was."""
        self._carried, self._verdict = None, _FINE
        if self._is_new:
            self._is_new = False
            self.chain.remove(self._at)
            self._at = max(self._at - 1, 0)
            self._settle()
        self._trace()

    def _put_down(self) -> Refused | None:
        chain, at, new = self.chain, self._at, self._carried
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
        self._carried, self._is_new, self._verdict = None, False, _FINE
        self._settle()
        return None

    def _judge(self) -> None:
        if self._carried is not None:
            self._verdict = self._outlines.judge(self.chain, self._at, self._carried)

    def _go_to_ring(self, step: int) -> bool:
        """Go to the next ring or line that is there, to the corner of it nearest to where one is."""
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

    def _settle(self) -> None:
        """Work out what stays the same until something changes: sizes, and the lines that follow no crosshair."""
        chains = [chain for chain in self._outlines.chains if not chain.is_gone]
        few = sum(len(chain.places) for chain in chains) <= _MEASURED
        self._sizes = _sizes(chains) if few else None
        self._trace()

    def _trace(self) -> None:
        fixed = []
        for chain in self._outlines.chains:
            if chain.is_gone:
                continue
            if chain is self.chain and self._carried is not None:
                after, before = chain.places[self._at + 1 :], chain.places[: self._at]
                pieces = [after + before] if chain.is_ring else [before, after]
                fixed += [Trace("fixed", densified(piece)) for piece in pieces if len(piece) > 1]
            else:
                fixed.append(Trace("fixed", chain.line))
        self._fixed = tuple(fixed)


def _sizes(chains: list[Chain]) -> tuple[float | None, float]:
    """Return area, None where there are no rings, and the length of all outlines."""
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
    """Return what lies between the further numbers of two positions; nothing unless both have them."""
    numbers = (int, float)
    return [(x + y) / 2 for x, y in zip(a, b, strict=False) if isinstance(x, numbers) and isinstance(y, numbers)]
