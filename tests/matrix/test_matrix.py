"""Everything that can go wrong with everything that is asked: the right sentence, a live app, and recovery by itself.

The real app in simulated time against the real local cloud; the table of what is expected is in `oracle`, what was
seen is printed at the end of the run. Where a back-off is drawn at random, no number of seconds or requests is fixed.
Here: the sign-in and the stores. `test_matrix_map` has the rest, so that two processes share the work.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.matrix import test_matrix_map
from tests.matrix.cells import check
from tests.matrix.columns import COLUMNS
from tests.matrix.faults import TROUBLES
from tests.matrix.oracle import ORACLE

ROWS = (
    "refused", "dns", "slow", "drip", "reset", "truncated", "html", "bad-bytes", "oversized", "401", "403", "404",
    "409", "412", "429-seconds", "429-date", "500", "503", "tls", "clock-skew",
)  # fmt: skip
ENDPOINTS = ("discovery", "devicecode", "token-poll", "refresh", "tile", "attribution", "map-data", "blob")


HERE = ("discovery", "devicecode", "token-poll", "map-data", "blob")


def test_the_table_has_every_row_and_column() -> None:
    assert [trouble.name for trouble in TROUBLES] == list(ROWS)
    assert list(COLUMNS) == list(ENDPOINTS)
    assert set(ORACLE) == set(ENDPOINTS)
    assert {*HERE, *test_matrix_map.HERE} == set(ENDPOINTS)
    for name, rows in ORACLE.items():
        assert set(rows) == set(ROWS), name
        for row, cell in rows.items():
            assert cell.says or cell.why, f"{name}, {row}: why is nothing said?"
            assert cell.after == "nothing" or cell.why, f"{name}, {row}: why does it not mend by itself?"


@pytest.mark.slow
@pytest.mark.filterwarnings("default::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", HERE)
def test_trouble_is_told_and_mends(
    name: str, matrix_cloud: LocalCloud, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    check(COLUMNS[name], matrix_cloud, tmp_path, record_property)
