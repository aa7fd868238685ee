"""The real program after a crash: it says so on the screen, leaves a report, and starts again without hurry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.e2e.rig import Tv, running, with_key
from tests.host.crash.secrets import SECRETS
from tests.host.systemd.init_system import init_system
from tvapp.core.exit_status import EXIT_CRASHED

MODULE = "tests.host.crash.crashing_app"
EVERYWHERE = ("start", "memory", "frames", "canvas")


@contextmanager
def crashing(where: str, cloud: LocalCloud, folder: Path, more: Mapping[str, str] | None = None) -> Iterator[Tv]:
    """Run the app with a defect that lasts until `mend`."""
    defect(folder).touch()
    environment = with_key(cloud, CRASH=where, CRASH_WHILE=str(defect(folder))) | dict(more or {})
    with running(environment, folder, module=MODULE) as tv:
        yield tv


def defect(folder: Path) -> Path:
    return folder / "defect"


def mend(folder: Path) -> None:
    defect(folder).unlink(missing_ok=True)


@pytest.mark.parametrize("where", EVERYWHERE)
def test_it_starts_again_by_itself_and_shows_the_map(where: str, cloud: LocalCloud, tmp_path: Path) -> None:
    with crashing(where, cloud, tmp_path) as tv:
        tv.wait_for("crash.reported")
        mend(tmp_path)
        tv.wait_for("app.started")
        first = tv.wait_for("frame.first")
        tv.settled()
        assert float(str(first["ms"])) < 60_000
        assert tv.end() == 0
    starts = [fields for fields in tv.logged() if fields["event"] == "app.started"]
    assert len(starts) == 2


@pytest.mark.parametrize("where", ["frames", "canvas"])
def test_the_screen_says_so_meanwhile(where: str, cloud: LocalCloud, tmp_path: Path) -> None:
    with crashing(where, cloud, tmp_path) as tv:
        told = tv.wait_for("crash.reported")
        picture = tv.picture()
        assert len(picture.getcolors(1 << 20) or []) > 10
        assert tv.end() == 0
    assert (tv.data_dir / "crashes" / f"{told['reference']}.png").exists()
    assert [fields["reason"] for fields in tv.logged() if fields["event"] == "app.stopped"] == ["signal"]


def test_each_crash_in_a_row_waits_longer_than_the_one_before(cloud: LocalCloud, tmp_path: Path) -> None:
    with crashing("memory", cloud, tmp_path) as tv:
        told = [tv.wait_for("crash.reported") for _ in range(5)]
        assert tv.end() == 0
    assert [fields["in_a_row"] for fields in told] == [1, 2, 3, 4, 5]
    assert [fields["restart_in_s"] for fields in told] == [0.7, 1.1, 1.3, 1.5, 1.5]


def test_the_brake_works_on_a_disk_that_keeps_nothing(cloud: LocalCloud, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    (data_dir / "crashes").write_text("in the way of the folder")
    with init_system(tmp_path / "notify") as system, crashing("start", cloud, tmp_path, system.environment()) as tv:
        told = [tv.wait_for("crash.reported") for _ in range(3)]
        assert tv.end() == 0
    assert [fields["in_a_row"] for fields in told] == [1, 2, 3]
    assert all(fields["not_written"] for fields in told)


def test_an_init_system_starts_it_again_and_is_told_what_happened(cloud: LocalCloud, tmp_path: Path) -> None:
    with init_system(tmp_path / "notify") as system:
        with crashing("start", cloud, tmp_path, system.environment(3.0)) as tv:
            told = tv.wait_for("crash.reported")
            assert tv.app.wait(20.0) == EXIT_CRASHED
        system.wait_for("STOPPING=1")
    said = system.lines()
    assert f"STATUS=Met a problem ({told['reference']}), about to start again" in said
    # Before its first frame, too: an init system would end a start that takes minutes.
    assert said.index("READY=1") < said.index("WATCHDOG=1") < said.index("STOPPING=1")


def test_a_signal_ends_it_on_the_crash_screen(cloud: LocalCloud, tmp_path: Path) -> None:
    with crashing("start", cloud, tmp_path) as tv:
        tv.wait_for("crash.reported")
        assert tv.end() == 0


@pytest.mark.parametrize("where", ["frames", "start", "canvas"])
def test_the_report_tells_where_and_no_secret(where: str, cloud: LocalCloud, tmp_path: Path) -> None:
    with crashing(where, cloud, tmp_path) as tv:
        told = tv.wait_for("crash.reported")
        assert tv.end() == 0
    (path,) = (tv.data_dir / "crashes").glob("*.json")
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    report = json.loads(text)
    assert report["reference"] == told["reference"]
    assert str(told["where"]).startswith("__main__:")
    assert str(told["where"]).endswith(":fail")
    assert report["errors"][-1]["type"] == "builtins.KeyError"
    assert any(error["type"].endswith("Secretive") for error in report["errors"])
    assert any("app.started" in line for line in report["events"])
    assert report["memory_mib"] > 10
    assert report["open_files"] > 3
    everything = text + tv.log_file.read_text()
    for secret in (*SECRETS, *cloud.subscription_keys):
        assert secret not in text
    for secret in SECRETS[:3]:
        assert secret not in everything
