"""The command line of `scripts/bench`."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.benchmarks.options import Options, parse

ROWS = ("start", "frames", "tour")


def read(*argv: str) -> Options:
    return parse(argv, ROWS, ("tour",), ("start",))


def test_without_options_all_but_the_long_rows_are_measured() -> None:
    assert read().rows == ("start", "frames")
    assert read("--long").rows == ROWS


def test_a_quick_run_takes_fewer_rows_and_less_of_each() -> None:
    quick, usual = read("--quick"), read()
    assert quick.rows == ("start",)
    assert quick.is_quick
    assert quick.runs < usual.runs
    assert quick.presses < usual.presses
    assert quick.idle_s < usual.idle_s


def test_rows_that_are_named_are_measured_once_each_in_any_kind_of_run() -> None:
    assert read("--only", "tour", "--only", "start", "--only", "tour").rows == ("tour", "start")
    assert read("--quick", "--only", "frames").rows == ("frames",)


def test_an_option_wins_over_the_values_of_a_quick_run() -> None:
    assert read("--quick", "--runs", "11").runs == 11


def test_every_option_arrives() -> None:
    given = read(
        *("--display", "xvfb", "--size", "3840x2160", "--fences", "7", "--cpu-quota", "0.25"),
        *("--json", "now.json", "--compare", "base.json", "--fail-if-worse"),
    )
    assert given.display == "xvfb"
    assert given.size == (3840, 2160)
    assert given.fences == 7
    assert given.cpu_quota == 0.25
    assert (given.json, given.compare) == (Path("now.json"), Path("base.json"))
    assert given.fail_if_worse


@pytest.mark.parametrize(
    "argv",
    [
        ("--only", "nothing"),
        ("--size", "1920"),
        ("--size", "0x1080"),
        ("--size", "-5x7"),
        ("--fences", "0"),
        ("--fences", "some"),
        ("--cpu-quota", "0"),
        ("--cpu-quota", "nan"),
        ("--cpu-quota", "-1"),
        ("--display", "wayland"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_before_anything_is_measured(
    argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        read(*argv)
    assert ended.value.code == 2
    assert argv[0] in capsys.readouterr().err
