"""What `./scripts/test --quick` leaves out: tests that start processes, need a screen or take long.

A test is left out because of its fixtures (some start a process) or because of its marks. While the quick tests run,
starting a process is an error, so a test that does so without its mark fails at once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

PROCESS_FIXTURES = frozenset({"azurite", "cloud_process", "matrix_process"})
MARKS = ("process", "on_screen", "slow")
STARTS_A_PROCESS = frozenset({"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system"})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick", action="store_true", help="leave out tests that start processes, need a screen or are slow"
    )


def is_quick(item: pytest.Item) -> bool:
    fixtures = PROCESS_FIXTURES.intersection(getattr(item, "fixturenames", ()))
    return not fixtures and not any(item.get_closest_marker(mark) for mark in MARKS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--quick"):
        return
    settings.load_profile("quick")
    left_out = [item for item in items if not is_quick(item)]
    items[:] = [item for item in items if is_quick(item)]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def no_process(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let no quick test start a process."""
    if request.config.getoption("--quick"):
        _guard.is_on = True
    yield
    _guard.is_on = False


class _Guard:
    """An audit hook. Python cannot remove one, so it has a switch."""

    def __init__(self) -> None:
        self.is_on = False
        sys.addaudithook(self._audit)

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.is_on and event in STARTS_A_PROCESS:
            self.is_on = False  # the report of the failure may start processes
            pytest.fail(f"a test without the mark `process` starts a process: {event} {arguments[:2]}")


_guard = _Guard()
