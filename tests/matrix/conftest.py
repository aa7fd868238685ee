"""The local cloud with Blob Storage beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cloud import LocalCloud
from tests.matrix.columns import TOKEN_LIFETIME_S


@pytest.fixture(scope="session")
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
