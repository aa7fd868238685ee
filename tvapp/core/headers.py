"""HTTP header fields as values, secrets hidden, and parsers for the fields that several rooms need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

SECRET_FIELDS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "subscription-key",
        "ocp-apim-subscription-key",
        "cookie",
        "set-cookie",
        "x-ms-copy-source-authorization",
    }
)
"""Fields whose values are never shown in a repr, a log or an error."""

_DIRECTIVE = re.compile(r"""([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]+)))?""")
_MAX_FIELD = 4096


class Headers(Mapping[str, str]):
    """Header fields by lower-case name; repeated fields are joined with a comma (RFC 9110, 5.3).

    >>> Headers({"Content-Type": "image/png"})["content-TYPE"]
    'image/png'
    >>> Headers({"Authorization": "Bearer abc"})
    Headers({'authorization': '***'})
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        pairs = fields.items() if isinstance(fields, Mapping) else fields
        self._fields: dict[str, str] = {}
        for name, value in pairs:
            key = name.lower()
            self._fields[key] = f"{self._fields[key]}, {value}" if key in self._fields else value

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    def __hash__(self) -> int:
        return hash(frozenset(self._fields.items()))

    def __repr__(self) -> str:
        return f"Headers({ {name: '***' if name in SECRET_FIELDS else value for name, value in self.items()}!r})"

    def replaced(self, fields: Mapping[str, str]) -> Headers:
        """Return a copy in which `fields` replace those of the same name."""
        return Headers({**self._fields, **{name.lower(): value for name, value in fields.items()}})


def parse_http_date(text: str) -> float | None:
    """Return an HTTP date (RFC 9110, 5.6.7) as seconds since 1970, or None where the text is none.

    >>> parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT")
    784111777.0
    """
    try:
        moment = parsedate_to_datetime(text[:64])
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.timestamp()
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None


def parse_retry_after(text: str | None, wall_s: float) -> float | None:
    """Return the seconds that a Retry-After field asks to wait (seconds or an HTTP date), or None.

    >>> parse_retry_after("120", 0.0)
    120.0
    """
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    moment = parse_http_date(text)
    return None if moment is None else max(0.0, moment - wall_s)


def retry_after_s(headers: Mapping[str, str], wall_s: float) -> float | None:
    """Return the seconds that an answer asks to wait (Retry-After, RFC 9110 10.2.3), or None.

    A date counts from the server's own Date, so that neither clock has to be right; from `wall_s` where it has none.

    >>> retry_after_s({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT", "date": "Sun, 06 Nov 1994 08:49:07 GMT"}, 0.0)
    30.0
    """
    sent_s = parse_http_date(headers.get("date", ""))
    return parse_retry_after(headers.get("retry-after"), wall_s if sent_s is None else sent_s)


def parse_directives(text: str) -> dict[str, str]:
    """Return the comma-separated directives of a field such as Cache-Control; of equal names the first counts.

    >>> parse_directives('Max-Age=60, private, no-cache="etag"')
    {'max-age': '60', 'private': '', 'no-cache': 'etag'}
    """
    found: dict[str, str] = {}
    for match in _DIRECTIVE.finditer(text[:_MAX_FIELD]):
        name = match.group(1).lower()
        found.setdefault(name, match.group(2) if match.group(2) is not None else match.group(3) or "")
    return found


def media_type(headers: Mapping[str, str]) -> str:
    """Return the Content-Type without parameters, in lower case; empty where there is none."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def is_json(headers: Mapping[str, str]) -> bool:
    """Tell whether the Content-Type is JSON."""
    kind = media_type(headers)
    return kind in {"application/json", "text/json"} or kind.endswith("+json")
