"""Extracts plain lines from the HTML that Azure Maps sends as attribution. The text is untrusted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from html.parser import HTMLParser

from tvapp.azure.errors import plain

MAX_LINES = 24
MAX_LENGTH = 160
_MAX_HTML = 4096
_UNSEEN = frozenset({"script", "style", "template", "title"})


def clean_lines(strings: Iterable[object]) -> tuple[str, ...]:
    """Return the texts without tags, entities, control characters and repetitions, in their order.

    >>> clean_lines(['<a data-x="1" href="y">&copy;2022  TomTom</a>', '&copy;2022 TomTom'])
    ('©2022 TomTom',)
    """
    lines: dict[str, None] = {}
    for text in strings:
        if len(lines) >= MAX_LINES:
            break
        if isinstance(text, str) and (line := plain(_visible_text(text[:_MAX_HTML]), MAX_LENGTH)):
            lines.setdefault(line)
    return tuple(lines)


def _visible_text(html: str) -> str:
    parser = _Text()
    # html.parser raises on some broken declarations; keep the text before them.
    with contextlib.suppress(AssertionError, ValueError):
        parser.feed(html)
        parser.close()
    return " ".join(parser.seen)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _UNSEEN

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN and self._hidden:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.seen.append(data)
