"""Machines that sign in against the local cloud, all with one data directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.auth.machine import SCOPE, Boot, Machine, identity
from tests.cloud import LocalCloud


@pytest.fixture
def boot(cloud: LocalCloud, tmp_path: Path) -> Iterator[Boot]:
    """Return what starts a machine; keywords change its [identity]."""
    machines: list[Machine] = []

    def start(**changes: str) -> Machine:
        machines.append(Machine(identity(cloud, scopes=(SCOPE,), **changes), tmp_path / "data"))
        return machines[-1]

    yield start
    for machine in machines:
        machine.stop()
