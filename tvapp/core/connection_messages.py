"""Messages to the main thread about the connection.

They are results of the service "connection", so that a start does not have to know their types.
"""

from __future__ import annotations

from dataclasses import dataclass

from tvapp.core.connection_steps import LinkState
from tvapp.core.errors import NetworkError
from tvapp.core.jobs import JobResult


@dataclass(frozen=True, slots=True)
class LinkChanged(JobResult):
    """The network interfaces have changed; also posted once at the start."""

    service = "connection"

    link: LinkState


@dataclass(frozen=True, slots=True)
class RequestEnded(JobResult):
    """A request to `origin` was answered (`error` None), or failed."""

    service = "connection"

    origin: str
    error: NetworkError | None = None


@dataclass(frozen=True, slots=True)
class NameLookedUp(JobResult):
    """The result of a look-up: an empty `reason` if the name was found, else one of `Unreachable`."""

    service = "connection"

    host: str
    reason: str
