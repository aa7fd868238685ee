"""A blob store beside a service: tokens that never run out, and the real transport."""

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
    """Gives the same secret for ever, or after a rejection the next one."""

    secrets: list[str]

    async def get(self, scope: str, *, rejected: str | None = None, claims: str = "") -> Token:
        if rejected is not None and len(self.secrets) > 1:
            del self.secrets[0]
        return Token(self.secrets[0])


def store_at(
    http: Sender, container_url: str, *secrets: str, page_size: int = PAGE_SIZE, clock: Clock | None = None
) -> BlobStore:
    """Return a store as one TV has it."""
    authorizer = StorageAuthorizer(Tokens(list(secrets)), endpoint=container_url)
    return BlobStore(http, container_url, authorizer, RecordingLog(), clock=clock or ManualClock(), page_size=page_size)
