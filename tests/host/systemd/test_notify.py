"""What is said to the init system, on real sockets."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from tests.host.systemd.init_system import init_system
from tvapp.host.systemd.notify import LONGEST_STATUS, Notifier, is_our_manager, is_service, watchdog_s


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_it_is_heard_at_both_kinds_of_sockets(kind: str, tmp_path: Path) -> None:
    name = tmp_path / "notify" if kind == "path" else f"@tvapp-test-{secrets.token_hex(8)}"
    with init_system(name) as system:
        notifier = Notifier(system.environment())
        assert notifier.is_heard
        notifier.ready()
        notifier.alive()
        notifier.stopping()
        for line in ("READY=1", "WATCHDOG=1", "STOPPING=1"):
            system.wait_for(line)
        assert system.lines() == ["READY=1", "WATCHDOG=1", "STOPPING=1"]


def test_the_same_status_is_said_once_and_never_as_more_than_one_line(tmp_path: Path) -> None:
    with init_system(tmp_path / "notify") as system:
        notifier = Notifier(system.environment())
        for words in ("Starting", "Starting", "two\nREADY=1", "x" * 5000, "Starting"):
            notifier.status(words)
        system.wait_for("STATUS=x")
        system.wait_for("STATUS=Starting")
    assert system.lines() == [
        "STATUS=Starting", "STATUS=two READY=1", "STATUS=" + "x" * LONGEST_STATUS, "STATUS=Starting",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", "relative", "/nowhere/at/all"])
def test_without_an_init_system_that_listens_nothing_happens(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with init_system(tmp_path / "relative") as system:
        notifier = Notifier({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "60000000"})
        notifier.ready()
        notifier.status("Starting")
        notifier.stopping()
        assert notifier.is_heard == (notifier.watchdog_s is not None) == name.startswith("/")
        Notifier(system.environment()).alive()
        system.wait_for("WATCHDOG=1")
        assert system.lines() == ["WATCHDOG=1"]


def test_an_init_system_that_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    with init_system(tmp_path / "notify") as system:
        notifier = Notifier(system.environment())
        for number in range(5000):
            notifier.status(f"{number}")
        system.wait_for("STATUS=0")


@pytest.mark.parametrize(
    ("usec", "pid", "expected"),
    [
        ("60000000", "", 60.0),
        ("60000000", "7", 60.0),
        ("60000000", "8", None),
        ("0", "", None),
        ("", "", None),
        ("-5", "", None),
        ("soon", "", None),
        ("²", "", None),
    ],
)
def test_the_watchdog_is_ours_when_it_says_so(usec: str, pid: str, expected: float | None) -> None:
    assert watchdog_s({"WATCHDOG_USEC": usec, "WATCHDOG_PID": pid}, 7) == expected


def test_a_watchdog_without_a_socket_is_none() -> None:
    assert Notifier({"WATCHDOG_USEC": "60000000"}).watchdog_s is None


def test_who_started_our_parent_is_not_our_manager() -> None:
    pid = os.getpid()
    assert is_our_manager({"NOTIFY_SOCKET": "/run/systemd/notify"}, pid)
    assert is_our_manager({"NOTIFY_SOCKET": "@x", "SYSTEMD_EXEC_PID": str(pid)}, pid)
    assert not is_our_manager({"NOTIFY_SOCKET": "@x", "SYSTEMD_EXEC_PID": str(pid + 1)}, pid)
    assert not is_our_manager({"INVOCATION_ID": "0" * 32}, pid)


NOTIFY, OURS, PARENTS = {"NOTIFY_SOCKET": "/run/systemd/notify"}, {"SYSTEMD_EXEC_PID": "7"}, {"SYSTEMD_EXEC_PID": "6"}
INVOCATION, USERS = {"INVOCATION_ID": "0" * 32}, {"MANAGERPID": "5"}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param(NOTIFY | OURS | INVOCATION, True, id="tvapp.service"),
        pytest.param(NOTIFY | PARENTS | INVOCATION, True, id="a service that starts cage"),
        pytest.param(NOTIFY | INVOCATION, True, id="systemd older than 248"),
        pytest.param(OURS | INVOCATION, True, id="a service without Type=notify"),
        pytest.param(NOTIFY | OURS | INVOCATION | USERS, True, id="a user's service with Type=notify"),
        pytest.param(OURS | INVOCATION | USERS, False, id="an entry of a desktop's autostart"),
        pytest.param(NOTIFY | PARENTS | INVOCATION | USERS, False, id="a desktop that passes its socket on"),
        pytest.param(PARENTS | INVOCATION, False, id="a terminal of a desktop"),
        pytest.param(INVOCATION, False, id="a shell"),
        pytest.param({}, False, id="no systemd"),
    ],
)
def test_a_service_is_told_from_an_app_of_a_desktop(environ: dict[str, str], expected: bool) -> None:
    assert is_service(environ, 7) is expected
