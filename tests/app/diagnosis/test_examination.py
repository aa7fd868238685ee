"""The checks one after the other: each in its order, and a broken one costs no other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tvapp.app.diagnosis import examination
from tvapp.app.diagnosis.beside import surroundings_beside
from tvapp.app.diagnosis.examination import PARTS, Part, examine, this_machine
from tvapp.app.diagnosis.subject import Subject
from tvapp.config.load import Loaded
from tvapp.config.model import Config
from tvapp.core.data_folder import DataFolder
from tvapp.core.diagnosis import Finding
from tvapp.ui.words.english_diagnosis import DIAGNOSIS


def run(folder: Path) -> list[Finding]:
    told: list[Finding] = []
    with surroundings_beside(DataFolder(folder)) as around:
        subject = Subject(Loaded(Config(), ()), {"SDL_VIDEODRIVER": "dummy"}, around, None)
        asyncio.run_coroutine_threadsafe(examine(subject, told.append), around.jobs.io_loop()).result(30)
    return told


def test_without_services_what_needs_them_is_skipped(tmp_path: Path) -> None:
    findings = run(tmp_path)
    names = [finding.name for finding in findings]
    assert names == [part.name for part in PARTS if part.name != "store-write"]
    skipped = {finding.name for finding in findings if finding.outcome == "skip"}
    assert skipped == {part.name for part in PARTS if part.needs_settings} - {"store-write"}


def test_a_check_that_goes_wrong_is_named_and_the_others_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_subject: Subject) -> list[Finding]:
        raise RuntimeError("out of cheese")

    parts = tuple(Part("remote", breaks, needs_settings=False) if part.name == "remote" else part for part in PARTS)
    monkeypatch.setattr(examination, "PARTS", parts)
    findings = run(tmp_path)
    (broken,) = [finding for finding in findings if finding.fault == "check-broken"]
    assert (broken.name, broken.outcome) == ("remote", "fail")
    assert "out of cheese" in broken.found
    assert len(findings) == len(PARTS) - 1


def test_every_part_has_a_name_for_the_screen() -> None:
    assert {f"diagnosis.part.{part.name}" for part in PARTS} <= DIAGNOSIS.keys()


def test_this_machine_has_a_name_and_a_version(tmp_path: Path) -> None:
    machine = this_machine(str(tmp_path))
    assert machine.host
    assert machine.version
    assert "127.0.0.1" not in machine.addresses
