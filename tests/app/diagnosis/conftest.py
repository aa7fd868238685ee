"""Fixtures: the doctor, and a small disk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.diagnosis.rig import Doctor


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Return what runs `tvapp doctor --json`."""
    return Doctor(monkeypatch, capsys)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 64 kB as the data folder, with nothing left on it."""
    place = tmp_path / "small"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(words, capture_output=True).returncode:
        pytest.skip("only root may mount a disk")
    (place / "filling").write_bytes(bytes(60 << 10))
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)
