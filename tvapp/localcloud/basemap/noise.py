"""Noise in world coordinates, so that it is continuous across tiles and the date line."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tvapp.localcloud.basemap.tile_canvas import TILE

Field = NDArray[np.float32]


class Grid:
    """The pixels of a tile in world units, with a border around it for blurring."""

    def __init__(self, zoom: int, x: int, y: int, border: int = 0, step: int = 1) -> None:
        self.zoom = zoom
        side = (TILE + 2 * border) // step
        tiles = 2.0**zoom
        offsets = (np.arange(side) * step + step / 2 - border) / TILE
        self.u = (x + offsets) / tiles
        self.v = (y + offsets) / tiles
        self.pixel = step / TILE / tiles

    def smooth(self, level: int, seed: int, shift: tuple[float, float] = (0.0, 0.0)) -> Field:
        """Return noise of about -1..1 whose lumps are 2^-level of the world wide."""
        left, across = _weights(self.u + shift[0], level)
        top, down = _weights(self.v + shift[1], level)
        lattice = _hash(
            (left + np.arange(across.shape[1]))[None, :] % 2**level,
            (top + np.arange(down.shape[1]))[:, None],
            level,
            seed,
        )
        return np.asarray(down @ lattice @ across.T, dtype=np.float32) * np.float32(1.7)

    def fractal(
        self, first: int, last: int, seed: int, gain: float = 0.5, shift: tuple[float, float] = (0.0, 0.0)
    ) -> Field:
        """Return a sum of ever finer noise, about -1..1; lumps finer than two pixels are left out."""
        finest = int(np.floor(-np.log2(self.pixel * 2)))
        total = np.zeros((len(self.v), len(self.u)), np.float32)
        weight, reach = 1.0, 0.0
        for level in range(first, last + 1):
            reach += weight
            if level <= finest:
                total += np.float32(weight) * self.smooth(level, seed + level * 31, shift)
            weight *= gain
        return total / np.float32(reach * 0.6)

    def cells(self, size: float, degrees: float, seed: int) -> Field:
        """Return one random value 0..1 for each square of a turned grid, `size` world units wide."""
        turn = np.radians(degrees)
        a = (self.u[None, :] * np.cos(turn) + self.v[:, None] * np.sin(turn)) / size
        b = (self.v[:, None] * np.cos(turn) - self.u[None, :] * np.sin(turn)) / size
        return np.asarray(
            (_hash(np.floor(a).astype(np.int64), np.floor(b).astype(np.int64), 0, seed) + 1) / 2, np.float32
        )


@lru_cache(maxsize=2)
def _texture() -> Field:
    """Fine grain, two tiles wide and high, that fits to itself on all sides."""
    rough = np.random.default_rng(7).standard_normal((2 * TILE, 2 * TILE)).astype(np.float32)
    total = np.zeros_like(rough)
    for weight, reach in ((0.8, 1), (1.0, 2), (1.2, 4)):
        soft = rough
        for axis in (0, 1):
            soft = sum((np.roll(soft, shift, axis) for shift in range(-reach, reach + 1)), np.zeros_like(soft))
        total += np.float32(weight) * soft / soft.std()
    return np.asarray(np.clip(total / total.std() * 0.45, -1.3, 1.3), dtype=np.float32)


def grain(x: int, y: int) -> Field:
    """Return fine noise of about -1..1 for a tile; it repeats every second tile, too fine to notice."""
    left, top = (x % 2) * TILE, (y % 2) * TILE
    return _texture()[top : top + TILE, left : left + TILE]


def _weights(where: NDArray[np.float64], level: int) -> tuple[int, NDArray[np.float32]]:
    """Return the first lattice line and the cubic B-spline weight of each line for each pixel."""
    at = where * 2.0**level
    cell = np.floor(at).astype(np.int64)
    part = at - cell
    first = int(cell[0]) - 1
    weights = np.zeros((len(at), int(cell[-1]) - first + 3), np.float32)
    rows = np.arange(len(at))
    for offset, value in enumerate(
        (
            (1 - part) ** 3 / 6,
            (3 * part**3 - 6 * part**2 + 4) / 6,
            (-3 * part**3 + 3 * part**2 + 3 * part + 1) / 6,
            part**3 / 6,
        )
    ):
        weights[rows, cell - first - 1 + offset] = value
    return first, weights


def _hash(x: NDArray[np.int64], y: NDArray[np.int64], level: int, seed: int) -> NDArray[np.float32]:
    """Return a value of -1..1 for each pair of whole numbers."""
    with np.errstate(over="ignore"):
        n = x.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + y.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
        n += np.uint64((level * 0x165667B19E3779F9 + seed * 0x27D4EB2F165667C5) & 0xFFFFFFFFFFFFFFFF)
        n ^= n >> np.uint64(29)
        n *= np.uint64(0xBF58476D1CE4E5B9)
        n ^= n >> np.uint64(32)
        n *= np.uint64(0x94D049BB133111EB)
        n ^= n >> np.uint64(31)
    return ((n >> np.uint64(40)).astype(np.float32) / np.float32(2**23) - np.float32(1)).astype(np.float32)


def enlarged(coarse: Field) -> Field:
    """Bring a picture of a grid of step 2 with a border of 2 to a tile's size."""
    side = TILE + 4
    channels = coarse.reshape(*coarse.shape[:2], -1)
    planes = [
        np.asarray(Image.fromarray(channels[..., part]).resize((side, side), Image.Resampling.BILINEAR))[2:-2, 2:-2]
        for part in range(channels.shape[2])
    ]
    return np.stack(planes, axis=-1) if coarse.ndim == 3 else planes[0]


def latitudes(v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return degrees north for world units."""
    return np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * v))))


def step(low: float, high: float, value: Field) -> Field:
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def blend(below: Field, above: tuple[float, float, float] | Field, amount: Field) -> Field:
    """Mix colours: `below` is rows x columns x 3, `amount` rows x columns."""
    over = np.asarray(above, np.float32)
    return below + (over - below) * amount[..., None]
