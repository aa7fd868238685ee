"""Entries of systemd's journal: their form, the way of long ones, and what a real journald makes of them."""

from __future__ import annotations

import array
import contextlib
import io
import json
import os
import socket
import struct
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.tvbox_rig.journal import parse
from tests.cloud import ROOT
from tests.conftest import do_without, require_tool
from tvapp.core.clock import ManualClock
from tvapp.host.event_log import EventLog
from tvapp.host.systemd.journal import Journal, encode, is_our_output, name_of

CLOCK = ManualClock(epoch=1_790_000_000.25)


def decoded(entry: bytes) -> dict[str, str]:
    """Read an entry as journald does."""
    found: dict[str, str] = {}
    while entry:
        line, _, entry = entry.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            (size,) = struct.unpack("<Q", entry[:8])
            value, end, entry = entry[8 : 8 + size], entry[8 + size : 9 + size], entry[9 + size :]
            assert end == b"\n"
        found[name.decode()] = value.decode()
    return found


class Journald:
    """A socket such as journald's, and what came."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def entries(self) -> list[dict[str, str]]:
        found = []
        with contextlib.suppress(BlockingIOError):
            while True:
                data, ancillary, _, _ = self._socket.recvmsg(1 << 20, socket.CMSG_SPACE(4))
                for _, _, rights in ancillary:
                    (number,) = array.array("i", rights)
                    with open(number, "rb") as file:  # noqa: PTH123
                        with pytest.raises(PermissionError):  # sealed: nobody can change it any more
                            os.write(number, b"x")
                        file.seek(0)
                        data = file.read()
                found.append(decoded(data))
        return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[Journald]:
    made = Journald(tmp_path / "socket")
    yield made
    made.close()


@pytest.fixture
def journal(journald: Journald) -> Iterator[Journal]:
    made = Journal(str(journald.path))
    yield made
    made.close()


def test_an_event_has_its_priority_its_fields_and_a_line_for_readers(journald: Journald, journal: Journal) -> None:
    stream = io.StringIO()
    log = EventLog(clock=CLOCK, stream=stream, journal=journal)
    log.event("map.settled", tiles=24, zoom=13.5, ok=True, note="two words", layers=["road"], nothing=None)
    log.event("disk.failed", level="error", reason="full")
    first, second = journald.entries()
    assert first == {
        "MESSAGE": 'map.settled tiles=24 zoom=13.5 ok=true note="two words" layers=["road"]',
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "tvapp",
        "TVAPP_EVENT": "map.settled",
        "TVAPP_TILES": "24",
        "TVAPP_ZOOM": "13.5",
        "TVAPP_OK": "true",
        "TVAPP_NOTE": "two words",
        "TVAPP_LAYERS": '["road"]',
    }
    assert (second["PRIORITY"], second["TVAPP_REASON"]) == ("3", "full")
    assert stream.getvalue() == ""  # no line twice


@pytest.mark.parametrize(("level", "priority"), [("debug", "7"), ("info", "6"), ("warning", "4"), ("error", "3")])
def test_each_level_is_a_priority_of_syslog(level: str, priority: str) -> None:
    assert decoded(encode("app.stopped", level, "", {}))["PRIORITY"] == priority  # type: ignore[arg-type]


def test_with_json_the_line_for_readers_is_the_json_line(journald: Journald, journal: Journal) -> None:
    EventLog(clock=CLOCK, form="json", journal=journal).event("app.stopped", reason="SIGTERM")
    (entry,) = journald.entries()
    assert json.loads(entry["MESSAGE"]) == {
        "ts": "2026-09-21T14:13:20.250Z",
        "level": "info",
        "event": "app.stopped",
        "reason": "SIGTERM",
    }
    assert entry["TVAPP_REASON"] == "SIGTERM"


def test_a_secret_is_in_no_field_of_the_journal(journald: Journald, journal: Journal) -> None:
    jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhaW5vIn0.c2lnbmF0dXJl-_abc"
    log = EventLog(clock=CLOCK, journal=journal)
    log.event("x.y", access_token="abc", detail=f"Bearer {jwt}", who="aino@contoso.com", more={"user_code": "ABCD"})
    (entry,) = journald.entries()
    told = json.dumps(entry)
    assert jwt not in told
    assert "ABCD" not in told
    assert "aino@" not in told
    assert entry["TVAPP_ACCESS_TOKEN"] == "***"


def test_the_file_gets_every_line_beside_the_journal(tmp_path: Path, journald: Journald, journal: Journal) -> None:
    log = EventLog(clock=CLOCK, file=tmp_path / "log", journal=journal)
    log.event("app.stopped", reason="SIGTERM")
    assert len(journald.entries()) == 1
    assert (tmp_path / "log").read_text() == "2026-09-21T14:13:20.250Z info    app.stopped reason=SIGTERM\n"


def test_a_field_cannot_forge_another_one(journald: Journald, journal: Journal) -> None:
    hostile = "a\nPRIORITY=0\n_UID=0\n"
    assert journal.send("x.y", "info", hostile, {"detail": hostile, "event": "z", "MESSAGE=": "m", "ü": "u"})
    (entry,) = journald.entries()
    assert entry["MESSAGE"] == entry["TVAPP_DETAIL"] == hostile
    assert (entry["PRIORITY"], entry["TVAPP_EVENT"]) == ("6", "x.y")
    assert set(entry) == {
        "MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "TVAPP_EVENT", "TVAPP_DETAIL", "TVAPP_MESSAGE_", "TVAPP__",
    }  # fmt: skip


def test_names_fit_what_the_journal_takes() -> None:
    assert len(name_of("x" * 100)) == 64
    assert name_of("retry-in.s") == "TVAPP_RETRY_IN_S"


def test_an_entry_too_long_for_a_datagram_goes_as_a_sealed_file(journald: Journald, journal: Journal) -> None:
    long = "x" * 500_000
    assert journal.send("x.y", "info", "long", {"detail": long})
    assert journal.send("x.y", "info", "short", {})
    first, second = journald.entries()
    assert first["TVAPP_DETAIL"] == long
    assert second["MESSAGE"] == "short"


def test_without_a_journal_the_line_goes_to_standard_error_as_before(tmp_path: Path, journald: Journald) -> None:
    stream = io.StringIO()
    journal = Journal(str(journald.path))
    log = EventLog(clock=CLOCK, stream=stream, journal=journal)
    log.event("app.started")
    journald.close()
    log.event("app.stopped", reason="SIGTERM")
    assert stream.getvalue() == "2026-09-21T14:13:20.250Z info    app.stopped reason=SIGTERM\n"
    journal.close()
    nowhere = Journal(str(tmp_path / "nothing"))
    assert not nowhere.send("x.y", "info", "m", {})
    nowhere.close()


def test_a_journal_that_takes_nothing_does_not_hold_the_app_up(journald: Journald) -> None:
    journal = Journal(str(journald.path))
    sent = 0
    while sent < 100_000 and journal.send("x.y", "info", "m" * 4000, {}):
        sent += 1
    assert 0 < sent < 100_000  # the queue of the socket is full, nobody reads, and the caller is told
    journal.close()


def test_only_an_output_that_leads_to_the_journal_counts(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as file:
        there = os.fstat(file.fileno())
        assert is_our_output({"JOURNAL_STREAM": f"{there.st_dev}:{there.st_ino}"}, file.fileno())
        for other in ("", "1:2", f"{there.st_dev}", f"{there.st_dev}:{there.st_ino}:3", "x:y"):
            assert not is_our_output({"JOURNAL_STREAM": other}, file.fileno()), other
        assert not is_our_output({}, file.fileno())
        number = file.fileno()
    assert not is_our_output({"JOURNAL_STREAM": "1:2"}, number)  # closed


REAL = """
set -eu
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/log/journal
/lib/systemd/systemd-journald 2>/dev/null &
daemon=$!
until [ -S /run/systemd/journal/socket ] && [ -S /run/systemd/journal/stdout ]; do sleep 0.05; done
"$PYTHON" -c "$PROGRAM"
journalctl -D /run/log/journal --sync 2>/dev/null || true
for try in 1 2 3 4 5 6 7 8 9 10; do
    journalctl -D /run/log/journal -o json -t tvapp >"$OUT.json" 2>/dev/null || true
    [ "$(wc -l <"$OUT.json")" -ge 4 ] && break
    sleep 0.2
done
journalctl -D /run/log/journal -o cat -t tvapp -p warning >"$OUT.txt"
kill "$daemon"
"""
PROGRAM = """
import os, socket, sys
# Standard error as systemd gives it to a service: a stream to the journal, with its device and inode.
stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
stream.connect("/run/systemd/journal/stdout")
stream.sendall(b"tvapp\\n\\n6\\n0\\n0\\n0\\n0\\n")
os.dup2(stream.fileno(), 2)
there = os.fstat(2)
os.environ["JOURNAL_STREAM"] = f"{there.st_dev}:{there.st_ino}"
from tvapp.commands.cli import parse
from tvapp.commands.console import complain, open_log
from tvapp.host.systemd.journal import Journal
log = open_log(parse(["run"]))
log.event("map.settled", tiles=24, note="two words")
log.event("disk.failed", level="error", what="tiles", reason="full\\nor not")
Journal().send("x.y", "warning", "a long one", {"detail": "x" * 300_000})
complain("a line that is no event")
"""


@pytest.mark.process
def test_a_real_journald_has_the_priorities_the_fields_and_each_line_once(tmp_path: Path) -> None:
    require_tool("journalctl")
    require_tool("unshare")
    if not Path("/lib/systemd/systemd-journald").exists():
        do_without("systemd-journald is not installed")
    if os.geteuid() != 0:
        pytest.skip("journald in a mount namespace of its own needs root")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHON": sys.executable,
        "PROGRAM": textwrap.dedent(PROGRAM),
        "OUT": str(tmp_path / "journal"),
    }
    subprocess.run(["unshare", "--mount", "sh", "-c", REAL], env=environment, check=True, timeout=60)
    entries = [json.loads(line) for line in (tmp_path / "journal.json").read_text().splitlines()]
    assert [entry["MESSAGE"] for entry in entries] == [
        'map.settled tiles=24 note="two words"',
        'disk.failed what=tiles reason="full\\nor not"',
        "a long one",
        "a line that is no event",
    ]
    settled, failed, long, plain = entries
    assert (settled["PRIORITY"], settled["TVAPP_EVENT"], settled["TVAPP_TILES"]) == ("6", "map.settled", "24")
    assert (failed["PRIORITY"], failed["TVAPP_REASON"]) == ("3", "full\nor not")
    assert settled["_TRANSPORT"] == "journal"
    assert long["PRIORITY"] == "4"
    assert (plain["_TRANSPORT"], plain["PRIORITY"]) == ("stdout", "6")
    # The rig of the TV in a box reads the same lines.
    parsed = [parse(json.dumps({**entry, "_SYSTEMD_UNIT": "tvapp.service"})) for entry in entries]
    first, last = parsed[0], parsed[-1]
    assert first is not None
    assert last is not None
    assert (first.event, first.fields["tiles"], first.fields["note"]) == ("map.settled", 24, "two words")
    assert (last.event, last.message) == ("", "a line that is no event")
    warnings = (tmp_path / "journal.txt").read_text().splitlines()
    assert warnings == ['disk.failed what=tiles reason="full\\nor not"', "a long one"]
