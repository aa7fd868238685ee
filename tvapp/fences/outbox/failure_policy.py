"""Decides what follows when a change could not be sent: try again, ask for a sign-in, or leave it to the viewer."""

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

NextStep = Literal["retry", "sign-in", "refused"]


def next_step(error: TvappError) -> NextStep:
    """Return what follows an error; "refused": the store will never take the change.

    >>> from tvapp.core.errors import DataError
    >>> next_step(DataError("depots.geojson", "not GeoJSON"))
    'refused'
    """
    match error:
        case SignInError(needs_person=True):
            return "sign-in"
        case SignInError() | NetworkError() | StorageError():
            return "retry"
        # A web page instead of an answer comes from a captive portal or a proxy.
        case Unauthorized() | Throttled() | ServiceDown() | UnexpectedReply():
            return "retry"
        case ServiceError(status=408):
            return "retry"
    return "refused"
