"""Tiles on their way from the inbox to the renderer, a few each frame."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from tvapp.mapview.composition import Upload
from tvapp.mapview.model import MapModel
from tvapp.tiles.tile import TileArrived, TileRevalidated

UPLOAD_BYTES_PER_FRAME = 3 << 20
"""What one frame may send to the renderer: three tiles without transparency, 180 a second."""


class Handover(NamedTuple):
    """What one frame handed to the map."""

    uploads: bool
    """There is something to upload."""
    from_network: bool
    """The map service delivered a tile."""


@dataclass(slots=True)
class ArrivingTiles:
    """A queue of tiles that arrived, and the uploads that the next frame makes."""

    queue: deque[TileArrived | TileRevalidated] = field(default_factory=deque)
    uploads: list[Upload] = field(default_factory=list)

    def hand_over(self, model: MapModel, now: float) -> Handover:
        """Give tiles to the map until a frame's bytes are used up; the rest waits for the next frame."""
        spent, from_network = 0, False
        while self.queue and spent < UPLOAD_BYTES_PER_FRAME:
            message = self.queue.popleft()
            if isinstance(message, TileRevalidated):
                model.revalidated(message)
                continue
            from_network = from_network or message.origin == "network"
            upload = model.receive(message, now)
            if upload is not None:
                self.uploads.append(upload)
                spent += upload.image.size_bytes
        return Handover(spent > 0, from_network)
