"""Runs the doctor as people do, and prepares what it looks at: accounts that are signed in, servers, proxies."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.cloud import ROOT, LocalCloud
from tvapp.app.diagnosis.beside import surroundings_beside
from tvapp.auth.lazy_gateway import LazyGateway
from tvapp.auth.messages import CodeReceived, PollSucceeded
from tvapp.auth.token_store import FORMAT
from tvapp.commands.cli import run
from tvapp.config.load import load
from tvapp.core.data_folder import DataFolder
from tvapp.net.lazy_chain import LazyChain

T = TypeVar("T")
FIELDS = {"id", "name", "outcome", "looked_at", "found", "remedy", "fault", "because", "details"}


@dataclass(frozen=True)
class Report:
    """What the doctor printed as JSON."""

    status: int
    ok: bool
    checks: list[dict[str, Any]]
    machine: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, status: int, text: str) -> Report:
        """Take a report, whose form has to be the documented one."""
        found = json.loads(text)
        assert set(found) == {"schema", "ok", "at", "machine", "counts", "checks"}
        assert found["schema"] == 2
        outcomes = [check["outcome"] for check in found["checks"]]
        assert found["counts"] == {each: outcomes.count(each) for each in ("pass", "warn", "fail", "skip")}
        assert found["ok"] == ("fail" not in outcomes) == (status == 0)
        ids = [check["id"] for check in found["checks"]]
        assert len(set(ids)) == len(ids)
        for check in found["checks"]:
            assert set(check) == FIELDS
            assert check["found"]
            is_wrong = check["outcome"] in ("warn", "fail")
            assert bool(check["remedy"]) == bool(check["fault"]) == is_wrong, check
            assert bool(check["because"]) == (check["outcome"] == "skip"), check
        return cls(status, found["ok"], found["checks"], found["machine"])

    def outcome(self, name: str) -> str:
        """Return the worst outcome of the checks of that name."""
        outcomes = {check["outcome"] for check in self.checks if check["name"] == name}
        return next((each for each in ("fail", "warn", "skip", "pass") if each in outcomes), "missing")

    def wrong(self) -> dict[str, dict[str, Any]]:
        """Return what is wrong, by fault: of each the first check that found it."""
        return {check["fault"]: check for check in reversed(self.checks) if check["fault"]}

    def failed(self) -> set[str]:
        """Return the names of the checks that failed."""
        return {check["name"] for check in self.checks if check["outcome"] == "fail"}

    def skipped(self) -> dict[str, str]:
        """Return why a check was skipped, by its name."""
        return {check["name"]: check["because"] for check in self.checks if check["outcome"] == "skip"}


class Doctor:
    """Runs `tvapp doctor --json`: in this process, or (`as_command`) in one of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, environment: Mapping[str, str], data_dir: Path, *arguments: str) -> Report:
        for name in os.environ.keys() - environment.keys():
            self._monkeypatch.delenv(name)
        for name, value in environment.items():
            self._monkeypatch.setenv(name, value)
        self._capsys.readouterr()
        status = run(["doctor", "--json", "--data-dir", str(data_dir), *arguments])
        return Report.read(status, self._capsys.readouterr().out)


def command(data_dir: Path, *arguments: str) -> list[str]:
    """Return the command line of the doctor."""
    return [sys.executable, "-m", "tvapp", "doctor", "--data-dir", str(data_dir), *arguments]


def as_command(environment: Mapping[str, str], data_dir: Path, *arguments: str, before: Sequence[str] = ()) -> Report:
    """Run the doctor in a process of its own, which the words `before` start."""
    words = [*before, *command(data_dir, "--json", *arguments)]
    done = subprocess.run(words, env=dict(environment), capture_output=True, text=True, timeout=100, cwd=ROOT)
    assert "Traceback" not in done.stderr, done.stderr
    return Report.read(done.returncode, done.stdout)


def sign_in(cloud: LocalCloud, environment: Mapping[str, str], data_dir: Path, person: str = "aino") -> None:
    """Leave a data folder behind in which a person is signed in, as the app does."""
    config = load(None, environment)
    with surroundings_beside(DataFolder(data_dir)) as around:
        network = LazyChain(around.jobs, around.clock, around.log, outbound=config.outbound, random=around.random)
        gateway = LazyGateway(config.identity, data_dir, around.clock, around.log, network, around.disk)
        code = gateway.request_code(1)
        assert isinstance(code, CodeReceived), code
        cloud.approve(code.user_code, person)
        assert isinstance(gateway.poll(1), PollSucceeded)
        network.close()


def expire_tokens(data_dir: Path) -> None:
    """Make the access tokens in a data folder those of yesterday."""
    file = DataFolder(data_dir).tokens
    envelope = json.loads(bytes(FORMAT.unpack(file.read_bytes())))
    for entry in envelope["cache"]["AccessToken"].values():
        for name in ("cached_at", "expires_on", "extended_expires_on", "refresh_on"):
            if name in entry:
                entry[name] = str(int(entry[name]) - 86_400)
    file.write_bytes(FORMAT.pack(json.dumps(envelope).encode()))


@contextlib.contextmanager
def serving_meanwhile(opens: Callable[[], AbstractAsyncContextManager[T]]) -> Iterator[T]:
    """Run an asynchronous server on a thread of its own until the block ends."""
    loop = asyncio.new_event_loop()
    ready: list[T] = []
    is_ready, is_over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with opens() as server:
            ready.append(server)
            is_ready.set()
            await is_over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert is_ready.wait(10)
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join(10)
        loop.close()


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Return everything about a folder that a program could change: owners, modes, times, sizes and contents."""
    found: dict[str, tuple[object, ...]] = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        status = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        about = (status.st_uid, status.st_gid, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        found[str(path.relative_to(folder))] = (*about, status.st_ino, digest)
    return found


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """Provide a folder that every user may enter, unlike those that pytest makes."""
    with tempfile.TemporaryDirectory(prefix="tvapp-doctor-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
