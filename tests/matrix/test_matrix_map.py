"""The columns of the fault matrix that are about the map itself; see `test_matrix`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cloud import LocalCloud
from tests.matrix.cells import check
from tests.matrix.columns import COLUMNS

HERE = ("refresh", "tile", "attribution")


@pytest.mark.slow
@pytest.mark.filterwarnings("default::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", HERE)
def test_trouble_is_told_and_mends(
    name: str, matrix_cloud: LocalCloud, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    check(COLUMNS[name], matrix_cloud, tmp_path, record_property)
