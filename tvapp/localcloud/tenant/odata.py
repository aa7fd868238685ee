"""The part of OData filters that `az` uses: comparisons with text, startswith and any, joined by `and`."""

from __future__ import annotations

import re

from tvapp.localcloud.tenant.errors import bad_request
from tvapp.localcloud.tenant.model import Json

_EQUALS = re.compile(r"(\w+)\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE)
_STARTS = re.compile(r"startswith\(\s*(\w+)\s*,\s*'((?:[^']|'')*)'\s*\)", re.IGNORECASE)
_ANY = re.compile(r"(\w+)/any\(\s*(\w+):\s*\2\s+eq\s+'((?:[^']|'')*)'\s*\)", re.IGNORECASE)


def matches(value: Json, text: str) -> bool:
    """Tell whether an object fulfils a filter; an empty one is always fulfilled.

    Raises:
        Denied: a filter of another form.

    >>> matches({"displayName": "Map screens"}, "startswith(displayName,'map')")
    True
    """
    rest = text.strip()
    while rest:
        for pattern in (_ANY, _STARTS, _EQUALS):
            found = pattern.match(rest)
            if found is not None:
                break
        else:
            raise bad_request("Request_UnsupportedQuery", f"Unsupported filter clause: {rest[:80]}")
        held, wanted = value.get(found[1]), found.groups()[-1].replace("''", "'")
        if pattern is _ANY and wanted not in (held or []):
            return False
        if pattern is _STARTS and not str(held or "").lower().startswith(wanted.lower()):
            return False
        if pattern is _EQUALS and str(held or "").lower() != wanted.lower():
            return False
        rest = rest[found.end() :].strip()
        if rest and not rest.lower().startswith("and "):
            raise bad_request("Request_UnsupportedQuery", f"Unsupported filter clause: {rest[:80]}")
        rest = rest[4:].strip()
    return True
