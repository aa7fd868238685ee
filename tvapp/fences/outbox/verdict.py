"""What is done about a change that could not be sent: wait, ask for a sign-in, or leave it to the viewer."""

from __future__ import annotations

from typing import Literal

from tvapp.core.errors import (
    NetworkError,
    ServiceDown,
    ServiceError,
    SignInError,
    StorageError,
    Throttled,
    TvappError,
    Unauthorized,
    UnexpectedReply,
)

Verdict = Literal["later", "sign-in", "refused"]


def verdict(error: TvappError) -> Verdict:
    """Tell what to do about a change that could not be sent.

    >>> from tvapp.core.errors import DataError
    >>> verdict(DataError("depots.geojson", "not GeoJSON"))
    'refused'
    """
    match error:
        case SignInError(needs_person=True):
            return "sign-in"
        case SignInError() | NetworkError() | StorageError():
            return "later"
        # A page instead of an answer is somebody else's: a portal, a proxy.
        case Unauthorized() | Throttled() | ServiceDown() | UnexpectedReply():
            return "later"
        case ServiceError(status=408):
            return "later"
    return "refused"
