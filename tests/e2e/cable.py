"""A network cable that can be pulled: a port that forwards to another one while plugged in."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading


class Cable:
    """Forwards TCP connections to `port` on loopback. Pulled, it cuts them and refuses new ones."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener: socket.socket | None = None
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.port = 0
        self.plug()

    def plug(self) -> None:
        """Accept connections, always at the same port."""
        if self._listener is not None:
            return
        listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self.port = int(listener.getsockname()[1])
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def pull(self) -> None:
        """Refuse connections and cut the open ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def cut(self) -> None:
        """Cut the open connections; new ones are forwarded as before."""
        with self._lock:
            ends = tuple(self._ends)
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def lead_to(self, port: int) -> None:
        """Forward new connections to another port, and cut the open ones."""
        self._target = port
        self.cut()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                near.close()
                continue
            threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with self._lock:
            self._ends |= {near, far}
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(near, selectors.EVENT_READ, far)
                selector.register(far, selectors.EVENT_READ, near)
                while all(_pass_on(key.fileobj, key.data) for key, _ in selector.select()):
                    pass
        finally:
            with self._lock:
                self._ends -= {near, far}
            near.close()
            far.close()


def _pass_on(source: object, target: socket.socket) -> bool:
    assert isinstance(source, socket.socket)
    try:
        data = source.recv(65536)
        target.sendall(data)
    except OSError:
        return False
    return bool(data)
