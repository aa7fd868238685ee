"""Draws the names of geofences: they move with the map by whole pixels, and are uploaded when they come into view."""

from __future__ import annotations

import math

from tvapp.core.image import Image, PixelRect
from tvapp.fences.drawing.messages import LabelsPlaced
from tvapp.geo.mercator import project
from tvapp.mapview.layer_picture import corner
from tvapp.mapview.viewport import Viewport
from tvapp.ui.canvas import Canvas

ZOOM_SLACK = 0.8
"""Names placed for another zoom are drawn up to this many levels away; further away they would overlap."""
UPLOADS_A_FRAME = 6
"""Uploading a name takes some 0.08 ms, and a screen may have forty new ones."""
PLACED_AGAIN_AFTER = 0.2
"""Widths of the world after which names are placed again: another copy of the world may be nearer by then."""


class LabelLayer:
    """Caches the places of names in world pixels, which change with the zoom only."""

    def __init__(self) -> None:
        self.is_waiting = False
        """Some names in view are not uploaded yet: another frame is needed."""
        self._labels: LabelsPlaced | None = None
        self._world = 0.0
        self._u = 0.0
        self._placed: list[tuple[tuple[str, object], int, int, Image]] = []

    def draw(self, canvas: Canvas, labels: LabelsPlaced | None, view: Viewport) -> None:
        """Draw the names that are on the screen."""
        self.is_waiting = False
        if labels is None or abs(view.zoom - labels.zoom) > ZOOM_SLACK:
            return
        if labels is not self._labels or view.world != self._world or abs(view.u - self._u) > PLACED_AGAIN_AFTER:
            self._labels, self._world, self._u = labels, view.world, view.u
            self._place(labels, view)
        left, top = corner(view)
        uploads = 0
        right, bottom = left + view.width, top + view.height
        for key, x, y, image in self._placed:
            if x < right and y < bottom and x + image.width > left and y + image.height > top:
                if not canvas.has(key):
                    if uploads == UPLOADS_A_FRAME:
                        self.is_waiting = True
                        continue
                    uploads += 1
                    canvas.upload(key, image)
                canvas.quad(key, PixelRect(x - left, y - top, image.width, image.height))

    def _place(self, labels: LabelsPlaced, view: Viewport) -> None:
        """Compute the places of names in world pixels, in the nearest copy of the world."""
        self._placed.clear()
        for label in labels.labels:
            u, v = project(label.position)
            u -= math.floor(u - view.u + 0.5)
            image = label.image
            x = math.floor(u * view.world + label.dx - image.width / 2 + 0.5)
            y = math.floor(v * view.world + label.dy - image.height / 2 + 0.5)
            self._placed.append((("label", label.key), x, y, image))
