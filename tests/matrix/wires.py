"""What fails below HTTP: names that are unknown, ports where nobody listens, somebody else's certificate."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cable import Cable
from tests.net.raw import HandshakeServer, make_authority


class Names:
    """The names of this machine that only this process knows; each of them can be forgotten for a while.

    Takes the place of `socket.getaddrinfo`, by which asyncio and urllib3 resolve names alike.
    """

    def __init__(self, known: tuple[str, ...]) -> None:
        self._known = frozenset(known)
        self._system: Callable[..., Any] = socket.getaddrinfo
        self.unknown: set[str] = set()
        self.asked = 0
        """How often a name was asked for that is unknown."""

    def resolve(self, host: Any, *rest: Any, **more: Any) -> Any:
        """Do what `socket.getaddrinfo` does."""
        name = host.decode() if isinstance(host, bytes) else host
        if name in self.unknown:
            self.asked += 1
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self._system("127.0.0.1" if name in self._known else host, *rest, **more)

    @contextlib.contextmanager
    def in_force(self) -> Iterator[Names]:
        """Resolve all names of this process until the block ends."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", self.resolve)
            yield self


class Host:
    """One name with a port of its own, which leads to the cloud as long as nothing is wrong."""

    def __init__(self, name: str, port: int, names: Names, folder: Path) -> None:
        self.name = name
        self._target = port
        self._names = names
        self._cable = Cable(port)
        self._stranger = HandshakeServer(make_authority(folder / name, host=name).server)  # whom nobody trusts

    @property
    def url(self) -> str:
        return f"https://{self.name}:{self._cable.port}"

    def refuse(self) -> None:
        """Cut every connection; nobody listens any more."""
        self._cable.pull()

    def forget_name(self) -> None:
        """Cut every connection; the name is unknown."""
        self._names.unknown.add(self.name)
        self._cable.cut()

    def swap_certificate(self) -> None:
        """Cut every connection; new ones meet a certificate that nobody trusts."""
        self._cable.lead_to(self._stranger.port)

    def mend(self) -> None:
        """Be there again, whatever was wrong."""
        self._names.unknown.discard(self.name)
        self._cable.lead_to(self._target)
        self._cable.plug()

    def close(self) -> None:
        self._cable.pull()
        self._stranger.close()
