"""An HTTP request, its response, and the protocol of what sends the one and returns the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from tvapp.core.headers import Headers
from tvapp.core.urls import host_of


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Its response may have a body of `limit_bytes` (decoded) and may take `timeout_s` as a whole, but for
    a large body on a slow link (`net.pool.SLOWEST_BYTES_S`).
    The connection may be silent for `silence_s`, either way.

    A probe only finds out whether the host answers: it is never held back and never repeated.
    """

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)
    limit_bytes: int = 8 << 20
    timeout_s: float = 20.0
    silence_s: float = 15.0
    is_probe: bool = False

    @property
    def host(self) -> str:
        """The host name, for messages."""
        return host_of(self.url)

    def with_headers(self, fields: Mapping[str, str]) -> Request:
        """Return a copy with `fields` added or replaced."""
        return replace(self, headers=self.headers.replaced(fields))


@dataclass(frozen=True, slots=True)
class Response:
    """One whole response, whatever its status; `url` is that of the request.

    `head_s` is the time from sending the request until the head had arrived. `is_multiplexed` tells that the request
    shared its connection with others (HTTP/2).
    """

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    url: str = ""
    head_s: float = 0.0
    is_multiplexed: bool = False

    @property
    def host(self) -> str:
        """The host name, for messages."""
        return host_of(self.url)


class Sender(Protocol):
    """Sends requests: the transport, each policy around it, and the whole chain."""

    async def send(self, request: Request) -> Response:
        """Return the response, whatever its status.

        Raises:
            NetworkError: no whole response came, or none was requested (`was_sent`): the host is in trouble.
            Throttled, ServiceDown: none was requested, because the host has refused often enough.
            UnexpectedReply: the response was too large, cannot be decoded, or comes from a portal.
        """
        ...
