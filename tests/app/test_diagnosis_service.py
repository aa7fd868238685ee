"""The running app examines itself: results come as messages, and one diagnosis at a time."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.e2e.rig import with_key
from tests.surroundings import surroundings
from tvapp.app.diagnosis_service import DiagnosisService, Running
from tvapp.config.load import load
from tvapp.core.clock import SystemClock
from tvapp.core.diagnosis import ExaminationBegan, ExaminationEnded, FindingMade
from tvapp.core.jobs import Inbox, Jobs
from tvapp.core.log import RecordingLog
from tvapp.core.surroundings import Surroundings
from tvapp.net.lazy_chain import LazyChain
from tvapp.net.skew import SkewMonitor


@dataclass
class Logged:
    stamp: str
    level: str
    name: str
    fields: dict[str, object]


@dataclass
class TroubledLog(RecordingLog):
    """A log that remembers a trouble."""

    kept: list[Logged] = field(
        default_factory=lambda: [
            Logged("2026-11-30T22:10:00.000+00:00", "warning", "network.lost", {"host": "maps.example", "after_s": 0})
        ]
    )

    def troubles(self) -> list[Logged]:
        return self.kept


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Surroundings]:
    log = TroubledLog()
    jobs = Jobs(Inbox(), log)
    yield surroundings(tmp_path / "data", jobs, clock=SystemClock(), log=log)
    jobs.stop()


@pytest.fixture
def running(cloud: LocalCloud, around: Surroundings) -> Iterator[Running]:
    config = load(None, with_key(cloud))
    skew = SkewMonitor(around.clock, around.log, around.jobs.inbox.post)
    network = LazyChain(
        around.jobs, around.clock, around.log, outbound=config.outbound, random=around.random, skew=skew
    )
    yield Running(config, network, skew, None, "kmsdrm, opengles2, 1920x1080")
    network.close()


def messages_of(around: Surroundings, number: int) -> list[object]:
    """Wait for the end of a diagnosis; returns every message until then."""
    heard: list[object] = []
    while True:
        try:
            message = around.jobs.inbox._queue.get(timeout=30)
        except queue.Empty:
            raise AssertionError(f"no end; heard {heard}") from None
        heard.append(message)
        if message == ExaminationEnded(number):
            return heard


def test_it_tells_the_tv_its_troubles_and_each_finding(around: Surroundings, running: Running) -> None:
    DiagnosisService(around).begin(running)
    began, *made, _ended = messages_of(around, 1)
    assert isinstance(began, ExaminationBegan)
    assert began.machine.host
    (trouble,) = began.troubles
    assert (trouble.level, trouble.event, trouble.detail) == ("warning", "network.lost", "host maps.example")
    findings = [message.finding for message in made if isinstance(message, FindingMade)]
    assert list(dict.fromkeys(finding.name for finding in findings)) == list(began.parts)
    assert {finding.outcome for finding in findings} == {"pass"}, findings
    (picture,) = [finding.found for finding in findings if finding.name == "display"]
    assert picture == "kmsdrm, opengles2, 1920x1080"


def test_a_new_diagnosis_gives_up_the_one_under_way(around: Surroundings, running: Running) -> None:
    service = DiagnosisService(around)
    service.begin(running)
    service.begin(running)
    heard = messages_of(around, 2)
    assert ExaminationEnded(1) not in heard
    assert any(isinstance(message, ExaminationBegan) and message.number == 2 for message in heard)


def test_it_changes_nothing_in_the_data_folder(around: Surroundings, running: Running) -> None:
    DiagnosisService(around).begin(running)
    messages_of(around, 1)
    assert not around.data.root.exists()
    assert list(around.data.root.parent.iterdir()) == []
