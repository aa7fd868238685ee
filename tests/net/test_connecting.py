"""What the making of a connection tells."""

from __future__ import annotations

import pytest

from tvapp.net.connecting import negotiated_http2


class Tls:
    def __init__(self, protocol: str | None) -> None:
        self._protocol = protocol

    def selected_alpn_protocol(self) -> str | None:
        return self._protocol


class Stream:
    def __init__(self, tls: Tls | None) -> None:
        self._tls = tls

    def get_extra_info(self, name: str) -> Tls | None:
        return self._tls if name == "ssl_object" else None


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (Stream(Tls("h2")), True),
        (Stream(Tls("http/1.1")), False),
        (Stream(Tls(None)), False),
        (Stream(None), None),
        (None, None),
    ],
)
def test_the_handshake_tells_whether_http_2_is_spoken(stream: object, expected: bool | None) -> None:
    assert negotiated_http2(stream) is expected
