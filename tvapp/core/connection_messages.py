"""Messages to the main thread about the connection.

They are apart from `core.connection_steps`, because a start has to know their types and no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tvapp.core.connection_steps import LinkState
    from tvapp.core.errors import NetworkError


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The network interfaces have changed; also posted once at the start."""

    link: LinkState


@dataclass(frozen=True, slots=True)
class RequestEnded:
    """A request to `origin` was answered (`error` None), or failed."""

    origin: str
    error: NetworkError | None = None


@dataclass(frozen=True, slots=True)
class NameLookedUp:
    """The result of a look-up: an empty `reason` if the name was found, else one of `Unreachable`."""

    host: str
    reason: str
