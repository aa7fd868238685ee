"""The rows of the matrix: what goes wrong, and how it is brought about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.fences.stores.server import error

RETRY_AFTER_S = 30
LONG_S = 900
"""Longer than any patience for an answer."""
SKEW_S = 7200.0

Wire = Literal["refused", "no such name", "stranger"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One row: fields of a fault of the local cloud, or (`wire`) something below HTTP that concerns a whole host."""

    name: str
    fields: Mapping[str, object] = field(default_factory=dict)
    wire: Wire | None = None
    stalls: bool = False
    """Something stays under way: it takes time-outs to get on."""

    def fields_for(self, column: str) -> dict[str, object]:
        """Return the fault for an endpoint, in the form that its errors have.

        Those of Blob Storage are XML with codes of their own. Entra ID says no with 401 and 403 in the words of OAuth,
        which are final; what else comes from its address as 4xx is not Entra's, but somebody's in between.
        """
        status = self.fields.get("status")
        if column in SIGN_IN and status in FOREIGN:
            return {**self.fields, "body": "It says no.", "content_type": "text/plain"}
        if column != "blob" or not isinstance(status, int) or status not in BLOB_CODES:
            return dict(self.fields)
        answer = error(status, BLOB_CODES[status])
        kind = answer.headers["content-type"]
        headers = {name: value for name, value in answer.headers.items() if name != "content-type"}
        return {**self.fields, "body": answer.body.decode("utf-8-sig"), "content_type": kind, "headers": headers}


SIGN_IN = ("discovery", "devicecode", "token-poll", "refresh")
FOREIGN = (404, 409, 412)
BLOB_CODES = {
    401: "InvalidAuthenticationInfo",
    403: "AuthorizationPermissionMismatch",
    404: "ContainerNotFound",
    409: "ContainerBeingDeleted",
    412: "ConditionNotMet",
    429: "ServerBusy",
    500: "InternalError",
    503: "ServerBusy",
}

TROUBLES = (
    Trouble("refused", wire="refused"),
    Trouble("dns", wire="no such name"),
    Trouble("slow", {"delay_s": LONG_S}, stalls=True),
    Trouble("drip", {"drip_s": LONG_S}, stalls=True),
    Trouble("reset", {"reset": "before"}),
    Trouble("truncated", {"truncate": 0.5}),
    Trouble("html", {"html": True}),
    Trouble("bad-bytes", {"bad_bytes": True}),
    Trouble("oversized", {"oversized_bytes": 24 << 20}),
    Trouble("401", {"status": 401}),
    Trouble("403", {"status": 403}),
    Trouble("404", {"status": 404}),
    Trouble("409", {"status": 409}),
    Trouble("412", {"status": 412}),
    Trouble("429-seconds", {"status": 429, "retry_after": RETRY_AFTER_S}),
    Trouble("429-date", {"status": 429, "retry_after": f"date:{RETRY_AFTER_S}"}),
    Trouble("500", {"status": 500}),
    Trouble("503", {"status": 503}),
    Trouble("tls", wire="stranger"),
    Trouble("clock-skew", {"clock_skew_s": SKEW_S}),
)
