"""Formats the figures of a run as a table, and compares them with those of another run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.benchmarks.figures import number

WORSE_BY = 0.15
"""Part by which a figure has to be worse, beyond the spread of both runs, to count as worse."""
SAME_CONDITIONS = ("machine", "python", "size", "fences", "display", "cpu_quota", "quick")


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of two runs; `ratio` is now over base, None without both or with a base of 0."""

    row: str
    name: str
    unit: str
    base: float | None
    now: float | None
    ratio: float | None
    is_worse: bool


def table(report: Mapping[str, object]) -> str:
    """Return a table of every row's figures and targets, whether they are met, and rows that failed."""
    lines = []
    for row_name, row in _rows(report).items():
        if "error" in row:
            lines.append((row_name, f"not measured: {row['error']}", "", "", ""))
        for figure in _figures(row):
            met = {True: "met", False: "MISSED", None: ""}[_truth(figure["met"])]
            unit = str(figure["unit"])
            value, target = _text(figure["value"], unit), _text(figure["target"], unit)
            lines.append((row_name, str(figure["name"]), value, target, met))
    return _columns((("row", "figure", "measured", "target", ""), *lines))


def compare(base: Mapping[str, object], now: Mapping[str, object]) -> list[Compared]:
    """Return the figures that are in both runs."""
    former = {(row, str(figure["name"])): figure for row, figure in _all_figures(base)}
    found = []
    for row, figure in _all_figures(now):
        before = former.get((row, str(figure["name"])))
        if before is not None:
            found.append(_compared(row, before, figure))
    return found


def comparison_table(compared: Sequence[Compared]) -> str:
    """Return a table of two runs side by side."""
    lines = [
        (
            each.row,
            each.name,
            _text(each.base, each.unit),
            _text(each.now, each.unit),
            "" if each.ratio is None else f"x {each.ratio:.2f}",
            "WORSE" if each.is_worse else "",
        )
        for each in compared
    ]
    return _columns((("row", "figure", "base", "now", "ratio", ""), *lines))


def differing_conditions(base: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """Return the conditions in which two runs differ, so that their figures cannot be compared."""
    return [
        f"{name}: {base.get(name)} / {now.get(name)}" for name in SAME_CONDITIONS if base.get(name) != now.get(name)
    ]


def _compared(row: str, before: Mapping[str, object], figure: Mapping[str, object]) -> Compared:
    base, now = _value(before["value"]), _value(figure["value"])
    ratio, is_worse = None, False
    if base is not None and now is not None:
        ratio = now / base if base else None
        loss = base - now if figure["more_is_better"] else now - base
        beyond = max(number(before["spread"]), number(figure["spread"]))
        is_worse = loss > WORSE_BY * abs(base) and loss > beyond
    return Compared(row, str(figure["name"]), str(figure["unit"]), base, now, ratio, is_worse)


def _rows(report: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    rows = report.get("rows")
    if not isinstance(rows, Mapping):
        raise ValueError("this is no report of scripts/bench")
    return rows


def _figures(row: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    figures = row.get("figures", ())
    assert isinstance(figures, Sequence)
    return figures


def _all_figures(report: Mapping[str, object]) -> list[tuple[str, Mapping[str, object]]]:
    return [(name, figure) for name, row in _rows(report).items() for figure in _figures(row)]


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _value(value: object) -> float | None:
    return None if value is None else number(value)


def _text(value: object, unit: str) -> str:
    if value is None:
        return ""
    return f"{number(value):g} {unit}".strip()


def _columns(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    # The error of a failed row is longer than any figure's name, and must not widen the column.
    widths[1] = min(widths[1], 48)
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
