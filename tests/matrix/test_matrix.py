"""Everything that can go wrong with everything that is asked: the right sentence, a live app, and recovery by itself.

The real app in simulated time against the real local cloud; the table of what is expected is in `oracle`, what was
seen is printed at the end of the run. Where a back-off is drawn at random, no number of seconds or requests is fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.matrix.columns import COLUMNS, TOKEN_LIFETIME_S, Column, Seen
from tests.matrix.faults import TROUBLES, Trouble
from tests.matrix.oracle import ORACLE, Cell
from tests.matrix.report import PROPERTY
from tests.matrix.rig import running

ROWS = (
    "refused", "dns", "slow", "drip", "reset", "truncated", "html", "bad-bytes", "oversized", "401", "403", "404",
    "409", "412", "429-seconds", "429-date", "500", "503", "tls", "clock-skew",
)  # fmt: skip
ENDPOINTS = ("discovery", "devicecode", "token-poll", "refresh", "tile", "attribution", "map-data", "blob")


@pytest.fixture(scope="module")
def matrix_process() -> Iterator[LocalCloud]:
    running_cloud = LocalCloud(module="tests.matrix.cloud")
    running_cloud.sign_in()  # its first token takes long: a key is made for it
    yield running_cloud
    running_cloud.stop()


@pytest.fixture
def matrix_cloud(matrix_process: LocalCloud) -> LocalCloud:
    """Return a local cloud with Blob Storage, as it is after its start."""
    matrix_process.reset()
    matrix_process.settings(token_lifetime_s=TOKEN_LIFETIME_S, interval_s=5)
    return matrix_process


def test_the_table_has_every_row_and_column() -> None:
    assert [trouble.name for trouble in TROUBLES] == list(ROWS)
    assert [column.name for column in COLUMNS] == list(ENDPOINTS)
    assert set(ORACLE) == set(ENDPOINTS)
    for name, rows in ORACLE.items():
        assert set(rows) == set(ROWS), name
        for row, cell in rows.items():
            assert cell.says or cell.why, f"{name}, {row}: why is nothing said?"
            assert cell.after == "nothing" or cell.why, f"{name}, {row}: why does it not mend by itself?"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: str(column.name))
def test_trouble_is_told_and_mends(
    column: Column, matrix_cloud: LocalCloud, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    problems: list[str] = []
    with running(matrix_cloud, tmp_path, store=column.store) as rig:
        rig.tv.run_until("signin.prompted")
        if column.has_map:
            rig.tv.approve()
            assert rig.until(lambda: column.is_well(rig), 30) is not None
            rig.tv.run_for(5)
        for trouble in TROUBLES:
            cell = ORACLE[column.name][trouble.name]
            seen = column.run(rig, trouble, cell.within_s)
            record_property(PROPERTY, line(column, trouble, seen))
            problems += [f"{column.name}, {trouble.name}: {each}" for each in wrong(cell, seen)]
            problems += [f"{column.name}, {trouble.name}: {each}" for each in rig.tv.defects()]
        if not column.has_map:
            rig.tv.approve()
    assert not problems, "\n".join(["", *problems])


def wrong(cell: Cell, seen: Seen) -> Iterator[str]:
    """Say what is not as the table has it."""
    if seen.says != cell.says:
        yield f"says {words(seen.says)}, not {words(cell.says)}"
    if other := seen.meanwhile - cell.says - cell.also:
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
