"""Azurite for the tests of the blob store, one for each test worker that needs it; a local cloud without files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.azurite import Azurite, running_azurite
from tests.cloud import LocalCloud


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Run Azurite; each test makes a container of its own in it."""
    with running_azurite(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture
def empty(cloud: LocalCloud) -> LocalCloud:
    """Return the local cloud without files and with nothing counted."""
    cloud.clear_map_data()
    return cloud
