"""Shapes lines of text that no font draws letter by letter: right to left, joined, with marks; for map and panels.

python-bidi (UAX 9) orders the line, HarfBuzz chooses, places and draws the glyphs, without any library of the system.
Lines of simple scripts need none of it: SDL and Pillow draw them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uharfbuzz

RIGHT_TO_LEFT_MARK = "\u200f"
"""At the start of a line: the paragraph runs from right to left, whatever the line begins with."""
JOINERS = "\u200c\u200d"
"""They shape letters in some scripts, and show nothing themselves."""

_UNIT = 64
"""Steps of a pixel in which glyphs are placed."""
_KNOWN_LINES = 512
_ANY_SIZE = 32
"""For questions to which the size does not matter."""

# Combining marks; Hebrew, Arabic and their relatives; the scripts of India and South-East Asia, Hangul letters, Khmer,
# Mongolian; joiners and marks of direction; presentation forms; the same in the supplementary planes.
_COMPLEX = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0590-\u109f\u1100-\u11ff\u135d-\u135f\u1700-\u18af\u1900-\u1aff\u1b00-\u1cff"
    "\u1dc0-\u1dff\u200c-\u200f\u20d0-\u20f0\ua800-\ua82f\ua840-\uaaff\uabc0-\uabff\ufb1d-\ufdff\ufe20-\ufe2f\ufe70-\ufefc"
    "\U00010800-\U00011fff\U0001e800-\U0001eeff]"
)
_MIRRORED = dict(zip("()[]{}<>«»‹›≤≥", ")(][}{><»«›‹≥≤", strict=True))
_OPENING = frozenset("([{«‹<")


def needs_shaping(text: str) -> bool:
    """Tell whether a line has letters that have to be ordered, joined or placed."""
    return not text.isascii() and _COMPLEX.search(text) is not None


def is_right_to_left(text: str) -> bool:
    """Tell whether a paragraph runs from right to left: its first letter does (UAX 9, P2 and P3)."""
    if text.isascii():
        return False
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False


def preload_shaping() -> None:
    """Import what shaping needs: longer than a frame may take, so call it on a worker."""
    import bidi  # noqa: F401
    import uharfbuzz  # noqa: F401


@dataclass(frozen=True, slots=True)
class _Placed:
    """A glyph of the font at `path`, at a place relative to the start of the baseline, in units."""

    path: Path
    glyph: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class _Line:
    glyphs: tuple[_Placed, ...]
    advance: int


class Shaper:
    """Lays out and draws lines in the first of some fonts that has their letters. For one thread at a time."""

    def __init__(self, fonts: Sequence[Path]) -> None:
        """`fonts` in the order in which they are tried; those that do not exist are passed over."""
        self._fonts = tuple(fonts)
        self._faces: dict[Path, uharfbuzz.Face | None] = {}
        self._sized: dict[tuple[Path, int], uharfbuzz.Font] = {}
        self._line = lru_cache(maxsize=_KNOWN_LINES)(self._laid_out)

    def width(self, text: str, size_px: int) -> int:
        """Return the width of a line, in whole pixels."""
        return -(-self._line(text, size_px).advance // _UNIT)

    def coverage(self, text: str, size_px: int, size: tuple[int, int], baseline: tuple[int, int]) -> bytes:
        """Draw a line; returns how much of each pixel it covers (0 to 255), row by row from the top.

        `size` is width and height of the picture, `baseline` where the baseline starts, from its upper left corner.
        """
        import uharfbuzz as hb

        width, height = size
        pen = hb.RasterDraw()
        pen.scale_factor = (_UNIT, _UNIT)
        pen.extents = hb.RasterExtents(-baseline[0], baseline[1] - height, width, height, width)
        for placed in self._line(text, size_px).glyphs:
            pen.transform = (1.0, 0.0, 0.0, 1.0, float(placed.x), float(placed.y))
            pen.draw_glyph(self._font(placed.path, size_px), placed.glyph)
        image = pen.render()
        rows = image.buffer if image is not None else b""
        stride = image.extents.stride if image is not None else width
        if len(rows) < stride * height:
            return bytes(width * height)
        # HarfBuzz gives the lowest row first.
        return b"".join(rows[at * stride : at * stride + width] for at in range(height - 1, -1, -1))

    def forget(self) -> None:
        """Close the fonts; they are opened again when they are needed."""
        self._line.cache_clear()
        self._sized.clear()
        self._faces.clear()

    # -- layout -----------------------------------------------------------------------------------------------------

    def _laid_out(self, text: str, size_px: int) -> _Line:
        import uharfbuzz as hb

        glyphs: list[_Placed] = []
        x = 0
        if not any(self._face(path) for path in self._fonts):
            return _Line((), 0)
        for run, is_reversed in visual_runs(text):
            pieces = list(self._pieces(run))
            for path, piece in reversed(pieces) if is_reversed else pieces:
                buffer = hb.Buffer()
                buffer.add_str(piece)
                buffer.guess_segment_properties()
                buffer.direction = "rtl" if is_reversed else "ltr"
                hb.shape(self._font(path, size_px), buffer)
                for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
                    glyphs.append(_Placed(path, info.codepoint, x + place.x_offset, place.y_offset))
                    x += place.x_advance
        return _Line(tuple(glyphs), x)

    def _pieces(self, run: str) -> Iterator[tuple[Path, str]]:
        """Split a run where no font has all of its letters; marks stay with their letter."""
        whole = self._covering(run)
        if whole is not None:
            yield whole, run
            return
        start, current = 0, self._best(run[0])
        for at, character in enumerate(run):
            if at and (character in JOINERS or unicodedata.combining(character)):
                continue
            path = current if character == " " else self._best(character)
            if path != current:
                yield current, run[start:at]
                start, current = at, path
        yield current, run[start:]

    def _best(self, character: str) -> Path:
        return self._covering(character) or next(path for path in self._fonts if self._face(path) is not None)

    def _covering(self, text: str) -> Path | None:
        """Return the first font that has all letters of a text."""
        wanted = [ord(character) for character in set(text) if character not in JOINERS and character != " "]
        for path in self._fonts:
            if self._face(path) is not None:
                font = self._font(path, _ANY_SIZE)
                if all(font.get_nominal_glyph(code) for code in wanted):
                    return path
        return None

    def _face(self, path: Path) -> uharfbuzz.Face | None:
        if path not in self._faces:
            import uharfbuzz as hb

            try:
                self._faces[path] = hb.Face(hb.Blob.from_file_path(str(path))) if path.is_file() else None
            except hb.HarfBuzzError:
                self._faces[path] = None
        return self._faces[path]

    def _font(self, path: Path, size_px: int) -> uharfbuzz.Font:
        font = self._sized.get((path, size_px))
        if font is None:
            import uharfbuzz as hb

            face = self._face(path)
            font = hb.Font(face if face is not None else hb.Face(b""))
            font.scale = size_px * _UNIT, size_px * _UNIT
            self._sized[(path, size_px)] = font
        return font


def visual_runs(text: str) -> Iterator[tuple[str, bool]]:
    """Split a line into runs from left to right as they are seen; each in reading order, and whether it is reversed."""
    from bidi import get_display

    base = "R" if text.startswith(RIGHT_TO_LEFT_MARK) or is_right_to_left(text) else "L"
    text = unicodedata.normalize("NFC", text.replace(RIGHT_TO_LEFT_MARK, "").replace("\u200e", ""))
    seen = get_display(text, base_dir=base)
    if not isinstance(seen, str) or not seen:
        return
    seen = _mirrored(seen, is_reversed=base == "R")
    start, current = 0, _is_reversed(seen, 0)
    for at in range(1, len(seen)):
        now = _is_reversed(seen, at)
        if now != current:
            yield _run(seen[start:at], current)
            start, current = at, now
    yield _run(seen[start:], current)


def _run(seen: str, is_reversed: bool) -> tuple[str, bool]:
    return (seen[::-1] if is_reversed else seen), is_reversed


def _is_reversed(seen: str, at: int) -> bool:
    """Tell whether a character of an ordered line is of a run from right to left; there marks come before letters."""
    while at < len(seen) - 1 and (seen[at] in JOINERS or unicodedata.bidirectional(seen[at]) == "NSM"):
        if not "\u0590" <= seen[at] <= "\u08ff" and seen[at] not in JOINERS:
            return False
        at += 1
    return unicodedata.bidirectional(seen[at]) in ("R", "AL")


def _mirrored(seen: str, *, is_reversed: bool) -> str:
    """Mirror the brackets that are read from right to left (UAX 9, L4): pairs whose closing bracket comes first.

    A bracket without its partner goes with the paragraph (`is_reversed`).
    """
    if not any(character in _MIRRORED for character in seen):
        return seen
    found = list(seen)
    waiting: list[int] = []
    for at, character in enumerate(seen):
        if character not in _MIRRORED:
            continue
        if waiting and seen[waiting[-1]] == _MIRRORED[character]:
            partner = waiting.pop()
            if character in _OPENING:
                found[partner], found[at] = _MIRRORED[seen[partner]], _MIRRORED[character]
        else:
            waiting.append(at)
    if is_reversed:
        for at in waiting:
            found[at] = _MIRRORED[seen[at]]
    return "".join(found)
