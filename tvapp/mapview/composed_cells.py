"""Composes all layers of a map cell into one opaque picture, so that a frame costs the same with any number of layers.

Blending a screen of geofences onto a screen of map takes SDL's software renderer 2 to 6 ms, 15 ms with an opacity, and
13 ms scaled; copying an opaque screen takes 0.9 ms. So each cell is composed once, when its tiles have arrived, and
frames copy. A cell with nothing but its base needs no picture of its own: the base's tile is drawn.

Where the base is unavailable, cells of other zooms are shown in its place for longer than a moment. Then these fallback
cells, too, are composed anew when the geofences change.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping

from tvapp.mapview.composition import Composition, Piece, Pieces, piece_quad
from tvapp.mapview.fallback_cells import fallback_cells
from tvapp.mapview.layer_picture import (
    LayerPicture,
    Quad,
    Texture,
    TileKey,
    cells_at,
    natural_zoom,
    tile_px,
    tile_zoom,
    within_zooms,
)
from tvapp.mapview.layers import Layer
from tvapp.mapview.occlusion import Occlusion
from tvapp.mapview.viewport import TILE_SIZE, Viewport
from tvapp.tiles.pyramid import ANCESTORS, DESCENDANTS, TileRange

COMPOSED = "composed"
"""Takes the place of the tileset in the keys of composed pictures; no tileset of Azure Maps has that name."""
MAX_PER_FRAME = 3
MAX_PER_MOVING_FRAME = 1
"""Cells composed in one frame, at about 1 ms each: a moving map shows some 15 new ones a second."""

MAX_FALLBACK_CELLS = 16
"""How many outdated fallback cells are renewed at a time: each needs its base once more, which is a megabyte."""

Peek = Callable[[TileKey], Texture | None]
LoadedZooms = Mapping[str, Mapping[int, int]]
"""The number of tiles in memory, by tileset and zoom."""


class ComposedCells:
    """Which cells to compose, and which pieces of tiles the composed ones are made of.

    `is_unavailable` tells whether the loader reported a tile so, `revision_of` which revision of a drawn tile is
    current.
    """

    def __init__(
        self, peek: Peek, is_unavailable: Callable[[TileKey], bool], revision_of: Callable[[TileKey], int]
    ) -> None:
        self.picture = LayerPicture(Layer(COMPOSED, "base", 0, 30))
        self.pending: list[tuple[TileKey, Pieces]] = []
        """The cells still to compose, those in the middle of the screen first."""
        self.needed_tiles: tuple[TileKey, ...] = ()
        """The tiles that fallback cells depend on, there or not."""
        self._peek = peek
        self._is_unavailable = is_unavailable
        self._revision_of = revision_of
        self._layers: tuple[Layer, ...] = ()
        self._zooms: tuple[int, ...] = ()
        self._px = TILE_SIZE
        self._zoom_lags: tuple[int, ...] = ()
        """How many zooms each layer's tiles lie above the finest ones, apart from the zooms a layer lacks."""
        self._made_of: dict[TileKey, Pieces] = {}
        self._last_search: tuple[TileRange, int] | None = None
        self._occlusion: Occlusion | None = None

    @property
    def is_filled(self) -> bool:
        """Tell whether opaque pictures fill the whole view, as of the last plan."""
        return self._occlusion is not None and self._occlusion.is_full

    def hides(self, z: int, x0: int, y0: int, x1: int, y1: int) -> bool:
        """Tell whether a box of cells lies wholly below opaque pictures."""
        return self._occlusion is not None and self._occlusion.hides(z, x0, y0, x1, y1)

    def set_layers(self, layers: tuple[Layer, ...], scale: float) -> list[TileKey]:
        """Compose other layers from now on; return the pictures to drop: those that are not on the screen."""
        self._layers = layers
        self.rescale(scale)
        self._last_search = self._occlusion = None
        self.picture.dirty = True
        return [key for key in self._made_of if key not in self.picture.used]

    def rescale(self, scale: float) -> None:
        """Compose for another screen scale from now on; composed pictures stay until they are replaced."""
        # A cell is as large as the finest tiles.
        self._px = min((tile_px(layer, scale) for layer in self._layers), default=TILE_SIZE)
        self._last_search = None

    def find(self, z: int, x: int, y: int) -> Texture | None:
        """Return the texture of a cell: its composed picture, or else its base's tile."""
        composed = self._peek((COMPOSED, z, x, y))
        if composed is not None or not self._layers:
            return composed
        base = self._peek((self._layers[0].tileset, z, x, y))
        return base if base is not None and base.is_whole and not base.is_merged else None

    def plan(self, viewport: Viewport, loaded_zooms: LoadedZooms, *, changed: bool) -> bool:
        """Plan what is drawn for each cell if something has `changed`; True when it was planned anew."""
        cells = self._cells(viewport)
        if not changed and not self.picture.dirty and cells == self.picture.cells:
            return False
        self.picture.plan(cells, self.find, self._zooms_with_tiles(loaded_zooms))
        self._occlusion = Occlusion(cells, self.picture.solid)
        return True

    def find_pending(self, viewport: Viewport, loaded_zooms: LoadedZooms, serial: int) -> list[TileKey]:
        """Find the cells to compose for a view; return the pictures that are obsolete.

        `serial` changes with every tile that arrives, is unavailable or becomes outdated. Drop the obsolete pictures
        and call it again, until it returns none.
        """
        cells = self._cells(viewport)
        if (cells, serial) == self._last_search:
            return []
        self._last_search = (cells, serial)
        natural = [natural_zoom(layer, viewport) for layer in self._layers]
        self._zoom_lags = tuple(max(natural) - zoom for zoom in natural)
        return self._find_pending(cells, self._zooms_with_tiles(loaded_zooms))

    def take_compositions(self, background: tuple[int, int, int], *, is_moving: bool) -> list[Composition]:
        """Return the pictures to make in this frame; they count as made."""
        count = MAX_PER_MOVING_FRAME if is_moving else MAX_PER_FRAME
        taken, self.pending = self.pending[:count], self.pending[count:]
        if taken:
            self.picture.dirty = True
        self._made_of.update(taken)
        return [
            Composition(key, self._px, background, tuple(piece.quad for piece in pieces if piece.quad is not None))
            for key, pieces in taken
        ]

    def mergeable(self, key: TileKey) -> list[TileKey]:
        """Return the tiles whose own textures are no longer needed, now that a cell has all its layers.

        Where the cell must be composed again soon, the tiles of geofences keep their textures: with a base that is
        being requested, or with weather and traffic, which are new every few minutes.
        """
        pieces = self._made_of.get(key, ())
        if (
            not pieces
            or len(pieces) < len(self._layers)
            or not all(piece.is_exact for piece in pieces)
            or pieces[0].quad is None
        ):
            return []
        quads = [(piece.serial, piece.quad) for piece in pieces if piece.quad is not None]
        if any((tile := self._peek(quad.key)) is None or tile.serial != serial for serial, quad in quads):
            return []
        base = self._peek(pieces[0].quad.key)
        is_lasting = base is not None and not base.is_stale and all(layer.role != "overlay" for layer in self._layers)
        pieces = pieces if is_lasting else pieces[:1]
        # A tile that is larger than the cell may be needed for other cells.
        return [piece.quad.key for piece in pieces if piece.quad is not None and piece.quad.key[1:] == key[1:]]

    def dropped(self, key: TileKey) -> list[TileKey]:
        """Forget a picture that was dropped; return the tiles to drop with it."""
        self._made_of.pop(key, None)
        self.picture.dirty = True
        return self._merged(key)

    def _merged(self, key: TileKey) -> list[TileKey]:
        """Return the tiles of a cell whose pixels are in the cell's picture only."""
        keys = ((layer.tileset, *key[1:]) for layer in self._layers)
        return [each for each in keys if (tile := self._peek(each)) is not None and tile.is_merged]

    def clear(self) -> None:
        """Forget all composed cells."""
        self._made_of.clear()
        self.pending.clear()
        self.needed_tiles = ()
        self.picture.dirty = True

    def _cells(self, viewport: Viewport) -> TileRange:
        """Return the cells in view, at the zoom of the layer with the finest tiles."""
        self._zooms = tuple(tile_zoom(layer, viewport) for layer in self._layers)
        return cells_at(max(self._zooms), viewport)

    def _zooms_with_tiles(self, loaded_zooms: LoadedZooms) -> set[int]:
        return {*loaded_zooms.get(COMPOSED, ()), *loaded_zooms.get(self._layers[0].tileset, ())}

    def _find_pending(self, cells: TileRange, loaded_zooms: Container[int]) -> list[TileKey]:
        obsolete: list[TileKey] = []
        pending: list[tuple[float, TileKey, Pieces]] = []
        empty: list[tuple[float, int, int]] = []
        z, base, shift = cells.z, self._layers[0].tileset, cells.z - self._zooms[0]
        mask = (1 << z) - 1
        middle_x, middle_y = (cells.x0 + cells.x1 - 1) / 2, (cells.y0 + cells.y1 - 1) / 2
        seen: set[tuple[int, int]] = set()
        for y in range(cells.y0, cells.y1):
            for x in range(cells.x0, cells.x1):
                cell = (x & mask, y)
                if cell in seen:
                    continue
                seen.add(cell)
                distance = (x - middle_x) ** 2 + (y - middle_y) ** 2
                key = (COMPOSED, z, *cell)
                pieces = self._new_pieces(key, self._zooms, loaded_zooms, obsolete)
                if pieces is not None:
                    pending.append((distance, key, pieces))
                is_unavailable = self._is_unavailable((base, z - shift, cell[0] >> shift, cell[1] >> shift))
                if is_unavailable and self.find(z, *cell) is None:
                    empty.append((distance, *cell))
        needed_tiles, self.needed_tiles = self.needed_tiles, ()
        if empty:
            self._check_fallbacks(z, sorted(empty), loaded_zooms, frozenset(needed_tiles), obsolete, pending)
        pending.sort()
        self.pending = [(key, pieces) for _, key, pieces in pending]
        return obsolete

    def _new_pieces(
        self, key: TileKey, zooms: tuple[int, ...], loaded_zooms: Container[int], obsolete: list[TileKey]
    ) -> Pieces | None:
        """Return the pieces of a cell that must be composed now, or None; add keys to drop first to `obsolete`."""
        pieces = self._pieces_of(*key[1:], zooms, loaded_zooms)
        made = self._made_of.get(key)
        if pieces is None and made is not None and self._is_void(key, zooms, made):
            obsolete.append(key)
        if pieces is None or pieces == made or (made is not None and self._is_worse(pieces, made)):
            return None
        if merged := self._merged(key):
            # Their pixels are gone, so they are requested once more; until then the former picture stays.
            obsolete += merged
            return None
        if self._is_plain(key[1], pieces):
            if made is not None:
                obsolete.append(key)
            return None
        return pieces

    def _check_fallbacks(
        self,
        z: int,
        empty: list[tuple[float, int, int]],
        loaded_zooms: Container[int],
        requested: frozenset[TileKey],
        obsolete: list[TileKey],
        pending: list[tuple[float, TileKey, Pieces]],
    ) -> None:
        """Find the fallback cells that must be composed anew to show the current geofences.

        `requested` are the tiles that were needed for this before.
        """
        found: dict[TileKey, float] = {}
        for distance, x, y in empty:
            for cell in fallback_cells(z, x, y, self.find, loaded_zooms):
                found.setdefault((COMPOSED, *cell), distance)
        needed_tiles: list[TileKey] = []
        outdated = 0
        for key, distance in found.items():
            zooms = tuple(
                within_zooms(layer, key[1] - zoom_lag)
                for layer, zoom_lag in zip(self._layers, self._zoom_lags, strict=True)
            )
            tiles = self._tiles(key, zooms)
            drawn = [tile for layer, tile in zip(self._layers, tiles, strict=True) if layer.role == "fences"]
            if all(self._is_current(key, tile) for tile in drawn):
                # They stay in memory: a cell that is shown by its base alone cannot be checked without them.
                needed_tiles += drawn
                continue
            if outdated == MAX_FALLBACK_CELLS:
                continue
            outdated += 1
            needed_tiles += tiles
            pieces = self._new_pieces(key, zooms, loaded_zooms, obsolete)
            if pieces is not None:
                pending.append((distance, key, pieces))
            elif self._peek(key) is not None and any(
                tile in requested and self._is_unavailable(tile) and self._peek(tile) is None
                for tile in tiles
                if tile not in drawn
            ):
                # It can never be composed again: a blurred map, or none, is better than outdated geofences.
                obsolete.append(key)
                self._last_search = None
        self.needed_tiles = tuple(needed_tiles)

    def _tiles(self, key: TileKey, zooms: tuple[int, ...]) -> tuple[TileKey, ...]:
        """Return the tile of each layer that a cell is made of."""
        _, z, x, y = key
        return tuple(
            (layer.tileset, zoom, x >> (z - zoom), y >> (z - zoom))
            for layer, zoom in zip(self._layers, zooms, strict=True)
        )

    def _is_current(self, key: TileKey, tile: TileKey) -> bool:
        """Tell whether a cell, as it is shown, has the current geofences of a tile."""
        made = self._made_of.get(key)
        shown = [piece for piece in made or () if piece.tileset == tile[0] and piece.is_exact]
        texture = self._peek(tile)
        if texture is None:
            return any(piece.revision >= self._revision_of(tile) for piece in shown)
        if texture.is_stale:
            return False
        if made is not None:
            return any(piece.serial == texture.serial for piece in shown)
        depth = key[1] - tile[1]
        return piece_quad(texture, depth, key[2], key[3], 255, self._px) is None

    def _pieces_of(self, z: int, x: int, y: int, zooms: tuple[int, ...], loaded_zooms: Container[int]) -> Pieces | None:
        """Return the pieces to make a cell of; None while its fallback is better."""
        pieces: list[Piece] = []
        has_exact = False
        for layer, zoom in zip(self._layers, zooms, strict=True):
            piece = self._piece(layer, zoom, z, x, y)
            if piece is not None:
                pieces.append(piece)
                has_exact = has_exact or (piece.is_exact and piece.quad is not None)
        if not pieces or not has_exact:
            return None
        is_base_there = pieces[0].is_exact and pieces[0].tileset == self._layers[0].tileset
        # Without their base, geofences are composed on the bare background, unless there is a fallback.
        if not is_base_there and (self._is_anything_above(z, x, y) or self._is_anything_below(z, x, y, loaded_zooms)):
            return None
        return tuple(pieces)

    def _piece(self, layer: Layer, zoom: int, z: int, x: int, y: int) -> Piece | None:
        peek, tileset = self._peek, layer.tileset
        nearest = z - zoom
        for depth in range(nearest, min(nearest + ANCESTORS, z) + 1):
            texture = peek((tileset, z - depth, x >> depth, y >> depth))
            if texture is not None and (depth == 0 or not texture.is_merged):
                quad = piece_quad(texture, depth, x, y, round(255 * layer.opacity), self._px)
                return Piece(tileset, quad, texture.serial, depth == nearest, texture.revision)
        return None

    def _is_plain(self, z: int, pieces: Pieces) -> bool:
        """Tell whether the base's own tile shows the whole cell."""
        drawn = [piece.quad for piece in pieces if piece.quad is not None]
        return len(drawn) == 1 and drawn[0].key[:2] == (self._layers[0].tileset, z) and self._is_whole(drawn[0])

    def _is_void(self, key: TileKey, zooms: tuple[int, ...], made: Pieces) -> bool:
        """Tell whether a picture without a base has nothing left to show."""
        shown = {piece.tileset for piece in made}
        if self._layers[0].tileset in shown:
            return False
        pieces = [
            self._piece(layer, zoom, *key[1:])
            for layer, zoom in zip(self._layers, zooms, strict=True)
            if layer.tileset in shown
        ]
        return all(piece is not None and piece.is_exact and piece.quad is None for piece in pieces)

    def _is_worse(self, pieces: Pieces, made: Pieces) -> bool:
        """Tell whether a layer that is sharp now would be blurred or missing, because its tile is not there."""
        if self._is_filling(made[0]) and not self._is_filling(pieces[0]):
            return True
        now = {piece.tileset for piece in pieces if piece.is_exact}
        wanted = {layer.tileset for layer in self._layers}
        return any(piece.is_exact and piece.tileset in wanted - now for piece in made)

    def _is_anything_above(self, z: int, x: int, y: int) -> bool:
        depths = range(1, min(ANCESTORS, z) + 1)
        return any(self.find(z - depth, x >> depth, y >> depth) is not None for depth in depths)

    def _is_anything_below(self, z: int, x: int, y: int, loaded_zooms: Container[int]) -> bool:
        for level in range(1, DESCENDANTS + 1):
            if z + level in loaded_zooms:
                first_x, first_y, count = x << level, y << level, 1 << level
                cells = ((first_x + i, first_y + j) for j in range(count) for i in range(count))
                if any(self.find(z + level, cx, cy) is not None for cx, cy in cells):
                    return True
        return False

    def _is_whole(self, quad: Quad) -> bool:
        return quad.dst == (0, 0, self._px, self._px) and quad.alpha == 255

    def _is_filling(self, piece: Piece) -> bool:
        return piece.is_exact and piece.quad is not None and self._is_whole(piece.quad)
