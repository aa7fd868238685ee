"""Errors say which branch of the family they are, and what may be done."""

from __future__ import annotations

import errno

import pytest

from tvapp.core.errors import (
    Conflict,
    DiskKind,
    Forbidden,
    NotFound,
    ServiceDown,
    ServiceError,
    SignInError,
    StorageError,
    Throttled,
    Unauthorized,
    Unreachable,
    service_error,
)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ServiceError), (401, Unauthorized), (403, Forbidden), (404, NotFound), (409, Conflict), (410, NotFound),
        (412, Conflict), (418, ServiceError), (429, Throttled), (499, ServiceError), (500, ServiceDown),
        (503, ServiceDown),
    ],
)  # fmt: skip
def test_each_status_has_its_branch(status: int, kind: type[ServiceError]) -> None:
    error = service_error("h", status, "code", "message", request_id="id", retry_after_s=5.0)
    assert type(error) is kind
    assert (error.host, error.status, error.code, error.message) == ("h", status, "code", "message")
    assert (error.request_id, error.retry_after_s, error.was_sent) == ("id", 5.0, True)
    assert str(error) == f"h: {status} code message"


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, "full"),
        (errno.EDQUOT, "full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "denied"),
        (errno.ENOENT, "gone"),
        (errno.EIO, "broken"),
        (None, "broken"),
    ],
)
def test_a_disk_error_is_sorted_by_its_remedy(number: int | None, kind: DiskKind) -> None:
    error = StorageError.of("/data", OSError(number, "message") if number else OSError("message"))
    assert (error.kind, error.path, error.reason, str(error)) == (kind, "/data", "message", "/data: message")


def test_texts_leave_out_what_is_not_known() -> None:
    assert str(Unreachable("h")) == "h"
    assert str(Unreachable("h", "refused")) == "h: refused"
    assert str(ServiceDown("h", 503)) == "h: 503"
    assert str(SignInError("invalid_grant")) == "invalid_grant"
    assert str(SignInError("invalid_grant", aadsts=50076)) == "invalid_grant (AADSTS50076)"
    assert SignInError("invalid_grant").needs_person
