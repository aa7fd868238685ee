"""Knows which hosts speak HTTP/2. The first connection to a host finds out; other requests wait for it meanwhile.

httpcore 1.0 takes every connection that is being made for one that many requests can share. With a host that speaks
HTTP/1.1 after all, eight requests then make their connections one after the other: at 150 ms there and back, the last
one begins two seconds late. A pool that does not offer HTTP/2 makes them all at once.
"""

from __future__ import annotations

import asyncio


class HttpVersions:
    """Remembers for each origin whether it speaks HTTP/2. Belongs to the io thread."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}
        self._pending: dict[str, asyncio.Event] = {}

    async def is_first(self, origin: str) -> bool:
        """Return True for the request that finds out; make any other wait until that is `found`, and return False."""
        if origin in self._known or not origin.startswith("https:"):
            return False
        pending = self._pending.get(origin)
        if pending is not None:
            await pending.wait()
            return False
        self._pending[origin] = asyncio.Event()
        return True

    def may_multiplex(self, origin: str) -> bool:
        """Tell whether HTTP/2 is worth offering."""
        return self._known.get(origin, True)

    def found(self, origin: str, is_http2: bool | None) -> None:
        """Let the waiting requests go on. `is_http2` None: there was no answer, and each request tries by itself."""
        if is_http2 is not None:
            self._known[origin] = is_http2
        pending = self._pending.pop(origin, None)
        if pending is not None:
            pending.set()

    def forget(self, origin: str | None = None) -> None:
        """Find out anew, for one origin or for all: another machine may answer there now."""
        if origin is None:
            self._known.clear()
        else:
            self._known.pop(origin, None)
