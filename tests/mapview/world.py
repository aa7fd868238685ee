"""A map with a loader that answers at once or later, for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from tvapp.core.errors import Unreachable
from tvapp.core.image import Image, PixelRect
from tvapp.geo.position import Position
from tvapp.mapview.composition import Composition, Upload
from tvapp.mapview.layer_picture import Quad, TileKey
from tvapp.mapview.layers import Layer
from tvapp.mapview.model import MapModel
from tvapp.mapview.viewport import Viewport
from tvapp.tiles.tile import Origin, TileArrived, TileId, TileImage, TileUnavailable

HELSINKI = Position(24.9414, 60.1699)
BASE = Layer("base", "base", 0, 20, has_text=True)
OVERLAY = Layer("overlay", "overlay", 0, 20)
FRAME_S = 1 / 60
BUDGET = 1 << 40


@cache
def square(size: int) -> Image:
    """Return one picture for all of a size: what matters here is that, and 512 x 512 pixels cost a megabyte each."""
    return Image(size, size, bytes(size * size * 4), opaque=True)


def whole(tile: TileId) -> TileImage:
    """Fill a tile."""
    return TileImage(square(512))


def trimmed(left: int, top: int, width: int, height: int) -> TileImage:
    """Make a tile of which only a box is not transparent."""
    return TileImage(Image(width, height, bytes(width * height * 4)), left, top)


def screen(center: Position = HELSINKI, zoom: float = 13.0, scale: float = 1.0) -> Viewport:
    """Make a full HD view (or one of another scale)."""
    return Viewport(center, zoom, round(1920 * scale), round(1080 * scale), scale)


def ancestor(tile: TileId, z: int) -> TileId:
    """Return the tile at the lower zoom `z` that covers a tile."""
    return TileId(tile.tileset, z, tile.x >> (tile.z - z), tile.y >> (tile.z - z))


def children(tile: TileId) -> list[TileId]:
    """Return the four tiles of the next zoom that cover a tile."""
    return [TileId(tile.tileset, tile.z + 1, 2 * tile.x + i, 2 * tile.y + j) for j in (0, 1) for i in (0, 1)]


@dataclass
class World:
    """A model, its time, and a loader under the test's control."""

    model: MapModel
    now: float = 100.0
    requested: tuple[TileId, ...] = ()
    uploads: dict[TileKey, Image] = field(default_factory=dict)
    asked: list[TileId] = field(default_factory=list)
    """Every tile that was ever requested, in order."""

    composed: list[Composition] = field(default_factory=list)
    """Every picture that was composed of several layers, in order."""

    contents: dict[TileKey, tuple[Image, ...]] = field(default_factory=dict)
    """The pictures that each of them was composed of last."""

    def frame(self, seconds: float = FRAME_S) -> list[Quad]:
        """Let time pass and draw; take note of the requests."""
        self.now += seconds
        self.model.update(self.now)
        requested = self.model.request_list()
        if requested is not None:
            self.asked += [tile for tile in requested if tile not in self.requested]
            self.requested = requested
        for made in self.model.compositions(self.now):
            assert all(quad.key in self.uploads for quad in made.quads), "what is put together is not on the renderer"
            self.contents[made.key] = tuple(self.uploads[quad.key] for quad in made.quads)
            self.uploads[made.key] = square(made.size)
            self.composed.append(made)
        quads = self.model.quads(self.now)
        for key in self.model.evictions():
            self.uploads.pop(key, None)
        for quad in quads:
            assert quad.key in self.uploads, f"{quad.key} is drawn, but not on the renderer"
        return quads

    def arrive(
        self, tile: TileId, content: TileImage | None = None, origin: Origin = "network", revision: int = 0
    ) -> Upload | None:
        """Let one tile arrive."""
        upload = self.model.receive(TileArrived(tile, content or whole(tile), origin, revision), self.now)
        if upload is not None:
            self.uploads[upload.key] = upload.image
        return upload

    def fail(self, tile: TileId, retry_in_s: float = 600.0) -> None:
        """Let one tile be refused."""
        self.model.receive(TileUnavailable(tile, Unreachable("maps"), retry_in_s), self.now)

    def load(self, paint: Callable[[TileId], TileImage] = whole, origin: Origin = "network") -> list[Quad]:
        """Answer all requests, and let the tiles fade in."""
        self.frame()
        for tile in self.requested:
            self.arrive(tile, paint(tile), origin)
        self.frame()
        return self.frame(1.0)

    def run(self, seconds: float, loads: bool = False) -> None:
        """Let many frames pass."""
        for _ in range(round(seconds / FRAME_S)):
            self.frame()
            if loads:
                for tile in self.requested:
                    self.arrive(tile)


def world(
    viewport: Viewport | None = None,
    layers: Sequence[Layer] = (BASE,),
    *,
    motion: bool = True,
    budget_bytes: int = BUDGET,
) -> World:
    """Make a map that nothing has been loaded for."""
    return World(MapModel(viewport or screen(), layers, budget_bytes, motion=motion))


def clipped(box: PixelRect, width: int, height: int) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of a box on the screen."""
    return max(box.x, 0), max(box.y, 0), min(box.x + box.w, width), min(box.y + box.h, height)


def assert_partition(quads: Sequence[Quad], viewport: Viewport) -> None:
    """Check that opaque boxes cover every pixel of the screen exactly once."""
    boxes = [clipped(quad.dst, viewport.width, viewport.height) for quad in quads if quad.alpha == 255]
    boxes = [box for box in boxes if box[2] > box[0] and box[3] > box[1]]
    for i, (ax0, ay0, ax1, ay1) in enumerate(boxes):
        for bx0, by0, bx1, by1 in boxes[:i]:
            assert min(ax1, bx1) <= max(ax0, bx0) or min(ay1, by1) <= max(ay0, by0), "two boxes overlap"
    assert sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes) == viewport.width * viewport.height
