"""Which part of the world is on the screen, and the arithmetic between screen pixels and places."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tvapp.geo.mercator import EQUATOR_M, project, unproject
from tvapp.geo.position import Bounds, Position

MIN_ZOOM = 2.0
MAX_ZOOM = 20.0
TILE_SIZE = 512


@dataclass(frozen=True, slots=True)
class Viewport:
    """A view of `width` x `height` real pixels with `center` in its middle.

    `scale` is real pixels per design pixel (2.0 on a 4K screen), so that the same `zoom` shows the same ground on every
    screen, to within half a pixel of a tile (see `tile_side`). The zoom is clamped to MIN_ZOOM ... MAX_ZOOM and so that
    the world is at least as high as the screen, the centre so that nothing beyond the poles' edge of the map is ever
    shown.
    """

    center: Position
    zoom: float
    width: int
    height: int
    scale: float = 1.0
    u: float = field(init=False, repr=False, compare=False)
    """The centre in the unit world, 0 to 1 eastwards."""
    v: float = field(init=False, repr=False, compare=False)
    """The centre in the unit world, 0 to 1 southwards."""
    world: float = field(init=False, repr=False, compare=False)
    """The width of the world in real pixels."""

    def __post_init__(self) -> None:
        put = object.__setattr__
        zoom = min(max(self.zoom, lowest_zoom(self.height, self.scale)), MAX_ZOOM)
        world = tile_side(self.scale) * math.exp2(zoom)
        u, v = project(self.center)
        half = min(0.5, self.height / 2.0 / world)
        inside = min(max(v, half), 1.0 - half)
        if inside != v:
            put(self, "center", unproject(u, inside))
            v = inside
        if not 0.0 <= u < 1.0:
            put(self, "center", self.center.normalised())
            u -= math.floor(u)
        put(self, "zoom", zoom)
        put(self, "world", world)
        put(self, "u", u)
        put(self, "v", v)

    def to_screen(self, position: Position) -> tuple[float, float]:
        """Return where a place is on the screen, in real pixels; of its copies round the world the nearest one."""
        u, v = project(position)
        du = u - self.u
        du -= math.floor(du + 0.5)
        return self.width / 2.0 + du * self.world, self.height / 2.0 + (v - self.v) * self.world

    def to_position(self, x: float, y: float) -> Position:
        """Return the place at a point of the screen; beyond the map's edge the nearest one on it."""
        u = self.u + (x - self.width / 2.0) / self.world
        v = self.v + (y - self.height / 2.0) / self.world
        return unproject(u, min(max(v, 0.0), 1.0)).normalised()

    def bounds(self) -> Bounds:
        """Return the box of places on the screen."""
        north = self.to_position(0.0, 0.0)
        south = self.to_position(float(self.width), float(self.height))
        if self.width >= self.world:
            return Bounds(-180.0, south.lat, 180.0, north.lat)
        return Bounds(north.lon, south.lat, south.lon, north.lat)

    def ground_resolution_m(self) -> float:
        """Return metres a real pixel in the middle of the screen."""
        return EQUATOR_M * math.cos(math.radians(self.center.lat)) / self.world

    def panned(self, dx: float, dy: float) -> Viewport:
        """Return the view moved by real pixels, east and south positive."""
        if dx == 0.0 and dy == 0.0:
            return self
        return self.at(self.u + dx / self.world, self.v + dy / self.world, self.zoom)

    def aligned(self, step_px: int) -> Viewport:
        """Return the view with its left edge on the nearest multiple of `step_px` world pixels."""
        half = self.width / 2.0
        left = math.floor((self.u * self.world - half) / step_px + 0.5) * step_px
        return self.at((left + half) / self.world, self.v, self.zoom)

    def zoomed(self, dz: float, anchor: tuple[float, float] | None = None) -> Viewport:
        """Return the view zoomed by `dz` levels; the place at the screen point `anchor` stays where it is.

        Without an anchor that is the centre.
        """
        nearer = self.at(self.u, self.v, self.zoom + dz)
        if anchor is None:
            return nearer
        ax, ay = anchor[0] - self.width / 2.0, anchor[1] - self.height / 2.0
        lag = 1.0 / self.world - 1.0 / nearer.world
        return self.at(self.u + ax * lag, self.v + ay * lag, nearer.zoom)

    def fitting(
        self,
        bounds: Bounds,
        padding_px: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
        max_zoom: float = MAX_ZOOM,
    ) -> Viewport:
        """Return the view at the largest integer zoom that shows `bounds` inside the padding.

        `padding_px` is left, top, right, bottom in real pixels: what panels cover.
        """
        left, top, right, bottom = padding_px
        room_w, room_h = max(self.width - left - right, 1.0), max(self.height - top - bottom, 1.0)
        west, north_v = project(Position(bounds.west, bounds.north))
        south_v = project(Position(bounds.west, bounds.south))[1]
        span_u, span_v = bounds.lon_span / 360.0, south_v - north_v
        unit = tile_side(self.scale)
        zoom = math.floor(max_zoom)
        # A hair of tolerance: a box that exactly fills the room must not fall to the next zoom by rounding.
        slack = 1.0 + 1e-9
        while zoom > MIN_ZOOM and (
            span_u * unit * 2**zoom > room_w * slack or span_v * unit * 2**zoom > room_h * slack
        ):
            zoom -= 1
        world = unit * 2.0 ** max(zoom, lowest_zoom(self.height, self.scale))
        u = west + span_u / 2.0 - (left - right) / 2.0 / world
        v = (north_v + south_v) / 2.0 - (top - bottom) / 2.0 / world
        return self.at(u, v, float(zoom))

    def resized(self, width: int, height: int, scale: float) -> Viewport:
        """Return the same centre and zoom on another screen."""
        return Viewport(self.center, self.zoom, width, height, scale)

    def at_place(self, center: Position) -> Viewport:
        """Return the view with another centre."""
        return Viewport(center, self.zoom, self.width, self.height, self.scale)

    def at(self, u: float, v: float, zoom: float) -> Viewport:
        """Return the view with its centre at (`u`, `v`) of the unit world."""
        return Viewport(unproject(u, min(max(v, 0.0), 1.0)), zoom, self.width, self.height, self.scale)


def tile_side(scale: float) -> int:
    """Return the side in real pixels that a tile of a whole zoom takes on a screen at that zoom.

    Whole pixels on every screen, so that tiles in that size are copied, not scaled: where 512 design pixels would be
    341 1/3, two thirds of the tiles would be 341 wide and the others 342.
    """
    return max(1, round(TILE_SIZE * scale))


def lowest_zoom(height: int, scale: float) -> float:
    """Return the zoom below which the world would be lower than the screen, at least MIN_ZOOM."""
    return min(max(MIN_ZOOM, math.log2(height / tile_side(scale))), MAX_ZOOM)
