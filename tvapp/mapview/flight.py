"""The path of a flight between two views: out, across and in again, at a speed that looks even.

J. J. van Wijk and W. A. A. Nuij, "Smooth and efficient zooming and panning", IEEE InfoVis 2003.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tvapp.mapview.viewport import Viewport

RHO = 1.42
"""The paper's trade-off between zooming and panning; its user study found 1.42."""

NEAR_S = 0.25
FAR_S = 1.5
_PER_UNIT_S = 0.16
# Seconds per unit of the paper's path length: a neighbouring suburb takes half a second, another continent FAR_S.


@dataclass(frozen=True, slots=True)
class Flight:
    """A flight from `start` to `target`, which are `length` apart (the paper's S)."""

    start: Viewport
    target: Viewport
    length: float
    duration_s: float
    du: float
    dv: float
    r0: float

    def at(self, t: float) -> Viewport:
        """Return the view at a time since the start, in seconds; the target itself from `duration_s` on."""
        if t >= self.duration_s:
            return self.target
        p = max(t, 0.0) / self.duration_s
        s = ease_in_out(p) * self.length
        ratio = self.target.world / self.start.world
        distance = math.hypot(self.du, self.dv) * self.start.world / self.start.width
        if distance < _STILL:
            part = ease_in_out(p)
            return self._view(part if ratio == 1.0 else _zoom_part(part, ratio), ratio**part)
        # Width of the view w (in start widths) and way u along the line after path length s: the paper's eq. 9.
        cosh0 = math.cosh(self.r0)
        out = cosh0 / math.cosh(RHO * s + self.r0)
        way = (cosh0 * math.tanh(RHO * s + self.r0) - math.sinh(self.r0)) / (RHO * RHO)
        return self._view(way / distance, 1.0 / out)

    def _view(self, part: float, closer: float) -> Viewport:
        zoom = self.start.zoom + math.log2(closer)
        return self.start.at(self.start.u + self.du * part, self.start.v + self.dv * part, zoom)


_STILL = 1e-6
# Way in screen widths below which a flight is a mere zoom; the path's formulas divide by it.


def flight(start: Viewport, target: Viewport) -> Flight:
    """Plan the flight between two views of the same screen, the shorter way round the world."""
    du = target.u - start.u
    du -= math.floor(du + 0.5)
    dv = target.v - start.v
    distance = math.hypot(du, dv) * start.world / start.width
    w1 = start.world / target.world
    if distance < _STILL:
        length, r0 = abs(math.log(w1)) / RHO, 0.0
    else:
        rho2 = RHO * RHO
        b0 = (w1 * w1 - 1.0 + rho2 * rho2 * distance * distance) / (2.0 * rho2 * distance)
        b1 = (w1 * w1 - 1.0 - rho2 * rho2 * distance * distance) / (2.0 * w1 * rho2 * distance)
        r0 = -math.asinh(b0)
        length = (-math.asinh(b1) - r0) / RHO
    duration = min(max(NEAR_S, NEAR_S + _PER_UNIT_S * (length - 1.0)), FAR_S)
    return Flight(start, target, length, duration, du, dv, r0)


def ease_in_out(p: float) -> float:
    """Return the eased part of the way at part `p` of the time, both 0 to 1."""
    return p * p * (3.0 - 2.0 * p)


def ease_out(p: float) -> float:
    """Return the eased part of the way; starts at once, ends softly."""
    rest = 1.0 - p
    return 1.0 - rest * rest * rest


def _zoom_part(part: float, ratio: float) -> float:
    """Return how much of a tiny pan is done when the scale has changed by ratio**part: the target stays put."""
    return (1.0 - math.pow(ratio, -part)) / (1.0 - 1.0 / ratio)
