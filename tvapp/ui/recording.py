"""A canvas that records what is drawn, for tests and simulations without a window."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace

from tvapp.core.image import Image
from tvapp.ui.canvas import Anchor, Color, Drawn, Paint, PixelRect, Rect, TextStyle

WIDTH_PER_SIZE = {"sans": 0.54, "bold": 0.57, "mono": 0.6, "icon": 1.0}
"""Average width of a character as part of the font's size."""
LINE_PER_SIZE = {"sans": 1.3, "bold": 1.3, "mono": 1.32, "icon": 1.0}

Metrics = Callable[[str, TextStyle], tuple[float, float]]


def approximate(text: str, style: TextStyle) -> tuple[float, float]:
    """Return about the width and line height that our fonts give."""
    return len(text) * style.size * WIDTH_PER_SIZE[style.face], style.size * LINE_PER_SIZE[style.face]


@dataclass(frozen=True, slots=True)
class DrawnText:
    """One line of text with the box it takes."""

    text: str
    rect: Rect
    style: TextStyle
    clip: Rect | None = None


@dataclass(frozen=True, slots=True)
class DrawnShape:
    """A box, ring, picture or QR code: `kind` is the canvas method, `key` that of a picture."""

    kind: str
    rect: Rect
    color: Color | None = None
    key: object = None


@dataclass(slots=True)
class RecordingCanvas:
    """Implements `ui.canvas.Canvas` in memory. `clear` before each frame."""

    width: float = 1920.0
    height: float = 1080.0
    scale: float = 1.0
    metrics: Metrics = approximate
    items: list[DrawnText | DrawnShape] = field(default_factory=list)
    """Everything with a box, in the order it was drawn."""
    lines: list[tuple[tuple[float, float], ...]] = field(default_factory=list)
    pictures: dict[object, Image] = field(default_factory=dict)
    calls: int = 0
    _clip: Rect | None = None

    def clear(self) -> None:
        """Drop what was recorded; pictures stay uploaded."""
        self.items.clear()
        self.lines.clear()
        self.calls = 0
        self._clip = None

    @property
    def texts(self) -> list[DrawnText]:
        """Every line of text, icons included."""
        return [item for item in self.items if isinstance(item, DrawnText)]

    @property
    def shapes(self) -> list[DrawnShape]:
        """Everything that is not text."""
        return [item for item in self.items if isinstance(item, DrawnShape)]

    def sentences(self) -> list[str]:
        """Return every text that is not an icon."""
        return [drawn.text for drawn in self.texts if drawn.style.face != "icon"]

    def shows(self, part: str) -> bool:
        """Tell whether a text with this part is on the screen; long ones may be wrapped over several lines."""
        return part in " ".join(self.sentences())

    def fill(self, rect: Rect, color: Color) -> None:
        self._shape("fill", rect, color)

    def panel(self, rect: Rect, color: Color, radius: float) -> None:
        self._shape("panel", rect, color)

    def ring(self, rect: Rect, color: Color, thickness: float, radius: float) -> None:
        self._shape("ring", rect, color)

    def text(self, text: str, x: float, y: float, style: TextStyle, anchor: Anchor = "left") -> None:
        self.calls += 1
        width, height = self.measure(text, style)
        left = x - {"left": 0.0, "center": width / 2, "right": width}[anchor]
        self.items.append(DrawnText(text, Rect(left, y, width, height), style, self._clip))

    def measure(self, text: str, style: TextStyle) -> tuple[float, float]:
        return self.metrics(text, style)

    def polyline(
        self, points: Sequence[tuple[float, float]], color: Color, thickness: float, core: float = 0.0
    ) -> None:
        self.calls += 1
        self.lines.append(tuple(points))

    def qr(self, modules: Sequence[Sequence[bool]], rect: Rect) -> Rect:
        count = len(modules) + 8
        side = int(min(rect.w, rect.h) * self.scale) // count * count / self.scale
        used = Rect(rect.x + (rect.w - side) / 2, rect.y + (rect.h - side) / 2, side, side)
        self._shape("qr", used, None)
        return used

    def has(self, key: object) -> bool:
        return key in self.pictures

    def upload(self, key: object, image: Image) -> None:
        self.calls += 1
        self.pictures[key] = image

    def release(self, key: object) -> None:
        self.pictures.pop(key, None)

    def quad(self, key: object, dst: PixelRect, src: PixelRect | None = None, alpha: int = 255) -> None:
        box = Rect(dst.x / self.scale, dst.y / self.scale, dst.w / self.scale, dst.h / self.scale)
        self._shape("quad", box, None, key)

    def cover(self) -> None:
        self.calls += 1

    def compose(self, key: object, size: int, background: Color, quads: Sequence[Drawn]) -> None:
        self.calls += 1
        self.pictures[key] = Image(size, size, bytes(size * size * 4), opaque=True)

    def picture(self, key: object, rect: Rect, alpha: int = 255) -> None:
        self._shape("picture", rect, None, key)

    def draw_cached(self, paint: Paint, *inputs: Hashable, at: tuple[int, int] = (0, 0)) -> Rect:
        items, lines = len(self.items), len(self.lines)
        rect = paint(self, *inputs)
        dx, dy = at
        if dx or dy:
            for index, item in enumerate(self.items[items:], items):
                self.items[index] = replace(item, rect=item.rect.moved(dx / self.scale, dy / self.scale))
            self.lines[lines:] = [tuple((x + dx, y + dy) for x, y in line) for line in self.lines[lines:]]
        return rect

    def clip(self, rect: Rect | None) -> None:
        self.calls += 1
        self._clip = rect

    def _shape(self, kind: str, rect: Rect, color: Color | None, key: object = None) -> None:
        self.calls += 1
        self.items.append(DrawnShape(kind, rect, color, key))
