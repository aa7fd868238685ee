"""How long to wait after a crash: counted on the disk and in the environment, whichever has more."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvapp.host.crash.restart_backoff import COUNT, PAUSES_S, VARIABLE, RestartBackoff


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "crashes"


def test_pauses_grow_to_the_longest_and_start_afresh_after_a_good_while(folder: Path) -> None:
    pauses = [RestartBackoff(folder, {}).crashed() for _ in range(6)]
    assert pauses == [*PAUSES_S, PAUSES_S[-1], PAUSES_S[-1]]
    RestartBackoff(folder, {}).ran_well()
    assert RestartBackoff(folder, {}).crashed() == PAUSES_S[0]


def test_the_pauses_are_those_of_the_manual() -> None:
    assert PAUSES_S == (10.0, 30.0, 60.0, 300.0)


def test_the_count_is_on_the_disk_in_a_private_file(folder: Path) -> None:
    backoff = RestartBackoff(folder, {})
    before = backoff.is_kept
    backoff.crashed()
    assert (before, backoff.is_kept) == (False, True)
    assert (folder / COUNT).read_text() == "1"
    assert folder.stat().st_mode & 0o077 == 0


def test_where_the_disk_keeps_nothing_the_environment_does(folder: Path) -> None:
    folder.write_text("in the way")
    environ: dict[str, str] = {}
    first, second = RestartBackoff(folder, environ), RestartBackoff(folder, environ)
    assert [first.crashed(), second.crashed()] == [PAUSES_S[0], PAUSES_S[1]]
    assert not second.is_kept
    second.ran_well()
    assert environ == {}


@pytest.mark.parametrize(("on_disk", "in_environment"), [("3", "1"), ("1", "3"), ("3", "")])
def test_the_higher_count_is_believed(folder: Path, on_disk: str, in_environment: str) -> None:
    folder.mkdir()
    (folder / COUNT).write_text(on_disk)
    assert RestartBackoff(folder, {VARIABLE: in_environment}).count() == 3


@pytest.mark.parametrize(
    ("text", "count"),
    [(" 7\n", 7), ("1000", 1000), ("1001", 1000), ("999999", 1000), ("9999999", 0), ("-1", 0), ("\u0663", 0), ("", 0)],
)
def test_a_count_is_a_small_number_in_digits(folder: Path, text: str, count: int) -> None:
    assert RestartBackoff(folder, {VARIABLE: text}).count() == count


def test_the_count_does_not_grow_beyond_its_bound(folder: Path) -> None:
    environ = {VARIABLE: "1000"}
    assert RestartBackoff(folder, environ).crashed() == PAUSES_S[-1]
    assert environ[VARIABLE] == "1000"


@settings(deadline=None)  # it writes to a disk
@given(st.binary(max_size=40), st.text(max_size=10))
def test_a_count_that_makes_no_sense_never_shortens_or_breaks_a_pause(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, text: str
) -> None:
    folder = tmp_path_factory.mktemp("crashes")
    (folder / COUNT).write_bytes(data)
    assert RestartBackoff(folder, {VARIABLE: text}).crashed() in PAUSES_S
