"""Error answers of Azure Resource Manager and Microsoft Graph, which share one shape."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import JSONResponse


@dataclass(frozen=True, slots=True)
class Denied(Exception):
    """Ends a request with an error answer."""

    status: int
    code: str
    message: str

    def response(self) -> JSONResponse:
        return JSONResponse({"error": {"code": self.code, "message": self.message}}, self.status)


def not_found(code: str, what: str) -> Denied:
    """Return the answer for something that does not exist."""
    return Denied(404, code, f"{what} was not found.")


def bad_request(code: str, message: str) -> Denied:
    """Return the answer for a request that cannot be meant."""
    return Denied(400, code, message)
