"""Runs the cells of a column, and compares what was seen with what the table has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.cloud import LocalCloud
from tests.matrix.columns import Column, Seen
from tests.matrix.faults import TROUBLES, Trouble
from tests.matrix.oracle import ORACLE, Cell
from tests.matrix.report import PROPERTY
from tests.matrix.rig import running
from tests.matrix.sentences import same_words


def check(column: Column, cloud: LocalCloud, folder: Path, record: Callable[[str, object], None]) -> None:
    """Run every cell of a column in one app; `record` is pytest's `record_property`.

    Raises:
        AssertionError: with everything that was not as expected.
    """
    problems: list[str] = []
    with running(cloud, folder, store=column.store) as rig:
        rig.tv.run_until("signin.prompted")
        if column.has_map:
            rig.tv.approve()
            assert rig.until(lambda: column.is_well(rig), 30) is not None
            rig.tv.run_for(5)
        for trouble in TROUBLES:
            cell = ORACLE[column.name][trouble.name]
            seen = column.run(rig, trouble, cell.within_s, cell.lasts_s)
            record(PROPERTY, line(column, trouble, seen))
            problems += [f"{column.name}, {trouble.name}: {each}" for each in wrong(cell, seen)]
            problems += [f"{column.name}, {trouble.name}: {each}" for each in rig.tv.defects()]
        if not column.has_map:
            rig.tv.approve()
    assert not problems, "\n".join(["", *problems])


def wrong(cell: Cell, seen: Seen) -> Iterator[str]:
    """Say what is not as the table has it."""
    if same_words(seen.says) != same_words(cell.says) and not (cell.instead and seen.says == cell.instead):
        yield f"says {words(seen.says)}, not {words(cell.says)}"
    if other := frozenset(
        key for key in seen.meanwhile if not same_words([key]) <= same_words(cell.says | cell.also | cell.instead)
    ):
        yield f"said {words(other)} for a moment"
    if seen.recovered_s is None:
        yield "never gets well again"
    elif seen.after != cell.after:
        yield f"needs {seen.after} afterwards, not {cell.after}"
    if not seen.responds:
        yield "keys have no effect"
    if not seen.keeps_map:
        yield "the map was lost"
    if not seen.keeps_session and cell.after == "nothing":
        yield "the sign-in or its code was lost"


def line(column: Column, trouble: Trouble, seen: Seen) -> str:
    """Return a cell as one line of the table that is printed."""
    well = "never" if seen.recovered_s is None else f"after {seen.recovered_s:.1f} s"
    well += {"nothing": "", "ok": ", with OK", "person": ", signed in", "view": ", map moved"}[seen.after]
    told = words(seen.says) + (f" ({words(seen.meanwhile - seen.says)} before)" if seen.meanwhile - seen.says else "")
    return f"{column.name:<12}{trouble.name:<13}{told:<46}{well:<26}{seen.requests:>6}  {seen.work}"


def words(keys: frozenset[str]) -> str:
    return " + ".join(sorted(key.removesuffix(".title") for key in keys)) or "-"
