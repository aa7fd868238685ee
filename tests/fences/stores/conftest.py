"""Provides a local cloud without files."""

from __future__ import annotations

import pytest

from tests.cloud import LocalCloud


@pytest.fixture
def empty(cloud: LocalCloud) -> LocalCloud:
    """Return the local cloud without files and with nothing counted."""
    cloud.clear_map_data()
    return cloud
