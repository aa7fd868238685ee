"""What Azure Resource Manager and Microsoft Graph share: reading a body, and turning an answer into a response."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tvapp.localcloud.cloud import Cloud
from tvapp.localcloud.tenant.errors import Denied
from tvapp.localcloud.tenant.model import Json

MOST_BYTES = 1 << 20

Answer = tuple[int, Any]
"""A status, and a value to send as JSON; None: no body."""


def answering(
    cloud: Cloud, answer: Callable[[Cloud, Request], Awaitable[Answer]]
) -> Callable[[Request, float], Awaitable[Response]]:
    """Return what serves requests with the answers of a function that may raise Denied."""

    async def serve(request: Request, _skew_s: float) -> Response:
        try:
            status, value = await answer(cloud, request)
        except Denied as denied:
            return denied.response()
        return Response(status_code=status) if value is None else JSONResponse(value, status)

    return serve


async def body_of(request: Request, wrong: Denied) -> Json:
    """Return the JSON object in a body, an empty one without a body.

    Raises:
        Denied: it is too large; or `wrong`, it is no JSON object.
    """
    raw = await request.body()
    if len(raw) > MOST_BYTES:
        raise Denied(413, "RequestEntityTooLarge", "The body is too large.")
    try:
        value = json.loads(raw or b"{}")
    except ValueError as error:
        raise wrong from error
    if not isinstance(value, dict):
        raise wrong
    return value
