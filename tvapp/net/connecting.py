"""Follows the making of a connection, through the `trace` extension of httpcore."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Protocol, cast


class Stream(Protocol):
    """The part of httpcore's network stream that is needed here."""

    def aclose(self) -> Coroutine[object, object, None]: ...


class ConnectTrace:
    """The `trace` extension of one request, which may have to make a connection first.

    `on_negotiated` is called once TLS is agreed on, with whether the host speaks HTTP/2.
    Closes the socket of a TLS handshake that is given up: httpcore 1.0 does so after an error, but not after a
    cancellation (every time-out is one), and leaves it open until the garbage collector comes.
    """

    def __init__(self, on_negotiated: Callable[[bool], None] | None = None, *, waited_s: float = 0.0) -> None:
        self.waited_s = waited_s
        """How much of the request's time was spent before, waiting for the first connection to its host."""
        self.is_proxied = False
        """Whether the connection is one to a proxy; the transport sets it before the request is sent."""
        self._on_negotiated = on_negotiated
        self._stream: Stream | None = None
        self._is_connecting = False

    @property
    def is_at_proxy(self) -> bool:
        """Tell whether a connection to a proxy has been begun, and no way through it has been opened yet."""
        return self.is_proxied and self._is_connecting

    async def __call__(self, name: str, info: Mapping[str, object]) -> None:
        """Take one step: `name` is "connection.connect_tcp.complete" and the like."""
        # The first part is "proxy" for the handshake through a tunnel: "connection" is the proxy itself then.
        where, _, step = name.partition(".")
        if step == "connect_tcp.started":
            self._is_connecting = True
        elif step == "connect_tcp.complete":
            self._stream = cast(Stream, info["return_value"])
        elif step == "start_tls.failed" and self._stream is not None:
            await self._stream.aclose()
        is_target = where == ("proxy" if self.is_proxied else "connection")
        if is_target and step == "start_tls.started":
            self._is_connecting = False
        elif is_target and step == "start_tls.complete" and self._on_negotiated is not None:
            is_http2 = negotiated_http2(info.get("return_value"))
            if is_http2 is not None:
                self._on_negotiated(is_http2)


def negotiated_http2(stream: object) -> bool | None:
    """Return whether HTTP/2 was agreed on for a stream; None where the stream has no TLS or does not tell."""
    get_extra_info = getattr(stream, "get_extra_info", None)
    ssl_object = get_extra_info("ssl_object") if get_extra_info is not None else None
    return None if ssl_object is None else bool(ssl_object.selected_alpn_protocol() == "h2")
