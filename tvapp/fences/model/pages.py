"""The Features of a large file as it has them, a page of some dozens at a time: few are ever looked at again.

So pages can be compressed, to a third, when there is time for that; one is unpacked when a Feature on it is wanted.
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
    """A page that is compressed."""

    page: bytes


class Pages:
    """Texts, one after the other. Whoever fills it calls `close` before the first is read."""

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
        """Take a text in; numbers grow, and some may be left out."""
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
        """End the page: nothing more is coming, or it is full."""
        if self._waiting:
            self._pages.append(b"".join(self._waiting))
            self._waiting.clear()

    def pack(self, yield_to_frame: Callable[[], None]) -> None:
        """Compress the pages; `yield_to_frame` is called between them: it lets frames go first."""
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
                # The next one wanted is mostly on the same page. Threads that come across each other unpack it twice.
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
    """Compress the pages that texts are on, as far as they are not."""
    for pages in {id(text.pages): text.pages for text in texts if isinstance(text, Excerpt)}.values():
        pages.pack(yield_to_frame)
