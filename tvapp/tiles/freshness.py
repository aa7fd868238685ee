"""How long an HTTP reply may be stored and used by a private cache (RFC 9111): pure arithmetic on header fields."""

from __future__ import annotations

from collections.abc import Mapping

from tvapp.core.headers import Headers, parse_directives, parse_http_date

DEFAULT_LIFETIME_S = 3600.0
"""For replies without a lifetime: Azure does not document one for its tiles."""

MAX_LIFETIME_S = 182 * 86400.0
"""The terms of Azure Maps allow the lifetime in the header, but never more than six months."""

STORED_FIELDS = ("cache-control", "expires", "date", "age", "etag", "last-modified")
"""The fields that freshness and revalidation depend on; no others are stored."""


def may_store(status: int, headers: Mapping[str, str]) -> bool:
    """Tell whether a reply to a GET may be stored (3, 5.2.2.5); `private` and our credential allow it."""
    # Any other Vary names a field that is the same in all our requests, or that is part of the cache key (4.1).
    if status != 200 or "*" in (name.strip() for name in headers.get("vary", "").split(",")):
        return False
    return "no-store" not in parse_directives(headers.get("cache-control", ""))


def may_use_stale(headers: Mapping[str, str]) -> bool:
    """Tell whether a reply may be shown when it is stale and not revalidated, for instance offline (4.2.4)."""
    return not {"must-revalidate", "no-cache"} & parse_directives(headers.get("cache-control", "")).keys()


def lifetime_s(headers: Mapping[str, str], received_s: float) -> float:
    """Return for how many seconds after its `Date` a reply is fresh (4.2.1); 0: revalidate each time.

    `received_s` is the wall clock when it came. Contradictory or unreadable values count as stale.
    """
    directives = parse_directives(headers.get("cache-control", ""))
    if "no-cache" in directives:
        return 0.0
    if "max-age" in directives:
        return min(_delta_seconds(directives["max-age"]), MAX_LIFETIME_S)
    if "expires" in headers:
        expires = parse_http_date(headers["expires"])
        if expires is None:
            return 0.0
        # Relative to its own Date, so that a wrong local clock changes nothing (4.2.1).
        date = parse_http_date(headers.get("date", ""))
        return min(max(0.0, expires - (received_s if date is None else date)), MAX_LIFETIME_S)
    return DEFAULT_LIFETIME_S


def initial_age_s(headers: Mapping[str, str], delay_s: float) -> float:
    """Return how old a reply is on arrival (4.2.3: corrected_age_value, which needs no synchronised clocks).

    `delay_s` is the time from sending the request to receiving the reply.
    """
    return _delta_seconds(headers.get("age", "0")) + max(0.0, delay_s)


def fresh_until_s(headers: Mapping[str, str], received_s: float, delay_s: float) -> float:
    """Return the wall-clock time at which a reply becomes stale."""
    return received_s + lifetime_s(headers, received_s) - initial_age_s(headers, delay_s)


def is_fresh(now_s: float, stored_s: float, until_s: float) -> bool:
    """Tell whether a reply stored at `stored_s` may be used without revalidation.

    If it was stored in the future, the clock was set back meanwhile and its age is unknown: not fresh.
    """
    return stored_s <= now_s + 300.0 and now_s < min(until_s, stored_s + MAX_LIFETIME_S)


def refreshed(stored: Mapping[str, str], confirmed: Mapping[str, str]) -> Headers:
    """Return the stored fields after a 304 (3.2): each one that it carries replaces the stored one."""
    kept = {name: value for name, value in stored.items() if name != "age"}
    return Headers({**kept, **relevant(confirmed)})


def relevant(headers: Mapping[str, str]) -> Headers:
    """Return the fields to store, bounded in length."""
    return Headers({name: headers[name][:1024] for name in STORED_FIELDS if name in headers})


def _delta_seconds(text: str) -> float:
    # 1.2.2: an overflow counts as 2^31; a value that is no number counts as stale, hence 0 for max-age.
    digits = text.partition(",")[0].strip()
    if not (digits.isascii() and digits.isdigit()):
        return 0.0
    return float(min(int(digits[:12]), 1 << 31))
