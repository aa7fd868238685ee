"""Moves the viewport over time: steps, held keys, zooms and flights. The time is passed in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from tvapp.mapview.flight import Flight, ease_out, flight
from tvapp.mapview.viewport import MAX_ZOOM, Viewport, lowest_zoom

STEP = 1 / 8
"""How far one tap moves the map, in screen heights."""

GLIDE_S = 0.16
"""How long the map takes to come to rest after the key is released."""

ZOOM_S = 0.2
"""How long one zoom takes, however many presses add up in it."""

HEAD_START_S = 0.016
"""A press moves the map by this much at once, so that the very next frame shows its effect."""

ALIGNED_PX = 4
"""Under a held key the map moves 8 to 27 pixels a frame, so an error of 2 is invisible; but SDL copies a tile whose
rows start at multiples of 16 bytes three times faster: 0.35 instead of 1 ms a screen."""

FINE_STEP = 1 / 60
"""The same while the viewer places a point: about a fingertip on a 55-inch screen."""
FINE_LINGER_S = 0.3
"""How long a key may be down then and still count as a tap."""

# A held key, in screen heights: a steady start, so that every tap up to _LINGER_S long ends as one whole step, then
# acceleration until the map moves by a screen in two thirds of a second.
_START_SPEED = 0.45
_LINGER_S = 0.2
_ACCELERATION = 0.9
_TOP_SPEED = 1.5

_LONGEST_FRAME_S = 0.1
# Under a held key, a stall (display lost, machine busy) must not make the map leap.

_REPEAT_AFTER_S = 0.4
_REPEAT_EVERY_S = 0.15
# With motion off a held key takes whole steps at this pace.

_UNIT = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


class Direction(Protocol):
    """An arrow key by its name, such as `remote.intents.Intent`, which this room may not import."""

    @property
    def value(self) -> str:
        """One of up, down, left, right."""
        ...


@dataclass(slots=True)
class _HeldKey:
    """A direction key that has been down for `held_s`; `travelled` so far, in screen heights."""

    held_s: float
    travelled: float


@dataclass(slots=True)
class _Glide:
    """The motion after a release: cubic Hermite, from `speed` to standstill over `way` (screen heights)."""

    unit: tuple[int, int]
    since: float
    way: float
    speed: float
    done: float = 0.0

    def part(self, now: float) -> float:
        """Return the distance covered until `now`."""
        p = min(max((now - self.since) / GLIDE_S, 0.0), 1.0)
        return p * (1.0 - p) ** 2 * self.speed * GLIDE_S + p * p * (3.0 - 2.0 * p) * self.way


@dataclass(slots=True)
class _Zoom:
    since: float
    start: float
    goal: float


class Camera:
    """A viewport and its motion. Calls that move it take the time; `update` returns the viewport at a time."""

    def __init__(self, viewport: Viewport, *, motion: bool = True) -> None:
        self.viewport = viewport
        self.motion = motion
        self.is_fine = False
        """Taps move by FINE_STEP instead of STEP, and holds begin later."""
        self._holds: dict[str, _HeldKey] = {}
        self._glides: list[_Glide] = []
        self._zooming: _Zoom | None = None
        self._flight: tuple[Flight, float] | None = None
        self._last = 0.0
        self._aligned: tuple[Viewport, Viewport] | None = None

    @property
    def shown(self) -> Viewport:
        """The viewport to draw: while a direction key is held, aligned to ALIGNED_PX horizontally."""
        exact = self.viewport
        if not self._holds or not self.motion or self.is_zooming:
            return exact
        if self._aligned is None or self._aligned[0] is not exact:
            self._aligned = exact, exact.aligned(ALIGNED_PX)
        return self._aligned[1]

    @property
    def is_zooming(self) -> bool:
        """Tell whether a zoom or a flight is under way: intermediate views do not matter."""
        return self._zooming is not None or self._flight is not None

    @property
    def target(self) -> Viewport:
        """Where the map comes to rest if every key is released now."""
        if self._flight is not None:
            return self._flight[0].target
        dx = dy = 0.0
        for glide in self._glides:
            dx += glide.unit[0] * (glide.way - glide.done)
            dy += glide.unit[1] * (glide.way - glide.done)
        for direction, hold in self._holds.items():
            rest = self._rest(hold)
            dx += _UNIT[direction][0] * rest
            dy += _UNIT[direction][1] * rest
        moved = self.viewport.panned(dx * self.viewport.height, dy * self.viewport.height)
        return moved if self._zooming is None else moved.at(moved.u, moved.v, self._zooming.goal)

    def is_moving(self, now: float) -> bool:
        """Tell whether the viewport may change later without another key."""
        return bool(self._holds or self._glides or self._zooming or self._flight)

    def heading(self) -> tuple[float, float]:
        """Return the direction of a pan that goes on (east and south positive, length 1), or (0, 0).

        Taps, zooms and flights have none: they end at their target, which may not be in the neighbourhood.
        """
        if self.is_zooming:
            return 0.0, 0.0
        going_on = [_UNIT[name] for name, hold in self._holds.items() if hold.held_s > _LINGER_S]
        dx, dy = sum(x for x, _ in going_on), sum(y for _, y in going_on)
        length = math.hypot(dx, dy)
        return (dx / length, dy / length) if length else (0.0, 0.0)

    def press(self, direction: Direction, now: float) -> None:
        """Take in that a direction key went down. Other keys, and a second press of the same, change nothing."""
        name = direction.value
        if name not in _UNIT or name in self._holds:
            return
        self.update(now)
        self._flight = None
        hold = _HeldKey(HEAD_START_S, self._way(HEAD_START_S)) if self.motion else _HeldKey(0.0, self._step)
        self._holds[name] = hold
        self._pan(_UNIT[name], hold.travelled)

    def release(self, direction: Direction, now: float) -> None:
        """Take in that a direction key went up: come to rest softly, after at least one whole step."""
        self._release(direction.value, now)

    def release_all(self, now: float) -> None:
        """Take every key as released: the screen lost the focus, or a release was missed."""
        for name in tuple(self._holds):
            self._release(name, now)

    def zoom_by(self, levels: int, now: float) -> None:
        """Zoom by whole levels about the centre; presses in quick succession add up."""
        self.update(now)
        if self._flight is not None:
            self.fly_to(self._flight[0].target.zoomed(levels), now)
            return
        goal = self._clamp((self._zooming.goal if self._zooming else self.viewport.zoom) + levels)
        if goal == self.viewport.zoom:
            self._zooming = None
        elif self.motion:
            self._zooming = _Zoom(now - HEAD_START_S, self.viewport.zoom, goal)
            self._advance_zoom(now)
        else:
            self.viewport = self.viewport.at(self.viewport.u, self.viewport.v, goal)

    def fly_to(self, target: Viewport, now: float) -> None:
        """Fly to another view; takes 0.25 s nearby and 1.5 s to the other end of the world."""
        self.update(now)
        here = self.viewport
        target = target.resized(here.width, here.height, here.scale)
        self.jump_to(here)
        if target == here:
            return
        if self.motion:
            self._flight = (flight(here, target), now)
        else:
            self.viewport = target

    def jump_to(self, viewport: Viewport) -> None:
        """Show another viewport at once; all motion ends."""
        self._holds.clear()
        self._glides.clear()
        self._zooming = None
        self._flight = None
        self.viewport = viewport

    def resize(self, width: int, height: int, scale: float) -> None:
        """Go on with another screen size; a flight ends at its target."""
        if self._flight is not None:
            self.jump_to(self._flight[0].target)
        self.viewport = self.viewport.resized(width, height, scale)

    def update(self, now: float) -> Viewport:
        """Move on to the time `now` and return the viewport."""
        elapsed, self._last = max(now - self._last, 0.0), max(now, self._last)
        if self._flight is not None:
            course, since = self._flight
            self.viewport = course.at(now - since)
            if now - since >= course.duration_s:
                self._flight = None
            return self.viewport
        if self._zooming is not None:
            self._advance_zoom(now)
        if self._glides:
            self._advance_glides(now)
        if self._holds:
            self._advance_holds(min(elapsed, _LONGEST_FRAME_S))
        return self.viewport

    def _release(self, name: str, now: float) -> None:
        if name not in self._holds:
            return
        self.update(now)
        hold = self._holds.pop(name)
        if self.motion:
            self._glides.append(_Glide(_UNIT[name], now, self._rest(hold), self._speed(hold.held_s)))

    def _advance_zoom(self, now: float) -> None:
        zooming = self._zooming
        if zooming is None:
            return
        p = (now - zooming.since) / ZOOM_S
        if p >= 1.0:
            self._zooming = None
            zoom = zooming.goal
        else:
            zoom = zooming.start + (zooming.goal - zooming.start) * ease_out(p)
        here = self.viewport
        self.viewport = here.at(here.u, here.v, zoom)

    def _advance_glides(self, now: float) -> None:
        dx = dy = 0.0
        for glide in self._glides:
            part = glide.part(now)
            dx += glide.unit[0] * (part - glide.done)
            dy += glide.unit[1] * (part - glide.done)
            glide.done = part
        self._glides = [glide for glide in self._glides if now - glide.since < GLIDE_S]
        self._pan((dx, dy), 1.0)

    def _advance_holds(self, elapsed: float) -> None:
        dx = dy = 0.0
        for direction, hold in self._holds.items():
            hold.held_s += elapsed
            way = self._way(hold.held_s) if self.motion else self._step * _steps(hold.held_s)
            dx += _UNIT[direction][0] * (way - hold.travelled)
            dy += _UNIT[direction][1] * (way - hold.travelled)
            hold.travelled = way
        self._pan((dx, dy), 1.0)

    def _pan(self, unit: tuple[float, float], heights: float) -> None:
        way = heights * self.viewport.height
        self.viewport = self.viewport.panned(unit[0] * way, unit[1] * way)

    def _rest(self, hold: _HeldKey) -> float:
        """Return how far the map still moves if a key is released now, in screen heights."""
        if not self.motion:
            return 0.0
        # A third of speed x time is the shortest distance on which the Hermite curve never turns back.
        return max(self._step - hold.travelled, self._speed(hold.held_s) * GLIDE_S / 3.0)

    @property
    def _step(self) -> float:
        return FINE_STEP if self.is_fine else STEP

    def _way(self, held_s: float) -> float:
        """Return the screen heights that a key moves the map in `held_s`."""
        if not self.is_fine:
            return _way(held_s)
        return min(_way(held_s), FINE_STEP) if held_s < FINE_LINGER_S else FINE_STEP + _way(held_s - FINE_LINGER_S)

    def _speed(self, held_s: float) -> float:
        """Return the speed after `held_s`, in screen heights a second."""
        if not self.is_fine:
            return _speed(held_s)
        return 0.0 if held_s < FINE_LINGER_S else _speed(held_s - FINE_LINGER_S)

    def _clamp(self, zoom: float) -> float:
        return min(max(zoom, lowest_zoom(self.viewport.height, self.viewport.scale)), MAX_ZOOM)


def _speed(held_s: float) -> float:
    """Return the speed after `held_s`, in screen heights a second."""
    return min(_START_SPEED + _ACCELERATION * max(held_s - _LINGER_S, 0.0), _TOP_SPEED)


def _way(held_s: float) -> float:
    """Return the screen heights that a key moves the map in `held_s`: the integral of `_speed`."""
    faster = min(max(held_s - _LINGER_S, 0.0), (_TOP_SPEED - _START_SPEED) / _ACCELERATION)
    at_top = max(held_s - _LINGER_S - faster, 0.0)
    steady = _START_SPEED * (held_s - at_top)
    return steady + _ACCELERATION * faster * faster / 2.0 + _TOP_SPEED * at_top


def _steps(held_s: float) -> int:
    """Return how many steps a held key has taken after `held_s` with motion off."""
    if held_s < _REPEAT_AFTER_S:
        return 1
    return 2 + math.floor((held_s - _REPEAT_AFTER_S) / _REPEAT_EVERY_S)
