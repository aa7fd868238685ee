"""Takes requests from the control socket on the io thread, and has the main thread carry them out.

Nothing that a client does can stop the app: a request is bounded in size and time, connections in number, and users
other than the owner and root are turned away.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import socket
from collections.abc import Callable
from pathlib import Path

from tvapp.core.errors import StorageError
from tvapp.core.log import Log
from tvapp.host.control.commands import Answer, Command, ControlRequest, Status, refusal
from tvapp.host.control.protocol import LONGEST_REQUEST, BadRequest, parse_request, write_answer
from tvapp.host.control.socket_file import listen, user_of

REQUEST_WITHIN_S = 3.0
"""So long may a client take to send its request."""
ANSWER_WITHIN_S = 6.0
"""So long may the main thread take: a frame of a slow machine takes a second, a PNG some."""
TAKEN_WITHIN_S = 30.0
"""So long may a client take to read its answer."""
MOST_CLIENTS = 8

ROOT = 0


class ControlServer:
    """Posts a ControlRequest for each request to the main thread's inbox, and sends back its answer."""

    def __init__(
        self,
        folder: Path,
        post: Callable[[object], None],
        log: Log,
        *,
        answer_within_s: float = ANSWER_WITHIN_S,
        request_within_s: float = REQUEST_WITHIN_S,
        user_of: Callable[[socket.socket], int] = user_of,
    ) -> None:
        """`folder` is made for the socket; `user_of` tells who is on the other side of a connection."""
        self._folder = folder
        self._post = post
        self._log = log
        self._answer_within_s = answer_within_s
        self._request_within_s = request_within_s
        self._user_of = user_of
        self._clients: set[asyncio.StreamWriter] = set()

    async def serve(self) -> None:
        """Serve until the task is cancelled; where no socket can be made, log that and return."""
        try:
            listening = listen(self._folder)
        except (OSError, StorageError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            self._log.event("control.not_started", level="warning", reason=reason or str(error))
            return
        try:
            server = await asyncio.start_unix_server(self._serve, sock=listening.socket, limit=LONGEST_REQUEST)
            async with server:
                await server.serve_forever()
        finally:
            for client in tuple(self._clients):
                client.transport.abort()
            listening.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            answer = await self._answer(reader, writer)
            async with asyncio.timeout(TAKEN_WITHIN_S):
                writer.write(write_answer(answer))
                writer.write(answer.body)
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, TimeoutError):
            pass  # the client is gone, or reads nothing
        finally:
            self._clients.discard(writer)
            with contextlib.suppress(OSError, RuntimeError):
                writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Answer:
        user = self._user_of(writer.get_extra_info("socket"))
        if user not in (os.geteuid(), ROOT):
            self._log.event("control.denied", level="warning", uid=user)
            return refusal("denied", "only the user of the app and root may do this")
        if len(self._clients) > MOST_CLIENTS:
            return refusal("busy", f"{MOST_CLIENTS} others are connected")
        try:
            async with asyncio.timeout(self._request_within_s):
                line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            return refusal("bad-request", f"the request is longer than {LONGEST_REQUEST} bytes")
        except (asyncio.IncompleteReadError, TimeoutError):
            return refusal("bad-request", "the request did not come whole and in time")
        try:
            command = parse_request(line)
        except BadRequest as error:
            return refusal("bad-request", str(error))
        if _has_left(writer.get_extra_info("socket")):
            # It gave up while this process was stopped, and said that nothing was done.
            return refusal("gone", "the client has left")
        answer = await self._carried_out(command)
        if not isinstance(command, Status):
            self._log.event("control.command", command=command.name, uid=user, result=answer.error or "done")
        return answer

    async def _carried_out(self, command: Command) -> Answer:
        """Have the main thread carry out a command, and wait for its answer."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Answer] = loop.create_future()

        def take(answer: Answer) -> None:
            if not answered.done():
                answered.set_result(answer)

        def answer_from_any_thread(answer: Answer) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(take, answer)

        self._post(ControlRequest(command, answer_from_any_thread, lambda: not answered.done()))
        try:
            async with asyncio.timeout(self._answer_within_s):
                return await answered
        except TimeoutError:
            return refusal("hangs", f"the main thread has not answered for {self._answer_within_s:g} s")


def _has_left(connection: socket.socket) -> bool:
    """Tell whether the other side has closed the connection, which its request may still be read from."""
    poll = select.poll()
    poll.register(connection.fileno(), 0)
    return any(events & select.POLLHUP for _, events in poll.poll(0))
