"""Recognises answers of a proxy or a captive portal by their status, and raises the error that they stand for.

Pages of a portal with any other status are recognised by the client of the service, which knows what should have come
(`azure.errors.is_page`).
"""

from __future__ import annotations

from tvapp.core.errors import UnexpectedReply, Unreachable
from tvapp.net.failures import proxy_reason
from tvapp.net.request import Request, Response, Sender


class PortalDetector:
    """A `Sender` that raises an error for an answer of a proxy or a portal."""

    def __init__(self, inner: Sender) -> None:
        self._inner = inner

    async def send(self, request: Request) -> Response:
        """See Sender.

        Raises:
            Unreachable: a proxy demands credentials (407).
            UnexpectedReply: a portal demands a sign-in to the network (511, RFC 6585).
        """
        response = await self._inner.send(request)
        if response.status == 407:
            raise Unreachable(request.host, proxy_reason("407"))
        if response.status == 511:
            raise UnexpectedReply(request.host, 511, "html", "the network asks for a sign-in of its own")
        return response
