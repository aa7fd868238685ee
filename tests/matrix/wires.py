"""What fails below HTTP: names that are unknown, ports where nobody listens, somebody else's certificate."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cable import Cable
from tests.net.raw import make_authority


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


class Stranger:
    """Answers TLS handshakes with a certificate that nobody trusts."""

    def __init__(self, folder: Path, host: str) -> None:
        self._context: ssl.SSLContext = make_authority(folder, host=host).server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            # A client that does not trust us says so in the handshake, or hangs up after it.
            with contextlib.suppress(OSError), connection:
                connection.settimeout(5)
                with self._context.wrap_socket(connection, server_side=True) as secure:
                    secure.recv(1)


class Host:
    """One name with a port of its own, which leads to the cloud as long as nothing is wrong."""

    def __init__(self, name: str, port: int, names: Names, folder: Path) -> None:
        self.name = name
        self._target = port
        self._names = names
        self._cable = Cable(port)
        self._stranger = Stranger(folder / name, name)

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
