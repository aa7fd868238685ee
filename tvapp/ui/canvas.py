"""The port through which screens draw.

Widgets draw in *design pixels*: the screen has `width` x `height` of them, at least 1920 x 1080, and a design pixel is
`scale` real pixels wide. Only the map draws in real pixels (`quad`), so that its tiles meet without seams.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from tvapp.core.image import Image
from tvapp.core.image import PixelRect as PixelRect


class Color(NamedTuple):
    """Red, green, blue and opacity, 0 to 255 each."""

    r: int
    g: int
    b: int
    a: int = 255

    def faded(self, opacity: float) -> Color:
        """Return the colour with its opacity multiplied by `opacity` (0 to 1)."""
        return Color(self.r, self.g, self.b, round(self.a * opacity))


class Rect(NamedTuple):
    """A box: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def bottom(self) -> float:
        return self.y + self.h

    @property
    def center(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2

    def inset(self, dx: float, dy: float | None = None) -> Rect:
        """Return the box with its edges moved inwards by `dx` and `dy` (outwards when negative)."""
        dy = dx if dy is None else dy
        return Rect(self.x + dx, self.y + dy, self.w - 2 * dx, self.h - 2 * dy)

    def moved(self, dx: float, dy: float) -> Rect:
        return Rect(self.x + dx, self.y + dy, self.w, self.h)


Face = Literal["sans", "bold", "mono", "icon"]
Anchor = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How a line of text looks; `size` is the height of the font in design pixels."""

    size: int
    color: Color
    face: Face = "sans"
    halo: Color | None = None


Drawn = tuple[object, PixelRect, PixelRect | None, int]
"""The arguments of `Canvas.quad`."""


Paint = Callable[..., Rect]
"""Draws on the canvas that is its first argument, and returns the box that it drew in. See `Canvas.draw_cached`."""


class Canvas(Protocol):
    """A surface in design pixels (see the module)."""

    @property
    def width(self) -> float: ...

    @property
    def height(self) -> float: ...

    @property
    def scale(self) -> float: ...

    def fill(self, rect: Rect, color: Color) -> None:
        """Fill a box; blends when the colour is not opaque."""
        ...

    def panel(self, rect: Rect, color: Color, radius: float) -> None:
        """Fill a box with rounded, smooth corners."""
        ...

    def ring(self, rect: Rect, color: Color, thickness: float, radius: float) -> None:
        """Draw the outline of a rounded box, `thickness` inwards from its edge."""
        ...

    def text(self, text: str, x: float, y: float, style: TextStyle, anchor: Anchor = "left") -> None:
        """Draw one line of text with its top at `y`; `x` is its left end, middle or right end."""
        ...

    def measure(self, text: str, style: TextStyle) -> tuple[float, float]:
        """Return the width and line height of a line of text."""
        ...

    def polyline(
        self, points: Sequence[tuple[float, float]], color: Color, thickness: float, core: float = 0.0
    ) -> None:
        """Draw connected lines in real pixels (the map's live outlines).

        A later line through the same points hides the middle, `core` thick: that part need not be drawn.
        """
        ...

    def qr(self, modules: Sequence[Sequence[bool]], rect: Rect) -> Rect:
        """Draw a QR code (rows of modules, True is dark; the quiet zone of 4 modules is added) as large as fits.

        Every module is a whole number of real pixels. Returns the box that was used, quiet zone included.
        """
        ...

    def has(self, key: object) -> bool:
        """Tell whether a picture is on the renderer under `key`."""
        ...

    def upload(self, key: object, image: Image) -> None:
        """Put a picture on the renderer, replacing what was there under `key`."""
        ...

    def release(self, key: object) -> None:
        """Free the picture under `key`; nothing happens when there is none."""
        ...

    def quad(self, key: object, dst: PixelRect, src: PixelRect | None = None, alpha: int = 255) -> None:
        """Draw the picture under `key` (or its part `src`) into the box `dst` of real pixels."""
        ...

    def cover(self) -> None:
        """Promise that the next quads are opaque and fill the screen, so that nothing below them has to be cleared."""
        ...

    def compose(self, key: object, size: int, background: Color, quads: Sequence[Drawn]) -> None:
        """Draw `quads` on an opaque square of `size` real pixels and keep it under `key`, as `upload` does."""
        ...

    def picture(self, key: object, rect: Rect, alpha: int = 255) -> None:
        """Draw the picture under `key` into a box of design pixels."""
        ...

    def draw_cached(self, paint: Paint, *inputs: Hashable, at: tuple[int, int] = (0, 0)) -> Rect:
        """Draw what `paint(canvas, *inputs)` draws, moved by `at` (real pixels), and return the box that it returns.

        The canvas may cache the result as a picture for the same inputs. So the drawing has to follow from them and the
        size of the screen alone: `paint` is a function of a module, without any state. It does not clip.
        """
        ...

    def clip(self, rect: Rect | None) -> None:
        """Limit drawing to a box; None removes the limit."""
        ...
