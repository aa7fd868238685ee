"""The desk's side of the control socket: sends one command and reads the answer."""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from tvapp.host.control.commands import Command
from tvapp.host.control.protocol import LONGEST_ANSWER, BadRequest, read_answer, write_request
from tvapp.host.control.socket_file import connect

CONNECT_WITHIN_S = 3.0
ANSWER_WITHIN_S = 9.0
"""More than the app gives its main thread, so that it is the app that tells of a main thread that hangs."""
_PIECE = 1 << 16


class NoAnswer(Exception):
    """No app answers; the text says why. `is_running` is False where no app runs with this data folder."""

    def __init__(self, reason: str, *, is_running: bool) -> None:
        super().__init__(reason)
        self.is_running = is_running


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer of the app: whether the command was carried out, its fields, and the bytes that followed."""

    is_done: bool
    fields: dict[str, object]
    body: bytes


def ask(folder: Path, command: Command, *, within_s: float = ANSWER_WITHIN_S) -> Answered:
    """Have the app whose control socket is in `folder` carry out a command. Blocks.

    Raises:
        BadRequest: the command has a text that the app would not take.
        NoAnswer: no app answers within the time.
    """
    request = write_request(command)
    try:
        connection = connect(folder, CONNECT_WITHIN_S)
    except (FileNotFoundError, NotADirectoryError):
        raise NoAnswer("no tvapp runs with this data folder", is_running=False) from None
    except ConnectionRefusedError:
        raise NoAnswer("no tvapp runs with this data folder: it was killed", is_running=False) from None
    except PermissionError:
        raise NoAnswer("the data folder belongs to another user: use sudo -u", is_running=True) from None
    except OSError as error:
        raise NoAnswer(f"tvapp does not answer: {error.strerror or error}", is_running=True) from None
    with connection:
        until = time.monotonic() + within_s
        try:
            # An app that refuses at once closes the connection: its answer is there all the same.
            with contextlib.suppress(BrokenPipeError):
                connection.sendall(request)
            return _read(connection, until)
        except TimeoutError:
            raise NoAnswer(f"tvapp does not answer: nothing came for {within_s:g} s", is_running=True) from None
        except (OSError, BadRequest) as error:
            raise NoAnswer(f"tvapp does not answer: {error}", is_running=True) from None


def _read(connection: socket.socket, until: float) -> Answered:
    received = bytearray()
    while (end := received.find(b"\n")) < 0:
        if len(received) > LONGEST_ANSWER:
            raise BadRequest("the answer is too long")
        received += _piece(connection, until)
    fields, size = read_answer(bytes(received[:end]))
    body = received[end + 1 :]
    while len(body) < size:
        body += _piece(connection, until)
    is_done = fields.pop("ok") is True
    fields.pop("v", None)
    return Answered(is_done, fields, bytes(body[:size]))


def _piece(connection: socket.socket, until: float) -> bytes:
    """Read what there is, before the time `until`."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(left)
    piece = connection.recv(_PIECE)
    if not piece:
        raise BadRequest("it ended in the middle of the answer")
    return piece
