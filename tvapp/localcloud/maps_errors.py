"""The error bodies of Azure Maps (azure-facts 3.2)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

CODES = {400: "BadRequest", 401: "Unauthorized", 403: "403 Forbidden", 404: "NotFound", 409: "Conflict",
         413: "RequestEntityTooLarge", 415: "UnsupportedMediaType", 429: "TooManyRequests"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """Ends a request with an error answer."""

    status: int
    message: str
    code: str = ""
    target: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        return maps_error(self.status, self.code, self.message, self.target, self.headers)


def maps_error(
    status: int, code: str, message: str, target: str | None = None, headers: dict[str, str] | None = None
) -> Response:
    """Return an error answer; `code` defaults to the one usual for the status."""
    error: dict[str, object] = {
        "code": code or CODES.get(status) or HTTPStatus(status).phrase.replace(" ", ""),
        "message": message,
        "target": target,
        "details": [],
    }
    return JSONResponse({"error": error}, status, {"x-ms-request-id": str(uuid.uuid4()), **(headers or {})})
