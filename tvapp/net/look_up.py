"""Looks a host name up, to tell a dead name server from a dead host after a request has timed out.

A resolver that gets no answer tries for longer than a connection may take (resolv.conf(5): 5 s, twice, for each
server), so that the request ends with a time-out, which says nothing about the cause.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine

from tvapp.core.connection_messages import NameLookedUp
from tvapp.core.connection_steps import NO_NAME_SERVER, NO_SUCH_HOST
from tvapp.core.proxies import Outbound

LOOK_UP_WITHIN_S = 6.0
"""A name server that answers does so within a second; a longer wait is a first try that got no answer."""


async def look_up_first_hop(outbound: Outbound, url: str) -> NameLookedUp:
    """Look up the name that a request to `url` needs on this machine: a proxy looks up those behind it itself."""
    return await look_up(outbound.name_to_resolve(url, os.environ))


async def look_up(host: str, resolve: Callable[[str], Coroutine[object, object, object]] | None = None) -> NameLookedUp:
    """Look a name up; runs on the io thread, where the resolver's own thread does the waiting."""
    try:
        async with asyncio.timeout(LOOK_UP_WITHIN_S):
            await (resolve or _resolve)(host)
    except TimeoutError:
        return NameLookedUp(host, NO_NAME_SERVER)
    except socket.gaierror as error:
        return NameLookedUp(host, resolver_reason(error))
    except (OSError, UnicodeError):
        return NameLookedUp(host, NO_SUCH_HOST)
    return NameLookedUp(host, "")


def resolver_reason(error: socket.gaierror) -> str:
    """Return why a name was not found, as in the reason of `Unreachable`."""
    # EAI_AGAIN: no name server answered, or none that could ask further.
    return NO_NAME_SERVER if error.errno == socket.EAI_AGAIN else NO_SUCH_HOST


async def _resolve(host: str) -> object:
    return await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
