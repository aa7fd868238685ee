"""Keeps the Features of a large file byte for byte, in compressible pages of some dozens.

Few are ever read again: an idle worker compresses the pages to a third, and reading a Feature decompresses its page.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable

import msgspec

PAGE_BYTES = 1 << 15
_LEVEL = 1
"""The quickest: the next one saves a tenth more and takes half as long again."""


class _Packed(msgspec.Struct, frozen=True, gc=False):
    """A compressed page."""

    page: bytes


class Pages:
    """Texts, one after the other. The writer calls `close` before the first is read."""

    __slots__ = ("_ends", "_firsts", "_last", "_pages", "_size", "_waiting")

    def __init__(self) -> None:
        self._pages: list[bytes | _Packed] = []
        self._firsts = array("I")
        """Per page: the number of its first text."""
        self._ends = array("I")
        """Per number, where its text ends on its page; before that comes the text of the number before."""
        self._waiting: list[bytes] = []
        self._size = 0
        self._last: tuple[int, bytes] = -1, b""

    def add(self, number: int, text: bytes) -> Excerpt:
        """Append a text; numbers grow, and may skip some."""
        if not self._waiting:
            self._firsts.append(number)
            self._size = 0
        self._ends.extend([self._size] * (number - len(self._ends)))
        self._size += len(text)
        self._ends.append(self._size)
        self._waiting.append(text)
        if self._size >= PAGE_BYTES:
            self.close()
        return Excerpt(self, number)

    def close(self) -> None:
        """End the current page."""
        if self._waiting:
            self._pages.append(b"".join(self._waiting))
            self._waiting.clear()

    def pack(self, yield_to_frame: Callable[[], None]) -> None:
        """Compress the pages, calling `yield_to_frame` before each."""
        for number, page in enumerate(self._pages):
            if isinstance(page, bytes):
                yield_to_frame()
                self._pages[number] = _Packed(zlib.compress(page, _LEVEL))

    def text(self, number: int) -> bytes:
        """Return the text of a number that was added."""
        at = bisect_right(self._firsts, number) - 1
        page = self._pages[at]
        if isinstance(page, _Packed):
            last = self._last
            if last[0] != at:
                # The next text is mostly on the same page. Two threads may decompress it twice, which does no harm.
                last = self._last = at, zlib.decompress(page.page)
            page = last[1]
        start = self._ends[number - 1] if number > self._firsts[at] else 0
        return page[start : self._ends[number]]


class Excerpt(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One text in its pages."""

    pages: Pages
    number: int

    def __bytes__(self) -> bytes:
        return self.pages.text(self.number)

    def __eq__(self, other: object) -> bool:
        return bytes(self) == bytes(other) if isinstance(other, bytes | Excerpt) else NotImplemented

    def __hash__(self) -> int:
        return hash(bytes(self))


def pack(texts: Iterable[bytes | Excerpt], yield_to_frame: Callable[[], None]) -> None:
    """Compress the pages of texts that are not compressed yet."""
    for pages in {id(text.pages): text.pages for text in texts if isinstance(text, Excerpt)}.values():
        pages.pack(yield_to_frame)
