"""Commands for the guest: what the agent answers, and what the rig makes of it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.tvbox_rig.guest import agent
from scripts.tvbox_rig.guest_client import Guest, GuestError

Answer = Callable[[dict[str, Any]], bytes]


def serve(path: Path, answer: Answer) -> threading.Thread:
    """Answer the requests of one connection as the agent's port does."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def run() -> None:
        with listener, listener.accept()[0] as connection, connection.makefile("rb") as requests:
            for line in requests:
                if data := answer(json.loads(line)):
                    connection.sendall(data)
                else:
                    return

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def reply(request: dict[str, Any], **fields: object) -> bytes:
    return json.dumps({"id": request["id"], **fields}).encode() + b"\n"


@pytest.mark.process
def test_a_command_gives_its_status_and_output(tmp_path: Path) -> None:
    thread = serve(tmp_path / "s", lambda request: reply(request, **agent.run(request["script"], 5.0)))
    guest = Guest(tmp_path / "s")
    assert guest.run("echo seen; exit 3") == (3, "seen\n")
    assert guest.check("echo ' seen '") == "seen"
    with pytest.raises(GuestError, match="status 4"):
        guest.check("exit 4")
    guest.close()
    thread.join()


def test_the_rest_of_an_earlier_answer_is_passed_over(tmp_path: Path) -> None:
    stale = b'ut": "old"}\n' + json.dumps({"id": 1, "status": 0, "output": "old"}).encode() + b"\n"
    thread = serve(tmp_path / "s", lambda request: stale + reply(request, status=0, output="new"))
    guest = Guest(tmp_path / "s")
    assert guest.check("true") == "new"
    guest.close()
    thread.join()


def test_a_machine_without_power_is_an_error_and_not_a_wait(tmp_path: Path) -> None:
    thread = serve(tmp_path / "s", lambda _request: b"")
    with pytest.raises(GuestError, match="does not answer"):
        Guest(tmp_path / "s").run("true")
    thread.join()
    with pytest.raises(GuestError, match="does not answer"):
        Guest(tmp_path / "nowhere").run("true")


def test_what_the_agent_cannot_do_is_an_error(tmp_path: Path) -> None:
    thread = serve(tmp_path / "s", lambda request: reply(request, status=-2, output="no /dev/uinput"))
    guest = Guest(tmp_path / "s")
    with pytest.raises(GuestError, match="uinput"):
        guest.plug_remote([352])
    guest.close()
    thread.join()


@pytest.mark.process
def test_a_command_that_never_ends_is_stopped() -> None:
    assert agent.run("echo begun; sleep 60", 0.3) == {"status": -1, "output": "begun\n"}
