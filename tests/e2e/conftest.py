"""Azurite for the sessions whose geofences are blobs, one for each test worker that needs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.azurite import Azurite, running_azurite


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Run Azurite; each test makes a container of its own in it."""
    with running_azurite(tmp_path_factory.mktemp("azurite")) as running:
        yield running
