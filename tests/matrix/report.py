"""Prints the whole matrix at the end of a run, also where several processes have worked on it.

Each test leaves its cells in its report's `user_properties`, which pytest-xdist carries to the process that prints.
"""

from __future__ import annotations

import pytest

PROPERTY = "fault matrix"
HEAD = f"{'endpoint':<12}{'trouble':<13}{'told':<46}{'well again':<26}{'asked':>6}  main thread's work in CPU ms a turn"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """See pytest's hooks."""
    lines = [
        str(value)
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        for name, value in report.user_properties
        if name == PROPERTY and report.when == "call"
    ]
    if lines:
        terminalreporter.section(f"fault matrix: {len(lines)} cells")
        for line in (HEAD, *lines):
            terminalreporter.write_line(line)
