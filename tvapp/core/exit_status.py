"""The exit statuses of the program."""

from __future__ import annotations

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_CONFIG = 3
EXIT_DISPLAY = 4
EXIT_CRASHED = 5
EXIT_RUNNING = 6
