"""Opens a blob store in front of a service, with tokens that never expire and the real transport."""

from __future__ import annotations

from dataclasses import dataclass, field

from tvapp.azure.authorizer import StorageAuthorizer
from tvapp.azure.blobs import PAGE_SIZE
from tvapp.core.clock import Clock, ManualClock
from tvapp.core.log import RecordingLog
from tvapp.fences.stores.blob import BlobStore
from tvapp.net.request import Sender


@dataclass(frozen=True)
class Token:
    secret: str = field(repr=False)


@dataclass
class Tokens:
    """Returns the same secret for ever, or the next one after a rejection."""

    secrets: list[str]

    async def get(self, scope: str, *, rejected: str | None = None, claims: str = "") -> Token:
        if rejected is not None and len(self.secrets) > 1:
            del self.secrets[0]
        return Token(self.secrets[0])


def store_at(
    http: Sender, container_url: str, *secrets: str, page_size: int = PAGE_SIZE, clock: Clock | None = None
) -> BlobStore:
    """Return the store of one TV."""
    authorizer = StorageAuthorizer(Tokens(list(secrets)), endpoint=container_url)
    return BlobStore(http, container_url, authorizer, RecordingLog(), clock=clock or ManualClock(), page_size=page_size)
