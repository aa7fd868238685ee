"""What a start that loses its X server leaves to the next one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tvapp.restart import FILE, Handover, hand_over, start_anew, take_over

VIEW = Handover(1_790_000_000.0, 24.95, 60.17, 14.0)


def test_the_view_is_handed_over_once(tmp_path: Path) -> None:
    assert take_over(tmp_path) is None
    hand_over(tmp_path, VIEW)
    assert take_over(tmp_path) == VIEW
    assert take_over(tmp_path) is None


def test_a_disk_that_takes_nothing_costs_only_the_view(tmp_path: Path) -> None:
    hand_over(tmp_path / "missing", VIEW)
    assert take_over(tmp_path / "missing") is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"lost_at": 1}', "null"])
def test_a_file_that_makes_no_sense_is_ignored(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert take_over(tmp_path) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_no_bytes_keep_it_from_starting(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert take_over(tmp_path) is None


def test_a_place_that_is_none_is_ignored(tmp_path: Path) -> None:
    hand_over(tmp_path, Handover(0.0, float("nan"), 0.0, 3.0))
    assert take_over(tmp_path) is None


def test_it_starts_with_the_same_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Started(Exception):
        pass

    def execute(path: str, arguments: list[str]) -> NoReturn:
        assert path == sys.executable
        assert arguments == [sys.executable, "-m", "tvapp", "run", "--windowed", "640x360"]
        raise Started

    monkeypatch.setattr(sys, "orig_argv", ["python3", "-m", "tvapp", "run", "--windowed", "640x360"])
    with pytest.raises(Started):
        start_anew(execute)
