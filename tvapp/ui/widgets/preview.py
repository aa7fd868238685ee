"""The preview of a layer: the picture that the app sent, else a drawing in its colours."""

from __future__ import annotations

from collections.abc import Sequence

from tvapp.core.image import Image
from tvapp.ui.canvas import Canvas, Color, Rect
from tvapp.ui.theme import LINE

_Box = tuple[float, float, float, float, Color]
"""Left, top, width, height as parts of the picture, and a colour."""

_LAND, _SEA, _STREET, _PARK = Color(233, 231, 224), Color(168, 205, 226), Color(255, 255, 255), Color(200, 222, 180)
_ROAD = ((0.0, 0.62, 1.0, 0.38, _SEA), (0.08, 0.1, 0.24, 0.3, _PARK))
_STREETS = ((0.0, 0.46, 1.0, 0.06), (0.42, 0.0, 0.05, 0.62), (0.72, 0.0, 0.04, 0.62), (0.0, 0.2, 1.0, 0.03))


def _lines(color: Color, wanted: Sequence[int] = (0, 1, 2, 3)) -> tuple[_Box, ...]:
    return tuple((*_STREETS[index], color) for index in wanted)


_DARK = Color(44, 47, 53)
_WOOD, _FIELD, _DEEP = Color(52, 78, 50), Color(96, 104, 68), Color(22, 44, 66)
_IMAGERY: tuple[_Box, ...] = (
    (0.0, 0.62, 1.0, 0.38, _DEEP),
    (0.08, 0.1, 0.24, 0.3, _FIELD),
    (0.5, 0.06, 0.18, 0.3, Color(112, 108, 100)),
    (0.78, 0.12, 0.18, 0.26, _FIELD),
)
_LOOKS: dict[str, tuple[Color, tuple[_Box, ...]]] = {
    "road": (_LAND, (*_ROAD, *_lines(_STREET), (0.0, 0.46, 1.0, 0.04, Color(250, 205, 110)))),
    "dark": (_DARK, ((0.0, 0.62, 1.0, 0.38, Color(28, 34, 44)), *_lines(Color(84, 89, 98)))),
    "imagery": (_WOOD, _IMAGERY),
    "hybrid": (_WOOD, (*_IMAGERY, *_lines(Color(245, 228, 160), (0, 1, 2)))),
    "traffic": (
        _DARK,
        (
            *_lines(Color(84, 89, 98)),
            (0.0, 0.46, 0.42, 0.06, Color(80, 200, 120)),
            (0.42, 0.46, 0.3, 0.06, Color(255, 170, 60)),
            (0.72, 0.46, 0.28, 0.06, Color(235, 80, 70)),
            (0.42, 0.0, 0.05, 0.46, Color(80, 200, 120)),
        ),
    ),
    "radar": (
        _DARK,
        (
            *_lines(Color(70, 75, 84)),
            (0.12, 0.14, 0.5, 0.6, Color(70, 150, 240, 150)),
            (0.26, 0.24, 0.3, 0.4, Color(60, 200, 120, 170)),
            (0.34, 0.34, 0.14, 0.2, Color(250, 210, 80, 220)),
            (0.7, 0.5, 0.2, 0.3, Color(70, 150, 240, 150)),
        ),
    ),
    "infrared": (
        Color(30, 34, 42),
        (
            (0.05, 0.15, 0.6, 0.34, Color(190, 198, 210, 120)),
            (0.2, 0.28, 0.42, 0.3, Color(225, 230, 238, 150)),
            (0.56, 0.52, 0.4, 0.32, Color(190, 198, 210, 120)),
            (0.66, 0.58, 0.2, 0.18, Color(235, 240, 245, 170)),
        ),
    ),
}
_SOFT = frozenset({"radar", "infrared"})


def draw_preview(canvas: Canvas, name: str, box: Rect, image: Image | None) -> None:
    """Draw the preview of a layer into a box."""
    if image is not None:
        key = ("preview", name)
        if not canvas.has(key):
            canvas.upload(key, image)
        canvas.picture(key, box)
        canvas.ring(box, LINE, 2, 0)
        return
    ground, parts = _LOOKS[name]
    canvas.panel(box, ground, 10)
    for left, top, width, height, color in parts:
        part = Rect(box.x + left * box.w, box.y + top * box.h, width * box.w, height * box.h)
        canvas.panel(part, color, min(part.w, part.h) / 2 if name in _SOFT and color.a < 255 else 2)
