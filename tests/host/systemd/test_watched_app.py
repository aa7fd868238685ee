"""The real program under a stand-in for the init system: what it says, and that it falls silent when a part hangs."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.e2e.rig import running, with_account, with_key
from tests.host.systemd.init_system import InitSystem, init_system

WATCHDOG_S = 3.0
MODULE = "tests.host.systemd.hanging_app"


@pytest.fixture
def system(tmp_path: Path) -> Iterator[InitSystem]:
    with init_system(tmp_path / "notify") as made:
        yield made


def test_it_tells_that_it_is_ready_what_it_does_and_that_it_stops(
    cloud: LocalCloud, tmp_path: Path, system: InitSystem
) -> None:
    with running(with_account(cloud) | system.environment(WATCHDOG_S), tmp_path) as tv:
        system.wait_for("READY=1")
        tv.wait_for("frame.first")
        system.wait_for("STATUS=Waiting for somebody to sign in")
        code = tv.sign_in(cloud)
        system.wait_for("STATUS=Showing the map as ai***@contosoharbour.onmicrosoft.com, ")
        assert tv.end() == 0
    system.wait_for("STOPPING=1")
    said = "\n".join(system.lines())
    assert said.index("READY=1") < said.index("WATCHDOG=1")
    assert code not in said
    assert "aino@" not in said


def test_at_rest_it_is_fed_about_three_times_a_period(cloud: LocalCloud, tmp_path: Path, system: InitSystem) -> None:
    with running(with_key(cloud) | system.environment(WATCHDOG_S), tmp_path) as tv:
        tv.settled()
        longest = WATCHDOG_S / 3 * 1.5
        for _ in range(6):
            system.wait_for("WATCHDOG=1")
        times = [at for at, line in system.said if line == "WATCHDOG=1"][-6:]
        assert tv.end() == 0
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert sum(gaps) / len(gaps) < longest


@pytest.mark.parametrize("part", ["main", "worker", "io"])
def test_it_falls_silent_when_a_part_hangs(part: str, cloud: LocalCloud, tmp_path: Path, system: InitSystem) -> None:
    when = tmp_path / "hang"
    environment = with_key(cloud, HANG=part, HANG_WHEN=str(when)) | system.environment(WATCHDOG_S)
    with running(environment, tmp_path, module=MODULE) as tv:
        tv.settled()
        system.wait_for("WATCHDOG=1")
        when.touch()
        if part != "main":
            told = tv.wait_for("job.stuck" if part == "worker" else "io.stuck")
            assert str(told["where"]).count(":") >= 3
        system.wait_for_silence("WATCHDOG=1", WATCHDOG_S)
        # Whatever hangs, the wish to stop is granted in time; a main thread that hangs cannot end cleanly.
        assert tv.end() == (1 if part == "main" else 0)


def test_a_stopped_process_says_nothing(cloud: LocalCloud, tmp_path: Path, system: InitSystem) -> None:
    with running(with_key(cloud) | system.environment(WATCHDOG_S), tmp_path) as tv:
        tv.settled()
        system.wait_for("WATCHDOG=1")
        tv.app.signal(signal.SIGSTOP)
        system.wait_for_silence("WATCHDOG=1", WATCHDOG_S)
        tv.app.signal(signal.SIGCONT)
        system.wait_for("WATCHDOG=1")
        assert tv.end() == 0


def test_the_watchdog_s_signal_leaves_every_thread_s_place_for_the_next_start_to_find(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    with running(with_key(cloud), tmp_path) as tv:
        tv.settled()
        tv.app.signal(signal.SIGABRT)
        assert tv.app.wait(5.0) == -signal.SIGABRT
    with running(with_key(cloud), tmp_path) as again:
        found = again.wait_for("crash.found")
        again.settled()
        assert again.end() == 0
    (file,) = (again.data_dir / "crashes").glob("fatal-*.txt")
    assert str(found["reference"]) in file.name
    assert file.stat().st_mode & 0o077 == 0
    text = file.read_text()
    assert "run.py" in text
    assert text.count("hread 0x") >= 2
    assert os.environ["HOME"] not in text
