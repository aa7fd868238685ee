"""The control socket against faults: who connects, how, and what is in its place; with a real socket and loop."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.e2e.rig import until
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.host.control.client import Answered, NoAnswer, ask
from tvapp.host.control.commands import Answer, Command, ControlRequest, Screenshot, Status, Wake
from tvapp.host.control.protocol import LONGEST_REQUEST
from tvapp.host.control.server import MOST_CLIENTS, ControlServer
from tvapp.host.control.socket_file import NAME, connect, listen


class Desk:
    """A server on a real io thread, and a main thread that answers every request at once, unless it hangs."""

    def __init__(self, folder: Path, user: int | None = None) -> None:
        self.folder = folder
        self.log = RecordingLog()
        self.hangs = False
        self.asked: list[Command] = []
        self.requests: list[ControlRequest] = []
        self.answer = Answer({"says": "all is well"})
        inbox = Inbox()
        inbox.post = self.take  # type: ignore[method-assign]
        self.jobs = Jobs(inbox, self.log)
        self.user = os.geteuid() if user is None else user
        self.server = ControlServer(
            folder, self.take, self.log, answer_within_s=0.3, request_within_s=0.3, user_of=lambda _: self.user
        )
        self.future: Future[None] = self.jobs.spawn("control", self.server.serve)

    def take(self, message: object) -> None:
        assert isinstance(message, ControlRequest)
        self.asked.append(message.command)
        self.requests.append(message)
        if not self.hangs:
            threading.Thread(target=message.answer, args=(self.answer,)).start()

    def ask(self, command: Command) -> Answered:
        return ask(self.folder, command, within_s=5.0)

    def wait(self) -> None:
        until(lambda: (self.folder / NAME).exists() or self.log.events)

    def close(self) -> None:
        assert self.jobs.stop()


@contextlib.contextmanager
def serving(folder: Path, user: int | None = None) -> Iterator[Desk]:
    desk = Desk(folder, user)
    try:
        desk.wait()
        yield desk
    finally:
        desk.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with serving(tmp_path / "control") as made:
        yield made


def spoken(desk: Desk, request: bytes, *, shut: bool = False) -> bytes:
    """Send raw bytes and return everything that comes back."""
    with connect(desk.folder, 5.0) as connection:
        connection.sendall(request)
        if shut:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                received += piece
        return received


def works(desk: Desk) -> bool:
    return desk.ask(Status()).fields == {"says": "all is well"}


def is_up(desk: Desk) -> bool:
    try:
        return works(desk)
    except NoAnswer:
        return False


def test_the_socket_is_its_owner_s_alone_and_goes_with_the_server(tmp_path: Path) -> None:
    folder = tmp_path / "data/control"
    with serving(folder) as desk:
        assert works(desk)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600
    assert not (folder / NAME).exists()


def test_a_long_body_comes_whole(desk: Desk) -> None:
    desk.answer = Answer(body=os.urandom(3 << 20))
    assert desk.ask(Screenshot()).body == desk.answer.body


def test_a_command_is_logged_with_its_user_and_a_look_is_not(desk: Desk) -> None:
    desk.ask(Wake())
    desk.ask(Status())
    assert desk.log.events == [("control.command", {"command": "wake", "uid": os.geteuid(), "result": "done"})]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (b"\n", b"no JSON"),
        (b"GET / HTTP/1.1\r\n\r\n", b"no JSON"),
        (os.urandom(64).replace(b"\n", b"") + b"\n", b"no JSON"),
        (b'{"v": 1, "do": "status"', b"whole and in time"),
        (b"x" * (LONGEST_REQUEST * 4), b"longer than"),
        (b"[" * 8000 + b"\n", b"no JSON"),
    ],
    ids=["empty", "http", "garbage", "half", "huge", "deep"],
)
def test_what_is_no_request_is_refused_and_the_next_client_is_served(
    desk: Desk, request_: bytes, reason: bytes
) -> None:
    answer = spoken(desk, request_)
    assert not answer or (b'"bad-request"' in answer and reason in answer)
    assert answer or len(request_) > LONGEST_REQUEST  # what is not read any more resets the connection
    assert desk.asked == []
    assert works(desk)


def test_a_request_that_ends_half_way_is_refused(desk: Desk) -> None:
    assert b"whole and in time" in spoken(desk, b'{"v": 1, "do"', shut=True)
    assert works(desk)


def test_a_client_that_dribbles_is_cut_off(desk: Desk) -> None:
    with connect(desk.folder, 5.0) as connection:
        began = time.monotonic()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for byte in b'{"v": 1, "do": "status"':
                connection.send(bytes([byte]))
                if connection in _readable(connection, 0.05):
                    break
        assert b"in time" in connection.recv(4096)
        assert time.monotonic() - began < 5.0
    assert works(desk)


def _readable(connection: socket.socket, timeout_s: float) -> list[socket.socket]:
    return select.select([connection], [], [], timeout_s)[0]


def test_a_client_that_leaves_before_its_answer_harms_nobody(desk: Desk) -> None:
    desk.answer = Answer(body=bytes(8 << 20))
    for number in range(1, 6):
        with connect(desk.folder, 5.0) as connection:
            connection.sendall(b'{"v": 1, "do": "screenshot"}\n')
            until(lambda number=number: len(desk.asked) == number)  # type: ignore[misc]
    desk.answer = Answer({"says": "all is well"})
    assert works(desk)
    assert desk.log.named("job.failed") == []


def test_too_many_clients_are_told_so_and_those_that_say_nothing_are_sent_away(desk: Desk) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(MOST_CLIENTS):
            stack.enter_context(connect(desk.folder, 5.0))
        refused = desk.ask(Status())
        assert refused.fields["error"] == "busy"
        until(lambda: desk.ask(Status()).is_done)


def test_a_main_thread_that_hangs_is_told(desk: Desk) -> None:
    desk.hangs = True
    answered = desk.ask(Wake())
    assert not answered.is_done
    assert answered.fields["error"] == "hangs"
    assert not desk.requests[0].is_wanted(), "the client was told that nothing was done"
    desk.hangs = False
    assert works(desk)


def test_what_a_client_that_gave_up_had_asked_for_is_not_done_afterwards(desk: Desk) -> None:
    goes_on = threading.Event()
    # As while the process is stopped: the kernel takes connections and requests, and nobody serves them.
    desk.jobs.io_loop().call_soon_threadsafe(goes_on.wait)
    with pytest.raises(NoAnswer, match="does not answer"):
        ask(desk.folder, Wake(), within_s=0.1)
    goes_on.set()
    assert works(desk)
    assert [type(command) for command in desk.asked] == [Status]


def test_a_process_that_does_not_serve_is_told_in_time(tmp_path: Path) -> None:
    listening = listen(tmp_path / "control")
    try:
        with pytest.raises(NoAnswer, match="does not answer") as told:
            ask(tmp_path / "control", Status(), within_s=0.2)
        assert told.value.is_running
    finally:
        listening.close()


def test_only_the_owner_and_root_are_served(tmp_path: Path) -> None:
    with serving(tmp_path / "control", user=os.geteuid() + 1000) as desk:
        answered = desk.ask(Status())
        assert answered.fields["error"] == "denied"
        assert desk.asked == []
        assert desk.log.named("control.denied") == [{"uid": os.geteuid() + 1000}]
    with serving(tmp_path / "control", user=0) as desk:
        assert works(desk)


def test_a_socket_that_a_killed_app_left_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "control"
    listen(folder).socket.close()
    with pytest.raises(NoAnswer, match="was killed") as told:
        ask(folder, Status())
    assert not told.value.is_running
    with serving(folder) as desk:
        until(lambda: is_up(desk))
        assert works(desk)


def test_a_second_app_leaves_the_socket_of_the_first_alone(desk: Desk) -> None:
    with serving(desk.folder) as second:
        until(lambda: second.log.named("control.not_started"))
        assert "another process" in str(second.log.named("control.not_started")[0]["reason"])
    assert works(desk)


def test_a_server_removes_no_socket_but_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "control"
    first = listen(folder)
    (folder / NAME).unlink()
    second = listen(folder)
    first.close()
    assert (folder / NAME).exists()
    second.close()
    assert not (folder / NAME).exists()


def test_a_path_too_long_for_an_address_works(tmp_path: Path) -> None:
    folder = tmp_path / ("a-very-long-name-" * 8) / "control"
    assert len(str(folder / NAME)) > 108
    with serving(folder) as desk:
        assert works(desk)


@pytest.mark.parametrize("what", ["a file", "a folder", "a link"])
def test_what_is_no_socket_is_never_removed(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "control"
    folder.mkdir(mode=0o700)
    there = folder / NAME
    if what == "a file":
        there.write_text("precious")
    elif what == "a folder":
        there.mkdir()
    else:
        there.symlink_to(tmp_path / "elsewhere")
    with serving(folder) as desk:
        until(lambda: desk.log.named("control.not_started"))
    assert there.exists() or there.is_symlink()
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_made_costs_the_socket_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    with serving(tmp_path / "data/control") as desk:
        until(lambda: desk.log.named("control.not_started"))
        desk.future.result(5.0)
    with pytest.raises(NoAnswer):
        ask(tmp_path / "data/control", Status())


def test_a_link_in_the_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "control").symlink_to(tmp_path / "elsewhere")
    with serving(tmp_path / "control") as desk:
        until(lambda: desk.log.named("control.not_started"))
    assert list((tmp_path / "elsewhere").iterdir()) == []
    with pytest.raises(NoAnswer):
        ask(tmp_path / "control", Status())
