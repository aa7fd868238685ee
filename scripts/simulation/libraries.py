"""Gives the simulated clock to libraries that read the machine's clock themselves."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from unittest.mock import patch

from scripts.simulation.clock import SimulatedClock

OWNERS = ("msal", "httpcore")
"""MSAL dates its tokens and checks their times; httpcore finds idle connections that are too old."""


class _Time:
    """The module `time`, with two of its functions replaced."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.time = clock.wall
        self.monotonic = clock.monotonic

    def __getattr__(self, name: str) -> object:
        return getattr(time, name)


@contextlib.contextmanager
def in_simulated_time(clock: SimulatedClock) -> Iterator[None]:
    """Run the libraries in OWNERS in simulated time while the context lasts."""
    import httpcore  # noqa: F401 - a module has to be loaded before it can be changed
    import msal  # noqa: F401

    simulated = _Time(clock)
    with contextlib.ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            if name.split(".")[0] in OWNERS and getattr(module, "time", None) is time:
                stack.enter_context(patch.object(module, "time", simulated))
        yield
