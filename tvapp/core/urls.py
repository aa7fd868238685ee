"""Parses and builds URLs: host, origin, query."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit


def host_of(url: str) -> str:
    """Return the host name of a URL, or an empty string."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL, as in ``https://example.com``; empty where it has none.

    >>> origin_of("HTTPS://Example.com:443/map?x=1")
    'https://example.com'
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if not host or not parts.scheme:
        return ""
    host = f"[{host}]" if ":" in host else host
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, default} else "")


def with_query(url: str, fields: Mapping[str, str | int | None]) -> str:
    """Return `url` with a query; fields that are None are left out.

    >>> with_query("https://example.com/map/tile", {"zoom": 1, "view": None})
    'https://example.com/map/tile?zoom=1'
    """
    query = urlencode({name: value for name, value in fields.items() if value is not None})
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def is_loopback(host: str) -> bool:
    """Tell whether `host` is this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
