"""Stand-ins for the transport and for the source of tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tvapp.core.headers import Headers
from tvapp.net.request import Request, Response, Sender

ENDPOINT = "https://maps.example"


def reply(status: int = 200, body: bytes = b"", content_type: str = "", **fields: str) -> Response:
    """Build an answer of ENDPOINT; field names with _ for -."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    if content_type:
        named["content-type"] = content_type
    return Response(status, Headers(named), body, ENDPOINT + "/x")


@dataclass
class FakeSender:
    """Answers with what `answer` says and remembers what was asked."""

    answer: Callable[[Request], Response]
    requests: list[Request] = field(default_factory=list)

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        return self.answer(request)

    @property
    def queries(self) -> list[dict[str, str]]:
        return [
            {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
            for request in self.requests
        ]


@dataclass(frozen=True)
class FakeToken:
    secret: str = field(repr=False)


@dataclass
class FakeTokens:
    """Gives token-1 until it is rejected, then token-2, and so on."""

    number: int = 1
    rejected: list[str] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)

    async def get(self, scope: str, *, rejected: str | None = None, claims: str = "") -> FakeToken:
        if rejected is not None:
            self.rejected.append(rejected)
            self.claims.append(claims)
            if rejected == f"token-{self.number}":
                self.number += 1
        return FakeToken(f"token-{self.number}")


@dataclass
class PlainAuthorizer:
    """Adds nothing."""

    async def send(self, http: Sender, request: Request) -> Response:
        return await http.send(request)
