"""The viewer's token for the storage."""

from __future__ import annotations

import asyncio

import pytest

from tests.azure.fakes import FakeSender, FakeTokens, reply
from tvapp.azure.authorizer import StorageAuthorizer
from tvapp.core.errors import DataError
from tvapp.net.request import Request, Response

CONTAINER = "https://acct.blob.core.windows.net/fences"


@pytest.mark.parametrize("refusal", [reply(401), reply(403, x_ms_error_code="AuthenticationFailed")])
def test_it_sends_the_bearer_alone_and_a_fresh_one_after_a_refusal(refusal: Response) -> None:
    tokens = FakeTokens()
    sender = FakeSender(lambda request: reply() if request.headers["authorization"] == "Bearer token-2" else refusal)
    authorizer = StorageAuthorizer(tokens, endpoint=CONTAINER)
    assert asyncio.run(authorizer.send(sender, Request("GET", CONTAINER))).status == 200
    assert tokens.rejected == ["token-1"]
    assert all("x-ms-client-id" not in request.headers for request in sender.requests)


@pytest.mark.parametrize("url", ["https://other.blob.core.windows.net/fences", CONTAINER.replace("https", "http")])
def test_it_goes_nowhere_else(url: str) -> None:
    sender = FakeSender(lambda request: reply())
    for endpoint in (CONTAINER, url.replace("https", "http")):
        with pytest.raises(DataError):
            asyncio.run(StorageAuthorizer(FakeTokens(), endpoint=endpoint).send(sender, Request("GET", url)))
    assert sender.requests == []


def test_a_missing_role_is_no_matter_of_tokens() -> None:
    sender = FakeSender(lambda request: reply(403, x_ms_error_code="AuthorizationPermissionMismatch"))
    response = asyncio.run(StorageAuthorizer(FakeTokens(), endpoint=CONTAINER).send(sender, Request("GET", CONTAINER)))
    assert response.status == 403
    assert len(sender.requests) == 1
