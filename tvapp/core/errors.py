"""The family tree of our exceptions, grouped by what can be done about them.

TvappError
├── ConfigError            tell the installer: which file, key, found, allowed
├── DisplayError           the screen: none there, or gone; open it again later
├── StorageError           the disk: full, read-only, corrupt; go on in memory
├── DataError              one bad file, feature or reply: skip it, keep the rest
├── SignInError            tell the viewer: carries what an admin needs
├── NetworkError           no proper answer: try again later
│   ├── Unreachable        refused, no route, no such host
│   ├── TimedOut
│   ├── TlsFailed          certificate not trusted, wrong name, wrong time
│   └── ConnectionBroken   reset or truncated in the middle
└── ServiceError           an answer with an error status
    ├── Unauthorized       401
    ├── Forbidden          403: role missing, or a policy
    ├── NotFound           404, 410, and Azure's 400 for unknown ids
    ├── Conflict           409, 412
    ├── Throttled          429, with retry_after_s
    ├── ServiceDown        5xx
    └── UnexpectedReply    not what the protocol promises: HTML, wrong type, too large

A request may be refused because its host failed a moment ago (`core.circuit`). It then raises the error of that
failure, which callers handle already, with `was_sent` False and `retry_after_s` for when it can be sent.

Their texts are for logs: `ui.words` has the sentences for the viewer.
"""

from __future__ import annotations

import errno
from typing import Literal

DiskKind = Literal["full", "read-only", "denied", "gone", "slow", "broken"]
"""Kinds of disk trouble that have different remedies."""

_DISK_KINDS: dict[int, DiskKind] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "full",
    errno.EROFS: "read-only",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.ENOENT: "gone",
    errno.ENOTDIR: "gone",
    errno.ENODEV: "gone",
    errno.ENXIO: "gone",
    errno.ESTALE: "gone",
}


class TvappError(Exception):
    """The root of our exceptions."""


class ConfigError(TvappError):
    """An invalid setting: where it stands, what was found, what is allowed."""

    def __init__(self, source: str, key: str, found: str, allowed: str) -> None:
        super().__init__(f"{source}: {key}: found {found}; allowed: {allowed}")
        self.source = source
        self.key = key
        self.found = found
        self.allowed = allowed


class DisplayError(TvappError):
    """There is no screen, it is gone, or drawing on it failed."""


class StorageError(TvappError):
    """A file could not be read or written; `reason` is the system's message, `kind` the remedy."""

    def __init__(self, path: str, reason: str, kind: DiskKind = "broken") -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
        self.kind = kind

    @classmethod
    def of(cls, path: object, error: OSError) -> StorageError:
        """Convert an error of the operating system."""
        return cls(str(path), error.strerror or str(error), _DISK_KINDS.get(error.errno or 0, "broken"))


class DataError(TvappError):
    """Invalid data; `source` names the file, feature or reply."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class SignInError(TvappError):
    """The identity provider refused.

    `error` is the OAuth error (the only field code may branch on), `aadsts` the number for an admin or 0,
    `needs_person` tells *sign in again* (True) from *retry later* (False).
    """

    def __init__(
        self,
        error: str,
        *,
        aadsts: int = 0,
        correlation_id: str = "",
        needs_person: bool = True,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{error} (AADSTS{aadsts})" if aadsts else error)
        self.error = error
        self.aadsts = aadsts
        self.correlation_id = correlation_id
        self.needs_person = needs_person
        self.retry_after_s = retry_after_s


class NetworkError(TvappError):
    """No proper answer from `host`; worth another try, in `retry_after_s` seconds where that is known."""

    def __init__(
        self, host: str, reason: str = "", *, retry_after_s: float | None = None, was_sent: bool = True
    ) -> None:
        super().__init__(f"{host}: {reason}" if reason else host)
        self.host = host
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.was_sent = was_sent


class Unreachable(NetworkError):
    """Refused, no route, or no such host."""


class TimedOut(NetworkError):
    """No answer within the time allowed."""


class TlsFailed(NetworkError):
    """The certificate is not trusted, not for this host, or not for this time."""


class ConnectionBroken(NetworkError):
    """The connection ended in the middle of an answer."""


class ServiceError(TvappError):
    """`host` answered with an error status.

    `code` and `message` come from the error body where there is one; `request_id` helps Azure's support.
    """

    def __init__(
        self,
        host: str,
        status: int,
        code: str = "",
        message: str = "",
        *,
        request_id: str = "",
        retry_after_s: float | None = None,
        was_sent: bool = True,
    ) -> None:
        super().__init__(f"{host}: {status} {code} {message}".rstrip())
        self.host = host
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        self.was_sent = was_sent


class Unauthorized(ServiceError):
    """401."""


class Forbidden(ServiceError):
    """403."""


class NotFound(ServiceError):
    """404 or 410, or Azure Maps' 400 for an id it does not know."""


class Conflict(ServiceError):
    """409 or 412."""


class Throttled(ServiceError):
    """429; `retry_after_s` is None where the service did not say."""


class ServiceDown(ServiceError):
    """5xx."""


class UnexpectedReply(ServiceError):
    """An answer that the protocol does not know: a proxy's HTML page, a wrong type, too many bytes."""


BY_STATUS: dict[int, type[ServiceError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    410: NotFound,
    409: Conflict,
    412: Conflict,
    429: Throttled,
}


def service_error(
    host: str,
    status: int,
    code: str = "",
    message: str = "",
    *,
    request_id: str = "",
    retry_after_s: float | None = None,
) -> ServiceError:
    """Build the branch of ServiceError that stands for an HTTP status.

    >>> type(service_error("example.com", 503)).__name__
    'ServiceDown'
    """
    kind = BY_STATUS.get(status) or (ServiceDown if status >= 500 else ServiceError)
    return kind(host, status, code, message, request_id=request_id, retry_after_s=retry_after_s)
