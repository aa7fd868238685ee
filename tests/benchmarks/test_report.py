"""The table of a run, and two runs side by side."""

from __future__ import annotations

import pytest

from scripts.benchmarks.figures import Figure, row
from scripts.benchmarks.report import Compared, compare, comparison_table, differing_conditions, table

Report = dict[str, object]


def report(**rows: Figure) -> Report:
    """Return a report of rows with one figure each."""
    return {"size": "1920x1080", "rows": {name: row([figure], "by hand") for name, figure in rows.items()}}


def only(base: Figure, now: Figure) -> Compared:
    (found,) = compare(report(start=base), report(start=now))
    return found


def test_the_table_has_measured_values_targets_and_whether_they_are_met() -> None:
    found = table(
        report(start=Figure("p50", 280, "ms", 300), frames=Figure("p99", 7.5, "ms", 6), trip=Figure("n", 4, ""))
    )
    lines = [line.split() for line in found.splitlines()]
    assert lines == [
        ["row", "figure", "measured", "target"],
        ["start", "p50", "280", "ms", "300", "ms", "met"],
        ["frames", "p99", "7.5", "ms", "6", "ms", "MISSED"],
        ["trip", "n", "4"],
    ]


def test_the_table_has_the_rows_that_failed_with_the_reason() -> None:
    assert "not measured: StepFailed: no app" in table({"rows": {"idle": {"error": "StepFailed: no app"}}})


def test_a_figure_is_worse_beyond_a_part_of_it_and_beyond_the_spread() -> None:
    base = Figure("p50", 100.0, "ms", spread=10.0)
    assert only(base, Figure("p50", 130.0, "ms", spread=10.0)).is_worse
    assert not only(base, Figure("p50", 114.0, "ms")).is_worse
    assert not only(base, Figure("p50", 130.0, "ms", spread=40.0)).is_worse
    assert not only(base, Figure("p50", 50.0, "ms")).is_worse


def test_more_frames_a_second_are_not_worse_and_fewer_are() -> None:
    base = Figure("rate", 60.0, "", more_is_better=True)
    assert not only(base, Figure("rate", 90.0, "", more_is_better=True)).is_worse
    assert only(base, Figure("rate", 40.0, "", more_is_better=True)).is_worse


def test_a_figure_that_was_0_and_is_more_is_worse_without_a_ratio() -> None:
    found = only(Figure("twice", 0, "tiles"), Figure("twice", 3, "tiles"))
    assert found.is_worse
    assert found.ratio is None


def test_a_figure_that_one_of_the_runs_lacks_is_not_worse() -> None:
    assert only(Figure("p50", None, "ms"), Figure("p50", 5.0, "ms")).ratio is None
    assert not only(Figure("p50", 5.0, "ms"), Figure("p50", None, "ms")).is_worse
    assert compare(report(start=Figure("a", 1, "")), report(start=Figure("b", 1, ""), trip=Figure("a", 1, ""))) == []


def test_a_row_that_could_not_be_measured_is_left_out_of_the_comparison() -> None:
    broken: Report = {"rows": {"start": {"error": "no"}}}
    assert compare(broken, report(start=Figure("p50", 1, ""))) == []


def test_the_comparison_shows_both_figures_their_ratio_and_what_is_worse() -> None:
    base, now = report(start=Figure("p50", 200, "ms")), report(start=Figure("p50", 300, "ms"))
    last = comparison_table(compare(base, now)).splitlines()[-1]
    assert last.split() == ["start", "p50", "200", "ms", "300", "ms", "x", "1.50", "WORSE"]


def test_differing_conditions_are_named() -> None:
    assert differing_conditions(report(), report()) == []
    assert differing_conditions(report(), {**report(), "size": "1280x720"}) == ["size: 1920x1080 / 1280x720"]


def test_a_file_that_is_no_report_is_refused() -> None:
    with pytest.raises(ValueError, match="no report"):
        compare({"first-frame": {}}, report())
