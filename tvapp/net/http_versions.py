"""Whether a host speaks HTTP/2: the first connection to it tells, and whoever comes meanwhile waits for that.

httpcore 1.0 takes every connection that is just being made for one that many requests can share. With a host that
speaks HTTP/1.1 after all, eight requests then make their connections one after the other: at 150 ms there and back, the
last one begins two seconds late. Once it is known, a pool that does not offer HTTP/2 makes them all at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

CONNECTED = "connection.start_tls.complete"
"""What httpcore calls the moment (its `trace` extension) at which the handshake with a host is over."""


class HttpVersions:
    """What is known of each origin; belongs to the io thread."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}
        self._asking: dict[str, asyncio.Event] = {}

    async def is_first(self, origin: str) -> bool:
        """Tell whether a request is the one to find out; any other waits here until that is `found`."""
        if origin in self._known or not origin.startswith("https:"):
            return False
        asking = self._asking.get(origin)
        if asking is not None:
            await asking.wait()
            return False
        self._asking[origin] = asyncio.Event()
        return True

    def may_multiplex(self, origin: str) -> bool:
        """Tell whether HTTP/2 is worth offering."""
        return self._known.get(origin, True)

    def found(self, origin: str, is_http2: bool | None) -> None:
        """Let those go on who wait; `is_http2` None: there was no answer, and each tries by itself."""
        if is_http2 is not None:
            self._known[origin] = is_http2
        asking = self._asking.pop(origin, None)
        if asking is not None:
            asking.set()

    def forget(self, origin: str | None = None) -> None:
        """Find out anew, for one origin or all: another machine may answer there now."""
        if origin is None:
            self._known.clear()
        else:
            self._known.pop(origin, None)


def negotiated(name: str, info: Mapping[str, object]) -> bool | None:
    """Return what a step that httpcore tells of says: whether HTTP/2 was agreed on; None where it says nothing."""
    if name != CONNECTED:
        return None
    get_extra_info = getattr(info.get("return_value"), "get_extra_info", None)
    ssl_object = get_extra_info("ssl_object") if get_extra_info is not None else None
    return None if ssl_object is None else bool(ssl_object.selected_alpn_protocol() == "h2")
